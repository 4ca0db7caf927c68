"""The order of a pipeline's phases, and which of them mean won and lost, as somebody gave them."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from analysis.errors import BothOutcomesError, OrderCycleError, PlanTextError

VERSION = 1
LISTS = ("order", "won", "lost")


@dataclass(frozen=True)
class PhasePlan:
    """What each phase means.

    Attributes:
        order: the open phases from the first to the last; empty: by the numbers with which they begin.
        won, lost: the phases in which a deal is over.
    """

    order: tuple[str, ...]
    won: tuple[str, ...]
    lost: tuple[str, ...]

    def __post_init__(self) -> None:
        both = sorted(({*self.won} & {*self.lost}) | ({*self.order} & {*self.won, *self.lost}))
        if both:
            raise BothOutcomesError(both)
        twice = [phase for phase in self.order if self.order.count(phase) > 1]
        if twice:
            raise OrderCycleError(twice[0], self.order)

    def left_out(self, phases: Collection[str]) -> list[str]:
        """The open phases that have no place in the order that is given."""
        closed = {*self.won, *self.lost}
        return [phase for phase in phases if self.order and phase not in closed and phase not in self.order]

    def asked(self, phases: Collection[str]) -> dict[str, Any]:
        """What `pipeline` and its kin take; without the order where a phase is missing in it."""
        whole = None if not self.order or self.left_out(phases) else list(self.order)
        return {"phases": whole, "won": list(self.won), "lost": list(self.lost)}

    def to_json(self) -> str:
        """What `from_json` reads back."""
        return json.dumps({"version": VERSION, **{name: getattr(self, name) for name in LISTS}}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "PhasePlan":
        """The plan that `to_json` wrote.

        Raises:
            PlanTextError: the text is none, or one of a later version.
            BothOutcomesError, OrderCycleError: a phase is won and lost, or stands twice.
        """
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            raise PlanTextError(text) from None
        if not isinstance(read, dict) or read.get("version") != VERSION:
            raise PlanTextError(text)
        lists: list[Any] = [read.get(name) for name in LISTS]
        if not all(isinstance(each, list) and all(isinstance(x, str) for x in each) for each in lists):
            raise PlanTextError(text)
        return cls(*(tuple(each) for each in lists))
