"""Frames of any engine: what a metric may ask of them, and the few shapes in which it counts."""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import (
    BlankKeyError,
    DuplicateKeyError,
    MissingColumnError,
    MixedFramesError,
    MomentTypeError,
    NameClashError,
)

Frame: TypeAlias = nw.LazyFrame[Any]  # or an eager one: what is used here, both offer

Z95 = 1.959963984540054  # the 97.5 % point of the normal distribution
Keys: TypeAlias = set[tuple[str, ...]]
_SOUND: WeakKeyDictionary[Any, Keys] = WeakKeyDictionary()  # table of an engine -> its keys that were found sound
# between rows and values of a small table that travels as one text: the first two that are in no value
SEPARATORS = ("\x1e", "\x1f", "\x1c", "\x1d", *map(chr, range(0xE000, 0xE100)))


def moment(at: date) -> nw.Expr:
    """A literal without a time zone; a bare datetime is shifted by Spark's session zone."""
    whole = at if isinstance(at, datetime) else datetime(at.year, at.month, at.day)
    return nw.lit(whole.isoformat(" ")).cast(nw.Datetime("us"))


def start_of(at: nw.Expr, unit: str) -> nw.Expr:
    """The start of the day (`1d`) or month (`1mo`) of a moment; without the cast Spark gives it a zone."""
    return at.dt.truncate(unit).cast(nw.Datetime("us"))


