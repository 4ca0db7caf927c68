"""The bar of choices of the rankings: which period, which measures side by side, how orders count."""

from functools import partial
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.period import Period
from dashboard import counting, missing, order_choices, periods, product_filter, records, url
from dashboard.ranking_answers import NOTICED, Rankings

if TYPE_CHECKING:
    from dashboard.page import Page

MEASURES, NOTICE, BY = "measures", "noticed", "by"
FEWEST, MOST = 2, 5
FIRST = ("amount", "orders", "inquiries", "visits", "active_users", "recency_days")  # four of them at first
EDGES = {"a": 70, "b": 90}


def choose(page: "Page") -> Rankings:
    """The period and how orders count; stops where there are no orders, or none in the period."""
    missing.tables(page, ("orders",))
    span = page.ws.span("orders")
    assert span is not None, "`missing` stops the page without orders"
    first, as_of = span
    chosen: dict[str, Any] = {}

    def above() -> None:
        chosen["period"] = periods.choose(page, as_of, first, counting.fiscal_start(page))

    def beside() -> list[str]:
        chosen["only"], vain = product_filter.choose(page)
        chosen["counted"] = order_choices.choose(page)
        return vain

    build: Any = lambda *given: partial(Rankings, *given)(first=first, **chosen)  # noqa: E731
    answers: Rankings = records.choose(page, "orders", build, most=0, above=above, beside=beside)
    period: Period = answers.period
    if period.start > as_of or period.end <= first:
        missing.no_data(page, period, first, as_of)
    return answers


def name(page: "Page", measure: str) -> str:
    """A measure in words."""
    return page.t(f"ranking.measure_{measure}")


def board(page: "Page", answers: Rankings) -> list[str]:
    """The rankings that lie side by side, two to five."""
    known = answers.measures
    usual = [each for each in FIRST if each in known][:4] or known[:2]
    usual = list(dict.fromkeys([*usual, *known]))[: max(FEWEST, len(usual))]
    shown = url.peek_list(known, MEASURES, usual, limit=MOST)
    label = page.t("ranking.side_by_side", names=page.t("pickers.dot").join(name(page, each) for each in shown))
    with st.popover(label, icon=":material/view_column:", key="popover_board"):
        picked = url.url_list(
            page.t("ranking.measures"),
            known,
            partial(name, page),
            MEASURES,
            usual,
            limit=MOST,
            placeholder=page.t("pickers.choose"),
        )
        st.caption(page.t("ranking.measures_note", least=FEWEST, most=MOST))
    return picked if len(picked) >= FEWEST else usual


def noticed(page: "Page", answers: Rankings, by: str) -> str | None:
    """The measure by which customers stand out; None where there is no other than `by`."""
    known = [each for each in answers.measures if each != by]
    if not known:
        return None
    usual = next((each for each in NOTICED if each in known), known[0])
    return url.url_select(page.t("ranking.noticed"), known, partial(name, page), NOTICE, usual, width=200)


def bands(page: "Page") -> tuple[float, ...]:
    """The thresholds of the bands."""
    label = page.t("ranking.bands", **{key: _asked(f"band_{key}", usual) for key, usual in EDGES.items()})
    with st.popover(label, icon=":material/tune:", key="popover_bands"):
        picked = [
            url.url_number(page.t(f"ranking.band_{key}"), f"band_{key}", usual, 1, 99) for key, usual in EDGES.items()
        ]
        st.caption(page.t("ranking.bands_note"))
    return tuple(each / 100 for each in picked)


def _asked(key: str, usual: int) -> int:
    """What the field is about to return: for the label that stands before it."""
    asked = url.read(key) or ""
    return int(st.session_state.get(key) or (asked if asked.isdecimal() else usual))
