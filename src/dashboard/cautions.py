"""What a reader must know to read a number rightly: each caution with the condition under which it holds."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import figures
from dashboard.grid import Grid

if TYPE_CHECKING:
    from dashboard.page import Page

MANY_CELLS = 20
SHORT_MONTHS = {1, 2, 5, 8, 12}  # New Year, February, Golden Week, Obon, year's end
FEW_IDS = 30
HEAVY = 0.2
MIX = 0.005
LOGIN = ("ログイン", "login", "log in", "sign in", "サインイン")


@dataclass(frozen=True)
class Caution:
    """A sentence `warnings.<code>` and the figures in it."""

    code: str
    fields: tuple[tuple[str, Any], ...] = ()

    def text(self, page: "Page") -> str:
        return page.t(f"warnings.{self.code}", **dict(self.fields))


def mix(effect: dict[str, Any] | None) -> list[Caution]:
    """The total and its parts disagree: the mix of people moved it, with the split."""
    if not effect or figures.is_missing(effect["change"]) or abs(effect["mix_effect"]) < MIX:
        return []
    if not effect["reversed"] and effect["change"] * effect["rate_effect"] > 0:
        return []
    names = ("change", "rate_effect", "mix_effect")
    return [Caution("mix", tuple((name, figures.points(effect[name])) for name in names))]


def many_cells(grid: Grid) -> list[Caution]:
    """So many parts that chance alone makes some high and some low."""
    parts = len(grid.parts())
    return [Caution("many_cells", (("n", parts),))] if parts >= MANY_CELLS else []


def working_days(starts: Iterable[date], every: str) -> list[Caution]:
    """Months with few working days stand in the trend."""
    short = every in ("month", "week") and any(day.month in SHORT_MONTHS for day in starts)
    return [Caution("working_days")] if short else []


def period_length(every: str, days: int) -> list[Caution]:
    """The trend's buckets are of another length than the period above them."""
    alike = {"week": range(7, 8), "month": range(28, 32), "quarter": range(89, 93)}[every]
    return [] if days in alike else [Caution("period_length")]


def change(compared: bool) -> list[Caution]:
    """A change is shown: overlapping intervals are the wrong test for it."""
    return [Caution("change")] if compared else []


def regression(compared: bool, grid: Grid) -> list[Caution]:
    """Groups are compared over time: the lowest one tends to rise anyway."""
    return [Caution("regression")] if compared and len(grid.lines) > 3 else []


def goal(wanted: float | None, activities: Sequence[str | None] | None, kinds: Sequence[str]) -> list[Caution]:
    """A goal is set and signing in is enough to reach it."""
    counted = kinds if activities is None else activities
    login = not counted or any(str(kind).casefold() in LOGIN for kind in counted)
    return [Caution("goal")] if wanted and login else []


def shared_ids(found: dict[str, Any] | None) -> list[Caution]:
    """A few ids hold much of the use."""
    if not found or found["ids"] < FEW_IDS or found["top_actions"] < HEAVY * found["actions"]:
        return []
    share = found["top_actions"] / found["actions"]
    return [Caution("shared", (("share", figures.percent(share, 0)), ("n", min(3, found["ids"]))))]


def captions(page: "Page", cautions: Iterable[Caution]) -> None:
    """Cautions in sight: one quiet line each."""
    for caution in cautions:
        st.caption(caution.text(page))


def listed(page: "Page", cautions: Sequence[Caution]) -> None:
    """Cautions one below the other."""
    st.markdown("\n".join(f"- {caution.text(page)}" for caution in cautions))
