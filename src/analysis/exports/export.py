"""One export: what is known about the file, and its rows as text."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

import pandas as pd
import pyarrow as pa

from analysis.exports.ahead import ahead
from analysis.exports.findings import Finding
from analysis.exports.part import FOOTER, LINE, SURPLUS, Seen
from analysis.exports.reading import Table, inspect
from analysis.exports.source import Source, open_source


@dataclass(eq=False)
class Export:
    """A system's export: all text, plus what was found. Made by `read_export`; nothing is read until asked for."""

    source: Source
    read: Table
    keep: object = field(default=None, repr=False)  # what a copy of an unnamed file lives by
    seen: Seen | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.source.name

    @property
    def path(self) -> Path:
        """Where the bytes are."""
        return self.source.path

    @property
    def sha256(self) -> str:
        """Hash of the bytes."""
        return self.source.sha256

    @property
    def size(self) -> int:
        """Number of bytes."""
        return self.source.size

    @property
    def encoding(self) -> str | None:
        """`utf-8`, `utf-8-sig`, `cp932`, `utf-16` …; None for a workbook."""
        return self.read.encoding

    @property
    def delimiter(self) -> str | None:
        """What parts the cells; None for a workbook."""
        return self.read.delimiter

    @property
    def sheet(self) -> str | None:
        """The sheet that is read; None for a text file."""
        return self.read.sheet

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheets of the workbook."""
        return self.read.sheets

    @property
    def header_row(self) -> int:
        """The physical line of the header, from 1; 0 where the file has none."""
        return self.read.header_row

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns: unique, trimmed."""
        return self.read.columns

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What a reader should know; what only a whole pass shows is added once one has been made."""
        return self.read.findings + _after_reading(self.seen)

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, streamed: `_line` (int64), every column as text, `_surplus`, `_footer`.

        A row that is too short is filled up with blanks; one with filled cells beyond the header
        carries them in `_surplus` as a JSON list (null elsewhere); `_footer` marks notes and totals
        below the table. A row without any value is none.

        Raises:
            UndecodableError, UnclosedQuoteError, NotATableError: where the file turns out not to be readable.
        """
        yield from self.batches_counting(Seen())

    def batches_counting(self, seen: Seen) -> Iterator[pa.RecordBatch]:
        """`batches`, counting into `seen` while it goes."""
        yield from ahead(self.read.stream(seen))
        self.seen = replace(seen)

    def sample(self, rows: int = 1000) -> pd.DataFrame:
        """The first rows as text, blanks as `""`, without reading the whole file."""
        taken: list[pa.RecordBatch] = []
        for batch in self.read.stream(Seen()):
            taken.append(batch.slice(0, rows - sum(map(len, taken))))
            if sum(map(len, taken)) >= rows:
                break
        return self._frame(taken)

    @property
    def table(self) -> pd.DataFrame:
        """The whole file as text; blanks are `""`."""
        return self._frame(list(self.batches()))

    def _frame(self, batches: list[pa.RecordBatch]) -> pd.DataFrame:
        table = pa.Table.from_batches(batches, schema=self.read.schema)
        return table.drop_columns([LINE, SURPLUS, FOOTER]).to_pandas(types_mapper=_TEXT.get)


_TEXT: dict[pa.DataType, pd.StringDtype] = {pa.string(): pd.StringDtype(na_value=float("nan"))}


def _after_reading(seen: Seen | None) -> tuple[Finding, ...]:
    found = []
    if seen and seen.short:
        found.append(Finding("short_rows", {"n": seen.short, "line": seen.first_short}))
    if seen and seen.long:
        found.append(Finding("long_rows", {"n": seen.long, "line": seen.first_long}))
    if seen and seen.footer:
        found.append(Finding("footer", {"n": seen.footer, "line": seen.first_footer}))
    if seen and seen.shifted:
        found.append(Finding("shifted", {"n": seen.shifted}))
    return tuple(found)


def read_export(
    source: str | Path | BinaryIO,
    *,
    encoding: str | None = None,
    delimiter: str | None = None,
    header: int | None = None,
    sheet: str | None = None,
    name: str | None = None,
) -> Export:
    """Open a system's export: CSV or TSV in UTF-8, CP932 or UTF-16, or a workbook (XLSX, XLS, ODS).

    Args:
        source: a path, or a file opened for reading bytes.
        encoding, delimiter, sheet: found by themselves unless given.
        header: the physical line of the header, from 1; 0 where the file has none.
        name: what the file is called in sentences, where `source` does not say.

    Raises:
        AnalysisError: the file is empty, encrypted, no table, or only a header; each says what to do.
    """
    facts, keep = open_source(source, name)
    return Export(facts, inspect(facts, encoding, delimiter, header, sheet), keep)
