"""Times of steps against plain Python, on pandas and DuckDB, and against the figures of PM4Py."""

import warnings
from datetime import date, datetime, timedelta
from random import Random

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import cases, day, found, frame, rows_of, step_table
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import (
    BlankKeyError,
    ChoiceError,
    DimensionNameError,
    DuplicateKeyError,
    EmptyOrderError,
    MissingColumnError,
    MomentTypeError,
    OrderCycleError,
    StepNameError,
)
from analysis.step_people import STATES

engines = pytest.mark.parametrize("engine", ENGINES)
ABC = ["A", "B", "C"]
JANUARY_12 = date(2026, 1, 12)
MOMENTS = [datetime(2026, 1, 1), datetime(2026, 1, 1, 18), datetime(2026, 1, 2, 9), datetime(2026, 1, 9), None]
entries = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from([*ABC, "A", "B", "X", None]), st.sampled_from(MOMENTS)),
    max_size=12,
)
OWNERS = {"a": "east", "b": "west", "c": None, "d": "east"}


def numbers(result, *keys):
    drop = {"step", "position", "side", "owner", "inferred"}
    return {key: {k: v for k, v in row.items() if k not in drop} for key, row in found(result, *keys).items()}


def agree(got, expected):
    assert got.keys() == expected.keys()
    for key, row in expected.items():
        assert got[key] == pytest.approx(row, abs=1e-9), key


# The numbers


@engines
def test_days_of_every_visit_are_added_up_for_cases_that_have_left(engine):
    log = cases(
        ("a", "A", "2026-01-01"),
        ("a", "B", "2026-01-03"),
        ("a", "A", "2026-01-06"),
        ("a", "B", "2026-01-10"),
        engine=engine,
    )
    result = found(an.step_times(log, ["A", "B"], as_of=JANUARY_12), "step")
    assert (result["A"]["median_days"], result["A"]["repeated"], result["A"]["backward"]) == (6.0, 1, 1)


@engines
def test_a_case_waits_in_its_latest_step_and_nobody_waits_in_the_last(engine):
    log = cases(("a", "A", "2026-01-02"), ("b", "A", "2026-01-02"), ("b", "B", "2026-01-05"), engine=engine)
    result = found(an.step_times(log, ["A", "B"], as_of=JANUARY_12), "step")
    assert [(r["reached"], r["waiting_now"], r["done"]) for r in (result["A"], result["B"])] == [(2, 1, 1), (1, 0, 1)]
    assert (result["A"]["waiting_median_days"], result["A"]["waiting_max_days"]) == (10.0, 10.0)
    assert result["B"]["median_days"] is None


@engines
@pytest.mark.parametrize(
    ("ends", "waiting"), [(None, {"A": 1, "B": 0, "C": 1}), (["B", "C"], {"A": 1, "B": 0, "C": 0})]
)
def test_a_case_is_finished_in_the_steps_that_are_called_an_end(engine, ends, waiting):
    log = cases(("a", "A", "2026-01-02"), ("b", "C", "2026-01-02"), ("c", "B", "2026-01-02"), engine=engine)
    result = found(an.step_times(log, ["A", "C", "B"], as_of=JANUARY_12, ends=ends), "step")
    assert {step: row["waiting_now"] for step, row in result.items()} == waiting


@engines
def test_the_median_that_counts_open_cases_is_longer(engine):
    # left after 2, 4 and 6 days; two are still there after 10: the curve is 4/5, 3/5, 2/5
    log = cases(
        *[(c, "A", "2026-01-02") for c in "abcde"],
        *[(c, "B", at) for c, at in zip("abc", ["2026-01-04", "2026-01-06", "2026-01-08"], strict=True)],
        engine=engine,
    )
    row = found(an.step_times(log, ["A", "B"], as_of=JANUARY_12), "step")["A"]
    assert (row["median_days"], row["km_median_days"]) == (4.0, 6.0)


@engines
@pytest.mark.parametrize(("left", "median"), [(1, None), (2, 6.0)])
def test_the_median_is_unknown_until_half_have_left(engine, left, median):
    log = cases(
        *[(c, "A", "2026-01-02") for c in "abcd"],
        *[(c, "B", at) for c, at in zip("ab"[:left], ["2026-01-04", "2026-01-08"], strict=False)],
        engine=engine,
    )
    table = an.step_times(log, ["A", "B"][: 1 + (left > 0)], as_of=JANUARY_12)
    assert found(table, "step")["A"]["km_median_days"] == median


