"""From bytes to a table of text: kind of file, encoding, delimiter, header, names."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa

from analysis.errors import ChoiceError, EmptyFileError, HeaderLineError, NotATableError, OnlyHeaderError, WebPageError
from analysis.exports import dialect, encoding, footer, header, workbook
from analysis.exports.findings import Finding
from analysis.exports.part import Part, Seen, batches, from_cells
from analysis.exports.rows import Layout, stream
from analysis.exports.source import Source, is_workbook, what_else
from analysis.exports.text import same, trim

HEAD = 1 << 20  # characters looked at for delimiter and header
SHEET_ROWS = 20_000  # rows of a workbook in one batch


@dataclass(frozen=True)
class Table:
    """Where the table lies in its file, and how to stream it."""

    source: Source
    layout: Layout
    header_row: int
    findings: tuple[Finding, ...]
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None
    sheets: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.layout.columns

    @property
    def schema(self) -> pa.Schema:
        """Of every batch."""
        return self.layout.schema

    def stream(self, seen: Seen) -> Iterator[pa.RecordBatch]:
        """The rows under the header."""
        if self.sheet is None:
            yield from stream(self.source, self.layout, seen)
        else:
            yield from _sheet_batches(self, seen)


def inspect(
    source: Source, wanted_encoding: str | None, delimiter: str | None, header_line: int | None, sheet: str | None
) -> Table:
    """Look at the file without reading more than its head."""
    if not source.size:
        raise EmptyFileError(source.name)
    if is_workbook(source):
        return _inspect_book(source, header_line, sheet)
    if found := what_else(source):
        raise NotATableError(source.name, found)
    return _inspect_text(source, wanted_encoding, delimiter, header_line)


def _inspect_text(source: Source, wanted: str | None, delimiter: str | None, header_line: int | None) -> Table:
    chosen = encoding.choose(source, wanted)
    head, whole = _head(source, chosen)
    if not trim(head):
        raise EmptyFileError(source.name)
    _check_text(source, head)
    if delimiter is not None and (len(delimiter) != 1 or delimiter in '"\n\r'):
        raise ChoiceError("delimiter", delimiter, dialect.DELIMITERS)
    delimiter = delimiter or dialect.guess(head)
    rows = list(islice(dialect.rows_of(head, delimiter), dialect.SCAN + 1))
    if not whole and len(rows) > 1:
        rows.pop()  # the head may end inside it
    layout, line, findings = _lay_out(source, rows, header_line, chosen, delimiter)
    said = (Finding(f"encoding_{_family(chosen)}"), *_about_delimiter(delimiter), *findings)
    return Table(source, layout, line, said, encoding=chosen, delimiter=delimiter)


def _head(source: Source, chosen: str) -> tuple[str, bool]:
    """The first characters, and whether they are the whole file."""
    taken = ""
    for piece in encoding.decoded(source, chosen):
        taken += piece
        if len(taken) > HEAD:
            return taken[:HEAD], False
    return taken, True


def _check_text(source: Source, head: str) -> None:
    """Control characters are for machines; a page of HTML is a table for nobody."""
    controls = sum(head[:4096].count(chr(code)) for code in [*range(1, 9), *range(14, 26), *range(27, 32), 127])
    if controls > 2 + len(head[:4096]) // 200:
        raise NotATableError(source.name, "binary")
    start = trim(head[:2000]).lower()
    if start.startswith(("<!doctype", "<html", "<table", "<?xml", "<head", "<body", "<meta")):
        raise WebPageError(source.name)


def _family(chosen: str) -> str:
    for family in ("utf-8", "utf-16", "cp932"):
        if chosen.startswith(family):
            return family.replace("-", "")
    return "other"


def _about_delimiter(delimiter: str) -> tuple[Finding, ...]:
    names = {"\t": "tab", ";": "semicolon"}
    return (Finding(f"delimiter_{names[delimiter]}"),) if delimiter in names else ()


def _lay_out(
    source: Source, rows: Sequence[header.Row], wanted: int | None, chosen: str, delimiter: str
) -> tuple[Layout, int, tuple[Finding, ...]]:
    """The layout, the header's line, and what there is to say about it."""
    index, line, guessed = _header_index(source, rows, wanted)
    body = [cells for _, cells in rows[index + 1 :] if any(map(trim, cells))]
    cells = rows[index][1] if line else []
    if not body:
        raise OnlyHeaderError(source.name, line, [trim(cell) for cell in cells if trim(cell)])
    named = header.columns_of(cells, body)
    columns, empty, repeated = header.names(cells[:named], named)
    findings = _about_header(rows, index, line, guessed, columns, empty, repeated)
    width = header.usual_cells(body)
    skip = rows[index + 1][0] - 1 if line and index + 1 < len(rows) else 0
    return Layout(chosen, delimiter, skip, columns, width), line, findings


