"""States to begin with come from the tables and dates that are there, and their levels can be reached."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.level_proposals import EVENTS, MOST, is_plan, propose_levels, usual_levels


def test_production_has_its_planned_day_and_its_last_steps():
    steps = ["アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開"]
    found = propose_levels([], lang="ja", planned=["公開予定日"], reached=steps)
    assert found.names == (
        *("公開予定日がこれから", "執筆まで済み", "編集まで済み", "提出まで済み"),
        *("校正まで済み", "公開まで済み"),
    )
    assert found.states[0].rule == {"filled": "公開予定日", "when": "future"}
    assert [state.weight for state in found.states] == [0, 1, 1, 1, 1, 1]
    assert [(level.name, level.at_least) for level in found.levels] == [
        ("使い始め", 1),
        ("活用中", 3),
        ("使いこなし", 5),
    ]


@pytest.mark.parametrize(
    ("header", "planned"),
    [("公開予定日", True), ("Ｄｕｅ date", True), ("納期", True), ("最終更新日", False), ("last use", False)],
)
def test_a_plan_is_told_by_its_header(header, planned):
    assert is_plan(header) is planned


def test_every_table_of_events_has_a_state_and_others_have_none():
    assert len(propose_levels(["deals", *EVENTS], lang="en").states) == len(EVENTS)
    assert propose_levels(["deals", "contracts"], lang="en") is None


@pytest.mark.parametrize(("states", "scores"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (8, [1, 4, 8])])
def test_levels_begin_with_one_state_and_end_with_all(states, scores):
    assert [level.at_least for level in usual_levels(states, "en")] == scores


@given(st.sets(st.sampled_from(sorted(EVENTS))), st.integers(0, 12), st.integers(0, 12))
def test_whatever_is_there_the_proposal_can_be_read_back(tables, planned, reached):
    found = propose_levels(
        tables, lang="ja", planned=[f"p{i}" for i in range(planned)], reached=[f"r{i}" for i in range(reached)]
    )
    if found is None:
        assert not tables
        assert not planned + reached
    else:
        assert 1 <= len(found.states) <= MOST
        assert type(found).from_json(found.to_json()) == found
