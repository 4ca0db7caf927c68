"""Whole columns read at once, with the same result as `values` one by one.

Texts are grouped by their shape (the bytes, any digit like any other); the form of one text says
where the figures of all of its group stand, and they are read as arithmetic on bytes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from unicodedata import is_normalized

import numpy as np
import pyarrow as pa

from analysis.exports import forms, values
from analysis.exports.cleaning import parts
from analysis.exports.forms import Refusal, Span
from analysis.exports.text import SPACES, plain

OK, NOTHING = 0, 1
CODES = ("", "", "no_date", "order_unknown", "impossible_date", "impossible_time", "not_a_number", "number_too_large")
CODE = {name: number for number, name in enumerate(CODES) if name}
LONGEST = 64  # bytes; a longer text is read one by one
SHAPES = 40  # of one length; what is left after that many is read one by one
EPOCH = datetime(1970, 1, 1)
LAST = (datetime(9999, 12, 31, 23, 59, 59, 999999) - EPOCH) // timedelta(microseconds=1)
# Days from 1970-01-01 to the first of every month of 1900 to 9999, and the length of each.
_MONTHS = np.arange("1900-01", "10000-02", dtype="datetime64[M]").astype("datetime64[D]").astype(np.int64)
_LENGTHS = np.diff(_MONTHS)


@dataclass
class Read:
    """A column as 64-bit integers (microseconds since 1970, or ten-thousandths) and what became of each text."""

    integers: np.ndarray
    codes: np.ndarray  # OK, NOTHING or an index into `CODES`
    shifted: int = 0  # moments converted from another zone


@dataclass(frozen=True)
class Group:
    """Rows whose texts have one shape: one of the texts, and all their bytes, a row of the matrix a place."""

    rows: np.ndarray
    sample: str
    bytes: np.ndarray

    def number(self, part: Span | int, limit: int = 18) -> np.ndarray:
        """The figures of a part (its first `limit`) of every text, as integers."""
        if isinstance(part, int):
            return np.full(len(self.rows), part, np.int64)
        start = len(self.sample[: part[0]].encode())
        count = min(part[1] - part[0], limit)
        result = np.zeros(len(self.rows), np.int64)
        for place in range(start, start + count):
            result = result * 10 + (self.bytes[place] - 48)
        return result


Outcome = tuple[np.ndarray, np.ndarray, int]  # integers, codes, how many were shifted
Fast = Callable[[Group], Outcome | None]
Slow = Callable[[str], tuple[int | None, bool]]


def moments(texts: pa.Array, order: str = "ymd", utc: bool = False) -> Read:
    """A text column as moments, as `values.parse_moment` reads each; null reads as nothing."""
    return _read(texts, lambda group: _moments(group, order, utc), lambda text: _moment(text, order, utc))


def numbers(texts: pa.Array) -> Read:
    """A text column as numbers of four decimals, as `values.parse_number` reads each; null reads as nothing."""
    return _read(texts, _numbers, _number)


def shares(texts: pa.Array) -> Read:
    """Numbers, where `70%` is 0.7; for tables of a few rows."""
    return _read(texts, lambda _: None, _share)


def _read(texts: pa.Array, fast: Fast, slow: Slow) -> Read:
    result = Read(np.zeros(len(texts), np.int64), np.full(len(texts), NOTHING, np.int8))
    for group in groups(texts):
        if isinstance(group, Group):
            if values.is_nothing(plain(group.sample)):
                continue
            done = fast(group) if _is_plain(group.sample) else None
            if done:
                result.integers[group.rows], result.codes[group.rows] = done[:2]
                result.shifted += done[2]
                continue
            group = group.rows
        _one_by_one(texts, group, slow, result)
    return result


def _is_plain(sample: str) -> bool:
    return is_normalized("NFKC", sample) and sample.strip(SPACES) == sample


def _one_by_one(texts: pa.Array, rows: np.ndarray, slow: Slow, result: Read) -> None:
    known: dict[str, tuple[int, int, bool]] = {}
    for row, text in zip(rows.tolist(), texts.take(pa.array(rows)).to_pylist(), strict=True):
        if text not in known:
            known[text] = _outcome(text, slow)
        result.integers[row], result.codes[row], shifted = known[text]
        result.shifted += shifted


def _outcome(text: str, slow: Slow) -> tuple[int, int, bool]:
    try:
        integer, shifted = slow(text)
    except Refusal as refusal:
        return 0, CODE[refusal.code], False
    return (0, NOTHING, False) if integer is None else (integer, OK, shifted)


def groups(texts: pa.Array) -> Iterator[Group | np.ndarray]:
    """Groups of one shape each; then the rows that fall into none, as row numbers."""
    offsets, data = parts(texts)
    lengths = np.diff(offsets)
    if texts.null_count:
        lengths[~texts.is_valid().to_numpy(zero_copy_only=False)] = 0
    for length in np.flatnonzero(np.bincount(lengths)).tolist() if len(texts) else ():
        if length:
            rows = np.flatnonzero(lengths == length)
            yield from _shapes(_bytes(data, offsets, rows, length), rows) if length <= LONGEST else (rows,)


def _bytes(data: np.ndarray, offsets: np.ndarray, rows: np.ndarray, length: int) -> np.ndarray:
    """The bytes of texts of one length, a row of the matrix for each place."""
    if len(rows) == len(offsets) - 1:
        side_by_side = data[offsets[0] : offsets[-1]].reshape(len(rows), length)
    else:
        side_by_side = data[offsets[rows][:, None] + np.arange(length, dtype=np.int32)]
    return np.ascontiguousarray(side_by_side.T)


def _shapes(matrix: np.ndarray, rows: np.ndarray) -> Iterator[Group | np.ndarray]:
    for _ in range(SHAPES):
        same = _same_shape(matrix)
        sample = matrix[:, 0].tobytes().decode()
        if same.all():
            yield Group(rows, sample, matrix)
            return
        yield Group(rows[same], sample, matrix[:, same])
        rows, matrix = rows[~same], matrix[:, ~same]
    yield rows


def _same_shape(matrix: np.ndarray) -> np.ndarray:
    """Which texts have the shape of the first: digits where it has digits, else the same byte."""
    same = np.ones(matrix.shape[1], bool)
    for place in matrix:
        # Unsigned bytes: what stands before "0" wraps round to a large number.
        same &= (place - np.uint8(48) < 10) if 48 <= place[0] <= 57 else (place == place[0])
    return same


def _refused(group: Group, refusal: Refusal) -> Outcome:
    rows = len(group.rows)
    return np.zeros(rows, np.int64), np.full(rows, CODE[refusal.code], np.int8), 0


def _moments(group: Group, order: str, utc: bool) -> Outcome:
    """By the same rules as `values.parse_moment`."""
    try:
        form = forms.moment_form(group.sample, order, utc)
    except Refusal as refusal:
        return _refused(group, refusal)
    year, month, day = group.number(form.year), group.number(form.month), group.number(form.day)
    nothing = _is_nothing(year, month, day) if not form.year_plus else np.zeros(len(year), bool)
    days, real = _days(year + form.year_plus, month, day)
    seconds, possible = _seconds(group, form)
    microseconds = (days * 86_400 + seconds) * 1_000_000
    if form.fraction:
        figures = min(form.fraction[1] - form.fraction[0], 6)
        microseconds += group.number(form.fraction, 6) * 10 ** (6 - figures)
    shift = np.zeros(1, np.int64)
    if form.zone:
        east, rest = group.number(form.zone[1]), group.number(form.zone[2])
        possible &= (east <= 14) & (rest < 60)
        shift = values.TOKYO - form.zone[0] * (60 * east + rest)
        microseconds += shift * 60_000_000
    codes = np.zeros(len(year), np.int8)
    codes[microseconds > LAST] = CODE["impossible_date"]
    codes[~possible] = CODE["impossible_time"]
    codes[~real] = CODE["impossible_date"]
    codes[nothing] = NOTHING
    return np.where(codes == OK, microseconds, 0), codes, int(((shift != 0) & (codes == OK)).sum())


def _is_nothing(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> np.ndarray:
    return (year <= 1) & (year == month) & (month == day)


def _days(year: np.ndarray, month: np.ndarray, day: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days since 1970-01-01, and which dates exist."""
    real = (year >= values.FIRST_YEAR) & (year <= values.LAST_YEAR) & (month >= 1) & (month <= 12)
    months = np.where(real, (year - values.FIRST_YEAR) * 12 + month - 1, 0)
    real &= (day >= 1) & (day <= _LENGTHS[months])
    return _MONTHS[months] + day - 1, real


