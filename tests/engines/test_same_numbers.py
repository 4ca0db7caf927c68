"""Every metric gives the same numbers on pandas, DuckDB and Spark."""

from datetime import date, datetime

import pandas as pd
import pytest
from usage_oracle import CONNECTION, QUARTER, USE_COLUMNS, USER_COLUMNS, World, account, records, use

import analysis as an
from analysis.errors import ColumnTypeError, DuplicateKeyError

pytestmark = pytest.mark.spark

AREAS, KINDS, DEVICES = ["East", "West", None, ""], ["x", "y", None], ["pc", "phone", None, ""]
DAYS = [None, date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 15), date(2026, 6, 30)]
STATUS = [None, "", "有効", "無効", "ＤＩＳＡＢＬＥＤ"]
# both edges of every month, at night and in the morning: hours that a wrong zone moves across the edge
HOURS = ["00:00:00", "05:00:00", "19:00:00", "23:59:59"]
EDGES = ["2026-03-31", "2026-04-01", "2026-04-30", "2026-05-01", "2026-05-31", "2026-06-01", "2026-06-30", "2026-07-01"]


def roster(shift):
    """Accounts with every mix of blanks, dates and states; `shift` moves them between areas."""
    return [
        account(
            f"u{i}",
            AREAS[(i + shift) % 4],
            KINDS[i % 3],
            DAYS[(i * 2 + shift) % 5] if i % 2 else None,
            DAYS[(i + 1) % 5] if i % 3 == 0 else None,
            STATUS[i % 5],
        )
        for i in range(shift, 24)
    ]


USES = [
    use(
        f"u{(i * 5) % 19}" if i % 8 else "stranger",
        f"{day} {hour}",
        ["login", "order", None][i % 3],
        DEVICES[(i // 3) % 4],
    )
    for i, (day, hour) in enumerate((day, hour) for day in EDGES for hour in HOURS)
]
ONE = World({None: roster(0)}, USES)
HISTORY = World({date(2026, 4, 15): roster(0), date(2026, 5, 1): roster(1), date(2026, 6, 20): roster(3)}, USES)
RULE = {
    "all": [
        {"not": {"column": "area", "in": ["West"]}},
        {"column": "valid_to", "not_in": ["2026-05-15"]},
        {"column": "occurred_at", "at_least": "2026-04-30 05:00:00"},
    ]
}
CASES = {
    "rate": (ONE, an.active_rate, {"by": ["area", "device"], "valid": "start"}),
    "rate under a rule": (HISTORY, an.active_rate, {"where": RULE, "activities": ["login", None]}),
    "rate over rosters": (HISTORY, an.active_rate, {"by": ["area"], "valid": "any"}),
    "pivot": (ONE, an.active_rate_pivot, {"rows": ["area"], "columns": ["device"]}),
    "trend by month": (HISTORY, an.active_rate_trend, {"every": "month", "by": ["area"]}),
    "trend by week": (ONE, an.active_rate_trend, {"every": "week"}),
    "trend over rosters": (HISTORY, an.active_rate_trend, {"every": "half", "valid": "any"}),
    "never": (HISTORY, an.people, {"state": "never"}),
    "outside": (HISTORY, an.people, {"state": "outside"}),
    "equation": (HISTORY, an.id_equation, {}),
    "overlap": (ONE, an.overlap, {"by": ["device"], "valid": "any"}),
    "movement": (HISTORY, an.movement, {"by": ["area"]}),
    "mix": (HISTORY, an.mix_effect, {"by": ["area"]}),
    "movers": (HISTORY, an.movers, {"move": "left"}),
}


def on_spark(session, world):
    """The world as Spark frames, its moments without a zone."""
    from pyspark.sql.types import StringType, StructField, StructType, TimestampNTZType

    def frame(rows, columns):
        kinds = {name: StringType() for name in columns}
        kinds |= dict.fromkeys(["valid_from", "valid_to", "roster_as_of", "occurred_at"], TimestampNTZType())
        schema = StructType([StructField(name, kinds[name]) for name in columns])
        values = [tuple(midnight(row[name]) for name in columns) for row in rows]
        return session.createDataFrame(values, schema)

    history = () if None in world.rosters else ("roster_as_of",)
    rosters = [{**row, "roster_as_of": day} for day, rows in world.rosters.items() for row in rows]
    return frame(rosters, (*USER_COLUMNS, *history)), frame(world.uses, USE_COLUMNS)


def midnight(value):
    return datetime(value.year, value.month, value.day) if type(value) is date else value


def canonical(result):
    """Rows in an order of their own, decimals to nine digits."""
    rows = [
        {name: round(value, 9) if isinstance(value, float) else value for name, value in row.items()}
        for row in records(result)
    ]
    return sorted(({name: plain(value) for name, value in row.items()} for row in rows), key=str)


def plain(value):
    if isinstance(value, pd.Timestamp | datetime):
        return pd.Timestamp(value).isoformat()
    return None if value == "" else value


@pytest.fixture(scope="module")
def frames_on_spark(spark):
    worlds = {id(world): [frame.cache() for frame in on_spark(spark, world)] for world in (ONE, HISTORY)}
    return lambda world: worlds[id(world)]


@pytest.mark.long
@pytest.mark.parametrize("name", CASES)
def test_three_engines_give_one_answer(name, frames_on_spark):
    world, metric, options = CASES[name]
    on_pandas = canonical(metric(*world.frames("pandas"), QUARTER, **options))
    on_duckdb = canonical(metric(*world.frames("duckdb"), QUARTER, **options))
    result = metric(*frames_on_spark(world), QUARTER, **options)
    assert on_pandas
    assert on_duckdb == on_pandas
    assert canonical(result) == on_pandas
    assert type(result).__module__.startswith("pyspark")


@pytest.mark.long
def test_the_session_zone_is_not_the_machines(spark):
    zone = spark.conf.get("spark.sql.session.timeZone")
    assert datetime(2026, 4, 1).astimezone().utcoffset() != pd.Timestamp("2026-04-01", tz=zone).utcoffset()


@pytest.mark.long
def test_spark_refuses_what_the_others_refuse(spark, frames_on_spark):
    users, activity = frames_on_spark(ONE)
    with pytest.raises(DuplicateKeyError, match="one row for each user_id"):
        an.active_rate(users.union(users), activity, QUARTER)
    zoned = activity.selectExpr("user_id", "cast(occurred_at as timestamp_ltz) as occurred_at")
    with pytest.raises(ColumnTypeError, match="on Spark TIMESTAMP_NTZ"):
        an.active_rate(users, zoned, QUARTER)


def test_duckdb_tables_of_a_file_give_the_same(tmp_path):
    for name, frame in zip(("users", "activity"), ONE.frames("pandas"), strict=True):
        frame.to_parquet(tmp_path / f"{name}.parquet")
    files = [CONNECTION.read_parquet(str(tmp_path / f"{name}.parquet")) for name in ("users", "activity")]
    options = {"rows": ["area"], "columns": ["device"]}
    expected = canonical(an.active_rate_pivot(*ONE.frames("pandas"), QUARTER, **options))
    assert canonical(an.active_rate_pivot(*files, QUARTER, **options)) == expected
