"""Ways in which a number about customers could be wrong without anyone noticing."""

from datetime import date

import duckdb
import pandas as pd
import pytest

import analysis as an

KNOWN = date(2026, 3, 31)


def sold(*rows, **more):
    """Order lines (customer, moment, amount, order number, product)."""
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount", "order_id", "product_code"])
    at = pd.to_datetime(frame["ordered_at"], format="ISO8601").astype("datetime64[us]")
    return frame.assign(ordered_at=at, **more)


def log(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "occurred_at"])
    return frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"]).astype("datetime64[us]"))


def row(result, customer):
    found = result[result["customer_id"] == customer]
    assert len(found) == 1
    return found.iloc[0]


LINES = sold(
    ("a", "2026-03-01 10:00", 100, "J1", "p"),
    ("a", "2026-03-01 10:00", 100, "J1", "q"),
    ("a", "2026-03-11 10:00", 100, "J2", "p"),
    ("b", "2026-03-05 10:00", 70, "J3", "p"),
    (None, "2026-03-06 10:00", 9, "J4", "p"),
)


def test_many_inquiries_and_visits_do_not_multiply_the_amount():
    asked, seen = log(*[("a", "2026-03-02")] * 5), log(*[("a", "2026-03-03")] * 7)
    alone = an.measure_customers(LINES, as_of=KNOWN)
    beside = an.measure_customers(LINES, as_of=KNOWN, inquiries=asked, visits=seen)
    assert row(beside, "a")["amount"] == row(alone, "a")["amount"] == 300
    assert (row(beside, "a")["inquiries"], row(beside, "a")["visits"]) == (5, 7)
    assert beside["amount"].sum() == LINES["amount"].sum()


def test_lines_of_one_order_are_one_order():
    assert row(an.measure_customers(LINES, as_of=KNOWN), "a")["orders"] == 2


def test_nobodys_lines_do_not_meet_nobodys_inquiries_of_another_blank():
    result = an.measure_customers(LINES, as_of=KNOWN, inquiries=log((None, "2026-03-02"), ("", "2026-03-02")))
    nobody = result[result["customer_id"].isna()]
    assert nobody[["amount", "inquiries"]].to_numpy().tolist() == [[9, 2]]


def test_nobody_is_not_the_customer_with_an_empty_name_or_the_number_0():
    numbers = pd.DataFrame({"customer_id": [0.0, None, 1.0], "amount": [5, 7, 9]}).assign(
        ordered_at=pd.Timestamp(2026, 3, 1)
    )
    result = an.measure_customers(
        numbers, as_of=KNOWN, measures="amount", visits=log((None, "2026-03-01")).astype({"customer_id": "float"})
    )
    assert row(result, 0)["amount"] == 5
    assert result[result["customer_id"].isna()]["amount"].tolist() == [7]


def test_a_return_under_the_number_of_its_order_leaves_the_order_counted_once():
    returned = sold(
        ("a", "2026-03-01", 100, "J1", "p"), ("a", "2026-03-20", -100, "J1", "p"), ("a", "2026-03-25", -10, "J9", "p")
    )
    found = row(an.measure_customers(returned, as_of=KNOWN), "a")
    assert (found["amount"], found["orders"], found["recency_days"]) == (-10, 1, 30)


def test_a_cancellation_written_without_a_minus_is_not_a_sale():
    cancelled = sold(
        ("a", "2026-03-01", 100, "J1", "p"), ("a", "2026-03-02", 900, "J2", "p"), status=["売上", "キャンセル"]
    )
    assert row(an.measure_customers(cancelled, as_of=KNOWN), "a")["amount"] == 100


def test_a_return_after_the_day_has_not_happened_yet():
    later = sold(("a", "2026-03-01", 100, "J1", "p"), ("a", "2026-04-01 00:00", -100, "J1", "p"))
    assert row(an.measure_customers(later, as_of=KNOWN), "a")["amount"] == 100
    assert row(an.measure_customers(later), "a")["amount"] == 0


def test_a_merge_counts_one_order_and_one_product_that_both_had_once():
    twice = sold(("a", "2026-03-01", 100, "J1", "p"), ("A社", "2026-03-01", 50, "J1", "p"))
    found = an.measure_customers(twice, as_of=KNOWN, merges={"A社": "a"})
    assert found[["customer_id", "amount", "orders", "products"]].to_numpy().tolist() == [["a", 150, 1, 1]]


def test_two_customers_on_the_list_that_were_merged_are_one_row():
    listed = pd.DataFrame({"customer_id": ["a", "A社", "b"], "area": ["east", "west", "north"]})
    found = an.measure_customers(LINES, as_of=KNOWN, customers=listed, merges={"A社": "a"})
    assert row(found, "a")["area"] == "east"
    assert found["amount"].sum() == LINES["amount"].sum()


def test_the_hours_of_an_order_do_not_move_its_day():
    night = sold(("a", "2026-03-30 23:59:59", 1, "J1", "p"), ("a", "2026-03-31 00:00:00", 1, "J2", "p"))
    assert row(an.measure_customers(night, as_of=KNOWN), "a")["recency_days"] == 0
    assert row(an.measure_customers(night, as_of=KNOWN), "a")["interval_days"] == 1


def test_a_line_on_the_edges_of_the_period_counts_once():
    march, april = an.Period.parse("2026-03"), an.Period.parse("2026-04")
    edge = sold(("a", "2026-03-31 23:59:59.999999", 1, "J1", "p"), ("a", "2026-04-01", 2, "J2", "p"))
    day = date(2026, 4, 30)
    amounts = [row(an.measure_customers(edge, as_of=day, period=each), "a")["amount"] for each in (march, april)]
    assert amounts == [1, 2]


def test_thousands_of_small_amounts_add_up_exactly_on_duckdb():
    with duckdb.connect() as connection:
        lines = connection.sql(
            "SELECT 'a' AS customer_id, TIMESTAMP '2026-03-01' AS ordered_at, 0.1::DECIMAL(18, 4) AS amount "
            "FROM range(10000)"
        )
        found = an.measure_customers(lines, as_of=KNOWN, measures="amount").fetchall()
    assert str(found[0][1]) == "1000.0000"


@pytest.mark.parametrize("rule", an.CANCELLATIONS)
def test_no_rule_loses_a_customer(rule):
    everything = sold(
        ("a", "2026-03-01", -5, "C1", "p"), ("b", "2026-03-01", 0, "J2", None), (None, "2026-03-01", -1, "C3", "p")
    )
    found = an.measure_customers(everything, as_of=KNOWN, cancellations=rule)
    assert len(found) == 3


def test_whom_one_person_knows_is_not_whom_one_row_names():
    visited = log(("a", "2026-03-01"), ("a", "2026-03-02")).assign(owner=["岡", "岡"])
    found = an.contact_customers(LINES, as_of=KNOWN, visits=visited)
    assert row(found, "a")[["salespeople", "contact"]].tolist() == [1, "single"]
    assert row(found, "b")["contact"] == "unknown"
