"""Which rows of an import an older active import already holds: computed, written down, never deleted."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.tables import DAY, KINDS, MOMENT, NUMBER, TEXT
from analysis.workspace.sql import fold, quote

SQL_TYPES = {TEXT: "VARCHAR", MOMENT: "TIMESTAMP", DAY: "TIMESTAMP", NUMBER: "DECIMAL(18, 4)"}


@dataclass(frozen=True)
class Part:
    """The stored rows of one import, and what its columns are called."""

    path: Path
    kind: str
    columns: dict[str, str]
    personal: tuple[str, ...]
    first: datetime | None
    last: datetime | None

    def touches(self, other: "Part") -> bool:
        """Could they hold the same event? Only where their times meet."""
        if None in (self.first, self.last, other.first, other.last):
            return True
        return self.first <= other.last and other.first <= self.last  # type: ignore[operator]

    def named(self) -> dict[str, str]:
        """Identity -> stored column: roles by their own name, dimensions by their folded header."""
        stored = [name for name in pq.read_schema(self.path).names if not name.startswith("_")]
        return {"." + fold(self.columns[name]) if name in self.columns else name: name for name in stored}


def resolve(part: Part, older: Sequence[Part], into: Path, scratch: Path) -> int:
    """Writes the `_line`s of `part` that `older` holds to `into`; no file where there are none.

    An event is its role values and its non-personal dimensions with their headers, blanks left out;
    the n-th such row of `part` is a duplicate where one of `older` holds at least n of them.
    """
    older = [other for other in older if part.touches(other)]
    if not older or KINDS[part.kind].snapshot:  # a later roster says again who is on it
        return 0
    query, values = _query(part, older)
    with duckdb.connect(config={"temp_directory": str(scratch), "memory_limit": "1GB"}) as connection:
        lines = connection.sql(query, params=values).to_arrow_table()
    if len(lines):
        write(lines, into)
    return len(lines)


def write(table: pa.Table, path: Path) -> None:
    """A small Parquet file, on the disk when this returns."""
    with path.open("wb") as file:
        pq.write_table(table, file)
        file.flush()
        os.fsync(file.fileno())


def _query(part: Part, older: Sequence[Part]) -> tuple[str, list[object]]:
    parts = [part, *older]
    personal = {"." + fold(header) for each in parts for header in each.personal}
    names = sorted({name for each in parts for name in each.named()} - personal)
    keys = [f"k{number}" for number in range(len(names))]
    listed = ", ".join(keys)
    rows, values = zip(*(_rows(each, names, parts, number) for number, each in enumerate(parts)), strict=True)
    held = " UNION ALL ".join(rows[1:])
    same = " AND ".join(f"mine.{key} IS NOT DISTINCT FROM held.{key}" for key in keys)
    query = f"""
        WITH mine AS ({rows[0]}),
        held AS (
            SELECT {listed}, max(times) AS times, row_number() OVER () AS event
            FROM (SELECT {listed}, part, count(*) AS times FROM ({held}) GROUP BY ALL) GROUP BY {listed}
        )
        SELECT _line FROM (
            SELECT _line, times, row_number() OVER (PARTITION BY event ORDER BY _line) AS nth
            FROM mine JOIN held ON {same}
        ) WHERE nth <= times ORDER BY _line
    """
    return query, [value for each in values for value in each]


def _rows(part: Part, names: Sequence[str], parts: Sequence[Part], number: int) -> tuple[str, list[object]]:
    """One SELECT over a part: its line, its number, its values under the common keys, only where times meet."""
    kind = KINDS[part.kind]
    mine = part.named()
    keys = [
        f"{quote(mine[name]) if name in mine else f'NULL::{SQL_TYPES[kind.roles.get(name, TEXT)]}'} AS k{position}"
        for position, name in enumerate(names)
    ]
    query = f"SELECT _line, {number:d} AS part, {', '.join(keys)} FROM read_parquet(?) WHERE NOT _repeat"
    values: list[object] = [str(part.path)]
    others = [each for each in parts if (each is parts[0]) != (part is parts[0])]
    if kind.time in mine and all(each.first and each.last for each in others):
        query += f" AND {quote(mine[kind.time])} BETWEEN ? AND ?"
        values += [min(each.first for each in others), max(each.last for each in others)]  # type: ignore[type-var]
    return query, values
