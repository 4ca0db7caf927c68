"""Which row names the columns, and names that can stand beside each other."""

import re
from collections import Counter
from collections.abc import Sequence

from analysis.exports import personal, synonyms, values
from analysis.exports.text import same, trim

SCAN = 100
RESERVED = ("_line", "_surplus", "_footer", "_repeat")  # what stands beside the columns while they are read
Row = tuple[int, list[str]]


def find(rows: Sequence[Row]) -> int | None:
    """The index in `rows` of the header; None where no row is blank-free of data.

    The first row that is about as wide as the table and holds words only. A later one wins where
    two more of its cells are known headers: then the earlier was a line about the report.
    """
    width = _usual_width(rows)
    best: int | None = None
    for index, (_, cells) in enumerate(rows[:SCAN]):
        if not _could_name(cells, width):
            continue
        if best is None or _known(cells) >= _known(rows[best][1]) + 2:
            best = index
    return best


def first_filled(rows: Sequence[Row]) -> int | None:
    """The index of the first row of the usual width: the header for want of a better one."""
    width = _usual_width(rows)
    filled = [index for index, (_, cells) in enumerate(rows) if any(map(trim, cells))]
    return next((index for index in filled if len(rows[index][1]) >= width), filled[0] if filled else None)


def _filled(cells: Sequence[str]) -> list[str]:
    return [cell for cell in map(trim, cells) if cell]


def _usual_width(rows: Sequence[Row]) -> int:
    """How many cells a row of the table has: the most common number, the larger among equals."""
    widths = Counter(_last_filled(cells) for _, cells in rows if _filled(cells))
    return max(widths, key=lambda width: (widths[width] * width**0.5, width), default=0)


def _last_filled(cells: Sequence[str]) -> int:
    return max((index + 1 for index, cell in enumerate(cells) if trim(cell)), default=0)


def _could_name(cells: Sequence[str], width: int) -> bool:
    words = _filled(cells)
    if not words or len(words) < 0.6 * width:
        return False
    return sum(map(looks_like_data, words)) <= 0.2 * len(words)


def _known(cells: Sequence[str]) -> int:
    return sum(1 for cell in _filled(cells) if synonyms.known(cell) or personal.by_header(cell))


def looks_like_data(cell: str) -> bool:
    """A number, a date, a mail address or a long text: no name of a column."""
    text = trim(cell)
    if len(text) > 80 or re.fullmatch(r"[\w.+-]+@[\w-]+\.[\w.]+|https?://.*", text):
        return True
    return values.is_moment(text) or values.is_number(text)


def names(cells: Sequence[str], width: int | None = None) -> tuple[tuple[str, ...], list[int], dict[str, int]]:
    """Unique names of the columns, the positions without a name, and the names that stood more than once.

    A column without a name is called by its place (`#3`), a second 送料 `送料__2`. Names are
    compared as DuckDB compares them and wider: NFKC, case folded.
    """
    raw = [" ".join(trim(cell).split()) for cell in cells]
    raw += [""] * ((width or len(raw)) - len(raw))
    empty = [index + 1 for index, name in enumerate(raw) if not name]
    wanted = [name or f"#{index + 1}" for index, name in enumerate(raw)]
    taken, result = {same(name) for name in wanted}, []
    seen = set(RESERVED)
    for name in wanted:
        if same(name) in seen:
            name = _free(name, taken)
        seen.add(same(name))
        taken.add(same(name))
        result.append(name)
    counts = Counter(same(name) for name in raw if name)
    repeated = {name: counts[same(name)] for name in reversed(raw) if name and counts[same(name)] > 1}
    return tuple(result), empty, dict(reversed(repeated.items()))


def _free(name: str, taken: set[str]) -> str:
    count = 2
    while same(f"{name}__{count}") in taken:
        count += 1
    return f"{name}__{count}"


def usual_cells(body: Sequence[Sequence[str]]) -> int:
    """How many cells most rows have, blank ones included."""
    return Counter(map(len, body)).most_common(1)[0][0]


def columns_of(cells: Sequence[str], body: Sequence[Sequence[str]]) -> int:
    """How many columns the table has: those with a name, and those beyond that most rows fill."""
    width = _last_filled(cells)
    beyond = Counter(place for row in body for place in range(width, len(row)) if trim(row[place]))
    filled = [place + 1 for place, rows in beyond.items() if rows * 2 > len(body)]
    return max([width, *filled]) or usual_cells(body)
