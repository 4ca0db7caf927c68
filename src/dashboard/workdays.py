"""Whether days are those of the calendar or of the office, and on which days the office is closed."""

from datetime import date
from hashlib import blake2s
from typing import TYPE_CHECKING

import streamlit as st

from analysis.business_days import CALENDAR, BusinessDays, days_in, listed_days
from dashboard import guard, incoming, url
from dashboard.escape import md
from dashboard.file_field import file_field

if TYPE_CHECKING:
    from dashboard.page import Page

SETTING = "closed_days"
KEY, BUSINESS = "days", "business"
KINDS = (CALENDAR, BUSINESS)
MOST = 2000  # days off that are kept


def asked() -> str:
    """The kind of days that `choose` is about to return: for a label that stands before it."""
    return url.peek_select(KINDS, KEY, CALENDAR)


def choose(page: "Page") -> str | BusinessDays:
    """The kind of days as a metric takes it; for office days the days off stand beside."""
    chosen = url.url_select(
        page.t("workdays.days"),
        KINDS,
        lambda code: page.t(f"workdays.{code}"),
        KEY,
        CALENDAR,
        widget=st.radio,
        horizontal=True,
    )
    if chosen == CALENDAR:
        return CALENDAR
    _closed(page)
    return BusinessDays.closed_on(closed(page))


def closed(page: "Page") -> list[date]:
    """The organisation's own days off, as the workspace keeps them."""
    kept = page.ws.setting(SETTING, ())
    listed = [each for each in kept if isinstance(each, str)] if isinstance(kept, list) else []
    return sorted({*days_in("\n".join(listed))[0]})


def words(page: "Page", days: str | BusinessDays) -> tuple[str, str]:
    """The choice in words, for a download."""
    if isinstance(days, BusinessDays):
        return page.t("workdays.days"), page.t("workdays.business_with", n=len(days.closed))
    return page.t("workdays.days"), page.t(f"workdays.{days}")


def _closed(page: "Page") -> None:
    """The days off as lines of text, and a file of them."""
    known = closed(page)
    st.caption(page.t("workdays.national", n=len(known)))
    with st.form("closed_form", border=False):
        written = st.text_area(
            page.t("workdays.closed"),
            value="\n".join(f"{day:%Y/%m/%d}" for day in known),
            key=f"closed_days_{blake2s(repr(known).encode(), digest_size=4).hexdigest()}",
            height=110,
            help=page.t("workdays.closed_help"),
        )
        if st.form_submit_button(page.t("workdays.save")):
            days, rest = days_in(written)
            if rest:
                st.error(
                    page.t("workdays.unread", lines=md(page.t("pickers.comma").join(each[:40] for each in rest[:5])))
                )
            else:
                _keep(page, days)
    arrived = file_field(page, key="closed_field", label=page.t("workdays.file"))
    if arrived:
        try:
            days = listed_days(arrived.path.read_bytes()[:1_000_000])
        finally:
            incoming.of(guard.folder()).discard(arrived.key)
        if days:
            _keep(page, [*known, *days])
        st.error(page.t("workdays.no_days"))


def _keep(page: "Page", days: list[date]) -> None:
    page.ws.set_setting(SETTING, [day.isoformat() for day in sorted({*days})[:MOST]])
    st.rerun()
