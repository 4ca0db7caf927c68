"""How a process goes: its steps in order, who has to act in each, and in which a case is finished."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from analysis.case_forms import in_order
from analysis.errors import PlanTextError, StepNameError

VERSION = 1
CUSTOMER, US = "customer", "us"
SIDES = (CUSTOMER, US)


@dataclass(frozen=True)
class Plan:
    """Steps as whoever looks after the process gave them.

    Attributes:
        steps: in order, once each.
        sides: step -> who has to act there, one of `SIDES`; a step without one is said by nobody.
        ends: steps in which a case is finished; without any the last.
    """

    steps: tuple[str, ...]
    sides: Mapping[str, str] = field(default_factory=dict)
    ends: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        in_order(self.steps)
        unknown = [step for step in (*self.sides, *self.ends) if step not in self.steps]
        if unknown:
            raise StepNameError(unknown, self.steps)

    @property
    def finals(self) -> tuple[str, ...]:
        """The steps in which nobody waits."""
        return self.ends or self.steps[-1:]

    def among(self, known: Collection[str]) -> dict[str, Any]:
        """What `step_times` and its kin take: the steps that some case has been in, their ends and sides.

        An end that nobody has reached yet leaves no end: the last step that somebody has reached is none.
        """
        steps = [step for step in self.steps if step in known]
        return {
            "steps": steps,
            "ends": [step for step in self.finals if step in known],
            "sides": {step: side for step, side in self.sides.items() if step in known},
        }

    def to_json(self) -> str:
        """What `from_json` reads back."""
        written = {"version": VERSION, "steps": self.steps, "sides": dict(self.sides), "ends": self.ends}
        return json.dumps(written, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The plan that `to_json` wrote.

        Raises:
            PlanTextError: the text is none, or one of a later version.
            EmptyOrderError, OrderCycleError, StepNameError: its steps are none, twice, or not those it names.
        """
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            raise PlanTextError(text) from None
        if not isinstance(read, dict) or read.get("version") != VERSION:
            raise PlanTextError(text)
        steps, sides, ends = (cast(Any, read.get(name)) for name in ("steps", "sides", "ends"))
        lists = [each for each in (steps, ends) if isinstance(each, list) and all(isinstance(x, str) for x in each)]
        if len(lists) < 2 or not isinstance(sides, dict) or not {*map(str, sides.values())} <= {*SIDES}:
            raise PlanTextError(text)
        return cls(tuple(steps), sides, tuple(ends))


def proposed(steps: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """The steps in the order in which they first appear in time: a proposal that somebody has to confirm.

    Args:
        steps: rows of `case_lists.steps_of_lists`. Steps without any date come last; equal ones by name.
    """

    def when(row: Mapping[str, Any]) -> tuple[bool, str, str]:
        at = row["first_entered_at"]
        known = at is not None and at == at
        return not known, at.isoformat() if known else "", str(row["step"])

    return tuple(str(row["step"]) for row in sorted(steps, key=when))
