"""The few numbers on top: rate and change, gap to the goal, who did not use it, what was left out."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from analysis.period import Period
from dashboard import figures
from dashboard.grid import Cell

if TYPE_CHECKING:
    from dashboard.page import Page

Open = Callable[[str], None]  # shows the list of a state


@dataclass(frozen=True)
class Headline:
    """Everything the four numbers say.

    Attributes:
        total: the period's valid and active users.
        partial: the period reaches past the data.
        before: rate of the period before on its own roster; None where the two cannot be compared.
        why_not: the sentence that says why they cannot.
        goal: 0-1, or None.
        complete: the last complete period and its total, where `total` is partial.
        never: of the inactive, those without any use in the history.
        ids, invalid, outside: of the log of the period, see `id_equation`.
        narrowed: people are filtered by columns of the roster, which a stranger has not.
        valid: whom the denominator counts, `end`, `any` or `start`.
    """

    total: Cell
    partial: bool
    before: float | None
    why_not: str
    goal: float | None
    complete: tuple[Period, Cell] | None
    never: int
    ids: int
    invalid: int
    outside: int
    narrowed: bool
    valid: str


def needed(goal: float, valid: int) -> int:
    """How many active users reach the goal: 70 % of 1,200 are 840, of 1,201 they are 841."""
    return math.ceil(round(goal * 100) * valid / 100 - 1e-9)


def show(page: "Page", found: Headline, *, hide_below: int, opens: Open, roster: str) -> None:
    """Four numbers, each with what is behind it; under them the equation of the ids and the roster that counts."""
    if found.total.valid < hide_below:
        st.metric(page.t("active_rate.rate"), figures.HIDDEN)
        st.caption(page.t("active_rate.hidden", n=hide_below))
        return
    with st.grid(4, min_column_width=150, key="headline"):
        for part in (_rate, _goal, _inactive, _outside):
            with st.container(gap=None):
                part(page, found, opens)
    st.caption(f"{_equation(page, found)}  \n{roster}")


def _rate(page: "Page", found: Headline, opens: Open) -> None:
    label = page.t("active_rate.rate")
    if found.partial:
        label += f" :gray-badge[{page.t('active_rate.partial')}]"
    value = figures.percent(found.total.rate) + (" ※" if found.total.is_small else "")
    known = not figures.is_missing(found.before) and not figures.is_missing(found.total.rate)
    change = found.total.rate - found.before if known else None  # type: ignore[operator]
    st.metric(
        label,
        value,
        delta=None if change is None else figures.points(change),
        delta_color="blue" if change and change > 0 else "orange" if change and change < 0 else "gray",
    )
    lines = [
        page.t("active_rate.of_people", active=found.total.active, valid=found.total.valid),
        page.t("active_rate.interval", range=figures.interval(found.total.low, found.total.high)),
    ]
    lines += [page.t("active_rate.small")] if found.total.is_small else []
    lines += [found.why_not if change is None else page.t("active_rate.from", rate=figures.percent(found.before))]
    lines = [line for line in lines if line]
    st.caption("  \n".join(lines))
    _opener(page, "active", found.total.active, opens)


def _goal(page: "Page", found: Headline, opens: Open) -> None:  # noqa: ARG001 (one shape for all four)
    if not found.goal:
        st.metric(page.t("active_rate.no_goal"), figures.NONE)
        st.caption(page.t("active_rate.no_goal_hint"))
        return
    label = page.t("active_rate.goal", goal=figures.percent(found.goal, 0))
    measured = found.complete[1] if found.partial and found.complete else None if found.partial else found.total
    if measured is None:
        st.metric(label, figures.NONE)
        st.caption(page.t("active_rate.goal_partial"))
        return
    want = needed(found.goal, measured.valid)
    st.metric(label, _gap(page, want - measured.active))
    lines = [page.t("active_rate.goal_people", n=want)]
    if found.partial and found.complete:
        lines.append(page.t("active_rate.goal_before", span=figures.span(found.complete[0], page.lang)))
    st.caption("  \n".join(lines))


def _gap(page: "Page", gap: int) -> str:
    return page.t("active_rate.gap", n=gap) if gap > 0 else page.t("active_rate.reached")


def _inactive(page: "Page", found: Headline, opens: Open) -> None:
    inactive = found.total.valid - found.total.active
    st.metric(page.t("active_rate.inactive"), figures.counted(inactive, page.lang))
    st.caption(page.t("active_rate.never", n=found.never))
    _opener(page, "inactive", inactive, opens)


def _outside(page: "Page", found: Headline, opens: Open) -> None:
    count = figures.NONE if found.narrowed else page.t("active_rate.ids", n=found.outside)
    st.metric(page.t("active_rate.outside"), count)
    st.caption(page.t("active_rate.outside_narrowed" if found.narrowed else "active_rate.outside_apart"))
    _opener(page, "outside", found.outside, opens)


def _opener(page: "Page", state: str, count: int, opens: Open) -> None:
    if count and st.button(page.t("active_rate.open"), key=f"open_{state}", type="tertiary", icon=":material/list:"):
        opens(state)


def _equation(page: "Page", found: Headline) -> str:
    """「履歴にある ID 771 ＝ 有効で利用 744 ＋ 最終日に無効 18 ＋ 一覧にない 9」."""
    key = "active_rate.equation_narrowed" if found.narrowed else "active_rate.equation"
    when = page.t(f"active_rate.when_{found.valid}")
    return page.t(
        key, ids=found.ids, active=found.total.active, when=when, invalid=found.invalid, outside=found.outside
    )
