"""Measures of customers, their names and who knows them are the same on pandas, DuckDB and Spark."""

from datetime import date

import duckdb
import pandas as pd
import pytest
from process_oracle import records

import analysis as an

pytestmark = pytest.mark.spark

KNOWN = date(2026, 1, 31)
JANUARY = an.Period.parse("2026-01")
# at the edges of days, where a zone that is wrong by hours moves them
ORDERS = [
    ("a", "2026-01-01 00:00:00", 100, "J1", "p", 1, "売上", "岡", "あ商店"),
    ("a", "2026-01-01 23:59:59", 50, "J1", "q", 1, "売上", "岡", "あ商店"),
    ("a", "2026-01-11 05:00:00", 30, "J2", "p", 1, None, "佐伯", "ア商店"),
    ("a", "2026-01-31 23:59:59", -30, "J2", "p", -1, "返品", "", "あ商店"),
    ("a", "2025-12-31 23:59:59", 7, None, "r", 1, "", None, None),
    ("b", "2026-01-31 20:00:00", 400, "C5", "p", 1, "売上", "岡", "い"),
    ("b", "2026-02-01 00:00:00", 999, "J9", "p", 1, "売上", "南", "い"),  # not yet
    ("b2", "2026-01-05 00:00:00", 20, "J6", "s", 1, "キャンセル", "岡", None),
    (None, "2026-01-05 00:00:00", 9, "J7", None, 1, None, "岡", None),
    ("", "2026-01-06 00:00:00", 8, "J8", "p", 1, None, None, None),
]
ORDER_COLUMNS = (
    "customer_id",
    "ordered_at",
    "amount",
    "order_id",
    "product_code",
    "quantity",
    "status",
    "owner",
    "customer_name",
)
LOG = [
    ("a", "2026-01-31 23:59:59", "クレーム", "岡"),
    ("a", "2026-02-01", "クレーム", "岡"),
    ("z", "2025-12-31", None, "南"),
    (None, "2026-01-02", "質問", None),
]
LOG_COLUMNS = ("customer_id", "occurred_at", "category", "owner")
CUSTOMERS = [("a", "東", "岡"), ("b", "", "佐伯"), ("b2", "西", None)]
CUSTOMER_COLUMNS = ("customer_id", "area", "owner")
CONTRACTS = [
    ("a", "2025-04-01", "2026-03-31", "基本"),
    ("a", "2026-01-31", "2026-06-30", "上級"),
    ("b", "2025-01-01", "2026-01-30", "基本"),
]
CONTRACT_COLUMNS = ("customer_id", "term_start", "term_end", "plan")
DEALS = [("1", "提案", "a", 10, "岡"), ("2", "受注", "a", 20, "岡"), ("3", "提案", "b", 5, None)]
DEAL_COLUMNS = ("deal_id", "phase", "customer_id", "amount", "owner")
USERS = [("u1", "a"), ("u2", "a"), ("u3", None)]
USES = [("u1", "2026-01-31 23:59:59"), ("u3", "2026-01-01"), ("u2", "2026-02-01")]
TABLES = {
    "orders": (ORDERS, ORDER_COLUMNS, ("ordered_at",)),
    "inquiries": (LOG, LOG_COLUMNS, ("occurred_at",)),
    "visits": (LOG, LOG_COLUMNS, ("occurred_at",)),
    "customers": (CUSTOMERS, CUSTOMER_COLUMNS, ()),
    "contracts": (CONTRACTS, CONTRACT_COLUMNS, ("term_start", "term_end")),
    "deals": (DEALS, DEAL_COLUMNS, ()),
    "users": (USERS, ("user_id", "customer_id"), ()),
    "activity": (USES, ("user_id", "occurred_at"), ("occurred_at",)),
}
MERGES = {"b2": "b"}
CASES = {
    "orders": lambda t: an.measure_customers(t["orders"], as_of=KNOWN, period=JANUARY, merges=MERGES),
    "subtract": lambda t: an.measure_customers(
        t["orders"], as_of=KNOWN, cancellations="subtract", customers=t["customers"], measures=["amount", "orders"]
    ),
    "contacts": lambda t: an.measure_customers(
        t["orders"],
        as_of=KNOWN,
        inquiries=t["inquiries"],
        visits=t["visits"],
        measures=["amount", "inquiries", "complaints", "visits", "days_since_visit"],
    ),
    "contracts": lambda t: an.measure_customers(
        t["orders"],
        as_of=KNOWN,
        contracts=t["contracts"],
        deals=t["deals"],
        measures=["amount", "contracts", "plan", "contract_end", "open_deals", "open_amount"],
    ),
    "use": lambda t: an.measure_customers(
        t["orders"],
        as_of=KNOWN,
        users=t["users"],
        activity=t["activity"],
        period=JANUARY,
        measures=["valid_users", "active_users", "active_rate"],
    ),
    "lines": lambda t: an.customer_lines(t["orders"], as_of=KNOWN, of=["a", None]),
    "signs": lambda t: an.cancellation_counts(t["orders"], as_of=KNOWN),
    "names": lambda t: an.customer_names(t["orders"], customers=t["customers"], deals=t["deals"]),
    "known": lambda t: an.contact_customers(
        t["orders"], as_of=KNOWN, merges=MERGES, **{name: t[name] for name in ("customers", "visits", "deals")}
    ),
    "share": lambda t: an.single_contact(t["orders"], as_of=KNOWN, customers=t["customers"]),
}


def on_pandas(name):
    rows, columns, moments = TABLES[name]
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.assign(**{at: pd.to_datetime(frame[at], format="ISO8601").astype("datetime64[us]") for at in moments})


def on_spark(session, name):
    from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampNTZType

    _, columns, moments = TABLES[name]
    types = dict.fromkeys(columns, StringType()) | dict.fromkeys(moments, TimestampNTZType())
    types |= {column: LongType() for column in ("amount", "quantity") if column in columns}
    values = [
        [each.to_pydatetime() if hasattr(each, "to_pydatetime") else None if pd.isna(each) else each for each in row]
        for row in on_pandas(name).itertuples(index=False, name=None)
    ]
    return session.createDataFrame(values, StructType([StructField(column, types[column]) for column in columns]))


def plain(result):
    """Rows in an order of their own, numbers to nine digits."""
    return sorted(({name: _value(value) for name, value in row.items()} for row in records(result)), key=repr)


def _value(value):
    if pd.isna(value):
        return None
    if hasattr(value, "isoformat"):
        return pd.Timestamp(value).isoformat()
    return value if isinstance(value, str) else round(float(value), 9)


@pytest.fixture(scope="module")
def tables(spark):
    # both take Spark longer than counting a few rows does
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.set(f"spark.sql.{option}.enabled", "false")
    yield {name: on_spark(spark, name) for name in TABLES}
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.unset(f"spark.sql.{option}.enabled")


@pytest.mark.parametrize("case", list(CASES))
def test_pandas_and_duckdb_agree(case):
    expected = plain(CASES[case]({name: on_pandas(name) for name in TABLES}))
    assert expected
    with duckdb.connect() as connection:
        relations = {name: connection.from_df(on_pandas(name)) for name in TABLES}
        assert plain(CASES[case](relations)) == expected


@pytest.mark.long
@pytest.mark.parametrize("case", list(CASES))
def test_spark_says_what_pandas_says(case, tables):
    assert plain(CASES[case](tables)) == plain(CASES[case]({name: on_pandas(name) for name in TABLES}))
