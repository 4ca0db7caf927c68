"""Rankings over some products only: groups of a grouping or bare codes, on the page and from a workspace."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

import analysis as an
from analysis.product_groups import SETTING, Grouping, Groupings
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
SERUM = Grouping.of(
    {
        "name": "用途",
        "groups": [{"name": "美容液", "rules": [{"kind": "prefix", "value": "BE-"}]}],
    }
)
# customer -> amount of BE-30, BE-S, LO-1
BOUGHT = {"a": (100, 50, 900), "b": (400, 0, 10), "c": (0, 300, 0), "d": (0, 0, 700)}
CODES = ("BE-30", "BE-S", "LO-1")


def lines():
    start = datetime(2026, 4, 1)
    for i, (customer, amounts) in enumerate(BOUGHT.items()):
        for j, (code, amount) in enumerate(zip(CODES, amounts, strict=True)):
            if amount:
                row = {"customer_id": customer, "ordered_at": start + timedelta(days=3 * i + j), "amount": amount}
                yield {**row, "order_id": f"J-{customer}{j}", "product_code": code}


@pytest.fixture(scope="module")
def ws(tmp_path_factory):
    workspace = Workspace.open(tmp_path_factory.mktemp("products") / "workspace")
    put(workspace, "orders", [*lines()])
    put(workspace, "customers", [{"customer_id": name} for name in BOUGHT], as_of=date(2026, 4, 30))
    workspace.set_setting(SETTING, Groupings((SERUM,)).to_json())
    yield workspace
    workspace.close()


@pytest.fixture
def at(ws, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.layout.root))
    yield opened
    st.cache_data.clear()
    incoming.close_all()


def opened(name="rankings", **params) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.switch_page(str(ROOT / "pages" / f"{name}.py"))
    for key, value in ({"lang": "ja", "period": "2026-04-01..2026-04-30"} | params).items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def test_measures_of_a_group_are_those_of_its_lines_however_the_orders_lie(ws):
    ws.run(an.measure_customers)  # which may leave the lines sorted
    rule = {"column": "product_group", "in": ["美容液"]}
    found = ws.run(an.in_groups(an.measure_customers), groups=SERUM, where=rule)
    bought = {row["customer_id"]: row["amount"] for row in found.to_dict("records") if row["amount"]}
    assert bought == {"a": 150, "b": 400, "c": 300}
    bare = ws.run(an.in_groups(an.measure_customers), groups=None, where={"column": "product_group", "in": ["LO-1"]})
    assert {row["customer_id"]: row["amount"] for row in bare.to_dict("records") if row["amount"]} == {
        "a": 900,
        "b": 10,
        "d": 700,
    }


@pytest.mark.parametrize("where", [{"column": "product_code", "in": ["BE-S", "LO-1"]}, None])
def test_scores_over_a_period_that_holds_every_order_are_those_of_pandas(ws, where):
    april = an.Period.parse("2026-04")
    found = ws.run(an.rfm, period=april, where=where).sort_values("customer_id", ignore_index=True)
    table = pd.DataFrame(lines())
    table = table.assign(ordered_at=table["ordered_at"].astype("datetime64[us]"))
    expected = an.rfm(table, period=april, where=where).sort_values("customer_id", ignore_index=True)
    assert found[["customer_id", "r", "f", "m"]].to_numpy().tolist() == (
        expected[["customer_id", "r", "f", "m"]].to_numpy().tolist()
    )


@pytest.mark.parametrize(
    ("params", "total", "customers"),
    [
        ({}, "2,460", "4"),
        ({"only": "美容液"}, "850", "3"),
        ({"grouping": "-", "only": ["BE-S", "LO-1"]}, "1,960", "4"),
        ({"only": "ない"}, "2,460", "4"),
    ],
    ids=["all", "a group", "bare codes", "no such group"],
)
def test_the_page_ranks_over_the_chosen_products(at, params, total, customers):
    values = [metric.value for metric in at(**params).metric]
    assert any(value.startswith(total) for value in values), values
    assert any(value.startswith(customers) for value in values), values


def test_a_product_that_does_not_exist_is_named(at):
    said = [note.value for note in at(only=["ない*商品*", "美容液"]).info]
    assert any("ない\\*商品\\*" in each and "美容液" not in each for each in said), said
    assert not any("ない" in note.value for note in at(only="美容液").info)


def test_the_page_of_a_customer_counts_the_same_products(at):
    found = {each.label: each.value for each in at("customer", customer="a", only="美容液").metric}
    assert found["売上"] == "150"
