"""What happened with one customer, and what was written down about it."""

from datetime import date, datetime

import duckdb
import pandas as pd
import pytest

import analysis as an
from analysis import errors
from analysis.customer_notes import LONGEST
from analysis.customer_timeline import COLUMNS

KNOWN = date(2026, 3, 31)


def table(columns, *rows, moments=()):
    frame = pd.DataFrame(rows, columns=columns.split())
    at = {name: pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]") for name in moments}
    return frame.assign(**at)


ORDERS = table(
    "customer_id ordered_at amount order_id owner",
    ("a", "2026-03-01 10:00", 100, "J1", "岡"),
    ("a", "2026-03-01 10:00", 50, "J1", "岡"),
    ("a", "2026-03-09 11:00", -50, "J1", None),
    ("a", "2026-04-01 00:00", 999, "J9", "岡"),  # not yet
    ("b", "2026-03-02 10:00", 7, "J2", "南"),
    (None, "2026-03-03 10:00", 8, "J3", ""),
    moments=["ordered_at"],
)
INQUIRIES = table(
    "customer_id occurred_at category text",
    ("a", "2026-03-05 09:00", "クレーム", "届かない"),
    ("b", "2026-03-05 09:00", "質問", "x"),
    moments=["occurred_at"],
)
VISITS = table(
    "customer_id occurred_at category owner",
    ("A社", "2026-03-06 15:00", "定期", "岡"),
    ("a", "2026-04-02 15:00", "定期", "岡"),
    moments=["occurred_at"],
)
CONTRACTS = table(
    "customer_id term_start term_end plan",
    ("a", "2025-07-01", "2026-06-30", "基本"),
    ("a", "2026-07-01", "2027-06-30", "上級"),
    moments=["term_start", "term_end"],
)
DEALS = table(
    "deal_id phase customer_id amount created_at closed_at",
    ("D1", "受注", "a", 300, "2026-02-01", "2026-02-20"),
    ("D2", "失注", "a", 10, "2026-02-02", "2026-03-31"),
    ("D3", "提案", "a", 20, "2026-02-03", "2026-03-20"),  # a forecast
    ("D4", "提案", "a", 30, None, None),
    moments=["created_at", "closed_at"],
)
TABLES = {"inquiries": INQUIRIES, "visits": VISITS, "contracts": CONTRACTS, "deals": DEALS}
OPTIONS = {"as_of": KNOWN, "merges": {"A社": "a"}}
EXPECTED = {
    ("2026-03-01 10:00", "order", "J1", None, "岡", None, 150, 2),
    ("2026-03-09 11:00", "cancellation", "J1", None, None, None, -50, 1),
    ("2026-03-05 09:00", "inquiry", None, "クレーム", None, "届かない", None, 0),
    ("2026-03-06 15:00", "visit", None, "定期", "岡", None, None, 0),
    ("2025-07-01 00:00", "contract_start", None, "基本", None, None, None, 0),
    ("2026-06-30 00:00", "contract_end", None, "基本", None, None, None, 0),
    ("2026-02-01 00:00", "deal_created", "D1", "受注", None, None, 300, 0),
    ("2026-02-20 00:00", "deal_won", "D1", "受注", None, None, 300, 0),
    ("2026-02-02 00:00", "deal_created", "D2", "失注", None, None, 10, 0),
    ("2026-03-31 00:00", "deal_lost", "D2", "失注", None, None, 10, 0),
    ("2026-02-03 00:00", "deal_created", "D3", "提案", None, None, 20, 0),
    (None, "deal", "D4", "提案", None, None, 30, 0),
}


def told(frame):
    rows = frame.astype(object).where(frame.notna(), None).itertuples(index=False, name=None)
    return [(at and f"{at:%Y-%m-%d %H:%M}", *rest) for at, *rest in rows]


def test_everything_that_happened_with_a_customer():
    found = an.customer_timeline(ORDERS, "a", **TABLES, **OPTIONS)
    assert list(found.columns) == list(COLUMNS)
    assert len(found) == len(EXPECTED)
    assert set(told(found)) == EXPECTED


def test_the_same_on_duckdb():
    with duckdb.connect() as connection:
        tables = {name: connection.from_df(each) for name, each in TABLES.items()}
        found = an.customer_timeline(connection.from_df(ORDERS), "a", **tables, **OPTIONS).df()
    assert set(told(found)) == EXPECTED


def test_orders_of_a_timeline_add_up_to_the_amount():
    for customer in ("a", "b", None):
        amount = an.customer_timeline(ORDERS, customer, as_of=KNOWN)["amount"].sum()
        lines = an.customer_lines(ORDERS, of=[customer], as_of=KNOWN)
        assert amount == lines["counted_amount"].sum()
    assert len(an.customer_timeline(ORDERS, None, as_of=KNOWN)) == 1


def test_tables_that_tell_of_no_customer_say_nothing():
    found = an.customer_timeline(ORDERS, "b", as_of=KNOWN, deals=DEALS.drop(columns="customer_id"))
    assert told(found) == [("2026-03-02 10:00", "order", "J2", None, "南", None, 7, 1)]


def test_lines_without_a_number_are_told_by_their_moment():
    lines = ORDERS.drop(columns="order_id")
    found = an.customer_timeline(lines, "a", as_of=KNOWN)
    assert sorted((row["amount"], row["lines"]) for row in found.to_dict("records")) == [(-50, 1), (150, 2)]


MADE = (
    an.CustomerNotes()
    .add("a", " 来月、新店 ", who="sato", at="2026-03-01 10:00")
    .add("A社", "旧店名", who=None, at="2026-03-02 09:00")
)


def test_a_note_has_an_author_and_a_time_and_is_read_newest_first():
    assert [(note.text, note.who, note.at) for note in MADE.of("a", {"A社": "a"})] == [
        ("旧店名", None, "2026-03-02 09:00"),
        ("来月、新店", "sato", "2026-03-01 10:00"),
    ]
    assert [note.number for note in MADE.of("a")] == [1]
    assert MADE.of(None) == []
    assert an.CustomerNotes.from_json(MADE.to_json()) == MADE


def test_a_note_can_be_changed_and_removed_and_its_number_is_not_given_again():
    changed = MADE.change(1, "再来月", who="oka", at="2026-03-05 08:00")
    note = changed.of("a")[0]
    assert (note.text, note.who, note.at) == ("再来月", "sato", "2026-03-01 10:00")
    assert (note.changed_by, note.changed_at) == ("oka", "2026-03-05 08:00")
    left = changed.remove(2)
    assert "旧店名" not in left.to_json()
    assert left.add("b", "x", who=None, at="2026-03-06 08:00").of("b")[0].number == 3


@pytest.mark.parametrize("text", ["", " \n", "あ" * (LONGEST + 1)])
def test_a_note_that_says_nothing_or_too_much_is_refused(text):
    with pytest.raises(errors.NoteTextError):
        MADE.add("a", text, who=None, at="2026-03-01 10:00")


@pytest.mark.parametrize("text", ["", "[]", '{"version": 1, "last": 0}', '{"version": 9, "last": 0, "notes": []}'])
def test_a_text_that_holds_no_notes_is_refused(text):
    with pytest.raises(errors.NotesTextError):
        an.CustomerNotes.from_json(text)


def test_moments_of_notes_are_read_as_they_are_written():
    assert datetime.fromisoformat(MADE.notes[0].at) == datetime(2026, 3, 1, 10)
