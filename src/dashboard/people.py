"""The people behind a number: how many are in which state, and the list, as long as the number says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.movement import movers
from analysis.moves import MOVES
from analysis.people import people as in_state
from analysis.period import Period
from dashboard import downloads, figures, url, widths
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

STATE = "state"
LAZY_FROM = 20_000
ROLES = ("user_id", "valid_from", "valid_to", "status", "last_active", "days_active")
_LATE = ("last_active", "days_active", "valid_from", "valid_to", "status")


@dataclass(frozen=True)
class Scope:
    """Some people: how they are called, how they are counted, and how many are in each state."""

    name: str
    period: Period
    options: Mapping[str, Any]
    where: Mapping[str, Any] | None
    counts: Mapping[str, int] = field(default_factory=dict)
    definitions: Sequence[tuple[str, str]] = ()


def section(page: "Page", scope: Scope, *, default: str | None) -> None:
    """States with their counts; the list of the chosen one, which the URL names."""
    states = [state for state, count in scope.counts.items() if count or state in ("active", "inactive")]
    asked = url.read(STATE)
    wanted = asked if asked in states else default if default in states else None
    if st.session_state.get("_state_seen", "") != (wanted, scope.name) or STATE not in st.session_state:
        st.session_state[STATE] = wanted
    url.hold(STATE)
    heading = st.container(horizontal=True, vertical_alignment="bottom", key="people_heading")
    chosen = st.segmented_control(
        page.t("people.states"),
        states,
        format_func=lambda state: page.t("people.state_count", state=page.t(f"people.{state}"), n=scope.counts[state]),
        key=STATE,
        label_visibility="collapsed",
        wrap=False,
    )
    st.session_state["_state_seen"] = (chosen, scope.name)
    url.write(STATE, chosen)
    with heading:
        st.subheader(md(title(page, scope, chosen)), anchor=False)
    if not chosen:
        st.caption(page.t("people.choose"))
        return
    frame = listed(page, scope, chosen)
    with heading:
        download(page, scope, chosen, frame)
    table(page, frame, key=f"people_{chosen}")


def title(page: "Page", scope: Scope, state: str | None) -> str:
    """「北海道・東北 × 営業：期間中に利用なし 25 人」."""
    if state is None:
        return page.t("people.of", name=scope.name)
    count = _counted(page, state, scope.counts[state])
    return page.t("people.sentence", name=scope.name, state=page.t(f"people.{state}"), count=count)


def _counted(page: "Page", state: str, count: int) -> str:
    return page.t("active_rate.ids", n=count) if state == "outside" else figures.people(count, page.lang)


def listed(page: "Page", scope: Scope, state: str) -> pd.DataFrame:
    """The people of a state, those first who matter most to whoever calls them."""
    if state in MOVES:
        frame = page.run(movers, scope.period, move=state, where=scope.where, **scope.options)
    else:
        frame = page.run(in_state, scope.period, state=state, where=scope.where, **scope.options)
    by = ["days_active", "last_active", "user_id"] if state == "active" else ["last_active", "user_id"]
    frame = arranged(frame, by)
    if state == "outside":
        return frame[["user_id", "last_active", "days_active"]]
    # of people without any use the days are nothing but zeros
    return frame.drop(columns="days_active") if state in ("inactive", "never") else frame


def arranged(frame: pd.DataFrame, by: Sequence[str] = ("last_active", "user_id")) -> pd.DataFrame:
    """In the order of `by`, most first, ids upwards; the id, then what the file says, then what was counted."""
    upwards = [name == "user_id" for name in by]
    ordered = frame.sort_values(list(by), ascending=upwards, na_position="last", ignore_index=True)
    middle = [name for name in frame.columns if name not in ROLES]
    return ordered[["user_id", *middle, *(name for name in _LATE if name in frame.columns)]]


def table(page: "Page", frame: pd.DataFrame, *, key: str) -> None:
    """The list; whoever never used the system is said so in words."""
    shown = page.mask(frame, "users").copy()
    for name in ("last_active", "valid_from", "valid_to"):
        if name in shown:
            nothing = page.t("people.no_use") if name == "last_active" else ""
            dates = pd.to_datetime(shown[name]).dt.strftime("%Y/%m/%d")
            shown[name] = dates.where(dates.notna(), nothing)
    config: dict[str, Any] = {
        name: st.column_config.Column(
            header(page, name),
            width=None
            if pd.api.types.is_numeric_dtype(shown[name])
            else widths.of_values(shown[name], header(page, name)),
        )
        for name in shown.columns
    }
    config["user_id"] = st.column_config.TextColumn(header(page, "user_id"), pinned=True)
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        column_config=config,
        placeholder="",
        height="auto",
        lazy=True if len(shown) > LAZY_FROM else None,
        alt=page.t("people.table", n=len(shown)),
    )


def header(page: "Page", name: str) -> str:
    """A role by its name in the page's language, a dimension as its file calls it."""
    return page.t(f"people.column_{name}") if name in ROLES else name


def download(page: "Page", scope: Scope, state: str, frame: pd.DataFrame, *, place: str = "people") -> None:
    """This list as CSV or XLSX."""
    downloads.button(
        page,
        frame,
        name=title(page, scope, state),
        key=f"download_{place}_{state}",
        headers={name: header(page, name) for name in frame.columns},
        definitions=scope.definitions,
        label=page.t("people.download", count=_counted(page, state, scope.counts[state])),
    )


def dialog(page: "Page", scope: Scope, state: str) -> None:
    """The list over the page: for a number that stands far from the list below."""

    @st.dialog(md(title(page, scope, state)), width="large")
    def content() -> None:
        with page.mistakes():
            frame = listed(page, scope, state)
        download(page, scope, state, frame, place="dialog")
        table(page, frame, key=f"dialog_{state}")

    content()
