"""The funnel over sorted arrays: what `funnel.funnel` counts, many times faster; a property test holds both equal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import ChoiceError
from analysis.funnel_jumps import Attempts, attempts
from analysis.funnel_sorted import Log, sort
from analysis.funnel_steps import (
    COUNTS,
    RESULT,
    STATES,
    Plan,
    Step,
    Within,
    blank,
    check_position,
    check_steps,
    dimensions,
    end_of,
    plan,
)
from analysis.period import Period

EPOCH = datetime(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
MICROS_A_DAY = 86_400_000_000
HALF, MOST = 0.5, 0.9


@dataclass(frozen=True)
class FunnelArrays:
    """A log, sorted once, over which any funnel is counted.

    `FunnelArrays.prepare(activity, columns=["device"])`, then `.funnel(steps, …)` and `.people(steps, …)`
    as often as wanted; both return pandas and take what the functions `funnel` and `funnel_people` take.
    """

    log: Log

    @classmethod
    def prepare(cls, activity: IntoFrame, *, columns: Iterable[str] = ()) -> "FunnelArrays":
        """The arrays of `activity` (a frame of any engine, fetched); `columns`: what `by` and rules will name."""
        return cls(sort(activity, columns))

    def funnel(
        self,
        steps: Iterable[str | Step],
        *,
        period: Period | None = None,
        within: Within = None,
        by: str | Iterable[str] = (),
        order: str = "in_order",
        as_of: date | None = None,
    ) -> pd.DataFrame:
        """`funnel.funnel`."""
        asked = plan(steps, order, within, period)
        columns = dimensions(by, self.log.names)
        people = self._people(asked, as_of)
        groups, values = self._groups(people, asked, columns)
        parts = [_counts(people, asked, rows) for rows in groups]
        found = pd.DataFrame([row for part in parts for row in part], columns=list(RESULT))
        found = found.astype(dict.fromkeys(("position", *COUNTS), "int64") | {"step": "str"})
        found = found.astype(dict.fromkeys(RESULT[6:], "float64"))
        labels = {
            name: pd.Series(each).repeat(len(asked.steps)).reset_index(drop=True) for name, each in values.items()
        }
        return pd.concat([pd.DataFrame(labels), found], axis=1) if labels else found

    def people(
        self,
        steps: Iterable[str | Step],
        *,
        position: int,
        state: str,
        group: Mapping[str, object] | None = None,
        period: Period | None = None,
        within: Within = None,
        order: str = "in_order",
        as_of: date | None = None,
    ) -> pd.DataFrame:
        """`funnel_people.funnel_people`."""
        asked = plan(steps, order, within, period)
        check_position(asked, position)
        if state not in STATES:
            raise ChoiceError("state", state, STATES)
        columns = dimensions(group or (), self.log.names)
        people = self._people(asked, as_of)
        chosen = people.in_state(position, state)
        for name, column in columns.items():
            codes, labels = self._codes(people, asked, column)
            chosen = chosen & _equals(codes, labels, blank((group or {})[name]))
        return self._listed(people, asked, position, np.flatnonzero(chosen))

    def _people(self, asked: Plan, as_of: date | None) -> "People":
        check_steps(asked, self.log.present)
        last = None if self.log.last is None else EPOCH + self.log.last * MICROSECOND
        end = end_of(as_of, last)
        return people_of(self.log, asked, attempts(self.log, asked, micros(end)), micros(end))

    def _groups(
        self, people: "People", asked: Plan, columns: Mapping[str, str]
    ) -> tuple[list[np.ndarray], dict[str, pd.Series]]:
        """The people of each group, and the values that name it."""
        everyone = np.arange(len(people.user))
        if not columns:
            return [everyone], {}
        coded_columns = [self._codes(people, asked, column) for column in columns.values()]
        together = np.stack([codes for codes, _ in coded_columns], axis=1)
        kinds, group = np.unique(together, axis=0, return_inverse=True)
        by_group = np.argsort(group.ravel(), kind="stable")
        edges = np.cumsum(np.bincount(group.ravel(), minlength=len(kinds)))[:-1]
        values = {
            name: labels.take(pa.array(kinds[:, i], pa.int64(), mask=kinds[:, i] == len(labels))).to_pandas()
            for i, (name, (_, labels)) in enumerate(zip(columns, coded_columns, strict=True))
        }
        return (np.split(everyone[by_group], edges) if len(kinds) else []), values

    def _codes(self, people: "People", asked: Plan, column: str) -> tuple[np.ndarray, pa.Array]:
        """The smallest value at each person's start, as a position in the sorted values; their number: blank."""
        each = [self.log.events(step) for step in asked.starts]
        rows = np.unique(np.concatenate(each)) if len(each) > 1 else each[0]
        ranks, labels = self.log.ranked(column)
        moments, values = self.log.moment[rows], ranks[rows]
        first = np.flatnonzero(np.diff(moments, prepend=-1))
        least = np.minimum.reduceat(values, first) if len(first) else values
        return least[np.searchsorted(moments[first], people.start)].astype(np.int64), labels

    def _listed(self, people: "People", asked: Plan, position: int, rows: np.ndarray) -> pd.DataFrame:
        ends = people.opened[position][rows] if position > 1 else np.full(len(rows), NEVER)
        waits = people.in_state(position, "waiting")[rows] & (asked.within is not None)
        until = np.where(waits, ends + length(asked), NEVER)
        columns = {
            "user_id": self.log.ids.take(pa.array(people.user[rows])).to_pandas(),
            "entered_at": people.times[1][rows].view("datetime64[us]"),
            "furthest": people.far[rows].astype(np.int64),
            "reached_at": people.times[position][rows].view("datetime64[us]"),
            "waits_until": until.view("datetime64[us]"),
        }
        return pd.DataFrame(columns)


