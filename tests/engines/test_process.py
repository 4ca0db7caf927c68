"""Processes and pipelines give the same numbers on pandas, DuckDB and Spark."""

from datetime import date

import narwhals.stable.v2 as nw
import pytest
from process_oracle import CASE_COLUMNS, DEAL_COLUMNS, cases, deals, frame, moment, records

import analysis as an
from analysis.business_days import with_days

pytestmark = pytest.mark.spark

STEPS = ["A", "B", "C"]
KNOWN = date(2026, 1, 31)
# at the edges of days and months, where a zone that is wrong by hours moves them
ENTRIES = [
    ("a", "A", "2025-12-31 23:59:59", "east"),
    ("a", "B", "2026-01-02 05:00", "east"),
    ("a", "A", "2026-01-06", "west"),  # back, and again
    ("a", "C", "2026-01-06 20:00", "west"),
    ("b", "A", "2026-01-01", None),
    ("b", "X", "2026-01-05", None),  # not listed
    ("b", "B", None, ""),
    ("c", "B", "2026-01-30 23:59:59", "east"),
    ("d", "A", "2026-01-08", "west"),
    ("d", "B", "2026-02-01", "west"),  # a plan
    ("e", "A", "2026-01-09 12:00", "west"),
    ("e", "B", "2026-01-09 18:00", "west"),
]
CREATED = ["2026-01-01", "2026-01-10 23:59:59", None]
CLOSED = ["2026-01-31 20:00", "2026-01-05", "2026-02-01", None]
REASONS = ["価格;時期", " 価格 ", None, "不明", "時期、競合", ""]
DEALS = [
    {
        "deal_id": f"d{i}",
        "phase": ["P1", "P2", "受注", "失注", None, "失注", "P1"][i % 7],
        "amount": [100, None, 250][i % 3],
        "owner": ["east", "west", None, ""][i % 4],
        "created_at": CREATED[i % 3],
        "closed_at": CLOSED[i % 4],
        "lost_reason": REASONS[i % 6],
        "P2": "2026-01-20" if i % 5 == 0 else None,
    }
    for i in range(28)
]
SIDES = {"A": "customer", "B": "us"}


LISTS = [
    ("a", "A", None, "2026-01-05", "east"),
    ("a", "B", "2026-01-20 05:00", "2026-01-31", "east"),
    ("b", "A", None, "2026-01-31", None),
    ("c", "A", None, "2025-12-31", "west"),
    ("a", "C", None, "2026-02-28", "east"),
]
LIST_COLUMNS = ("case_id", "step", "entered_at", "roster_as_of", "owner")


def lists(*rows, engine="pandas"):
    """`case step since list owner`, a row each."""
    parsed = [[moment(value) for value in row] for row in rows]
    return frame(parsed, LIST_COLUMNS, ["entered_at", "roster_as_of"], engine)


def business_days(table):
    """Of deals; the same within a whole metric is a plan at which Spark optimises for minutes."""
    days = an.BusinessDays.closed_on([date(2026, 1, 2)])
    timed = with_days(nw.from_native(table), days, start="created_at", end="closed_at", name="days")
    return timed.select("deal_id", "days").to_native()


CASES = {
    "reasons": (deals, lambda t: an.loss_reasons(t, by="owner")),
    "win rate": (deals, lambda t: an.win_rate(t, by="closed_month", as_of=KNOWN)),
    "ages": (deals, lambda t: an.open_ages(t, by="owner", bands=[25], as_of=KNOWN)),
    "stalled": (deals, lambda t: an.stalled_deals(t, ["P1", "P2"], as_of=KNOWN)),
    "waiting": (cases, lambda t: an.waiting(t, STEPS, as_of=KNOWN, sides=SIDES, by="owner")),
    "pipeline": (deals, lambda t: an.pipeline(t, ["P1", "P2"], as_of=KNOWN, by="owner")),
    "step times": (cases, lambda t: an.step_times(t, STEPS, as_of=KNOWN, by=["owner", "start_month"], ends=["B"])),
    "business days": (deals, business_days),
    "totals": (cases, lambda t: an.case_totals(t, STEPS, as_of=KNOWN)),
    "elsewhere": (cases, lambda t: an.cases_in_state(t, STEPS[:1], state="elsewhere", as_of=KNOWN)),
    "entries": (cases, lambda t: an.case_entries(t, STEPS[:1], state="unlisted", as_of=KNOWN)),
    "lists": (lists, lambda t: an.cases_of_lists(t, as_of=KNOWN)),
}
TABLES = {
    cases: (ENTRIES, CASE_COLUMNS, ["entered_at"]),
    deals: (DEALS, DEAL_COLUMNS, ["created_at", "closed_at", "P2"]),
    lists: (LISTS, LIST_COLUMNS, ["entered_at", "roster_as_of"]),
}


def on_spark(session, make):
    """The rows of the table on pandas as a Spark frame, its moments without a zone."""
    from pyspark.sql.types import DoubleType, StringType, StructField, StructType, TimestampNTZType

    rows, columns, moments = TABLES[make]
    kinds = dict.fromkeys(columns, StringType()) | dict.fromkeys(moments, TimestampNTZType()) | {"amount": DoubleType()}
    schema = StructType([StructField(name, kinds[name]) for name in columns])
    values = [[row[name] for name in columns] for row in records(make(*rows))]
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
def tables(spark):
    # both take Spark longer than counting a few rows does
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.set(f"spark.sql.{option}.enabled", "false")
    yield {make: on_spark(spark, make) for make in TABLES}
    for option in ("constraintPropagation", "adaptive"):
        spark.conf.unset(f"spark.sql.{option}.enabled")


@pytest.mark.parametrize("name", CASES)
def test_pandas_and_duckdb_agree(name):
    make, metric = CASES[name]
    on_pandas = canonical(metric(make(*TABLES[make][0])))
    assert on_pandas
    assert canonical(metric(make(*TABLES[make][0], engine="duckdb"))) == on_pandas


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_spark_says_what_pandas_says(name, tables):
    make, metric = CASES[name]
    assert canonical(metric(tables[make])) == canonical(metric(make(*TABLES[make][0])))
