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


def _follow(key: str, wanted: Any) -> None:
    """Sets the widget where the URL changed under it: first load, pasted link, Back, Forward."""
    if st.session_state.get(f"_url_{key}", object()) != wanted or key not in st.session_state:
        st.session_state[key] = wanted
        st.session_state[f"_url_{key}"] = wanted
    hold(key)


def hold(key: str) -> None:
    """Says the value again in every run.

    A widget in a closed popover is drawn only when the popover opens, and Streamlit tells it a value of
    the session state only in the run that set it: a field would open empty, and send that.
    """
    st.session_state[key] = st.session_state[key]


def _settle(key: str, value: Any, text: str | Sequence[str] | None) -> None:
    st.session_state[f"_url_{key}"] = value
    write(key, text)


def peek_select(codes: Sequence[str], key: str, default: str) -> str:
    """What `url_select` is about to return: for a label that stands before the widget."""
    asked = read(key)
    _follow(key, asked if asked in codes else default)
    return st.session_state[key] or default


def peek_list(codes: Sequence[str], key: str, default: Sequence[str] = (), *, limit: int | None = None) -> list[str]:
    """What `url_list` is about to return."""
    asked = read_list(key)
    known = [code for code in asked if code in codes]
    chosen = known if known or asked == [nothing(codes)] else [c for c in default if c in codes]
    _follow(key, chosen[:limit])
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


def url_toggle(label: str, key: str, default: bool = False, **options: Any) -> bool:
    """On or off, as `1` and `0`."""
    asked = read(key)
    _follow(key, asked == "1" if asked in ("0", "1") else default)
    value = bool(st.toggle(label, key=key, **options))
    _settle(key, value, "1" if value else "0")
    return value


def url_dates(label: str, key: str, default: Period, **options: Any) -> Period:
    """First and last day, both included, as `2026-04-01..2026-06-30`."""
    wanted = url_period(key) or default
    _follow(key, (wanted.start, wanted.last_day))
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
