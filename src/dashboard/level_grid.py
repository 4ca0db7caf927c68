"""Who lacks what: each state with its customers, and the grid of customers and states."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.customer_base import CUSTOMER
from dashboard import cells, downloads, figures, levels, record_list, url
from dashboard.escape import md
from dashboard.level_answers import LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

WHICH, ALL = "level", "all"
MOST_BESIDE = 3  # columns that tell customers apart, between the id and the states
IN_SIGHT = 560  # pixels: the grid scrolls within itself
LAZY_FROM = 2_000


def states(page: "Page", answers: LevelAnswers) -> None:
    """A row a state: how many fulfil it, how many lack it; each opens its customers."""
    st.subheader(page.t("level_page.states"), anchor=False)
    counts = answers.counts
    rules = {state.name: answers.rule(state) for state in answers.definitions}
    shown = pd.DataFrame(
        {
            "state": counts["state"],
            "fulfilled": counts["fulfilled"],
            "lacking": counts["lacking"],
            "rate": [figures.percent(rate) for rate in counts["rate"]],
            "around": [figures.interval(*ends) for ends in zip(counts["rate_low"], counts["rate_high"], strict=True)],
            "rule": [rules[name] for name in counts["state"]],
        }
    )
    texts = {"state", "rate", "around", "rule"}
    config: dict[str, Any] = {
        column: st.column_config.TextColumn(
            page.t(f"level_page.column_{column}"),
            pinned=column == "state",
            alignment="right" if column in ("rate", "around") else None,
        )
        if column in texts
        else st.column_config.NumberColumn(page.t(f"level_page.column_{column}"), format="localized")
        for column in shown.columns
    }
    rows = list(counts["state"])
    with st.container(key="state_counts"):
        opened = cells.show(
            shown,
            rows=rows,
            opens=["fulfilled", "lacking"],
            key="state",
            config=config,
            alt=page.t("level_page.states"),
        )
    st.caption(page.t("level_page.open_note"))
    if opened:
        state, column = opened
        said = page.t(f"level_page.list_{column}", state=state)
        levels.listed(page, answers, answers.in_state(state, column == "fulfilled"), said, key="state_customers")


def grid(page: "Page", answers: LevelAnswers) -> None:
    """Customers down, states across, the highest level first; those of one level where the reader chooses it."""
    whole = answers.matrix()
    places = [place for place in range(len(answers.definitions.levels), -1, -1) if answers.definitions.levels]
    counted = whole["level_position"].value_counts()
    codes = [ALL, *(str(place) for place in places)]
    words = {ALL: (page.t("level_page.everybody"), len(whole))}
    words |= {str(place): (levels.name(page, answers, place), int(counted.get(place, 0))) for place in places}
    st.subheader(page.t("level_page.grid"), anchor=False)
    chosen = url.url_select(
        page.t("level_page.which"),
        codes,
        lambda code: page.t("people.state_count", state=words[code][0], n=words[code][1]),
        WHICH,
        ALL,
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        wrap=False,
    )
    frame = whole if chosen == ALL else whole[whole["level_position"] == int(chosen)].reset_index(drop=True)
    title = page.t("level_page.list", name=words[chosen][0], count=levels.companies(page, len(frame)))
    _table(page, answers, frame.drop(columns="level_position"), title)


def _table(page: "Page", answers: LevelAnswers, frame: pd.DataFrame, title: str) -> None:
    flags = list(answers.flags)
    beside = [name for name in _beside(answers) if name in frame][:MOST_BESIDE]
    front = [CUSTOMER, *beside, *(["level"] if answers.definitions.levels else []), "score", *flags]
    named = record_list.words(page, frame, answers.kind, levels.headers(page, answers, frame))
    with st.container(horizontal=True, vertical_alignment="bottom", key="grid_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(
            page,
            frame[[*front, *(name for name in frame.columns if name not in front)]],
            name=title,
            key="download_grid",
            headers=named,
            definitions=levels.meanings(page, answers),
        )
    shown = page.mask(frame[front], answers.kind)
    shown = shown.assign(**{flag: shown[flag] == 1 for flag in flags})
    if "level" in shown:
        below = levels.name(page, answers, 0)
        shown["level"] = shown["level"].astype(object).where(shown["level"].notna(), below)
    config: dict[str, Any] = {name: st.column_config.TextColumn(named[name], pinned=name == CUSTOMER) for name in shown}
    config["score"] = st.column_config.NumberColumn(named["score"], format="%g", width="small")
    config |= {flag: st.column_config.CheckboxColumn(named[flag]) for flag in flags}
    st.dataframe(
        shown,
        key="grid",
        hide_index=True,
        column_config=config,
        placeholder="",
        height="content" if len(shown) <= 14 else IN_SIGHT,
        lazy=True if len(shown) > LAZY_FROM else None,
        alt=title,
    )
    st.caption(page.t("level_page.grid_note"))


def _beside(answers: LevelAnswers) -> list[str]:
    """What tells customers apart: the name, the dimension that is looked at, then what the file has."""
    return list(
        dict.fromkeys([*filter(None, [answers.name_column]), *answers.by, *(each.code for each in answers.known)])
    )
