"""Workspaces that hold the benchmark's logins, made once and kept in benchmarks/data."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa

from analysis.exports.mapping import Mapping
from analysis.tables import KINDS
from analysis.workspace import Workspace
from analysis.workspace.changes import land
from analysis.workspace.landing import Source
from benchmarks.logins import SIZES, Files, write_logins
from benchmarks.measure import DATA

ROWS = 1_000_000


class Chunk(NamedTuple):
    """What `exports.typed.convert` hands over."""

    accepted: pa.Table
    refused: pa.Table


def files(millions: int) -> Files:
    """The two tables as Parquet with text columns."""
    return write_logins(DATA / "logins", millions * 1_000_000, SIZES[millions])


def small() -> Files:
    """Ten thousand logins of 200 accounts."""
    return write_logins(DATA / "logins", 10_000, 200)


def workspace(name: str, tables: Files) -> Workspace:
    """A workspace with both tables; only its first use imports them."""
    ws = Workspace.open(DATA / f"workspace_{name}")
    if not ws.imports():
        for kind, path, as_of in (("users", tables.users, date(2025, 4, 1)), ("activity", tables.activity, None)):
            land(ws, source(kind, path, as_of))
    ws.prepare()
    return ws


def source(kind: str, path: Path, as_of: date | None) -> Source:
    """A Parquet file with roles by their names, other columns as dimensions, as an import hands it over."""
    columns = duckdb.sql("SELECT * FROM read_parquet(?) LIMIT 0", params=[str(path)]).columns
    roles = [name for name in columns if name in KINDS[kind].roles]
    headers = tuple(name for name in columns if name not in roles)
    mapping = Mapping(
        kind=kind,
        roles={role: role for role in roles},
        constants={},
        dimensions=headers,
        personal=(),
        left_out=(),
        formats={},
    )
    return Source(
        name=path.name,
        sha256=f"{abs(hash(str(path))):064x}",
        size=path.stat().st_size,
        mapping=mapping,
        chunks=_chunks(path, roles, headers),
        as_of=as_of,
    )


def _chunks(path: Path, roles: list[str], headers: tuple[str, ...]) -> Iterator[Chunk]:
    shown = ", ".join([*roles, *(f'"{header}" AS c{number}' for number, header in enumerate(headers, 1))])
    query = f"SELECT row_number() OVER () + 1 AS _line, false AS _repeat, {shown} FROM read_parquet(?)"
    with duckdb.connect() as connection:
        for batch in connection.sql(query, params=[str(path)]).to_arrow_reader(ROWS):
            yield Chunk(pa.Table.from_batches([batch]), pa.table({"line": []}))
