"""The page of the active rate as a script, over the sample data: numbers, choices in the URL, empty states."""

import io
import json
from dataclasses import replace
from datetime import date

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis import sample
from analysis.exports import read_export
from analysis.exports.propose import propose
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-01-01..2026-03-31"


@pytest.fixture(autouse=True)
def fresh_caches():
    yield
    st.cache_data.clear()
    incoming.close_all()


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
        app.switch_page(str(ROOT / "pages" / "active_rate.py"))
        for key, value in ({"lang": "ja"} | params).items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    return opened


def metrics(app: AppTest) -> dict[str, str]:
    return {metric.label.split(" :")[0]: metric.value for metric in app.metric}


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def grid(app: AppTest) -> list[list[str]]:
    return app.dataframe[0].value.to_numpy().tolist()


def test_the_first_view_is_the_last_complete_quarter_with_its_planted_numbers(at):
    app = at()
    shown = metrics(app)
    assert shown["アクティブ率"] == "62.0%"
    assert shown["目標 70% まで"] == "あと 96 人"
    assert shown["期間中に利用なし"] == "456 人"
    assert shown["一覧にない ID"] == "9 件"
    assert "744 / 1,200 人" in captions(app)
    assert "履歴にある ID 771 ＝ 有効で利用 744 ＋ 最終日に無効 18 ＋ 一覧にない 9" in captions(app)


def test_every_choice_of_the_first_view_stands_in_the_url(at):
    params = at().query_params
    assert params["period"] == QUARTER
    assert params["rows"] == "エリア"
    assert params["column"] == "ユーザー区分"
    assert params["valid"] == "end"
    assert params["goal"] == "70"


def test_the_table_holds_the_planted_areas_and_a_computed_total(at):
    rows = {row[0]: row[-2] for row in grid(at())}
    assert rows == {
        "北海道・東北": "59.0%",
        "関東": "70.0%",
        "中部": "55.0%",
        "近畿": "61.9%",
        "九州": "55.0%",
        "（空白）": "30.0% ※",
        "合計": "62.0%",
    }


def test_english_says_the_same_numbers(at):
    shown = metrics(at(lang="en"))
    assert shown["Active rate"] == "62.0%"
    assert shown["Goal of 70%"] == "96 to go"
    assert shown["IDs not on the list"] == "9 IDs"


def test_a_pasted_link_shows_its_view(at):
    where = json.dumps(["エリア", "近畿"], ensure_ascii=False)
    app = at(period=QUARTER, rows="ユーザー区分", column="-", where=where, goal="60", show="people")
    assert metrics(app)["アクティブ率"] == "61.9%"
    assert metrics(app)["目標 60% まで"] == "達成"
    assert {row[0]: row[1] for row in grid(app)} == {
        "営業": "132 / 180",
        "店舗": "29 / 80",
        "合計": "161 / 260",
    }


def test_a_blank_value_can_be_filtered_for(at):
    app = at(period=QUARTER, where=json.dumps(["エリア", None]))
    assert metrics(app)["アクティブ率"] == "30.0% ※"
    assert "6 / 20 人" in captions(app)
    assert "対象が 30 人未満です" in captions(app)


@pytest.mark.parametrize(
    "junk",
    [
        {"period": "yesterday"},
        {"period": "9999-12-31..9999-12-31"},
        {"rows": "無い列"},
        {"column": "![x](https://evil.example/x.png)"},
        {"where": "{]"},
        {"where": json.dumps(["エリア", "月"])},
        {"where": json.dumps([["エリア"], {}])},
        {"valid": "always"},
        {"goal": "-3"},
        {"activities": "歌"},
        {"cell": "[[1],[2]]"},
        {"state": "asleep"},
        {"every": "aeon", "show": "none", "trend_of": "x"},
    ],
)
def test_junk_in_the_url_is_left_out_and_nothing_breaks(at, junk):
    app = at(**junk)
    assert metrics(app)["アクティブ率"] == "62.0%"
    noted = [info.value for info in app.info]
    silent = {"cell", "state", "every"} & set(junk)
    assert bool(noted) is not bool(silent)
    assert not any("![x](https" in each for each in noted)


def test_a_partial_period_says_so_and_shows_no_change(at):
    app = at(period="2026-01-01..2026-06-30")
    assert app.metric[0].label.endswith("途中]")
    assert app.metric[0].delta == ""
    assert "期間の途中なので、前の期間とは比べていません" in captions(app)
    assert "直前の期間（2025年7月1日 – 12月31日）での人数です" in captions(app)
    assert "使い始めた" not in metrics(app)


