"""Dependence on one person: who knows a customer, by owners of lists, orders, deals and visits."""

from collections import defaultdict
from datetime import date, datetime

import duckdb
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import analysis as an
from analysis import errors
from analysis.single_contact import contact_shares

PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
KNOWN = date(2026, 3, 31)


def at(text):
    return pd.to_datetime(pd.Series(text), format="ISO8601").astype("datetime64[us]")


ORDERS = pd.DataFrame(
    {
        "customer_id": ["a", "a", "b", "c", "d", "e", None],
        "ordered_at": at(
            ["2026-01-05", "2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06", "2026-03-07"]
        ),
        "amount": [100, 200, 400, 50, -30, 80, 20],
        "owner": ["岡", "佐伯", None, "", "岡", "岡", "岡"],
    }
)
LISTED = pd.DataFrame({"customer_id": ["a", "b", "c", "f"], "owner": ["岡", "佐伯", None, "佐 伯"]})
VISITS = pd.DataFrame(
    {
        "customer_id": ["b", "c", "e", "e"],
        "occurred_at": at(["2026-03-30", "2026-04-01", "2026-03-31 23:59", "2026-01-01"]),
        "owner": ["佐伯　", "岡", "岡", "南"],
    }
)
DEALS = pd.DataFrame(
    {"deal_id": ["1", "2"], "phase": ["提案", "受注"], "customer_id": ["e", "z"], "owner": ["岡", "岡"]}
)
TABLES = {"customers": LISTED, "visits": VISITS, "deals": DEALS}


def listed(**options):
    found = an.contact_customers(ORDERS, **{"as_of": KNOWN, **TABLES, **options})
    plain = found.astype(object).where(found.notna(), None)
    return {
        row["customer_id"]: (row["amount"], row["salespeople"], row["contact"], row["owner"])
        for row in plain.to_dict("records")
    }


def test_salespeople_are_those_of_all_tables_and_nobody_is_a_line_of_its_own():
    assert listed() == {
        "a": (300, 2, "several", None),
        "b": (400, 1, "single", "佐伯"),  # written with a space in the visits
        "c": (50, 0, "unknown", None),  # visited by 岡 only a day later
        "d": (-30, 1, "single", "岡"),
        "e": (80, 2, "several", None),
        "f": (0, 1, "single", "佐伯"),  # written with a space
        None: (20, 0, "nobody", None),
    }


def test_contacts_may_count_only_from_a_day_on():
    assert listed(since=date(2026, 2, 1))["e"] == (80, 1, "single", "岡")
    assert listed(since=date(2026, 3, 2))["a"][1] == 2
    assert listed(since=date(2026, 3, 3))["a"] == (300, 1, "single", "岡")


def test_somebody_with_deals_only_is_no_customer_yet():
    assert "z" not in listed()


def shares(**options):
    found = an.single_contact(ORDERS, as_of=KNOWN, **TABLES, **options)
    key = found.columns[0]
    return {row[key]: {name: value for name, value in row.items() if name != key} for row in found.to_dict("records")}


def test_the_share_of_customers_and_of_sales():
    found = shares()
    assert {name: (row["customers"], row["all_customers"], row["amount"]) for name, row in found.items()} == {
        "single": (3, 6, 400),
        "several": (2, 6, 380),
        "unknown": (1, 6, 50),
        "nobody": (0, 6, 20),
    }
    assert {row["all_amount"] for row in found.values()} == {850}
    assert found["single"]["amount_share"] == 400 / 850
    assert found["single"]["customer_share"] == 3 / 6
    assert found["single"]["not_positive"] == 2  # d returned more than was bought, f bought nothing
    assert sum(row["amount"] for row in found.values()) == 850


def test_where_nothing_was_bought_there_is_no_share_of_it():
    nothing = an.single_contact(ORDERS.assign(amount=0), as_of=KNOWN, **TABLES)
    assert nothing["amount_share"].isna().all()
    assert nothing["not_positive"].sum() == nothing["customers"].sum() == 6


def test_each_salesperson_with_the_customers_that_they_alone_know():
    found = shares(by_owner=True)
    assert {name: (row["customers"], row["amount"]) for name, row in found.items()} == {"佐伯": (2, 400), "岡": (1, 0)}


def test_without_any_owner_it_is_said_which_column_is_missing():
    with pytest.raises(errors.MissingColumnError, match="owner"):
        an.contact_customers(ORDERS.drop(columns="owner"), customers=LISTED[["customer_id"]])


def test_customers_that_were_merged_share_their_salespeople():
    assert listed(merges={"d": "b"})["b"] == (370, 2, "several", None)


ROWS = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c", None]), st.integers(-2, 9), st.sampled_from(["x", "y", "", None])),
    min_size=1,
    max_size=9,
)


@settings(max_examples=10, deadline=None, phases=PHASES)
@given(ROWS, st.lists(st.tuples(st.sampled_from("abd"), st.sampled_from(["x", "z", None])), max_size=5))
def test_agrees_with_sets_on_pandas_and_duckdb(sold, visited):
    orders = pd.DataFrame(sold, columns=["customer_id", "amount", "owner"], dtype=object)
    orders = orders.astype({"amount": "int64"}).assign(ordered_at=pd.Timestamp(2026, 3, 1))
    visits = pd.DataFrame(visited, columns=["customer_id", "owner"], dtype=object).assign(
        occurred_at=pd.Timestamp(2026, 3, 1)
    )
    amounts, known = defaultdict(int), defaultdict(set)
    for name, amount, owner in sold:
        amounts[name] += amount
        known[name] |= {owner} - {"", None}
    for name, owner in visited:
        known[name] |= {owner} - {None}
    people = {name: 0 if name is None else len(known[name]) for name in amounts}
    expected = {
        name: (amounts[name], people[name], known[name].pop() if people[name] == 1 else None) for name in amounts
    }
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE o (customer_id VARCHAR, amount BIGINT, owner VARCHAR, ordered_at TIMESTAMP)")
        connection.execute("CREATE TABLE v (customer_id VARCHAR, owner VARCHAR, occurred_at TIMESTAMP)")
        connection.executemany("INSERT INTO o VALUES (?, ?, ?, ?)", [(*row, datetime(2026, 3, 1)) for row in sold])
        if visited:
            connection.executemany("INSERT INTO v VALUES (?, ?, ?)", [(*row, datetime(2026, 3, 1)) for row in visited])
        on_duckdb = an.contact_customers(connection.table("o"), visits=connection.table("v")).df()
    for found in (an.contact_customers(orders, visits=visits), on_duckdb):
        plain = found.astype(object).where(found.notna(), None)
        assert {
            row["customer_id"]: (row["amount"], row["salespeople"], row["owner"]) for row in plain.to_dict("records")
        } == expected


def test_the_shares_come_from_the_list_that_is_shown_beside_them():
    listed = an.contact_customers(ORDERS, as_of=KNOWN, **TABLES)
    for by in (False, True):
        whole = an.single_contact(ORDERS, as_of=KNOWN, by_owner=by, **TABLES)
        pd.testing.assert_frame_equal(contact_shares(listed, by_owner=by), whole)
