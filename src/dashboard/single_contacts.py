"""Dependence on one person: how many customers, and how much of the sales, one salesperson alone knows."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from analysis.single_contact import CONTACTS, OWNER, SINGLE, UNKNOWN, contact_customers, contact_shares
from dashboard import downloads, figures, record_list, url
from dashboard.ranking_answers import CUSTOMER, NAME, Rankings

if TYPE_CHECKING:
    from dashboard.page import Page

STATE = "contact"
TABLES = ("customers", "orders", "visits", "deals")


def show(page: "Page", answers: Rankings) -> None:
    """The share, the salespeople, and the customers of each state; or what would have to be imported for it."""
    st.subheader(page.t("customer.single"), anchor=False)
    if not _told(page):
        st.caption(page.t("customer.single_lacks"))
        return
    st.caption(page.t("customer.single_note"))
    listed = answers.of_orders(contact_customers, answers.period)
    found = answers.kept("contacts", lambda: contact_shares(listed)).set_index("contact")
    _numbers(page, found)
    if not page.names_hidden:
        _by_owner(page, answers, listed)
    _customers(page, answers, found, listed)


def _told(page: "Page") -> bool:
    """Whether any of the tables says who knows a customer."""
    with page.ws.read() as reader:
        return any(OWNER in reader.columns(kind) for kind in TABLES)


def _numbers(page: "Page", found: pd.DataFrame) -> None:
    total = int(found["all_customers"].max())

    def number(state: str, name: str) -> Any:
        return found.loc[state, name] if state in found.index else 0

    with st.grid(3, min_column_width=150, key="single_contacts"):
        with st.container(gap=None):
            st.metric(page.t("customer.single_short"), page.t("customer.companies", n=int(number(SINGLE, "customers"))))
            share = figures.percent(number(SINGLE, "customer_share"))
            st.caption(page.t("customer.single_share", share=share, of=total))
        with st.container(gap=None):
            st.metric(page.t("customer.single_amount"), figures.amount(number(SINGLE, "amount"), page.lang))
            share = figures.percent(number(SINGLE, "amount_share"))
            st.caption(page.t("customer.single_amount_share", share=share))
        with st.container(gap=None):
            st.metric(
                page.t("customer.unknown_short"), page.t("customer.companies", n=int(number(UNKNOWN, "customers")))
            )
            st.caption(page.t("customer.unknown_note"))


def _by_owner(page: "Page", answers: Rankings, listed: pd.DataFrame) -> None:
    """Each salesperson with the customers that they alone know."""
    found = answers.kept("owners", lambda: contact_shares(listed, by_owner=True))
    frame = found.sort_values(["amount", OWNER], ascending=[False, True], ignore_index=True)
    frame = frame[[OWNER, "customers", "amount", "amount_share"]]
    headers = _headers(page, frame.columns)
    shown = frame.assign(amount_share=[figures.percent(each) for each in frame["amount_share"]])
    config: dict[str, Any] = {
        OWNER: st.column_config.TextColumn(headers[OWNER], pinned=True),
        "customers": st.column_config.NumberColumn(headers["customers"], format="localized"),
        "amount": st.column_config.NumberColumn(headers["amount"], format="localized"),
        "amount_share": st.column_config.TextColumn(headers["amount_share"], alignment="right"),
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="owners_heading"):
        st.markdown(f"**{page.t('customer.by_owner')}**")
        downloads.button(
            page,
            frame,
            name=page.t("customer.by_owner"),
            key="download_owners",
            headers=headers,
            formats={"customers": "count", "amount_share": "percent"},
            definitions=meanings(page, answers),
        )
    st.dataframe(shown, key="owners", hide_index=True, column_config=config, alt=page.t("customer.by_owner"))


def _customers(page: "Page", answers: Rankings, found: pd.DataFrame, listed: pd.DataFrame) -> None:
    """The customers of the chosen state, those first who bought most."""
    states = [state for state in CONTACTS if state in found.index and found.loc[state, "customers"]]
    if not states:
        return
    chosen = url.url_select(
        page.t("customer.single"),
        states,
        lambda code: page.t(
            "customer.contact_state", state=page.t(f"customer.contact_{code}"), n=int(found.loc[code, "customers"])
        ),
        STATE,
        SINGLE if SINGLE in states else states[0],
        widget=st.segmented_control,
        required=True,
        wrap=False,
        label_visibility="collapsed",
    )
    mine = listed[listed["contact"] == chosen].drop(columns="contact")
    ordered = mine.sort_values(["amount", CUSTOMER], ascending=[False, True], ignore_index=True)
    named = ordered.assign(**{NAME: [answers.names.get(code, code) for code in ordered[CUSTOMER]]})
    columns = [CUSTOMER, *([] if page.names_hidden else [NAME]), "amount", "salespeople", OWNER]
    columns = [name for name in columns if name != OWNER or chosen == SINGLE]
    record_list.show(
        page,
        named[columns],
        "customers",
        page.t(f"customer.contacts_{chosen}", n=len(named)),
        key="contacts",
        headers=_headers(page, columns),
        definitions=meanings(page, answers),
    )


def _headers(page: "Page", columns: Iterable[str]) -> dict[str, str]:
    """What the columns are called; the amount is what was sold, as in the rankings above."""
    names = {name: page.t(f"customer.column_{name}") for name in columns}
    return names | ({"amount": page.t("customer.measure_amount")} if "amount" in names else {})


def meanings(page: "Page", answers: Rankings) -> list[tuple[str, str]]:
    """What is counted, and the choices under which."""
    return [*DEFINITIONS["single_contact"].rows(page.lang), *answers.conditions()]
