"""A pivot in long form laid out as lines and columns, with subtotals above their parts and the total last."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboard.ordering import in_order

SMALL = 30  # below this many valid users a rate says little
STEPS = 6
Key = tuple[Any, ...]  # values from the outermost dimension on; () is the total


@dataclass(frozen=True)
class Cell:
    """One number of a pivot and the two counts behind it."""

    valid: int
    active: int
    rate: float | None
    low: float | None
    high: float | None

    @property
    def is_small(self) -> bool:
        return 0 < self.valid < SMALL


@dataclass(frozen=True)
class Grid:
    """A pivot as it is read: `lines` and `columns` by their keys, `cells` by both; a missing cell has nobody."""

    rows: tuple[str, ...]
    column: str | None
    lines: tuple[Key, ...]
    columns: tuple[Key, ...]
    cells: dict[tuple[Key, Key], Cell]
    left_out: int = 0

    def cell(self, line: Key, column: Key = ()) -> Cell | None:
        """The cell, None where there are no such people."""
        found = self.cells.get((line, column))
        return found if found and found.valid else None

    @property
    def total(self) -> Cell | None:
        return self.cell(())

    def is_part(self, line: Key, column: Key) -> bool:
        """True for an innermost cell: neither a subtotal nor a total."""
        return len(line) == len(self.rows) and len(column) == (1 if self.column else 0)

    def parts(self) -> list[Cell]:
        """The innermost cells that hold people."""
        return [c for (line, column), c in self.cells.items() if c.valid and self.is_part(line, column)]

    def steps(self) -> dict[tuple[Key, Key], int]:
        """Heat of each innermost cell of enough people: 1 (lowest) to `STEPS`; none where all are alike."""
        large = {
            at: cell.rate
            for at, cell in self.cells.items()
            if self.is_part(*at) and cell.rate is not None and not cell.is_small
        }
        if not large:
            return {}
        low, high = min(large.values()), max(large.values())
        # A spread of a point or two is no contrast worth a colour.
        width = max(high - low, 0.06) / STEPS
        return {at: min(STEPS, int((rate - low) / width) + 1) for at, rate in large.items()}


def lay_out(
    frame: pd.DataFrame,
    rows: Sequence[str],
    column: str | None = None,
    *,
    most_lines: int = 300,
    most_columns: int = 30,
) -> Grid:
    """The grid of a result of `active_rate_pivot` with these rows and at most one column.

    Beyond `most_lines` and `most_columns` the parts with the fewest valid users are left out of the
    view; `left_out` says how many. Totals hold everybody whatever is shown.
    """
    cells = {(line, across): cell for line, across, cell in _cells(frame, rows, column)}
    lines, fewer = _largest(
        [line for line, across in cells if across == () and len(line) == len(rows)], cells, most_lines
    )
    across, cut = _largest([key for line, key in cells if line == () and key], cells, most_columns, by_column=True)
    ordered = tuple(_nested(lines, len(rows)))
    values = in_order(key[0] for key in across)
    return Grid(tuple(rows), column, (*ordered, ()), (*((value,) for value in values), ()), cells, fewer + cut)


def _cells(frame: pd.DataFrame, rows: Sequence[str], column: str | None) -> list[tuple[Key, Key, Cell]]:
    listed = frame.astype(object).where(frame.notna(), None)
    dimensions = [listed[name] for name in [*rows, *([column] if column else [])]]
    counts = [listed[name] for name in ("valid_users", "active_users", "active_rate", "rate_low", "rate_high")]
    found = []
    for row_level, column_level, *values in zip(
        listed["row_level"], listed["column_level"], *dimensions, *counts, strict=True
    ):
        kept = len(rows) - row_level
        across = (values[len(rows)],) if column and column_level == 0 else ()
        valid, active, rate, low, high = values[-5:]
        found.append((tuple(values[:kept]), across, Cell(int(valid), int(active), rate, low, high)))
    return found


def _largest(
    keys: Sequence[Key], cells: dict[tuple[Key, Key], Cell], most: int, *, by_column: bool = False
) -> tuple[list[Key], int]:
    """The `most` keys with the most valid users, and how many were left out."""
    if len(keys) <= most:
        return list(keys), 0
    size = {key: cells[((), key) if by_column else (key, ())].valid for key in keys}
    return sorted(keys, key=lambda key: -size[key])[:most], len(keys) - most


def _nested(keys: Sequence[Key], depth: int) -> list[Key]:
    """Every group followed by its parts, each level in the order of its values."""
    if depth == 0:
        return []
    lines: list[Key] = []
    for value in in_order(key[0] for key in keys):
        inside = [key[1:] for key in keys if _same(key[0], value)]
        if depth > 1:
            lines.append((value,))
        lines += [(value, *rest) for rest in _nested(inside, depth - 1)] if depth > 1 else [(value,)]
    return lines


def _same(one: Any, other: Any) -> bool:
    return one is other or one == other
