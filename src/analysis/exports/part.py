"""Some rows of a file, in order, as columns of text: whatever the number of cells that each row has."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from analysis.exports.cleaning import parts as text_parts
from analysis.exports.text import SPACES, trim

LINE, SURPLUS, FOOTER = "_line", "_surplus", "_footer"


@dataclass
class Seen:
    """What a pass over the rows has met so far."""

    rows: int = 0
    short: int = 0
    first_short: int | None = None
    long: int = 0
    first_long: int | None = None
    footer: int = 0
    first_footer: int | None = None
    shifted: int = 0  # moments converted from another zone
    bytes_read: int = 0


@dataclass
class Part:
    """Rows, blank ones included.

    Attributes:
        columns: text, one array a column.
        surplus: the cells beyond the columns as a JSON list, null where none of them is filled.
        breaks: line breaks inside the surplus cells.
        short: rows that had fewer cells than there are columns.
        footer: rows that stand below the table; None until the end of the file is known.
        line: physical lines, from 1.
    """

    columns: list[pa.Array]
    surplus: pa.Array
    breaks: np.ndarray
    short: np.ndarray
    footer: np.ndarray | None = None
    line: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.short)

    def take(self, rows: np.ndarray) -> "Part":
        """Some of the rows, or all of them in another order; before lines are known."""
        places = pa.array(rows)
        columns = [column.take(places) for column in self.columns]
        return Part(columns, self.surplus.take(places), self.breaks[rows], self.short[rows])

    def heights(self) -> np.ndarray:
        """How many physical lines each row covers."""
        result = self.breaks + 1
        for column in filter(_has_break, self.columns):
            result += pc.count_substring(column, "\n").to_numpy(zero_copy_only=False)
        return result

    def blank(self) -> np.ndarray:
        """Rows without any value. The first column is looked at first: it is seldom empty."""
        blank = ~self.surplus.is_valid().to_numpy(zero_copy_only=False)
        for column in self.columns:
            maybe = np.flatnonzero(blank)
            if not len(maybe):
                break
            blank[maybe] = _empty(column if len(maybe) == len(blank) else column.take(pa.array(maybe)))
        return blank


def join(first: Part, second: Part) -> Part:
    """Two parts as one."""
    line = None
    if first.line is not None and second.line is not None:
        line = np.concatenate([first.line, second.line])
    return Part(
        [pa.concat_arrays(pair) for pair in zip(first.columns, second.columns, strict=True)],
        pa.concat_arrays([first.surplus, second.surplus]),
        np.concatenate([first.breaks, second.breaks]),
        np.concatenate([first.short, second.short]),
        line=line,
    )


def from_arrays(arrays: list[pa.Array], width: int) -> Part:
    """Rows of one number of cells: arrays beyond the columns become surplus, missing ones blank."""
    rows = len(arrays[0])
    blank = pa.repeat(pa.scalar(""), rows)
    columns = arrays[:width] + [blank] * (width - len(arrays))
    surplus, breaks = pa.nulls(rows, pa.string()), np.zeros(rows, np.int64)
    if len(arrays) > width:
        beyond = list(zip(*(array.to_pylist() for array in arrays[width:]), strict=True))
        surplus, breaks = _surplus(beyond), _breaks(beyond)
    return Part(columns, surplus, breaks, np.full(rows, len(arrays) < width))


def from_cells(rows: Sequence[Sequence[str]], width: int) -> Part:
    """Rows as lists of cells: short ones padded, surplus cells kept apart."""
    columns = [
        pa.array([row[place] if place < len(row) else "" for row in rows], pa.string()) for place in range(width)
    ]
    beyond = [row[width:] for row in rows]
    return Part(columns, _surplus(beyond), _breaks(beyond), np.array([len(row) < width for row in rows], bool))


def _surplus(rows: Sequence[Sequence[str]]) -> pa.Array:
    texts = [json.dumps(list(cells), ensure_ascii=False) if any(map(trim, cells)) else None for cells in rows]
    return pa.array(texts, pa.string())


def _breaks(rows: Sequence[Sequence[str]]) -> np.ndarray:
    return np.array([sum(cell.count("\n") for cell in cells) for cells in rows], np.int64)


def batches(part: Part, schema: pa.Schema, seen: Seen) -> Iterator[pa.RecordBatch]:
    """The rows of a part that hold a value, as one batch or none."""
    filled = ~part.blank()
    if filled.any():
        _note(part, filled, seen)
        footer = part.footer if part.footer is not None else np.zeros(len(part), bool)
        arrays = [pa.array(part.line), *part.columns, part.surplus, pa.array(footer)]
        batch = pa.RecordBatch.from_arrays(arrays, schema=schema)
        yield batch if filled.all() else batch.filter(pa.array(filled))


def _note(part: Part, filled: np.ndarray, seen: Seen) -> None:
    footer = part.footer if part.footer is not None else np.zeros(len(part), bool)
    long = part.surplus.is_valid().to_numpy(zero_copy_only=False) & ~footer
    seen.rows += int(filled.sum())
    for name, rows in (("short", part.short & filled & ~footer), ("long", long), ("footer", footer)):
        if rows.any():
            setattr(seen, name, getattr(seen, name) + int(rows.sum()))
            if getattr(seen, f"first_{name}") is None and part.line is not None:
                setattr(seen, f"first_{name}", int(part.line[rows.argmax()]))


def _has_break(column: pa.Array) -> bool:
    """Whether any byte is a line feed: most columns have none, and bytes are counted fast."""
    offsets, data = text_parts(column)
    return bool((data[offsets[0] : offsets[-1]] == 10).any())


def _empty(texts: pa.Array) -> np.ndarray:
    """Texts that are nothing but spaces: looked at where they are empty or start like one."""
    offsets, data = text_parts(texts)
    result = np.diff(offsets) == 0
    filled = np.flatnonzero(~result)
    rows = filled[_SPACE_STARTS[data[offsets[filled]]]]
    if len(rows):
        trimmed = pc.utf8_trim(texts.take(pa.array(rows)), SPACES)
        result[rows] = pc.equal(trimmed, "").to_numpy(zero_copy_only=False)
    return result


_SPACE_STARTS = np.zeros(256, bool)
_SPACE_STARTS[[space.encode()[0] for space in SPACES]] = True
