"""A log as arrays sorted by person and time: what the fast form of a funnel runs over, made once."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pyarrow as pa
from narwhals.stable.v2.typing import IntoFrame

from analysis.frames import require
from analysis.funnel_steps import Step, column_of
from analysis.question import USE_ROLES

LONG = 1_000_000  # from so many rows on, two threads share the work
ROOM = 63  # bits of a whole number that is not negative


@dataclass(frozen=True)
class Log:
    """Events in order of person, moment and activity; a moment is all that one person did at one time.

    Attributes:
        ids: the people; a user is a position in them.
        activities: what they did, by code; blank as None.
        codes: an event's activity.
        moment: an event's moment: a position in the next two, in order.
        user: a moment's person.
        at: a moment's time, microseconds since 1970.
        columns: further columns of the events, in their order.
    """

    ids: pa.Array
    activities: tuple[object, ...]
    codes: np.ndarray
    moment: np.ndarray
    user: np.ndarray
    at: np.ndarray
    columns: dict[str, pa.Array]
    _rows: dict[frozenset[int], np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    _moments: dict[frozenset[int], np.ndarray] = field(default_factory=dict, repr=False, compare=False)
    _ranked: dict[str, tuple[np.ndarray, pa.Array]] = field(default_factory=dict, repr=False, compare=False)

    def moments(self, step: Step) -> np.ndarray:
        """The moments that fulfil a step, in order; kept for a step without a condition."""
        codes = self._codes_of(step)
        if step.rule or codes not in self._moments:
            found = self.moment[self.events(step)]
            found = found[np.diff(found, prepend=-1) != 0]
            if step.rule:
                return found
            self._moments[codes] = found
        return self._moments[codes]

    def _codes_of(self, step: Step) -> frozenset[int]:
        wanted = {str(each) for each in step.activities}
        return frozenset(i for i, name in enumerate(self.activities) if name is not None and str(name) in wanted)

    def events(self, step: Step) -> np.ndarray:
        """The events that fulfil a step, in order."""
        codes = self._codes_of(step)
        if codes not in self._rows:
            chosen = np.zeros(len(self.activities) + 1, dtype=bool)
            chosen[list(codes)] = True
            holds = self.codes == next(iter(codes)) if len(codes) == 1 else chosen[self.codes]
            self._rows[codes] = np.flatnonzero(holds)
        rows = self._rows[codes]
        return rows[self._holds(step, rows)] if step.rule else rows

    def _holds(self, step: Step, rows: np.ndarray) -> np.ndarray:
        assert step.rule is not None
        bare = step.bare(self.names)
        read = {bare.get(name, name) for name in step.rule.columns}
        values = {name: _comparable(self.column(name, rows)).to_pandas() for name in sorted({"activity", *read})}
        frame = nw.from_native(pd.DataFrame(values), eager_only=True)
        return frame.select(_=step.rule.expression(frame.schema, "activity", bare))["_"].to_numpy()

    @property
    def names(self) -> list[str]:
        """The columns that rules and dimensions may name."""
        return [*USE_ROLES, *self.columns]

    def column(self, name: str, rows: np.ndarray) -> pa.Array:
        """The values of a column in some events."""
        column_of(name, self.names)
        if name == "user_id":
            return self.ids.take(pa.array(self.user[self.moment[rows]]))
        if name == "activity":
            blank = self.codes[rows] == len(self.activities)
            return pa.array(self.activities).take(pa.array(self.codes[rows], mask=blank))
        if name == "occurred_at":
            return pa.array(self.at[self.moment[rows]]).cast(pa.timestamp("us"))
        return self.columns[name].take(pa.array(rows))

    def ranked(self, name: str) -> tuple[np.ndarray, pa.Array]:
        """A column of every event as positions in its values in order; their number: blank. Found when first asked."""
        if name not in self._ranked:
            codes, labels = coded(pa.chunked_array([self.column(name, np.arange(len(self.codes)))]))
            listed = labels.to_pylist()
            ranks = sorted(range(len(listed)), key=listed.__getitem__)
            place = np.append(np.argsort(ranks), len(labels)).astype(np.int32)
            self._ranked[name] = place[codes], labels.take(pa.array(ranks, pa.int64()))
        return self._ranked[name]

    @cached_property
    def present(self) -> list[object]:
        """The activities that there are."""
        return [self.activities[code] for code in np.unique(self.codes) if code < len(self.activities)]

    @cached_property
    def last(self) -> int | None:
        """The time of the last event; None without any."""
        return int(self.at.max()) if len(self.at) else None


def sort(activity: IntoFrame, columns: Iterable[str] = ()) -> Log:
    """The arrays of a log.

    Args:
        activity: one row per action; `user_id`, `occurred_at`, `activity`, and `columns`.
        columns: what rules and dimensions will ask for.

    Raises:
        MissingColumnError, ColumnTypeError: see `funnel.funnel`.
    """
    log: Any = nw.from_native(activity)
    schema = require(log, "activity", *USE_ROLES, roles=USE_ROLES, moments=("occurred_at",))
    found = dict.fromkeys(column_of(name, schema.names()) for name in columns)
    more = [column for column in found if column not in USE_ROLES]
    picked = log.select(*USE_ROLES, *more)
    held = picked if isinstance(picked, nw.DataFrame) else picked.collect(backend="pyarrow")
    table = held.to_arrow()
    user, ids = coded(table["user_id"])
    code, names = coded(table["activity"])
    at = pa.compute.cast(table["occurred_at"], pa.timestamp("us"), safe=False).combine_chunks().cast(pa.int64())
    kept = (user >= 0) & at.is_valid().to_numpy(zero_copy_only=False)
    rows = None if kept.all() else np.flatnonzero(kept)
    arrays = [user, at.fill_null(0).to_numpy(), np.where(code < 0, len(names), code)]
    user, when, code = arrays if rows is None else [each[rows] for each in arrays]
    order, user, when, code = in_order(user, when, code, len(names) + 1, bool(more))
    first = np.ones(len(user), dtype=bool)
    first[1:] = (user[1:] != user[:-1]) | (when[1:] != when[:-1])
    places = order if rows is None or order is None else rows[order]
    return Log(
        ids=ids,
        activities=tuple(names.to_pylist()),
        codes=code.astype(np.int16 if len(names) < 2**15 else np.int32),
        moment=np.cumsum(first, dtype=np.int32) - 1,
        user=user[first].astype(np.int32),
        at=when[first],
        columns={name: table[name].combine_chunks().take(pa.array(places)) for name in more},
    )


def coded(column: pa.ChunkedArray) -> tuple[np.ndarray, pa.Array]:
    """The column as positions in its distinct values, -1 where it is blank (null, "", not a number)."""
    plain = column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
    found = _encoded(plain)
    codes = found.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if pa.types.is_null(column.type):
        return np.full(len(column), -1, dtype=np.int32), pa.array([], pa.string())
    blank = [i for i, value in enumerate(_doubtful(found.dictionary)) if value == "" or value != value]
    return (np.where(np.isin(codes, blank), -1, codes) if blank else codes), found.dictionary


def _encoded(column: pa.ChunkedArray) -> pa.DictionaryArray:
    """The column by its distinct values; a long one in two halves at once."""
    if len(column) < LONG or pa.types.is_null(column.type):
        return column.combine_chunks().dictionary_encode()
    half = len(column) // 2
    with ThreadPoolExecutor(2) as pool:
        parts = pool.map(
            lambda part: part.combine_chunks().dictionary_encode(), (column.slice(0, half), column.slice(half))
        )
        return pa.chunked_array([*parts]).unify_dictionaries().combine_chunks()


def _unit(since: np.ndarray) -> int:
    """The largest step of which all the times are multiples: a second, a millisecond … as the system writes them."""
    step = int(np.gcd.reduce(since[:: max(len(since) // 1000, 1)])) or 1
    return step if step == 1 or not (since % step).any() else int(np.gcd.reduce(since)) or 1


def _sorted(key: np.ndarray) -> np.ndarray:
    """The numbers in order; many in two halves at once, those below the middle of some of them and the others."""
    if len(key) < LONG:
        return np.sort(key)
    middle = np.median(key[:: len(key) // 1000]).astype(np.int64)
    low = key < middle
    with ThreadPoolExecutor(2) as pool:
        return np.concatenate([*pool.map(np.sort, (key[low], key[~low]))])


def _comparable(values: pa.Array) -> pa.Array:
    """Decimals as floats: pandas would hold them as objects, which a rule reads as text."""
    return values.cast(pa.float64()) if pa.types.is_decimal(values.type) else values


def _doubtful(values: pa.Array) -> Sequence[object]:
    """The distinct values, where one of them may be blank."""
    text = pa.types.is_string(values.type) or pa.types.is_large_string(values.type)
    if text and not pa.compute.any(pa.compute.equal(values, "")).as_py():
        return ()
    return values.to_pylist() if text or pa.types.is_floating(values.type) else ()


def in_order(
    user: np.ndarray, at: np.ndarray, code: np.ndarray, codes: int, places: bool
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    """Sorted by user, time and code: where each stood (where `places` are asked for), then the three.

    Packed into one whole number each where they fit, because one array sorts several times faster than three.
    """
    if not len(user):
        return (np.zeros(0, dtype=np.int64) if places else None), user, at, code
    begin = int(at.min())
    since = at - begin
    unit = _unit(since)
    since = since // unit if unit > 1 else since
    bits = [int(user.max()).bit_length(), int(since.max()).bit_length(), codes.bit_length()]
    if sum(bits) > ROOM:
        order = np.lexsort((code, at, user))
        return order, user[order], at[order], code[order]
    key = (user.astype(np.int64) << (bits[1] + bits[2])) | (since << bits[2]) | code
    found = np.argsort(key) if places else None
    key = key[found] if found is not None else _sorted(key)
    since = (key >> bits[2]) & ((1 << bits[1]) - 1)
    return found, key >> (bits[1] + bits[2]), since * unit + begin, key & ((1 << bits[2]) - 1)