def check_numbers(engine, rows, share):
    whole = [(case, step, at, OWNERS[case]) for case, step, at in rows] + [("e", s, MOMENTS[0], "east") for s in ABC]
    options = {"by": "owner"} if share else {}
    got = numbers(
        an.step_times(cases(*whole, engine=engine), ABC, as_of=JANUARY_12, **options),
        "owner" if share else "step",
        "step",
    )
    expected = step_table(whole, ABC, JANUARY_12, by=share)
    agree(got, expected if share else {(step, step): row for (_, step), row in expected.items()})


def check_list(rows, step, state):
    log = cases(*rows, *[("e", each, MOMENTS[0]) for each in ABC])
    number = found(an.step_times(log, ABC, as_of=JANUARY_12), "step")[step][state]
    listed = rows_of(an.step_cases(log, ABC, step=step, state=state, as_of=JANUARY_12))
    assert len(listed) == len({each["case_id"] for each in listed}) == number


numbers_of = given(rows=entries, share=st.booleans())
lists_of = given(rows=entries, step=st.sampled_from(ABC), state=st.sampled_from(STATES))


@engines
@settings(max_examples=5, phases=PHASES)
@numbers_of
def test_agrees_with_cases_looked_at_one_by_one(engine, rows, share):
    check_numbers(engine, rows, share)


@settings(max_examples=4, phases=PHASES)
@lists_of
def test_every_list_is_as_long_as_its_number(rows, step, state):
    check_list(rows, step, state)


@pytest.mark.long
@engines
@settings(max_examples=24, phases=PHASES)
@numbers_of
def test_agrees_with_cases_looked_at_one_by_one_at_length(engine, rows, share):
    check_numbers(engine, rows, share)


@pytest.mark.long
@settings(max_examples=24, phases=PHASES)
@lists_of
def test_every_list_is_as_long_as_its_number_at_length(rows, step, state):
    check_list(rows, step, state)


@engines
def test_the_cases_of_a_cell_are_those_of_its_values(engine):
    log = cases(
        ("a", "A", "2026-01-02", "east"), ("b", "A", "2026-01-04", None), ("b", "A", "2026-01-05", None), engine=engine
    )
    where = {"all": [{"column": "owner", "in": [None]}]}
    (listed,) = rows_of(
        an.step_cases(log, ["A", "A2"][:1], step="A", state="waiting_now", as_of=JANUARY_12, ends=[], where=where)
    )
    assert (listed["case_id"], listed["owner"], listed["visits"]) == ("b", None, 2)
    assert (listed["entered_step_at"], listed["days"], listed["waiting_days"]) == (datetime(2026, 1, 4), 8.0, 7.0)


@engines
def test_the_month_of_start_is_that_of_the_first_entry(engine):
    log = cases(("a", "A", "2025-12-31"), ("a", "B", "2026-01-03"), ("b", "A", "2026-01-01"), engine=engine)
    result = found(an.step_times(log, ["A", "B"], as_of=JANUARY_12, by="start_month"), "start_month", "step")
    assert {key: row["reached"] for key, row in result.items()} == {
        (datetime(2025, 12, 1), "A"): 1,
        (datetime(2025, 12, 1), "B"): 1,
        (datetime(2026, 1, 1), "A"): 1,
        (datetime(2026, 1, 1), "B"): 0,
    }


# With whom the ball is


@engines
def test_waiting_is_split_by_the_side_that_has_to_act(engine):
    log = cases(
        *[(c, "A", "2026-01-02") for c in "abc"], ("c", "B", "2026-01-10"), ("d", "B", "2026-01-11"), engine=engine
    )
    sides = {"A": "customer", "B": "us"}
    result = found(an.waiting(log, ["A", "B", "C"][:2], sides=sides, ends=[], as_of=JANUARY_12), "side")
    ages = {
        side: (row["waiting_now"], row["waiting_median_days"], row["waiting_max_days"]) for side, row in result.items()
    }
    assert ages == {"customer": (2, 10.0, 10.0), "us": (2, 1.5, 2.0)}
    assert {row["side"] for row in rows_of(an.step_times(log, ["A", "B"], sides=sides))} == {"customer", "us"}


