"""Funnel: literal rows that a reader can follow with a finger."""

from datetime import date, datetime, timedelta

import duckdb
import pandas as pd
import pytest
from usage_oracle import records

import analysis as an
from analysis.errors import (
    ChoiceError,
    DimensionNameError,
    FirstStepError,
    FunnelsDifferError,
    MissingColumnError,
    MomentTypeError,
    NoStepsError,
    OptionalStepError,
    UnknownStepError,
    WindowError,
)

MAY = an.Period.parse("2026-05")


def log(*rows, **columns):
    """(who, when, what) each; when as text, a bare day is midnight."""
    found = pd.DataFrame(rows, columns=["user_id", "occurred_at", "activity"]).astype({"user_id": "str"})
    found["occurred_at"] = pd.to_datetime(found["occurred_at"], format="ISO8601").astype("datetime64[us]")
    return found.astype({"activity": "str"}).assign(**columns)


def portable(activity, steps, **options):
    return records(an.funnel(activity, steps, **options))


def arrays(activity, steps, **options):
    more = [name for name in activity.columns if name not in ("user_id", "occurred_at", "activity")]
    return records(an.FunnelArrays.prepare(activity, columns=more).funnel(steps, **options))


@pytest.fixture(params=[portable, arrays], ids=["portable", "arrays"])
def funnel(request):
    return request.param


def column(rows, name):
    return [row[name] for row in sorted(rows, key=lambda row: row["position"])]


def reached(rows):
    return column(rows, "reached")


ORDERS = log(
    ("a", "2026-05-01", "visit"), ("a", "2026-05-03", "cart"), ("a", "2026-05-04", "order"),
    ("b", "2026-05-01", "visit"), ("b", "2026-05-11", "cart"),
    ("c", "2026-05-02", "visit"),
    ("d", "2026-05-29", "visit"),
    ("e", "2026-05-31", "cart"),
)  # fmt: skip


def test_every_column_of_a_small_funnel(funnel):
    rows = funnel(ORDERS, ["visit", "cart", "order"], within="10d")
    assert rows == [
        {
            "step": "visit", "position": 1, "entered": 4, "reached": 4, "waiting": 0, "lost": 0,
            "step_rate": None, "overall_rate": 1.0, "median_days": None, "p90_days": None,
            "median_days_from_start": 0.0, "p90_days_from_start": 0.0,
        },
        {
            "step": "cart", "position": 2, "entered": 4, "reached": 2, "waiting": 1, "lost": 1,
            "step_rate": 2 / 4, "overall_rate": 2 / 4, "median_days": 6.0, "p90_days": pytest.approx(9.2),
            "median_days_from_start": 6.0, "p90_days_from_start": pytest.approx(9.2),
        },
        {
            "step": "order", "position": 3, "entered": 4, "reached": 1, "waiting": 1, "lost": 2,
            "step_rate": 1 / 2, "overall_rate": 1 / 4, "median_days": 1.0, "p90_days": 1.0,
            "median_days_from_start": 3.0, "p90_days_from_start": 3.0,
        },
    ]  # fmt: skip


@pytest.mark.parametrize(("when", "came"), [("2026-05-11", 1), ("2026-05-11 00:00:00.000001", 0)])
def test_the_window_includes_its_last_moment(funnel, when, came):
    assert reached(funnel(log(("a", "2026-05-01", "A"), ("a", when, "B")), ["A", "B"], within=10)) == [1, came]


@pytest.mark.parametrize("within", [timedelta(days=10), 10, 10.0, "10d", "10", " 240h ", "14400m"])
def test_a_window_may_be_written_in_many_ways(within):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-11", "B"), ("b", "2026-05-01", "A"), ("b", "2026-05-12", "B"))
    assert reached(portable(rows, ["A", "B"], within=within)) == [2, 1]


