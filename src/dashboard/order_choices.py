"""How orders are counted: returns and cancellations, which currency, which customers are one."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.order_lines import CANCELLATIONS, NET, currencies
from dashboard import customer_merges, url
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

RETURNS, CURRENCY, MERGES = "cancellations", "currency", "merges"


def choose(page: "Page") -> dict[str, Any]:
    """The popover 「数え方」; what `measure_customers` and its kin take."""
    listed = known(page)
    label = url.peek_select(CANCELLATIONS, RETURNS, NET)
    parts = [page.t(f"order_choices.short_{label}")]
    parts += [md(url.peek_select(listed, CURRENCY, listed[0]))] if len(listed) > 1 else []
    with st.popover(
        page.t("pickers.counting", choices=page.t("pickers.comma").join(parts)),
        icon=":material/tune:",
        key="popover_orders",
    ):
        returns = url.url_select(
            page.t("order_choices.cancellations"),
            CANCELLATIONS,
            lambda code: page.t(f"order_choices.{code}"),
            RETURNS,
            NET,
        )
        currency = choose_currency(page, listed)
    return {RETURNS: returns, CURRENCY: currency, MERGES: customer_merges.decisions(page).merges or None}


def choose_currency(page: "Page", listed: Sequence[str]) -> str | None:
    """The field of the currency; None where there is no choice."""
    if len(listed) < 2:
        return None
    currency = url.url_select(page.t("order_choices.currency"), listed, str, CURRENCY, listed[0])
    st.caption(page.t("order_choices.currencies"))
    return currency


def usual(page: "Page") -> dict[str, Any]:
    """What `choose` gives before anybody chooses."""
    listed = known(page)
    currency = listed[0] if len(listed) > 1 else None
    return {RETURNS: NET, CURRENCY: currency, MERGES: customer_merges.decisions(page).merges or None}


def known(page: "Page") -> list[str]:
    """The currencies of the amounts; they are never added up."""
    return list(page.run(currencies))


def unknown(page: "Page") -> list[str]:
    """What the URL asks for and does not exist."""
    choices = {RETURNS: CANCELLATIONS, CURRENCY: known(page)}
    return [asked for key, codes in choices.items() if (asked := url.read(key)) and asked not in codes]


def conditions(page: "Page", options: dict[str, Any]) -> list[tuple[str, str]]:
    """The choices in words, for a download."""
    said = [(page.t("order_choices.cancellations"), page.t(f"order_choices.{options[RETURNS]}"))]
    said += [(page.t("order_choices.currency"), options[CURRENCY])] if options[CURRENCY] else []
    merged = options.get(MERGES)
    return said + ([(page.t("customer.merges"), page.t("customer.counted_as_one", n=len(merged)))] if merged else [])
