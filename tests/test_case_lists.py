"""Cases out of lists that were uploaded again and again, held to plain Python; totals that leave nobody out."""

from datetime import date, datetime

import pandas as pd
import pytest
from engine_data import put
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import cases, day, found, frame, rows_of
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.case_lists import (
    case_totals_of_lists,
    cases_in_state_of_lists,
    cases_of_lists,
    step_times_of_lists,
    steps_of_lists,
)
from analysis.case_totals import STATES
from analysis.errors import ChoiceError, DimensionNameError, DuplicateKeyError, MissingColumnError
from analysis.process_plan import proposed
from analysis.workspace import Workspace

engines = pytest.mark.parametrize("engine", ENGINES)
DAYS = [datetime(2026, 1, 31), datetime(2026, 2, 28), datetime(2026, 3, 31)]
STATES_COLUMNS = ("case_id", "step", "roster_as_of")
DATED_COLUMNS = ("case_id", "step", "entered_at", "roster_as_of")


def lists(*rows, columns=STATES_COLUMNS, engine="pandas"):
    return frame(rows, columns, [name for name in columns if name in ("entered_at", "roster_as_of")], engine)


def entries(result):
    """Case -> its entries in order: step, day, whether it is inferred."""
    listed = {}
    for row in sorted(rows_of(result), key=lambda row: (row["case_id"], row["entry_no"])):
        at = row["entered_at"]
        listed.setdefault(row["case_id"], []).append((row["step"], at and f"{at:%m-%d}", bool(row["inferred"])))
    return listed


@engines
def test_a_list_of_states_becomes_the_changes_from_list_to_list(engine):
    table = lists(("a", "A", DAYS[0]), ("a", "B", DAYS[1]), ("a", "B", DAYS[2]), ("b", "A", DAYS[2]), engine=engine)
    assert entries(cases_of_lists(table)) == {
        "a": [("A", None, True), ("B", "02-28", True)],
        "b": [("A", "03-31", True)],
    }


@engines
def test_a_list_that_says_since_when_is_believed_and_no_inference(engine):
    table = lists(
        ("a", "A", datetime(2026, 1, 5), DAYS[0]),
        ("a", "B", datetime(2026, 2, 9), DAYS[1]),
        ("b", "A", None, DAYS[1]),
        columns=DATED_COLUMNS,
        engine=engine,
    )
    assert entries(cases_of_lists(table)) == {
        "a": [("A", "01-05", False), ("B", "02-09", False)],
        "b": [("A", "02-28", True)],
    }


@engines
def test_a_case_that_is_on_the_list_no_more_stands_nowhere_since_that_list(engine):
    table = lists(
        ("a", "A", datetime(2026, 1, 5), DAYS[0]), ("b", "A", None, DAYS[1]), columns=DATED_COLUMNS, engine=engine
    )
    assert entries(cases_of_lists(table))["a"] == [("A", "01-05", False), (None, "02-28", True)]
    totals = rows_of(an.case_totals(cases_of_lists(table), ["A"], ends=[], as_of=DAYS[1].date()))
    assert {state: totals[0][state] for state in STATES} == {
        "cases": 2, "finished": 0, "waiting": 1, "elsewhere": 1, "not_started": 0,
    }  # fmt: skip


@engines
@pytest.mark.parametrize(
    ("as_of", "step"), [("2025-12-31", "A"), ("2026-01-31", "A"), ("2026-02-27", "A"), ("2026-02-28", "B")]
)
def test_later_lists_are_not_looked_at_and_before_the_first_the_first_is(engine, as_of, step):
    table = lists(("a", "A", DAYS[0]), ("a", "B", DAYS[1]), engine=engine)
    assert entries(cases_of_lists(table, as_of=day(as_of)))["a"][-1][0] == step


@engines
def test_of_logs_the_newest_is_the_whole_truth(engine):
    first, later = datetime(2026, 1, 2), datetime(2026, 1, 3)
    table = lists(
        ("a", "A", first, DAYS[0]),
        ("a", "A", first, DAYS[1]),
        ("a", "B", later, DAYS[1]),
        columns=DATED_COLUMNS,
        engine=engine,
    )
    got = sorted((row["case_id"], row["step"], row["entered_at"]) for row in rows_of(cases_of_lists(table)))
    assert got == [("a", "A", first), ("a", "B", later)]


