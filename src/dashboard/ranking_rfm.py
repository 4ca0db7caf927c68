"""RFM on the page of the rankings: the grid, its segments, and who moved since the period before."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from analysis.rfm import rfm_bins
from analysis.rfm_migration import rfm_migration, rfm_movers
from analysis.rfm_segments import describe, why
from dashboard import cells, downloads, figures, matrix, ranking_segments, theme, widths
from dashboard.escape import md
from dashboard.ranking_answers import CUSTOMER, Rankings
from dashboard.ranking_words import headers, known, plain

if TYPE_CHECKING:
    from dashboard.page import Page

BINS = 5
NONE = ""  # no rule fits
COLUMNS = ("customer", CUSTOMER, "segment", "r", "f", "m", "recency_days", "frequency", "monetary", "why")


def show(page: "Page", answers: Rankings) -> None:
    """Everything about RFM."""
    st.subheader(page.t("ranking.rfm"), anchor=False)
    scores = answers.rfm(answers.period)
    inside = scores[scores["outside"].isna()].reset_index(drop=True)
    if not len(inside):
        st.caption(page.t("ranking.rfm_nobody"))
        return
    counted = "numbers" if inside["frequency_of"].iloc[0] == "order_id" else "rows"
    st.caption(page.t("ranking.rfm_note", n=len(inside)) + page.t(f"ranking.rfm_of_{counted}"))
    _grid(page, answers, inside)
    _segments(page, answers, inside)
    _migration(page, answers, scores)


def _grid(page: "Page", answers: Rankings, inside: pd.DataFrame) -> None:
    """R down, F across; in each cell how many customers, darker the more."""
    counts = inside.groupby(["r", "f"]).size()
    rows = list(range(BINS, 0, -1))
    table = pd.DataFrame(
        [
            {"label": page.t("ranking.r_of", r=r), **{f"c{f}": int(counts.get((r, f), 0)) for f in range(1, BINS + 1)}}
            for r in rows
        ]
    )
    config: dict[str, Any] = {"label": st.column_config.TextColumn(page.t("ranking.r_by_f"), pinned=True)}
    config |= {
        f"c{f}": st.column_config.NumberColumn(page.t("ranking.f_of", f=f), format="localized")
        for f in range(1, BINS + 1)
    }
    opened = cells.show(
        _heated(table),
        rows=rows,
        opens={f"c{f}" for f in range(1, BINS + 1)},
        key="rfm_cell",
        config=config,
        alt=page.t("ranking.rfm"),
    )
    st.caption(page.t("ranking.rfm_open") + _collapsed(page, inside))
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_rfm"):
        for key in ("rfm", "rfm_segment"):
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")
        _edges(page, inside)
    if opened and table.iloc[rows.index(opened[0])][opened[1]]:
        r, f = opened[0], int(opened[1][1:])
        mine = inside[(inside["r"] == r) & (inside["f"] == f)]
        _list(page, answers, mine, page.t("ranking.rfm_cell", r=r, f=f, n=len(mine)), key="rfm_customers")


def _heated(table: pd.DataFrame) -> Any:
    """Cells by how many stand in them, in the steps of the theme."""
    colours = theme.tokens()
    most = max(int(table.drop(columns="label").to_numpy().max()), 1)

    def paint(value: Any) -> str:
        if not isinstance(value, int | float) or not value:
            return f"color:{colours['muted']}"
        step = min(len(colours["seq"]) - 1, int(len(colours["seq"]) * value / (most + 1)))
        return f"background-color:{colours['seq'][step]};color:{colours['text']}"

    return table.style.map(paint, subset=[name for name in table.columns if name != "label"])


def _collapsed(page: "Page", inside: pd.DataFrame) -> str:
    """Which scores nobody has, because values are equal."""
    held = rfm_bins(inside, bins=BINS)
    empty = held[held["customers"] == 0].sort_values(["measure", "score"])
    if empty.empty:
        return ""
    said = [
        page.t(
            "ranking.rfm_empty",
            measure=page.t(f"ranking.short_{measure}"),
            scores=page.t("pickers.dot").join(map(str, mine["score"])),
        )
        for measure, mine in empty.groupby("measure", sort=False)
    ]
    return " " + page.t("ranking.rfm_collapsed", scores=page.t("pickers.comma").join(said))


def _edges(page: "Page", inside: pd.DataFrame) -> None:
    """From which value to which each score reaches."""
    held = rfm_bins(inside, bins=BINS).sort_values(["measure", "score"], ascending=[True, False])
    frame = pd.DataFrame(
        {
            page.t("ranking.measure"): [page.t(f"ranking.column_{each}") for each in held["measure"]],
            page.t("ranking.score_of"): held["score"],
            page.t("ranking.customers"): held["customers"],
            page.t("ranking.from"): [plain(each) for each in held["low"]],
            page.t("ranking.to"): [plain(each) for each in held["high"]],
        }
    )
    st.dataframe(frame, hide_index=True, key="rfm_edges", alt=page.t("ranking.rfm_edges"))


def _segments(page: "Page", answers: Rankings, inside: pd.DataFrame) -> None:
    """The segments with their rule, how many are in each and what they bring; a row opens its customers."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="segments_heading"):
        st.markdown(f"**{page.t('ranking.segments')}**")
        ranking_segments.show(page, answers.segments)
    total = float(inside["monetary"].sum())
    names = [*answers.segments.names, NONE]
    segment = inside["segment"].astype(object).where(inside["segment"].notna(), NONE)
    rules = {each.name: describe(each, page.lang) for each in answers.segments}
    rows = []
    for name in names:
        mine = inside[segment == name]
        if name == NONE and mine.empty:
            continue
        money = float(mine["monetary"].sum())
        rows.append(
            {
                "segment": name or page.t("ranking.no_segment"),
                "customers": len(mine),
                "monetary": money,
                "share": figures.percent(money / total) if total > 0 else figures.NONE,
                "rule": rules.get(name, ""),
            }
        )
    frame = pd.DataFrame(rows)
    kept = [name for name in names if name or len(frame) == len(names)]
    config: dict[str, Any] = {
        "segment": st.column_config.TextColumn(page.t("ranking.column_segment"), pinned=True),
        "customers": st.column_config.NumberColumn(page.t("ranking.customers"), format="localized"),
        "monetary": st.column_config.NumberColumn(page.t("ranking.column_monetary"), format="localized"),
        "share": st.column_config.TextColumn(page.t("ranking.column_share"), alignment="right"),
        "rule": st.column_config.TextColumn(page.t("ranking.rule")),
    }
    opened = cells.show(
        frame, rows=kept, opens={"segment", "customers"}, key="segment", config=config, alt=page.t("ranking.segments")
    )
    st.caption(page.t("ranking.segments_note"))
    if opened:
        mine = inside[segment == opened[0]]
        title = page.t("ranking.segment_list", segment=opened[0] or page.t("ranking.no_segment"), n=len(mine))
        _list(page, answers, mine, title, key="segment_customers")


