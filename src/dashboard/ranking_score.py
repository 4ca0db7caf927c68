"""The overall score on the page of the rankings: weights on sliders, and why a customer stands where they stand."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.composite import SCALES
from analysis.definitions import DEFINITIONS
from analysis.errors import AnalysisError
from dashboard import downloads, ranking_choices, theme, url
from dashboard.escape import md
from dashboard.ranking_answers import CUSTOMER, Rankings
from dashboard.ranking_words import headers, known, mistake, place, value

if TYPE_CHECKING:
    from dashboard.page import Page

SCALE, WHO = "scale", "who"
MOST, USUAL = 10, {"amount": 5, "orders": 3, "recency_days": 2}
SHOWN = 20
DIGITS = {"rank": 1, "standard": 2}  # a score of at most 100, and one around 0


def show(page: "Page", answers: Rankings) -> None:
    """Sliders, the first by the score, and the waterfall of one of them."""
    st.subheader(page.t("ranking.score"), anchor=False)
    if len(answers.measures) < 2:
        st.caption(page.t("ranking.one_measure"))
        return
    scale = url.url_select(
        page.t("ranking.scale"),
        SCALES,
        lambda code: page.t(f"ranking.scale_{code}"),
        SCALE,
        SCALES[0],
        widget=st.segmented_control,
        required=True,
    )
    weights = _weights(page, answers)
    try:
        scored, parts = answers.scored(weights, scale), answers.score_parts(weights, scale)
    except AnalysisError as error:
        st.info(md(mistake(page, error)), icon=":material/info:")
        return
    left, right = st.columns([1, 1], gap="medium")
    with left:
        _first(page, answers, scored, weights, scale)
    with right:
        _why(page, answers, scored, parts, DIGITS[scale])


def _weights(page: "Page", answers: Rankings) -> dict[str, float]:
    """A slider a measure."""
    found: dict[str, float] = {}
    with st.grid(4, min_column_width=150, key="weights_grid"):
        for measure in answers.measures:
            found[measure] = url.url_number(
                ranking_choices.name(page, measure),
                f"weight_{measure}",
                USUAL.get(measure, 0),
                -MOST,
                MOST,
                widget=st.slider,
            )
    st.caption(page.t("ranking.weights_note"))
    return found


def _first(page: "Page", answers: Rankings, scored: pd.DataFrame, weights: dict[str, float], scale: str) -> None:
    """The first by the score; the download holds all."""
    words = headers(page) | {name: ranking_choices.name(page, name) for name in answers.measures}
    frame = scored.assign(
        customer=[answers.names.get(each, str(each)) for each in scored[CUSTOMER]],
        rank=known(scored["rank"]),
        of=known(scored["of"]),
    )[["rank", "of", "customer", CUSTOMER, "score", *(m for m in answers.measures if weights[m])]]
    chosen = [
        (page.t("ranking.weight_of", measure=ranking_choices.name(page, name)), f"{weight:g}")
        for name, weight in weights.items()
    ]
    with st.container(horizontal=True, vertical_alignment="bottom", key="score_heading"):
        st.markdown(f"**{page.t('ranking.first_by_score', n=min(SHOWN, len(frame)))}**")
        downloads.button(
            page,
            frame,
            name=page.t("ranking.score"),
            key="download_score",
            headers=words,
            definitions=[
                *DEFINITIONS["composite"].rows(page.lang),
                (page.t("ranking.scale"), page.t(f"ranking.scale_{scale}")),
                *chosen,
                *answers.conditions(),
            ],
        )
    shown = page.mask(frame.head(SHOWN), "customers", "orders")
    shown = shown.assign(
        rank=[
            place(page, r, int(of)) if r is not pd.NA else ""
            for r, of in zip(shown["rank"], shown["of"].fillna(0), strict=True)
        ]
    )
    config: dict[str, Any] = {
        "rank": st.column_config.TextColumn(words["rank"], pinned=True),
        "customer": st.column_config.TextColumn(words["customer"], pinned=True),
        "score": st.column_config.NumberColumn(words["score"], format=f"%.{DIGITS[scale]}f"),
    }
    columns = ["rank", "customer", "score"]
    st.dataframe(shown[columns], key="scores", hide_index=True, column_config=config, alt=page.t("ranking.score"))


def _why(page: "Page", answers: Rankings, scored: pd.DataFrame, parts: pd.DataFrame, digits: int) -> None:
    """The waterfall of one customer."""
    inside = scored[scored["rank"].notna()].set_index(CUSTOMER)
    number = url.url_number(page.t("ranking.whose_score", n=len(inside)), WHO, 1, 1, len(inside))
    customer = inside.index[number - 1]
    mine = parts[parts[CUSTOMER] == customer]
    order = {measure: i for i, measure in enumerate(answers.measures)}
    mine = mine.assign(_order=mine["measure"].map(order)).sort_values("_order", ignore_index=True)
    rows = pd.DataFrame(
        {
            "label": [ranking_choices.name(page, each) for each in mine["measure"]],
            "contribution": mine["contribution"],
            "said": [
                page.t(
                    "ranking.stand",
                    place=place(page, row["measure_rank"], int(row["of"])),
                    value=value(page, row["measure"], row["value"]),
                )
                for row in mine.to_dict("records")
            ],
        }
    )
    theme.show(
        lambda palette: charts.waterfall(rows, lang=page.lang, palette=palette, digits=digits),
        charts.waterfall_finding(rows, lang=page.lang, digits=digits),
        of=rows.to_csv(index=False) + page.lang + str(digits),
        key="waterfall",
    )
    at = place(page, inside.at[customer, "rank"], int(inside.at[customer, "of"]))
    st.caption(
        page.t(
            "ranking.score_of_customer",
            name=md(answers.names[customer]),
            place=at,
            score=f"{inside.at[customer, 'score']:.{digits}f}",
        )
    )