@engines
def test_the_side_may_be_a_column_of_the_case(engine):
    log = cases(
        ("a", "A", "2026-01-02", "us"), ("b", "A", "2026-01-02", "us"), ("b", "A", "2026-01-04", None), engine=engine
    )
    result = found(an.waiting(log, ["A"], sides="owner", ends=[], as_of=JANUARY_12), "side")
    assert {side: row["waiting_now"] for side, row in result.items()} == {"us": 1, None: 1}


# Wide form


def wide(*rows, engine="pandas"):
    parsed = [(case, *(at and datetime.fromisoformat(at) for at in dates)) for case, *dates in rows]
    return frame(parsed, ["case_id", *ABC], ABC, engine)


@engines
def test_a_column_of_dates_a_step_is_the_same_log(engine):
    table = wide(
        ("a", "2026-01-01", "2026-01-04", None),
        ("b", "2026-01-02", None, "2026-01-05"),
        ("c", None, None, None),
        engine=engine,
    )
    log = cases(
        ("a", "A", "2026-01-01"),
        ("a", "B", "2026-01-04"),
        ("b", "A", "2026-01-02"),
        ("b", "C", "2026-01-05"),
        engine=engine,
    )
    assert numbers(an.step_times(table, ABC, as_of=JANUARY_12), "step") == numbers(
        an.step_times(log, ABC, as_of=JANUARY_12), "step"
    )


@engines
def test_dates_against_the_order_are_a_negative_time_and_in_no_average(engine):
    table = wide(("a", "2026-01-05", "2026-01-02", None), ("b", "2026-01-02", "2026-01-05", None), engine=engine)
    row = found(an.step_times(table, ABC, as_of=JANUARY_12), "step")["A"]
    assert (row["reached"], row["negative"], row["backward"], row["median_days"]) == (2, 1, 0, 3.0)
    (listed,) = rows_of(an.step_cases(table, ABC, step="A", state="negative", as_of=JANUARY_12))
    assert (listed["case_id"], listed["days"]) == ("a", -3.0)


@engines
@pytest.mark.parametrize(("blank", "skipped", "missing"), [("skipped", 1, (0, 0)), ("missing", 0, (1, 1))])
def test_a_blank_between_two_dates_was_skipped_or_is_missing(engine, blank, skipped, missing):
    table = wide(
        ("a", "2026-01-02", None, "2026-01-09"), ("b", "2026-01-02", "2026-01-05", "2026-01-06"), engine=engine
    )
    result = found(an.step_times(table, ABC, as_of=JANUARY_12, blank=blank), "step")
    assert (result["B"]["skipped"], (result["A"]["missing"], result["B"]["missing"])) == (skipped, missing)
    assert result["A"]["median_days"] == (5.0 if blank == "skipped" else 3.0)


@engines
def test_a_planned_date_is_no_entry(engine):
    table = wide(("a", "2026-01-02", None, "2026-01-13"), ("b", "2026-01-02", None, "2026-01-12"), engine=engine)
    result = found(an.step_times(table, ABC, as_of=JANUARY_12, blank="missing"), "step")
    assert [(result[s]["reached"], result[s]["waiting_now"]) for s in ABC] == [(2, 1), (1, 0), (1, 0)]


# Lists uploaded again and again


def snapshots(*rows, engine="pandas"):
    parsed = [(case, step, datetime.fromisoformat(at)) for case, step, at in rows]
    return frame(parsed, ["case_id", "step", "roster_as_of"], ["roster_as_of"], engine)


@engines
def test_a_history_is_inferred_from_lists_and_says_so(engine):
    lists = snapshots(
        *[("a", s, at) for s, at in zip("AAB", ("2026-01-01", "2026-01-08", "2026-01-15"), strict=True)],
        *[("b", s, at) for s, at in zip("AB", ("2026-01-08", "2026-01-15"), strict=True)],
        engine=engine,
    )
    log = an.cases_from_snapshots(lists)
    expected = {
        ("a", 1): ("A", None, None),
        ("a", 2): ("B", datetime(2026, 1, 15), datetime(2026, 1, 8)),
        ("b", 1): ("A", datetime(2026, 1, 8), datetime(2026, 1, 1)),
        ("b", 2): ("B", datetime(2026, 1, 15), datetime(2026, 1, 8)),
    }
    got = found(log, "case_id", "entry_no")
    assert {key: (row["step"], row["entered_at"], row["entered_after"]) for key, row in got.items()} == expected
    assert all(row["inferred"] for row in got.values())
    row = found(an.step_times(log, ["A", "B"]), "step")["A"]
    assert (row["inferred"], row["missing"], row["median_days"]) == (2, 1, 7.0)


