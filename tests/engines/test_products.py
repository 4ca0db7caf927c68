"""Products give the same numbers on pandas, DuckDB and Spark."""

from datetime import date

import pytest
from process_oracle import records
from products_oracle import ORDER_COLUMNS, orders

import analysis as an

pytestmark = pytest.mark.spark

KNOWN = date(2026, 1, 31)
# at the edges of days, where a zone that is wrong by hours moves them
DAYS = ["2025-12-31 23:59:59", "2026-01-01", "2026-01-05 23:59:59", "2026-01-06", "2026-01-31 20:00"]
CODES = ["BE-030", "ＢＥ-030t", "SP-BE03", "LO-150", None, ""]
ORDERS = [
    (
        ["a", "b", "c", "d", None][i // 2 % 5],
        DAYS[i * 3 % 5],
        CODES[i * 5 % 6],
        [10, 0, -4, 25, None][i % 5 if i % 2 else 3],
        [f"o{i // 2}", f"o{i // 2}", None, f"C{i}"][i % 4],
        ["美容液", "化粧水", None][i % 3],
    )
    for i in range(30)
]
GROUPS = {
    "name": "種類",
    "groups": [
        {"name": "美容液", "rules": [{"kind": "prefix", "value": "be-", "valid_from": "2026-01-01"}]},
        {"name": "化粧水", "rules": [{"kind": "attribute", "value": "name=化粧*", "valid_to": "2026-01-05"}]},
        {"name": "BE-030", "rules": [{"kind": "pattern", "value": "*0*"}]},
    ],
}
STEPS = [an.Step("美容液", where={"column": "amount", "at_least": 0}), "BE-030"]
ASKED = {"groups": GROUPS, "as_of": KNOWN}
CASES = {
    "labels": lambda t: an.with_groups(t, GROUPS),
    "preview": lambda t: an.preview(t, GROUPS),
    "codes": lambda t: an.preview_codes(t, GROUPS, part="several"),
    "names": lambda t: an.product_names(t, columns="name"),
    "measures": lambda t: an.product_measures(t, by="name", **ASKED),
    "customers": lambda t: an.product_customers(t, product="美容液", **ASKED),
    "first": lambda t: an.first_products(t, days=10, **ASKED),
    "next": lambda t: an.next_products(t, after="any", **ASKED),
    "bought": lambda t: an.bought_products(t, **ASKED),
    "funnel": lambda t: an.product_funnel(t, STEPS, within="10d", by="name", **ASKED),
    "lost": lambda t: an.product_funnel_people(t, STEPS, position=2, state="lost", within="3d", **ASKED),
    "pairs": lambda t: an.combinations(t, most=3, as_of=KNOWN),
    "orders": lambda t: an.combinations(t, together="order", **ASKED),
}


def on_spark(session):
    """The rows on pandas as a Spark frame, its moments without a zone."""
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampNTZType

    kinds = dict.fromkeys(ORDER_COLUMNS, StringType()) | {"ordered_at": TimestampNTZType(), "amount": DoubleType()}
    schema = StructType([StructField(name, kinds[name]) for name in ORDER_COLUMNS])
    values = [[row[name] for name in ORDER_COLUMNS] for row in records(orders(*ORDERS))]
    plain = [[v.to_pydatetime() if hasattr(v, "to_pydatetime") else v for v in row] for row in values]
    return session.createDataFrame(plain, schema).cache()


def canonical(result):
    """Rows in an order of their own, decimals to nine digits."""
    rows = [{name: plain(value) for name, value in row.items()} for row in records(result)]
    return sorted(rows, key=lambda row: str(sorted(row.items())))


def plain(value):
    if value is None or value == "" or value != value:
        return None
    return round(float(value), 9) if isinstance(value, int | float) else str(value)


@pytest.fixture(scope="module")
def table(spark):
    # both take Spark longer than counting a few rows does
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.set(f"spark.sql.{option}.enabled", "false")
    yield on_spark(spark)
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.unset(f"spark.sql.{option}.enabled")


@pytest.mark.parametrize("name", CASES)
def test_pandas_and_duckdb_agree(name):
    on_pandas = canonical(CASES[name](orders(*ORDERS)))
    assert on_pandas
    assert canonical(CASES[name](orders(*ORDERS, engine="duckdb"))) == on_pandas


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_spark_says_what_pandas_says(name, table):
    assert canonical(CASES[name](table)) == canonical(CASES[name](orders(*ORDERS)))
