"""What only makes things faster: the days of use of each import, built after it has landed, rebuilt where missing."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.usage import Block, Usage
from analysis.workspace.changes import part_of
from analysis.workspace.checkpoints import checkpoint
from analysis.workspace.duplicates import resolve
from analysis.workspace.imports import Import
from analysis.workspace.landing import place
from analysis.workspace.layout import Layout
from analysis.workspace.locking import room, scratch, writer
from analysis.workspace.sql import quote

KIND = "activity"
PARTS = ("keys", "days")  # `days` is written last: where it lies, `keys` lies too


def path(layout: Layout, part: str, import_id: str) -> Path:
    """Where a derived file of an import lies."""
    return layout.derived / part / f"{import_id}.parquet"


def missing(layout: Layout, imports: Iterable[Import]) -> list[Import]:
    """The imports whose derived files are not there."""
    wanted = [each for each in imports if each.kind == KIND]
    return [each for each in wanted if not all(path(layout, part, each.id).exists() for part in PARTS)]


def build(layout: Layout, each: Import) -> None:
    """Writes `keys` (user_key, user_id) and `days` (user_key, month, activity, days) of an import.

    Both depend on nothing but its immutable table, so two processes that build them at once write
    the same; each file is written aside and renamed into place. Where the import was erased
    meanwhile, nothing is left.
    """
    source = layout.table(KIND, each.id)
    if not source.exists():
        return
    with duckdb.connect(config={"temp_directory": ""}) as connection, room(layout) as folder:
        for part, table in _tables(connection, source).items():
            _put(table, folder / part, path(layout, part, each.id))
            checkpoint(f"derived.{part}")
    if not source.exists():
        forget(layout, each.id)


def forget(layout: Layout, import_id: str) -> None:
    """Removes the derived files of an import."""
    for part in reversed(PARTS):
        path(layout, part, import_id).unlink(missing_ok=True)


def restore_overlaps(layout: Layout, imports: Sequence[Import]) -> None:
    """Computes anew which lines older imports hold, where the file that a catalogue row names was deleted."""
    active = [each for each in imports if each.active]
    for each in active:
        target = layout.overlap(each.overlap) if each.overlap else None
        if target is None or target.exists():
            continue
        older = [part_of(layout, other) for other in active if other.kind == each.kind and other.id < each.id]
        with writer(layout), scratch(layout) as folder:
            resolve(part_of(layout, each), older, folder / "overlap.parquet", folder)
            place(folder / "overlap.parquet", target)


def _tables(connection: duckdb.DuckDBPyConnection, source: Path) -> dict[str, pa.Table]:
    activity = quote("activity") if "activity" in pq.read_schema(source).names else "NULL::VARCHAR"
    connection.execute(
        """
        CREATE TEMP TABLE keys AS
        SELECT (row_number() OVER (ORDER BY user_id) - 1)::INTEGER AS user_key, user_id
        FROM (SELECT DISTINCT user_id FROM read_parquet($source) WHERE NOT _repeat)
        """,
        {"source": str(source)},
    )
    days = f"""
        SELECT user_key, (year(occurred_at) * 12 + month(occurred_at) - 1)::INTEGER AS "month", {activity} AS activity,
               bit_or(1::UINTEGER << (day(occurred_at) - 1)::UINTEGER) AS "days"
        FROM read_parquet($source) JOIN keys USING (user_id) WHERE NOT _repeat
        GROUP BY ALL ORDER BY 2, 1, 3
    """
    return {
        "keys": connection.sql("SELECT * FROM keys ORDER BY user_key").to_arrow_table(),
        "days": connection.sql(days, params={"source": str(source)}).to_arrow_table(),
    }


def _put(table: pa.Table, aside: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        pq.write_table(table, aside)
        aside.replace(target)
    except PermissionError:  # Windows: a reader has the same content open
        if not target.exists():
            raise


def load(layout: Layout, imports: Sequence[Import]) -> Usage:
    """The days of use of all `imports`: an id is one key, whichever of them it stands in.

    The union over imports is right whatever events they share: a day is used or it is not.
    """
    stored = [pq.read_table(path(layout, "keys", each.id))["user_id"] for each in imports]
    listed = [ids.combine_chunks().cast(pa.string()) for ids in stored]
    coded = pa.chunked_array(listed, pa.string()).combine_chunks().dictionary_encode()
    ends = np.cumsum([len(ids) for ids in listed], dtype=np.int64)
    keys = np.split(coded.indices.to_numpy(), ends[:-1]) if listed else []
    kinds: dict[str | None, int] = {}
    blocks = [block for each, mine in zip(imports, keys, strict=True) for block in _blocks(layout, each, mine, kinds)]
    return Usage(coded.dictionary, tuple(kinds), tuple(blocks))


def _blocks(layout: Layout, each: Import, keys: np.ndarray, kinds: dict[str | None, int]) -> list[Block]:
    table = pq.read_table(path(layout, "days", each.id), read_dictionary=["activity"])
    columns = {name: table[name].combine_chunks() for name in table.column_names}
    months, users = columns["month"].to_numpy(), keys[columns["user_key"].to_numpy()]
    codes, days = _codes(columns["activity"], kinds), columns["days"].to_numpy()
    firsts = np.flatnonzero(np.diff(months, prepend=months[:1] - 1))
    return [
        Block(int(months[low]), users[low:high], codes[low:high], days[low:high])
        for low, high in zip(firsts, [*firsts[1:], len(months)], strict=True)
    ]


def _codes(activity: pa.DictionaryArray, kinds: dict[str | None, int]) -> np.ndarray:
    """The activity of each row as a code of `kinds`, which grows by those not met before."""
    met = [kinds.setdefault(kind, len(kinds)) for kind in activity.dictionary.to_pylist()]
    blank = kinds.setdefault(None, len(kinds)) if activity.null_count else -1
    indices = activity.indices.fill_null(len(met)).to_numpy()
    return np.array([*met, blank], dtype=np.int32)[indices]
