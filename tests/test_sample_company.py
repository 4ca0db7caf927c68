"""The planted figures of stages, deals, contracts and お店の物語, as the functions of the pages give them."""

import json

import pytest

import analysis as an
from analysis import sample
from analysis.case_lists import case_totals_of_lists, cases_in_state_of_lists, step_times_of_lists, waiting_of_lists
from analysis.lesson import sample_workspace
from analysis.phase_dates import phase_dates
from analysis.process_plan import Plan
from analysis.workspace import Workspace
from tests.support.parts import AS_OF, MANIFEST

QUARTER = an.Period.parse("2026-01..2026-03")
STEPS = ["アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開"]


@pytest.fixture(scope="module")
def ws(sample_company):
    return sample_company


@pytest.fixture(scope="module")
def plan(ws):
    """Whose turn each step is, as the page of processes reads it."""
    return Plan.from_json(ws.setting("process"))


# What one click brings


def test_every_file_lands_with_the_rows_that_the_manifest_states(ws):
    found = {each.name: [each.read, each.accepted, each.duplicates, each.refused] for each in ws.imports()}
    expected = {entry["file"].split("/")[-1]: [*entry["rows"].values()] for entry in sample.files()}
    assert found == expected


def test_bringing_it_again_brings_nothing(ws):
    before = len(ws.imports())
    assert (sample.bring(ws), len(ws.imports())) == (0, before)


def test_the_names_are_made_up_and_come_along(ws):
    """A page by owner has something to show; of real files an owner is a name, and left out unless asked for."""
    assert ws.table("deals")["owner"].nunique() == 7
    assert ws.table("cases")["owner"].nunique() == 3
    assert not [each.name for each in ws.imports() if each.kind in ("deals", "cases") and each.mapping.left_out]


def test_whose_turn_it_is_stands_in_the_workspace_unless_somebody_has_said_it(tmp_path, plan, monkeypatch):
    assert (list(plan.steps), plan.ends) == (STEPS, ("公開",))
    assert json.loads(plan.to_json()) == MANIFEST["settings"]["process"]
    own = Workspace.open(tmp_path / "own")
    own.set_setting("process", "said")
    monkeypatch.setattr(sample, "files", list)  # the settings alone
    sample.bring(own)
    assert own.setting("process") == "said"
    own.close()


def test_a_lesson_may_ask_for_some_kinds_only():
    some = sample_workspace("cases", "deals")
    assert sorted(each.name for each in some.imports()) == ["deals_20260331.csv", "production_20260331.xlsx"]


# Stages


def test_744_420_and_156_of_1200_and_how_many_each_goal_needs(ws):
    found = ws.run(an.stages, QUARTER, an.standard_stages("ja")).set_index("stage")
    assert found["users"].to_dict() == {"認知": 744, "定着": 420, "活用": 156}
    assert found["target"].tolist() == [0.7, 0.45, 0.2]
    assert found["gap_users"].to_dict() == {"認知": 96, "定着": 120, "活用": 84}
    assert (set(found["valid_users"]), found.loc["活用", "skipped"]) == ({1200}, 33)


def test_only_kanto_may_start_the_second_stage(ws):
    found = ws.run(an.stage_verdicts, QUARTER, an.standard_stages("ja"), by="エリア").set_index("エリア")
    assert found["verdict"].to_dict() == {
        "関東": "some",
        **dict.fromkeys(["北海道・東北", "中部", "近畿", "九州"], "none"),
        found.index[found.index.isna()][0]: "none",
    }
    assert found.loc["関東", ["stage", "users", "valid_users", "gap_users"]].tolist() == ["定着", 164, 420, 25]
    assert found.loc["中部", ["stage", "users", "valid_users", "gap_users"]].tolist() == ["認知", 99, 180, 27]


# Deals


