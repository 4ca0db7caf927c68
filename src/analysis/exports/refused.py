"""The rows that are not accepted: line, column, value, reason, and the row as it stood."""

import json

import numpy as np
import pyarrow as pa

from analysis.exports.export import Export
from analysis.exports.mapping import Mapping
from analysis.exports.part import LINE, SURPLUS
from analysis.exports.text import trim

REFUSED = pa.schema(
    [("line", pa.int64())] + [(name, pa.string()) for name in ("column", "value", "reason", "fields", "row")]
)


class Problems:
    """The first problem of every row of a batch."""

    def __init__(self, rows: int) -> None:
        self._which = np.full(rows, -1, np.int32)
        self._said: list[tuple[str, str | None, dict[str, np.ndarray]]] = []

    def add(
        self, rows: np.ndarray, reason: str, column: str | None, fields: dict[str, np.ndarray] | None = None
    ) -> None:
        """The reason for the rows that have none yet; `fields` hold a value for every row of the batch."""
        fresh = rows & (self._which < 0)
        if fresh.any():
            self._which[fresh] = len(self._said)
            self._said.append((reason, column, fields or {}))

    def none(self) -> np.ndarray:
        """The rows without a problem."""
        return self._which < 0

    def table(self, rows: pa.RecordBatch, export: Export, mapping: Mapping) -> pa.Table:
        """One record of `REFUSED` a row with a problem."""
        places = np.flatnonzero(self._which >= 0)
        if not len(places):
            return REFUSED.empty_table()
        kept = [column for column in export.columns if column not in mapping.left_out]
        cells = rows.take(pa.array(places)).to_pylist()
        records = [self._record(place, row, kept, mapping) for place, row in zip(places.tolist(), cells, strict=True)]
        return pa.Table.from_pylist(records, schema=REFUSED)

    def _record(self, place: int, row: dict[str, str], kept: list[str], mapping: Mapping) -> dict[str, object]:
        reason, column, fields = self._said[self._which[place]]
        beyond = json.loads(row[SURPLUS]) if row[SURPLUS] else []
        said = {name: int(values[place]) for name, values in fields.items()}
        if reason == "too_many_cells":
            said = {"n": len([cell for cell in beyond if trim(cell)])}
        # Cells have moved sideways in a row that is too long: what a column holds may be what was left out.
        moved = bool(beyond) and bool(mapping.left_out)
        return {
            "line": row[LINE],
            "column": column or "",
            "value": row[column] if column else "",
            "reason": reason,
            "fields": json.dumps(said, ensure_ascii=False),
            "row": json.dumps([] if moved else [row[name] for name in kept] + beyond, ensure_ascii=False),
        }
