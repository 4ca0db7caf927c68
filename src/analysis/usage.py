"""Who used the system on which day, as arrays: what is left of a log where only days matter."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

EPOCH = date(1970, 1, 1)
NEVER = -(2**31)
MOST_KEPT = 30_000_000  # ids times months whose days are kept merged, 4 bytes each


@dataclass(frozen=True)
class Block:
    """The use of one month out of one import: who (`keys`), what (`kinds`), on which days (a bit each)."""

    month: int  # year * 12 + month - 1
    keys: np.ndarray
    kinds: np.ndarray
    days: np.ndarray

    def cut(self, start: date, end: date) -> np.ndarray:
        """The bits of the days in [start, end)."""
        return cut(self.days, self.month, start, end)


@dataclass(frozen=True)
class Coded:
    """A column of text as codes: -1 where it is blank."""

    codes: np.ndarray
    labels: tuple[str, ...]


Column = Coded | np.ndarray  # text as codes; a number or a timestamp as it is


@dataclass(frozen=True)
class Roster:
    """The accounts of one roster.

    Args:
        as_of: its day.
        keys: each account's position among the ids of the log; -1 where it never stands there.
        column: a column in the order of `keys`; None where this roster lacks it.
        ids: the accounts themselves, in this order.
    """

    as_of: date
    keys: np.ndarray
    column: Callable[[str], Column | None]
    ids: Callable[[], pa.ChunkedArray]


@dataclass(frozen=True)
class Usage:
    """Days of use of every id in the log.

    Args:
        ids: the ids; a key is a position in them.
        kinds: what they did, by code; None is blank.
        blocks: the use, in any order.
    """

    ids: pa.StringArray
    kinds: tuple[str | None, ...]
    blocks: tuple[Block, ...] = field(repr=False)
    _kept: dict[tuple[int, bytes | None], np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    _lock: Lock = field(default_factory=Lock, repr=False, compare=False)

    @cached_property
    def months(self) -> dict[int, list[Block]]:
        """The blocks of each month, in order."""
        found: dict[int, list[Block]] = {}
        for block in sorted(self.blocks, key=lambda block: block.month):
            found.setdefault(block.month, []).append(block)
        return found

    def between(self, start: date, end: date) -> Iterator[tuple[int, list[Block]]]:
        """The months that touch [start, end)."""
        for month, blocks in self.months.items():
            if month_start(month) < end and start < month_start(month + 1):
                yield month, blocks

    def active(self, start: date, end: date, activities: Sequence[str | None] | None = None) -> np.ndarray:
        """For every key: was it used in [start, end)? One more False at the end, for accounts that never were."""
        used = np.zeros(len(self.ids) + 1, dtype=bool)
        for _, bits in self._merged(start, end, 1, activities):
            used[:-1] |= bits != 0
        return used

    def days(self, start: date, end: date, activities: Sequence[str | None] | None = None) -> np.ndarray:
        """For every key the days of use in [start, end); one more 0 at the end, for accounts that never were used."""
        found = np.zeros(len(self.ids) + 1, dtype=np.int64)
        for _, bits in self._merged(start, end, 1, activities):
            found[:-1] += np.bitwise_count(bits)
        return found

    def kinds_used(self, start: date, end: date, activities: Sequence[str | None] | None = None) -> np.ndarray:
        """For every key how many activities (blank is none) it was used for in [start, end); one more 0 at the end."""
        width = len(self.kinds)
        met = np.zeros((len(self.ids) + 1) * width, dtype=bool)
        for _, blocks in self.between(start, end):
            for block in blocks:
                hit = block.cut(start, end) != 0
                met[block.keys[hit].astype(np.int64) * width + block.kinds[hit]] = True
        wanted = [kind is not None and (activities is None or kind in activities) for kind in self.kinds]
        return met.reshape(-1, width)[:, wanted].sum(axis=1)

    def first_day(self, activities: Sequence[str | None] | None = None) -> date | None:
        """The first day of use of anybody; None without any."""
        counts = self._counting(activities)
        for month, blocks in self.months.items():
            every = [block.days if counts is None else block.days[counts[block.kinds]] for block in blocks]
            if bits := int(np.bitwise_or.reduce(np.concatenate(every), initial=0)):
                return month_start(month) + timedelta(days=(bits & -bits).bit_length() - 1)
        return None

    def last_days(self, end: date, activities: Sequence[str | None] | None = None) -> np.ndarray:
        """For every key the last day of use before `end`, as days since 1970; `NEVER` where there is none."""
        last = np.full(len(self.ids) + 1, NEVER, dtype=np.int32)
        for month, bits in self._merged(date.min, end, 1, activities):
            used = np.flatnonzero(bits)
            last[used] = day_number(month_start(month)) + highest_bit(bits[used])
        return last

    def _counting(self, activities: Sequence[str | None] | None) -> np.ndarray | None:
        """Code of a kind -> does it count? None: every one does."""
        return None if activities is None else np.array([kind in activities for kind in self.kinds], dtype=bool)

    def pieces(
        self,
        edges: Sequence[date],
        *,
        days: tuple[date, date] | None = None,
        since: date = date.min,
        until: date = date.max,
        kinds: bool = False,
    ) -> pa.Table:
        """One row an id and stretch between two `edges` with use in it, and a day inside `days`.

        Args:
            edges: the use is cut here.
            days: in [first, after) every day of use is a row of its own.
            since, until: what lies outside is left out.
            kinds: a row for each activity, too.

        Returns:
            `user_id`, `occurred_at` (midnight of the last day of use in the stretch), `activity` where asked for.
        """
        width = len(self.kinds) if kinds else 1
        found: list[tuple[np.ndarray, np.ndarray]] = []
        for start, end in stretches([*edges, *(days or ())], since, until):
            single = days is not None and days[0] <= start < days[1]
            found += self._each_day(start, end, width) if single else [self._last_day(start, end, width)]
        return self._table(found, width, kinds)

    def _last_day(self, start: date, end: date, width: int) -> tuple[np.ndarray, np.ndarray]:
        """The slots used in [start, end) and the last day of each."""
        last = np.full(len(self.ids) * width, NEVER, dtype=np.int32)
        for month, bits in self._merged(start, end, width):
            used = np.flatnonzero(bits)
            last[used] = day_number(month_start(month)) + highest_bit(bits[used])
        used = np.flatnonzero(last != NEVER)
        return used, last[used]

    def _each_day(self, start: date, end: date, width: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The slots used on each day of [start, end), and the day."""
        for month, bits in self._merged(start, end, width):
            for day in range(31):
                used = np.flatnonzero(bits & np.uint32(1 << day))
                yield used, np.full(len(used), day_number(month_start(month)) + day, dtype=np.int32)

    def _merged(
        self, start: date, end: date, width: int, activities: Sequence[str | None] | None = None
    ) -> Iterator[tuple[int, np.ndarray]]:
        """The bits of each month in [start, end) over all imports; a slot is a key, or a key and a kind."""
        for month, blocks in self.between(start, end):
            yield month, cut(self._of_month(month, blocks, width, activities), month, start, end)

    def _of_month(
        self, month: int, blocks: Sequence[Block], width: int, activities: Sequence[str | None] | None
    ) -> np.ndarray:
        """The bits of a whole month; kept by id for the next question."""
        counts = self._counting(activities)
        asked = month, None if counts is None else counts.tobytes()
        with self._lock:
            found = self._kept.pop(asked, None) if width == 1 else None
            if found is not None:
                self._kept[asked] = found  # the last one asked for goes last
                return found
        bits = np.zeros(len(self.ids) * width, dtype=np.uint32)
        for block in blocks:
            slots = block.keys if width == 1 else block.keys.astype(np.int64) * width + block.kinds
            hit = slice(None) if counts is None else counts[block.kinds]
            np.bitwise_or.at(bits, slots[hit], block.days[hit])
        if width == 1:
            with self._lock:
                self._kept[asked] = bits
                while len(self._kept) * len(self.ids) > MOST_KEPT and self._kept:
                    del self._kept[next(iter(self._kept))]
        return bits

    def _table(self, found: list[tuple[np.ndarray, np.ndarray]], width: int, kinds: bool) -> pa.Table:
        slots = np.concatenate([np.zeros(0, dtype=np.int64), *(slots for slots, _ in found)])
        days = np.concatenate([np.zeros(0, dtype=np.int32), *(days for _, days in found)])
        columns = {
            "user_id": self.ids.take(pa.array(slots // width)),
            "occurred_at": pa.array(days.astype("datetime64[D]").astype("datetime64[us]")),
        }
        if kinds:
            columns["activity"] = pa.array(self.kinds, pa.string()).take(pa.array(slots % width))
        return pa.table(columns)


def cut(bits: np.ndarray, month: int, start: date, end: date) -> np.ndarray:
    """Of the bits of a month's days those in [start, end)."""
    first, after = month_start(month), month_start(month + 1)
    if start <= first and after <= end:
        return bits
    low, high = (max(start, first) - first).days, (min(end, after) - first).days
    return bits & np.uint32(((1 << high) - 1) & ~((1 << low) - 1) if high > low else 0)


def stretches(edges: Sequence[date], since: date, until: date) -> list[tuple[date, date]]:
    """The stretches of [since, until) between two edges."""
    cuts = [since, *sorted({edge for edge in edges if since < edge < until}), until]
    return list(pairwise(cuts))


def month_start(month: int) -> date:
    """The first day of a month counted as year * 12 + month - 1."""
    return date(month // 12, month % 12 + 1, 1)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - EPOCH).days


def highest_bit(bits: np.ndarray) -> np.ndarray:
    """The position of the highest bit that is set (exact: a double holds 32 bits)."""
    return (np.frexp(bits.astype(np.float64))[1] - 1).astype(np.int32)


@dataclass(frozen=True)
class Source:
    """What the array form of a metric counts.

    Args:
        usage: the days of use.
        rosters: the day of every roster, in order.
        roster: the roster of one of these days.
        place: where each account of one roster stands in another; -1 where nowhere.
        columns: of `users`, over all rosters.
        known: the day of the last event; None without any.
        beside: a table of accounts (`user_id` and measures) of the roster of a day, with every column of it.
    """

    usage: Usage
    rosters: Sequence[datetime]
    roster: Callable[[datetime], Roster]
    place: Callable[[Roster, Roster], np.ndarray]
    columns: Collection[str]
    known: date | None
    beside: Callable[[date, pa.Table], Any]

    def listed(
        self,
        roster: Roster,
        chosen: np.ndarray,
        days: tuple[date, date],
        activities: Sequence[str | None] | None,
    ) -> Any:
        """The columns of `people` for the chosen accounts of a roster; `days`: the period, [first, after)."""
        keys = roster.keys[chosen]
        last = self.usage.last_days(days[1], activities)[keys]
        moments = last.astype("datetime64[D]").astype("datetime64[us]")
        measures = {
            "user_id": roster.ids().filter(pa.array(chosen)),
            "last_active": pa.array(moments, mask=last == NEVER),
            "days_active": self.usage.days(*days, activities)[keys],
        }
        return self.beside(roster.as_of, pa.table(measures))
