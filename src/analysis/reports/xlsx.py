"""A result as an Excel workbook: the table, and a sheet that says what every number means."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO
from typing import Any

import pandas as pd
import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

# Nothing that came from a file may become a formula, a link or a number on its way into a cell.
LITERAL = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "remove_timezone": True,
}
FORMATS = {
    "count": "#,##0",
    "number": "#,##0.####",
    "percent": "0.0%",
    "day": "yyyy/mm/dd",
    "moment": "yyyy/mm/dd hh:mm:ss",
    "text": "@",
}
FONT = {"font_name": "Yu Gothic UI", "font_size": 10}
WIDEST = 48  # characters; a full-width character counts as two


def workbook(
    table: pd.DataFrame,
    *,
    title: str,
    formats: Mapping[str, str] | None = None,
    definitions: Sequence[tuple[str, str]] = (),
    definitions_title: str = "Definitions",
) -> bytes:
    """The bytes of an .xlsx file.

    Args:
        table: what goes into the first sheet; its column names become the header.
        title: name of the first sheet.
        formats: column -> key of `FORMATS`; told from the values where not given. Rates stay 0-1 and are
            shown as percentages by `percent`.
        definitions: rows of term and meaning for the second sheet; none, no sheet.
        definitions_title: name of the second sheet.
    """
    buffer = BytesIO()
    with xlsxwriter.Workbook(buffer, LITERAL) as book:
        styles = {name: book.add_format(FONT | {"num_format": code}) for name, code in FORMATS.items()}
        _table(book, styles, table, _sheet_name(title), formats or {})
        if definitions:
            _definitions(book, definitions, _sheet_name(definitions_title))
    return buffer.getvalue()


def _table(
    book: Workbook, styles: Mapping[str, Any], table: pd.DataFrame, name: str, formats: Mapping[str, str]
) -> None:
    sheet = book.add_worksheet(name)
    head = book.add_format(FONT | {"bold": True, "bottom": 1, "bg_color": "#F4F6F8", "text_wrap": True})
    for position, column in enumerate(table.columns):
        values = table.iloc[:, position]
        kind = formats.get(str(column)) or kind_of(values)
        sheet.set_column(position, position, _width(column, values), styles[kind])
        sheet.write_string(0, position, str(column), head)
        for row, value in enumerate(values.tolist(), start=1):
            _write(sheet, row, position, value, styles[kind])
    sheet.freeze_panes(1, 0)
    if len(table):
        sheet.autofilter(0, 0, len(table), max(len(table.columns) - 1, 0))


def _write(sheet: Worksheet, row: int, column: int, value: Any, style: Any) -> None:
    """Numbers as numbers, moments as moments, everything else as text; a blank stays a blank."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int | float | Decimal):
        _number(sheet, row, column, value, style)
    elif isinstance(value, date):
        sheet.write_datetime(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:32767], style)


def _number(sheet: Worksheet, row: int, column: int, value: float | Decimal, style: Any) -> None:
    """Excel keeps 15 digits: a longer whole number is an id and stays text."""
    too_long = isinstance(value, int) and abs(value) >= 10**15
    if too_long or value in (float("inf"), float("-inf")):
        sheet.write_string(row, column, str(value), style)
    else:
        sheet.write_number(row, column, float(value), style)


def kind_of(values: pd.Series) -> str:
    """How a column is written: `text`, `day`, `moment`, `count` or `number`."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return "day" if (values.dropna() == values.dropna().dt.normalize()).all() else "moment"
    if pd.api.types.is_integer_dtype(values):
        return "count"
    if pd.api.types.is_float_dtype(values):
        return "number"
    if values.map(lambda value: isinstance(value, Decimal)).any():
        return "number"
    return "text"


def _definitions(book: Workbook, rows: Sequence[tuple[str, str]], name: str) -> None:
    sheet = book.add_worksheet(name)
    term = book.add_format(FONT | {"bold": True, "valign": "top"})
    meaning = book.add_format(FONT | {"text_wrap": True, "valign": "top"})
    sheet.set_column(0, 0, 24, term)
    sheet.set_column(1, 1, 96, meaning)
    for row, (left, right) in enumerate(rows):
        sheet.write_string(row, 0, left, term)
        sheet.write_string(row, 1, right, meaning)


def _sheet_name(title: str) -> str:
    """Excel allows 31 characters, none of `[]:*?/\\`, and no quote at either end."""
    return re.sub(r"[\[\]:*?/\\]", " ", title).strip(" '")[:31].strip(" '") or "1"


def _width(column: object, values: pd.Series) -> float:
    texts = [str(column), *(str(value) for value in values.head(200))]
    return min(max(_cells(text) for text in texts) + 2, WIDEST)


def _cells(text: str) -> int:
    return sum(1 if ord(character) < 0x1100 else 2 for character in text)
