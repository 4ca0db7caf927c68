"""Which period: presets seen from the last day of the data, or two dates; the URL always carries the dates."""

from datetime import date
from typing import TYPE_CHECKING, Any

import streamlit as st
from babel.dates import format_date

from analysis.period import Period
from dashboard import figures, url

if TYPE_CHECKING:
    from dashboard.page import Page

PRESETS = ("this_quarter", "last_quarter", "this_year", "last_year", "last_30_days", "this_month", "last_month")
DATES = "dates"
KEY = "period"
EARLIEST, LATEST = date(1970, 1, 1), date(2100, 1, 1)
_SEEN, _PRESET, _DATES = "_period_seen", "period_preset", "period_dates"


def of_preset(code: str, as_of: date, fiscal_start: int = 4) -> Period:
    """The period that a preset means where `as_of` is the last day known."""
    if code == "last_30_days":
        return Period.last_days(30, as_of)
    when, _, unit = code.partition("_")
    current = Period.unit(as_of, unit, fiscal_start)
    return current if when == "this" else current.previous()


def default(as_of: date, first: date, fiscal_start: int = 4) -> Period:
    """The latest quarter that is complete and covered by data, else the present one."""
    current = of_preset("this_quarter", as_of, fiscal_start)
    before = current.previous()
    return before if current.is_partial(as_of) and covered(before, first) else current


def covered(period: Period, first: date) -> bool:
    """Whether data that begins on `first` reaches back to the period's start, holidays aside."""
    return (first - period.start).days <= min(7, period.days // 10)


def short_day(day: date, lang: str) -> str:
    """`3/18` · `18 March`, where the year is plain from the period beside it."""
    return f"{day.month}/{day.day}" if lang == "ja" else format_date(day, "d MMMM", locale="en")


def asked() -> Period | None:
    """The period in the URL, if it is one that can be counted."""
    try:
        found = Period.parse(url.read(KEY) or "")
    except (ValueError, OverflowError):
        return None
    return found if found.start >= EARLIEST and found.end <= LATEST else None


def choose(page: "Page", as_of: date, first: date, fiscal_start: int = 4) -> Period:
    """The row of presets, the dates spelt out, and 「途中」 where the data does not reach the end."""
    presets = {code: of_preset(code, as_of, fiscal_start) for code in PRESETS}
    current = asked() or default(as_of, first, fiscal_start)
    _follow(current, presets)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="period_row"):
        code = st.segmented_control(
            page.t("pickers.period"),
            [*PRESETS, DATES],
            format_func=lambda code: page.t(f"pickers.period_{code}"),
            key=_PRESET,
            required=True,
            wrap=False,
        )
        period = presets.get(code or "") or _dates(page, current)
        with st.container(horizontal=True, gap="small", width="content", key="period_span"):
            st.markdown(figures.span(period, page.lang), width="content")
            if period.is_partial(as_of) and period.start <= as_of:
                st.badge(page.t("pickers.partial", day=short_day(as_of, page.lang)), color="gray")
    st.session_state[_SEEN] = str(period)
    url.write(KEY, str(period))
    return period


def _follow(current: Period, presets: dict[str, Period]) -> None:
    """Sets the widgets where the URL changed under them: first load, pasted link, Back, Forward."""
    if st.session_state.get(_SEEN) != str(current) or _PRESET not in st.session_state:
        st.session_state[_PRESET] = next((code for code, each in presets.items() if each == current), DATES)
        st.session_state[_DATES] = (current.start, current.last_day)
    url.hold(_PRESET)


def _dates(page: "Page", current: Period) -> Period:
    if _DATES not in st.session_state:
        st.session_state[_DATES] = (current.start, current.last_day)
    if len(st.session_state[_DATES]) == 2:  # while the last day is being picked the calendar stays open
        url.hold(_DATES)
    chosen: Any = st.date_input(
        page.t("pickers.dates"),
        key=_DATES,
        min_value=EARLIEST,
        max_value=LATEST,
        format="YYYY/MM/DD",
        label_visibility="collapsed",
        width=230,
    )
    if len(chosen) != 2:  # the first day is picked, the last one not yet
        return current
    return Period(chosen[0], Period.unit(chosen[1], "day").end)