def _seconds(group: Group, form: forms.MomentForm) -> tuple[np.ndarray, np.ndarray]:
    """Seconds since midnight, and which times exist."""
    hour, minute, second = group.number(form.hour), group.number(form.minute), group.number(form.second)
    possible = (minute < 60) & (second < 60) & (hour <= (12 if form.half else 23))
    if form.half:
        hour = hour % 12 + (12 if form.half == "p" else 0)
    return (hour * 60 + minute) * 60 + second, possible


def _numbers(group: Group) -> Outcome | None:
    """By the same rules as `values.parse_number`; None for a number too long for 64 bits."""
    try:
        form = forms.number_form(group.sample)
    except Refusal as refusal:
        return _refused(group, refusal)
    if sum(end - start for start, end in form.whole) > 14:
        return None
    result = np.zeros(len(group.rows), np.int64)
    for span in form.whole:
        result = result * 10 ** (span[1] - span[0]) + group.number(span)
    result = result * 10_000 + (_decimals(group, form.fraction) if form.fraction else 0)
    large = result >= 10**18
    result = np.where(large, 0, -result if form.negative else result)
    return result, np.where(large, CODE["number_too_large"], OK).astype(np.int8), 0


def _decimals(group: Group, fraction: Span) -> np.ndarray:
    """The first four decimals, rounded half up by the fifth."""
    figures = fraction[1] - fraction[0]
    if figures <= 4:
        return group.number(fraction) * 10 ** (4 - figures)
    return (group.number(fraction, 5) + 5) // 10


