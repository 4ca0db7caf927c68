"""From chunks to an import: written aside, synced, renamed into place, and one row of the catalogue makes it true."""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.tables import KINDS
from analysis.workspace.checkpoints import checkpoint

ROWS_A_GROUP = 100_000
BYTES_A_GROUP = 64 << 20
COMPRESSION = "zstd"


@dataclass(frozen=True)
class Source:
    """What is imported: where it came from, what its columns mean, and its rows (`exports.typed.Chunk`s)."""

    name: str
    sha256: str
    size: int
    mapping: Any
    chunks: Iterable[Any] = field(repr=False)
    sheet: str | None = None
    shape: str | None = None
    as_of: date | None = None
    who: str | None = None
    original: Path | None = None

    @property
    def kind(self) -> str:
        return self.mapping.kind


@dataclass
class Written:
    """What has been written aside so far."""

    stored: int = 0
    repeated: int = 0
    refused: int = 0
    first: datetime | None = None
    last: datetime | None = None
    reasons: list[dict[str, Any]] = field(default_factory=list)

    @property
    def read(self) -> int:
        return self.stored + self.refused


def parquet_writer(file: Any, schema: pa.Schema) -> pq.ParquetWriter:
    """Text by dictionary, line numbers by their steps: half the time and two thirds of the size of the defaults."""
    texts = [column.name for column in schema if pa.types.is_string(column.type)]
    steps = {column.name: "DELTA_BINARY_PACKED" for column in schema if pa.types.is_int64(column.type)}
    return pq.ParquetWriter(file, schema, compression=COMPRESSION, use_dictionary=texts, column_encoding=steps)


class Sink:
    """One Parquet file that grows by whole row groups and is on the disk when it is closed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows = 0
        self._file: Any = None
        self._writer: pq.ParquetWriter | None = None
        self._waiting: list[pa.Table] = []

    def add(self, table: pa.Table) -> None:
        if not len(table):
            return
        if self._writer is None:
            self._file = self.path.open("wb")
            self._writer = parquet_writer(self._file, table.schema)
        self.rows += len(table)
        self._waiting.append(table.cast(self._writer.schema))
        if sum(map(len, self._waiting)) >= ROWS_A_GROUP or sum(t.nbytes for t in self._waiting) >= BYTES_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if self._writer and self._waiting:
            self._writer.write_table(pa.concat_tables(self._waiting))
            self._waiting = []

    def close(self) -> None:
        if self._writer:
            self._flush()
            self._writer.close()
            self._file.flush()
            os.fsync(self._file.fileno())
        self.abandon()

    def abandon(self) -> None:
        """Lets go of the file, whatever has been written; what could not be is known already."""
        if self._writer and self._writer.is_open:
            with suppress(OSError, pa.ArrowException):
                self._writer.close()
        if self._file:
            with suppress(OSError):
                self._file.close()


def write_aside(source: Source, folder: Path) -> Written:
    """Accepted rows, refused rows and the original into `folder`, synced."""
    written = Written()
    accepted, refused = Sink(folder / "table.parquet"), Sink(folder / "refused.parquet")
    try:
        for chunk in source.chunks:
            accepted.add(chunk.accepted)
            refused.add(chunk.refused)
            _count(written, chunk, KINDS[source.kind].time)
            checkpoint("add.chunk")
        accepted.close()
        checkpoint("add.table")
        refused.close()
        checkpoint("add.refused")
    finally:
        accepted.abandon()
        refused.abandon()
    if source.original:
        copy(source.original, folder / "original")
    checkpoint("add.original")
    return written


def _count(written: Written, chunk: Any, time: str | None) -> None:
    written.stored += len(chunk.accepted)
    written.refused += len(chunk.refused)
    written.repeated += pc.sum(chunk.accepted["_repeat"]).as_py() or 0
    if len(written.reasons) < 3:
        written.reasons += chunk.refused.slice(0, 3 - len(written.reasons)).to_pylist()
    if time in chunk.accepted.column_names and len(chunk.accepted):
        edges = pc.min_max(chunk.accepted[time]).as_py()
        written.first = min(filter(None, (written.first, edges["min"])), default=None)
        written.last = max(filter(None, (written.last, edges["max"])), default=None)


def copy(source: Path, target: Path) -> None:
    """A synced copy."""
    with source.open("rb") as reader, target.open("wb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)
        writer.flush()
        os.fsync(writer.fileno())


def place(source: Path, target: Path) -> None:
    """Renames a synced file to where it belongs; on POSIX the folder is synced too (Windows cannot)."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    if os.name == "posix":
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def row_of(source: Source, written: Written) -> dict[str, Any]:
    """The catalogue row of what was written, before its duplicates are known."""
    return {
        "kind": source.kind,
        "name": source.name,
        "sha256": source.sha256,
        "size": source.size,
        "sheet": source.sheet,
        "as_of": source.as_of,
        "mapping": source.mapping.to_json(),
        "columns": json.dumps(
            {f"c{number}": header for number, header in enumerate(source.mapping.dimensions, 1)}, ensure_ascii=False
        ),
        "read": written.read,
        "repeated": written.repeated,
        "refused": written.refused,
        "state": "active",
        "imported_at": datetime.now(UTC).replace(tzinfo=None, microsecond=0),
        "who": source.who,
        "first": written.first,
        "last": written.last,
        "original": source.original is not None,
        "shape": source.shape,
    }
