"""The parts of the page of the rankings, from the choices to the customers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.errors import AnalysisError
from analysis.ranking import thresholds
from dashboard import downloads, figures, missing, ranking_board, ranking_choices, record_list, theme, url, widths
from dashboard.escape import md
from dashboard.ranking_answers import CUSTOMER, TOP, Rankings
from dashboard.ranking_words import amount, headers, known, place, plain

if TYPE_CHECKING:
    from dashboard.page import Page

STATE = "list"
NOBODY, ALL = "no_customer", "all"
LAZY_FROM = 20_000


def choose(page: "Page") -> Rankings:
    """The bar of choices; stops where nobody is left."""
    answers = ranking_choices.choose(page)
    if not len(answers.field):
        missing.nobody(page, answers.period, answers.chosen, answers.labels)
    return answers


def compared(page: "Page", answers: Rankings) -> None:
    """The four numbers, and the rankings side by side."""
    alone = _why_not(page, answers)
    top = st.container()
    if alone:
        st.info(alone, icon=":material/info:")
        surprising = None
    else:
        st.subheader(page.t("ranking.board"), anchor=False)
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="board_choices"):
            columns = ranking_choices.board(page, answers)
            noticed = ranking_choices.noticed(page, answers, columns[0])
            start = ranking_board.places(page, len(answers.field))
        found = ranking_board.show(page, answers, columns, noticed, start)
        surprising = None if noticed is None else len(found)
    with top:
        _headline(page, answers, surprising)


def _why_not(page: "Page", answers: Rankings) -> str:
    """Why no two rankings can be laid side by side; empty where they can."""
    if len(answers.field) < 2:
        return page.t("ranking.one_customer")
    if len(answers.measures) < 2:
        return page.t("ranking.one_measure")
    return ""


def _headline(page: "Page", answers: Rankings, surprising: int | None) -> None:
    held, total = answers.held, float(answers.whole["amount"].sum())
    with st.grid(4, min_column_width=150, key="headline"):
        with st.container(gap=None):
            st.metric(page.t("ranking.customers"), page.t("ranking.companies", n=len(answers.field)))
            st.caption(page.t("ranking.customers_note"))
        with st.container(gap=None):
            badge = f" :gray-badge[{page.t('active_rate.partial')}]" if answers.partial else ""
            st.metric(page.t("ranking.amount") + badge, amount(total, page.lang))
            st.caption(page.t("ranking.amount_note"))
        with st.container(gap=None):
            st.metric(page.t("ranking.held", share=figures.percent(TOP, 0)), figures.percent(held["top_share"]))
            st.caption(page.t("ranking.held_note", n=int(held["top_customers"]), of=int(held["customers"])))
        with st.container(gap=None):
            st.metric(
                page.t("ranking.surprising"),
                figures.NONE if surprising is None else page.t("ranking.companies", n=surprising),
            )
            st.caption(page.t("ranking.surprising_note"))
    st.caption(_equation(page, answers, total))


def _equation(page: "Page", answers: Rankings, total: float) -> str:
    """The whole amount as its parts: those with a share, those at or below zero, and nobody's."""
    held = answers.held
    parts = {
        "equation_ranked": (int(held["customers"]), float(held["total"])),
        "equation_below": (int(held["not_positive"]), float(answers.field["amount"].sum() - held["total"])),
        "equation_nobody": (len(answers.nobody), float(answers.nobody["amount"].sum())),
    }
    said = [
        page.t(f"ranking.{key}", n=n, amount=plain(part))
        for key, (n, part) in parts.items()
        if n and (part or key != "equation_nobody")
    ]
    return page.t("ranking.equation", total=plain(total), parts=" ＋ ".join(said))


