"""Rankings side by side: which customers are drawn, who is picked out, and what is said of each."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.errors import AnalysisError
from dashboard import downloads, figures, ranking_choices, theme, url
from dashboard.escape import md
from dashboard.ranking_answers import AMONG, CUSTOMER, Rankings
from dashboard.ranking_words import headers, mistake, place, value

if TYPE_CHECKING:
    from dashboard.page import Page

ROWS = 20
CARDS = 3
PLACES = "place"


def show(page: "Page", answers: Rankings, columns: Sequence[str], noticed: str | None, start: int) -> pd.DataFrame:
    """The board beside the surprises; these."""
    found, why_not = _surprises(page, answers, columns[0], noticed)
    left, right = st.columns([2.3, 1], gap="medium")
    with left:
        _board(page, answers, columns, start, _picked(answers, columns, found))
        _agree(page, answers, columns)
    with right:
        _cards(page, answers, columns[0], noticed, found, why_not)
    _listed(page, answers, columns[0], noticed, found)
    return found


def _surprises(page: "Page", answers: Rankings, by: str, noticed: str | None) -> tuple[pd.DataFrame, str]:
    """The surprises, or why there can be none."""
    if noticed is None:
        return pd.DataFrame(), page.t("ranking.no_other")
    try:
        return answers.surprises(by, noticed), ""
    except AnalysisError as error:
        return pd.DataFrame(), mistake(page, error)


def places(page: "Page", total: int) -> int:
    """The first place in sight."""
    steps = [str(at) for at in range(1, max(total, 1) + 1, ROWS)]
    if len(steps) < 2:
        return 1
    return int(
        url.url_select(
            page.t("ranking.places"),
            steps,
            lambda code: page.t("ranking.places_of", first=int(code), last=min(int(code) + ROWS - 1, total), of=total),
            PLACES,
            "1",
            width=260,
        )
    )


def _picked(answers: Rankings, columns: Sequence[str], found: pd.DataFrame) -> list[Any]:
    """The customers that are picked out: surprises, else those whose ranks are furthest apart."""
    if len(found):
        return list(found[CUSTOMER].head(CARDS))
    ranks = answers.places(columns)
    apart = (ranks.max(axis=1) - ranks.min(axis=1)).sort_values(ascending=False, kind="stable")
    return list(apart.index[:CARDS])


def _board(page: "Page", answers: Rankings, columns: Sequence[str], start: int, picked: Sequence[Any]) -> None:
    rows = drawn(page, answers, columns, start, picked)
    names = [page.t(f"ranking.short_{each}") for each in columns]
    st.caption(page.t("ranking.board_note", measure=ranking_choices.name(page, columns[0]), n=len(answers.field)))
    theme.show(
        lambda palette: charts.slopes(rows, names, (start, start + ROWS - 1), lang=page.lang, palette=palette),
        charts.slopes_finding(rows, names, lang=page.lang),
        of=rows.to_csv(index=False) + page.lang + repr(names),
        key="board",
    )


def drawn(page: "Page", answers: Rankings, columns: Sequence[str], start: int, picked: Sequence[Any]) -> pd.DataFrame:
    """One row per customer in sight and ranking, as `charts.slopes` takes it; nobody else travels to the browser."""
    ranks = answers.places(columns)
    first = ranks[columns[0]]
    seen = first.dropna().index[start - 1 : start - 1 + ROWS]  # in order: of a tie each has a line of their own
    chosen = [*seen, *(each for each in picked if each not in seen)]
    lines = {customer: start + i for i, customer in enumerate(seen)}
    marks = {customer: i for i, customer in enumerate(picked, 1)}
    values = answers.plain.set_index(CUSTOMER).loc[chosen]
    rows = [
        {
            "customer": str(number),
            "label": answers.names[customer],
            "column": i,
            "rank": ranks.at[customer, column],
            "at": lines.get(customer, ranks.at[customer, column]) if i == 0 else ranks.at[customer, column],
            "said": page.t(
                "ranking.stand",
                place=place(page, ranks.at[customer, column], int(ranks[column].notna().sum())),
                value=value(page, column, values.at[customer, column]),
            ),
            "marked": marks.get(customer, 0),
        }
        for number, customer in enumerate(chosen)
        for i, column in enumerate(columns)
    ]
    return pd.DataFrame(rows)


def _agree(page: "Page", answers: Rankings, columns: Sequence[str]) -> None:
    """How many of the first are the same, and behind it how far the orders agree."""
    pairs = answers.compared_rankings(columns).to_dict("records")
    name = partial(ranking_choices.name, page)
    mine = [each for each in pairs if columns[0] in (each["a"], each["b"])]
    lines = [
        page.t(
            "ranking.overlap" if each["in_a"] == each["in_b"] == AMONG else "ranking.overlap_ties",
            a=name(each["a"]),
            b=name(each["b"]),
            top=AMONG,
            in_a=int(each["in_a"]),
            in_b=int(each["in_b"]),
            both=int(each["both"]),
        )
        for each in mine
    ]
    st.markdown("  \n".join(lines))
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_board"):
        for key in ("top_overlap", "rank_correlation", "surprise"):
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")
        st.dataframe(
            pd.DataFrame([_correlations(page, each) for each in pairs]),
            hide_index=True,
            key="correlations",
            alt=page.t("ranking.correlations"),
        )


def _correlations(page: "Page", pair: dict[str, Any]) -> dict[str, Any]:
    name = partial(ranking_choices.name, page)

    def ranged(key: str) -> str:
        found, low, high = (pair[key], pair[f"{key}_low"], pair[f"{key}_high"])
        if figures.is_missing(found):
            return figures.NONE
        return f"{found:.2f}" if figures.is_missing(low) else f"{found:.2f}（{low:.2f} – {high:.2f}）"

    return {
        page.t("ranking.pair"): f"{name(pair['a'])} × {name(pair['b'])}",
        page.t("ranking.customers"): int(pair["customers"]),
        "Spearman ρ": ranged("spearman"),
        "Kendall τ-b": ranged("tau"),
    }


def _cards(page: "Page", answers: Rankings, by: str, noticed: str | None, found: pd.DataFrame, why_not: str) -> None:
    st.markdown(f"**{page.t('ranking.surprises')}**")
    if why_not or noticed is None:
        st.caption(md(why_not))
        return
    if not len(found):
        st.caption(
            page.t(
                "ranking.no_surprise", by=ranking_choices.name(page, by), noticed=ranking_choices.name(page, noticed)
            )
        )
    for row in found.head(CARDS).to_dict("records"):
        with st.container(border=True, gap=None):
            st.markdown(f"**{md(answers.names[row[CUSTOMER]])}**")
            st.markdown(md(sentence(page, row, by, noticed)))
            st.caption(
                page.t(
                    f"ranking.why_{row['kind']}",
                    by=ranking_choices.name(page, by),
                    noticed=ranking_choices.name(page, noticed),
                )
            )


def sentence(page: "Page", row: dict[str, Any], by: str, noticed: str) -> str:
    """「売上 1 位 / 412 社、問い合わせ 0 件（300 位 / 412 社）」: the better rank first, each with its field."""
    of = int(row["of"])
    parts = {
        "actual": (by, row["actual_rank"], row["actual_value"]),
        "noticed": (noticed, row["noticed_rank"], row["noticed_value"]),
    }
    order = ("actual", "noticed") if row["kind"] == "quiet" else ("noticed", "actual")
    (a, rank_a, value_a), (b, rank_b, value_b) = (parts[each] for each in order)
    return page.t(
        "ranking.surprise",
        a=ranking_choices.name(page, a),
        place_a=place(page, rank_a, of),
        value_a=value(page, a, value_a),
        b=ranking_choices.name(page, b),
        place_b=place(page, rank_b, of),
        value_b=value(page, b, value_b),
    )


def _listed(page: "Page", answers: Rankings, by: str, noticed: str | None, found: pd.DataFrame) -> None:
    """All surprises, behind one line."""
    if noticed is None or not len(found):
        return
    with st.expander(page.t("ranking.all_surprises", n=len(found)), key="surprises", on_change="rerun") as more:
        if not more.open:
            return
        frame = pd.DataFrame(
            {
                "customer": [answers.names[each] for each in found[CUSTOMER]],
                CUSTOMER: found[CUSTOMER],
                "why": [sentence(page, row, by, noticed) for row in found.to_dict("records")],
                "kind": [page.t(f"ranking.kind_{kind}") for kind in found["kind"]],
                "actual_rank": found["actual_rank"],
                "noticed_rank": found["noticed_rank"],
                "of": found["of"],
            }
        )
        words = headers(page) | {
            "actual_rank": page.t("ranking.rank_by", measure=ranking_choices.name(page, by)),
            "noticed_rank": page.t("ranking.rank_by", measure=ranking_choices.name(page, noticed)),
        }
        downloads.button(
            page,
            frame,
            name=page.t("ranking.surprises"),
            key="download_surprises",
            headers=words,
            definitions=[*DEFINITIONS["surprise"].rows(page.lang), *answers.conditions()],
        )
        shown = page.mask(frame, "orders", "customers")
        config: dict[str, Any] = {each: words[each] for each in shown.columns}
        config["customer"] = st.column_config.TextColumn(words["customer"], pinned=True)
        st.dataframe(shown, key="surprise_list", hide_index=True, column_config=config, alt=page.t("ranking.surprises"))
