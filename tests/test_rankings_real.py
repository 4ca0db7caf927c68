"""The Pareto of a real shop against SQL over its file, under each rule for cancellations."""

import duckdb
import pytest

import analysis as an

# amount of a line, and whether it counts: what each rule says, written as an analyst would
CANCELLED = "(InvoiceNo LIKE 'C%' OR CAST(Quantity AS BIGINT) < 0 OR amount < 0)"
RULES = {
    "net": "amount",
    "as_written": "amount",
    "without": f"CASE WHEN {CANCELLED} THEN 0 ELSE amount END",
    "subtract": f"CASE WHEN {CANCELLED} THEN -abs(amount) ELSE amount END",
}
LINES = """
CREATE VIEW lines AS
SELECT *, (CAST(Quantity AS DECIMAL(18, 4)) * CAST(UnitPrice AS DECIMAL(18, 4)))::DECIMAL(18, 4) AS amount
FROM read_parquet($file)
"""
ORDERS = """
SELECT CustomerID AS customer_id, CAST(InvoiceDate AS TIMESTAMP) AS ordered_at, amount,
       InvoiceNo AS order_id, CAST(Quantity AS DOUBLE) AS quantity FROM lines
"""
PARETO = """
WITH customers AS (SELECT CustomerID AS id, sum({counts}) AS held FROM lines WHERE CustomerID <> '' GROUP BY 1),
ranked AS (
  SELECT id, held, rank() OVER (ORDER BY held DESC) AS place,
         sum(greatest(held, 0)) OVER (ORDER BY held DESC RANGE UNBOUNDED PRECEDING) AS upto,
         sum(greatest(held, 0)) OVER () AS whole
  FROM customers
)
SELECT id, held::DOUBLE, place,
       CASE WHEN held > 0 THEN held / whole END, CASE WHEN held > 0 THEN upto / whole END FROM ranked
"""


@pytest.fixture(scope="module")
def shop(shared_data):
    with duckdb.connect() as connection:
        path = shared_data / "online_retail" / "online_retail_full.parquet"
        connection.execute(LINES.replace("$file", f"'{path.as_posix()}'"))
        yield connection


@pytest.mark.parametrize(
    "rule", ["net", *(pytest.param(each, marks=pytest.mark.long) for each in RULES if each != "net")]
)
def test_the_pareto_of_a_real_shop_is_that_of_sql(shop, rule):
    measures = an.measure_customers(shop.sql(ORDERS), cancellations=rule, measures=["amount", "orders"]).df()
    expected = {row[0]: row[1:] for row in shop.sql(PARETO.format(counts=RULES[rule])).fetchall()}
    assert len(expected) == 4372
    ranked = an.rank_customers(measures)
    got = {row["customer_id"]: row for row in ranked.to_dict("records") if isinstance(row["customer_id"], str)}
    assert got.keys() == expected.keys()
    for customer, (held, place, share, upto) in expected.items():
        row = got[customer]
        assert (row["amount"], row["rank"], row["of"]) == (pytest.approx(held, abs=1e-6), place, 4372)
        if share is None:
            assert row["share"] != row["share"]
        else:
            assert (row["share"], row["cumulative_share"]) == pytest.approx((share, upto), abs=1e-9)
    nobody = ranked[ranked["outside"] == "no_customer"]
    assert float(measures["amount"].sum()) == pytest.approx(
        sum(row[0] for row in expected.values()) + nobody["amount"].sum()
    )
