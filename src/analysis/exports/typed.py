"""The rows of an export as a kind of table: typed roles, dimensions as text, and what was refused."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.exports import columnar, keyed, values
from analysis.exports.cleaning import clean
from analysis.exports.export import Export
from analysis.exports.mapping import Mapping, check, constant
from analysis.exports.part import FOOTER, LINE, SURPLUS, Seen
from analysis.exports.refused import REFUSED, Problems
from analysis.exports.text import MARKS
from analysis.tables import DAY, KINDS, MOMENT, NUMBER, PERCENTS, TEXT

REPEAT = "_repeat"
SPANS = (("valid_from", "valid_to"), ("term_start", "term_end"))
TYPES = {TEXT: pa.string(), MOMENT: pa.timestamp("us"), DAY: pa.timestamp("us"), NUMBER: pa.decimal128(18, 4)}
Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Chunk:
    """Some rows of the export: those accepted, and those refused with the reason."""

    accepted: pa.Table
    refused: pa.Table


def convert(export: Export, mapping: Mapping, *, progress: Progress | None = None) -> Iterator[Chunk]:
    """The rows, typed, in the order of the file; accepted + refused = rows read.

    Args:
        export: the file.
        mapping: which column is what; see `mapping.check`.
        progress: called with the rows done and the share of the file.

    Returns:
        Chunks of some ten thousand rows: `accepted` of `schema(mapping)`, `refused` of `refused.REFUSED`.
        A second row of an account in a table with one row a key is marked `_repeat` where it is
        identical; where it differs, both are refused. A date per step (`Mapping.steps`) is a column of
        timestamps beside the others; a row with one that cannot be read is refused.

    Raises:
        AnalysisError: the mapping does not fit, or the file turns out not to be readable.
    """
    check(export, mapping)
    keys = None
    if mapping.key:
        keys = keyed.collect((_Batch(batch, mapping).accepted() for batch in export.batches()), mapping.key)
    seen = Seen()
    for rows in export.batches_counting(seen):
        batch = _Batch(rows, mapping)
        if keys is not None:
            batch.resolve(keys)
        seen.shifted += batch.shifted
        yield Chunk(batch.accepted(), batch.problems.table(rows, export, mapping))
        if progress:
            progress(seen.rows, min(seen.bytes_read / max(export.size, 1), 1.0))


def schema(mapping: Mapping) -> pa.Schema:
    """Of `Chunk.accepted`: `_line`, `_repeat`, the mapped roles, `c1` … for the dimensions: text, or timestamps."""
    kinds = KINDS[mapping.kind].roles
    given = {*mapping.own, *mapping.constants, mapping.computed}
    roles = [(role, TYPES[written]) for role, written in kinds.items() if role in given]
    dimensions = [
        (f"c{place}", TYPES[MOMENT if column in mapping.moments else TEXT])
        for place, column in enumerate(mapping.dimensions, 1)
    ]
    return pa.schema([(LINE, pa.int64()), (REPEAT, pa.bool_()), *roles, *dimensions])


class _Batch:
    """Rows on their way: what is typed, and the first problem of each."""

    def __init__(self, rows: pa.RecordBatch, mapping: Mapping) -> None:
        self.rows, self.mapping, self.kind = rows, mapping, KINDS[mapping.kind]
        self.problems = Problems(rows.num_rows)
        self.repeat = np.zeros(rows.num_rows, bool)
        self.shifted = 0
        self.problems.add(rows.column(FOOTER).to_numpy(zero_copy_only=False), "footer", None)
        if rows.column(SURPLUS).null_count < rows.num_rows:
            self.problems.add(_valid(rows.column(SURPLUS)), "too_many_cells", None)
        self.roles = {role: self._role(role) for role in self.kind.roles if role in schema(mapping).names}
        self.dates = {column: self._dates(column, column) for column in mapping.moments}
        self._check_required()
        self._check_span()

    def _role(self, role: str) -> pa.Array:
        if role == self.mapping.computed:
            return self._product()
        if role in self.mapping.constants:
            value = constant(self.kind, role, self.mapping.constants[role])
            return pa.repeat(pa.scalar(value, TYPES[self.kind.roles[role]]), self.rows.num_rows)
        column, written = self.mapping.roles[role], self.kind.roles[role]
        texts = clean(self.rows.column(column))
        if written == TEXT:
            return _without_marks(texts) if role.endswith("_id") else texts
        if written == NUMBER:
            read = columnar.shares if role in PERCENTS else columnar.numbers
            return self._keep(columnar.as_numbers, read(texts), column)
        return self._dates(column, role, day=written == DAY)

    def _product(self) -> pa.Array:
        """Price times quantity, to four decimals (half up); a price alone is for one piece."""
        price, *quantity = (self._role(role) for role in self.mapping.factors)
        if not quantity:
            return price
        exact = pc.round(pc.multiply(price, quantity[0]), 4, round_mode="half_towards_infinity")
        large = pc.fill_null(pc.greater_equal(pc.abs(exact), pa.scalar(values.LIMIT)), False)
        self.problems.add(
            large.to_numpy(zero_copy_only=False), "number_too_large", self.mapping.roles[self.mapping.factors[0]]
        )
        return pc.if_else(large, pa.scalar(None, exact.type), exact).cast(TYPES[NUMBER])

    def _dates(self, column: str, written: str, *, day: bool = False) -> pa.Array:
        """A column as moments; `written`: under which name the mapping says how its dates are written."""
        texts = clean(self.rows.column(column))
        read = columnar.moments(texts, self.mapping.order(written), self.mapping.is_utc(written))
        self.shifted += read.shifted
        return self._keep(lambda r: columnar.as_moments(r, day=day), read, column)

    def _keep(self, make: Callable[[columnar.Read], pa.Array], read: columnar.Read, column: str) -> pa.Array:
        for code in np.unique(read.codes[read.codes > columnar.NOTHING]).tolist():
            self.problems.add(read.codes == code, columnar.CODES[code], column)
        return make(read)

    def _check_required(self) -> None:
        for group in self._required():
            mapped = [role for role in group if role in self.roles]
            if not mapped or self.kind.blank.issuperset(mapped):
                continue  # a date per step stands in for it, or a row may do without
            empty = np.logical_and.reduce([~_valid(self.roles[role]) for role in mapped])
            self.problems.add(empty, "missing", self.mapping.roles.get(mapped[0]))

    def _required(self) -> Iterator[tuple[str, ...]]:
        """The groups of the kind; of an amount or what it is made of, that which the file holds, and all of it."""
        for group in self.kind.required:
            if self.kind.product is None or self.kind.product[0] not in group:
                yield group
            elif self.mapping.computed:
                yield from ((role,) for role in self.mapping.factors)
            else:
                yield (self.kind.product[0],)

    def _check_span(self) -> None:
        for first, last in SPANS:
            if {first, last} <= self.roles.keys():
                wrong = pc.fill_null(pc.less(self.roles[last], self.roles[first]), False)
                column = self.mapping.roles.get(last)
                self.problems.add(wrong.to_numpy(zero_copy_only=False), "end_before_start", column)

    def resolve(self, keys: keyed.Keys) -> None:
        """Second rows of a key: mark the identical, refuse all that differ."""
        key = self.mapping.key
        assert key
        line = self.rows.column(LINE).to_numpy()
        several, differs, first, last = keys.look(self.roles[key])
        several &= self.problems.none()
        other = np.where(line == first, last, first)
        self.problems.add(several & differs, "second_row", self.mapping.roles[key], {"other": other})
        self.repeat = several & ~differs & (line != first)

    def accepted(self) -> pa.Table:
        """The rows without a problem."""
        dimensions = [
            self.dates[column] if column in self.dates else clean(self.rows.column(column))
            for column in self.mapping.dimensions
        ]
        arrays = [self.rows.column(LINE), pa.array(self.repeat), *self.roles.values(), *dimensions]
        table = pa.Table.from_arrays(arrays, schema=schema(self.mapping))
        good = self.problems.none()
        return table if good.all() else table.filter(pa.array(good))


_MARKS = pa.array(sorted(MARKS))


def _without_marks(ids: pa.Array) -> pa.Array:
    """An id of `-` or `n/a` is none."""
    short = pc.less(pc.binary_length(ids), 8)
    mark = pc.and_(short, pc.is_in(pc.utf8_lower(ids), value_set=_MARKS))
    return pc.if_else(mark, pa.scalar(None, pa.string()), ids)


def _valid(array: pa.Array) -> np.ndarray:
    return array.is_valid().to_numpy(zero_copy_only=False)


__all__ = ["REFUSED", "Chunk", "convert", "schema"]
