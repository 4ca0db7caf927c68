"""Stages, their goals, verdicts and people against plain Python, on pandas and DuckDB; and the sample's figures."""

import json
from datetime import date
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages_oracle import stage_rows, standings
from usage_oracle import APRIL, ENGINES, QUARTER, World, account, blank, keyed, records, use
from worlds import PHASES, choices, periods, valids, worlds

import analysis as an
from analysis.errors import (
    ChoiceError,
    DuplicateStageError,
    MissingColumnError,
    NoStageError,
    PeriodError,
    StageGoalError,
    StageRuleError,
    StagesTextError,
    TwoGoalsError,
)
from analysis.stage_definitions import describe
from analysis.stage_people import STANDINGS
from analysis.words import LANGUAGES

engines = pytest.mark.parametrize("engine", ENGINES)


def on_engines(names, rows):
    """Every case on pandas, the first on DuckDB too: that both count alike is what random worlds are for."""
    return pytest.mark.parametrize(("engine", *names), [*(("pandas", *row) for row in rows), ("duckdb", *rows[0])])


random_worlds = settings(max_examples=8, deadline=None, phases=PHASES)
WINTER = an.Period.parse("2026-01..2026-03")
ANY = {"measure": "uses", "at_least": 1}
THREE = (
    an.Stage("aware", ANY, 0.7),
    an.Stage("settled", {"measure": "months", "at_least": 2}, 0.45),
    an.Stage("using", {"measure": "kinds", "at_least": 2}, 0.2),
)
rules = st.recursive(
    st.fixed_dictionaries(
        {"measure": st.sampled_from(["uses", "days", "weeks", "months", "kinds"]), "at_least": st.integers(1, 3)},
        optional={"activities": st.sampled_from([["login"], ["order", None], ["never seen"]])},
    ),
    lambda inner: st.builds(
        lambda group, parts: {group: parts}, st.sampled_from(["all", "any"]), st.lists(inner, min_size=1, max_size=2)
    ),
    max_leaves=3,
)
ladders = st.lists(st.tuples(rules, st.sampled_from([None, 0, 0.07, 0.29, 0.5, 1])), min_size=1, max_size=3).map(
    lambda pairs: [an.Stage(f"s{i}", rule, goal) for i, (rule, goal) in enumerate(pairs)]
)
BY = [(), ("area",), ("area", "category"), ("device",), ("activity",), ("area", "device")]


@pytest.fixture(scope="module")
def workspace(sample_company):
    return sample_company


def numbers(row):
    return row["users"], row["valid_users"], row["gap_users"], row["standing"], row["skipped"]


def test_the_sample_has_744_aware_420_settled_and_156_making_use(workspace):
    table = workspace.run(an.stages, WINTER, an.standard_stages()).set_index("stage")
    assert table["users"].to_dict() == {"認知": 744, "定着": 420, "活用": 156}
    assert table["gap_users"].to_dict() == {"認知": 96, "定着": 120, "活用": 84}
    assert table["target"].to_dict() == {"認知": 0.7, "定着": 0.45, "活用": 0.2}
    assert table["skipped"].to_dict() == {"認知": 0, "定着": 0, "活用": 33}
    assert set(table["valid_users"]) == {1200}
    assert table["standing"].sum() == 744


def test_the_sample_says_the_same_over_frames_of_a_notebook(workspace):
    frames = workspace.table("users"), workspace.table("activity")
    table = an.stages(*frames, WINTER, an.standard_stages("en"))
    assert sorted(table["users"]) == [156, 420, 744]


def test_the_sample_tells_areas_what_comes_next(workspace):
    rows = workspace.run(an.stage_verdicts, WINTER, an.standard_stages(), by="エリア").to_dict("records")
    said = {row["エリア"]: an.verdict_sentence(row, an.standard_stages(), row["エリア"], "ja") for row in rows}
    assert said["関東"] == "関東：①認知 達成 → 次は②定着"
    assert said["中部"] == "中部：①認知 未達。②③の施策はまだ早い"


