"""Who the customers are: one row each, whatever table tells of them."""

from datetime import date

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usage_oracle import ENGINES, records

from analysis.customer_base import BASES, customers_of, on_list
from analysis.errors import ChoiceError, MissingColumnError

engines = pytest.mark.parametrize("engine", ENGINES)
DAY = date(2026, 3, 31)
TYPES = {
    "customer_id": "str",
    "customer_name": "str",
    "plan": "str",
    "case_id": "str",
    "owner": "str",
    **dict.fromkeys(
        ("term_start", "term_end", "ordered_at", "entered_at", "created_at", "roster_as_of"), "datetime64[us]"
    ),
}


def table(*rows):
    frame = pd.DataFrame(list(rows))
    return frame.astype({name: TYPES.get(name, "object") for name in frame.columns})


def term(customer, start, end, plan="standard"):
    return {"customer_id": customer, "term_start": start, "term_end": end, "plan": plan}


def order(customer, at, name=None):
    return {"customer_id": customer, "ordered_at": at, "customer_name": name, "amount": 100}


def found(engine, kind, rows, days=()):
    return records(customers_of(ENGINES[engine](table(*rows)), kind, days=days))


@engines
@pytest.mark.parametrize(
    ("start", "end", "there"),
    [
        ("2026-03-31", "2026-12-31", True),
        ("2026-04-01", "2026-12-31", False),
        ("2025-04-01", "2026-03-31", True),
        ("2025-04-01", "2026-03-30", False),
        ("2025-04-01", None, True),
    ],
)
def test_a_customer_of_contracts_is_who_has_a_term_on_the_day_the_last_included(engine, start, end, there):
    rows = found(engine, "contracts", [term("a", start, end), term("b", "2020-01-01", "2030-01-01")], [DAY])
    assert [row["customer_id"] for row in rows if row["customer_id"] == "a"] == ["a"] * there
    assert {row["roster_as_of"].date() for row in rows} == {DAY}


@engines
def test_of_two_terms_of_one_day_the_one_that_began_last_speaks_for_the_customer(engine):
    rows = [term("a", "2025-04-01", "2026-03-31", "old"), term("a", "2026-01-01", "2026-12-31", "new")]
    for order_of in (rows, rows[::-1]):
        assert [row["plan"] for row in found(engine, "contracts", order_of, [DAY])] == ["new"]
        assert [row["plan"] for row in found(engine, "contracts", order_of, [date(2025, 12, 31)])] == ["old"]


@engines
def test_without_days_everybody_who_ever_had_a_term_is_a_customer_once(engine):
    rows = [term("a", "2020-04-01", "2021-03-31", "first"), term("a", "2021-04-01", "2022-03-31", "second")]
    (row,) = found(engine, "contracts", rows)
    assert (row["customer_id"], row["plan"], "roster_as_of" in row) == ("a", "second", False)


@engines
def test_several_days_are_a_history(engine):
    rows = [term("a", "2025-04-01", "2026-03-31"), term("b", "2026-02-01", "2027-01-31")]
    days = [date(2026, 1, 31), DAY, DAY]
    seen = sorted((row["customer_id"], row["roster_as_of"].date()) for row in found(engine, "contracts", rows, days))
    assert seen == [("a", days[0]), ("a", DAY), ("b", DAY)]


@engines
def test_customers_of_orders_have_ordered_up_to_the_day_and_nobodys_lines_are_nobodys(engine):
    rows = [order("a", "2026-03-31 23:59", "A"), order("a", "2026-01-01", None), order("b", "2026-04-01", "B")]
    rows += [order(None, "2026-01-01", "?"), order("", "2026-01-01", "?")]
    assert [(row["customer_id"], row["customer_name"]) for row in found(engine, "orders", rows, [DAY])] == [("a", "A")]
    assert {row["customer_id"] for row in found(engine, "orders", rows)} == {"a", "b"}
    assert "amount" not in found(engine, "orders", rows)[0]


@engines
def test_a_customer_of_several_cases_stands_in_the_newest_of_each_list(engine):
    rows = [
        {"case_id": case, "customer_id": customer, "entered_at": at, "roster_as_of": day}
        for case, customer, at, day in (
            ("1", "a", "2026-02-01", "2026-03-31"),
            ("2", "a", "2026-01-01", "2026-03-31"),
            ("3", "b", None, "2026-03-31"),
            ("1", "a", None, "2026-02-28"),
            ("2", "a", "2026-01-01", "2026-02-28"),
        )
    ]
    seen = sorted((r["customer_id"], r["roster_as_of"].month, r["case_id"]) for r in found(engine, "cases", rows))
    assert seen == [("a", 2, "2"), ("a", 3, "1"), ("b", 3, "3")]


@engines
def test_a_list_of_customers_is_taken_as_it_is_and_of_users_only_whose_they_are(engine):
    listed = [{"customer_id": "a", "owner": "x"}, {"customer_id": "b", "owner": None}]
    assert found(engine, "customers", listed) == listed
    users = [{"user_id": "1", "customer_id": "a"}, {"user_id": "2", "customer_id": "a"}, {"user_id": "3"}]
    assert found(engine, "users", users) == [{"customer_id": "a"}]


@engines
def test_the_list_of_a_day_is_the_latest_up_to_it_and_before_the_first_the_first(engine):
    lists = table(
        {"customer_id": "a", "roster_as_of": "2026-01-31"}, {"customer_id": "b", "roster_as_of": "2026-03-31"}
    )
    for day, who in (
        (date(2026, 1, 1), "a"),
        (date(2026, 3, 30), "a"),
        (date(2026, 3, 31), "b"),
        (None, "b"),
    ):
        assert records(on_list(ENGINES[engine](lists), "customers", day)) == [{"customer_id": who}]


def test_what_is_no_table_of_customers_is_named():
    with pytest.raises(ChoiceError, match="activity"):
        customers_of(table({"customer_id": "a"}), "activity")
    with pytest.raises(MissingColumnError, match="customer_id"):
        customers_of(table({"case_id": "1"}), "cases")
    with pytest.raises(MissingColumnError, match="term_end"):
        customers_of(table({"customer_id": "a", "term_start": "2026-01-01"}), "contracts", days=[DAY])
    assert set(BASES) == {"customers", "contracts", "cases", "deals", "orders", "users"}


DAYS = st.dates(date(2026, 1, 1), date(2026, 1, 6))


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sampled_from(["a", "b", None]), DAYS, DAYS, st.sampled_from("xyz"))), DAYS)
def test_terms_of_a_day_agree_with_plain_python(rows, day):
    kept: dict = {}
    for customer, start, end, plan in rows:
        if customer and start <= day <= end:
            kept[customer] = max(kept.get(customer, (start, end, plan)), (start, end, plan))
    given_rows = [term(customer, start, end, plan) for customer, start, end, plan in rows] or [term("z", None, None)]
    for engine in ENGINES:
        seen = {row["customer_id"]: row["plan"] for row in found(engine, "contracts", given_rows, [day])}
        assert seen == {customer: best[2] for customer, best in kept.items()}
