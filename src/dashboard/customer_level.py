"""The level of one customer and the states that make it, as the page of the levels has them."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import figures, level_choices, levels, navigation
from dashboard.customer_answers import Customers
from dashboard.escape import md
from dashboard.level_answers import LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

HELD, LACKING = ":green[:material/check_circle:]", ":gray[:material/radio_button_unchecked:]"


def show(page: "Page", answers: Customers, customer: str | None) -> None:
    """Level now and three months before, and each state; one part for each way of writing that is listed."""
    if customer is None:
        return
    asked = level_choices.of_everybody(page, answers.shown_day)
    if asked is None:
        return
    st.subheader(page.t("customer.level"), anchor=False)
    written = [customer, *answers.others(customer)]
    now, before = asked.standing(written)
    for code, row in now.items():
        if len(written) > 1 and not page.names_hidden:
            st.markdown(f"**{md(code)}**")
        _one(page, asked, row, before.get(code))
    st.caption(asked.who() if now else f"{page.t('customer.no_level')}{asked.who()}")
    st.page_link(
        navigation.page("levels"),
        label=page.t("app.nav_levels"),
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={"lang": page.lang},
    )


def _one(page: "Page", asked: LevelAnswers, row: dict[str, Any], before: dict[str, Any] | None) -> None:
    held = sum(int(row[flag]) for flag in asked.flags)
    states = page.t("customer.states_held", n=held, of=len(asked.flags))
    if asked.definitions.levels:
        place = levels.name(page, asked, int(row["level_position"]))
        was = page.t("customer.level_unknown") if before is None else _place(page, asked, before)
        day = figures.day_short(asked.previous)
        st.markdown(f"**{md(place)}**　{states}　:gray[{page.t('customer.level_before', day=day, level=was)}]")
    else:
        st.markdown(states)
    lines = []
    for flag, state in zip(asked.flags, asked.definitions, strict=True):
        mark, word = (HELD, "held") if row[flag] else (LACKING, "not_held")
        said = page.t(f"customer.state_{word}", state=md(state.name))
        lines.append(f"{mark} {said}　:gray[{md(asked.rule(state))}]")
    st.markdown("  \n".join(lines))


def _place(page: "Page", asked: LevelAnswers, row: dict[str, Any]) -> str:
    return md(levels.name(page, asked, int(row["level_position"])))