@engines
def test_of_lists_with_a_date_per_step_the_newest_counts_whatever_older_lists_looked_like(engine):
    rows = [
        {"case_id": "a", "roster_as_of": DAYS[0], "step": "A", "申込": None, "公開": None},
        {"case_id": "a", "roster_as_of": DAYS[1], "step": None, "申込": datetime(2026, 1, 5), "公開": None},
    ]
    columns = ("case_id", "step", "申込", "公開", "roster_as_of")
    table = frame([[row[c] for c in columns] for row in rows], columns, columns[2:], engine)
    (only,) = rows_of(cases_of_lists(table))
    assert only == {"case_id": "a", "申込": datetime(2026, 1, 5), "公開": None}


def test_an_older_list_that_has_a_case_twice_is_no_list_of_states():
    table = lists(("a", "A", DAYS[0]), ("a", "B", DAYS[0]), ("a", "B", DAYS[1]))
    with pytest.raises(DuplicateKeyError):
        cases_of_lists(table)


def test_a_column_that_is_called_like_one_of_the_result_is_refused():
    table = lists(("a", "A", DAYS[0])).assign(inferred="x")
    with pytest.raises(DimensionNameError, match="inferred"):
        cases_of_lists(table)


def test_a_table_without_the_day_of_its_lists_is_refused():
    with pytest.raises(MissingColumnError, match="roster_as_of"):
        cases_of_lists(cases(("a", "A", "2026-01-01")))


def changes(seen, as_of):
    """The same with plain Python: case -> its steps, each with the list that shows it first."""
    known = [at for at in DAYS if at in {at for _, _, at in seen} and at <= as_of]
    result = {}
    for case in {case for case, _, _ in seen}:
        line, before = [], None
        for i, at in enumerate(known):
            here = [step for c, step, a in seen if (c, a) == (case, at)]
            now = here[0] if here else "gone"
            if now != before and (line or here):
                line.append((None if now == "gone" else now, None if i == 0 else f"{at:%m-%d}", True))
            before = now
        if line:
            result[case] = line
    return result


seen_states = st.dictionaries(
    st.tuples(st.sampled_from("abc"), st.sampled_from(DAYS)), st.sampled_from("ABC"), min_size=1
)


def check_changes(engine, seen):
    rows = [(case, step, at) for (case, at), step in seen.items()]
    as_of = max(DAYS[1], min(at for _, _, at in rows))
    assert entries(cases_of_lists(lists(*rows, engine=engine), as_of=as_of.date())) == changes(rows, as_of)


@engines
@settings(max_examples=6, phases=PHASES)
@given(seen=seen_states)
def test_agrees_with_plain_python(engine, seen):
    check_changes(engine, seen)


@pytest.mark.long
@engines
@settings(max_examples=32, phases=PHASES)
@given(seen=seen_states)
def test_agrees_with_plain_python_at_length(engine, seen):
    check_changes(engine, seen)


# The order that is proposed


@engines
def test_steps_are_proposed_in_the_order_in_which_they_first_appear_and_those_without_a_date_last(engine):
    log = cases(("a", "B", "2026-01-01 09:00"), ("b", "A", "2026-01-03"), ("b", "C", None), ("c", "", "2025-01-01"))
    table = pd.DataFrame(log).assign(roster_as_of=DAYS[0])
    found_steps = rows_of(steps_of_lists(ENGINES[engine](table)))
    assert proposed(found_steps) == ("B", "A", "C")
    assert {row["step"]: row["cases"] for row in found_steps} == {"A": 1, "B": 1, "C": 1}


# Totals


def standing(rows, steps, ends, known):
    """Case -> its state, by plain Python: rows of (case, step, moment or None)."""
    result = {}
    for case in {row[0] for row in rows}:
        seen = [(at, steps.index(s) if s in steps else 99, s) for c, s, at in rows if c == case and at <= known]
        last = max(seen)[2] if seen else None
        result[case] = (
            "not_started"
            if not seen
            else "elsewhere"
            if last not in steps
            else "finished"
            if last in ends
            else "waiting"
        )
    return result


