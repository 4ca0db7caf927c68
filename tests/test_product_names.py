"""Names of products: the latest beside a code, on every engine, and a column that stays what it was."""

import io
from datetime import datetime

import duckdb
import pandas as pd
import pytest

import analysis as an
from analysis.exports import read_export
from analysis.exports.mapping import check, fill
from analysis.exports.propose import propose
from analysis.workspace import Workspace

JAN, FEB = datetime(2026, 1, 1), datetime(2026, 2, 1)
LINES = [
    ("A", "Old name", None, JAN),
    ("A", "New name", "other", FEB),
    ("A", None, None, datetime(2026, 3, 1)),
    ("B", "Same day 2", None, FEB),
    ("B", "Same day 1", None, FEB),
    ("C", None, "From the file", JAN),
    ("D", None, None, JAN),
    (None, "Of no code", None, JAN),
]
FILE = """注文番号,注文日,顧客コード,商品コード,商品名,数量,金額
1,2026/1/1,c1,A,美容液,1,1000
2,2026/1/2,c1,B,化粧水,1,500
"""


def orders():
    return pd.DataFrame(LINES, columns=["product_code", "product_name", "品名", "ordered_at"])


def as_dict(frame):
    return dict(zip(frame["product_code"], frame["product_name"], strict=True))


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ((), {"A": "New name", "B": "Same day 1"}),
        (("品名",), {"A": "New name", "B": "Same day 1", "C": "From the file"}),
        (("nowhere",), {"A": "New name", "B": "Same day 1"}),
    ],
)
def test_the_latest_name_counts_and_of_one_day_the_first_in_order(columns, names):
    assert as_dict(an.product_names(orders(), columns=columns)) == names
    with duckdb.connect() as connection:
        relation = connection.from_df(orders())
        assert as_dict(an.product_names(relation, columns=columns).df()) == names


def test_orders_without_names_name_nothing():
    bare = orders()[["product_code", "ordered_at"]]
    assert as_dict(an.product_names(bare)) == {}
    with duckdb.connect() as connection:
        assert an.product_names(connection.from_df(bare)).fetchall() == []


@pytest.mark.parametrize(
    "header", ["商品名", "品名", "製品名", "Product Name", "product_name", "Lineitem name", "Description"]
)
def test_a_header_that_names_products_is_proposed(header):
    found = propose(exported(FILE.replace("商品名", header)), kind="orders")
    assert found.mapping.roles["product_name"] == header


def exported(text, name="受注.csv"):
    return read_export(io.BytesIO(text.encode()), name=name)


@pytest.fixture
def ws(tmp_path):
    with_names = Workspace.open(tmp_path / "ws")
    yield with_names
    with_names.close()


@pytest.mark.parametrize("header", ["商品名", "product_name", "Product_Name"])
def test_the_column_stays_a_dimension_under_its_own_header(ws, header):
    text = FILE.replace("商品名", header)
    mapping = propose(exported(text), kind="orders").mapping
    assert header in mapping.dimensions
    ws.add(exported(text), kind="orders", mapping=mapping)
    table = ws.table("orders")
    shown = "product_name" if header.casefold() == "product_name" else header
    assert table["product_name"].tolist() == table[shown].tolist() == ["美容液", "化粧水"]
    assert ws.dimensions("orders") == [shown]
    assert as_dict(ws.run(an.product_names)) == {"A": "美容液", "B": "化粧水"}


def test_a_file_that_came_in_before_there_was_a_place_for_names_is_still_the_same_file(ws):
    """Its rows count once, whichever of the two came first."""
    named = propose(exported(FILE), kind="orders").mapping
    before = fill(exported(FILE), named.__class__(**{**vars(named), "roles": dict(list(named.own.items()))}))
    assert "product_name" not in before.roles
    assert ws.add(exported(FILE), kind="orders", mapping=before).accepted == 2
    more = FILE + "3,2026/1/3,c2,C,乳液,1,700\n"
    again = ws.add(exported(more, "受注 2.csv"), kind="orders", mapping=propose(exported(more), kind="orders").mapping)
    assert (again.accepted, again.duplicates) == (1, 2)
    assert ws.table("orders")["商品名"].tolist() == ["美容液", "化粧水", "乳液"]
    assert as_dict(ws.run(an.product_names)) == {"C": "乳液"}
    assert as_dict(ws.run(an.product_names, columns=["商品名"])) == {"A": "美容液", "B": "化粧水", "C": "乳液"}


def test_a_header_called_like_the_role_may_be_kept_without_it(ws):
    text = FILE.replace("商品名", "product_name")
    mapping = propose(exported(text), kind="orders").mapping
    bare = fill(exported(text), mapping.__class__(**{**vars(mapping), "roles": dict(mapping.own)}))
    check(exported(text), bare)
    ws.add(exported(text), kind="orders", mapping=bare)
    assert ws.dimensions("orders") == ["product_name"]
    assert as_dict(ws.run(an.product_names)) == {"A": "美容液", "B": "化粧水"}
