"""The rows of a text file, streamed: every row with its physical line, ragged rows included."""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from analysis.errors import UnclosedQuoteError
from analysis.exports import footer
from analysis.exports.encoding import END, Utf8Lines
from analysis.exports.gate import Gate
from analysis.exports.part import FOOTER, LINE, SURPLUS, Part, Seen, batches, from_arrays, from_cells, join
from analysis.exports.source import Source

BLOCK = 1 << 20  # bytes parsed at a time; also the longest row


@dataclass(frozen=True)
class Layout:
    """How the rows lie in the file."""

    encoding: str
    delimiter: str
    skip: int  # physical lines up to and with the header
    columns: tuple[str, ...]
    width: int  # cells of most rows, which may be more or fewer than the columns

    @property
    def schema(self) -> pa.Schema:
        """`_line`, every column as text, `_surplus`, `_footer`."""
        columns = [(name, pa.string()) for name in self.columns]
        return pa.schema([(LINE, pa.int64()), *columns, (SURPLUS, pa.string()), (FOOTER, pa.bool_())])


class _OpenQuote(Exception):  # noqa: N818 - becomes an UnclosedQuoteError once the line is known
    """The file ends inside a quoted cell, of a row that starts `lines` below the start of its block."""

    def __init__(self, lines: int) -> None:
        super().__init__(lines)
        self.lines = lines


def stream(source: Source, layout: Layout, seen: Seen) -> Iterator[pa.RecordBatch]:
    """The rows after the header, in batches of `layout.schema`; memory: a few blocks.

    Raises:
        UnclosedQuoteError: a quote that is opened and never closed, or a row longer than a block.
        UndecodableError, NotATableError: see `encoding.decoded`.
    """
    lines = Utf8Lines(source, layout.encoding, layout.skip, end=True)
    line = layout.skip + 1

    def numbered() -> Iterator[Part]:
        nonlocal line
        for part in _parts(lines, layout):
            ends = line + np.cumsum(part.heights())
            part.line = np.concatenate([[line], ends[:-1]])
            line = int(ends[-1]) if len(ends) else line
            yield part

    try:
        for part in footer.mark(part for part in numbered() if len(part)):
            seen.bytes_read = lines.bytes_read
            yield from batches(part, layout.schema, seen)
    except pa.ArrowInvalid as error:
        if "straddling" not in str(error):
            raise
        raise UnclosedQuoteError(source.name, line) from None
    except _OpenQuote as error:
        raise UnclosedQuoteError(source.name, line + error.lines) from None


def _parts(lines: Utf8Lines, layout: Layout) -> Iterator[Part]:
    """Blocks with their ragged rows put back in place, without the mark of the end."""
    ragged: dict[int, str] = {}

    def keep(row: arrow_csv.InvalidRow) -> str:
        ragged[row.number] = row.text
        return "skip"

    before, held = 0, None
    for arrays in _arrow(lines, layout, keep):
        part = _merge(arrays, _places(ragged, before, len(arrays[0])), layout)
        if held is not None and len(part):
            yield held
        before += len(part)
        held = part if len(part) or held is None else held
    if ragged:
        rest = _merge([pa.array([], pa.string())] * layout.width, _places(ragged, before, 0), layout)
        held = rest if held is None else join(held, rest)
    assert held is not None
    yield _without_end(held)


def _places(ragged: dict[int, str], before: int, rows: int) -> dict[int, str]:
    """Take the ragged rows that stand among the next `rows` regular ones, or right after them: place -> text."""
    taken: dict[int, str] = {}
    for number in sorted(ragged):
        if number - before > rows + len(taken) + 1:
            break  # read ahead: it belongs to a later block
        taken[number - before - 1] = ragged.pop(number)
    return taken


def _arrow(lines: Utf8Lines, layout: Layout, keep: Callable[[arrow_csv.InvalidRow], str]) -> Iterator[list[pa.Array]]:
    names = [str(place) for place in range(layout.width)]
    gate = Gate(lines)
    reader = arrow_csv.open_csv(
        pa.PythonFile(gate, mode="r"),
        # One thread: only then are the numbers of ragged rows known.
        read_options=arrow_csv.ReadOptions(use_threads=False, block_size=BLOCK, column_names=names),
        parse_options=arrow_csv.ParseOptions(
            delimiter=layout.delimiter,
            newlines_in_values=True,
            ignore_empty_lines=False,
            invalid_row_handler=keep,
        ),
        convert_options=arrow_csv.ConvertOptions(
            column_types={name: pa.string() for name in names}, strings_can_be_null=False, check_utf8=False
        ),
    )
    for batch in gate.batches(reader):
        yield batch.columns


def _merge(arrays: list[pa.Array], ragged: dict[int, str], layout: Layout) -> Part:
    """Rows of the usual width and ragged ones, in the order of the file, laid under the columns."""
    usual = from_arrays(arrays, len(layout.columns))
    if not ragged:
        return usual
    places = np.array(sorted(ragged), np.int64)
    odd = from_cells([_cells(ragged[place], layout.delimiter) for place in places.tolist()], len(layout.columns))
    total = len(usual) + len(odd)
    regular = np.setdiff1d(np.arange(total), places, assume_unique=True)
    return join(usual, odd).take(np.argsort(np.concatenate([regular, places]), kind="stable"))


def _cells(text: str, delimiter: str) -> list[str]:
    return next(csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter), [])


def _without_end(part: Part) -> Part:
    """The part without its last row, which must be the mark of the end and nothing else."""
    last = [column[-1].as_py() for column in part.columns]
    if last[0] != END or any(last[1:]) or part.surplus[-1].is_valid:
        raise _OpenQuote(int(part.heights()[:-1].sum()))
    return part.take(np.arange(len(part) - 1))
