"""How wide a column of a table has to be, where the table itself would cut its longest words."""

from collections.abc import Iterable

import pandas as pd

FULL, HALF, ROOM = 14.0, 7.6, 18  # pixels of a character at 14 px, and of what lies around the words
FIRST, LOOKED, MOST = 10, 1000, 220  # rows the browser measures; rows looked through here; pixels at most
UNEVEN = 1.15  # how much longer than those measured the longest is before it is cut


def pixels(words: str) -> float:
    """About how wide words are in a cell: full-width characters are square."""
    return sum(FULL if ord(character) > 0x2E80 or "①" <= character <= "⑳" else HALF for character in words)


def of_header(words: str, least: int = 0) -> int:
    """A column that shows its heading whole."""
    return min(max(round(pixels(words)) + ROOM, least), MOST)


def of_values(values: Iterable[object], header: str = "") -> int | None:
    """A column whose longest value would be cut; None where the browser finds the width itself.

    A browser goes by the average of the first rows.
    """
    column = pd.Series(values, dtype=object).head(LOOKED).dropna().astype(str)
    if column.empty:
        return None
    longest = max(map(pixels, column.unique()))
    measured = max(sum(map(pixels, column.head(FIRST))) / len(column.head(FIRST)), pixels(header))
    return min(round(longest) + ROOM, MOST) if longest > measured * UNEVEN else None