@engines
def test_a_case_that_a_list_no_longer_has_waits_nowhere(engine):
    lists = snapshots(("a", "A", "2026-01-01"), ("b", "A", "2026-01-01"), ("b", "A", "2026-01-08"), engine=engine)
    row = found(an.step_times(an.cases_from_snapshots(lists), ["A"], ends=[]), "step")["A"]
    assert (row["reached"], row["waiting_now"], row["done"]) == (2, 1, 1)


@engines
def test_a_single_list_says_only_where_cases_stand(engine):
    row = found(
        an.step_times(an.cases_from_snapshots(snapshots(("a", "A", "2026-01-01"), engine=engine)), ["A"], ends=[]),
        "step",
    )["A"]
    assert (row["waiting_now"], row["missing"], row["waiting_max_days"]) == (1, 1, None)


def test_a_case_twice_in_one_list_is_refused():
    with pytest.raises(DuplicateKeyError, match="case_id"):
        an.cases_from_snapshots(snapshots(("a", "A", "2026-01-01"), ("a", "B", "2026-01-01")))


# Business days


@engines
def test_business_days_leave_out_weekends_and_holidays(engine):
    # 2026-01-08 is a Thursday, 2026-01-12 a national holiday, 2026-01-13 a Tuesday
    log = cases(("a", "A", "2026-01-08"), ("a", "B", "2026-01-13"), engine=engine)
    for days, expected in (
        ("calendar", 5.0),
        (an.BusinessDays(), 2.0),
        (an.BusinessDays.closed_on([day("2026-01-09")]), 1.0),
    ):
        assert found(an.step_times(log, ["A", "B"], days=days), "step")["A"]["median_days"] == expected


# PM4Py


def event_log(seed, detours):
    """A small event log: cases through six steps, hours to days apart, some going back, some not finished."""
    random, rows = Random(seed), []
    for number in range(60):
        at, step = datetime(2026, 1, 1) + timedelta(hours=random.randrange(400)), 0
        for _ in range(random.randrange(1, 14)):
            rows.append((f"c{number}", f"S{step}", at))
            if step == 5:
                break
            at += timedelta(minutes=random.randrange(1, 9000))
            step = max(0, step + random.choice([1, 1, 1, -1, 0, 2])) if detours else step + 1
            step = min(step, 5)
    return pd.DataFrame(rows, columns=["case_id", "step", "entered_at"]).astype({"entered_at": "datetime64[us]"})


def pm4py_log(log):
    names = {"case_id": "case:concept:name", "step": "concept:name", "entered_at": "time:timestamp"}
    renamed = log.rename(columns=names)
    renamed["time:timestamp"] = renamed["time:timestamp"].dt.tz_localize("UTC")
    return renamed.astype({"case:concept:name": object, "concept:name": object})


@pytest.fixture(scope="module")
def pm4py():
    with warnings.catch_warnings():  # of the package's own dependencies, while it loads
        warnings.simplefilter("ignore")
        import pm4py

        return pm4py


STEPS = [f"S{i}" for i in range(6)]


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long)])
@pytest.mark.filterwarnings("ignore")
def test_days_cases_and_rework_are_those_of_pm4py(pm4py, seed):
    log = event_log(seed, detours=True)
    theirs = pm4py_log(log)
    ours = found(an.step_times(log, STEPS), "step")
    graph, _, ends = pm4py.discover_performance_dfg(theirs)
    counts, _, _ = pm4py.discover_dfg(theirs)
    rework = pm4py.get_rework_cases_per_activity(theirs)
    for step in STEPS:
        listed = an.step_cases(log, STEPS, step=step, state="reached")
        done = sum(row["days"] - (row["waiting_days"] or 0) for row in rows_of(listed) if row["days"] is not None)
        seconds = sum(graph[pair]["mean"] * counts[pair] for pair in graph if pair[0] == step)
        assert done == pytest.approx(seconds / 86400, abs=1e-6), step
        assert ours[step]["repeated"] == rework.get(step, 0), step
        has = pm4py.filter_event_attribute_values(theirs, "concept:name", [step], level="case")
        assert ours[step]["reached"] == has["case:concept:name"].nunique(), step
        assert (ours[step]["waiting_now"] if step != "S5" else 0) == (ends.get(step, 0) if step != "S5" else 0), step


