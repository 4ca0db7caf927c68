"""One test for each way in which a number of a process could be wrong without anyone noticing."""

from datetime import date, datetime

import pandas as pd
import pytest
from process_oracle import cases, day, found, frame, rows_of
from usage_oracle import ENGINES

import analysis as an
from analysis.errors import BlankKeyError, ChoiceError, DimensionNameError, DuplicateKeyError, StepNameError

engines = pytest.mark.parametrize("engine", ENGINES)
KNOWN = date(2026, 1, 12)
AB = ["A", "B"]


def times(table, steps=AB, **options):
    return found(an.step_times(table, steps, **({"as_of": KNOWN} | options)), "step")


def pick(row, *names):
    return tuple(row[name] for name in names)


def wide(*rows, engine="pandas", columns=AB):
    parsed = [(case, *(at and datetime.fromisoformat(at) for at in dates)) for case, *dates in rows]
    return frame(parsed, ["case_id", *columns], columns, engine)


# Rows that fall out of sight


@engines
def test_a_blank_owner_is_one_row_however_it_is_written(engine):
    log = cases(("a", "A", "2026-01-02", "east"), ("b", "A", "2026-01-02", None), ("c", "A", "2026-01-05", ""))
    table = ENGINES[engine](log)
    rows = found(an.step_times(table, ["A"], ends=[], by="owner", as_of=KNOWN), "owner")
    assert {owner: pick(row, "waiting_now", "waiting_max_days", "km_median_days") for owner, row in rows.items()} == {
        "east": (1, 10.0, None),
        None: (2, 10.0, None),
    }
    sides = found(an.waiting(table, ["A"], ends=[], sides="owner", as_of=KNOWN), "side")
    assert {side: row["waiting_now"] for side, row in sides.items()} == {"east": 1, None: 2}


@engines
def test_a_blank_owner_keeps_the_median_that_counts_open_cases(engine):
    """The medians meet the counts by group: a join would lose the blank one."""
    log = cases(("a", "A", "2026-01-02", None), ("a", "B", "2026-01-05", None), engine=engine)
    (row,) = [row for row in rows_of(an.step_times(log, AB, by="owner", as_of=KNOWN)) if row["step"] == "A"]
    assert pick(row, "owner", "median_days", "km_median_days") == (None, 3.0, 3.0)


@engines
def test_a_step_that_no_case_is_in_any_more_is_a_row(engine):
    log = cases(("a", "A", "2026-01-02"), ("a", "B", "2026-01-20"), engine=engine)
    assert pick(times(log)["B"], "reached", "waiting_now", "median_days", "waiting_max_days") == (0, 0, None, None)


@engines
def test_a_side_that_nobody_named_waits_all_the_same(engine):
    log = cases(("a", "A", "2026-01-02"), ("b", "B", "2026-01-02"), engine=engine)
    rows = found(an.waiting(log, AB, ends=[], sides={"A": "us"}, as_of=KNOWN), "side")
    assert {side: row["waiting_now"] for side, row in rows.items()} == {"us": 1, None: 1}


@engines
def test_who_waits_by_side_is_who_waits_by_step(engine):
    log = cases(
        *[(case, "A", "2026-01-02", owner) for case, owner in zip("abcd", ["east", None, "", "west"], strict=True)],
        ("d", "B", "2026-01-05", "west"),
        engine=engine,
    )
    by_step = sum(row["waiting_now"] for row in times(log, ends=[]).values())
    for sides in ("owner", {"A": "us"}):
        assert sum(row["waiting_now"] for row in rows_of(an.waiting(log, AB, sides=sides, ends=[]))) == by_step == 4


# Open cases


@engines
def test_cases_that_still_wait_make_the_median_longer_or_unknown(engine):
    """One left after a day; three have waited ten: a median of one day is what only the quick ones say."""
    log = cases(*[(case, "A", "2026-01-02") for case in "abcd"], ("a", "B", "2026-01-03"), engine=engine)
    assert pick(times(log)["A"], "median_days", "km_median_days") == (1.0, None)
    log = cases(*[(case, "A", "2026-01-02") for case in "ab"], ("a", "B", "2026-01-03"), engine=engine)
    assert pick(times(log)["A"], "median_days", "km_median_days") == (1.0, 1.0)


