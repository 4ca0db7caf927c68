"""No row of a file is lost: rows and their lines against Python's csv module."""

import csv
import io
import json
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import AnalysisError, OnlyHeaderError, UnclosedQuoteError
from analysis.exports import encoding, footer, read_export, rows
from analysis.exports.text import trim

TOKENS = [
    "a",
    "b",
    "1",
    '"',
    '""',
    ",",
    ",",
    "\n",
    "\r\n",
    "\r",
    " ",
    "　",
    "あ",
    '"x"',
    "'",
    "\\",
    '"p\nq"',
    "\u2028",
    "\x0b",
]
CELLS = st.text(alphabet='ab"あ,\n\r; \t', max_size=6)


def oracle(text, width):
    """(line, first cells, filled cells beyond) of every row that holds a value, or None inside an open quote."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    reader = csv.reader(io.StringIO(text + "\n\x00", newline="\n"))
    found, line = [], 1
    for cells in reader:
        found.append((line, cells))
        line = reader.line_num + 1
    if found.pop()[1] != ["\x00"]:
        return None
    padded = [(line, (cells + [""] * width)[:width], cells[width:]) for line, cells in found[1:]]
    return [
        (line, cells, beyond if any(map(trim, beyond)) else None)
        for line, cells, beyond in padded
        if any(map(trim, cells + beyond))
    ]


def rows_read(export):
    return [
        (row["_line"], [row[name] for name in export.columns], row["_surplus"] and json.loads(row["_surplus"]))
        for batch in export.batches()
        for row in batch.to_pylist()
    ]


def read(data, **options):
    return read_export(io.BytesIO(data), name="nasty.csv", **options)


@settings(max_examples=250, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=40).map("".join), st.sampled_from(["utf-8", "cp932", "utf-16"]))
def test_rows_and_lines_are_those_of_the_csv_module(body, codec):
    text = "a,b,c\n" + body
    data = text.encode(codec, errors="ignore")
    text = data.decode(codec)
    try:
        export = read(data, encoding=codec, delimiter=",", header=1)
        found = rows_read(export)
    except UnclosedQuoteError:
        assert oracle(text, 3) is None
        return
    except OnlyHeaderError:
        expected = oracle(text, 3)
        assert expected is None or not expected
        return
    assert found == oracle(text, len(export.columns))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=20, max_size=60),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\r\n", "\n", "\r"]),
)
def test_blocks_may_end_anywhere(table, quoting, newline):
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=quoting, lineterminator=newline)
    writer.writerows([["a", "b", "c"], ["x", "y", "z"], *table])
    with patch.object(rows, "BLOCK", 256), patch.object(encoding, "PIECE", 13):
        export = read(text.getvalue().encode(), delimiter=",", header=1, encoding="utf-8")
        assert rows_read(export) == oracle(text.getvalue(), len(export.columns))


def test_a_row_is_counted_by_its_first_line_when_cells_hold_line_breaks():
    export = read('表題\n\nid,メモ\n1,"二\n行"\n\n2,x\n3\n4,y,"あ\nふれ"\n5,z\n'.encode(), header=3)
    assert [line for line, *_ in rows_read(export)] == [4, 7, 8, 9, 11]
    assert [(found.code, found.fields) for found in export.findings[-2:]] == [
        ("short_rows", {"n": 1, "line": 8}),
        ("long_rows", {"n": 1, "line": 9}),
    ]


def test_an_open_quote_names_the_line_that_opened_it():
    with pytest.raises(UnclosedQuoteError, match=r"line 3 of “nasty.csv”"):
        list(read(b'a,b\n1,2\n3,"4\n5,6\n').batches())


def test_a_row_longer_than_a_block_is_an_open_quote():
    with patch.object(rows, "BLOCK", 64), pytest.raises(UnclosedQuoteError, match="line 2 "):
        list(read(b'a,b\n1,"' + b"x" * 200 + b'"\n5,6\n').batches())


@pytest.mark.parametrize(
    ("end", "below"),
    [
        ('"Grand Totals (3 records)"\n"Confidential Information - Do Not Distribute"\n"Copyright (c) 2026"\n', 3),
        ("\n以上,,\n", 1),
        ("合計,,300\n", 1),
        ("合計,12,１，３００円\n", 1),  # full to the edge, and nothing but numbers
        ("合計,営業,300\n", 0),  # may be somebody's name
        ("※ 2026 年 3 月末時点,,\n", 1),
        ("\n出力条件：全件,,\n担当：情報システム部,,\n", 2),
        ("a4,,\n", 0),
        ("a4,,\n\na5,,7\n", 0),
        ("", 0),
    ],
)
def test_what_stands_below_a_table_is_marked_and_kept(end, below):
    export = read(("id,name,n\na1,x,1\na2,y,2\na3,z,\n" + end).encode())
    marks = [mark for batch in export.batches() for mark in batch.column("_footer").to_pylist()]
    assert sum(marks) == below
    assert not any(marks[:3])
    assert ("footer" in [found.code for found in export.findings]) == bool(below)


def test_a_sheet_of_single_cells_is_no_footer():
    body = "".join(f"u{number},,\n" for number in range(footer.MOST + 5))
    export = read(("id,name,n\n" + body + "\n" + body).encode())
    assert not any(mark for batch in export.batches() for mark in batch.column("_footer").to_pylist())


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"a,b\n", b"\xef\xbb\xbf", b"\xff\xfe", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"]),
)
def test_any_bytes_are_a_table_or_a_sentence(data, start):
    try:
        export = read(start + data)
        count = sum(batch.num_rows for batch in export.batches())
    except AnalysisError as error:
        count = len(error.text("ja")) + len(error.text("en"))
    assert count