@pytest.mark.filterwarnings("ignore")
def test_medians_of_cases_without_rework_are_those_of_pm4py(pm4py):
    log = event_log(3, detours=False)
    stayed = log.assign(left=log.groupby("case_id")["entered_at"].shift(-1)).dropna(subset=["left"])
    theirs = pm4py_log(stayed.rename(columns={"entered_at": "start_timestamp", "left": "entered_at"}))
    theirs["start_timestamp"] = theirs["start_timestamp"].dt.tz_localize("UTC")
    medians = pm4py.get_service_time(theirs, "median", start_timestamp_key="start_timestamp")
    ours = found(an.step_times(log, STEPS), "step")
    assert medians.keys() == set(STEPS[:5])
    for step, seconds in medians.items():
        assert ours[step]["median_days"] == pytest.approx(seconds / 86400, abs=1e-6), step


# Mistakes


def test_a_step_that_no_case_has_is_named_with_the_nearest():
    log = cases(("a", "interview", "2026-01-01"), ("a", "editing", "2026-01-02"))
    with pytest.raises(StepNameError, match=r"interveiw.*nearest name: interview") as caught:
        an.step_times(log, ["interveiw", "editing"])
    assert "いちばん近い名前：interview" in caught.value.text("ja")


def test_a_step_twice_in_the_order_is_a_circle():
    with pytest.raises(OrderCycleError, match="stands twice"):
        an.step_times(cases(("a", "A", "2026-01-01")), ["A", "B", "A"])


@pytest.mark.parametrize(
    ("kind", "match", "call"),
    [
        (EmptyOrderError, "order is empty", lambda log: an.step_times(log, [])),
        (StepNameError, "editor", lambda log: an.step_times(log, ["A"], sides={"editor": "us"})),
        (StepNameError, "editor", lambda log: an.step_times(log, ["A"], ends=["editor"])),
        (StepNameError, "editor", lambda log: an.step_cases(log, ["A"], step="editor", state="done")),
        (ChoiceError, "left", lambda log: an.step_cases(log, ["A"], step="A", state="left")),
        (ChoiceError, "working", lambda log: an.step_times(log, ["A"], days="working")),
        (ChoiceError, "gap", lambda log: an.long_cases(log.assign(A=log["entered_at"]), ["A"], blank="gap")),
        (MissingColumnError, "kind", lambda log: an.step_times(log, ["A"], by="kind")),
        (DimensionNameError, "reached", lambda log: an.step_times(log.assign(reached="x"), ["A"], by="reached")),
        (DimensionNameError, "days", lambda log: an.step_cases(log.assign(days=1), ["A"], step="A", state="done")),
        (MissingColumnError, "entered_at", lambda log: an.step_times(log.drop(columns="entered_at"), ["A"])),
        (MomentTypeError, "entered_at", lambda log: an.step_times(log.astype({"entered_at": "str"}), ["A"])),
        (BlankKeyError, "case_id", lambda log: an.step_times(log.assign(case_id=""), ["A"])),
        (DuplicateKeyError, "entry_no", lambda log: an.step_times(pd.concat([log.assign(entry_no=1)] * 2), ["A"])),
    ],
)
def test_a_mistake_is_said_in_a_sentence(kind, match, call):
    with pytest.raises(kind, match=match):
        call(cases(("a", "A", "2026-01-01")))


@engines
def test_nothing_gives_a_row_of_nothing_for_every_step(engine):
    result = found(an.step_times(cases(engine=engine), ABC), "step")
    assert {step: (row["reached"], row["median_days"]) for step, row in result.items()} == dict.fromkeys(ABC, (0, None))
