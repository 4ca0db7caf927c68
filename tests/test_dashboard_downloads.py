"""What leaves the app: files that Excel opens rightly and that cannot start a formula."""

import csv
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.reports import xlsx
from dashboard import downloads

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠x"]


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))


def test_csv_begins_with_a_bom_and_ends_lines_as_excel_does():
    assert downloads.to_csv(pd.DataFrame({"支店": ["札幌"]})) == b"\xef\xbb\xbf" + "支店\r\n札幌\r\n".encode()


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_would_be_a_formula_gets_an_apostrophe(text):
    frame = pd.DataFrame({text: [text]})
    assert read(downloads.to_csv(frame)) == [[f"'{text}"], [f"'{text}"]]


def test_numbers_stay_numbers_and_blanks_stay_blank():
    frame = pd.DataFrame(
        {
            "n": [-5, 7],
            "rate": [-0.5, None],
            "amount": [Decimal("-1.50"), None],
            "text": [None, "a,b"],
            "day": pd.to_datetime(["2026-04-01", None]),
            "at": pd.to_datetime(["2026-04-01 09:05", None]),
        }
    )
    assert read(downloads.to_csv(frame))[1:] == [
        ["-5", "-0.5", "-1.50", "", "2026/04/01", "2026/04/01 09:05:00"],
        ["7", "", "", "a,b", "", ""],
    ]


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"))))
def test_no_cell_of_a_csv_begins_a_formula_and_none_is_lost(texts):
    cells = [row[0] if row else "" for row in read(downloads.to_csv(pd.DataFrame({"x": texts}, dtype="str")))[1:]]
    assert not any(cell[:1] in "=+-@\t\r\n" for cell in cells if cell)
    assert [cell.removeprefix("'") for cell in cells] == [
        text if text[:1] != "'" else text.removeprefix("'") for text in texts
    ]


def test_the_mark_of_a_file_tells_contents_apart_that_differ_in_one_cell():
    left = pd.DataFrame({"x": ["a"] * 100_000})
    right = left.copy()
    right.loc[60_000, "x"] = "b"
    assert downloads.fingerprint(left) == downloads.fingerprint(left.copy())
    assert downloads.fingerprint(left) != downloads.fingerprint(right)
    assert downloads.fingerprint(left) != downloads.fingerprint(left.rename(columns={"x": "y"}))


def test_a_file_name_keeps_its_japanese_and_loses_what_systems_refuse():
    assert downloads.file_name("札幌 × 営業/2026:Q1?", "0a1b2c3d", "csv") == "札幌 × 営業_2026_Q1__0a1b2c3d.csv"


def book(frame, **options):
    return openpyxl.load_workbook(BytesIO(xlsx.workbook(frame, title="使われ方", **options)))


@pytest.mark.parametrize("text", [*HOSTILE, "https://evil.example/", "0012", "1e5", "{=1}"])
def test_a_text_is_a_text_in_excel_too(text):
    sheet = book(pd.DataFrame({text: [text]})).active
    assert {(cell.data_type, cell.hyperlink) for row in sheet.iter_rows() for cell in row} == {("s", None)}
    assert sheet["A2"].value.replace("_x000D_", "\r") == text


def test_rates_are_numbers_shown_as_percent_and_long_ids_stay_whole():
    sheet = book(
        pd.DataFrame({"率": [0.62, None], "人": [744, 1200], "ID": [12345678901234567890, 1]}, dtype=object),
        formats={"率": "percent", "人": "count"},
    ).active
    assert (sheet["A2"].value, sheet["A2"].number_format, sheet["A3"].value) == (0.62, "0.0%", None)
    assert (sheet["B2"].value, sheet["B2"].number_format) == (744, "#,##0")
    assert sheet["C2"].value == "12345678901234567890"


def test_definitions_stand_on_a_sheet_of_their_own():
    made = book(
        pd.DataFrame({"a": [1]}), definitions=[("アクティブ率", "=有効なユーザーのうち")], definitions_title="計算"
    )
    assert made.sheetnames == ["使われ方", "計算"]
    assert [cell.value for cell in made["計算"][1]] == ["アクティブ率", "=有効なユーザーのうち"]
    assert made["計算"]["B1"].data_type == "s"
