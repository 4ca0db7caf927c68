"""The page of the funnel as a script, over a literal log: numbers, lists, groups, two side by side, steps, mistakes."""

import json
from dataclasses import replace
from datetime import date, datetime

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest
from workspace_files import write_csv

import analysis as an
from analysis.exports.propose import propose
from analysis.funnel_definitions import SETTING, Funnel, Funnels, step_of
from analysis.funnel_steps import Step
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-04-01..2026-06-30"
LOOK, CART, BUY = "見る", "*かご*", "買う"
LOG = """
a PC 2026-04-01T10:00 見る 0
a PC 2026-04-01T11:00 *かご* 0
a PC 2026-04-03T11:00 買う 500
b PC 2026-04-02T10:00 見る 0
b PC 2026-04-05T10:00 *かご* 0
c PC 2026-05-01T10:00 見る 0
d スマホ 2026-06-20T10:00 見る 0
d スマホ 2026-06-21T10:00 *かご* 0
e スマホ 2026-06-25T10:00 見る 0
f スマホ 2026-06-01T10:00 見る 0
f スマホ 2026-06-29T10:00 *かご* 0
g - 2026-04-10T10:00 見る 0
g - 2026-04-10T12:00 *かご* 0
g - 2026-06-30T10:00 買う 900
h PC 2026-01-05T10:00 見る 0
h PC 2026-01-06T10:00 *かご* 0
h PC 2026-01-07T10:00 買う 100
i PC 2026-02-01T10:00 見る 0
z PC 2026-01-01T10:00 ログイン 0
"""
# step and state -> who they are; entered in the quarter are a to g
PEOPLE = {
    (1, "reached"): "abcdefg",
    (2, "reached"): "abdfg",
    (2, "waiting"): "e",
    (2, "lost"): "c",
    (3, "reached"): "a",
    (3, "waiting"): "def",
    (3, "lost"): "bcg",
}


