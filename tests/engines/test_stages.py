"""Stages, lifecycle and retention give the same numbers on pandas, DuckDB and Spark."""

from datetime import date

import pytest
from usage_oracle import QUARTER, World, account, records, use

import analysis as an

pytestmark = pytest.mark.spark

LADDER = (
    an.Stage("aware", {"measure": "uses", "at_least": 1}, 0.7),
    an.Stage("settled", {"any": [{"measure": "months", "at_least": 3}, {"measure": "weeks", "at_least": 3}]}, 0.45),
    an.Stage("using", {"measure": "kinds", "at_least": 2}, None),
)
AREAS = ["East", None, "West", ""]
STARTS = [None, date(2026, 4, 1), date(2026, 5, 15)]
# at the edges of days, months and weeks, where a zone that is wrong by hours moves them
TIMES = ["2026-03-31 23:59:59", "2026-04-01 00:00:00", "2026-04-30 20:00:00", "2026-05-01 00:00:00"]
TIMES += ["2026-05-31 23:59:59", "2026-06-01 05:00:00", "2026-06-30 23:59:59", "2026-07-01 00:00:00"]
PEOPLE = [account(f"u{i}", AREAS[i % 4], valid_from=STARTS[i % 3], status="無効" if i == 7 else None) for i in range(9)]
LATER = [account(f"u{i}", AREAS[(i + 1) % 4], valid_to=date(2026, 6, 30) if i % 2 else None) for i in range(2, 11)]
USES = [
    use(f"u{(i * 3 + j) % 10}" if (i + j) % 7 else "stranger", at, ["login", "order", None][(i + j) % 3])
    for i, at in enumerate(TIMES)
    for j in range(4)
]
WORLD = World({date(2026, 4, 10): PEOPLE, date(2026, 6, 1): LATER}, USES)
MAY = an.Period.parse("2026-05")
TARGETS = [{"metric": "using", "period": "2026-04..2026-06", "target": 0.3, "area": "East"}]
CASES = {
    "stages": lambda u, a: an.stages_with_total(u, a, QUARTER, LADDER, by=["area"], targets=TARGETS),
    "verdicts": lambda u, a: an.stage_verdicts(u, a, QUARTER, LADDER, by=["activity"]),
    "movement": lambda u, a: an.stage_movement(u, a, MAY, LADDER),
    "people": lambda u, a: an.stage_people(u, a, QUARTER, LADDER, stage="settled", state="not_reached"),
    "lifecycle": lambda u, a: an.lifecycle(u, a, QUARTER, by=["area"]),
    "stickiness": lambda u, a: an.stickiness(u, a, QUARTER, inner="week"),
    "retention": lambda u, a: an.retention(u, a, QUARTER, as_of=date(2026, 6, 15)),
}

ON_SPARK = ("verdicts", "movement", "lifecycle")  # one of each shape: every plan takes Spark its ten seconds


def plain(value):
    if value is None or value == "":
        return None
    return round(float(value), 9) if isinstance(value, int | float) else str(value)


def canonical(result):
    """Rows in an order of their own, decimals to nine digits."""
    return sorted(([(name, plain(value)) for name, value in row.items()] for row in records(result)), key=str)


@pytest.fixture(scope="module")
def frames_on_spark(spark):
    from tests.engines.test_same_numbers import on_spark

    return [frame.cache() for frame in on_spark(spark, WORLD)]


@pytest.mark.long
def test_pandas_and_duckdb_agree():
    for name, metric in CASES.items():
        found = canonical(metric(*WORLD.frames("pandas")))
        assert found, name
        assert canonical(metric(*WORLD.frames("duckdb"))) == found, name


@pytest.mark.long
def test_spark_says_what_pandas_says(frames_on_spark):
    for name in ON_SPARK:
        found = canonical(CASES[name](*frames_on_spark))
        assert found == canonical(CASES[name](*WORLD.frames("pandas"))), name