MOMENTS = [datetime(2026, 1, 1), datetime(2026, 1, 2, 9), datetime(2026, 1, 9), datetime(2026, 2, 1)]

entries_of_cases = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("ABX"), st.sampled_from(MOMENTS)), max_size=10, unique=True
)


@settings(max_examples=4, phases=PHASES)
@given(entries_of_cases)
def test_every_case_is_in_one_state_and_its_list_is_as_long_as_the_number(rows):
    whole = [*rows, ("e", "A", MOMENTS[0]), ("e", "B", MOMENTS[1])]
    expected = standing(whole, ["A", "B"], ["B"], datetime(2026, 1, 12, 23, 59))
    check_states("pandas", whole, expected)


@pytest.mark.long
@engines
@settings(max_examples=16, phases=PHASES)
@given(rows=entries_of_cases)
def test_every_case_is_in_one_state_at_length(engine, rows):
    whole = [*rows, ("e", "A", MOMENTS[0]), ("e", "B", MOMENTS[1])]
    check_states(engine, whole, standing(whole, ["A", "B"], ["B"], datetime(2026, 1, 12, 23, 59)))


def check_states(engine, whole, expected):
    table = cases(*whole, engine=engine)
    options = {"as_of": date(2026, 1, 12)}
    (total,) = rows_of(an.case_totals(table, ["A", "B"], **options))
    assert total["cases"] == len(expected) == sum(total[state] for state in STATES[1:])
    for state in STATES[1:]:
        listed = rows_of(an.cases_in_state(table, ["A", "B"], state=state, **options))
        assert sorted(row["case_id"] for row in listed) == sorted(c for c, s in expected.items() if s == state)
        assert total[state] == len(listed)
    times = found(an.step_times(table, ["A", "B"], **options), "step")
    assert total["waiting"] == sum(row["waiting_now"] for row in times.values())
    assert total["waiting_max_days"] == times["A"]["waiting_max_days"]


@engines
def test_a_row_without_any_date_has_not_started_and_is_a_case(engine):
    columns = ("case_id", "kind", "申込", "公開")
    rows = [("a", "x", MOMENTS[0], None), ("b", "y", None, None), ("c", "y", datetime(2027, 1, 1), None)]
    table = frame(rows, columns, columns[2:], engine)
    options = {"as_of": date(2026, 1, 12)}
    (total,) = rows_of(an.case_totals(table, columns[2:], **options))
    assert (total["cases"], total["waiting"], total["not_started"], total["waiting_max_days"]) == (3, 1, 2, 11.0)
    listed = an.cases_in_state(
        table, columns[2:], state="not_started", where={"column": "kind", "in": ["y"]}, **options
    )
    assert sorted(row["case_id"] for row in rows_of(listed)) == ["b", "c"]


@engines
def test_those_who_wait_are_listed_by_the_side_of_their_step_or_of_a_column(engine):
    rows = [("a", "A", "2026-01-02", "us"), ("b", "A", "2026-01-02", "x"), ("c", "B", "2026-01-04", None)]
    table = cases(*rows, engine=engine)
    options = {"state": "waiting", "ends": [], "as_of": date(2026, 1, 12)}

    def waits(sides, side):
        return sorted(
            (row["case_id"], row["stands_in"], row["waiting_days"])
            for row in rows_of(an.cases_in_state(table, ["A", "B"], sides=sides, side=side, **options))
        )

    assert waits({"A": "us"}, "us") == [("a", "A", 10.0), ("b", "A", 10.0)]
    assert waits({"A": "us"}, None) == [("c", "B", 8.0)]
    assert waits({}, None) == [("a", "A", 10.0), ("b", "A", 10.0), ("c", "B", 8.0)]
    assert waits("owner", "us") == [("a", "A", 10.0)]
    assert waits("owner", None) == [("c", "B", 8.0)]
    for sides in ({"A": "us"}, "owner"):
        for row in rows_of(an.waiting(table, ["A", "B"], sides=sides, ends=[], as_of=date(2026, 1, 12))):
            assert len(waits(sides, row["side"])) == row["waiting_now"]


