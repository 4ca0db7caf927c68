"""Which character parts the cells, and the first rows of a file as cells."""

import csv
import io
from collections import Counter
from collections.abc import Iterator

from analysis.exports.text import trim

DELIMITERS = (",", "\t", ";")
SCAN = 1000

csv.field_size_limit(1 << 30)


def rows_of(text: str, delimiter: str, start: int = 1) -> Iterator[tuple[int, list[str]]]:
    """(physical line, cells) of every row of a text whose lines end in `\\n`; the cells of a blank line are []."""
    reader = csv.reader(io.StringIO(text, newline="\n"), delimiter=delimiter)
    line = start
    for cells in reader:
        yield line, cells
        line = start + reader.line_num


def guess(text: str) -> str:
    """The delimiter that parts most rows into the same number of cells, more than one.

    A file without any of them has one column; then a comma does no harm.
    """
    return max(DELIMITERS, key=lambda delimiter: _evenness(text, delimiter))


def _evenness(text: str, delimiter: str) -> float:
    """Rows that share the most common width, times the root of that width: 0 where that is one."""
    widths: Counter[int] = Counter()
    for number, (_, cells) in enumerate(rows_of(text, delimiter)):
        if number >= SCAN:
            break
        if any(map(trim, cells)):
            widths[len(cells)] += 1
    parted = {width: rows for width, rows in widths.items() if width > 1}
    if not parted:
        return 0.0
    return max(rows * width**0.5 for width, rows in parted.items()) / widths.total()
