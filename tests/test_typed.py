"""From text to a kind of table: types, refused rows with their reasons, one row an account."""

import csv
import io
import json
from collections import Counter
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis import words
from analysis.exports import read_export
from analysis.exports.columnar import CODES
from analysis.exports.mapping import Mapping, fill
from analysis.exports.typed import REFUSED, convert, schema

USERS = Mapping("users", {"user_id": "ID", "valid_from": "開始", "valid_to": "終了", "status": "状態"})
LOGS = Mapping("activity", {"user_id": "ID", "occurred_at": "日時"}, {"activity": "login"})


def run(text, mapping, **options):
    export = read_export(io.BytesIO(text.encode()), name="x.csv", **options)
    mapping = fill(export, mapping)
    chunks = list(convert(export, mapping))
    accepted = pa.concat_tables([chunk.accepted for chunk in chunks])
    assert accepted.schema == schema(mapping)
    refused = pa.concat_tables([chunk.refused for chunk in chunks])
    assert refused.schema == REFUSED
    return accepted.to_pylist(), refused.to_pylist()


def reasons(refused):
    return [(row["line"], row["column"], row["value"], row["reason"]) for row in refused]


def test_roles_are_typed_and_every_other_column_is_kept_as_text():
    mapping = Mapping("activity", {"user_id": "ID", "occurred_at": "日時", "amount": "金額"}, {"activity": "login"})
    accepted, refused = run('日時,ID,金額,端末\n2026/4/1 9:05,007,"1,234", PC \n2026年4月2日,010,,\n', mapping)
    assert not refused
    assert accepted[0] == {
        "_line": 2,
        "_repeat": False,
        "user_id": "007",
        "occurred_at": datetime(2026, 4, 1, 9, 5),
        "activity": "login",
        "amount": Decimal("1234.0000"),
        "c1": "PC",
    }
    assert (accepted[1]["amount"], accepted[1]["c1"]) == (None, None)


def test_a_refused_row_says_line_column_value_and_why():
    text = (
        "ID,日時,端末\n"
        "a,2026/13/1,PC\n"
        ",2026/4/1,PC\n"
        "b,,PC\n"
        "c,きのう,PC\n"
        "d,2026/4/1 25:00,PC\n"
        "-,2026/4/1,PC\n"
        "e,2026/4/1,PC,8\n"
    )
    accepted, refused = run(text, LOGS)
    assert not accepted
    assert reasons(refused) == [
        (2, "日時", "2026/13/1", "impossible_date"),
        (3, "ID", "", "missing"),
        (4, "日時", "", "missing"),
        (5, "日時", "きのう", "no_date"),
        (6, "日時", "2026/4/1 25:00", "impossible_time"),
        (7, "ID", "-", "missing"),
        (8, "", "", "too_many_cells"),
    ]
    assert json.loads(refused[0]["row"]) == ["a", "2026/13/1", "PC"]
    assert json.loads(refused[6]["row"]) == ["e", "2026/4/1", "PC", "8"]


def test_a_refused_row_carries_nothing_that_is_left_out():
    mapping = Mapping("activity", {"user_id": "ID", "occurred_at": "日時"}, left_out=("氏名",))
    text = "ID,氏名,日時\na,山田,x\nb,山田,太郎,2026/4/1\n"
    _, refused = run(text, mapping)
    assert not any("山田" in str(value) for row in refused for value in row.values())
    assert not any("太郎" in str(value) for row in refused for value in row.values())
    assert json.loads(refused[0]["row"]) == ["a", "x"]


def test_one_row_an_account_identical_rows_repeat_and_different_ones_are_both_refused():
    text = (
        "ID,氏名,開始,終了,状態\n"
        "a,x,2026/4/1,,有効\n"
        "b,x,2026/4/1,,有効\n"
        "a,y,2026-04-01,,有効\n"
        "b,x,2026/4/2,,有効\n"
        "c,x,2026/4/1,2026/3/31,有効\n"
        "d,x,2026/4/1,2026/4/1,有効\n"
        "a,x,2026/4/1,,有効\n"
        "d,x,2026/13/1,,有効\n"
    )
    mapping = Mapping(USERS.kind, USERS.roles, left_out=("氏名",))
    accepted, refused = run(text, mapping)
    assert [(row["_line"], row["user_id"], row["_repeat"]) for row in accepted] == [
        (2, "a", False),
        (4, "a", True),
        (7, "d", False),
        (8, "a", True),
    ]
    assert [(row["line"], row["reason"], json.loads(row["fields"])) for row in refused] == [
        (3, "second_row", {"other": 5}),
        (5, "second_row", {"other": 3}),
        (6, "end_before_start", {}),
        (9, "impossible_date", {}),
    ]


def test_days_are_at_midnight():
    accepted, _ = run("ID,開始,終了,状態\na,2026/4/1 9:05,2026-04-30 23:59:59,有効\n", USERS)
    assert accepted[0]["valid_from"] == datetime(2026, 4, 1)
    assert accepted[0]["valid_to"] == datetime(2026, 4, 30)


def test_one_of_two_ids_is_enough_for_an_inquiry():
    mapping = Mapping("inquiries", {"occurred_at": "日時", "customer_id": "顧客", "user_id": "ID"})
    accepted, refused = run("日時,顧客,ID\n2026/4/1,c,\n2026/4/1,,u\n2026/4/1,,\n", mapping)
    assert len(accepted) == 2
    assert reasons(refused) == [(4, "顧客", "", "missing")]


