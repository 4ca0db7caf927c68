"""One test for each way in which a number of stages could be wrong without anyone noticing."""

from datetime import date, datetime

import pandas as pd
import pytest
from usage_oracle import APRIL, ENGINES, QUARTER, World, account, keyed, records, use

import analysis as an

engines = pytest.mark.parametrize("engine", ENGINES)
ANY = {"measure": "uses", "at_least": 1}
THREE = (
    an.Stage("aware", ANY, 0.7),
    an.Stage("settled", {"measure": "months", "at_least": 3}, 0.45),
    an.Stage("using", {"measure": "kinds", "at_least": 2}, 0.2),
)


def users_at(result, *keys):
    return {key: row["users"] for key, row in keyed(result, *keys, "stage").items()}


def one(result):
    (row,) = records(result)
    return row


@engines
def test_who_skips_the_foundation_is_in_no_later_stage(engine):
    """Two kinds on one day make nobody a settled user."""
    frames = World({None: [account("a")]}, [use("a", "2026-04-02", kind) for kind in ("login", "order")]).frames(engine)
    rows = keyed(an.stages(*frames, QUARTER, THREE), "stage")
    assert {name: (row["users"], row["skipped"]) for (name,), row in rows.items()} == {
        "aware": (1, 0),
        "settled": (0, 0),
        "using": (0, 1),
    }


@engines
def test_many_uses_of_one_kind_on_one_day_are_one_kind_and_one_day(engine):
    frames = World({None: [account("a")]}, [use("a", f"2026-04-02 {h:02}:00:00", "login") for h in range(24)]).frames(
        engine
    )
    stages = [
        an.Stage("kinds", {"measure": "kinds", "at_least": 2}),
        an.Stage("days", {"measure": "days", "at_least": 2}),
        an.Stage("weeks", {"measure": "weeks", "at_least": 2}),
    ]
    for stage in stages:
        assert users_at(an.stages(*frames, APRIL, [stage])) == {(stage.name,): 0}
    assert users_at(an.stages(*frames, APRIL, [an.Stage("uses", {"measure": "uses", "at_least": 24})])) == {
        ("uses",): 1
    }
    assert users_at(an.stages(*frames, APRIL, [an.Stage("uses", {"measure": "uses", "at_least": 25})])) == {
        ("uses",): 0
    }


@engines
def test_use_without_a_kind_is_not_a_kind_of_its_own(engine):
    uses = [use("a", "2026-04-02", kind) for kind in ("login", None, "")]
    frames = World({None: [account("a")]}, uses).frames(engine)
    assert users_at(an.stages(*frames, APRIL, [THREE[2]])) == {("using",): 0}


@engines
def test_strangers_nobody_and_the_disabled_stand_in_no_stage(engine):
    people = [account("a"), account("off", status="停止中")]
    uses = [use(user, "2026-04-02") for user in ("z", None, "", "off")]
    frames = World({None: people}, uses).frames(engine)
    row = one(an.stages(*frames, APRIL, THREE[:1]))
    assert (row["users"], row["valid_users"]) == (0, 1)
    assert one(an.stage_moves(*frames, APRIL, THREE[:1]))["stayed"] == 1
    assert one(an.lifecycle(*frames, APRIL))["new"] == 0
    assert records(an.retention(*frames, APRIL)) == []


@engines
def test_a_blank_area_is_one_group_however_it_is_written(engine):
    users = pd.DataFrame({"user_id": list("abcd"), "area": pd.Series(["East", None, "", float("nan")], dtype=object)})
    activity = pd.DataFrame({"user_id": ["b", "c"], "occurred_at": pd.to_datetime(["2026-04-02"] * 2)})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    rows = keyed(an.stages(*frames, APRIL, THREE[:1], by="area"), "area")
    assert {key: (r["users"], r["valid_users"]) for key, r in rows.items()} == {("East",): (0, 1), (None,): (2, 3)}
    rows = keyed(an.stage_moves(*frames, APRIL, THREE[:1], by="area"), "area")
    assert {key: r["rose"] for key, r in rows.items()} == {("East",): 0, (None,): 2}


