"""Goals of stages from an imported list and from the page: which one holds, where it comes from, and how it is read."""

import json
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest
from workspace_files import write_csv

import analysis as an
from analysis.errors import PeriodError
from analysis.exports.propose import propose
from analysis.period import Period
from analysis.stage_definitions import Stages
from analysis.stage_targets import goal_for, goals, period_of
from analysis.workspace import Workspace
from dashboard import incoming, stage_answers, stage_goals
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = Period.parse("2026-04..2026-06")
STAGES = Stages.of(
    [
        {"name": "認知", "rule": {"measure": "uses", "at_least": 1}, "goal": 0.7},
        {"name": "定着", "rule": {"measure": "months", "at_least": 3}, "goal": 0.45},
    ]
)
TARGETS = [
    ["認知", "2026年度", "", "80%"],
    ["認知", "2026-04..2026-06", "関東", "０.９"],
    ["定着", "", "", "50 %"],
    ["売上", "2026年4月", "", "12000"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Ten accounts in two areas, eight of them active once."""
    place = tmp_path_factory.mktemp("goals") / "workspace"
    ws = Workspace.open(place)
    put(
        ws,
        "users",
        [{"user_id": f"u{i}", "エリア": "関東" if i < 5 else None} for i in range(10)],
        as_of=date(2026, 6, 30),
    )
    used = [{"user_id": f"u{i}", "occurred_at": datetime(2026, 4, 1) + timedelta(days=i)} for i in range(8)]
    put(ws, "activity", [*used, {"user_id": "u0", "occurred_at": datetime(2026, 6, 30)}])
    ws.set_setting(stage_answers.SETTING, STAGES.to_json())
    csv = write_csv(tmp_path_factory.mktemp("files") / "目標.csv", ["ステージ", "期間", "エリア", "目標（%）"], TARGETS)
    export = an.read_export(csv)
    proposal = propose(export)
    assert proposal.mapping.kind == "targets"
    assert proposal.mapping.roles == {"metric": "ステージ", "period": "期間", "target": "目標（%）"}
    imported = ws.add(export, kind="targets", as_of=date(2026, 6, 1))
    assert (imported.accepted, imported.refused) == (4, 0)
    yield place
    ws.close()


@pytest.fixture
def ws(folder):
    opened = Workspace.open(folder)
    yield opened
    opened.set_setting(stage_goals.SETTING, "")
    opened.close()


@pytest.fixture
def at(folder, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))

    def opened(**params) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        app.switch_page(str(ROOT / "pages" / "stages.py"))
        for key, value in ({"lang": "ja", "period": str(QUARTER), "rows": "エリア"} | params).items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    yield opened
    st.cache_data.clear()
    incoming.close_all()


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def test_a_percentage_is_read_as_a_share(ws):
    assert ws.table("targets")["target"].tolist() == [0.8, 0.9, 0.5, 12000]
    assert ws.table("targets")["period"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize("metric", [an.stages, an.stages_with_total])
def test_a_workspace_hands_the_list_to_the_stages_by_itself_in_every_form(ws, metric):
    options = {} if metric is an.stages else {"by": ["エリア"]}
    by_itself = ws.run(metric, QUARTER, STAGES.to_json(), **options)
    over_events = ws.run(
        metric, QUARTER, STAGES.to_json(), where={"column": "occurred_at", "at_least": "2000-01-01"}, **options
    )
    for found in (by_itself, over_events):
        whole = (found[found["level"] == 1] if options else found).set_index("stage")["target"]
        assert whole.to_dict() == {"認知": 0.8, "定着": 0.5}
    if options:
        east = by_itself[by_itself["エリア"] == "関東"].set_index("stage")
        assert east["target"].to_dict() == {"認知": 0.9, "定着": 0.5}
        assert east["gap_users"].to_dict() == {"認知": 0, "定着": 3}


def test_the_page_says_where_each_goal_comes_from(at):
    app = at()
    words = captions(app)
    assert "目標：①認知 80%（取り込んだ目標の一覧：2026年度）・②定着 50%（取り込んだ目標の一覧：いつも）" in words
    assert "関東 の目標：①認知 90%（取り込んだ目標の一覧：2026-04..2026-06）" in words.replace("\\", "")


def test_a_goal_set_on_the_page_counts_before_its_like_in_the_list(at, ws):
    mine = [
        {"metric": "認知", "period": "2026年度", "target": 0.6},
        {"metric": "定着", "period": "2026-04", "target": 0.1},
    ]
    ws.set_setting(stage_goals.SETTING, json.dumps(mine))
    words = captions(at())
    assert "①認知 60%（この画面で決めた目標：2026年度）・②定着 50%（取り込んだ目標の一覧：いつも）" in words


def test_a_goal_above_a_hundred_per_cent_is_a_sentence(at, ws):
    ws.set_setting(stage_goals.SETTING, json.dumps([{"metric": "認知", "period": "", "target": 70}]))
    (error,) = [each.value for each in at().error]
    assert "70" in error
    assert "0〜100\\%" in error


def test_goals_are_saved_as_they_stand_in_the_table_and_others_stay(at, ws):
    mine = [
        {"metric": "認知", "period": "", "target": 0.6, "エリア": "関東"},
        {"metric": "定着", "period": "2026年度", "target": 0.125},
        {"metric": "定着", "period": "", "target": 0.3, "部署": "営業"},
    ]
    ws.set_setting(stage_goals.SETTING, json.dumps(mine))
    app = at()
    (saved,) = [each for each in app.button if each.label == "目標を保存"]
    saved.click().run()
    assert not app.error
    found = json.loads(ws.setting(stage_goals.SETTING, ""))
    assert sorted(found, key=str) == sorted(mine, key=str)
    assert "ほかの項目で分けた目標が 1 件" in captions(app)


def test_two_different_goals_for_the_same_are_not_saved(at, ws):
    mine = [{"metric": "認知", "period": "", "target": share} for share in (0.6, 0.7)]
    ws.set_setting(stage_goals.SETTING, json.dumps(mine[:1]))
    page = at()
    assert not page.error
    ws.set_setting(stage_goals.SETTING, json.dumps(mine))
    assert "目標が、同じ期間" in at().error[0].value


def test_the_page_without_any_other_goal_says_nothing_more(at, ws):
    (imported,) = ws.imports("targets")
    ws.undo(imported.id)
    try:
        assert "目標：①" not in captions(at())
    finally:
        ws.redo(imported.id)


@pytest.mark.parametrize(
    ("written", "period"),
    [
        ("2026年4月", "2026-04-01..2026-04-30"),
        ("2026/04", "2026-04-01..2026-04-30"),
        ("2026/4/1", "2026-04-01..2026-04-30"),
        ("2026-04-01 00:00:00", "2026-04-01..2026-04-30"),
        ("２０２６年４月", "2026-04-01..2026-04-30"),
        ("2026年度", "2026-04-01..2027-03-31"),
        ("2026年", "2026-01-01..2026-12-31"),
        ("FY2026", "2026-04-01..2027-03-31"),
        ("2026-04..2026-06", "2026-04-01..2026-06-30"),
        (date(2026, 4, 1), "2026-04-01..2026-04-30"),
        (datetime(2026, 4, 15, 3), "2026-04-01..2026-04-30"),
    ],
)
def test_a_period_is_read_as_people_write_it(written, period):
    assert str(period_of(written)) == period


@pytest.mark.parametrize("blank", [None, "", float("nan")])
def test_a_blank_period_is_always(blank):
    assert period_of(blank) is None


def test_what_is_no_period_is_refused():
    with pytest.raises(PeriodError, match="soon"):
        period_of("soon")


def test_the_goal_of_a_group_in_plain_words_is_the_one_that_the_numbers_use(ws):
    rows = [{**row, "_source": "list"} for row in ws.table("targets").to_dict("records")]
    rows = [{key: None if value != value else value for key, value in row.items()} for row in rows]
    listed = goals(rows, STAGES, QUARTER, ["エリア"])
    said = {
        (name, group): goal_for(found, {"エリア": group}).value
        for name, found in listed.items()
        for group in ("関東", None, "九州")
    }
    counted = ws.run(an.stages, QUARTER, STAGES.to_json(), by=["エリア"])
    for row in counted.to_dict("records"):
        group = None if row["エリア"] != row["エリア"] else row["エリア"]
        assert Decimal(str(row["target"])) * 1_000_000 == said[row["stage"], group]
    assert said["認知", "九州"] == 800_000