def test_72_of_the_200_that_are_over_are_won(ws):
    (row,) = ws.run(an.win_rate, as_of=AS_OF).to_dict("records")
    assert (row["won"], row["closed"], row["open"], row["win_rate"]) == (72, 200, 100, 0.36)
    owners = ws.run(an.win_rate, by="owner", as_of=AS_OF).set_index("owner")
    assert owners.loc["岡 直人", ["won", "closed"]].tolist() == [3, 3]
    assert owners.loc["佐伯 由香", ["won", "closed"]].tolist() == [18, 40]
    assert owners["won"].sum() == 72
    assert owners["rank"].idxmin() != "岡 直人"


def test_128_are_lost_and_40_of_them_say_not_why(ws):
    found = ws.run(an.loss_reasons, as_of=AS_OF)
    reasons = {
        None if reason != reason else reason: n for reason, n in zip(found["reason"], found["deals"], strict=True)
    }
    assert reasons == {"価格": 38, "時期": 26, "競合": 14, "途絶": 10, None: 40}
    assert set(found["lost_deals"]) == {128}


def test_each_phase_has_been_reached_and_stood_in_as_planted(ws):
    dates = phase_dates(ws.run, ws.imports("deals")[-1].mapping)
    found = ws.run(an.pipeline, dates=dates, as_of=AS_OF).sort_values("position")
    assert found["deals"].tolist() == [34, 28, 23, 15, 72, 128]
    assert found["reached"].tolist()[:5] == [300, 220, 154, 105, 72]
    stalled = ws.run(an.stalled_deals, dates=dates, as_of=AS_OF)
    assert (len(stalled), (stalled["days_here"] > 90).sum()) == (100, 31)
    assert set(stalled["usual_from"]) == {"moved"}


# お店の物語


def test_28_wait_on_the_customer_and_8_on_us(ws, plan):
    found = ws.run(step_times_of_lists, plan.steps, ends=plan.finals, sides=plan.sides, as_of=AS_OF)
    found = found.sort_values("position").set_index("step")
    assert found["waiting_now"].to_dict() == dict(zip(STEPS, [14, 6, 1, 3, 2, 2, 8, 0], strict=True))
    assert (found.loc["アサイン", "reached"], found.loc["公開", "reached"]) == (60, 24)
    for sides in (plan.sides, "ボール"):
        waits = ws.run(waiting_of_lists, plan.steps, sides=sides, as_of=AS_OF).set_index("side")["waiting_now"]
        assert sorted(waits.tolist()) == [8, 28]
    assert waits.to_dict() == {"お客さま": 28, "当社": 8}
    (totals,) = ws.run(case_totals_of_lists, plan.steps, as_of=AS_OF).to_dict("records")
    assert [totals[name] for name in ("cases", "finished", "waiting")] == [60, 24, 36]


def test_25_of_36_have_a_planned_day_and_truly_16(ws, plan):
    waits = ws.run(cases_in_state_of_lists, plan.steps, state="waiting", as_of=AS_OF)
    planned = waits["公開予定日"].dropna()
    assert (len(waits), len(planned), (planned.dt.date < AS_OF).sum(), (planned.dt.date > AS_OF).sum()) == (
        36,
        25,
        9,
        16,
    )


def test_a_state_that_asks_for_a_day_to_come_finds_the_16(ws, plan):
    waits = ws.run(cases_in_state_of_lists, plan.steps, state="waiting", as_of=AS_OF)
    states = [
        an.State("過ぎている", {"filled": "公開予定日", "when": "past"}),
        an.State("これから", {"filled": "公開予定日", "when": "future"}),
    ]
    found = an.state_counts(waits, states, as_of=AS_OF).set_index("state")
    assert found["fulfilled"].to_dict() == {"過ぎている": 9, "これから": 16}


# Contracts


def test_157_of_200_contracts_that_ended_in_the_year_were_renewed(ws):
    ended = an.renewal_outcome(ws.table("contracts"), an.Period.fiscal_year(2025))
    assert (len(ended), ended["outcome"].sum()) == (200, 157)


def test_245_of_250_were_still_there_after_march(ws):
    terms = ws.table("contracts")

    def under_contract(day):
        return {*terms[(terms["term_start"] <= day) & (terms["term_end"] >= day)]["customer_id"]}

    before, after = under_contract("2026-03-01"), under_contract("2026-04-01")
    assert (len(before & after), len(before)) == (245, 250)