@engines
def test_a_case_that_waits_is_not_done_even_where_it_has_left_before(engine):
    log = cases(
        *[("a", step, at) for step, at in (("A", "2026-01-02"), ("B", "2026-01-03"), ("A", "2026-01-07"))],
        *[("b", step, at) for step, at in (("A", "2026-01-02"), ("B", "2026-01-06"))],
        engine=engine,
    )
    row = times(log)["A"]
    assert pick(row, "reached", "waiting_now", "done", "repeated") == (2, 1, 1, 1)
    assert pick(row, "median_days", "p90_days") == (4.0, 4.0)
    (listed,) = rows_of(an.step_cases(log, AB, step="A", state="waiting_now", as_of=KNOWN))
    assert pick(listed, "days", "waiting_days") == (6.0, 5.0)


@engines
def test_a_finished_case_does_not_grow_older(engine):
    log = cases(("a", "A", "2026-01-02"), ("a", "B", "2026-01-05"), engine=engine)
    row = times(log, as_of=date(2027, 1, 1))["B"]
    assert pick(row, "waiting_now", "waiting_max_days", "median_days", "km_median_days") == (0, None, None, None)


@engines
def test_a_case_in_a_step_that_is_not_listed_waits_in_no_listed_one(engine):
    log = cases(("a", "A", "2026-01-02"), ("a", "X", "2026-01-05"), engine=engine)
    assert pick(times(log, ["A"], ends=[])["A"], "waiting_now", "done", "median_days") == (0, 1, 3.0)
    (checks,) = rows_of(an.case_checks(log, ["A"], as_of=KNOWN))
    assert pick(checks, "cases", "entries", "unlisted", "elsewhere") == (1, 2, 1, 1)


@engines
def test_every_entry_that_is_in_no_average_can_be_looked_at(engine):
    log = cases(
        *[("a", "A", "2026-01-02"), ("a", "X", "2026-01-05"), ("b", "A", None), ("b", "B", "2026-01-06")],
        *[("c", None, None), ("c", "B", "2026-01-20")],  # nothing is known of the one, the other is a plan
        engine=engine,
    )
    (checks,) = rows_of(an.case_checks(log, AB, as_of=KNOWN))
    expected = {"entries": 4, "unlisted": 1, "undated": 1, "inferred": 0}
    assert {name: checks[name] for name in expected} == expected
    for state, n in expected.items():
        assert len(rows_of(an.case_entries(log, AB, state=state, as_of=KNOWN))) == n
    (unlisted,) = rows_of(an.case_entries(log, AB, state="unlisted", as_of=KNOWN))
    assert pick(unlisted, "case_id", "step", "entered_at") == ("a", "X", datetime(2026, 1, 5))
    (undated,) = rows_of(an.case_entries(log, AB, state="undated", as_of=KNOWN))
    assert pick(undated, "case_id", "step", "entered_at") == ("b", "A", None)
    with pytest.raises(ChoiceError, match="elsewhere"):
        an.case_entries(log, AB, state="elsewhere")


# Days that are not what they seem


@engines
def test_a_planned_date_is_no_entry_in_either_form(engine):
    log = cases(("a", "A", "2026-01-02"), ("a", "B", "2026-01-13"), engine=engine)
    for table in (log, wide(("a", "2026-01-02", "2026-01-13"), engine=engine)):
        rows = times(table)
        assert pick(rows["A"], "waiting_now", "waiting_max_days", "median_days") == (1, 10.0, None)
        assert rows["B"]["reached"] == 0


@engines
def test_the_last_known_day_is_known_to_its_end(engine):
    log = cases(("a", "A", "2026-01-02"), ("a", "B", datetime(2026, 1, 12, 23, 59, 59, 999_999)), engine=engine)
    assert times(log)["B"]["reached"] == 1
    log = cases(("a", "A", "2026-01-02"), ("a", "B", "2026-01-13 00:00:00"), engine=engine)
    assert times(log)["B"]["reached"] == 0