def _migration(page: "Page", answers: Rankings, scores: pd.DataFrame) -> None:
    """From segment to segment since the period before."""
    st.markdown(f"**{page.t('ranking.migration')}**")
    if not answers.compared:
        st.caption(page.t("ranking.no_change", span=figures.span(answers.previous, page.lang)))
        return
    before = answers.rfm(answers.previous)
    if not before["outside"].isna().any():
        st.caption(page.t("ranking.no_change", span=figures.span(answers.previous, page.lang)))
        return
    moved = rfm_migration(before, scores)
    names = answers.segments.names
    ends = [*range(1, len(names) + 1), None]
    found = {
        (_end(row["from_place"]), _end(row["to_place"])): int(row["customers"]) for row in moved.to_dict("records")
    }
    table = pd.DataFrame([{f"c{i}": found.get((start, end), 0) for i, end in enumerate(ends)} for start in ends])
    labels = [*names, page.t("ranking.move_new")]
    table.insert(0, "label", labels)
    heads = [*names, page.t("ranking.move_gone")]
    wide = widths.of_values(labels, page.t("ranking.from_to"))
    config: dict[str, Any] = {"label": st.column_config.TextColumn(page.t("ranking.from_to"), pinned=True, width=wide)}
    config |= {f"c{i}": st.column_config.NumberColumn(head, format="localized") for i, head in enumerate(heads)}
    counted = moved.groupby("move")["customers"].sum()
    st.caption(
        page.t(
            "ranking.moved",
            span=figures.span(answers.previous, page.lang),
            **{move: int(counted.get(move, 0)) for move in ("up", "down", "same", "new", "gone")},
        )
    )
    opened = cells.show(
        matrix.coloured(table, better_first=True),
        rows=[end or 0 for end in ends],
        opens={f"c{i}" for i in range(len(ends))},
        key="moved",
        config=config,
        alt=page.t("ranking.migration"),
    )
    if opened:
        start, end = opened[0] or None, ends[int(opened[1][1:])]
        movers = rfm_movers(before, scores)
        mine = movers[_at(movers["from_place"], start) & _at(movers["to_place"], end)]
        if len(mine):
            title = page.t("ranking.movers", start=labels[ends.index(start)], end=heads[ends.index(end)], n=len(mine))
            _movers(page, answers, mine, title)


def _end(place: Any) -> int | None:
    return None if pd.isna(place) else int(place)


def _at(places: pd.Series, end: int | None) -> pd.Series:
    return places.isna() if end is None else places == end


def _list(page: "Page", answers: Rankings, mine: pd.DataFrame, title: str, *, key: str) -> None:
    """Customers of a cell or segment, each with why they are in it."""
    frame = mine.assign(
        customer=[answers.names.get(each, str(each)) for each in mine[CUSTOMER]],
        why=[why(row, answers.segments, page.lang) for row in mine.to_dict("records")],
        **{name: known(mine[name]) for name in ("r", "f", "m", "recency_days")},
    )[[*COLUMNS]]
    _table(page, answers, frame, title, key)


def _movers(page: "Page", answers: Rankings, mine: pd.DataFrame, title: str) -> None:
    frame = mine.assign(
        customer=[answers.names.get(each, str(each)) for each in mine[CUSTOMER]],
        move=[page.t(f"ranking.move_{each}") for each in mine["move"]],
    )[["customer", CUSTOMER, "from_segment", "to_segment", "move", "monetary_before", "monetary"]]
    _table(page, answers, frame, title, "rfm_movers")


def _table(page: "Page", answers: Rankings, frame: pd.DataFrame, title: str, key: str) -> None:
    words = headers(page) | {"monetary_before": page.t("ranking.column_monetary_before")}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(
            page,
            frame,
            name=title,
            key=f"download_{key}",
            headers=words,
            definitions=[
                *DEFINITIONS["rfm"].rows(page.lang),
                *DEFINITIONS["rfm_segment"].rows(page.lang),
                *answers.conditions(),
            ],
        )
    shown = page.mask(frame, "customers", "orders")
    config: dict[str, Any] = {name: words.get(name, name) for name in shown.columns}
    config["customer"] = st.column_config.TextColumn(words["customer"], pinned=True)
    for name in ("monetary", "monetary_before"):
        if name in shown:
            config[name] = st.column_config.NumberColumn(words[name], format="localized")
    st.dataframe(shown, key=key, hide_index=True, column_config=config, placeholder="", alt=title)
