"""The order of steps and the aimed shares as a workspace keeps them."""

import pytest

from analysis.aims import Aim, Aims
from analysis.errors import (
    AimError,
    AimsTextError,
    BothOutcomesError,
    EmptyOrderError,
    OrderCycleError,
    PlanTextError,
    StepNameError,
)
from analysis.phase_plan import PhasePlan
from analysis.process_plan import Plan

PLAN = Plan(("申込", "制作", "公開"), {"申込": "customer", "制作": "us"})
AIMS = Aims(("source", "規模"), (Aim(("紹介", "大"), 0.4), Aim(("展示会", None), 0.1)))


@pytest.mark.parametrize("kept", [PLAN, AIMS, Plan(("A",), {}, ("A",)), Aims(())])
def test_what_is_kept_is_read_back(kept):
    assert type(kept).from_json(kept.to_json()) == kept


def test_the_last_step_is_the_end_unless_others_are_named():
    assert (PLAN.finals, Plan(("A", "B", "C"), ends=("B", "C")).finals) == (("公開",), ("B", "C"))


def test_an_end_that_nobody_has_reached_makes_no_other_step_one():
    assert PLAN.among({"申込", "制作"}) == {
        "steps": ["申込", "制作"], "ends": [], "sides": {"申込": "customer", "制作": "us"},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("made", "error"),
    [
        (lambda: Plan(()), EmptyOrderError),
        (lambda: Plan(("A", "B", "A")), OrderCycleError),
        (lambda: Plan(("A",), {"B": "us"}), StepNameError),
        (lambda: Plan(("A",), {}, ("B",)), StepNameError),
        (lambda: Aims(("a",), (Aim(("x",), 1.1),)), AimError),
        (lambda: Aims(("a",), (Aim(("x",), 0.1), Aim(("x",), 0.2))), AimError),
    ],
)
def test_a_plan_that_cannot_be_is_refused(made, error):
    with pytest.raises(error):
        made()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[" * 100_000,
        "[]",
        "{}",
        '{"version": 2, "steps": ["A"], "sides": {}, "ends": []}',
        '{"version": 1, "steps": "A", "sides": {}, "ends": []}',
        '{"version": 1, "steps": [1], "sides": {}, "ends": []}',
        '{"version": 1, "steps": ["A"], "sides": {"A": "nobody"}, "ends": []}',
    ],
)
def test_a_text_that_holds_no_plan_is_refused(text):
    with pytest.raises(PlanTextError):
        Plan.from_json(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[" * 100_000,
        "{}",
        '{"version": 2, "columns": ["a"], "aims": []}',
        '{"version": 1, "columns": "a", "aims": []}',
        '{"version": 1, "columns": ["a"], "aims": [["x"]]}',
        '{"version": 1, "columns": ["a"], "aims": [["x", "0.4"]]}',
        '{"version": 1, "columns": ["a"], "aims": [["x", true]]}',
        '{"version": 1, "columns": ["a"], "aims": [[1, 0.4]]}',
    ],
)
def test_a_text_that_holds_no_aims_is_refused(text):
    with pytest.raises(AimsTextError):
        Aims.from_json(text)


def test_segments_are_what_the_metric_takes():
    assert AIMS.segments() == [
        {"source": "紹介", "規模": "大", "share": 0.4},
        {"source": "展示会", "規模": None, "share": 0.1},
    ]
    assert AIMS.total == 0.5


# What the phases of deals mean

PHASES = PhasePlan(("接触", "提案"), ("受注",), ("失注", "見送り"))


def test_a_phase_that_is_new_has_no_place_and_the_order_does_not_hold():
    known = {"接触", "提案", "受注", "失注"}
    assert PHASES.asked(known) == {"phases": ["接触", "提案"], "won": ["受注"], "lost": ["失注", "見送り"]}
    assert PHASES.left_out({*known, "交渉"}) == ["交渉"]
    assert PHASES.asked({*known, "交渉"})["phases"] is None
    assert PhasePlan((), ("受注",), ()).asked({*known, "交渉"})["phases"] is None
    assert PhasePlan.from_json(PHASES.to_json()) == PHASES


@pytest.mark.parametrize(
    ("lists", "error"),
    [
        ((("A",), ("B",), ("B",)), BothOutcomesError),
        ((("A",), ("A",), ()), BothOutcomesError),
        ((("A", "A"), (), ()), OrderCycleError),
    ],
)
def test_a_phase_means_one_thing(lists, error):
    with pytest.raises(error):
        PhasePlan(*lists)


@pytest.mark.parametrize("text", ["", "{}", '{"version": 1, "order": [], "won": [], "lost": "x"}', "[" * 100_000])
def test_a_text_that_holds_no_phases_is_refused(text):
    with pytest.raises(PlanTextError):
        PhasePlan.from_json(text)
