"""Writes tables as business systems export them: CP932 or UTF-8 with BOM, quotes, titles above the header, XLSX."""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

Cell = str | int | datetime | None
REFUSED, DUPLICATE = "refused", "duplicate"


@dataclass(frozen=True)
class Broken:
    """A row that an import should not count: where it goes (share of the file), and what is wrong with it."""

    at: float
    cells: Sequence[Cell]
    ja: str
    en: str
    outcome: str = REFUSED


@dataclass(frozen=True)
class Written:
    """What was written: for the card and the manifest."""

    name: str
    good: int
    broken: tuple[tuple[int, Broken], ...]  # line, row

    def count(self, outcome: str) -> int:
        return sum(row.outcome == outcome for _, row in self.broken)


def mixed(rows: Sequence[Sequence[Cell]], broken: Iterable[Broken], first_line: int) -> tuple[list, list]:
    """The rows with the broken ones among them, and the lines on which these stand."""
    places: dict[int, list[Broken]] = {}
    for row in broken:
        places.setdefault(round(row.at * len(rows)), []).append(row)
    lines: list[Sequence[Cell]] = []
    found: list[tuple[int, Broken]] = []
    for number in range(len(rows) + 1):
        for row in places.get(number, ()):
            found.append((first_line + len(lines), row))
            lines.append(row.cells)
        if number < len(rows):
            lines.append(rows[number])
    return lines, found


def write_csv(
    path: Path,
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    broken: Iterable[Broken] = (),
    *,
    encoding: str,
    titles: Sequence[str] = (),
    quoted: bool = True,
) -> Written:
    """A CSV with `\\r\\n`; everything in quotes, or only what needs them."""
    lines, found = mixed(rows, broken, len(titles) + 2)
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL, lineterminator="\r\n")
        writer.writerows([title] for title in titles)
        writer.writerow(header)
        writer.writerows([text(cell) for cell in line] for line in lines)
    return Written(path.name, len(rows), tuple(found))


def write_xlsx(
    path: Path,
    sheet: str,
    header: Sequence[str],
    rows: Sequence[Sequence[Cell]],
    broken: Iterable[Broken] = (),
    *,
    titles: Sequence[str] = (),
    dates: str = "yyyy/mm/dd hh:mm",
) -> Written:
    """A workbook with real dates; its properties carry a fixed day, so that the bytes do not move."""
    lines, found = mixed(rows, broken, len(titles) + 2)
    with xlsxwriter.Workbook(path, {"default_date_format": dates}) as book:
        book.set_properties({"created": datetime(2026, 3, 31, 23, 30)})
        page = book.add_worksheet(sheet)
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF2"})
        page.write_column(0, 0, titles)
        page.write_row(len(titles), 0, header, bold)
        page.freeze_panes(len(titles) + 1, 0)
        page.set_column(0, len(header) - 1, 18)
        for number, line in enumerate(lines, len(titles) + 1):
            page.write_row(number, 0, ["" if cell is None else cell for cell in line])
    return Written(path.name, len(rows), tuple(found))


def text(cell: Cell | date) -> str:
    """`2026/03/31` and `2026/03/31 09:05:00`, blanks as nothing."""
    if isinstance(cell, datetime):
        return f"{cell:%Y/%m/%d %H:%M:%S}"
    if isinstance(cell, date):
        return f"{cell:%Y/%m/%d}"
    return "" if cell is None else str(cell)
