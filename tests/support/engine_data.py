"""Workspaces out of literal rows, for the tests of the reading side."""

from collections.abc import Mapping as Fields
from collections.abc import Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import uuid4

import pyarrow as pa

from analysis.exports.mapping import Mapping
from analysis.tables import DAY, KINDS, MOMENT, NUMBER, TEXT
from analysis.workspace import Workspace
from analysis.workspace.changes import land
from analysis.workspace.imports import Import
from analysis.workspace.landing import Source

TYPES = {TEXT: pa.string(), MOMENT: pa.timestamp("us"), DAY: pa.timestamp("us"), NUMBER: pa.decimal128(18, 4)}
NOTHING = pa.table({name: [] for name in ("line", "column", "value", "reason", "fields", "row")})


class Chunk(NamedTuple):
    """What `exports.typed.convert` hands over."""

    accepted: pa.Table
    refused: pa.Table = NOTHING


def put(
    ws: Workspace,
    kind: str,
    rows: Sequence[Fields[str, Any]],
    *,
    as_of: date | None = None,
    columns: Sequence[str] = (),
) -> Import:
    """Imports literal rows; a key that is no role is a dimension. `columns` stand there without a value, too."""
    names = list(dict.fromkeys([*columns, *(name for row in rows for name in row)]))
    roles = [name for name in names if name in KINDS[kind].roles]
    headers = [name for name in names if name not in roles and name != "_repeat"]
    values = {"_line": pa.array(range(2, len(rows) + 2), pa.int64())}
    values["_repeat"] = pa.array([bool(row.get("_repeat")) for row in rows], pa.bool_())
    for role in roles:
        values[role] = pa.array([row.get(role) for row in rows], TYPES[KINDS[kind].roles[role]])
    for number, header in enumerate(headers, 1):
        values[f"c{number}"] = pa.array([row.get(header) for row in rows], pa.string())
    mapping = Mapping(
        kind=kind,
        roles={role: role for role in roles},
        constants={},
        dimensions=tuple(headers),
        personal=(),
        left_out=(),
        formats={},
    )
    source = Source(
        name=f"{kind}.csv",
        sha256=sha256(uuid4().bytes).hexdigest(),
        size=1,
        mapping=mapping,
        chunks=[Chunk(pa.table(values))],
        as_of=as_of,
    )
    return land(ws, source)


def use(user_id: str, at: str | datetime, activity: str | None = None, **more: Any) -> dict[str, Any]:
    """One row of a log."""
    when = datetime.fromisoformat(at) if isinstance(at, str) else at
    return {"user_id": user_id, "occurred_at": when, **({"activity": activity} if activity else {}), **more}
