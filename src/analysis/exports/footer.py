"""What stands below a table: notes, totals, a copyright line. It is refused as such, not imported and not lost."""

import re
from collections.abc import Iterator

import numpy as np

from analysis.exports.part import Part, join
from analysis.exports.text import same, trim

LOOK = 40  # rows at the end that are looked at
MOST = 12  # a footer of more rows than this is a table
TOTALS = re.compile(r"(総?合計|総計|小計|計|(grand |sub)?totals?|sum)( ?[(:].*)?")
NUMBER = re.compile(r"[¥$-]?[0-9,.]+ ?[%円件人名]?")
NOTES = re.compile(
    r"confidential|copyright|\(c\)|©|all rights reserved|^※|^\*|^注|^以上$"
    r"|出力日|作成日|出力者|抽出条件|件数|^全? ?[0-9,]+ ?(件|行|rows?|records?)"
)


def mark(parts: Iterator[Part]) -> Iterator[Part]:
    """The same rows; those below the table are marked in the last part."""
    held: Part | None = None
    for part in parts:
        if held is not None and len(part) < LOOK:
            part = join(held, part)
        elif held is not None:
            yield held
        held = part
    if held is not None:
        held.footer = _below(held)
        yield held


def _below(part: Part) -> np.ndarray:
    """From the last row upwards, as long as the rows are notes, totals or blank.

    A single filled cell of a row that is wide enough for more is a note where it says so, where it
    had no other cell at all, or where a blank line parts it from the table.
    """
    result = np.zeros(len(part), bool)
    sure: list[int] = []
    unsure: list[int] = []
    gap = False
    for row in range(len(part) - 1, max(len(part) - LOOK, -1), -1):
        words = [word for column in part.columns if (word := trim(column[row].as_py()))]
        if not words:
            gap = True
        elif _says_so(words, len(part.columns), bool(part.short[row])):
            sure.append(row)
            gap = False
        elif len(words) == 1 and len(part.columns) >= 3:
            unsure.append(row)
            gap = False
        else:
            break
    else:
        return result  # no row of a table in sight
    found = sure + unsure if gap else sure
    if len(found) <= MOST:
        result[found] = True
    return result


def _says_so(words: list[str], width: int, short: bool) -> bool:
    if width < 2:
        return False
    if TOTALS.fullmatch(same(words[0])) and (len(words) < width or all(map(NUMBER.fullmatch, map(same, words[1:])))):
        return True
    return len(words) == 1 and width >= 3 and (short or bool(NOTES.search(same(words[0]))))