@pytest.mark.parametrize(("state", "count"), [("reached", 156), ("next", 264), ("skipped", 33), ("not_reached", 1044)])
def test_the_samples_numbers_open_into_as_many_people(workspace, state, count):
    listed = workspace.run(an.stage_people, WINTER, an.standard_stages(), stage="活用", state=state)
    assert len(listed) == listed["user_id"].nunique() == count


def check_numbers(engine, world, period, stages, by, valid, activities):
    result = an.stages(*world.frames(engine), period, stages, by=by, valid=valid, activities=activities)
    found = {key: numbers(row) for key, row in keyed(result, *by, "stage").items()}
    expected = {}
    for key in world.cells(period, by, valid=valid, activities=activities):
        place = dict(zip(by, key, strict=True))
        chosen = standings(
            world,
            period,
            stages,
            valid=valid,
            activities=activities,
            only=lambda one, p=place: all(blank(one[n]) == p[n] for n in ("device", "activity") if n in p),
            users_where=lambda row, p=place: all(blank(row[n]) == p[n] for n in ("area", "category") if n in p),
        )
        expected |= {(*key, name): row for name, row in stage_rows(chosen, stages).items()}
    assert found == expected


def check_people(engine, world, stages, state, valid):
    options = {"stage": stages[-1].name, "state": state, "valid": valid}
    listed = [row["user_id"] for row in records(an.stage_people(*world.frames(engine), QUARTER, stages, **options))]
    found, last = standings(world, QUARTER, stages, valid=valid), len(stages)
    meant = {
        "reached": lambda position, skips: position == last,
        "not_reached": lambda position, skips: position < last,
        "standing": lambda position, skips: position == last,
        "next": lambda position, skips: position == last - 1,
        "skipped": lambda position, skips: last - 1 in skips,
    }[state]
    assert sorted(listed) == sorted(user for user, (_, position, skips) in found.items() if meant(position, skips))


numbers_of = given(
    world=worlds, period=periods, stages=ladders, by=st.sampled_from(BY), valid=valids, activities=choices
)
people_of = given(world=worlds, stages=ladders, state=st.sampled_from(STANDINGS), valid=valids)


@engines
@random_worlds
@numbers_of
def test_stages_agree_with_plain_python(engine, world, period, stages, by, valid, activities):
    check_numbers(engine, world, period, stages, by, valid, activities)


@engines
@settings(random_worlds, max_examples=5)
@people_of
def test_people_are_those_of_plain_python(engine, world, stages, state, valid):
    check_people(engine, world, stages, state, valid)


@pytest.mark.long
@engines
@settings(random_worlds, max_examples=24)
@numbers_of
def test_stages_agree_with_plain_python_at_length(engine, world, period, stages, by, valid, activities):
    check_numbers(engine, world, period, stages, by, valid, activities)


@pytest.mark.long
@engines
@settings(random_worlds, max_examples=24)
@people_of
def test_people_are_those_of_plain_python_at_length(engine, world, stages, state, valid):
    check_people(engine, world, stages, state, valid)


@engines
@pytest.mark.parametrize(
    ("goal", "valid", "active", "missing"),
    [
        (0.07, 100, 0, 7),
        (0.29, 100, 28, 1),
        (0.7, 420, 294, 0),
        (0.7, 1, 0, 1),
        (0, 5, 0, 0),
        (1, 5, 2, 3),
        (0.1, 3, 2, 0),
    ],
)
def test_a_gap_is_whole_people_and_never_below_none(engine, goal, valid, active, missing):
    people = [account(f"u{i}") for i in range(valid)]
    world = World({None: people}, [use(f"u{i}", "2026-04-02") for i in range(active)])
    (row,) = records(an.stages(*world.frames(engine), APRIL, [an.Stage("aware", ANY, goal)]))
    assert (row["gap_users"], row["rate"], row["target"]) == (missing, active / valid, goal)


