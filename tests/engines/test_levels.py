"""Utilisation levels, their outcomes and the check sheet give the same numbers on pandas, DuckDB and Spark."""

from datetime import date

import pytest
from levels_oracle import OUTCOMES, Shops, at, came, customer, order, table, used, user
from usage_oracle import ENGINES, records

import analysis as an

pytestmark = pytest.mark.spark

DAY, BEFORE = date(2026, 5, 31), date(2026, 5, 20)
LEVELS = an.Levels(
    (
        an.State("published", {"filled": "published", "when": "past"}),
        an.State("ordered", {"events": "orders", "days": 7, "where": {"column": "kind", "in": ["meat", None]}}, 0.1),
        an.State("users", {"events": "activity", "days": 20, "distinct": "user_id"}, 0.2),
    ),
    (an.Level("some", 0.3), an.Level("all", 1.3)),
)
# at the edges of days and windows, where a zone that is wrong by hours moves them
TIMES = ["2026-05-24 23:59:59", "2026-05-25", "2026-05-20 23:59:59", "2026-05-21", "2026-05-31 23:59:59", "2026-06-01"]
AREAS = ["East", None, "West", ""]
LISTS = {
    date(2026, 5, 1): [customer(f"c{i}", AREAS[i % 4], published=TIMES[i % 6]) for i in range(6)],
    date(2026, 5, 31): [customer(f"c{i}", AREAS[i % 3], published=TIMES[(i + 1) % 6]) for i in range(1, 8)],
}
WORLD = Shops(
    LISTS,
    [order(f"c{i}", at, ["meat", "", "fish"][i % 3]) for i, at in enumerate([*TIMES, None])],
    {None: [user(f"u{i}", f"c{i % 4}", valid_to=DAY if i % 2 else date(2026, 5, 30)) for i in range(6)]},
    [used(f"u{i}", at) for i, at in enumerate(TIMES)],
)
CAME = [came(f"c{i}", [1.0, 0.0, None, 1.0][i % 4], date(2026, 6, 1 + i % 2)) for i in range(9)]
TERM = {"customer_id": "str", "term_start": "date", "term_end": "date", "plan": "str"}
TERMS = [
    dict(
        zip(
            TERM,
            (f"c{i % 4}" if i % 5 else None, DAY if i % 2 else BEFORE, at(TIMES[i % 6][:10]), "ab"[i % 2]),
            strict=True,
        )
    )
    for i in range(12)
]
STATES = {"days": [BEFORE, DAY], "base": "contracts"}
MARKS = {f"c{i}": i % 3 for i in range(1, 9)}
CASES = {
    "matrix": lambda c, o, t: an.level_matrix(c, LEVELS, as_of=DAY, tables=t, by="area"),
    "distribution": lambda c, o, t: an.level_distribution(c, LEVELS, as_of=DAY, tables=t, by="area"),
    "movement": lambda c, o, t: an.level_movement(c, LEVELS, as_of=DAY, previous=BEFORE, tables=t),
    "movers": lambda c, o, t: an.level_movers(c, LEVELS, as_of=DAY, previous=BEFORE, tables=t),
    "outcome": lambda c, o, t: an.state_outcome(c, LEVELS, o, lead_days=5, tables=t),
    "outside": lambda c, o, t: an.state_outcome_customers(
        c, LEVELS, o, state="users", group="outside", lead_days=5, tables=t
    ),
    "base": lambda c, o, t: an.customers_of(t["contracts"], "contracts", days=[BEFORE, DAY]),
    "buyers": lambda c, o, t: an.customers_of(t["orders"], "orders", days=[DAY]),
    "states": lambda c, o, t: an.customer_states(LEVELS.states[1:], tables={**t, "customers": c}, **STATES),
    "amount": lambda c, o, t: an.amount_outcome(o, t["orders"], an.Period.parse("2026-05"), at_least=1),
    "check": lambda c, o, t: an.check_summary(c, LEVELS, MARKS, as_of=DAY, tables=t),
    "sheet": lambda c, o, t: an.check_sheet(c, LEVELS, MARKS, as_of=DAY, agrees=False, tables=t),
}
ON_SPARK = (
    "matrix",
    "outcome",
    "base",
    "buyers",
)  # what the others are made of: every plan takes Spark its ten seconds


def frames(engine):
    people, tables = WORLD.frames(engine)
    return people, ENGINES[engine](table(CAME, OUTCOMES)), {**tables, "contracts": ENGINES[engine](table(TERMS, TERM))}


def test_pandas_and_duckdb_agree():
    from tests.engines.test_stages import canonical

    for name, metric in CASES.items():
        found = canonical(metric(*frames("pandas")))
        assert found, name
        assert canonical(metric(*frames("duckdb"))) == found, name


@pytest.mark.long
def test_spark_says_what_pandas_says(spark):
    from tests.engines.test_stages import canonical

    people, outcomes, tables = frames("pandas")
    given = {"customers": people, "outcomes": outcomes, **tables}
    made = {name: on_spark(spark, frame).cache() for name, frame in given.items()}
    asked = (made.pop("customers"), made.pop("outcomes"), made)
    for name in ON_SPARK:
        assert canonical(CASES[name](*asked)) == canonical(CASES[name](*frames("pandas"))), name


def on_spark(spark, frame):
    """The rows of a frame, moments without a zone."""
    types = {"object": "string", "str": "string", "float64": "double"}
    columns = ", ".join(f"{name} {types.get(str(kind), 'timestamp_ntz')}" for name, kind in frame.dtypes.items())
    return spark.createDataFrame([tuple(row.values()) for row in rows_of(frame)], columns)


def rows_of(frame):
    """Rows of plain Python, None where blank."""
    return [
        {name: value.to_pydatetime() if hasattr(value, "to_pydatetime") else value for name, value in row.items()}
        for row in records(frame)
    ]
