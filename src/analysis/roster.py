"""Rosters: who may use the system on a day, by the roster that was in force then."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw

from analysis.errors import ChoiceError
from analysis.frames import Frame, fold, keep, moment, rows, start_of
from analysis.period import Period
from analysis.tables import STATUS_INVALID

VALID = ("end", "any", "start")
ROLES = ("user_id", "valid_from", "valid_to", "status", "roster_as_of")
DAY = timedelta(days=1)
MEASURES = ("last_active", "days_active")  # of a list of people


def window(period: Period, valid: str) -> Period:
    """The days on which an account must be valid: the last day, the first, or any.

    Raises:
        ChoiceError: `valid` is none of `VALID`.
    """
    if valid == "end":
        return Period(period.last_day, period.end)
    if valid == "start":
        return Period(period.start, period.start + DAY)
    if valid == "any":
        return period
    raise ChoiceError("valid", valid, VALID)


def roster_day(period: Period, valid: str) -> date | None:
    """The day whose roster is enough, None where several may be in force."""
    when = window(period, valid)
    return when.start if when.days == 1 else None


@dataclass(frozen=True)
class Slice:
    """Days of a window, [start, end), on which one roster was in force (None: the only one)."""

    roster: datetime | None
    start: date
    end: date


def in_force(rosters: Sequence[datetime], when: Period) -> list[Slice]:
    """The rosters in force in `when`, in order, each with its days.

    A roster holds from its day until the day of the next; the first holds before its day too,
    and of two rosters of one day the later one counts.
    """
    if not rosters:
        return [Slice(None, when.start, when.end)]
    latest = sorted({roster.date(): roster for roster in sorted(rosters)}.values())
    before = [roster for roster in latest if roster.date() <= when.start]
    within = [roster for roster in latest if when.start < roster.date() < when.end]
    first = before[-1] if before else latest[0]
    chosen = [first, *(roster for roster in within if roster != first)]
    starts = [when.start, *(roster.date() for roster in chosen[1:])]
    ends = [*starts[1:], when.end]
    return [Slice(*each) for each in zip(chosen, starts, ends, strict=True)]


def rosters_of(frame: Frame, columns: Collection[str]) -> list[datetime]:
    """When the rosters of a history were taken; none where the table is a single roster."""
    if "roster_as_of" not in columns:
        return []
    return [row["roster_as_of"] for row in rows(frame.group_by("roster_as_of").agg(_rows=nw.len()))]


def disabled(frame: Frame) -> list[Any]:
    """The values of `status`, as they are written, that mean disabled once width and case are set aside."""
    written = (row["status"] for row in rows(frame.group_by("status").agg(_rows=nw.len())))
    return [value for value in written if value is not None and fold(str(value)) in STATUS_INVALID]


def valid_between(start: nw.Expr, end: nw.Expr, columns: Collection[str]) -> list[nw.Expr]:
    """What an account fulfils that is valid on some day of [start, end): all of these conditions.

    An account without dates is always valid; `valid_to` is its last valid day; one that ends before it begins never is.
    """
    conditions = []
    if "_disabled" in columns:
        conditions.append(~nw.col("_disabled"))
    if "valid_from" in columns:
        conditions.append(nw.col("valid_from").is_null() | (nw.col("valid_from") < end))
    if "valid_to" in columns:
        conditions.append(nw.col("valid_to").is_null() | (nw.col("valid_to") >= start))
    if "valid_from" in columns and "valid_to" in columns:
        first, last = (start_of(nw.col(name), "1d") for name in ("valid_from", "valid_to"))
        conditions.append(nw.col("valid_from").is_null() | nw.col("valid_to").is_null() | (first <= last))
    return conditions


def flag(conditions: Sequence[nw.Expr]) -> nw.Expr:
    """1 where all conditions hold, else 0."""
    if not conditions:
        return nw.lit(1)
    return nw.when(nw.all_horizontal(*conditions, ignore_nulls=False)).then(1).otherwise(0)


def accounts(frame: Frame, rosters: Sequence[datetime], period: Period, valid: str) -> Frame:
    """One row per account that stands on a roster in force, with `_valid` (1 or 0).

    Args:
        frame: rows of rosters (`user_id`, and `roster_as_of` where `rosters` are several).
        rosters: as `rosters_of` found them.
        period: the days in question.
        valid: `end`, `any` or `start`; see `window`.
    """
    cuts = _slices(frame, rosters, period, valid)
    if len(cuts) == 1:
        at, tests = cuts[0]
        return keep(frame, at).with_columns(_valid=flag(tests))
    here = nw.any_horizontal(*(all_of([*at, *tests]) for at, tests in cuts), ignore_nulls=False)
    standing = frame.filter(nw.any_horizontal(*(all_of(at) for at, _ in cuts), ignore_nulls=False))
    return latest_row(standing.with_columns(_valid=flag([here])), "user_id")


def valid_accounts(frame: Frame, rosters: Sequence[datetime], period: Period, valid: str) -> Frame:
    """The accounts of `accounts` that are valid."""
    cuts = _slices(frame, rosters, period, valid)
    if len(cuts) > 1:
        return accounts(frame, rosters, period, valid).filter(nw.col("_valid") == 1)
    return keep(frame, [*cuts[0][0], *cuts[0][1]])


def _slices(
    frame: Frame, rosters: Sequence[datetime], period: Period, valid: str
) -> list[tuple[list[nw.Expr], list[nw.Expr]]]:
    """For every roster in force: what picks its rows out, and what makes an account valid on its days."""
    columns = frame.collect_schema().names()
    return [
        (
            [nw.col("roster_as_of") == moment(each.roster)] if each.roster else [],
            valid_between(moment(each.start), moment(each.end), columns),
        )
        for each in in_force(rosters, window(period, valid))
    ]


def all_of(conditions: Sequence[nw.Expr]) -> nw.Expr:
    """All conditions as one."""
    return nw.all_horizontal(*conditions, ignore_nulls=False)


def latest_row(frame: Frame, *keys: str) -> Frame:
    """Each account once, by its latest row; valid where any of its rows is."""
    marked = frame.with_columns(
        _latest=nw.col("roster_as_of").max().over(*keys), _valid=nw.col("_valid").max().over(*keys)
    )
    return marked.filter(nw.col("roster_as_of") == nw.col("_latest")).drop("_latest")


def beside_users(users: Frame, listed: Frame, keys: Sequence[str] = ("user_id",)) -> Frame:
    """A list of accounts (`keys`, the measures) with every column of their roster."""
    given = [name for name in users.collect_schema().names() if name != "roster_as_of"]
    shown = {name: f"users.{name}" if fold(name) in MEASURES else name for name in given}
    joined = listed.select(*keys, *MEASURES).join(users.rename(shown), on=list(keys), how="left")
    return nw.maybe_reset_index(joined.select(*shown.values(), *MEASURES))