@engines
def test_without_valid_users_there_is_no_rate_and_no_gap(engine):
    world = World({None: [account("a", status="無効")]}, [use("a", "2026-04-02")])
    rows = records(an.stages(*world.frames(engine), APRIL, THREE))
    assert [(r["users"], r["valid_users"], r["rate"], r["gap_users"], r["rate_low"]) for r in rows] == [
        (0, 0, None, None, None)
    ] * 3
    (row,) = records(an.stage_verdicts(*world.frames(engine), APRIL, THREE))
    assert row["verdict"] == "no_people"


@on_engines(
    ("valid_from", "valid_to", "days", "settled"),
    [
        (None, None, ["2026-04-30", "2026-05-01", "2026-06-30"], 1),
        (None, None, ["2026-04-30", "2026-06-30"], 0),
        (date(2026, 5, 31), None, ["2026-05-01", "2026-06-30"], 1),  # its two months, though use was before its start
        (date(2026, 5, 31), None, ["2026-04-30", "2026-06-30"], 0),
        (date(2026, 6, 30), None, ["2026-06-01"], 1),
        (date(2026, 6, 30), None, ["2026-05-31"], 0),
        (None, date(2026, 5, 1), ["2026-04-01", "2026-05-31"], 1),
    ],
)
def test_months_count_in_which_the_person_was_valid(engine, valid_from, valid_to, days, settled):
    world = World({None: [account("a", valid_from=valid_from, valid_to=valid_to)]}, [use("a", day) for day in days])
    stage = an.Stage("settled", {"measure": "months", "at_least": 3})
    (row,) = records(an.stages(*world.frames(engine), QUARTER, [stage], valid="any"))
    assert row["users"] == settled


@engines
def test_a_total_stands_beside_its_groups_and_a_person_with_two_devices_is_one_in_it(engine):
    people = [account("a", "East"), account("b", None)]
    world = World({None: people}, [use("a", "2026-04-02", "login", d) for d in ("pc", "phone")])
    stages = [an.Stage("aware", ANY, 0.5)]
    rows = keyed(an.stages_with_total(*world.frames(engine), APRIL, stages, by=["area"]), "level", "area")
    assert {key: (r["users"], r["valid_users"]) for key, r in rows.items()} == {
        (0, "East"): (1, 1),
        (0, None): (0, 1),
        (1, None): (1, 2),
    }
    rows = keyed(an.stages_with_total(*world.frames(engine), APRIL, stages, by=["device"]), "level", "device")
    assert {key: r["users"] for key, r in rows.items()} == {(0, "pc"): 1, (0, "phone"): 1, (1, None): 1}


TARGETS = [
    {"metric": "aware", "period": None, "target": 0.1, "area": None},
    {"metric": "aware", "period": "FY2026", "target": 0.2, "area": None},
    {"metric": "aware", "period": "2026-04", "target": 0.3, "area": ""},
    {"metric": "aware", "period": "2026-04", "target": 0.4, "area": "East"},
    {"metric": "aware", "period": "2026-05", "target": 0.9, "area": "East"},
    {"metric": "aware", "period": "2026-04", "target": None, "area": "West"},
    {"metric": "active_rate", "period": "2026-04", "target": 70, "area": None},
]


@on_engines(
    ("period", "east", "west", "whole"),
    [(APRIL, 0.4, 0.3, 0.3), (QUARTER, 0.2, 0.2, 0.2), (an.Period.parse("2025-04"), 0.1, 0.1, 0.1)],
)
def test_the_nearest_goal_counts_by_group_and_then_by_period(engine, period, east, west, whole):
    world = World({None: [account("a", "East"), account("b", "West")]})
    frames, stages = world.frames(engine), [an.Stage("aware", ANY, 0.5)]
    rows = keyed(an.stages_with_total(*frames, period, stages, by="area", targets=TARGETS), "level", "area")
    assert {key: r["target"] for key, r in rows.items()} == {(0, "East"): east, (0, "West"): west, (1, None): whole}


