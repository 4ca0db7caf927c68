"""How people are counted: who is valid, what counts as use, the goal, and from how many people cells are shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.roster import VALID
from dashboard import dimensions, figures, url
from dashboard.dimensions import Dimension
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

GOAL, HIDE, FISCAL = "goal_active_rate", "hide_below", "fiscal_start"
FIRST_GOAL = 70
BLANK = "-blank-"


@dataclass(frozen=True)
class Counting:
    """The choices; `options` go to every metric of the family."""

    valid: str
    activities: tuple[str | None, ...] | None
    goal: float | None

    @property
    def options(self) -> dict[str, Any]:
        listed = None if self.activities is None else list(self.activities)
        return {"valid": self.valid, "activities": listed}


def fiscal_start(page: "Page") -> int:
    """The month in which the fiscal year begins, of this workspace."""
    return int(page.ws.setting(FISCAL, 4))


def hide_below(page: "Page") -> int:
    """Cells with fewer valid users than this are not shown; 0 shows all."""
    return int(page.ws.setting(HIDE, 0))


def choose(page: "Page") -> Counting:
    """The popover 「数え方」; goal, small cells and fiscal year stay with the workspace."""
    found = kinds(page)
    _follow_goal(page)
    with st.popover(_sentence(page, found), icon=":material/tune:", key="popover_counting"):
        valid = url.url_select(
            page.t("pickers.valid"), VALID, lambda code: page.t(f"pickers.valid_{code}"), "valid", "end"
        )
        chosen = _activities(page, found)
        goal = _goal(page)
        _settings(page)
    return Counting(valid, chosen, goal)


def goal_asked(page: "Page") -> int:
    """The goal in percent: of the URL, else of the workspace; 0 is none."""
    asked = url.read("goal")
    if asked and asked.isdecimal() and int(asked) <= 100:
        return int(asked)
    return int(page.ws.setting(GOAL, FIRST_GOAL))


def unknown(page: "Page") -> list[str]:
    """What the URL asks for and does not exist."""
    goal, valid = url.read("goal"), url.read("valid")
    bad_goal = [goal] if goal and not (goal.isdecimal() and int(goal) <= 100) else []
    bad_valid = [valid] if valid and valid not in VALID else []
    found = kinds(page)
    known = {*found, url.nothing(found)}
    return [*bad_goal, *bad_valid, *(each for each in url.read_list("activities") if each not in known)]


def kinds(page: "Page") -> list[str]:
    """The kinds of activity in the log, most frequent first."""
    if not dimensions.has_activity(page.ws):
        return []
    found = dimensions.values(page.ws, Dimension("activity", "activity", "activity"))["value"]
    return [value if isinstance(value, str) and value else BLANK for value in found][:50]


def _activities(page: "Page", kinds: Sequence[str]) -> tuple[str | None, ...] | None:
    """Which kinds of activity count; none chosen means every one."""
    if len(kinds) < 2:
        return None
    chosen = url.url_list(
        page.t("pickers.activities"),
        kinds,
        lambda code: dimensions.value_label(page, None if code == BLANK else code),
        "activities",
        placeholder=page.t("pickers.every_activity"),
    )
    return tuple(None if code == BLANK else code for code in chosen) or None


def _follow_goal(page: "Page") -> None:
    wanted = goal_asked(page)
    if st.session_state.get("_goal_seen") != wanted or "goal_percent" not in st.session_state:
        st.session_state["goal_percent"] = wanted
    url.hold("goal_percent")


def _goal(page: "Page") -> float | None:
    value = int(
        st.number_input(
            page.t("pickers.goal"),
            min_value=0,
            max_value=100,
            step=1,
            key="goal_percent",
            help=page.t("pickers.goal_help"),
            on_change=lambda: page.ws.set_setting(GOAL, int(st.session_state["goal_percent"])),
        )
    )
    st.session_state["_goal_seen"] = value
    url.write("goal", str(value))
    return value / 100 or None


def _settings(page: "Page") -> None:
    """What holds for everybody who uses this workspace, and so stands in no link."""
    _number(page, HIDE, hide_below(page), 0, 100)
    _number(page, FISCAL, fiscal_start(page), 1, 12)


def _number(page: "Page", setting: str, value: int, low: int, high: int) -> None:
    key = f"setting_{setting}"
    st.session_state[key] = value
    st.number_input(
        page.t(f"pickers.{setting}"),
        min_value=low,
        max_value=high,
        step=1,
        key=key,
        help=page.t(f"pickers.{setting}_help"),
        on_change=lambda: page.ws.set_setting(setting, int(st.session_state[key])),
    )


def _sentence(page: "Page", kinds: Sequence[str]) -> str:
    """「数え方：期末に有効、目標 70%」, with the kinds of activity where not all count."""
    chosen = url.peek_list(kinds, "activities") if len(kinds) > 1 else []
    shown = [md(kind) if kind != BLANK else page.t("pickers.blank") for kind in chosen]
    goal = st.session_state["goal_percent"]
    parts = [
        page.t(f"pickers.short_{url.peek_select(VALID, 'valid', 'end')}"),
        page.t("pickers.dot").join(shown),
        page.t("pickers.short_goal", goal=figures.percent(goal / 100, 0)) if goal else "",
    ]
    return page.t("pickers.counting", choices=page.t("pickers.comma").join(part for part in parts if part))
