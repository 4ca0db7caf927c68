"""One row an account: which second rows say the same, and which contradict the first."""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.exports.part import LINE


@dataclass(frozen=True)
class Keys:
    """The keys that stand more than once: `key`, first and last line, and whether their rows differ."""

    table: pa.Table

    def look(self, key: pa.Array) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """For every row: stands more than once, differs, first line, last line."""
        found = pc.index_in(key, value_set=self.table["key"].combine_chunks())
        several = found.is_valid().to_numpy(zero_copy_only=False)
        rows = pc.fill_null(found, 0)
        return several, *(
            self.table[name].take(rows).to_numpy() if self.table.num_rows else np.zeros(len(found), kind)
            for name, kind in (("differs", bool), ("first", np.int64), ("last", np.int64))
        )


def collect(accepted: Iterable[pa.Table], key: str) -> Keys:
    """One pass over the typed rows; keeps a key, a 64-bit hash and a line number of each."""
    empty = pa.table(
        {"key": pa.array([], pa.string()), "hash": pa.array([], pa.uint64()), "line": pa.array([], pa.int64())}
    )
    with duckdb.connect() as con:
        parts = [empty, *(_hashed(con, table, key) for table in accepted if table.num_rows)]
    rows = pa.concat_tables(parts)
    groups = rows.group_by("key").aggregate(
        [("hash", "min"), ("hash", "max"), ("line", "min"), ("line", "max"), ("line", "count")]
    )
    groups = groups.filter(pc.greater(groups["line_count"], 1))
    columns = {
        "key": groups["key"],
        "differs": pc.not_equal(groups["hash_min"], groups["hash_max"]),
        "first": groups["line_min"],
        "last": groups["line_max"],
    }
    return Keys(pa.table(columns))


def _hashed(con: duckdb.DuckDBPyConnection, table: pa.Table, key: str) -> pa.Table:
    """Key, hash of everything that the row says, and line. Our own column names: roles and c1 …"""
    names = [name for name in table.column_names if name not in (LINE, "_repeat")]
    said = con.from_arrow(table).project(f"hash({', '.join(names)}) AS hash").to_arrow_table()
    return pa.table({"key": table[key], "hash": said["hash"], "line": table[LINE]})