def _moment(text: str, order: str, utc: bool) -> tuple[int | None, bool]:
    moment = values.parse_moment(text, order, utc)
    if moment is None:
        return None, False
    return (moment - EPOCH) // timedelta(microseconds=1), values.is_shifted(text, order, utc)


def _number(text: str) -> tuple[int | None, bool]:
    number = values.parse_number(text)
    return (None if number is None else int(number * 10_000)), False


def _share(text: str) -> tuple[int | None, bool]:
    number, percent, rest = plain(text).partition("%")
    if not percent or rest:
        return _number(text)
    found = values.parse_number(number)
    return (None if found is None else int(found * 100)), False


def as_moments(read: Read, day: bool = False) -> pa.Array:
    """Timestamps without a zone, null where nothing was read; at midnight where only the day counts."""
    integers = read.integers - read.integers % 86_400_000_000 if day else read.integers
    return pa.array(integers, pa.int64(), mask=read.codes != OK).view(pa.timestamp("us"))


def as_numbers(read: Read) -> pa.Array:
    """DECIMAL(18, 4), null where nothing was read."""
    both = np.empty((len(read.integers), 2), np.int64)
    both[:, 0] = read.integers
    both[:, 1] = read.integers >> 63
    bits = np.packbits(read.codes == OK, bitorder="little")
    return pa.Array.from_buffers(pa.decimal128(18, 4), len(both), [pa.py_buffer(bits), pa.py_buffer(both)])
