"""Rankings, RFM and surprises are the same on pandas, DuckDB and Spark."""

from datetime import date

import pandas as pd
import pytest
from process_oracle import records
from usage_oracle import CONNECTION

import analysis as an

pytestmark = pytest.mark.spark

KNOWN = date(2026, 6, 30)
JUNE = an.Period.parse("2026-06")
# ties, decimals that a float cannot hold, a customer without a value, nobody, somebody below zero
MEASURES = [
    ("a", 0.1 + 0.2, 3.0, 5.0),
    ("b", 0.3, 1.0, 0.0),
    ("c", 70.5, None, 12.0),
    ("d", -4.0, 8.0, 30.0),
    ("e", 20.0, 1.0, 0.0),
    ("f", 20.0, 0.0, None),
    ("g", None, 2.0, 1.0),
    (None, 9.0, 9.0, 9.0),
]
BEFORE = [("a", 5.0, 1.0, 1.0), ("c", 1.0, 1.0, 1.0), ("z", 9.0, 1.0, 1.0), (None, 3.0, 1.0, 1.0)]
COLUMNS = ("customer_id", "amount", "inquiries", "recency_days")
# at the edges of days, where a zone that is wrong by hours moves them
ORDERS = [
    ("a", "2026-06-30 23:59:59", 100.0, "J1"),
    ("a", "2026-06-01 00:00:00", 50.0, "J2"),
    ("a", "2026-06-02 05:00:00", 50.0, "J2"),
    ("b", "2026-05-31 23:59:59", 10.0, "J3"),
    ("b", "2026-06-11 12:00:00", 30.0, "J4"),
    ("c", "2026-06-11 20:00:00", 30.0, "J5"),
    ("d", "2026-07-01 00:00:00", 99.0, "J6"),  # not yet
    ("e", "2026-06-05 00:00:00", -20.0, "C7"),
    ("", "2026-06-06 00:00:00", 8.0, "J8"),
]
ORDER_COLUMNS = ("customer_id", "ordered_at", "amount", "order_id")
TABLES = {
    "measures": (MEASURES, COLUMNS),
    "before": (BEFORE, COLUMNS),
    "orders": (ORDERS, ORDER_COLUMNS),
}
CUTS = {"recency_days": [5, 20], "monetary": [40]}
CASES = {
    "rank": lambda t: an.rank_customers(t["measures"]),
    "recency": lambda t: an.rank_customers(t["measures"], "recency_days"),
    "bands": lambda t: an.rank_bands(t["measures"], bands=[0.3, 0.6, 0.9]),
    "top": lambda t: an.top_customers(t["measures"], n=2),
    "concentration": lambda t: an.concentration(t["measures"], top=0.4),
    "changes": lambda t: an.rank_changes(t["measures"], t["before"]),
    "compare": lambda t: an.compare_rankings(t["measures"], ["amount", "inquiries", "recency_days"], top=2),
    "gaps": lambda t: an.rank_gaps(t["measures"], "amount", "inquiries"),
    "surprises": lambda t: an.surprises(t["measures"], top=0.4, gap=0.2),
    "composite": lambda t: an.composite(t["measures"], {"amount": 2, "inquiries": -1, "recency_days": 1}),
    "parts": lambda t: an.composite_parts(t["measures"], {"amount": 2, "inquiries": 1}, scale="standard"),
    "rfm": lambda t: an.rfm(t["orders"], as_of=KNOWN),
    "rfm as R": lambda t: an.rfm(t["orders"], as_of=KNOWN, cuts="r", bins=3),
    "rfm of June": lambda t: an.rfm(t["orders"], period=JUNE, cuts=CUTS, cancellations="subtract"),
    "rfm bins": lambda t: an.rfm_bins(an.rfm(t["orders"], as_of=KNOWN)),
    "movers": lambda t: an.rfm_movers(
        an.rfm(t["orders"], as_of=date(2026, 6, 10)), an.rfm(t["orders"], as_of=KNOWN, cuts=CUTS)
    ),
    "migration": lambda t: an.rfm_migration(
        an.rfm(t["orders"], as_of=date(2026, 6, 10)), an.rfm(t["orders"], as_of=KNOWN)
    ),
}


def frame(name):
    rows, columns = TABLES[name]
    made = pd.DataFrame(rows, columns=list(columns))
    kinds = {c: "str" for c in ("customer_id", "order_id") if c in made}
    kinds |= {"ordered_at": "datetime64[us]"} if "ordered_at" in made else {}
    return made.astype(kinds)


def on_spark(session, name):
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampNTZType

    made = frame(name)
    kinds = {"ordered_at": TimestampNTZType(), "customer_id": StringType(), "order_id": StringType()}
    schema = StructType([StructField(column, kinds.get(column, DoubleType())) for column in made.columns])
    rows = [
        [None if v is None or v != v else v.to_pydatetime() if hasattr(v, "to_pydatetime") else v for v in row]
        for row in made.astype(object).to_numpy()
    ]
    return session.createDataFrame(rows, schema).cache()


def canonical(result):
    """Rows in an order of their own, decimals to nine digits."""
    rows = [{name: plain(value) for name, value in row.items()} for row in records(result)]
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def plain(value):
    if value is None or value is pd.NA or value == "" or value != value:
        return None
    return round(float(value), 9) if isinstance(value, int | float) else str(value)


@pytest.fixture(scope="module")
def tables(spark):
    # both take Spark longer than counting a few rows does
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.set(f"spark.sql.{option}.enabled", "false")
    yield {name: on_spark(spark, name) for name in TABLES}
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.unset(f"spark.sql.{option}.enabled")


@pytest.mark.parametrize("name", CASES)
def test_pandas_and_duckdb_agree(name):
    metric = CASES[name]
    on_pandas = canonical(metric({name: frame(name) for name in TABLES}))
    assert on_pandas
    assert canonical(metric({name: CONNECTION.from_df(frame(name)) for name in TABLES})) == on_pandas


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_spark_says_what_pandas_says(name, tables):
    metric = CASES[name]
    assert canonical(metric(tables)) == canonical(metric({name: frame(name) for name in TABLES}))
