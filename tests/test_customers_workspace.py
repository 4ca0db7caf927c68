"""Customers in a workspace: a metric gets the tables that it can do without, where they are there."""

from datetime import date, datetime

import pytest
from engine_data import put

import analysis as an
from analysis.workspace import Workspace
from analysis.workspace.choice import tables_beside


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "作業 場所")
    put(workspace, "orders", [sale("a", 1, 100), sale("a", 9, 50), sale(None, 3, 7)])
    yield workspace
    workspace.close()


def sale(customer, on, amount):
    return {"customer_id": customer, "ordered_at": datetime(2026, 3, on), "amount": amount}


def asked(customer, on):
    return {"customer_id": customer, "occurred_at": datetime(2026, 3, on)}


def test_optional_tables_are_found_by_the_names_of_keyword_parameters():
    def metric(orders, *, visits=None, inquiries, deals="no", customers=None, other=None):
        return orders, visits, inquiries, deals, customers, other

    assert tables_beside(metric) == ["visits", "customers"]


def test_only_tables_that_are_there_are_handed_over(ws):
    plain = ws.run(an.measure_customers)
    assert "inquiries" not in plain.columns
    assert sorted(plain["amount"]) == [7, 150]
    put(ws, "inquiries", [asked("a", 2), asked("b", 3), asked("a", 31)])
    found = ws.run(an.measure_customers, as_of=date(2026, 3, 30)).set_index("customer_id")
    assert found.loc["a", "inquiries"] == 1
    assert found.loc["b", "amount"] == 0
    assert "inquiries" not in ws.run(an.measure_customers, inquiries=None).columns


def test_the_list_of_customers_is_that_of_the_day(ws):
    put(ws, "customers", [{"customer_id": "a", "エリア": "関東"}], as_of=date(2026, 3, 1))
    put(ws, "customers", [{"customer_id": "a", "エリア": "近畿"}], as_of=date(2026, 3, 20))
    for day, area in ((date(2026, 3, 10), "関東"), (date(2026, 3, 31), "近畿")):
        found = ws.run(an.measure_customers, as_of=day, measures="amount").set_index("customer_id")
        assert found.loc["a", "エリア"] == area


def test_lines_without_a_customer_are_stored_and_counted(ws):
    stored = ws.table("orders")
    assert stored["customer_id"].isna().sum() == 1
    assert ws.run(an.customer_lines, of=[None])["amount"].tolist() == [7]