def _header_index(source: Source, rows: Sequence[header.Row], wanted: int | None) -> tuple[int, int, bool]:
    """Index in `rows`, physical line, and whether it is a guess for want of words."""
    if wanted == 0:
        return -1, 0, False
    if wanted is not None:
        index = next((place for place, (line, cells) in enumerate(rows) if line == wanted and any(cells)), None)
        if index is None:
            raise HeaderLineError(source.name, wanted)
        return index, wanted, False
    index = header.find(rows)
    guessed = index is None
    if index is None:
        index = header.first_filled(rows)
    if index is None:
        raise EmptyFileError(source.name)
    return index, rows[index][0], guessed


def _about_header(
    rows: Sequence[header.Row],
    index: int,
    line: int,
    guessed: bool,
    columns: tuple[str, ...],
    empty: list[int],
    repeated: dict[str, int],
) -> tuple[Finding, ...]:
    found = []
    above = sum(1 for _, cells in rows[: max(index, 0)] if any(map(trim, cells)))
    if above:
        found.append(Finding("title_lines", {"n": above, "line": line}))
    if guessed:
        found.append(Finding("header_guessed", {"line": line}))
    for name, count in repeated.items():
        others = [column for column in columns if same(column).startswith(same(name) + "__")]
        found.append(Finding("repeated_header", {"name": name, "n": count, "others": others}))
    if empty and line:
        found.append(Finding("unnamed_columns", {"n": len(empty), "names": [f"#{place}" for place in empty[:10]]}))
    return tuple(found)


def _inspect_book(source: Source, header_line: int | None, wanted: str | None) -> Table:
    book = workbook.open_book(source)
    sheet = workbook.choose(source, book, wanted)
    if sheet is None:
        raise EmptyFileError(source.name)
    rows = list(islice(workbook.rows(source, book, sheet), dialect.SCAN))
    if not any(trim(cell) for _, cells in rows for cell in cells):
        raise EmptyFileError(source.name)
    layout, line, findings = _lay_out(source, rows, header_line, "", "")
    names = workbook.sheet_names(book)
    said = (Finding("sheets", {"sheet": sheet, "others": [n for n in names if n != sheet]}),) if len(names) > 1 else ()
    return Table(source, layout, line, said + findings, sheet=sheet, sheets=names)


def _sheet_batches(table: Table, seen: Seen) -> Iterator[pa.RecordBatch]:
    for part in footer.mark(_sheet_parts(table)):
        yield from batches(part, table.schema, seen)
    seen.bytes_read = table.source.size


def _sheet_parts(table: Table) -> Iterator[Part]:
    assert table.sheet is not None
    rows = workbook.rows(table.source, workbook.open_book(table.source), table.sheet)
    body = (row for row in rows if row[0] > table.layout.skip)
    while some := list(islice(body, SHEET_ROWS)):
        part = from_cells([cells for _, cells in some], len(table.columns))
        part.line = np.array([line for line, _ in some], np.int64)
        yield part
