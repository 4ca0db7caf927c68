"""The invoice lines of a real shop, imported as they are: amounts under each rule against SQL over the file."""

from datetime import date

import duckdb
import pytest

import analysis as an
from analysis.exports.propose import propose
from analysis.workspace import Workspace

LINES, CUSTOMERS, WITHOUT_CUSTOMER = 541_909, 4_372, 135_080
VALUE = "Quantity::DECIMAL(18, 4) * UnitPrice::DECIMAL(18, 4)"
SIGNED = "(InvoiceNo LIKE 'C%' OR Quantity::BIGINT < 0 OR UnitPrice::DOUBLE < 0)"
# every line with a sign has an amount of 0 or less here, so that taking it off is adding it up
AMOUNTS = {
    "net": f"sum({VALUE})",
    "without": f"coalesce(sum({VALUE}) FILTER (NOT {SIGNED}), 0)",
    "subtract": f"sum({VALUE})",
    "as_written": f"sum({VALUE})",
}
ORDERS = dict.fromkeys(AMOUNTS, f"count(DISTINCT InvoiceNo) FILTER (NOT {SIGNED})") | {
    "as_written": "count(DISTINCT InvoiceNo)"
}


@pytest.fixture(scope="module")
def source(shared_data):
    return shared_data / "online_retail" / "online_retail_full.parquet"


@pytest.fixture(scope="module")
def ws(source, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    file = folder / "online_retail.csv"
    query = "COPY (SELECT * FROM read_parquet(?)) TO '{}' (HEADER)".format(str(file).replace("'", "''"))
    duckdb.execute(query, [str(source)])
    workspace = Workspace.open(folder / "workspace")
    export = an.read_export(file)
    found = propose(export)
    assert found.kind == "orders"
    imported = workspace.add(export, kind="orders", mapping=found.mapping)
    assert (imported.accepted, imported.refused) == (LINES, 0)
    yield workspace
    workspace.close()


def measured(ws, **options):
    found = ws.run(an.measure_customers, **options)
    return {None if name is None or name != name else name: row for name, *row in found.itertuples(index=False)}


@pytest.mark.parametrize("rule", an.CANCELLATIONS)
def test_amounts_and_orders_are_those_of_sql_under_each_rule(ws, source, rule):
    found = measured(ws, cancellations=rule, measures=["amount", "orders"])
    query = f"SELECT nullif(CustomerID, ''), {AMOUNTS[rule]}, {ORDERS[rule]} FROM read_parquet(?) GROUP BY 1"
    expected = {
        name: [float(amount), orders] for name, amount, orders in duckdb.execute(query, [str(source)]).fetchall()
    }
    assert len(found) == CUSTOMERS + 1
    assert None in found
    assert found == {name: [pytest.approx(amount, abs=1e-6), orders] for name, (amount, orders) in expected.items()}
    total = sum(amount for amount, _ in found.values())
    assert total == pytest.approx(9_747_747.934 if rule != "without" else 10_666_684.544, abs=1e-5)


def test_no_row_without_a_customer_is_lost(ws):
    lines = ws.run(an.customer_lines, of=[None])
    assert len(lines) == WITHOUT_CUSTOMER
    assert len(ws.run(an.customer_lines)) == LINES


def test_days_and_products_are_those_of_sql(ws, source):
    found = measured(
        ws, as_of=date(2011, 12, 31), measures=["products", "recency_days", "tenure_days", "interval_days"]
    )
    query = f"""
        WITH sold AS (SELECT *, InvoiceDate::DATE AS day FROM read_parquet(?)
                      WHERE NOT {SIGNED} AND CustomerID IS NOT NULL),
        gaps AS (SELECT CustomerID, day - lag(day) OVER (PARTITION BY CustomerID ORDER BY day) AS gap
                 FROM (SELECT DISTINCT CustomerID, day FROM sold)),
        intervals AS (SELECT CustomerID, median(gap) AS interval_days FROM gaps GROUP BY 1)
        SELECT CustomerID, count(DISTINCT StockCode), DATE '2011-12-31' - max(day), DATE '2011-12-31' - min(day),
               any_value(interval_days)
        FROM sold LEFT JOIN intervals USING (CustomerID) GROUP BY 1
    """
    expected = {name: row for name, *row in duckdb.execute(query, [str(source)]).fetchall()}
    bought = {name: [None if value != value else value for value in row] for name, row in found.items() if name}
    assert {name: row for name, row in bought.items() if row[0]} == expected
    assert [row for row in bought.values() if not row[0]] == [[0, None, None, None]] * (CUSTOMERS - len(expected))


def test_what_counts_other_than_as_written_is_said(ws):
    signs = ws.run(an.cancellation_counts).set_index("sign")
    assert signs["lines"].sum() == LINES
    assert signs.loc["number", "lines"] == 9_288
    assert signs.loc["quantity", "lines"] == 10_624 - 9_288
    assert signs.loc["negative", "lines"] == 2  # two bad debts