@engines
def test_a_half_known_period_is_partial_wherever_it_stands(engine):
    frames = World({None: [account("a")]}, [use("a", "2026-04-15")]).frames(engine)
    may = an.Period.parse("2026-05")
    assert one(an.stages(*frames, APRIL, THREE[:1]))["partial"] is True
    assert one(an.stages(*frames, APRIL, THREE[:1], as_of=date(2026, 4, 30)))["partial"] is False
    assert one(an.stage_moves(*frames, may, THREE[:1], as_of=date(2026, 5, 31)))["partial"] is False
    assert one(an.stage_moves(*frames, may, THREE[:1]))["partial"] is True
    assert one(an.stage_verdicts(*frames, APRIL, THREE[:1]))["partial"] is True


@engines
def test_a_month_that_has_not_ended_is_no_fall_in_retention(engine):
    """Both began in April; by May 10 only one has come again, and the other has twenty days left."""
    uses = [use("a", "2026-04-02"), use("b", "2026-04-03"), use("a", "2026-05-10")]
    frames = World({None: [account("a"), account("b")]}, uses).frames(engine)
    rows = keyed(an.retention(*frames, QUARTER), "age")
    assert {age: (row["retained_users"], row["partial"]) for (age,), row in rows.items()} == {
        0: (2, False),
        1: (1, True),
    }
    assert [row["age"] for row in records(an.retention_curve(*frames, QUARTER))] == [0]
    assert len(records(an.retention_curve(*frames, QUARTER, as_of=date(2026, 5, 31)))) == 2


@engines
def test_a_month_that_the_period_cuts_is_no_fall_either(engine):
    frames = World({None: [account("a")]}, [use("a", "2026-04-02"), use("a", "2026-06-30")]).frames(engine)
    cut = an.Period.parse("2026-04-01..2026-05-10")
    rows = keyed(an.retention(*frames, cut), "age")
    assert {age: row["partial"] for (age,), row in rows.items()} == {0: False, 1: True}


@engines
def test_who_has_left_stays_in_their_cohort(engine):
    people = [account("a"), account("b", valid_to=date(2026, 4, 30))]
    uses = [use("a", "2026-04-02"), use("b", "2026-04-03"), use("a", "2026-05-31")]
    frames = World({None: people}, uses).frames(engine)
    rates = {age: row["retention_rate"] for (age,), row in keyed(an.retention(*frames, QUARTER), "age").items()}
    assert rates == {0: 1.0, 1: 0.5}


@engines
def test_who_used_it_before_the_period_is_not_new(engine):
    uses = [
        use("a", "2026-03-31 23:59:59"),
        use("a", "2026-04-01"),
        use("b", datetime(2026, 4, 30, 23, 59, 59, 999_999)),
    ]
    frames = World({None: [account("a"), account("b")]}, uses).frames(engine)
    row = one(an.lifecycle(*frames, APRIL))
    assert (row["new"], row["returning"], row["no_history"]) == (1, 1, False)
    assert one(an.retention(*frames, APRIL))["cohort_users"] == 1


@engines
def test_each_period_stands_on_its_own_roster(engine):
    """b left with the roster of May, and moved nowhere before; c joined; a changed its area."""
    rosters = {
        date(2026, 4, 1): [account("a", "East"), account("b", "East")],
        date(2026, 5, 15): [account("a", "West"), account("c", "West")],
    }
    uses = [use(user, f"2026-0{month}-20") for month in (4, 5) for user in "abc"]
    frames = World(rosters, uses).frames(engine)
    may, stages = an.Period.parse("2026-05"), [an.Stage("aware", ANY)]
    row = one(an.stage_moves(*frames, may, stages))
    assert [row[move] for move in ("rose", "fell", "stayed", "joined", "left")] == [0, 0, 1, 1, 1]
    rows = keyed(an.stage_moves(*frames, may, stages, by="area"), "area")
    assert {key: (r["joined"], r["left"]) for key, r in rows.items()} == {("East",): (0, 2), ("West",): (2, 0)}
    (left,) = records(an.stage_movers(*frames, may, stages, move="left"))
    assert (left["user_id"], left["area"]) == ("b", "East")
    trend = keyed(an.active_rate_trend(*frames, QUARTER), "period_start")
    cycle = keyed(an.lifecycle(*frames, QUARTER), "period_start")
    assert {k: r["active_users"] for k, r in cycle.items()} == {k: r["active_users"] for k, r in trend.items()}