def names(choice: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, as a tuple: a text is one name, not its letters."""
    return (choice,) if isinstance(choice, str) else tuple(choice)


def open_frames(**tables: IntoFrame) -> list[Frame]:
    """Native frames of one engine, for Narwhals; an index of pandas, which may be called like a column, is left out."""
    frames: list[Any] = [nw.maybe_reset_index(nw.from_native(table)) for table in tables.values()]
    engines = {str(frame.implementation) for frame in frames}
    if len(engines) > 1:
        raise MixedFramesError(list(tables), sorted(engines))
    return frames


def require(frame: Frame, table: str, *columns: str, roles: Iterable[str] = (), moments: Iterable[str] = ()) -> Schema:
    """The schema of `frame`, once every named column is there and every moment is a timestamp without a zone.

    Args:
        frame: the frame to look at.
        table: its name in errors.
        columns: must exist.
        roles: names with a meaning; a column that differs from one only in letter case is refused,
            because DuckDB would take it for the role.
        moments: must be timestamps where they exist.
    """
    schema = frame.collect_schema()
    for role in roles:
        for name in schema:
            if name != role and fold(name) == role:
                raise NameClashError(table, name, role)
    for column in columns:
        if column not in schema:
            raise MissingColumnError(table, column, list(schema))
    for column in moments:
        if column in schema and not is_moment(schema[column]):
            raise MomentTypeError(table, column, str(schema[column]))
    return schema


def fold(name: str) -> str:
    """A name or a value as an engine or a reader may take it for another."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def is_moment(dtype: Any) -> bool:
    """True for a timestamp without a time zone."""
    return isinstance(dtype, nw.Datetime) and dtype.time_zone is None


def is_text(dtype: Any) -> bool:
    """True where a value is a text, however the engine stores it (unknown: a column without any value)."""
    return dtype in {nw.String, nw.Object} or is_stored_as_code(dtype)


def is_stored_as_code(dtype: Any) -> bool:
    """True for a category, and for a column of DuckDB that holds nothing but null."""
    return dtype in {nw.Categorical, nw.Unknown} or isinstance(dtype, nw.Enum)


def as_text(column: str, schema: Schema) -> nw.Expr:
    """An id; a category as its text, because two tables never share one."""
    return nw.col(column).cast(nw.String) if is_stored_as_code(schema[column]) else nw.col(column)


def plain(column: str, dtype: Any) -> nw.Expr:
    """The column as plain values: a category as its text, and blank (null, "", not a number) as null."""
    value = nw.col(column)
    if is_stored_as_code(dtype):
        value = value.cast(nw.String)
    if is_text(dtype):
        return nw.when(value != "").then(value)
    if dtype in {nw.Float32, nw.Float64}:
        return nw.when(~value.is_nan()).then(value)
    return value


def facts(frame: Frame) -> dict[str, Any]:
    """The first row of a small frame, fetched."""
    return rows(frame)[0]


def rows(frame: Frame) -> list[dict[str, Any]]:
    """The rows of a small frame, fetched."""
    return frame.lazy().collect().rows(named=True)


def know_keys(table: object, sound: Keys) -> None:
    """For a table whose rows are handed out again and again: a key that `require_key` has found sound goes into
    `sound`, and what stands there is not looked at again.

    Args:
        table: of a lazy engine.
        sound: the same set for the same rows, whichever table object holds them.
    """
    _SOUND[table] = sound


def require_key(frame: Frame, table: str, *keys: str) -> None:
    """Refuses a table with two rows for one key, or with a row whose key is blank."""
    sound: Keys = set() if is_eager(frame) else _SOUND.get(frame.to_native(), set())
    if keys not in sound:
        _look_at_key(frame, table, *keys)
        sound.add(keys)


def _look_at_key(frame: Frame, table: str, *keys: str) -> None:
    blank = {f"_blank{i}": nw.when(is_blank(frame, key)).then(1).otherwise(0) for i, key in enumerate(keys)}
    marked = frame.select(*keys, **blank)
    if len(keys) == 1:
        found = facts(marked.select(nw.col(*blank).sum(), _rows=nw.len(), keys=nw.col(*keys).n_unique()))
    else:
        each = marked.group_by(*keys).agg(nw.col(*blank).sum(), _rows=nw.len())
        found = facts(each.select(nw.col("_rows", *blank).sum(), keys=nw.len()))
    for i, key in enumerate(keys):
        if found[f"_blank{i}"]:
            raise BlankKeyError(table, key, int(found[f"_blank{i}"]))
    counted, different = int(found["_rows"] or 0), int(found["keys"] or 0)  # of nothing an engine may count null
    if different != counted:
        raise DuplicateKeyError(table, " + ".join(keys), counted, different)


def is_blank(frame: Frame, column: str) -> nw.Expr:
    """True where the column holds null or an empty text."""
    return plain(column, frame.collect_schema()[column]).is_null()


def literal_rows(like: Frame, moments: Sequence[tuple[date, ...]], columns: Sequence[str]) -> Frame:
    """A small frame of moments on the engine of `like`: Narwhals can make one out of nothing only on pandas."""
    texts = [[datetime(at.year, at.month, at.day).isoformat(" ") for at in row] for row in moments]
    if is_eager(like):
        listed = {column: [row[i] for row in texts] for i, column in enumerate(columns)}
        made: Any = nw.from_dict(listed, backend=like.implementation)
        return made.with_columns(nw.col(*columns).cast(nw.Datetime("us")))
    one = like.select(_rows=nw.len())
    packed = one.with_columns(_row=nw.lit(",".join("".join(row) for row in texts)).str.split(",")).explode("_row")
    width = len(texts[0][0])
    cut = {c: nw.col("_row").str.slice(i * width, width).cast(nw.Datetime("us")) for i, c in enumerate(columns)}
    return packed.select(**cut)


def text_frame(like: Frame, pairs: Sequence[tuple[str, ...]], columns: Sequence[str]) -> Frame:
    """A small frame of texts on the engine of `like`."""
    if is_eager(like):
        listed = {name: [pair[i] for pair in pairs] for i, name in enumerate(columns)}
        made: Any = nw.from_dict(listed, schema=dict.fromkeys(columns, nw.String), backend=like.implementation)
        return made
    texts = {text for pair in pairs for text in pair}
    line, cell = [mark for mark in SEPARATORS if not any(mark in text for text in texts)][:2]
    packed = line.join(cell.join(pair) for pair in pairs) if pairs else cell.join(line for _ in columns)
    one = like.select(_rows=nw.len()).with_columns(_row=nw.lit(packed).str.split(line)).explode("_row")
    cut = one.with_columns(_row=nw.col("_row").str.split(cell))
    made = cut.select(**{name: nw.col("_row").list.get(i) for i, name in enumerate(columns)})
    return made if pairs else made.filter(nw.col(columns[0]) != "")


def count_by(frame: Frame, by: Sequence[str], **aggregates: nw.Expr) -> Frame:
    """Counts a group, null among the groups; without `by` one row.

    Args:
        frame: what to count.
        by: the columns to group by.
        aggregates: `nw.len()` or `nw.col("x").sum()` or `.count()`, nothing more (a condition
            inside is lost on pandas). A sum of nothing may be null and wider than Int64: see `whole`.
    """
    return frame.group_by(*by).agg(**aggregates) if by else frame.select(**aggregates)


def whole(*counts: str) -> nw.Expr:
    """Counts as Int64, 0 where there is nothing to count: every engine adds up to a type of its own."""
    return nw.col(*counts).fill_null(0).cast(nw.Int64)


def ratio(numerator: str, denominator: str) -> nw.Expr:
    """The quotient of two counts, null where the denominator is 0."""
    return nw.when(nw.col(denominator) > 0).then(nw.col(numerator) / nw.col(denominator))


def wilson(numerator: str, denominator: str) -> tuple[nw.Expr, nw.Expr]:
    """The bounds of the 95 % score interval of a proportion (Wilson 1927), null where the denominator is 0."""
    hits, trials = nw.col(numerator).cast(nw.Float64), nw.col(denominator).cast(nw.Float64)
    share, square = hits / trials, Z95**2
    centre = share + square / (trials * 2)
    half = ((share * (1 - share) + square / (trials * 4)) / trials).sqrt() * Z95
    low, high = ((centre + sign * half) / (1 + square / trials) for sign in (-1, 1))
    # exact at the ends, where the two terms cancel only up to the last digit
    low = nw.when(hits > 0).then(low).otherwise(nw.lit(0.0))
    high = nw.when(hits < trials).then(high).otherwise(nw.lit(1.0))
    return nw.when(trials > 0).then(low), nw.when(trials > 0).then(high)


def is_eager(frame: object) -> bool:
    """True where the frame holds its rows already (pandas)."""
    return isinstance(frame, nw.DataFrame)


def keep(frame: Frame, conditions: Sequence[nw.Expr]) -> Frame:
    """The rows that fulfil all conditions; without any, all rows."""
    return frame.filter(*conditions) if conditions else frame


def repeated(frame: Frame, texts: Sequence[str], column: str) -> Frame:
    """Every row once for each of the texts, which stands in `column`: a union of as many parts as there are texts,
    but a lazy engine would count a part of a union for itself."""
    if is_eager(frame):
        return union([frame.with_columns(nw.lit(text).alias(column)) for text in texts])
    return frame.with_columns(nw.lit(",".join(texts)).str.split(",").alias(column)).explode(column)


def union(parts: Sequence[Frame]) -> Frame:
    """All rows of all parts."""
    return nw.concat(list(parts)) if len(parts) > 1 else parts[0]
