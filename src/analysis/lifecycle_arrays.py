"""Lifecycle, stickiness and retention over arrays, counted from days of use; see `arrays`."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Choices, Labels, covered, deciding, standing
from analysis.cells import NotCoveredError, share_of, tabulate
from analysis.frames import names
from analysis.period import EVERY, FISCAL_START, Period, floor, step
from analysis.roster import Slice
from analysis.usage import Roster, Source

LIFECYCLE = ("new", "returning", "resurrected", "dormant")
COUNTED = ("valid_users", "active_users", *LIFECYCLE)
STICKINESS = ("valid_users", "active_users", "units", "user_units", "average_active", "stickiness", "partial")
MOST_BUCKETS = 400  # cohorts times ages are counted one by one


@dataclass(frozen=True)
class Parts:
    """The buckets of a period over a source."""

    source: Source
    period: Period
    every: str
    fiscal_start: int
    labels: Labels
    asked: Choices

    @cached_property
    def buckets(self) -> list[Period]:
        """In order; the first and the last may be cut by the edges of the period."""
        if self.every not in EVERY:
            raise NotCoveredError
        found = list(self.period.split(self.every, self.fiscal_start))
        if len(found) > MOST_BUCKETS:
            raise NotCoveredError
        return found

    @cached_property
    def before(self) -> Period:
        """As much time before the first bucket."""
        return self.buckets[0].previous()

    @property
    def known(self) -> date | None:
        """The last day that is known."""
        return self.asked.known(self.source)

    def is_partial(self, part: Period) -> bool:
        """True where the bucket reaches past what is known."""
        return self.asked.is_partial(part, self.source)

    @cached_property
    def first_unknown(self) -> int:
        """The place of the first bucket that reaches past what is known."""
        return next((i for i, part in enumerate(self.buckets) if self.is_partial(part)), len(self.buckets))

    @cached_property
    def first_partial(self) -> int:
        """The place of the first bucket that is not known to its end, or that the period cuts short."""
        return next((i for i, part in enumerate(self.buckets) if self._is_short(part)), len(self.buckets))

    def _is_short(self, part: Period) -> bool:
        return self.is_partial(part) or part.end < step(floor(part.start, self.every, self.fiscal_start), self.every)

    @property
    def last_seen(self) -> int:
        """The place of the last bucket that has begun by the last known day; -1: none."""
        known = self.known
        return max((i for i, part in enumerate(self.buckets) if known and part.start <= known), default=-1)

    def active(self, start: date, end: date) -> np.ndarray:
        """For every key of the log: was it used in [start, end)?"""
        return self.source.usage.active(start, end, self.asked.counts_as_use())

    def used(self) -> Iterator[np.ndarray]:
        """The same for every bucket."""
        return (self.active(part.start, part.end) for part in self.buckets)

    def valid(self, part: Period) -> tuple[Roster, np.ndarray]:
        """The roster that decides in a bucket, and which of its accounts are valid."""
        roster, days = deciding(self.source, part, self.asked)
        return roster, self._standing(roster, days)

    def _standing(self, roster: Roster, days: Slice) -> np.ndarray:
        return standing(self.source, roster, days, self.labels, self.asked)

    def starts(self, places: np.ndarray) -> np.ndarray:
        """The first days of buckets."""
        return np.array([part.start for part in self.buckets], dtype="datetime64[us]")[places]

    def dimensions(self, codes: np.ndarray) -> dict[str, Any]:
        """The columns of the dimensions."""
        return {name: self.labels.column(i, codes[:, i]) for i, name in enumerate(self.labels.names)}

    def tabulate(
        self, roster: Roster, valid: np.ndarray, sort: np.ndarray, sorts: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """`cells.tabulate`; without dimensions one row even of nobody."""
        codes, counts = tabulate(self.labels.of(self.source, roster), self.labels.sizes, [valid], sort, sorts)
        if self.labels.names or len(counts):
            return codes, counts
        return np.zeros((1, 0), dtype=np.int64), np.zeros((1, sorts), dtype=np.int64)


@covered
def lifecycle(
    source: Source,
    period: Period,
    *,
    every: str = "month",
    by: str | Iterable[str] = (),
    fiscal_start: int = FISCAL_START,
    **choices: Any,
) -> pd.DataFrame:
    """`lifecycle.lifecycle`."""
    reserved = {"period_start", *COUNTED, "no_history", "partial"}
    parts = Parts(source, period, every, fiscal_start, Labels(names(by), reserved), Choices(**choices))
    was = parts.active(parts.before.start, parts.before.end)
    ever = parts.active(date.min, parts.buckets[0].start)
    first = source.usage.first_day(parts.asked.counts_as_use())
    found = []
    for i, (part, now) in enumerate(zip(parts.buckets, parts.used(), strict=True)):
        roster, valid = parts.valid(part)
        sort = (now * 4 + was * 2 + ever).astype(np.int64)[roster.keys]
        codes, counts = parts.tabulate(roster, valid, sort, 8)
        stated = {
            "valid_users": counts.sum(axis=1),
            "active_users": counts[:, 4:].sum(axis=1),
            "new": counts[:, 4],
            "returning": counts[:, 6:].sum(axis=1),
            "resurrected": counts[:, 5],
            "dormant": counts[:, 2:4].sum(axis=1),
        }
        lead = {"period_start": parts.starts(np.full(len(codes), i)), **parts.dimensions(codes)}
        tail = {"no_history": first is None or part.start <= first, "partial": i >= parts.first_unknown}
        found.append(pd.DataFrame({**lead, **stated, **tail}))
        was, ever = now, ever | now
    return pd.concat(found, ignore_index=True)


@covered
def people(source: Source, period: Period, *, state: str, previous: Period | None = None, **choices: Any) -> Any:
    """`lifecycle.lifecycle_people`."""
    asked, before, usage = Choices(**choices), previous or period.previous(), source.usage
    roster, days = deciding(source, period, asked)
    kinds = asked.counts_as_use()
    edges = ((period.start, period.end), (before.start, before.end), (date.min, period.start))
    now, was, ever = (usage.active(*each, kinds)[roster.keys] for each in edges)
    states = {"new": now & ~ever, "returning": now & was, "resurrected": now & ~was & ever, "dormant": ~now & was}
    if state not in states:
        raise NotCoveredError
    chosen = standing(source, roster, days, Labels(()), asked) & states[state]
    return source.listed(roster, chosen, (period.start, period.end), kinds)


@covered
def stickiness(
    source: Source,
    period: Period,
    *,
    every: str = "month",
    inner: str = "day",
    by: str | Iterable[str] = (),
    fiscal_start: int = FISCAL_START,
    **choices: Any,
) -> pd.DataFrame:
    """`lifecycle.stickiness`."""
    if inner not in ("day", "week"):
        raise NotCoveredError
    reserved = {"period_start", *STICKINESS}
    parts = Parts(source, period, every, fiscal_start, Labels(names(by), reserved), Choices(**choices))
    known = parts.known or period.start - timedelta(days=1)
    found = []
    for i, part in enumerate(parts.buckets):
        roster, valid = parts.valid(part)
        times = _units_used(parts, part, inner, known + timedelta(days=1))[roster.keys]
        codes, counts = parts.tabulate(roster, valid, times, int(times.max(initial=0)) + 1)
        units = sum(unit.start <= known for unit in part.split(inner)) if parts.known else 0
        active = counts[:, 1:].sum(axis=1)
        total = counts @ np.arange(counts.shape[1])
        average = total / units if units else np.full(len(codes), np.nan)
        table = {
            "valid_users": counts.sum(axis=1),
            "active_users": active,
            "units": np.full(len(codes), units),
            "user_units": total,
            "average_active": average,
            "stickiness": share_of(average, active),
            "partial": np.full(len(codes), i >= parts.first_unknown),
        }
        lead = {"period_start": parts.starts(np.full(len(codes), i)), **parts.dimensions(codes)}
        found.append(pd.DataFrame({**lead, **table}))
    return pd.concat(found, ignore_index=True)


def _units_used(parts: Parts, part: Period, inner: str, until: date) -> np.ndarray:
    """For every key on how many days or weeks of the bucket, up to what is known, it was used."""
    usage, kinds = parts.source.usage, parts.asked.counts_as_use()
    end = min(part.end, until)
    if end <= part.start:
        return np.zeros(len(usage.ids) + 1, dtype=np.int64)
    if inner == "day":
        return usage.days(part.start, end, kinds)
    weeks = (parts.active(unit.start, min(unit.end, until)) for unit in part.split(inner) if unit.start < until)
    return np.sum([each.astype(np.int64) for each in weeks], axis=0)
