"""Sheets of a workbook (XLSX, XLS, ODS) as rows of text."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from analysis.errors import ChoiceError, DamagedFileError, NotATableError, PasswordProtectedError
from analysis.exports.source import Source

OLE = b"\xd0\xcf\x11\xe0"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def open_book(source: Source) -> CalamineWorkbook:
    """The workbook.

    Raises:
        PasswordProtectedError: it is encrypted.
        NotATableError: the bytes look like a workbook and are none.
    """
    if source.head.startswith(OLE) and ENCRYPTED in source.path.read_bytes():
        raise PasswordProtectedError(source.name)
    try:
        with source.path.open("rb") as file:
            return CalamineWorkbook.from_filelike(file)
    except PasswordError:
        raise PasswordProtectedError(source.name) from None
    except (CalamineError, OSError, ValueError):
        raise NotATableError(source.name, "ZIP" if source.head.startswith(b"PK") else "OLE") from None


def sheet_names(book: CalamineWorkbook) -> tuple[str, ...]:
    """The visible sheets of cells in their order; all of them where none is visible."""
    sheets = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    seen = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible]
    return tuple(seen or [sheet.name for sheet in sheets])


def choose(source: Source, book: CalamineWorkbook, wanted: str | None) -> str | None:
    """The sheet that was asked for, else the first visible one that holds at least two rows."""
    names = sheet_names(book)
    if wanted is not None:
        if wanted not in book.sheet_names:
            raise ChoiceError("sheet", wanted, names)
        return wanted
    with whole(source):
        filled = (name for name in names if book.get_sheet_by_name(name).height > 1)
        return next(filled, names[0] if names else None)


@contextmanager
def whole(source: Source) -> Iterator[None]:
    """Raises DamagedFileError where a workbook that opened turns out to be broken inside."""
    try:
        yield
    except CalamineError:
        raise DamagedFileError(source.name) from None


def rows(source: Source, book: CalamineWorkbook, name: str) -> Iterator[tuple[int, list[str]]]:
    """(row number as Excel shows it, cells as text) of every row of a sheet."""
    with whole(source):
        for number, cells in enumerate(book.get_sheet_by_name(name).iter_rows(), 1):
            yield number, [as_text(cell) for cell in cells]


def as_text(cell: object) -> str:
    """What a cell says, as a system would have written it: 12 without a point, dates as ISO."""
    if isinstance(cell, str):
        return cell.replace("\r\n", "\n").replace("\r", "\n")
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        return cell.isoformat(" ", "microseconds" if cell.microsecond else "seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return _duration(cell)
    return str(cell)


def _duration(span: timedelta) -> str:
    seconds = round(span.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("", seconds)
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
