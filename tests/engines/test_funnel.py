"""A funnel gives the same numbers on pandas, DuckDB and Spark."""

from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import pytest
from usage_oracle import records

import analysis as an

pytestmark = pytest.mark.spark

COLUMNS = ["user_id", "occurred_at", "activity", "device"]
ACTIVITIES, DEVICES = ["A", "B", "A", "C", "X", None], ["pc", "phone", None, ""]
# nights and mornings, and windows that end exactly on one of them: hours that a wrong zone would move
ROWS = [
    (
        f"u{i % 8}" if i % 11 else None,
        datetime(2026, 4, 30) + timedelta(hours=9 * (i * 3 % 17), microseconds=i % 3),
        ACTIVITIES[(i * 5 + i // 5) % 6],
        DEVICES[(i // 9) % 4],
    )
    for i in range(40)
]
LOG = pd.DataFrame(ROWS, columns=COLUMNS).astype({"occurred_at": "datetime64[us]", "activity": "str"})
B_OR_X = {"any_of": ["B", "X"], "where": {"column": "device", "not_in": ["phone"]}}
OPTIONS = {"period": an.Period.parse("2026-05-01..2026-05-04"), "within": "45h", "as_of": date(2026, 5, 5)}
ORDERS = {
    "in_order": ["A", an.Step(**B_OR_X, optional=True), "C"],
    "strict": ["A", an.Step(**B_OR_X)],
    "unordered": ["A", an.Step(**B_OR_X)],
}


def canonical(result):
    rows = [{k: round(v, 9) if isinstance(v, float) else v for k, v in row.items()} for row in records(result)]
    return sorted(rows, key=str)


def asked(activity, order, steps=3):
    return an.funnel(activity, ORDERS[order][:steps], by="device", order=order, **OPTIONS)


@pytest.fixture(scope="module")
def on_spark(spark):
    from pyspark.sql.types import StringType, StructField, StructType, TimestampNTZType

    kinds = {name: TimestampNTZType() if name == "occurred_at" else StringType() for name in COLUMNS}
    schema = StructType([StructField(name, kind) for name, kind in kinds.items()])
    return spark.createDataFrame(ROWS, schema).cache()


@pytest.mark.parametrize("order", ORDERS)
def test_duckdb_and_the_arrays_say_what_pandas_says(order):
    found = canonical(asked(LOG, order))
    assert {row["device"] for row in found} == {"pc", "phone", None}
    last = [row for row in found if row["position"] == len(ORDERS[order])]
    assert all(any(row[state] for row in last) for state in ("reached", "waiting", "lost"))
    assert canonical(asked(duckdb.from_df(LOG), order)) == found
    arrays = an.FunnelArrays.prepare(LOG, columns=["device"])
    assert canonical(arrays.funnel(ORDERS[order], by="device", order=order, **OPTIONS)) == found


@pytest.mark.long
@pytest.mark.parametrize("order", ORDERS)
def test_spark_says_what_pandas_says_of_every_order(on_spark, order):
    assert canonical(asked(on_spark, order)) == canonical(asked(LOG, order))
