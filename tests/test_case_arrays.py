"""Cases over arrays give what the portable metrics give of the same list, in each of its forms."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from engine_data import put
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import rows_of
from worlds import PHASES

import analysis as an
from analysis import case_cells, case_counts, case_rows
from analysis.business_days import BusinessDays
from analysis.case_lists import case_totals_of_lists, step_times_of_lists
from analysis.case_order import arrange
from analysis.cells import NotCoveredError
from analysis.process import COUNTS, NOTES
from analysis.workspace import Workspace
from analysis.workspace.choice import Call

STEPS = ["A", "B", "C"]
FIRST = datetime(2025, 12, 28)
METRICS = {
    "times": (an.step_times, case_counts.step_times),
    "waiting": (an.waiting, case_counts.waiting),
    "totals": (an.case_totals, case_counts.case_totals),
    "in state": (an.cases_in_state, case_rows.cases_in_state),
    "of step": (an.step_cases, case_rows.step_cases),
    "checks": (an.case_checks, case_counts.case_checks),
}

moments = st.builds(lambda hours: FIRST + timedelta(hours=hours), st.integers(0, 24 * 20))
owners = st.sampled_from(["east", "west", "", None])
entries = st.lists(
    st.fixed_dictionaries(
        {
            "case_id": st.sampled_from("abcd"),
            "step": st.sampled_from([*STEPS, "X", "Y", None]),
            "entered_at": st.none() | moments | st.sampled_from([FIRST, FIRST + timedelta(days=3)]),
        }
    ),
    max_size=14,
)
wides = st.lists(
    st.fixed_dictionaries({"case_id": st.sampled_from("abcdef"), **dict.fromkeys(STEPS, st.none() | moments)}),
    max_size=6,
    unique_by=lambda row: row["case_id"],
)
seen = st.lists(
    st.fixed_dictionaries(
        {"case_id": st.sampled_from("abc"), "step": st.sampled_from([*STEPS, "X", None]), "_list": st.integers(0, 3)}
    ),
    max_size=10,
    unique_by=lambda row: (row["case_id"], row["_list"]),
)
owned = st.fixed_dictionaries(dict.fromkeys("abcdef", owners))
days_of = st.sampled_from(["calendar", BusinessDays(), BusinessDays(frozenset({date(2026, 1, 6)}), frozenset({0}))])
rules = st.sampled_from(
    [
        None,
        {"column": "owner", "in": ["east", None]},
        {"all": [{"column": "owner", "not_in": ["west"]}, {"column": "kind", "in": ["k"]}]},
        {"any": [{"column": "owner", "in": ["east"]}, {"column": "kind", "in": ["l"]}]},
    ]
)


def with_owners(rows, of):
    """The rows with the owner of each case; its kind changes from row to row."""
    return [{**row, "owner": of[row["case_id"]], "kind": "kl"[i % 2]} for i, row in enumerate(rows)]


def table(rows, moments, columns):
    made = pd.DataFrame(rows, columns=columns).astype(dict.fromkeys(moments, "datetime64[us]"))
    return made.astype({name: "str" for name in columns if name not in moments})


@st.composite
def lists(draw):
    """A list in one of its forms."""
    form, of = draw(st.sampled_from(["log", "wide", "inferred"])), draw(owned)
    if form == "wide":
        return table(with_owners(draw(wides), of), STEPS, ["case_id", *STEPS, "owner", "kind"])
    if form == "log":
        return table(with_owners(draw(entries), of), ["entered_at"], ["case_id", "step", "entered_at", "owner", "kind"])
    rows = [{**row, "at": FIRST + timedelta(days=5 * row["_list"])} for row in draw(seen)]
    listed = table(with_owners(rows, of), ["at"], ["case_id", "step", "at", "owner", "kind"])
    return an.cases_from_snapshots(listed, at="at")


@st.composite
def questions(draw):
    """A metric and its options."""
    name = draw(st.sampled_from([*METRICS]))
    options = {}
    if name != "checks":
        ends = draw(st.sampled_from([None, [], ["C"], ["A", "C"]]))
        options = {"days": draw(days_of), "ends": ends, "where": draw(rules)}
    sides = st.sampled_from([{"A": "us", "B": "customer"}, {"A": "us"}, "owner"])
    if name == "times":
        by = draw(st.sampled_from([[], ["owner"], ["owner", "kind"], ["start_month"]]))
        options |= {"by": by, "sides": draw(st.none() | st.just({"A": "us"}))}
    if name == "waiting":
        options["sides"] = draw(sides)
    if name == "in state":
        state = draw(st.sampled_from(["waiting", "finished", "elsewhere"]))
        options["state"] = state
        if state == "waiting" and draw(st.booleans()):
            options |= {"sides": draw(sides), "side": draw(st.sampled_from(["us", "east", None]))}
    if name == "of step":
        group = draw(st.sampled_from([{}, {"owner": "east"}, {"owner": None}, {"start_month": date(2026, 1, 1)}]))
        state = draw(st.sampled_from([*COUNTS, *NOTES]))
        options |= {"step": draw(st.sampled_from(STEPS)), "state": state, "group": group}
    return name, options


def plain(result):
    """Rows in order, without what differs between a float that is missing and none."""
    found = [
        {name: value if not isinstance(value, float) or value == value else None for name, value in row.items()}
        for row in rows_of(result)
    ]
    return sorted(({**row} for row in found), key=repr)


def alike(mine, theirs):
    return mine == (pytest.approx(theirs, rel=1e-9, abs=1e-9) if isinstance(theirs, float) else theirs)


def check(listed, asked, as_of, blank):
    ours = arrange(pa.Table.from_pandas(listed, preserve_index=False), STEPS, as_of=as_of, blank=blank)
    for name, options in asked:
        portable, fast = METRICS[name]
        expected = plain(portable(listed, STEPS, as_of=as_of, blank=blank, **options))
        found = fast(ours, **options)
        assert found is not None, (name, options)
        got = plain(found)
        assert len(got) == len(expected), (name, options, got, expected)
        for mine, theirs in zip(got, expected, strict=True):
            assert mine.keys() == theirs.keys(), (name, options)
            assert all(alike(mine[key], theirs[key]) for key in mine), (name, options, mine, theirs)


def fits(listed):
    """Whether the portable form has anything to say: it refuses steps that no case has been in."""
    return "step" not in listed or {*STEPS} <= {*listed["step"].dropna()}


ASKED = {
    "listed": lists().filter(fits),
    "asked": st.lists(questions(), min_size=2, max_size=4),
    "as_of": st.sampled_from([None, date(2026, 1, 4), date(2026, 1, 20)]),
    "blank": st.sampled_from(["skipped", "missing"]),
}


@settings(max_examples=12, deadline=None, phases=PHASES)
@given(**ASKED)
def test_every_number_is_that_of_the_portable_form(listed, asked, as_of, blank):
    check(listed, asked, as_of, blank)


@pytest.mark.long
@settings(max_examples=150, deadline=None, phases=PHASES)
@given(**ASKED)
def test_every_number_is_that_of_the_portable_form_at_length(listed, asked, as_of, blank):
    check(listed, asked, as_of, blank)


# a waits in A, b in B (came back), c is off the list, d finished, e wrong way round, f without a date, g in an unlisted
EVERY = [
    *[
        ("a", "A", 0.5, "east"),
        ("b", "A", 0.5, "west"),
        ("b", "B", 2, "west"),
        ("b", "A", 3, "west"),
        ("b", "B", 3, ""),
    ],
    *[("c", "A", 1, "east"), ("c", None, 5, "east"), ("d", "A", 0.5, None), ("d", "B", 4, None), ("d", "C", 9, None)],
    *[("e", "B", 6, "west"), ("e", "A", 7, "west"), ("e", "C", 7, "east"), ("f", "A", None, "east")],
    *[("f", "C", 8, "east"), ("g", "A", 2, "east"), ("g", "X", 3, "east"), ("h", "B", 30, "west"), ("i", "C", 1, "")],
]
SIDES = [{"A": "us", "B": "customer"}, {"B": "us"}, "owner"]
GRID = [
    *[("times", {"by": by, "ends": ends}) for by in ([], ["owner"], ["start_month"]) for ends in (None, ["A"], [])],
    *[("times", {"sides": {"A": "us"}}), ("times", {"days": BusinessDays()})],
    *[("waiting", {"sides": sides, "ends": ends}) for sides in SIDES for ends in (None, [])],
    *[("totals", {"ends": ends}) for ends in (None, ["A"], [])],
    *[("in state", {"state": state}) for state in ("waiting", "finished", "elsewhere")],
    *[
        ("in state", {"state": "waiting", "ends": [], "sides": sides, "side": side})
        for sides in SIDES
        for side in ("us", "customer", "east", "west", None)
    ],
    *[("of step", {"step": step, "state": state}) for step in STEPS for state in (*COUNTS, *NOTES)],
    *[("of step", {"step": "A", "state": "reached", "group": {"owner": owner}}) for owner in ("east", "west", None)],
    ("checks", {}),
]


@pytest.mark.parametrize(
    "where", [{"column": "owner", "in": ["east", None]}, pytest.param(None, marks=pytest.mark.long)]
)
@pytest.mark.parametrize(
    "limit", ["TALLIES", *(pytest.param(n, marks=pytest.mark.long) for n in ("MOST_PLACES", "MOST_KEPT"))]
)
def test_every_question_of_one_log_has_the_answer_of_the_portable_form(where, limit, monkeypatch):
    monkeypatch.setattr(case_cells, limit, 0)
    rows = [
        {
            "case_id": case,
            "step": step,
            "entered_at": None if day is None else FIRST + timedelta(days=day),
            "owner": who,
        }
        for case, step, day, who in EVERY
    ]
    log = table(rows, ["entered_at"], ["case_id", "step", "entered_at", "owner"])
    asked = [(name, options if name == "checks" else {**options, "where": where}) for name, options in GRID]
    check(log, asked, date(2026, 1, 20), "skipped")


@pytest.mark.parametrize(
    ("rows", "columns"),
    [
        ([("a", "A", FIRST), ("", "A", FIRST)], ["case_id", "step", "entered_at"]),
        ([("a", "A", FIRST)], ["case_id", "step", "since"]),
        ([("a", "A", FIRST)], ["case_id", "step", "Entered_At"]),
        ([("a", "X", FIRST)], ["case_id", "step", "entered_at"]),
    ],
    ids=["a blank id", "no date", "a column called like a role", "a step that no case has"],
)
def test_a_list_with_something_wrong_is_left_to_the_form_that_says_what(rows, columns):
    listed = table([dict(zip(columns, row, strict=True)) for row in rows], columns[2:], columns)
    with pytest.raises(NotCoveredError):
        arrange(pa.Table.from_pandas(listed, preserve_index=False), ["A"])
    with pytest.raises(an.AnalysisError):
        an.step_times(listed, ["A"])


def test_a_workspace_counts_over_arrays_and_anew_after_another_list(tmp_path):
    ws = Workspace.open(tmp_path / "ws")
    log = [{"case_id": "a", "step": step, "entered_at": FIRST + timedelta(days=i)} for i, step in enumerate("AB")]
    put(ws, "cases", log, as_of=date(2026, 1, 5))
    with ws.read() as reader:
        call = Call(reader, step_times_of_lists, (["A", "B"],), {"as_of": date(2026, 1, 5)})
        assert call.sorted_cases(lambda *asked: ws.answers._cases.of(reader, *asked)) is not None
    assert ws.run(case_totals_of_lists, ["A", "B"], as_of=date(2026, 1, 5))["cases"].tolist() == [1]
    put(ws, "cases", [*log, {"case_id": "b", "step": "A", "entered_at": FIRST}], as_of=date(2026, 1, 6))
    assert ws.run(case_totals_of_lists, ["A", "B"], as_of=date(2026, 1, 6))["cases"].tolist() == [2]
    ws.close()


LOG = table(
    [{"case_id": "a", "step": step, "entered_at": FIRST, "owner": "east", "stands_in": "x"} for step in STEPS],
    ["entered_at"],
    ["case_id", "step", "entered_at", "owner", "stands_in"],
)


@pytest.mark.parametrize(
    ("metric", "options"),
    [
        (case_counts.case_totals, {}),
        (case_rows.cases_in_state, {"state": "waiting"}),
        (case_counts.step_times, {"sides": {"D": "us"}}),
        (case_counts.step_times, {"ends": ["D"]}),
        (case_counts.step_times, {"by": ["owner", "OWNER"]}),
        (case_counts.step_times, {"by": ["reached"]}),
        (case_counts.step_times, {"by": ["nobody"]}),
        (case_counts.step_times, {"where": {"column": "nobody", "in": ["x"]}}),
        (case_counts.step_times, {"days": "weekdays"}),
        (case_counts.waiting, {"sides": {"D": "us"}}),
        (case_counts.waiting, {"sides": "nobody"}),
        (case_counts.waiting, {"sides": "owner", "by": ["owner"]}),
        (case_rows.step_cases, {"step": "D", "state": "reached"}),
        (case_rows.step_cases, {"step": "A", "state": "nothing"}),
    ],
)
def test_a_question_that_the_arrays_do_not_cover_has_no_answer(metric, options):
    assert metric(arrange(pa.Table.from_pandas(LOG), STEPS), **options) is None


def test_a_list_of_cases_that_do_not_wait_has_no_side():
    log = arrange(pa.Table.from_pandas(LOG.drop(columns="stands_in")), STEPS)
    assert len(case_rows.cases_in_state(log, state="finished")) == 1
    assert case_rows.cases_in_state(log, state="finished", sides={"A": "us"}, side="us") is None


def test_more_groups_than_can_be_told_apart_are_left_to_the_portable_form(monkeypatch):
    rows = [{"case_id": c, "step": "A", "entered_at": FIRST, "owner": c} for c in "abc"]
    listed = pa.Table.from_pandas(table(rows, ["entered_at"], ["case_id", "step", "entered_at", "owner"]))
    for limit, value, covered in [("MOST_GROUPS", 3, True), ("MOST_GROUPS", 2, False), ("MOST_COMBINATIONS", 3, False)]:
        with monkeypatch.context() as patched:
            patched.setattr(case_cells, limit, value)
            found = case_counts.step_times(arrange(listed, ["A"]), by=["owner"])
        assert (found is not None) == covered


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([1, 2, 4], 0.5, 2), ([1, 2], 0.5, 1.5), ([1, 2, 4, 8], 0.9, 6.8), ([5], 0.9, 5), ([3, 7], 1, 7)],
)
def test_a_quantile_lies_between_two_values_in_proportion(values, share, expected):
    once = np.ones(len(values), dtype=int)
    assert case_counts.quantile(np.array(values, dtype=float), once, share) == pytest.approx(expected)
    assert np.isnan(case_counts.quantile(np.array(values, dtype=float), 0 * once, share))
    assert np.isnan(case_counts.quantile(np.array([]), once[:0], share))


def test_a_value_counts_as_often_as_it_stands_there():
    days, often = np.array([1.0, 2.0, 5.0]), np.array([3, 0, 1])
    assert [case_counts.quantile(days, often, share) for share in (0, 0.5, 0.9, 1)] == [1, 1, pytest.approx(3.8), 5]


@pytest.mark.parametrize(
    ("days", "left", "expected"),
    [
        ([1, 2], [True, False], 1),  # half have left
        ([1, 2, 3], [True, False, False], None),
        ([1, 1, 2, 9], [True, False, True, True], 2),  # 3/4, then a half of it
        ([2, 2, 2], [True, True, False], 2),
        ([4], [False], None),
    ],
)
def test_the_median_that_counts_open_cases_is_the_first_time_at_which_half_have_left(days, left, expected):
    times, place = np.unique(days, return_inverse=True)
    gone, seen = np.bincount(place, left), np.bincount(place)
    found = case_counts.km_median(times.astype(float), gone, seen)
    assert np.isnan(found) if expected is None else found == expected