HELPERS = ["_u0", "_r0", "_g0", "_v0", "_position", "_unit", "months", "_from", "_index", "_goal"]


@pytest.mark.parametrize(("engine", "names"), [("pandas", HELPERS[:5]), ("pandas", HELPERS[5:]), ("duckdb", HELPERS)])
def test_a_dimension_may_be_called_like_a_helper(engine, names):
    users = pd.DataFrame({"user_id": ["a", "b"], **{name: ["x", "y"] for name in names}})
    x, y = ((value,) * len(names) for value in "xy")
    activity = pd.DataFrame(
        {
            "user_id": ["a"] * 3,
            "occurred_at": pd.to_datetime(["2026-04-02", "2026-05-02", "2026-06-02"]),
            "activity": "login",
        }
    )
    frames = [ENGINES[engine](table) for table in (users, activity)]
    assert users_at(an.stages(*frames, QUARTER, THREE[:2], by=names), *names) == {
        (*x, "aware"): 1,
        (*y, "aware"): 0,
        (*x, "settled"): 1,
        (*y, "settled"): 0,
    }
    rows = keyed(an.stage_verdicts(*frames, QUARTER, THREE, by=names), *names)
    assert {key: row["stage"] for key, row in rows.items()} == {x: "using", y: "aware"}
    if "months" in names:
        targets = [{"metric": "aware", "period": None, "target": 0.1, "months": "x"}]
        rows = keyed(an.stages(*frames, QUARTER, THREE[:1], by=names, targets=targets), *names)
        assert {key: row["target"] for key, row in rows.items()} == {x: 0.1, y: 0.7}
    for metric in (an.lifecycle, an.stickiness, an.retention, an.active_intervals):
        assert {tuple(row[name] for name in names) for row in records(metric(*frames, QUARTER, by=names))} >= {x}


@engines
@pytest.mark.parametrize("name", ["stage", "Users", "ｒａｔｅ", "skipped"])
def test_a_dimension_called_like_a_result_is_refused(engine, name):
    users = pd.DataFrame({"user_id": ["a"], name: ["x"]})
    activity = pd.DataFrame({"user_id": ["a"], "occurred_at": pd.to_datetime(["2026-04-02"])})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    with pytest.raises(an.AnalysisError, match="cannot be a dimension"):
        an.stages(*frames, APRIL, THREE[:1], by=name)


@engines
def test_the_kind_of_activity_is_not_a_users_column_of_that_name(engine):
    users = pd.DataFrame({"user_id": ["a"], "activity": ["high"]})
    activity = pd.DataFrame(
        {"user_id": ["a"] * 2, "occurred_at": pd.to_datetime(["2026-04-02"] * 2), "activity": ["login", "order"]}
    )
    frames = [ENGINES[engine](table) for table in (users, activity)]
    assert users_at(an.stages(*frames, APRIL, [THREE[2]], by="activity"), "activity") == {("high", "using"): 1}


@engines
def test_over_devices_each_cell_counts_the_use_on_that_device_alone(engine):
    uses = [use("a", "2026-04-02", "login", "pc"), use("a", "2026-04-03", "order", "phone")]
    frames = World({None: [account("a"), account("b")]}, uses).frames(engine)
    stages = [an.Stage("aware", ANY), an.Stage("using", {"measure": "kinds", "at_least": 2})]
    assert users_at(an.stages(*frames, APRIL, stages, by="device"), "device") == {
        ("pc", "aware"): 1,
        ("phone", "aware"): 1,
        ("pc", "using"): 0,
        ("phone", "using"): 0,
    }
    assert users_at(an.stages(*frames, APRIL, stages)) == {("aware",): 1, ("using",): 1}