@engines
def test_negative_days_are_counted_and_never_averaged(engine):
    """-3 and 3 would be no days at all."""
    table = wide(("a", "2026-01-05", "2026-01-02"), ("b", "2026-01-02", "2026-01-05"), engine=engine)
    row = times(table)["A"]
    assert pick(row, "negative", "median_days", "p90_days", "km_median_days") == (1, 3.0, 3.0, 3.0)


@engines
def test_a_visit_of_negative_days_is_not_made_up_for_by_another(engine):
    rows = [("A", "2026-01-05"), ("B", "2026-01-02"), ("A", "2026-01-03"), ("B", "2026-01-10")]
    parsed = [("a", step, datetime.fromisoformat(at), i) for i, (step, at) in enumerate(rows)]
    log = frame(parsed, ["case_id", "step", "entered_at", "entry_no"], ["entered_at"], engine)
    assert pick(times(log)["A"], "negative", "median_days", "done") == (1, None, 1)


@engines
def test_an_entry_without_a_date_is_not_zero_days(engine):
    log = cases(
        *[("a", step, at) for step, at in (("A", None), ("B", "2026-01-05"))],
        *[("b", step, at) for step, at in (("A", "2026-01-02"), ("B", "2026-01-06"))],
        engine=engine,
    )
    assert pick(times(log)["A"], "reached", "done", "missing", "median_days") == (2, 2, 1, 4.0)


@engines
def test_a_blank_between_dates_that_is_missing_is_no_skip_and_ends_no_average(engine):
    table = wide(("a", "2026-01-02", None, "2026-01-09"), engine=engine, columns=["A", "B", "C"])
    rows = times(table, ["A", "B", "C"], blank="missing")
    assert [pick(rows[s], "reached", "missing", "skipped", "median_days") for s in "AB"] == [(1, 1, 0, None)] * 2
    rows = times(table, ["A", "B", "C"], blank="skipped")
    assert [pick(rows[s], "reached", "missing", "skipped", "median_days") for s in "AB"] == [
        (1, 0, 0, 7.0),
        (0, 0, 1, None),
    ]


@engines
def test_what_the_first_list_shows_was_entered_nobody_knows_when(engine):
    lists = [("a", "A", "2026-01-01"), ("a", "B", "2026-01-08"), ("b", "A", "2026-01-01"), ("b", "A", "2026-01-08")]
    parsed = [(case, step, datetime.fromisoformat(at)) for case, step, at in lists]
    table = frame(parsed, ["case_id", "step", "roster_as_of"], ["roster_as_of"], engine)
    row = times(an.cases_from_snapshots(table))["A"]
    assert pick(row, "reached", "missing", "median_days", "waiting_max_days") == (2, 2, None, None)


@engines
def test_steps_at_one_moment_are_taken_in_order_and_are_no_way_back(engine):
    log = cases(("a", "B", "2026-01-05"), ("a", "A", "2026-01-05"), engine=engine)
    rows = times(log)
    assert pick(rows["A"], "done", "same_day", "median_days") == (1, 1, 0.0)
    assert pick(rows["B"], "backward", "reached") == (0, 1)


@engines
def test_an_age_in_business_days_leaves_out_the_weekend_and_the_holiday(engine):
    log = cases(("a", "A", "2026-01-09 18:00"), engine=engine)  # a Friday; the 12th is a national holiday
    for days, expected in (("calendar", 4.0), (an.BusinessDays(), 1.0)):
        assert times(log, ["A"], ends=[], days=days, as_of=date(2026, 1, 13))["A"]["waiting_max_days"] == expected


# Cases that count twice


@engines
def test_a_case_that_changed_hands_counts_once_with_who_has_it_now(engine):
    log = cases(("a", "A", "2026-01-02", "east"), ("a", "B", "2026-01-05", "west"), engine=engine)
    rows = found(an.step_times(log, AB, by="owner", as_of=KNOWN), "owner", "step")
    assert {key: row["reached"] for key, row in rows.items()} == {("west", "A"): 1, ("west", "B"): 1}
    east = {"all": [{"column": "owner", "in": ["east"]}]}
    assert times(log, where=east)["A"]["reached"] == 0


