"""The page of the stages as a script, over the sample data: numbers, verdicts, movement, people, goals."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis import sample
from analysis.stage_definitions import Stages
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ROOT
from dashboard.stage_answers import SETTING

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-01-01..2026-03-31"


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
        app.run()
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


def test_small_places_are_hidden_where_the_workspace_says_so(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("hide_below", 30)
    try:
        assert "（空白）" not in [row[0] for row in table(at(rows="エリア"), "places")]
    finally:
        ws.set_setting("hide_below", 0)
        ws.close()
