"""Choices in the URL, as codes that do not depend on the language; whatever does not fit is ignored.

The URL is the truth: a pasted link, Back and Forward win over what a widget remembers. Every
choice is written out, the default too, so that a link means the same next month.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

import streamlit as st

from analysis.errors import PeriodError
from analysis.period import Period

T = TypeVar("T")


def read(key: str) -> str | None:
    """What the URL says for `key`."""
    return st.query_params.get(key)


def read_list(key: str) -> list[str]:
    """Every value the URL gives for `key`."""
    return st.query_params.get_all(key)


def write(key: str, value: str | Sequence[str] | None) -> None:
    """Puts `value` into the URL; None or nothing takes it out."""
    if not value:
        if key in st.query_params:
            del st.query_params[key]
    elif isinstance(value, str):
        if st.query_params.get(key) != value:
            st.query_params[key] = value
    elif st.query_params.get_all(key) != list(value):
        st.query_params[key] = list(value)


def follow(key: str, wanted: Any) -> None:
    """Sets the widget where the URL changed under it: first load, pasted link, Back, Forward."""
    if st.session_state.get(f"_url_{key}", object()) != wanted or key not in st.session_state:
        st.session_state[key] = wanted
        st.session_state[f"_url_{key}"] = wanted
    hold(key)


def hold(key: str) -> None:
    """Says the value again in every run.

    A widget in a closed popover is drawn only when the popover opens, and Streamlit tells it a value of
    the session state only in the run that set it: a field would open empty, and send that. And what a run
    says that is cut short by the next one never reaches the browser.
    """
    st.session_state[key] = st.session_state[key]


def _settle(key: str, value: Any, text: str | Sequence[str] | None) -> None:
    followed(key, value)
    write(key, text)


def followed(key: str, value: Any) -> None:
    """What the widget has given back is what the URL is about to say."""
    st.session_state[f"_url_{key}"] = value


def peek_select(codes: Sequence[str], key: str, default: str) -> str:
    """What `url_select` is about to return: for a label that stands before the widget."""
    asked = read(key)
    follow(key, asked if asked in codes else default)
    return st.session_state[key] or default


def peek_list(codes: Sequence[str], key: str, default: Sequence[str] = (), *, limit: int | None = None) -> list[str]:
    """What `url_list` is about to return."""
    asked = read_list(key)
    known = [code for code in asked if code in codes]
    chosen = known if known or asked == [nothing(codes)] else [c for c in default if c in codes]
    follow(key, chosen[:limit])
    return list(st.session_state[key])


def nothing(codes: Sequence[str]) -> str:
    """How an empty choice of `codes` stands in the URL: `-`, or longer where a log calls a kind so."""
    sign = "-"
    while sign in codes:
        sign += "-"
    return sign


def url_select(
    label: str,
    codes: Sequence[str],
    fmt: Callable[[str], str],
    key: str,
    default: str,
    *,
    widget: Callable[..., Any] | None = None,
    **options: Any,
) -> str:
    """One of `codes`: a select box, or `widget=st.segmented_control` and the like."""
    peek_select(codes, key, default)
    value = (widget or st.selectbox)(label, codes, format_func=fmt, key=key, **options)
    value = default if value is None else value
    _settle(key, value, value)
    return value


def url_list(
    label: str,
    codes: Sequence[str],
    fmt: Callable[[str], str],
    key: str,
    default: Sequence[str] = (),
    *,
    limit: int | None = None,
    widget: Callable[..., Any] | None = None,
    **options: Any,
) -> list[str]:
    """Some of `codes`, in the order of choosing. An empty choice stands in the URL as `key=-` (see `nothing`)."""
    peek_list(codes, key, default, limit=limit)
    if widget is None:
        options = {"select_all": False, "max_selections": limit} | options
    value = list((widget or st.multiselect)(label, codes, format_func=fmt, key=key, **options))
    _settle(key, value, value or [nothing(codes)])
    return value


def url_text(label: str, key: str, **options: Any) -> str:
    """A line that the reader types; nothing stands in the URL while it is empty."""
    follow(key, read(key) or "")
    value = str(st.text_input(label, key=key, **options) or "").strip()
    _settle(key, value, value or None)
    return value


def url_toggle(label: str, key: str, default: bool = False, **options: Any) -> bool:
    """On or off, as `1` and `0`."""
    asked = read(key)
    follow(key, asked == "1" if asked in ("0", "1") else default)
    value = bool(st.toggle(label, key=key, **options))
    _settle(key, value, "1" if value else "0")
    return value


def url_number(
    label: str, key: str, default: int, low: int, high: int, *, widget: Callable[..., Any] | None = None, **options: Any
) -> int:
    """A whole number from `low` to `high`: a field, or `widget=st.slider`."""
    asked = read(key) or ""
    sign, digits = (-1, asked[1:]) if asked.startswith("-") else (1, asked)
    given = sign * int(digits) if digits.isdecimal() and len(digits) < 10 else default
    follow(key, given if low <= given <= high else min(max(default, low), high))
    value = int((widget or st.number_input)(label, min_value=low, max_value=high, step=1, key=key, **options))
    _settle(key, value, str(value))
    return value


def url_day(label: str, key: str, default: date, first: date, last: date, **options: Any) -> date:
    """A day from `first` to `last`, as `2026-03-31`."""
    try:
        asked = date.fromisoformat(read(key) or "")
    except ValueError:
        asked = default
    follow(key, min(max(asked, first), last))
    value = st.date_input(label, key=key, min_value=first, max_value=last, format="YYYY/MM/DD", **options)
    day: date = value or default
    _settle(key, day, day.isoformat())
    return day


def url_dates(label: str, key: str, default: Period, **options: Any) -> Period:
    """First and last day, both included, as `2026-04-01..2026-06-30`."""
    wanted = url_period(key) or default
    follow(key, (wanted.start, wanted.last_day))
    value = st.date_input(label, key=key, format="YYYY/MM/DD", **options)
    if len(value) != 2:  # the reader has picked the first day and not yet the last one
        return wanted
    period = _whole(*value)
    _settle(key, (period.start, period.last_day), str(period))
    return period


def _whole(first: date, last: date) -> Period:
    return Period(first, Period.unit(last, "day").end)


def url_period(key: str) -> Period | None:
    """The period that the URL names, if it names one."""
    try:
        return Period.parse(read(key) or "")
    except PeriodError:
        return None