def test_moments_of_another_zone_become_local_and_are_counted():
    export = read_export(
        io.BytesIO("ID,日時\na,2026-03-31T20:00:00Z\nb,2026-04-01\nc,2026-04-01 05:00 +0900\n".encode())
    )
    (chunk,) = convert(export, LOGS)
    assert chunk.accepted["occurred_at"].to_pylist() == [
        datetime(2026, 4, 1, 5),
        datetime(2026, 4, 1),
        datetime(2026, 4, 1, 5),
    ]
    assert [(found.code, found.fields) for found in export.findings][-1] == ("shifted", {"n": 1})


def test_rows_below_the_table_are_refused_as_such():
    accepted, refused = run("ID,開始,終了,状態\na,2026/4/1,,有効\nb,2026/4/1,,有効\n\n以上,,,\n", USERS)
    assert len(accepted) == 2
    assert reasons(refused) == [(5, "", "", "footer")]


def test_progress_counts_rows_up_to_the_whole_file():
    export = read_export(io.BytesIO(("ID,日時\n" + "a,2026/4/1\n" * 1000).encode()))
    calls = []
    list(convert(export, LOGS, progress=lambda rows, share: calls.append((rows, share))))
    assert calls[-1] == (1000, 1.0)


CELL = st.sampled_from(["", " ", "a", "b", "2026/4/1", "2026/4/2", "x", "2026/4/99", "有効", '"', "1\n2"])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=6), min_size=1, max_size=25), st.sampled_from([USERS, LOGS]))
def test_accepted_and_refused_are_the_rows_that_were_read(rows, mapping):
    text = io.StringIO()
    columns = ["ID", "開始", "終了", "状態"] if mapping is USERS else ["ID", "日時"]
    csv.writer(text).writerows([columns, ["z", "2026/4/3"], *rows])
    read = sum(1 for row in rows if any(cell.strip() for cell in row)) + 1
    accepted, refused = run(text.getvalue(), mapping, header=1, delimiter=",")
    lines = [row["_line"] for row in accepted] + [row["line"] for row in refused]
    assert len(lines) == len(set(lines)) == read
    assert all(count == 1 for count in Counter(row["user_id"] for row in accepted if not row["_repeat"]).values()) or (
        mapping is LOGS
    )
    for row in refused:
        for language in ("ja", "en"):
            assert words.text(language, f"reasons.{row['reason']}", **json.loads(row["fields"]))


@pytest.mark.parametrize("code", [code for code in CODES if code])
def test_every_reason_has_words(code):
    assert words.text("ja", f"reasons.{code}") != words.text("en", f"reasons.{code}")


ORDERS = Mapping("orders", {"customer_id": "ID", "ordered_at": "日", "amount": "金額"})
PRICED = Mapping("orders", {"customer_id": "ID", "ordered_at": "日", "unit_price": "単価", "quantity": "数量"})


def test_an_order_without_a_customer_is_kept_and_one_without_an_amount_is_refused():
    accepted, refused = run("ID,日,金額\n,2026/4/1,100\n-,2026/4/1,200\na,2026/4/1,\n", ORDERS)
    assert [(row["customer_id"], row["amount"]) for row in accepted] == [(None, 100), (None, 200)]
    assert reasons(refused) == [(4, "金額", "", "missing")]


def test_the_amount_of_a_line_is_its_price_times_its_quantity():
    text = "ID,日,単価,数量\na,2026/4/1,2.55,6\na,2026/4/1,27.5,-1\na,2026/4/1,0.0001,0.5\nb,2026/4/1,-0.0001,0.5\n"
    accepted, refused = run(text, PRICED)
    assert not refused
    assert [row["amount"] for row in accepted] == [Decimal(n) for n in ("15.3", "-27.5", "0.0001", "-0.0001")]
    assert [row["unit_price"] for row in accepted][:2] == [Decimal("2.55"), Decimal("27.5")]


def test_a_line_without_its_price_or_its_quantity_is_refused_with_the_column_that_lacks():
    text = "ID,日,単価,数量\na,2026/4/1,,6\na,2026/4/1,5,\na,2026/4/1,99999999999999,99999999999999\n"
    accepted, refused = run(text, PRICED)
    assert not accepted
    assert [(line, column, reason) for line, column, _, reason in reasons(refused)] == [
        (2, "単価", "missing"),
        (3, "数量", "missing"),
        (4, "単価", "number_too_large"),
    ]


def test_a_price_without_a_quantity_is_for_one_piece_and_an_amount_of_its_own_goes_before_it():
    one = Mapping("orders", {"customer_id": "ID", "ordered_at": "日", "unit_price": "価格"})
    assert run("ID,日,価格\na,2026/4/1,300\n", one)[0][0]["amount"] == 300
    both = Mapping("orders", PRICED.roles | {"amount": "金額"})
    accepted, refused = run("ID,日,単価,数量,金額\na,2026/4/1,100,2,180\na,2026/4/1,100,,90\na,2026/4/1,9,1,\n", both)
    assert [row["amount"] for row in accepted] == [180, 90]
    assert reasons(refused) == [(4, "金額", "", "missing")]