@engines
def test_goals_come_from_a_table_too_and_else_from_the_definitions(engine):
    table = pd.DataFrame({"metric": ["aware"], "period": pd.to_datetime(["2026-04-15"]), "target": [0.25]})
    frames = World({None: [account("a")]}).frames(engine)
    targets = ENGINES[engine](table)
    for period, goal in ((APRIL, 0.25), (QUARTER, 0.7)):
        rows = keyed(an.stages(*frames, period, THREE, targets=targets), "stage")
        assert (rows[("aware",)]["target"], rows[("settled",)]["target"]) == (goal, 0.45)


@pytest.mark.parametrize(
    ("row", "error", "said"),
    [
        ({"target": 70}, StageGoalError, "is 70.0, which is not between 0 and 100%"),
        ({"target": -0.1}, StageGoalError, "not between"),
        ({"target": "much"}, StageGoalError, "is much"),
        ({"period": "soon"}, PeriodError, "soon"),
        ({"target": 0.4}, TwoGoalsError, "two goals for the same period"),
    ],
)
def test_a_goal_that_cannot_be_used_is_named(row, error, said):
    frames = World({None: [account("a")]}).frames("pandas")
    first = {"metric": "aware", "period": "2026-04", "target": 0.3}
    with pytest.raises(error, match=said):
        an.stages(*frames, APRIL, THREE, targets=[first, {**first, **row}])
    with pytest.raises(MissingColumnError, match='"target"'):
        an.stages(*frames, APRIL, THREE, targets=[{"metric": "aware", "period": ""}])


@on_engines(
    ("uses", "verdict", "done", "position", "gap"),
    [
        ([], "none", 0, 1, 7),
        (["2026-04-02"], "some", 1, 2, 5),
        (["2026-04-02", "2026-05-02"], "some", 2, 3, 2),
        (["2026-04-02", "2026-05-02 order"], "all", 3, None, None),
        (["2026-04-02 x", "2026-04-02 y"], "some", 1, 2, 5),
    ],
)
def test_a_verdict_is_the_first_goal_that_is_not_reached(engine, uses, verdict, done, position, gap):
    people = [account(f"u{i}") for i in range(10)]
    done_by_seven = [use(f"u{i}", at.split()[0], at.partition(" ")[2] or "login") for i in range(7) for at in uses]
    world = World({None: people}, done_by_seven)
    (row,) = records(an.stage_verdicts(*world.frames(engine), QUARTER, THREE))
    assert (row["verdict"], row["reached_position"], row["position"], row["gap_users"]) == (
        verdict,
        done,
        position,
        gap,
    )


@engines
def test_a_stage_without_a_goal_holds_nobody_up(engine):
    world = World({None: [account("a")]}, [use("a", "2026-04-02", "login")])
    first, second, third = (an.Stage(s.name, s.rule, g) for s, g in zip(THREE, (1, None, 0.5), strict=True))
    (row,) = records(an.stage_verdicts(*world.frames(engine), QUARTER, [first, second, third]))
    assert (row["verdict"], row["reached_position"], row["stage"]) == ("some", 1, "using")
    (row,) = records(an.stage_verdicts(*world.frames(engine), QUARTER, [second]))
    assert (row["verdict"], row["stage"]) == ("no_goal", None)


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            {"verdict": "none", "reached_position": 0, "position": 1},
            "East: ①aware not reached. Too early to work on ②③",
        ),
        ({"verdict": "some", "reached_position": 2, "position": 3}, "East: ①aware, ②settled reached → next is ③using"),
        ({"verdict": "all", "reached_position": 3, "position": None}, "East: ①aware, ②settled, ③using all reached"),
        ({"verdict": "no_goal", "reached_position": 0, "position": None}, "East: no goal is set"),
        ({"verdict": "no_people", "reached_position": 0, "position": 1}, "East: no valid users"),
    ],
)
def test_a_verdict_is_a_sentence(row, sentence):
    assert an.verdict_sentence(row, THREE, "East", "en") == sentence
    last = {"verdict": "none", "reached_position": 0, "position": 1}
    assert an.verdict_sentence(last, THREE[:1], "関東", "ja") == "関東：①aware 未達"