NEVER = np.iinfo(np.int64).min  # numpy's own "no moment"


@dataclass(frozen=True)
class People:
    """One entry a person who entered: of the attempt that counts `start` (its moment), `far` and `times` (by position,
    microseconds, `NEVER`: not reached); of all attempts `reached`, `waiting` and `opened` (the latest start that may
    still reach the position, `NEVER`: none)."""

    user: np.ndarray
    start: np.ndarray
    far: np.ndarray
    times: dict[int, np.ndarray]
    reached: dict[int, np.ndarray]
    waiting: dict[int, np.ndarray]
    opened: dict[int, np.ndarray]

    def in_state(self, position: int, state: str) -> np.ndarray:
        """Who is in a state at a step."""
        found = {"reached": self.reached, "waiting": self.waiting}
        return found[state][position] if state in found else ~(self.reached[position] | self.waiting[position])


def people_of(log: Log, asked: Plan, tried: Attempts, end: int | None) -> People:
    """The attempts, person by person."""
    user = log.user[tried.start]
    first = np.flatnonzero(np.diff(user, prepend=-1))
    last = np.append(first[1:], len(user)) - 1 if len(first) else first
    far = np.max([np.where(tried.moments[p] >= 0, p, 0) for p in asked.positions], axis=0)
    # the furthest, and of these the first
    rank = far * (len(user) + 1) + np.arange(len(user), 0, -1)
    best = len(user) - np.maximum.reduceat(rank, first) % (len(user) + 1) if len(first) else first
    times = {p: _at(log, tried.moments[p][best]) for p in asked.positions}
    reached = {p: _any(tried.moments[p] >= 0, first) for p in asked.positions}
    opened = {p: _latest(log, tried, p, first, last) for p in asked.later}
    shut = {p: ~reached[p] & (_open(opened[p], asked, end)) for p in asked.later}
    nobody = np.zeros(len(first), dtype=bool)
    return People(user[first], tried.start[best], far[best], times, reached, {1: nobody} | shut, opened)


def _any(flags: np.ndarray, first: np.ndarray) -> np.ndarray:
    return np.logical_or.reduceat(flags, first) if len(first) else flags


def _latest(log: Log, tried: Attempts, position: int, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    if tried.alive is None:
        return log.at[tried.start[last]]
    starts = np.where(tried.alive[position], log.at[tried.start], NEVER)
    return np.maximum.reduceat(starts, first) if len(first) else starts


def _open(latest: np.ndarray, asked: Plan, end: int | None) -> np.ndarray:
    if asked.within is None or end is None:
        return np.ones(len(latest), dtype=bool)
    return latest >= end - length(asked)


def _at(log: Log, moments: np.ndarray) -> np.ndarray:
    return np.where(moments >= 0, log.at[moments], NEVER) if len(log.at) else np.zeros(0, dtype=np.int64)


def _counts(people: People, asked: Plan, rows: np.ndarray) -> list[tuple]:
    """The rows of the result for one group."""
    found, entered = [], len(rows)
    reached = {p: int(np.count_nonzero(people.reached[p][rows])) for p in asked.positions}
    for place in asked.positions:
        waiting = int(np.count_nonzero(people.waiting[place][rows]))
        before = reached[asked.before(place)] if place > 1 else 0
        counts = (entered, reached[place], waiting, entered - reached[place] - waiting)
        rates = (reached[place] / before if before else np.nan, reached[place] / entered if entered else np.nan)
        done = rows[people.times[place][rows] != NEVER]
        step = _quantiles(people, asked.before(place), place, done) if place > 1 else (np.nan, np.nan)
        found.append((asked.steps[place - 1].label, place, *counts, *rates, *step, *_quantiles(people, 1, place, done)))
    return found


def _quantiles(people: People, start: int, end: int, rows: np.ndarray) -> tuple[float, float]:
    """Median and 90 % point of the days between two steps."""
    if not len(rows):
        return np.nan, np.nan
    days = (people.times[end][rows] - people.times[start][rows]) / MICROS_A_DAY
    middle, slow = np.quantile(days, (HALF, MOST))
    return float(middle), float(slow)


def _equals(codes: np.ndarray, labels: pa.Array, value: object) -> np.ndarray:
    listed = labels.to_pylist()
    if value is None:
        return codes == len(listed)
    return codes == listed.index(value) if value in listed else np.zeros(len(codes), dtype=bool)


def length(asked: Plan) -> int:
    """The window in microseconds; 0 without one."""
    return asked.within // MICROSECOND if asked.within else 0


def micros(at: datetime | None) -> int | None:
    """Microseconds since 1970."""
    return None if at is None else (at - EPOCH) // MICROSECOND
