"""The bar of choices of the levels: who the customers are, as of which day, compared with which earlier one."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from analysis.customer_base import BASES, CUSTOMER
from analysis.level_proposals import EVENTS
from analysis.period import add_months
from analysis.tables import KINDS
from dashboard import dimensions, figures, filters, missing, records, url, view
from dashboard.level_answers import SETTING, LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

BASE, DAY, BEFORE = "base", "as_of", "before"
MONTHS = ("1", "3", "6", "12")
USUAL = "3"
LOGS = (*EVENTS, "contracts", "deals")
# columns that are roles and tell customers apart
ROLES = {"customers": ("owner",), "contracts": ("plan",), "cases": ("owner",), "deals": ("owner", "source", "phase")}


def choose(page: "Page") -> LevelAnswers:
    """The bar of choices; stops where no table says who the customers are."""
    bases = known_bases(page)
    if not bases:
        st.markdown(page.t("level_page.no_base"))
        missing.tables(page, ("customers",))
    tables = with_customers(page, LOGS)
    spans = spans_of(page)
    junk = _junk(bases)
    with st.container(key="choices"):
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="level_days"):
            kind = _base(page, bases)
            known = _available(page, kind)
            lost = dimensions.unknown(known) if known else []
            as_of = _day(page, kind, spans)
            previous = _previous(page, as_of)
        with st.container(horizontal=True, gap="small"):
            by = dimensions.choose(page, known, across=False, most=1)[0] if known else []
            chosen, vain = filters.choose(page, known) if known else ({}, [])
    view.note(page, [*lost, *vain, *junk])
    return LevelAnswers(
        page,
        kind,
        tuple(by),
        chosen,
        tuple(known),
        as_of,
        listed_days(page, kind),
        previous=previous,
        tables=tuple(tables),
        spans=spans,
    )


def of_everybody(page: "Page", day: date) -> LevelAnswers | None:
    """The levels that are kept, or else proposed, of all customers as of a day; None where there are none."""
    bases = known_bases(page)
    written = dict(page.ws.setting(SETTING, {}) or {})
    bases = [kind for kind in bases if kind in written] or bases
    if not bases:
        return None
    found = LevelAnswers(
        page,
        bases[0],
        (),
        {},
        (),
        day,
        listed_days(page, bases[0]),
        previous=earlier(day, int(USUAL)),
        tables=tuple(with_customers(page, LOGS)),
        spans={},
    )
    return found if found.kept or found.proposed else None


def known_bases(page: "Page") -> list[str]:
    """The tables that can say who the customers are."""
    return with_customers(page, BASES)


def with_customers(page: "Page", kinds: Sequence[str]) -> list[str]:
    """The kinds whose rows lead to customers, by themselves or over the list of users."""
    with page.ws.read() as reader:
        columns = {kind: reader.columns(kind) for kind in {*kinds, "users"} if reader.imports(kind)}
    over_users = CUSTOMER in columns.get("users", {})
    return [
        kind
        for kind in kinds
        if kind in columns and (CUSTOMER in columns[kind] or (over_users and "user_id" in columns[kind]))
    ]


def listed_days(page: "Page", kind: str) -> tuple[date, ...]:
    """The days of the lists that count, in order."""
    return tuple(sorted({each.as_of for each in page.ws.imports(kind) if each.active and each.as_of}))


def _span(page: "Page", kind: str) -> tuple[date, date] | None:
    return page.ws.span(kind) if not KINDS[kind].snapshot and page.ws.imports(kind) else None


def _available(page: "Page", kind: str) -> list[dimensions.Dimension]:
    """The columns that tell customers apart; those of orders and users tell of something else."""
    return records.available(page, kind, ROLES[kind]) if kind in ROLES else []


def _base(page: "Page", bases: list[str]) -> str:
    return url.url_select(
        page.t("level_page.base"), bases, lambda code: page.t(f"level_page.base_{code}"), BASE, bases[0], width=240
    )


def _day(page: "Page", kind: str, spans: dict[str, tuple[date, date]]) -> date:
    """As of which day: at first the last one that anything is known of."""
    listed = listed_days(page, kind)
    last = last_known(page, kind, spans)
    first = min([*listed, *(start for start, _ in spans.values())])
    return url.url_day(page.t("level_page.as_of"), DAY, last, first, last, width=150)


def last_known(page: "Page", kind: str, spans: Mapping[str, tuple[date, date]]) -> date:
    """The last day that any list of the kind or any log knows of."""
    return max([*listed_days(page, kind), *(end for _, end in spans.values())])


def spans_of(page: "Page") -> dict[str, tuple[date, date]]:
    """Kind of log -> its first and last day."""
    return {kind: span for kind in KINDS if (span := _span(page, kind))}


def _previous(page: "Page", as_of: date) -> date:
    code = url.url_select(
        page.t("level_page.before"),
        MONTHS,
        lambda months: page.t(
            "level_page.months_before",
            n=int(months),
            day=figures.day_short(earlier(as_of, int(months))),
        ),
        BEFORE,
        USUAL,
        width=260,
    )
    return earlier(as_of, int(code))


def earlier(day: date, months: int) -> date:
    """So many months before; from the end of a month to the end of a month."""
    following = add_months(date.fromordinal(day.toordinal() + 1), -months)
    return date.fromordinal(following.toordinal() - 1)


def _junk(bases: list[str]) -> list[str]:
    """What the URL asks for and does not exist."""
    known = {BASE: bases, BEFORE: MONTHS}
    return [asked for key, codes in known.items() if (asked := url.read(key)) and asked not in codes]
