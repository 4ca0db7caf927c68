"""What a funnel asks: its steps, their order, its window and who may enter."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import combinations
from math import isfinite
from typing import Any

from analysis.errors import (
    ChoiceError,
    DimensionNameError,
    FirstStepError,
    MissingColumnError,
    NoStepsError,
    OptionalStepError,
    UnknownStepError,
    WindowError,
)
from analysis.frames import fold, names
from analysis.period import Period
from analysis.question import day_of
from analysis.rules import Rule

ORDERS = ("in_order", "strict", "unordered")
COUNTS = ("entered", "reached", "waiting", "lost")
STATES = ("reached", "waiting", "lost")
RATES = ("step_rate", "overall_rate")
TIMES = ("median_days", "p90_days", "median_days_from_start", "p90_days_from_start")
RESULT = ("step", "position", *COUNTS, *RATES, *TIMES)
LONGEST = timedelta(days=36_500)  # a window that reaches beyond an engine's calendar is a slip of the pen
UNITS = {
    "w": timedelta(weeks=1),
    "d": timedelta(days=1),
    "h": timedelta(hours=1),
    "m": timedelta(minutes=1),
    "s": timedelta(seconds=1),
}

Within = timedelta | int | float | str | None


@dataclass(frozen=True)
class Step:
    """One step of a funnel.

    Args:
        any_of: one activity, or several of which each will do.
        where: a `Rule` over the activity's columns that the event must fulfil as well.
        optional: who skips it still reaches the steps behind it.
        name: what the result calls it; None: its activities.
    """

    any_of: str | Iterable[str]
    where: Rule | Mapping[str, Any] | None = None
    optional: bool = False
    name: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "any_of", names(self.any_of))
        object.__setattr__(self, "where", Rule.of(self.where))

    @property
    def activities(self) -> tuple[str, ...]:
        """The activities of which each will do."""
        return tuple(self.any_of)

    @property
    def label(self) -> str:
        """What the result calls it."""
        return self.name or " / ".join(map(str, self.activities))

    @property
    def rule(self) -> Rule | None:
        """What the event must fulfil beside its activity."""
        return Rule.of(self.where)

    def bare(self, columns: Collection[str]) -> dict[str, str]:
        """`activity.<name>` as a rule may write it -> the column, where it is not called so."""
        named = self.rule.columns if self.rule else ()
        return {name: name.removeprefix("activity.") for name in named if name not in columns}

    @property
    def kind(self) -> tuple[frozenset[str], str]:
        """Equal for two steps that the same events fulfil."""
        return frozenset(self.activities), self.rule.to_json() if self.rule else ""


@dataclass(frozen=True)
class Plan:
    """A funnel's question, checked.

    Attributes:
        steps: in the order in which they were given.
        order: one of `ORDERS`.
        within: how long an attempt may take, both ends included; None: as long as it likes.
        period: when an attempt must start; None: whenever.
    """

    steps: tuple[Step, ...]
    order: str
    within: timedelta | None
    period: Period | None

    @property
    def positions(self) -> range:
        """1 for the first step."""
        return range(1, len(self.steps) + 1)

    @property
    def later(self) -> range:
        """The positions behind the first."""
        return self.positions[1:]

    def before(self, position: int) -> int:
        """The last step before this one that is not optional: what rates and times are measured from."""
        return max(place for place in range(1, position) if not self.steps[place - 1].optional)

    def leads(self, position: int) -> range:
        """The steps that may come right before this one: those behind which only optional ones are skipped."""
        return range(self.before(position), position)

    @property
    def starts(self) -> Sequence[Step]:
        """The steps at which an attempt may start."""
        return self.steps if self.order == "unordered" else self.steps[:1]


def plan(steps: Iterable[str | Step], order: str, within: Within, period: Period | None) -> Plan:
    """The question, checked; see `funnel` for the arguments and errors."""
    if order not in ORDERS:
        raise ChoiceError("order", order, ORDERS)
    given = (steps,) if isinstance(steps, str | Step) else tuple(steps)
    listed = tuple(step if isinstance(step, Step) else Step(step) for step in given)
    if not listed or not all(step.activities for step in listed):
        raise NoStepsError
    if listed[0].optional:
        raise FirstStepError(listed[0].label)
    skipped = [step.label for step in listed if step.optional]
    if skipped and order == "unordered":
        raise OptionalStepError(skipped[0])
    return Plan(listed, order, window(within), period)


def window(within: Within) -> timedelta | None:
    """The length of a window: a `timedelta`, days, or a text such as `30d`, `2w`, `12h`, `45m`, `90s`.

    Raises:
        WindowError: anything else, nothing longer than zero, or more than a hundred years.
    """
    if within is None:
        return None
    found = _length(within)
    if found is None or not timedelta(0) < found <= LONGEST:
        raise WindowError(within)
    return found


def _length(within: Within) -> timedelta | None:
    try:
        if isinstance(within, timedelta):
            return within
        if isinstance(within, str):
            read = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*([wdhms])?\s*", within)
            return UNITS[read[2] or "d"] * float(read[1]) if read else None
        number = isinstance(within, int | float) and not isinstance(within, bool) and isfinite(within)
        return timedelta(days=within) if number else None  # type: ignore[arg-type]
    except OverflowError:
        return None


def check_steps(plan: Plan, found: Iterable[object]) -> None:
    """Refuses a step that no event of the log has; of an empty log nothing is said.

    Raises:
        UnknownStepError: none of the step's activities is among those `found`.
    """
    present = [str(each) for each in found if each is not None]
    for step in plan.steps:
        if present and not {str(each) for each in step.activities} & set(present):
            raise UnknownStepError(str(step.activities[0]), present)


def dimensions(by: str | Iterable[str], columns: Sequence[str], table: str = "activity") -> dict[str, str]:
    """Each dimension as it was asked for -> its column in the table.

    Raises:
        MissingColumnError: the table has no such column.
        DimensionNameError: it is named twice, or like a column of the result.
    """
    found: dict[str, str] = {}
    taken = set(RESULT)
    for name in names(by):
        bare = column_of(name, columns, table)
        if fold(name) in taken:
            raise DimensionNameError(name)
        taken.add(fold(name))
        found[name] = bare
    return found


def column_of(name: str, columns: Sequence[str], table: str = "activity") -> str:
    """The column that a name, with or without `activity.` (the table) before it, means.

    Raises:
        MissingColumnError: the table has no such column.
    """
    bare = name if name in columns else name.removeprefix(f"{table}.")
    if bare not in columns:
        raise MissingColumnError(table, name, columns)
    return bare


def columns_read(call: Mapping[str, Any]) -> frozenset[str]:
    """What a call of `funnel` or `funnel_people` reads of the activity besides who, when and what."""
    asked = plan(call["steps"], call["order"], call["within"], call["period"])
    ruled = {name for step in asked.steps if step.rule for name in step.rule.columns}
    return frozenset(ruled | {*names(call.get("by") or call.get("group") or ())})


def end_of(as_of: date | None, last: datetime | None) -> datetime | None:
    """The midnight before which everything is known: after `as_of`, else after the day of the last event."""
    known = day_of(as_of) if as_of else day_of(last) if last else None
    return datetime.combine(known, time()) + timedelta(days=1) if known else None


def overlapping(steps: Sequence[Step]) -> list[list[int]]:
    """Positions of steps in groups that share an activity: only within one can an event fulfil two of them."""
    groups: list[tuple[set[str], list[int]]] = []
    for position, step in enumerate(steps, 1):
        names, places = set(step.activities), [position]
        for other in [each for each in groups if each[0] & names]:
            groups.remove(other)
            names, places = names | other[0], other[1] + places
        groups.append((names, places))
    return [sorted(places) for _, places in groups]


def closed(steps: Sequence[Step], group: Sequence[int]) -> list[tuple[int, ...]]:
    """Every choice of steps of a group that takes equal steps together.

    As many steps have an event each as Hall (1935) and Ore (1955) say: the fewest, over all these choices, of
    the events that fulfil one of the chosen steps and the steps not chosen. Choices that part equal steps bind less.
    """
    kinds: dict[object, list[int]] = {}
    for position in group:
        kinds.setdefault(steps[position - 1].kind, []).append(position)
    several = (combinations(kinds.values(), size) for size in range(1, len(kinds) + 1))
    return [tuple(sorted(p for kind in chosen for p in kind)) for level in several for chosen in level]


def landing(plan: Plan, hop: int) -> list[int]:
    """The steps on which a chain may stand after so many hops: none of a later hop is skipped, no more than all."""
    needed = {p: sum(not step.optional for step in plan.steps[1:p]) for p in plan.later}
    return [position for position in plan.later if needed[position] <= hop < position]


def check_position(plan: Plan, position: int) -> None:
    """Refuses a step that the funnel does not have."""
    if position not in plan.positions:
        raise ChoiceError("position", position, [str(each) for each in plan.positions])


def blank(value: object) -> object:
    """None for what is blank: null, "", not a number."""
    return None if value in (None, "") or value != value else value