def bands(page: "Page", answers: Rankings) -> tuple[float, ...]:
    """What the first hold, and the bands; the thresholds."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="pareto"):
        st.subheader(page.t("ranking.pareto"), anchor=False, width="content")
        edges = ranking_choices.bands(page)
    try:
        thresholds(edges)
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)))
        edges = tuple(each / 100 for each in ranking_choices.EDGES.values())
        st.caption(page.t("ranking.bands_usual", a=f"{edges[0] * 100:g}", b=f"{edges[1] * 100:g}"))
    held = answers.held
    if not held["customers"]:
        st.caption(page.t("ranking.no_positive"))
        return edges
    ranked, counted = answers.ranked("amount", edges), answers.bands(edges)
    top = (TOP, int(held["top_customers"]), float(held["top_share"]))
    theme.show(
        lambda palette: charts.pareto(ranked, counted, top, lang=page.lang, palette=palette),
        charts.pareto_finding(counted, top, lang=page.lang),
        of=ranked["share"].to_csv(index=False) + counted.to_csv(index=False) + page.lang,
        key="pareto_chart",
    )
    said = page.t("ranking.hold", half=int(held["half_customers"]), most=int(held["most_customers"]))
    st.caption(page.t("ranking.pareto_note", a=f"{edges[0] * 100:g}", b=f"{edges[1] * 100:g}") + said)
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_pareto"):
        for key in ("abc_band", "concentration"):
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")
        st.markdown(page.t("ranking.gini", gini=f"{held['gini']:.3f}"))
    return edges


def table(page: "Page", answers: Rankings, edges: Sequence[float]) -> None:
    """Every customer with rank, share, band and change; behind one of them their order lines."""
    st.subheader(page.t("ranking.table"), anchor=False)
    by = url.url_select(
        page.t("ranking.by"),
        [name for name in answers.plain.columns if name != CUSTOMER],
        lambda code: ranking_choices.name(page, code),
        ranking_choices.BY,
        "amount",
        width=260,
    )
    frame = _table(answers, by, edges)
    states = _states(page, frame, answers)
    chosen = url.url_select(
        page.t("ranking.states"),
        list(states),
        lambda code: page.t("people.state_count", state=states[code][0], n=states[code][1]),
        STATE,
        ALL,
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    listed = answers.nobody[[c for c in answers.nobody.columns if c in frame.columns]] if chosen == NOBODY else frame
    mine = listed if chosen in (ALL, NOBODY) else frame[_in_state(frame, chosen)]
    _list(page, answers, mine.reset_index(drop=True), states[chosen], by)
    if not answers.compared:
        st.caption(page.t("ranking.no_change", span=figures.span(answers.previous, page.lang)))


def _table(answers: Rankings, by: str, edges: Sequence[float]) -> pd.DataFrame:
    """The customers in order, and those who are gone since the period before at the end."""
    ranked = answers.ranked(by, edges)
    if answers.compared and by in answers.before:
        changes = answers.changes(by)
        gone = changes[changes["change"] == "gone"][[CUSTOMER, "rank_change", "change"]]
        moved = ranked.merge(changes[[CUSTOMER, "rank_change", "change"]], on=CUSTOMER, how="left")
        ranked = pd.concat([moved, gone], ignore_index=True)
    rest = answers.plain.drop(columns=by)
    whole = ranked.merge(rest, on=CUSTOMER, how="left")
    for name in ("rank", "of", "rank_change", "orders"):
        if name in whole:
            whole[name] = known(whole[name])
    whole.insert(0, "customer", [answers.names.get(each, str(each)) for each in whole[CUSTOMER]])
    return whole


def _states(page: "Page", frame: pd.DataFrame, answers: Rankings) -> dict[str, tuple[str, int]]:
    """Code -> its words and how many they are; what nobody is in is left out."""
    codes = [ALL, *sorted(frame["band"].dropna().unique()), "not_positive", "no_value"]
    codes += ["risen", "fallen", "new", "gone"] if "change" in frame else []
    found = {}
    for code in codes:
        n = int(_in_state(frame, code).sum())
        words = page.t("ranking.state_band", band=code) if len(code) == 1 else page.t(f"ranking.state_{code}")
        if n or code == ALL:
            found[code] = (words, n)
    if len(answers.nobody):
        found[NOBODY] = (page.t("ranking.state_no_customer"), len(answers.nobody))
    return found


def _in_state(frame: pd.DataFrame, code: str) -> pd.Series:
    if code == ALL:
        return frame["rank"].notna()
    if len(code) == 1:
        return frame["band"] == code
    if code in ("not_positive", "no_value"):
        return frame["outside"] == code
    return frame["change"] == code if "change" in frame else frame["rank"].isna()


def _list(page: "Page", answers: Rankings, frame: pd.DataFrame, state: tuple[str, int], by: str) -> None:
    words = headers(page) | {
        name: ranking_choices.name(page, name) for name in answers.plain.columns if name != CUSTOMER
    }
    title = page.t("ranking.list", state=state[0], n=state[1], span=figures.span(answers.period, page.lang))
    shares = {name: "percent" for name in ("share", "cumulative_share") if name in frame}
    out = _said(page, frame)
    with st.container(horizontal=True, vertical_alignment="bottom", key="table_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(
            page,
            out,
            name=title,
            key="download_ranking",
            headers=words,
            formats=shares,
            definitions=meanings(page, answers),
        )
    shown = _shown(page, out)
    config: dict[str, Any] = {name: _column(shown[name], words[name], name) for name in shown.columns}
    event = st.dataframe(
        shown,
        key=f"ranking_{by}_{len(frame)}",
        hide_index=True,
        column_config=config,
        placeholder="",
        height=420 if len(frame) > 10 else "content",
        lazy=None,
        on_select="rerun",
        selection_mode="single-row",
        alt=title,
    )
    chosen = event["selection"]["rows"]
    if chosen and chosen[0] < len(frame) and isinstance(frame[CUSTOMER].iloc[chosen[0]], str):
        _behind(page, answers, frame[CUSTOMER].iloc[chosen[0]])
    elif len(frame):
        st.caption(page.t("ranking.open_note"))


def _said(page: "Page", frame: pd.DataFrame) -> pd.DataFrame:
    """The list as it leaves the page: codes in words."""
    said = frame.copy()
    for name, key in (("change", "state"), ("outside", "outside")):
        if name in said:
            said[name] = [None if figures.is_missing(v) else page.t(f"ranking.{key}_{v}") for v in said[name]]
    first = [n for n in ("rank", "of", "rank_change", "change", "customer", CUSTOMER) if n in said]
    middle = [n for n in said.columns if n not in (*first, "outside")]
    ordered = said[[*first, *middle, *(["outside"] if "outside" in said else [])]]
    return ordered.dropna(axis=1, how="all") if len(ordered) else ordered


def _shown(page: "Page", out: pd.DataFrame) -> pd.DataFrame:
    """The same on screen: a rank with its field, shares in per cent, the name first."""
    shown = page.mask(out, "customers", "orders").copy()
    if "of" in shown:
        shown["rank"] = [
            place(page, r, int(n)) if r is not pd.NA else ""
            for r, n in zip(shown["rank"], shown["of"].fillna(0), strict=True)
        ]
        shown = shown.drop(columns="of")
    for name in ("share", "cumulative_share"):
        if name in shown:
            shown[name] = [figures.percent(each) for each in shown[name]]
    if "customer" in shown and CUSTOMER in shown and (shown["customer"] == shown[CUSTOMER]).all():
        shown = shown.drop(columns=CUSTOMER)
    first = [name for name in ("rank", "customer") if name in shown]
    return shown[[*first, *(name for name in shown.columns if name not in first)]]


def _column(values: pd.Series, header: str, name: str) -> Any:
    if name == "rank_change":
        return st.column_config.NumberColumn(header, format="%+d")
    if pd.api.types.is_numeric_dtype(values):
        whole = bool((values.dropna() % 1 == 0).all())
        return st.column_config.NumberColumn(header, format="localized" if whole else "%.2f")
    if name in ("share", "cumulative_share"):
        return st.column_config.TextColumn(header, alignment="right")
    wide = widths.of_values(values, header)
    return st.column_config.TextColumn(header, pinned=name in ("rank", "customer"), width=wide)


def _behind(page: "Page", answers: Rankings, customer: str) -> None:
    """The order lines behind one customer's amount."""
    lines = answers.lines(customer)
    total = float(lines["counted_amount"].sum())
    title = page.t("ranking.lines", name=answers.names[customer], n=len(lines), amount=plain(total))
    said = lines.assign(
        counts_as=[page.t(f"ranking.line_{each}") for each in lines["counts_as"]],
    ).drop(columns="sign")
    words = {name: page.t(f"ranking.column_{name}") for name in ("counted_amount", "counts_as")}
    record_list.show(
        page,
        said,
        "orders",
        title,
        key="lines",
        headers=words,
        definitions=meanings(page, answers),
        first=("ordered_at",),
    )


def meanings(page: "Page", answers: Rankings) -> list[tuple[str, str]]:
    """The sheet of definitions: what was counted, and the choices under which."""
    keys = ("customer_rank", "abc_band", "customer_amount", "customer_orders")
    return [*(row for key in keys for row in DEFINITIONS[key].rows(page.lang)), *answers.conditions()]