def log():
    rows = [line.split() for line in LOG.strip().splitlines()]
    return [
        {
            "user_id": user,
            "occurred_at": datetime.fromisoformat(at),
            "activity": kind,
            "端末": None if device == "-" else device,
            "amount": int(amount),
        }
        for user, device, at, kind, amount in rows
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with this log and nothing else: no list of users."""
    place = tmp_path_factory.mktemp("funnel") / "workspace"
    ws = Workspace.open(place)
    put(ws, "activity", log())
    yield place
    ws.close()


@pytest.fixture
def at(folder, monkeypatch):
    """`at(lang="en", step=[…])` is the page, opened with these choices in the URL."""
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))

    def opened(state=(), **params) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        app.switch_page(str(ROOT / "pages" / "funnel.py"))
        for key, value in ({"lang": "ja", "period": QUARTER} | params).items():
            app.query_params[key] = value
        for key, value in dict(state).items():
            app.session_state[key] = value
        app.run()
        assert not app.exception
        return app

    yield opened
    st.cache_data.clear()
    incoming.close_all()


def steps(*listed) -> list[str]:
    return [json.dumps(each, ensure_ascii=False) for each in listed]


def table(app: AppTest, column: str) -> list[dict]:
    (found,) = [each.value for each in app.dataframe if column in each.value.columns]
    return found.to_dict("records")


def users(app: AppTest) -> str:
    return "".join(sorted(row["user_id"] for row in table(app, "user_id")))


def metrics(app: AppTest) -> dict[str, str]:
    return {each.label: each.value for each in app.metric}


def said(app: AppTest) -> str:
    return "\n".join([*(each.value for each in app.caption), *(each.value for each in app.markdown)])


def test_the_numbers_of_the_most_frequent_steps(at):
    app = at()
    assert [step_of(text) for text in app.query_params["step"]] == [Step(LOOK), Step(CART), Step(BUY)]
    assert app.query_params["within"] == "30d"
    assert metrics(app) == {
        "入った人": "7 人",
        "最後まで到達": "14.3% ※",
        "期限内（これから）": "3 人",
        "期限切れ": "3 人",
    }
    rows = table(app, "median_days")
    assert [row["step"] for row in rows] == ["①見る", "②*かご*", "③買う"]
    assert [(row["reached"], row["waiting"], row["lost"]) for row in rows] == [(7, 0, 0), (5, 1, 1), (1, 3, 3)]
    assert [(row["step_rate"], row["overall_rate"]) for row in rows] == [
        ("", "100.0%"),
        ("71.4%", "71.4%"),
        ("20.0%", "14.3%"),
    ]
    assert [row["median_days"] for row in rows] == ["", "1.0 日", "2.0 日"]
    assert "期限（30 日）が残っている人が 3 人います" in said(app)


@pytest.mark.parametrize(("position", "state"), PEOPLE)
def test_every_number_opens_its_people(at, position, state):
    app = at(open=json.dumps([position, state]))
    assert users(app) == PEOPLE[position, state]


def test_who_waits_is_listed_with_the_time_that_runs_out_first(at):
    rows = table(at(open='[3,"waiting"]'), "user_id")
    assert [(row["user_id"], row["waits_until"], row["furthest"]) for row in rows] == [
        ("f", "2026/07/01 10:00", "②*かご*"),
        ("d", "2026/07/20 10:00", "②*かご*"),
        ("e", "2026/07/25 10:00", "①見る"),
    ]


def test_without_a_limit_nobody_runs_out_of_time(at):
    app = at(within="none")
    assert metrics(app)["期限切れ"] == "0 人"
    assert "期限切れの人は出ません" in said(app)
    assert [(row["reached"], row["lost"]) for row in table(app, "median_days")] == [(7, 0), (5, 0), (2, 0)]


def test_by_a_column_of_the_log_blank_is_a_row(at):
    app = at(by="端末", part=json.dumps([None, "lost"]))
    rows = [{name: row[name] for name in ("value", "s1", "s2", "s3", "waiting", "lost")} for row in table(app, "s1")]
    assert [tuple(row.values()) for row in rows] == [
        ("PC", "3 ※", "2　66.7% ※", "1　33.3% ※", "0", "2"),
        ("スマホ", "3 ※", "2　66.7% ※", "0　0.0% ※", "3", "0"),
        ("（空白）", "1 ※", "1　100.0% ※", "0　0.0% ※", "0", "1"),
    ]
    assert users(app) == "g"
    assert users(at(by="端末", part=json.dumps(["PC", "s2"]))) == "ab"


def test_two_periods_side_by_side_say_what_chance_may_do(at):
    app = at()
    rows = table(app, "first")
    assert [(row["first"], row["second"]) for row in rows] == [
        ("2　100.0%", "7　100.0%"),
        ("1　50.0%", "5　71.4%"),
        ("1　50.0%", "1　14.3%"),
    ]
    words = said(app)
    assert "50.0% → 2026年4月1日 – 6月30日 14.3%" in words
    assert "**差 −35.7 pt**" in words
    assert "差があるとは言い切れません" in words
    assert "今の期間には期限が残っている人が 3 人いる" in words
    assert users(at(side=json.dumps([3, "first"]))) == "h"


def test_two_groups_side_by_side(at):
    app = at(by="端末", compare="groups", first='"スマホ"', second='"PC"', side=json.dumps([3, "second"]))
    assert [(row["first"], row["second"]) for row in table(app, "first")] == [
        ("3　100.0%", "3　100.0%"),
        ("2　66.7%", "2　66.7%"),
        ("0　0.0%", "1　33.3%"),
    ]
    assert users(app) == "a"


@pytest.mark.parametrize(
    ("params", "sentence"),
    [
        ({"step": steps([LOOK], ["買ウ"])}, "操作「買ウ」の記録が 1 件もありません。いちばん近いのは「買う」です"),
        ({"within": "0d"}, "期限「0d」は使えません"),
        ({"step": steps({"any_of": [LOOK], "optional": True}, [BUY])}, "見る"),
        ({"step": steps([LOOK], {"any_of": [BUY], "optional": True}), "order": "unordered"}, "買う"),
    ],
)
def test_a_mistake_is_a_sentence_and_the_choices_stay(at, params, sentence):
    app = at(**params)
    (error,) = [each.value for each in app.error]
    assert sentence in error
    assert any(each.key == "steps_switch" for each in app.button)


def test_what_a_link_asks_in_vain_is_said(at):
    app = at(step=["{", *steps([LOOK], [BUY])], within="soon", by="色")
    assert [row["step"] for row in table(app, "median_days")] == ["①見る", "②買う"]
    (note,) = [each.value for each in app.info]
    assert all(word in note for word in ("\\{", "soon", "色"))


def test_nobody_in_the_period(at):
    app = at(period="2026-03-01..2026-03-31")
    assert "この期間に①見るを行った人がいません" in app.info[0].value


def test_few_people_are_hidden_where_the_workspace_says_so(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("hide_below", 3)
    try:
        app = at(by="端末", part=json.dumps([None, "lost"]))
        assert table(app, "s1")[-1] == {"value": "（空白）"} | dict.fromkeys(("s1", "s2", "s3", "waiting", "lost"), "—")
        assert not any("user_id" in each.value.columns for each in app.dataframe)
        ws.set_setting("hide_below", 8)
        app = at(open='[3,"lost"]')
        assert metrics(app) == {"入った人": "—"}
        assert [each.value for each in app.dataframe] == []
    finally:
        ws.set_setting("hide_below", 0)
        ws.close()


@pytest.mark.long
def test_a_step_may_be_several_activities_filtered_skipped_or_the_same_again(at):
    bought = {"any_of": [BUY], "where": {"column": "amount", "at_least": 600}}
    app = at(step=steps([LOOK], bought), within="none")
    assert [row["step"] for row in table(app, "median_days")] == ["①見る", "②買う（金額 600 以上）"]
    assert [row["reached"] for row in table(app, "median_days")] == [7, 1]
    on_pc = {"any_of": [LOOK, CART], "where": {"column": "端末", "in": ["PC"]}}
    app = at(step=steps(on_pc, on_pc))
    assert [row["reached"] for row in table(app, "median_days")] == [3, 2]
    app = at(step=steps([LOOK], {"any_of": [BUY], "optional": True}, [CART]))
    assert [row["reached"] for row in table(app, "median_days")] == [7, 1, 5]
    app = at(step=steps(*([[LOOK]] * 12)))
    assert [row["reached"] for row in table(app, "median_days")] == [7, *([0] * 11)]


def test_without_an_order_a_bar_is_any_so_many_of_the_steps(at):
    app = at(step=steps([BUY], [LOOK]), order="unordered")
    assert [row["step"] for row in table(app, "median_days")] == ["どれか 1 つ", "どれか 2 つ"]
    assert [row["reached"] for row in table(app, "median_days")] == [7, 1]
    assert "期間中にどれかのステップを行った人" in said(app)


def open_steps(app: AppTest) -> AppTest:
    app.session_state["_steps_open"] = True
    return app.run()


def asked(app: AppTest, key: str = "step") -> list[str]:
    found = app.query_params[key]
    return [found] if isinstance(found, str) else found


@pytest.mark.long
def test_steps_are_added_moved_and_removed_in_the_link(at):
    app = open_steps(at(step=steps([LOOK], [BUY])))
    app.selectbox(key="step_add").set_value(CART)
    open_steps(app)
    assert asked(app) == ['["見る"]', '["買う"]', '["*かご*"]']
    app.button(key="step_2_up").click()
    open_steps(app)
    assert asked(app) == ['["見る"]', '["*かご*"]', '["買う"]']
    assert app.multiselect(key="step_1_kinds").value == [CART]
    app.multiselect(key="step_1_kinds").set_value([CART, BUY])
    open_steps(app)
    assert asked(app)[1] == '["*かご*","買う"]'
    app.button(key="step_1_remove").click()
    open_steps(app)
    assert asked(app) == ['["見る"]', '["買う"]']
    app.multiselect(key="step_1_kinds").set_value([])
    open_steps(app)
    assert [row["step"] for row in table(app, "median_days")] == ["①見る"]
    assert "操作が選ばれていないステップは数えません" in said(app)


def test_a_condition_on_a_column_is_chosen_and_stands_in_the_link(at):
    app = open_steps(at(step=steps([LOOK], [CART])))
    app.selectbox(key="step_0_column").set_value("端末")
    open_steps(app)
    assert [row["reached"] for row in table(app, "median_days")] == [7, 5]  # no value is chosen yet
    app.multiselect(key="step_0_values_端末").set_value(["PC"])
    open_steps(app)
    assert json.loads(asked(app)[0]) == {"any_of": [LOOK], "where": {"column": "端末", "in": ["PC"]}}
    assert [row["reached"] for row in table(app, "median_days")] == [3, 2]
    app.toggle(key="step_1_optional").set_value(True)
    open_steps(app)
    assert json.loads(asked(app)[1]) == {"any_of": [CART], "optional": True}
    app.selectbox(key="step_0_column").set_value("amount")
    open_steps(app)
    app.number_input(key="step_0_least").set_value(1.0)
    open_steps(app)
    assert "期間に" in app.info[0].value  # nobody looks for money
    app.selectbox(key="step_0_column").set_value("-")
    open_steps(app)
    assert asked(app)[0] == '["見る"]'


@pytest.mark.long
def test_a_funnel_is_kept_taken_up_first_and_forgotten(at, folder):
    ws = Workspace.open(folder)
    try:
        app = open_steps(at(step=steps([CART], [BUY]), within="12h", order="strict"))
        app.text_input(key="funnel_name").set_value(" かごから ")
        open_steps(app)
        app.button(key="funnel_keep").click()
        open_steps(app)
        kept = Funnels.from_json(ws.setting(SETTING, ""))
        assert kept.listed == (Funnel("かごから", (Step(CART), Step(BUY)), "12h", "strict"),)
        app = at()
        assert asked(app) == ['["*かご*"]', '["買う"]']
        app = open_steps(at(step=steps([LOOK]), within="7d"))
        app.selectbox(key="funnel_kept").set_value("かごから")
        open_steps(app)
        assert asked(app) == ['["*かご*"]', '["買う"]']
        assert asked(app, "within") + asked(app, "order") == ["12h", "strict"]
        app.button(key="funnel_forget").click()
        open_steps(app)
        assert Funnels.from_json(ws.setting(SETTING, "")) == Funnels()
    finally:
        ws.set_setting(SETTING, "")
        ws.close()


def test_english_says_the_same(at):
    app = at(lang="en", open='[3,"lost"]')
    assert metrics(app)["Ran out of time"] == "3"
    assert users(app) == "bcg"
    assert "3 still have time left" in said(app)


def one_log(tmp_path, monkeypatch, rows) -> AppTest:
    ws = Workspace.open(tmp_path / "workspace")
    put(ws, "activity", rows)
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.folder))
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.switch_page(str(ROOT / "pages" / "funnel.py"))
    app.query_params["lang"] = "ja"
    app.query_params["period"] = QUARTER
    app.run()
    assert not app.exception
    ws.close()
    return app


def test_a_log_of_one_kind_asks_who_comes_again(tmp_path, monkeypatch):
    rows = [row for row in log() if row["activity"] == LOOK]
    rows.append({**rows[0], "occurred_at": datetime(2026, 4, 9)})
    app = one_log(tmp_path, monkeypatch, rows)
    assert [row["reached"] for row in table(app, "median_days")] == [7, 1]


def test_a_log_that_does_not_say_what_was_done_says_so(tmp_path, monkeypatch):
    rows = [{"user_id": row["user_id"], "occurred_at": row["occurred_at"]} for row in log()]
    app = one_log(tmp_path, monkeypatch, rows)
    assert "「何をしたか」の列がない" in app.info[0].value
    assert list(app.dataframe) == []


def test_the_list_of_users_stands_beside_its_people_without_names_while_they_are_hidden(folder, at, tmp_path):
    ws = Workspace.open(folder)
    rows = [[user, "山田", "関東"] for user in "abc"]
    listed = write_csv(
        tmp_path / "users.csv", ["ユーザーID", "氏名", "エリア"], [[user, "山田", "関東"] for user in "abc"]
    )
    export = an.read_export(listed)
    mapping = propose(export, "users").mapping
    mapping = replace(mapping, dimensions=("氏名", "エリア"), left_out=())
    imported = ws.add(export, kind="users", as_of=date(2026, 6, 30), mapping=mapping)
    try:
        rows = {row["user_id"]: row for row in table(at(open='[3,"lost"]'), "user_id")}
        assert (rows["b"]["エリア"], rows["b"]["氏名"]) == ("関東", "山田")
        assert sorted(rows) == ["b", "c", "g"]
        ws.set_setting("names_hidden", True)
        assert "氏名" not in table(at(open='[3,"lost"]'), "user_id")[0]
    finally:
        ws.set_setting("names_hidden", False)
        ws.erase(imported.id)
        ws.close()
