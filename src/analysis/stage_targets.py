"""Goals by stage, group and period, out of a table of targets."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
from narwhals import Schema

from analysis.errors import MissingColumnError, TwoGoalsError
from analysis.frames import fold, require, rows
from analysis.period import Period
from analysis.rules import among
from analysis.stage_definitions import MILLION, Stages, check_goal, millionths

ROLES = ("metric", "period", "target")
Targets: TypeAlias = Any  # a frame of any engine, or rows as mappings


@dataclass(frozen=True)
class Goal:
    """A goal that holds in the period: for the group with these values, in millionths.

    `row` is the row of the targets that says so; None: the definitions do.
    """

    group: Mapping[str, object]
    value: int
    row: Mapping[str, Any] | None = None


def goals(targets: Targets, stages: Stages, period: Period, dimensions: Sequence[str]) -> dict[str, list[Goal]]:
    """The goals of every stage, the one that counts before those it takes the place of.

    Args:
        targets: `metric` (a stage's name; other rows are not looked at), `period` (a text as `Period.parse` reads
            it or as people write it: `2026年4月`, `2026/04`, `2026年度`; a day stands for its month; blank: always),
            `target` (0-1, blank: none), and dimensions (blank: every group). Columns whose names begin with `_` are
            not looked at. None: the goals of the definitions alone.
        stages: whose goals.
        period: the period that is asked for. Goals of this very period count before those of a longer one that
            holds it, and these before those that always hold; a goal of a shorter one never counts.
        dimensions: what is asked by. A goal for more of them counts before one for fewer; a goal that names
            another dimension does not count.

    Raises:
        MissingColumnError: `metric`, `period` or `target` is absent.
        StageGoalError: a target is below 0 or above 1.
        TwoGoalsError: two different goals for the same stage, group and period.
    """
    found: dict[str, dict[tuple, Goal]] = {name: {} for name in stages.names}
    for row in _listed(targets):
        name, target = row["metric"], row["target"]
        if name not in found or _blank(target):
            continue
        check_goal(name, target := _number(target))
        group = {c: v for c, v in row.items() if c not in ROLES and not c.startswith("_") and not _blank(v)}
        days = _days(row["period"], period)
        if days is None or not set(group) <= set(dimensions):
            continue
        places = tuple(sorted(dimensions.index(column) for column in group))
        key = (-len(group), places, days, tuple(sorted((c, fold(str(v))) for c, v in group.items())))
        goal = Goal(group, millionths(target), row)
        if found[name].setdefault(key, goal).value != goal.value:
            raise TwoGoalsError(name, str(row["period"]), [*group.values()])
    return {
        stage.name: [
            *(goal for _, goal in sorted(found[stage.name].items(), key=lambda pair: pair[0])),
            *([] if stage.goal is None else [Goal({}, millionths(stage.goal))]),
        ]
        for stage in stages
    }


def goal_for(listed: Sequence[Goal], values: Mapping[str, object]) -> Goal | None:
    """The goal of the group with these values, as `goal_of` gives it; None without any.

    Args:
        listed: of one stage, as `goals` orders them.
        values: dimension -> value (None: blank).
    """
    fits = (goal for goal in listed if all(str(values.get(c)) == str(v) for c, v in goal.group.items()))
    return next(fits, None)


def goal_of(listed: Sequence[Goal], labels: Mapping[str, str], schema: Schema) -> nw.Expr:
    """The goal of a row in millionths (a whole number as a float, which may be null on pandas), null without any.

    Args:
        listed: of one stage, as `goals` orders them.
        labels: dimension -> its column.
        schema: of the frame with these columns.
    """
    cases = []
    for goal in listed:
        value = nw.lit(float(goal.value))
        if not goal.group:
            cases.append(value)
            break
        tests = [among(labels[c], schema[labels[c]], [v]) for c, v in goal.group.items()]
        cases.append(nw.when(nw.all_horizontal(*tests, ignore_nulls=False)).then(value))
    return nw.coalesce(*cases) if len(cases) > 1 else cases[0] if cases else nw.lit(None, dtype=nw.Float64)


def share(goal: str) -> nw.Expr:
    """A goal in millionths as a share, 0-1."""
    return nw.col(goal) / MILLION


def gap(goal: str, reached: str, of: str) -> nw.Expr:
    """How many people more reach the goal, never below 0; null without a goal or without people."""
    # exact: whole numbers below 2^53, and a quotient that is never within a rounding error of the next whole number
    needed = ((nw.col(of) * nw.col(goal) + (MILLION - 1)) / MILLION).floor().fill_null(0).cast(nw.Int64)
    missing = needed - nw.col(reached)
    least = nw.when(missing > 0).then(missing).otherwise(nw.lit(0, dtype=nw.Int64))
    known = (nw.col(of) > 0) & ~nw.col(goal).is_null()
    return nw.when(known).then(least)


def _listed(targets: Targets) -> Iterable[Mapping[str, Any]]:
    if targets is None:
        return []
    if isinstance(targets, list | tuple):
        for row in targets:
            for role in ROLES:
                if role not in row:
                    raise MissingColumnError("targets", role, list(row))
        return targets
    frame: Any = nw.from_native(targets)
    require(frame, "targets", *ROLES, roles=ROLES)
    return rows(frame)


def _days(value: object, period: Period) -> int | None:
    """How long the period of a goal is (0: the one asked for; None: it does not hold in it)."""
    if _blank(value):
        return date.max.toordinal()
    held = period_of(value)
    assert held is not None, "not blank"
    if held == period:
        return 0
    return held.days if held.start <= period.start and period.end <= held.end else None


def period_of(value: object) -> Period | None:
    """When a goal holds; None: always.

    Raises:
        PeriodError: the text is no period.
    """
    if _blank(value) or isinstance(value, Period):
        return value if isinstance(value, Period) else None
    if isinstance(value, date):
        return Period.unit(date(value.year, value.month, value.day), "month")
    found = Period.parse(_written(str(value)))
    return found if found.days > 1 else Period.unit(found.start, "month")


def _written(text: str) -> str:
    """A period as people write it in a table, as `Period.parse` reads it: `2026年4月`, `2026/04`, `2026年度`."""
    plain = unicodedata.normalize("NFKC", text).strip().removesuffix(" 00:00:00")
    if fiscal := re.fullmatch(r"(\d{4})年度", plain):
        return f"FY{fiscal[1]}"
    numbers = re.fullmatch(r"(\d{4})[年/](?:(\d\d?)(?:[月/](?:(\d\d?)日?)?)?)?", plain)
    return "-".join(part for part in numbers.groups() if part) if numbers else plain


def _blank(value: object) -> bool:
    return value is None or value != value or value == ""


def _number(value: Any) -> Any:
    """A number of any engine as a plain one; anything else as it is, for the check to name it."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return value