@random_worlds
@given(stages=ladders)
def test_stages_come_back_from_json_as_they_were(stages):
    written = an.Stages.of(stages).to_json()
    assert json.loads(written)["version"] == 1
    assert an.Stages.from_json(written) == an.Stages.of(stages)
    assert an.Stages.of([stage.as_dict() for stage in stages]) == an.Stages.of(written)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rule_is_said_in_words(language):
    said = describe({"any": [{"measure": "uses", "at_least": 5, "activities": ["order"]}, THREE[1].rule]}, language)
    assert (
        said
        == {
            "ja": "期間中に 5 回以上利用（order だけを数える）、または有効だった月のうち 2 か月以上で利用",
            "en": "used it at least 5 times in the period (counting only order), "
            "or used it in at least 2 of the months in which they were valid",
        }[language]
    )


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({}, "has no rule"),
        (None, "has no rule"),
        ({"measure": "logins", "at_least": 1}, "logins"),
        ({"measure": "uses"}, "cannot be read"),
        ({"measure": "uses", "at_least": 0}, "whole number from 1"),
        ({"measure": "uses", "at_least": 1.5}, "1.5"),
        ({"measure": "uses", "at_least": True}, "True"),
        ({"measure": "uses", "at_least": 1, "activities": []}, "cannot be read"),
        ({"measure": "uses", "at_least": 1, "activities": "order"}, "cannot be read"),
        ({"measure": "uses", "at_least": 1, "where": {}}, "where"),
        ({"all": []}, "all"),
        ({"all": [ANY], "any": [ANY]}, "any"),
        ({"all": [ANY, "x"]}, "x"),
    ],
)
def test_a_stage_without_a_rule_is_refused(rule, said):
    with pytest.raises(StageRuleError, match='"aware"') as raised:
        an.Stage("aware", rule)
    assert said in str(raised.value)
    assert raised.value.text("ja").startswith("ステージ「aware」の条件がないか、読めません")


@pytest.mark.parametrize("goal", [1.01, 70, -0.01, float("nan"), "0.7", True])
def test_a_goal_outside_0_to_100_percent_is_refused(goal):
    with pytest.raises(StageGoalError, match="not between 0 and 100%"):
        an.Stage("aware", ANY, goal)
    assert [an.Stage("aware", ANY, edge).goal for edge in (0, 1)] == [0, 1]


@pytest.mark.parametrize(
    ("definitions", "error", "said"),
    [
        ([], NoStageError, "no stage"),
        ([THREE[0], THREE[0]], DuplicateStageError, 'called "aware"'),
        ([{"name": "aware"}], StageRuleError, "no rule"),
        ([{"rule": ANY}], StagesTextError, "cannot be read as stages"),
        ([{"name": " ", "rule": ANY}], StagesTextError, "cannot be read as stages"),
        ({"name": "aware", "rule": ANY}, StagesTextError, "cannot be read as stages"),
        ("no json", StagesTextError, "no json"),
        ("[]", StagesTextError, "cannot be read"),
        ('{"version": 2, "stages": []}', StagesTextError, "version 2"),
    ],
)
def test_what_holds_no_stages_is_refused(definitions, error, said):
    with pytest.raises(error, match=said):
        an.Stages.of(definitions)


def test_an_unknown_stage_or_state_and_a_log_without_kinds_are_refused():
    users, activity = World({None: [account("a")]}).frames("pandas")
    with pytest.raises(ChoiceError, match="aware, settled, using"):
        an.stage_people(users, activity, APRIL, THREE, stage="use")
    with pytest.raises(ChoiceError, match="not_reached"):
        an.stage_people(users, activity, APRIL, THREE, stage="using", state="lost")
    with pytest.raises(MissingColumnError, match='The table activity has no column "activity"'):
        an.stages(users, activity.drop(columns="activity"), APRIL, THREE)
    assert len(an.stages(users, activity.drop(columns="activity"), APRIL, THREE[:2])) == 2


def test_the_goals_of_the_standard_stages_are_those_of_the_lesson():
    assert [Fraction(str(stage.goal)) for stage in an.standard_stages()] == [
        Fraction(7, 10),
        Fraction(9, 20),
        Fraction(1, 5),
    ]