def test_any_attempt_counts_not_only_the_first(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-20", "A"), ("a", "2026-05-21", "B"))
    assert reached(funnel(rows, ["A", "B"], within=5)) == [1, 1]


def test_a_first_step_in_between_does_not_break_an_attempt(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-02", "B"), ("a", "2026-05-03", "A"), ("a", "2026-05-04", "C"))
    assert reached(funnel(rows, ["A", "B", "C"])) == [1, 1, 1]


def test_each_step_may_belong_to_another_attempt_and_the_times_are_of_the_furthest(funnel):
    rows = log(
        ("a", "2026-05-01", "A"), ("a", "2026-05-02", "B"),
        ("a", "2026-05-10", "A"), ("a", "2026-05-13", "B"), ("a", "2026-05-14", "C"),
    )  # fmt: skip
    found = funnel(rows, ["A", "B", "C"], within=5)
    assert reached(found) == [1, 1, 1]
    assert column(found, "median_days") == [None, 3.0, 1.0]
    assert column(found, "median_days_from_start") == [0.0, 3.0, 4.0]


def test_of_two_attempts_that_reach_equally_far_the_earliest_gives_the_times(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-03", "A"), ("a", "2026-05-04", "B"))
    assert column(funnel(rows, ["A", "B"]), "median_days") == [None, 3.0]


def test_at_one_moment_nothing_is_later(funnel):
    assert reached(funnel(log(("a", "2026-05-01", "A"), ("a", "2026-05-01", "B")), ["A", "B"])) == [1, 0]
    one_microsecond = log(("a", "2026-05-01", "A"), ("a", "2026-05-01 00:00:00.000001", "B"))
    assert reached(funnel(one_microsecond, ["A", "B"])) == [1, 1]


def test_the_same_activity_twice_needs_two_events(funnel):
    once, twice = ("a", "2026-05-01", "A"), ("a", "2026-05-02", "A")
    assert reached(funnel(log(once), ["A", "A"])) == [1, 0]
    assert reached(funnel(log(once, twice), ["A", "A"])) == [1, 1]
    assert reached(funnel(log(once, twice), ["A", "A", "A"], order="unordered")) == [1, 1, 0]
    assert column(funnel(log(once, twice), ["A", "A"]), "step") == ["A", "A"]


def test_a_step_may_be_one_of_several_activities(funnel):
    rows = log(("a", "2026-05-01", "web"), ("b", "2026-05-01", "app"), ("b", "2026-05-02", "order"))
    steps = [an.Step(["web", "app"]), "order"]
    assert reached(funnel(rows, steps)) == [2, 1]
    assert column(funnel(rows, steps), "step") == ["web / app", "order"]
    assert column(funnel(rows, [an.Step(["web", "app"], name="opened"), "order"]), "step") == ["opened", "order"]


def test_a_step_may_carry_a_filter(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-02", "B"), ("b", "2026-05-01", "A"), ("b", "2026-05-02", "B"))
    rows = rows.assign(device=["pc", "phone", "pc", "pc"])
    on_pc = {"column": "device", "in": ["pc"]}
    assert reached(funnel(rows, ["A", an.Step("B", where=on_pc)])) == [2, 1]
    assert reached(funnel(rows, ["A", an.Step("B", where=an.Rule({"column": "activity.device", "in": ["pc"]}))])) == [
        2,
        1,
    ]
    late = {"column": "occurred_at", "at_least": "2026-05-02"}
    assert reached(funnel(rows, [an.Step("A", where=late), "B"])) == [0, 0]


def test_who_skips_an_optional_step_still_reaches_the_next(funnel):
    rows = log(
        ("a", "2026-05-01", "A"), ("a", "2026-05-02", "B"), ("a", "2026-05-03", "C"),
        ("b", "2026-05-01", "A"), ("b", "2026-05-05", "C"),
    )  # fmt: skip
    found = funnel(rows, ["A", an.Step("B", optional=True), "C"])
    assert reached(found) == [2, 1, 2]
    assert column(found, "step_rate") == [None, 1 / 2, 2 / 2]
    assert column(found, "median_days") == [None, 1.0, 3.0]


def test_strict_allows_nothing_in_between(funnel):
    rows = log(
        ("a", "2026-05-01", "A"), ("a", "2026-05-02", "X"), ("a", "2026-05-03", "B"),
        ("b", "2026-05-01", "A"), ("b", "2026-05-02", "B"),
    )  # fmt: skip
    assert reached(funnel(rows, ["A", "B"])) == [2, 2]
    assert reached(funnel(rows, ["A", "B"], order="strict")) == [2, 1]


def test_strict_finds_a_later_attempt_that_nothing_breaks(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-02", "A"), ("a", "2026-05-03", "B"))
    assert reached(funnel(rows, ["A", "B"], order="strict")) == [1, 1]


def test_strict_may_skip_an_optional_step_but_nothing_else(funnel):
    rows = log(
        ("a", "2026-05-01", "A"), ("a", "2026-05-02", "C"),
        ("b", "2026-05-01", "A"), ("b", "2026-05-02", "B"), ("b", "2026-05-03", "C"),
        ("c", "2026-05-01", "A"), ("c", "2026-05-02", "X"), ("c", "2026-05-03", "C"),
    )  # fmt: skip
    found = funnel(rows, ["A", an.Step("B", optional=True), "C"], order="strict")
    assert reached(found) == [3, 1, 2]


def test_a_strict_attempt_that_is_broken_is_lost_though_its_window_is_open(funnel):
    rows = log(("a", "2026-05-01", "A"), ("b", "2026-05-01", "A"), ("b", "2026-05-02", "X"), ("z", "2026-05-03", "B"))
    found = funnel(rows, ["A", "B"], order="strict", within=30)
    assert (column(found, "waiting"), column(found, "lost")) == ([0, 1], [0, 1])


def test_unordered_counts_how_many_of_the_steps_were_done(funnel):
    rows = log(
        ("a", "2026-05-01", "C"), ("a", "2026-05-02", "A"), ("a", "2026-05-04", "B"),
        ("b", "2026-05-01", "B"), ("b", "2026-05-01", "A"),
        ("c", "2026-05-01", "C"), ("c", "2026-05-20", "A"),
    )  # fmt: skip
    found = funnel(rows, ["A", "B", "C"], order="unordered", within=10)
    assert reached(found) == [3, 2, 1]
    assert column(found, "median_days_from_start") == [0.0, 0.5, 3.0]


def test_unordered_never_uses_one_event_for_two_steps(funnel):
    rows = log(("a", "2026-05-01", "A"), ("b", "2026-05-01", "A"), ("b", "2026-05-02", "B"))
    assert reached(funnel(rows, [an.Step(["A", "B"]), "A", "B"], order="unordered")) == [2, 1, 0]


def test_only_the_entry_must_lie_in_the_period(funnel):
    rows = log(
        ("a", "2026-05-31 23:59:59", "A"), ("a", "2026-06-02", "B"),
        ("b", "2026-06-01", "A"), ("b", "2026-06-02", "B"),
        ("c", "2026-04-30", "A"), ("c", "2026-05-02", "B"),
    )  # fmt: skip
    assert reached(funnel(rows, ["A", "B"], period=MAY)) == [1, 1]


@pytest.mark.parametrize(("as_of", "waiting"), [(date(2026, 5, 10), 1), (date(2026, 5, 11), 0)])
def test_who_can_still_make_it_waits_and_is_not_lost(funnel, as_of, waiting):
    """Entered at midnight of the first, ten days: the last moment is midnight of the eleventh."""
    rows = log(("a", "2026-05-01", "A"), ("b", "2026-04-01", "A"), ("b", "2026-04-02", "B"))
    found = funnel(rows, ["A", "B"], within=10, as_of=as_of)
    assert (column(found, "waiting"), column(found, "lost")) == ([0, waiting], [0, 1 - waiting])


def test_who_waits_before_the_second_step_waits_before_the_third_too(funnel):
    found = funnel(
        log(("a", "2026-05-01", "A"), ("b", "2026-04-01", "B"), ("b", "2026-04-01", "C")), ["A", "B", "C"], within=10
    )
    assert column(found, "waiting") == [0, 1, 1]


def test_what_lies_behind_as_of_is_not_known(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-04", "B"))
    assert reached(funnel(rows, ["A", "B"], as_of=date(2026, 5, 3))) == [1, 0]
    assert reached(funnel(rows, ["A", "B"], as_of=datetime(2026, 5, 4, 1))) == [1, 1]


def test_without_a_window_nobody_is_lost(funnel):
    for order in ("in_order", "strict", "unordered"):
        found = funnel(ORDERS, ["visit", "cart", "order"], order=order, as_of=date(2030, 1, 1))
        assert column(found, "lost") == [0, 0, 0]


def test_a_person_stands_in_the_group_of_the_attempt_that_reaches_furthest(funnel):
    rows = log(("a", "2026-05-01", "A"), ("a", "2026-05-10", "A"), ("a", "2026-05-11", "B"), ("b", "2026-05-01", "A"))
    rows = rows.assign(device=["pc", "phone", "pc", None])
    found = {(row["device"], row["position"]): row for row in funnel(rows, ["A", "B"], within=5, by="device")}
    assert {key: row["reached"] for key, row in found.items()} == {
        ("phone", 1): 1, ("phone", 2): 1, (None, 1): 1, (None, 2): 0,
    }  # fmt: skip


def test_groups_of_two_dimensions_of_several_types(funnel):
    rows = log(("a", "2026-05-01", "A"), ("b", "2026-05-01", "A"), ("b", "2026-05-02", "B"))
    rows = rows.assign(level=[1, 2, 2], new=[True, False, True], share=[0.5, None, 1.0])
    found = funnel(rows, ["A", "B"], by=["level", "new", "share"])
    groups = {(row["level"], row["new"], row["share"], row["position"]): row["reached"] for row in found}
    assert groups == {(1, True, 0.5, 1): 1, (1, True, 0.5, 2): 0, (2, False, None, 1): 1, (2, False, None, 2): 1}


def test_more_than_ten_steps(funnel):
    steps = [f"s{i}" for i in range(14)]
    rows = [("a", f"2026-05-{i + 1:02}", step) for i, step in enumerate(steps)]
    rows += [("b", f"2026-05-{i + 1:02}", step) for i, step in enumerate(steps[:11])]
    for order in ("in_order", "strict"):
        assert reached(funnel(log(*rows), steps, order=order)) == [2] * 11 + [1] * 3


def test_one_step_is_a_funnel_of_those_who_entered(funnel):
    for order in ("in_order", "strict", "unordered"):
        assert reached(funnel(ORDERS, ["visit"], order=order)) == [4]


def test_nobody_and_no_moment_are_left_out(funnel):
    rows = log((None, "2026-05-01", "A"), ("", "2026-05-01", "A"), ("a", None, "A"), ("b", "2026-05-01", "A"))
    assert reached(funnel(rows, ["A"])) == [1]


def test_a_log_without_any_event_gives_nothing_of_everything(funnel):
    for order in ("in_order", "strict", "unordered"):
        rows = funnel(ORDERS.iloc[:0], ["visit", "cart"], order=order, within=3)
        assert [(row["entered"], row["lost"], row["overall_rate"], row["median_days"]) for row in rows] == [
            (0, 0, None, None)
        ] * 2
    assert funnel(ORDERS.iloc[:0].assign(device=None), ["visit"], by="device") == []


def test_whole_numbers_as_ids_and_categories_as_activities(funnel):
    rows = log(("1", "2026-05-01", "A"), ("1", "2026-05-02", "B"), ("2", "2026-05-01", "A"))
    rows = rows.astype({"user_id": "int64", "activity": "category"})
    assert reached(funnel(rows, ["A", "B"])) == [2, 1]


def test_moments_of_before_1970_and_below_the_second(funnel):
    rows = log(("a", "1969-12-31 23:59:59.999999", "A"), ("a", "1970-01-01 00:00:00.5", "B"))
    assert column(funnel(rows, ["A", "B"]), "median_days") == [None, pytest.approx(500_001 / 86_400_000_000)]


@pytest.mark.parametrize("within", ["1w", "7d", "168h", "10080m", "604800s", 7, timedelta(weeks=1)])
def test_a_week_may_be_written_in_every_unit(funnel, within):
    rows = log(*[(who, "2026-05-01", "A") for who in "ab"], ("a", "2026-05-08", "B"), ("b", "2026-05-08 00:00:01", "B"))
    assert reached(funnel(rows, ["A", "B"], within=within)) == [2, 1]


@pytest.mark.parametrize(
    "within", [0, -1, "0d", "-3d", timedelta(0), "soon", "30x", float("nan"), True, "9" * 20, 36_501]
)
def test_a_window_of_zero_or_no_window_is_refused(funnel, within):
    with pytest.raises(WindowError, match="is no window"):
        funnel(ORDERS, ["visit", "cart"], within=within)


def test_a_step_that_no_event_has_is_named_with_the_nearest(funnel):
    with pytest.raises(UnknownStepError, match=r'"ordr".* nearest is "order"') as caught:
        funnel(ORDERS, ["visit", "ordr"])
    assert "「order」" in caught.value.text("ja")


@pytest.mark.parametrize(
    ("steps", "options", "error", "words"),
    [
        ([], {}, NoStepsError, "at least one"),
        ([an.Step([])], {}, NoStepsError, "at least one"),
        ([an.Step("visit", optional=True), "cart"], {}, FirstStepError, "where people enter"),
        (["visit", an.Step("cart", optional=True)], {"order": "unordered"}, OptionalStepError, "Without an order"),
        (["visit"], {"order": "sideways"}, ChoiceError, "sideways"),
        (["visit"], {"by": "device"}, MissingColumnError, "device"),
        (["visit"], {"by": ["activity", "activity"]}, DimensionNameError, "named twice"),
        ([an.Step("visit", where={"column": "device", "in": ["pc"]})], {}, MissingColumnError, "device"),
    ],
)
def test_what_cannot_be_counted_is_refused_with_a_sentence(funnel, steps, options, error, words):
    with pytest.raises(error, match=words):
        funnel(ORDERS, steps, **options)


def test_texts_for_moments_and_a_log_without_activities_are_refused(funnel):
    with pytest.raises(MomentTypeError, match="occurred_at"):
        funnel(ORDERS.astype({"occurred_at": "str"}), ["visit"])
    with pytest.raises(MissingColumnError, match="activity"):
        funnel(ORDERS.drop(columns="activity"), ["visit"])


def test_duckdb_gives_a_relation_with_counts_as_whole_numbers():
    found = an.funnel(duckdb.from_df(ORDERS), ["visit", "cart"], within=10)
    assert isinstance(found, duckdb.DuckDBPyRelation)
    assert [str(kind) for kind in found.types[1:6]] == ["BIGINT"] * 5
    assert reached(records(an.FunnelArrays.prepare(duckdb.from_df(ORDERS)).funnel(["visit", "cart"]))) == [4, 2]


# The people


def people(activity, steps, *, fast, **options):
    if fast:
        return records(an.FunnelArrays.prepare(activity).people(steps, **options))
    return records(an.funnel_people(activity, steps, **options))


@pytest.mark.parametrize("fast", [False, True])
def test_every_bar_opens_its_people_and_says_until_when_they_wait(fast):
    steps, options = ["visit", "cart"], {"within": 10, "position": 2, "fast": fast}
    listed = {state: people(ORDERS, steps, state=state, **options) for state in ("reached", "waiting", "lost")}
    assert {state: sorted(row["user_id"] for row in rows) for state, rows in listed.items()} == {
        "reached": ["a", "b"], "waiting": ["d"], "lost": ["c"],
    }  # fmt: skip
    (waiting,) = listed["waiting"]
    assert waiting == {
        "user_id": "d", "entered_at": datetime(2026, 5, 29), "furthest": 1, "reached_at": None,
        "waits_until": datetime(2026, 6, 8),
    }  # fmt: skip
    assert {row["reached_at"] for row in listed["reached"]} == {datetime(2026, 5, 3), datetime(2026, 5, 11)}
    assert listed["lost"][0]["waits_until"] is None


@pytest.mark.parametrize("fast", [False, True])
def test_a_position_or_state_that_does_not_exist_is_refused(fast):
    for wrong in ({"position": 3, "state": "lost"}, {"position": 1, "state": "gone"}):
        with pytest.raises(ChoiceError):
            people(ORDERS, ["visit", "cart"], fast=fast, **wrong)


# Side by side


def test_the_difference_has_newcombes_interval():
    """Newcombe 1998, table II (a): 56/70 against 48/80, method 10: 0.0524 to 0.3339."""

    def result(entered, came):
        rows = [(f"u{i}", "2026-05-01", "A") for i in range(entered)] + [
            (f"u{i}", "2026-05-02", "B") for i in range(came)
        ]
        return an.funnel(log(*rows), ["A", "B"])

    found = an.funnel_compare(result(80, 48), result(70, 56), ["A", "B"])
    _, last = sorted(records(found), key=lambda row: row["position"])
    assert (last["reached_first"], last["entered_second"]) == (48, 70)
    for rate in ("step_rate", "overall_rate"):
        assert last[f"{rate}_difference"] == pytest.approx(0.2)
        assert (round(last[f"{rate}_low"], 4), round(last[f"{rate}_high"], 4)) == (0.0524, 0.3339)


def test_two_periods_side_by_side_on_pandas_and_duckdb():
    steps = ["visit", an.Step("cart", optional=True), "order"]
    april = log(("x", "2026-04-01", "visit"), ("y", "2026-04-01", "visit"), ("y", "2026-04-02", "order"))
    both = pd.concat([ORDERS, april])
    sides = [an.funnel(both, steps, period=an.Period.parse(month)) for month in ("2026-04", "2026-05")]
    found = records(an.funnel_compare(*sides, steps))
    assert [row["overall_rate_difference"] for row in found] == [0.0, 0.5, 1 / 4 - 1 / 2]
    assert [row["step_rate_second"] for row in found] == [None, 2 / 4, 1 / 4]
    relations = [duckdb.from_df(side) for side in sides]
    on_duckdb = sorted(records(an.funnel_compare(*relations, steps)), key=lambda row: row["position"])
    assert on_duckdb == [pytest.approx(row) for row in found]


def test_two_funnels_of_different_steps_are_refused():
    one, other = an.funnel(ORDERS, ["visit", "cart"]), an.funnel(ORDERS, ["visit", "order"])
    with pytest.raises(FunnelsDifferError, match="visit, cart"):
        an.funnel_compare(one, other, ["visit", "cart"])