@engines
def test_columns_that_are_called_like_a_helper_are_listed_as_they_stand(engine):
    columns = ("case_id", "_pos", "_finished", "_o0", "申込", "公開")
    rows = [("a", "x", None, "z", MOMENTS[0], None), ("b", None, "y", "w", None, None)]
    table = frame(rows, columns, columns[4:], engine)
    for state, case in (("waiting", rows[0]), ("not_started", rows[1])):
        (found_case,) = rows_of(an.cases_in_state(table, columns[4:], state=state, as_of=date(2026, 1, 12)))
        assert tuple(found_case[name] for name in columns[:4]) == case[:4]


def test_a_case_whose_entries_are_all_plans_is_listed_once(tmp_path):
    ws = Workspace.open(tmp_path / "workspace")
    later = [datetime(2026, 2, 1), datetime(2026, 2, 3)]
    rows = [
        {"case_id": "a", "step": s, "entered_at": at, "owner": o}
        for s, at, o in zip("AB", later, [None, "x"], strict=True)
    ]
    put(
        ws,
        "cases",
        [*rows, {"case_id": "b", "step": "A", "entered_at": MOMENTS[0], "owner": None}],
        as_of=DAYS[0].date(),
    )
    options = {"as_of": date(2026, 1, 31)}
    (total,) = ws.run(case_totals_of_lists, ["A", "B"], **options).to_dict("records")
    assert (total["cases"], total["waiting"], total["not_started"]) == (2, 1, 1)
    listed = ws.run(cases_in_state_of_lists, ["A", "B"], state="not_started", **options)
    assert listed[["case_id", "owner"]].to_numpy().tolist() == [["a", "x"]]
    ws.close()


def test_a_state_that_does_not_exist_is_refused():
    with pytest.raises(ChoiceError, match="state"):
        an.cases_in_state(cases(("a", "A", "2026-01-01")), ["A"], state="done")
    with pytest.raises(MissingColumnError, match="ball"):
        an.cases_in_state(cases(("a", "A", "2026-01-01")), ["A"], state="cases", sides="ball")


@engines
def test_the_cases_of_a_month_of_start_are_listed(engine):
    table = cases(("a", "A", "2026-01-02"), ("b", "A", "2026-02-02"), ("b", "B", "2026-02-03"), engine=engine)
    options = {"as_of": date(2026, 3, 1)}
    counted = found(an.step_times(table, ["A", "B"], by="start_month", **options), "start_month", "step")
    for (month, step), row in counted.items():
        listed = an.step_cases(table, ["A", "B"], step=step, state="reached", group={"start_month": month}, **options)
        assert len(rows_of(listed)) == row["reached"]


@engines
def test_the_cases_of_a_blank_owner_are_listed(engine):
    table = cases(("a", "A", "2026-01-02", "x"), ("b", "A", "2026-02-02", ""), engine=engine)
    listed = an.step_cases(table, ["A"], step="A", state="reached", group={"owner": None})
    assert [row["case_id"] for row in rows_of(listed)] == ["b"]


# A workspace hands over every list


def test_a_workspace_answers_over_all_its_lists_up_to_the_day(tmp_path):
    ws = Workspace.open(tmp_path / "workspace")
    for at, steps in zip(DAYS, ("AAA", "ABA", "BBB"), strict=True):
        put(ws, "cases", [{"case_id": c, "step": s} for c, s in zip("abc", steps, strict=True)], as_of=at.date())
    asked = {"as_of": DAYS[2].date()}
    now = ws.run(step_times_of_lists, ["A", "B"], **asked).set_index("step")
    assert (now["reached"].to_dict(), now["inferred"].to_dict()) == ({"A": 3, "B": 3}, {"A": 3, "B": 3})
    # all were in A before the first list, nobody knows since when: in no average
    assert (now.loc["A", "missing"], pd.isna(now.loc["A", "median_days"])) == (3, True)
    before = ws.run(step_times_of_lists, ["A", "B"], ends=[], as_of=DAYS[1].date()).set_index("step")
    assert before["waiting_now"].to_dict() == {"A": 2, "B": 1}
    (total,) = ws.run(case_totals_of_lists, ["A", "B"], **asked).to_dict("records")
    assert (total["cases"], total["finished"]) == (3, 3)
    ws.close()
