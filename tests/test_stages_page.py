"""The page of the stages as a script, over the sample data: numbers, verdicts, movement, people, goals."""

import json

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from workspace_files import write_csv

import analysis as an
from analysis import sample
from analysis.stage_definitions import Stages
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ROOT
from dashboard.stage_answers import SETTING

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-01-01..2026-03-31"
STAGES = ["①認知の前", "①認知", "②定着", "③活用"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample company, imported once."""
    place = tmp_path_factory.mktemp("sample") / "workspace"
    ws = Workspace.open(place)
    sample.bring(ws)
    yield place
    ws.close()


@pytest.fixture
def at(folder, monkeypatch):
    """`at(lang="en", period=…)` is the page, opened with these choices in the URL."""
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))

    def opened(**params) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        app.switch_page(str(ROOT / "pages" / "stages.py"))
        for key, value in ({"lang": "ja", "period": QUARTER} | params).items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    yield opened
    st.cache_data.clear()
    incoming.close_all()


COLUMN = {"places": "verdict", "matrix": "label", "people": "user_id"}  # by which a table is known


def tables(app: AppTest, name: str) -> list[list[list]]:
    return [each.value.to_numpy().tolist() for each in app.dataframe if COLUMN[name] in each.value.columns]


def table(app: AppTest, name: str) -> list[list]:
    (found,) = tables(app, name)
    return found


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


@pytest.mark.long
def test_every_area_stands_where_its_goals_say(at):
    app = at(rows="エリア")
    rows = table(app, "places")
    assert [(row[0], row[1]) for row in rows] == [
        ("北海道・東北", "北海道・東北：①認知 未達。②③の施策はまだ早い"),
        ("関東", "関東：①認知 達成 → 次は②定着"),
        ("中部", "中部：①認知 未達。②③の施策はまだ早い"),
        ("近畿", "近畿：①認知 未達。②③の施策はまだ早い"),
        ("九州", "九州：①認知 未達。②③の施策はまだ早い"),
        ("（空白）", "（空白）：①認知 未達。②③の施策はまだ早い"),
    ]
    assert [row[-1] for row in rows] == [200, 420, 180, 260, 120, 20]
    assert rows[1][2] == "70.0%"
    assert "先の条件だけ満たす人が 33 人" in captions(app)


@pytest.mark.long
def test_a_rate_of_few_people_is_marked_and_bars_and_table_call_a_stage_the_same(at):
    app = at(rows="エリア")
    *_, kyushu, blank = table(app, "places")
    assert blank[2:5] == ["30.0% ※", "15.0% ※", "5.0% ※"]
    assert "※" not in "".join(kyushu[2:5])
    assert "※ 対象が 30 人未満です。率より人数で見てください。" in captions(app)
    bars = json.loads(next(each.proto.spec for each in app.get("vega_lite_chart")))
    assert bars["layer"][0]["encoding"]["y"]["sort"] == ["有効なユーザー", *STAGES[1:]]
    assert bars["padding"] == {"left": 0, "right": 0, "top": 8, "bottom": 4}  # without one the page cuts the top


@pytest.mark.long
@pytest.mark.parametrize(
    ("code", "people", "gap"),
    [
        ("1-next", 1200 - 744, "このうち 96 人が進めば、①認知の目標に届きます。"),
        ("2-next", 744 - 420, "このうち 120 人が進めば、②定着の目標に届きます。"),
        ("3-skipped", 33, ""),
    ],
)
def test_every_group_lists_as_many_people_as_it_says(at, code, people, gap):
    app = at(stage_people=code)
    assert len(table(app, "people")) == people
    assert gap in captions(app)


def test_the_matrix_adds_up_to_the_people_of_both_periods(at):
    app = at()
    cells = [row[1:] for row in table(app, "matrix")]
    moved = {metric.label: int(metric.value.removesuffix(" 人")) for metric in app.metric}
    stages = range(4)
    assert sum(row[i] for row in cells for i in stages) == 1200
    assert moved["進んだ人"] == sum(cells[i][j] for i in stages for j in stages if j > i)
    assert moved["同じステージの人"] == sum(cells[i][i] for i in stages)
    assert moved["後戻りした人"] == sum(cells[i][j] for i in stages for j in stages if j < i)
    assert [sum(row[i] for row in cells) for i in stages] == [1200 - 744, 744 - 420, 420 - 156, 156]


@pytest.mark.long
@pytest.mark.parametrize(("cell", "people"), [("[0,'c1']", 29), ("[null,'c0']", 40)])
def test_a_cell_of_the_matrix_opens_its_people_from_a_link(at, cell, people):
    app = at(moved=cell.replace("'", '"'))
    assert next(len(each) for each in tables(app, "people")) == people
    start, end = json.loads(app.query_params["moved"])
    (row,) = [r for r in table(app, "matrix") if r[0] == ("新しく加わった" if start is None else STAGES[start])]
    assert row[1 + int(end[1:])] == people


MONTH = "2026-03-01"


@pytest.mark.long
@pytest.mark.parametrize("state", ["active_users", "resurrected", "dormant"])
def test_a_number_of_a_month_lists_as_many_people(at, state):
    app = at(month=json.dumps([MONTH, state]), stage_people="3-skipped")
    (found,) = [each.value for each in app.dataframe if "resurrected" in each.value.columns]
    assert found["month"][0] == "2026年3月"
    assert len(tables(app, "people")[-1]) == int(found[state][0])
    assert found["active_users"][0] == found[["new", "returning", "resurrected"]].loc[0].sum()


@pytest.mark.long
def test_the_first_month_of_the_data_does_not_tell_new_from_known(at):
    app = at(period="2024-04-01..2024-06-30")
    (found,) = [each.value for each in app.dataframe if "resurrected" in each.value.columns]
    assert found["month"].tolist() == ["2024年6月", "2024年5月", "2024年4月"]
    assert found["new"].isna().tolist() == [False, False, True]
    assert "新しい人を見分けられません" in captions(app)


@pytest.mark.long
def test_a_month_that_is_not_over_says_so(at):
    app = at(period="2026-01-01..2026-04-30")
    (found,) = [each.value for each in app.dataframe if "resurrected" in each.value.columns]
    assert found["month"][0] == "2026年3月"  # the data ends with it: no month after it is counted


@pytest.mark.long
def test_who_began_together_stands_in_a_line_whose_cells_open(at):
    cell = json.dumps(["2025-10-01", "a3"])
    app = at(over="cohorts", cohort=cell, stage_people="3-skipped")
    (found,) = [each.value for each in app.dataframe if "size" in each.value.columns]
    line = found.set_index("cohort").loc["2025年10月"]
    assert (line["size"], line["a3"], line["a6"]) == ("54", "61.1%", "")
    assert len(tables(app, "people")[-1]) == 33
    for kept, people in (("lost", 21), ("cohort", 54)):
        assert len(tables(at(over="cohorts", cohort=cell, kept=kept, stage_people="3-skipped"), "people")[-1]) == people


@pytest.mark.long
def test_a_cell_that_is_not_over_is_marked_and_no_fall(folder, at, tmp_path):
    ws = Workspace.open(folder)
    later = write_csv(
        tmp_path / "april.csv", ["日時", "ユーザーID", "操作"], [["2026/04/02 10:00", "MK01003", "ログイン"]]
    )
    imported = ws.add(an.read_export(later), kind="activity")
    try:
        app = at(period="2026-04-01..2026-04-30", over="cohorts")
        (found,) = [each.value for each in app.dataframe if "size" in each.value.columns]
        assert found.set_index("cohort").loc["2026年1月", "a3"] == "0.0% 途中"
        assert "下がったわけではありません" in captions(app)
        (life,) = [each.value for each in at(period="2026-04-01..2026-04-30").dataframe if "dormant" in each.value]
        assert life["month"][0] == "2026年4月 途中"
    finally:
        ws.erase(imported.id)
        ws.close()


@pytest.mark.long
def test_a_period_that_is_not_over_is_not_compared(at):
    app = at(period="2026-03-01..2026-04-30")
    assert tables(app, "matrix") == []
    assert "両方がそろってから比べます" in captions(app)


def test_stages_kept_in_the_workspace_are_counted(at, folder):
    ws = Workspace.open(folder)
    kept = Stages.of([{"name": "来た", "rule": {"measure": "uses", "at_least": 1}, "goal": 0.5}])
    ws.set_setting(SETTING, kept.to_json())
    try:
        app = at(rows="エリア")
        assert table(app, "places")[0][1] == "北海道・東北：①来た すべて達成"
        assert "このうち" not in captions(app)
    finally:
        ws.set_setting(SETTING, "")
        ws.close()


@pytest.mark.long
def test_small_places_are_hidden_where_the_workspace_says_so(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("hide_below", 30)
    try:
        assert "（空白）" not in [row[0] for row in table(at(rows="エリア"), "places")]
    finally:
        ws.set_setting("hide_below", 0)
        ws.close()