def test_no_change_is_shown_against_a_period_before_the_data(at):
    app = at(period="2024-04-01..2024-06-30")
    assert app.metric[0].delta == ""
    assert "データは 2024年4月1日 からです" in captions(app)
    assert "それより前は最初の一覧で数えています" in captions(app)


def test_the_movement_adds_up(at):
    shown = metrics(at())
    assert [shown[name] for name in ("使い始めた", "使わなくなった", "新しく加わった", "外れた")] == [
        "78 人",
        "49 人",
        "124 人",
        "72 人",
    ]


def test_a_cell_of_the_link_opens_its_people(at):
    app = at(cell=json.dumps([["関東"], ["店舗"]], ensure_ascii=False))
    assert app.subheader[-1].value == "関東 × 店舗：期間中に利用なし 35 人"
    assert len(app.dataframe[-1].value) == 35


@pytest.mark.parametrize(
    ("state", "rows"), [("active", 744), ("inactive", 456), ("never", 235), ("invalid", 18), ("outside", 9)]
)
def test_every_list_is_as_long_as_its_number(at, state, rows):
    assert len(at(state=state).dataframe[-1].value) == rows


def test_a_period_without_data_says_from_when_to_when_there_is_any(at):
    app = at(period="2020-01-01..2020-03-31")
    assert not app.metric
    assert any("2024年4月1日から 2026年3月31日まで" in each.value for each in app.markdown)


def test_conditions_that_nobody_fits_can_be_lifted_one_by_one(at):
    params = [json.dumps(["エリア", "九州"], ensure_ascii=False), json.dumps(["支店", "札幌支店"], ensure_ascii=False)]
    app = at(where=params)
    assert any("この条件に合う人はいません" in each.value for each in app.markdown)
    app.button(key="lift_one").click().run()
    assert metrics(app)["アクティブ率"] == "55.0%"
    assert json.loads(app.query_params["where"]) == ["エリア", "九州"]


def test_groups_below_the_set_size_are_hidden(at, folder):
    Workspace.open(folder).set_setting("hide_below", 25)
    try:
        app = at(cell=json.dumps([["（空白）"], []]))
        assert {row[0]: row[-1] for row in grid(app)}["（空白）"] == "—"
        assert "— 対象が 25 人未満のため表示しません" in captions(app)
        hidden = at(where=json.dumps(["エリア", None]))
        assert hidden.metric[0].value == "—"
        assert len(hidden.metric) == 1
    finally:
        Workspace.open(folder).set_setting("hide_below", 0)


def test_parts_of_a_dimension_of_the_log_say_how_many_people_are_in_several(at):
    app = at(rows="端末", column="-")
    assert "2 つ以上の区分に入る人が" in captions(app)
    assert grid(app)[-1][-2] == "62.0%"


def test_only_some_activities_can_count_as_use(at):
    app = at(activities="注文")
    assert metrics(app)["アクティブ率"] == "8.0%"


def test_without_data_the_page_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "empty"))
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = "ja"
    app.switch_page(str(ROOT / "pages" / "active_rate.py")).run()
    assert not app.exception
    assert any("この画面には、次の 2 つが要ります" in each.value for each in app.markdown)
    assert app.button(key="missing_import").label == "ユーザー一覧を取り込む"
    Workspace.open(tmp_path / "empty").close()


def test_hidden_names_are_no_dimension_no_filter_and_in_no_list(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "named"))
    ws = Workspace.open(tmp_path / "named")
    users = "ユーザーID,氏名,エリア\nu1,佐藤 花子,東\nu2,鈴木 一郎,西\n"
    log = "ユーザーID,日時\nu1,2026-03-02 09:00\n"
    for kind, text in (("users", users), ("activity", log)):
        export = read_export(io.BytesIO(text.encode()), name=f"{kind}.csv")
        mapping = replace(
            propose(export, kind).mapping, left_out=(), dimensions=("氏名", "エリア") if kind == "users" else ()
        )
        ws.add(export, kind=kind, mapping=mapping, as_of=date(2026, 3, 31) if kind == "users" else None)
    ws.set_setting("names_hidden", True)
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.query_params["lang"] = "ja"
    app.switch_page(str(ROOT / "pages" / "active_rate.py"))
    named = {"rows": "氏名", "where": '["氏名","佐藤 花子"]', "period": "2026-03", "state": "active"}
    for key, value in named.items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    shown = " ".join(
        str(each.value) for kind in ("markdown", "caption", "dataframe", "info") for each in getattr(app, kind)
    )
    assert "佐藤" not in shown + str(app.query_params)
    assert list(app.dataframe[-1].value.columns)[:2] == ["user_id", "エリア"]
    ws.close()
