"""The bar of choices of the funnel: who enters when, which steps, how they count, told apart by what."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.funnel_definitions import ORDERS as ORDERED
from analysis.funnel_steps import ORDERS
from analysis.order_lines import AS_WRITTEN, NET
from analysis.product_groups import Groupings
from dashboard import (
    counting,
    funnel_editor,
    funnel_source,
    missing,
    order_choices,
    periods,
    product_filter,
    records,
    url,
    view,
)
from dashboard.dimensions import NONE, Dimension
from dashboard.escape import md
from dashboard.funnel_answers import FunnelAnswers, window_name
from dashboard.funnel_source import OF, Source
from dashboard.product_answers import kept

if TYPE_CHECKING:
    from dashboard.page import Page

ORDER, WITHIN, BY = "order", "within", "by"
USUAL, NO_WINDOW, OWN = "30d", "none", "own"
WINDOWS = ("7d", "14d", "30d", "90d", NO_WINDOW, OWN)
UNITS = ("d", "h")
LONGEST = 36_500
RETURNS = (NET, AS_WRITTEN)  # the other ways of counting tell amounts apart, not purchases
_WRITTEN = re.compile(r"(\d{1,5})([dh])")


def choose(page: "Page") -> FunnelAnswers:
    """Every choice; stops where there is neither a log that says what was done nor orders of products, or no step."""
    there = funnel_source.offered(page)
    if not there:
        missing.tables(page, ("activity",))
        st.info(page.t("funnel_page.no_kinds"), icon=":material/info:")
        st.stop()
    source, groupings = _source(page, there)
    span = page.ws.span(source.kind)
    assert span is not None, "what is offered has rows"
    first, as_of = span
    known = [each for each in records.available(page, source.kind) if each.column != "activity"]
    lost = [*unknown(known, there), *_unknown_of_orders(source, groupings), *funnel_editor.unknown()]
    with st.container(key="choices"):
        if len(there) > 1:
            _which(page, there)
        period = periods.choose(page, as_of, first, counting.fiscal_start(page))
        steps = funnel_editor.choose(source, known)
        with st.container(horizontal=True, gap="small"):
            if source.bought and groupings.names:
                _grouping(page, groupings)
            order, within = _counted(source)
            by = _by(source, known)
    view.note(page, lost)
    if period.start > as_of or period.end <= first:
        missing.no_data(page, period, first, as_of)
    return FunnelAnswers(page, period, tuple(steps), within, order, by, tuple(known), first, as_of, source)


def meaning(page: "Page") -> str:
    """The definition that stands at the head of the page."""
    there = funnel_source.offered(page)
    return "product_funnel" if there and url.peek_select(there, OF, there[0]) == ORDERED else "funnel"


def _source(page: "Page", there: Sequence[str]) -> tuple[Source, Groupings]:
    """What is looked at, as the fields below are about to say."""
    of = url.peek_select(there, OF, there[0])
    if of != ORDERED:
        return Source(page), Groupings()
    groupings = kept(page)
    return Source(page, of, product_filter.peek(groupings), _purchases(page)), groupings


def _purchases(page: "Page") -> dict[str, Any]:
    """Which lines of orders are purchases, of whom, in which currency, as the fields below are about to say."""
    listed = order_choices.known(page)
    return {
        **order_choices.usual(page),
        order_choices.RETURNS: url.peek_select(RETURNS, order_choices.RETURNS, NET),
        order_choices.CURRENCY: url.peek_select(listed, order_choices.CURRENCY, listed[0]) if len(listed) > 1 else None,
    }


def _which(page: "Page", there: Sequence[str]) -> None:
    """The field 「何を追うか」."""
    url.url_select(
        page.t("funnel_page.of"),
        there,
        lambda code: page.t(f"funnel_page.of_{code}"),
        OF,
        there[0],
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        on_change=lambda: url.write(BY, None),  # a column of the one is none of the other
    )


def _grouping(page: "Page", groupings: Groupings) -> None:
    """The popover that says which codes are one product."""
    current = product_filter.peek(groupings)
    label = page.t("products.codes") if current is None else page.t("products.grouped", name=md(current.name))
    with st.popover(label, icon=":material/category:", key="popover_grouping"):
        product_filter.which(page, groupings)
        st.caption(page.t("funnel_page.where_groups"))


def _unknown_of_orders(source: Source, groupings: Groupings) -> list[str]:
    """What the URL asks of orders in vain."""
    if not source.bought:
        return []
    asked = url.read(product_filter.GROUPING)
    found = [asked] if asked and asked not in (*groupings.names, product_filter.BARE) else []
    return [*found, *order_choices.unknown(source.page)]


def unknown(known: Sequence[Dimension], there: Sequence[str]) -> list[str]:
    """What the URL asks for and does not exist."""
    codes = {NONE, *(each.code for each in known)}
    of = url.read(OF)
    within, order, by = url.read(WITHIN), url.read(ORDER), url.read(BY)
    found = [within] if within and within != NO_WINDOW and not _WRITTEN.fullmatch(within) else []
    found += [order] if order and order not in ORDERS else []
    found += [of] if of and of not in there else []
    return found + ([by] if by and by not in codes else [])


def _counted(source: Source) -> tuple[str, str | None]:
    """The popover 「数え方」: in which order, how long it may take, and which orders count."""
    page = source.page
    order = url.peek_select(ORDERS, ORDER, ORDERS[0])
    parts = [page.t(f"funnel_page.short_{order}"), _window_said(page, _asked())]
    with st.popover(
        page.t("pickers.counting", choices=page.t("pickers.comma").join(parts)),
        icon=":material/tune:",
        key="popover_funnel",
    ):
        order = url.url_select(
            page.t("funnel_page.order"),
            ORDERS,
            lambda code: source.t(f"funnel_page.order_{code}"),
            ORDER,
            ORDERS[0],
            widget=st.radio,
        )
        within = _window(page)
        st.caption(source.t("funnel_page.within_note"))
        if source.bought:
            url.url_select(
                page.t("funnel_page.returns"),
                RETURNS,
                lambda code: page.t(f"funnel_page.returns_{code}"),
                order_choices.RETURNS,
                NET,
                widget=st.radio,
            )
            order_choices.choose_currency(page, order_choices.known(page))
    return order, within


def _asked() -> str:
    """The window in the URL, or the usual one; `none` is no window."""
    written = url.read(WITHIN) or ""
    return written if written == NO_WINDOW or _WRITTEN.fullmatch(written) else USUAL


def _window_said(page: "Page", asked: str) -> str:
    if asked == NO_WINDOW:
        return page.t("funnel_page.no_window")
    return page.t("funnel_page.window", length=window_name(page, asked))


def _window(page: "Page") -> str | None:
    """Presets, none, or a number of days or hours of one's own; 0 is refused by the metric, in a sentence."""
    asked = _asked()
    read = _WRITTEN.fullmatch(asked)
    url.follow("within_pick", asked if asked in WINDOWS else OWN)
    url.follow("within_n", int(read[1]) if read else 30)
    url.follow("within_unit", read[2] if read else "d")
    pick = st.selectbox(
        page.t("funnel_page.within"),
        WINDOWS,
        format_func=lambda code: page.t("funnel_page.own") if code == OWN else window_words(page, code),
        key="within_pick",
    )
    amount, unit = int(st.session_state["within_n"]), str(st.session_state["within_unit"])
    if pick == OWN:
        with st.container(horizontal=True):
            amount = int(
                st.number_input(page.t("funnel_page.own_n"), min_value=0, max_value=LONGEST, step=1, key="within_n")
            )
            unit = st.selectbox(
                page.t("funnel_page.own_unit"),
                UNITS,
                format_func=lambda u: page.t(f"funnel_page.of_{u}"),
                key="within_unit",
            )
    chosen = f"{amount}{unit}" if pick == OWN else str(pick)
    url.followed("within_pick", pick)
    url.followed("within_n", amount)
    url.followed("within_unit", unit)
    url.write(WITHIN, chosen)
    return None if chosen == NO_WINDOW else chosen


def window_words(page: "Page", code: str) -> str:
    """A preset in words."""
    return page.t("funnel_page.no_window") if code == NO_WINDOW else window_name(page, code)


def _by(source: Source, known: Sequence[Dimension]) -> str | None:
    """The popover 「分けて見る」: one column of the log, or of the orders, or none."""
    page = source.page
    labels = {NONE: page.t("pickers.by_nothing"), **{each.code: each.column for each in known}}
    chosen = url.peek_select(list(labels), BY, NONE)
    with st.popover(
        page.t("pickers.by", dimensions=md(labels[chosen])), icon=":material/pivot_table_chart:", key="popover_by"
    ):
        chosen = url.url_select(page.t("funnel_page.by_term"), list(labels), labels.__getitem__, BY, NONE)
        st.caption(source.t("funnel_page.by_note"))
    return None if chosen == NONE else chosen