@engines
def test_an_entry_written_twice_is_a_second_visit_and_adds_no_day(engine):
    log = cases(*[("a", "A", "2026-01-02")] * 2, ("a", "B", "2026-01-05"), engine=engine)
    assert pick(times(log)["A"], "reached", "repeated", "median_days") == (1, 1, 3.0)


@engines
def test_a_case_twice_is_refused_where_it_can_only_be_a_mistake(engine):
    with pytest.raises(DuplicateKeyError, match="one row for each case_id"):
        times(wide(("a", "2026-01-02", None), ("a", "2026-01-02", None), engine=engine))
    parsed = [("a", "A", datetime(2026, 1, day_of), 1) for day_of in (2, 5)]
    with pytest.raises(DuplicateKeyError, match=r"case_id \+ entry_no"):
        times(frame(parsed, ["case_id", "step", "entered_at", "entry_no"], ["entered_at"], engine), ["A"])
    for case in (None, ""):
        with pytest.raises(BlankKeyError, match="case_id"):
            times(cases((case, "A", "2026-01-02"), ("a", "B", "2026-01-02"), engine=engine))


# Names


@engines
def test_a_step_that_differs_by_a_space_is_no_step_of_nobody(engine):
    log = cases(("a", "A ", "2026-01-02"), ("a", "B", "2026-01-05"), engine=engine)
    with pytest.raises(StepNameError, match="“A”"):
        times(log)


HELPERS = ["_pos", "_d0", "_step", "_last", "_next_at", "_days", "_age", "_far", "_one", "_sort", "_place", "_side"]


@engines
def test_dimensions_may_be_called_like_helpers(engine):
    rows = [("a", "A", datetime(2026, 1, 2), "x"), ("b", "A", datetime(2026, 1, 7), "y"), ("b", "B", None, "y")]
    wider = [(*row, *[row[3]] * (len(HELPERS) - 1)) for row in rows]
    log = frame(wider, ["case_id", "step", "entered_at", *HELPERS], ["entered_at"], engine)
    result = [row for row in rows_of(an.step_times(log, AB, by=HELPERS, as_of=KNOWN)) if row["step"] == "A"]
    assert {pick(row, *HELPERS): row["waiting_now"] for row in result} == {
        tuple(value * len(HELPERS)): waits for value, waits in (("x", 1), ("y", 0))
    }
    rows = found(an.waiting(log, AB, sides="_side", as_of=KNOWN), "side")
    assert {side: row["waiting_max_days"] for side, row in rows.items()} == {"x": 10.0}


@engines
@pytest.mark.parametrize("form", ["long", "wide"])
def test_columns_called_like_helpers_are_listed_as_they_were(engine, form):
    named = [*HELPERS, "_g0", "_chosen", "_entered"]
    dates = {"long": ["entered_at"], "wide": AB}[form]
    start = {"long": ["A", datetime(2026, 1, 2)], "wide": [datetime(2026, 1, 2), None]}[form]
    columns = ["case_id", *(["step"] if form == "long" else []), *dates, *named]
    log = frame([["a", *start, *named]], columns, dates, engine)
    (row,) = rows_of(an.step_cases(log, AB if form == "wide" else ["A"], step="A", state="reached", as_of=KNOWN))
    assert pick(row, "case_id", "visits", *named) == ("a", 1, *named)


@engines
@pytest.mark.parametrize("name", ["step", "Reached", "ｍｅｄｉａｎ_days", "side"])
def test_a_dimension_called_like_a_result_is_refused(engine, name):
    log = cases(("a", "A", "2026-01-02")).assign(**{} if name == "step" else {name: pd.Series(["x"], dtype="str")})
    with pytest.raises(DimensionNameError):
        an.step_times(ENGINES[engine](log), ["A"], by=name)


def test_a_holiday_of_the_office_is_a_day_off_in_every_step():
    log = cases(("a", "A", "2026-01-13"), ("a", "B", "2026-01-16"))
    own = an.BusinessDays.closed_on([day("2026-01-14")])
    assert times(log, days=own, as_of=date(2026, 1, 20))["A"]["median_days"] == 2.0
