"""The people behind a number of a funnel: who reached a step, who may still reach it, who ran out of time."""

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from analysis.funnel_steps import STATES
from analysis.tables import KINDS
from dashboard import downloads, url
from dashboard.escape import md
from dashboard.funnel_answers import COUNTED, FunnelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

LAZY_FROM = 20_000
CALLED = ("customer_name",)  # stands beside who it is
FIRST_BY = {"reached": ("reached_at", False), "waiting": ("waits_until", True), "lost": ("entered_at", False)}
SHOWN = {
    "reached": ("entered_at", "reached_at"),
    "waiting": ("waits_until", "entered_at", "furthest"),
    "lost": ("entered_at", "furthest"),
}


def title(page: "Page", answers: FunnelAnswers, position: int, state: str, n: int, place: str = "") -> str:
    """「PC：③注文に到達 312 人」."""
    words = answers.t(f"funnel_page.list_{state}", step=answers.names[position - 1], count=answers.looks_at.people(n))
    return page.t("funnel_page.list_of", place=place, what=words) if place else words


def states(page: "Page", counts: Mapping[str, int], position: int, state: str, key: str) -> None:
    """The three states of the open step, each with how many they are; a click opens the other list."""
    seen = f"{key}_state"
    there = [each for each in STATES if counts[each] or each == state]
    st.session_state[seen] = state

    def changed() -> None:
        chosen = st.session_state[seen] or state
        url.write(key, json.dumps([position, chosen], separators=(",", ":")))

    st.segmented_control(
        page.t("people.states"),
        there,
        format_func=lambda each: page.t("people.state_count", state=page.t(f"funnel_page.{each}"), n=counts[each]),
        key=seen,
        required=True,
        wrap=False,
        on_change=changed,
        label_visibility="collapsed",
    )


def show(page: "Page", answers: FunnelAnswers, frame: pd.DataFrame, state: str, name: str, *, key: str) -> None:
    """A list with its heading and its download."""
    ordered = arranged(answers, frame, state)
    headers = {column: header(answers, column) for column in ordered.columns}
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_heading"):
        st.markdown(f"**{md(name)}**")
        downloads.button(
            page,
            ordered,
            name=name,
            key=f"download_{key}",
            headers=headers,
            definitions=meanings(page, answers),
            label=page.t("people.download", count=answers.looks_at.people(len(frame))),
        )
    table(answers, ordered, key=f"people_{key}", alt=name)


def dialog(page: "Page", answers: FunnelAnswers, position: int, state: str) -> None:
    """The list over the page: for a number that stands far from the lists below."""
    with page.mistakes():
        frame = answers.people(position, state)
    name = title(page, answers, position, state, len(frame))

    @st.dialog(md(name), width="large")
    def content() -> None:
        show(page, answers, frame, state, name, key=f"dialog_{state}")

    content()


def opener(page: "Page", count: int, key: str, opens: Callable[[], None]) -> None:
    """「一覧」 under a number that has people."""
    if count and st.button(page.t("active_rate.open"), key=key, type="tertiary", icon=":material/list:"):
        opens()


def arranged(answers: FunnelAnswers, frame: pd.DataFrame, state: str) -> pd.DataFrame:
    """Those first who matter most: who came last, or whose time runs out first."""
    (by, upwards), person = FIRST_BY[state], answers.looks_at.person
    ordered = frame.sort_values([by, person], ascending=[upwards, True], na_position="last", ignore_index=True)
    names = answers.names
    named = ordered.assign(furthest=[names[int(at) - 1] for at in ordered["furthest"]])
    shown = [name for name in SHOWN[state] if name == "furthest" or named[name].notna().any()]
    called = [name for name in CALLED if name in frame]
    rest = [name for name in frame.columns if name not in (*COUNTED, person, *called)]
    return named[[person, *called, *shown, *rest]]


def header(answers: FunnelAnswers, name: str) -> str:
    """Ours in words, a role in its words, a column as its file calls it."""
    page = answers.page
    if name in COUNTED:
        return answers.t(f"funnel_page.column_{name}")
    if answers.looks_at.bought:
        return page.role("customers", name) if name in KINDS["customers"].roles else name
    return page.t(f"people.column_{name}") if name in ("user_id", "status") else name


def table(answers: FunnelAnswers, frame: pd.DataFrame, *, key: str, alt: str) -> None:
    """The list; moments of the funnel to the minute, days of the list as days."""
    page, person = answers.page, answers.looks_at.person
    kinds = ("customers", "orders") if answers.looks_at.bought else ("users", "activity")
    shown = page.mask(frame, *kinds).copy()
    for name in shown.columns:
        if pd.api.types.is_datetime64_any_dtype(shown[name]):
            form = "%Y/%m/%d %H:%M" if name in COUNTED else "%Y/%m/%d"
            shown[name] = shown[name].dt.strftime(form).where(shown[name].notna(), "")
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(words, pinned=name == person)
        for name in shown.columns
        if (words := header(answers, name)) != name
    }
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        column_config=config,
        placeholder="",
        height="auto",
        lazy=True if len(shown) > LAZY_FROM else None,
        alt=alt,
    )


def meanings(page: "Page", answers: FunnelAnswers, *more: str) -> list[tuple[str, str]]:
    """What was counted, and the choices under which."""
    head = "product_funnel" if answers.looks_at.bought else "funnel"
    keys = (head, "funnel_reached", "funnel_waiting", "funnel_lost", *more)
    return [row for key in keys for row in DEFINITIONS[key].rows(page.lang)] + answers.conditions()
