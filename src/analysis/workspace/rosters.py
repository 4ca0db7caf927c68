"""Rosters as arrays, read a column at a time and kept as long as they are asked for."""

from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.usage import Coded, Column, Roster, Usage
from analysis.workspace.imports import Import
from analysis.workspace.layout import Layout
from analysis.workspace.reader import day_of, stored
from analysis.workspace.sql import fold

CELLS_KEPT = 60_000_000  # accounts times columns, up to 4 bytes each


class Rosters:
    """Columns of rosters; those unused for longest go first."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._lock = Lock()
        self._kept: OrderedDict[tuple[str, str], tuple[Usage | None, Column]] = OrderedDict()

    def roster(self, each: Import, usage: Usage) -> Roster:
        """The accounts of a roster, in the order of its file."""
        path = self._layout.table(each.kind, each.id)
        headers = {fold(header): column for column, header in each.columns.items()}
        roles = {name: name for name in stored(path) if name not in each.columns}

        def column(name: str) -> Column | None:
            here = roles.get(name) or headers.get(fold(name))
            return self._keep((each.id, here), None, lambda: _column(_read(path, here, each))) if here else None

        keys = self._keep((each.id, "keys"), usage, lambda: _keys(_read(path, "user_id", each), usage))
        assert isinstance(keys, np.ndarray)
        return Roster(day_of(each).date(), keys, column, lambda: _read(path, "user_id", each))

    def place(self, one: Import, other: Import) -> np.ndarray:
        """Where each account of `one` stands in `other`, -1 where nowhere."""

        def ids(each: Import) -> pa.ChunkedArray:
            return _read(self._layout.table(each.kind, each.id), "user_id", each)

        found = self._keep((one.id, f"in {other.id}"), None, lambda: _positions(ids(one), ids(other)))
        assert isinstance(found, np.ndarray)
        return found

    def _keep(self, name: tuple[str, str], owner: Usage | None, make: Callable[[], Column]) -> Column:
        """What `make` returned when it was first asked for, and again where the `owner` is another."""
        with self._lock:
            found = self._kept.get(name)
            if found is None or found[0] is not owner:
                self._kept[name] = found = owner, make()
            self._kept.move_to_end(name)
            while sum(map(_cells, self._kept.values())) > CELLS_KEPT and len(self._kept) > 1:
                self._kept.popitem(last=False)
            return found[1]


def _cells(kept: tuple[Usage | None, Column]) -> int:
    return len(kept[1].codes if isinstance(kept[1], Coded) else kept[1])


def _read(path: Path, column: str, each: Import) -> pa.ChunkedArray:
    table = pq.read_table(path, columns=[column, "_repeat"] if each.repeated else [column])
    return table.filter(pc.invert(table["_repeat"]))[column] if each.repeated else table[column]


def _keys(ids: pa.ChunkedArray, usage: Usage) -> np.ndarray:
    """Where each account stands among the ids of the log, -1 where nowhere."""
    return _positions(ids, usage.ids)


def _positions(ids: pa.ChunkedArray, among: pa.Array | pa.ChunkedArray) -> np.ndarray:
    found = pc.index_in(ids.cast(among.type), value_set=among).combine_chunks()
    return found.fill_null(-1).to_numpy()


def _column(values: pa.ChunkedArray) -> Column:
    if not pa.types.is_string(values.type) and not pa.types.is_large_string(values.type):
        return values.combine_chunks().to_numpy(zero_copy_only=False)
    coded = values.combine_chunks().dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy()
    width = np.int8 if len(coded.dictionary) < 2**7 else np.int16 if len(coded.dictionary) < 2**15 else np.int32
    return Coded(codes.astype(width), tuple(coded.dictionary.to_pylist()))
