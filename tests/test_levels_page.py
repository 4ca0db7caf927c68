"""The page of the levels as a script, over literal customers: numbers, movement, grid, outcome, check sheet."""

import json
from datetime import date, datetime

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

import analysis as an
from analysis.lesson import sample
from analysis.workspace import Workspace
from dashboard import incoming, level_marks
from dashboard.level_answers import SETTING
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
DAY = date(2026, 3, 31)
SHOPS = 40
LEVELS = {
    "states": [
        {"name": "注文*あり*", "rule": {"events": "orders", "days": 60}},
        {"name": "担当が決まっている", "rule": {"filled": "owner"}},
    ],
    "levels": [{"name": "使い始め", "at_least": 1}, {"name": "活用中", "at_least": 2}],
}
NAMED = {"states": [*LEVELS["states"], {"name": "担当が決まった人", "rule": {"column": "owner", "in": ["堀 圭介"]}}]}
LATE = {"states": [LEVELS["states"][0], {"name": "結果が入っている", "rule": {"filled": "outcome"}}], "levels": []}
AREAS = ("関東", "近畿", None, "九州")


def written(levels):
    return json.dumps({"version": 1, **levels}, ensure_ascii=False)


def midnight(day):
    return datetime.combine(day, datetime.min.time())


def shops(owned):
    """s01 … s40; every fourth without an area, the first `owned` with an owner."""
    return [
        {
            "customer_id": f"s{i:02}",
            "customer_name": f"_店_{i}",
            "owner": "岡" if i <= owned else None,
            "area": AREAS[i % 4],
        }
        for i in range(1, SHOPS + 1)
    ]


def orders():
    """s01 … s20 order in March, s21 … s30 in November; the history reaches back a year."""
    days = {i: date(2026, 3, 10) if i <= 20 else date(2025, 11, 30) for i in range(1, 31)}
    rows = [(f"s{i:02}", day) for i, day in days.items()] + [("s40", date(2025, 1, 1)), ("s01", DAY)]
    return [{"customer_id": who, "ordered_at": midnight(day), "amount": 100} for who, day in rows]


def terms():
    """Everybody's term ends on 31 March; s01 … s15 and s36 … s40 renew."""
    start, end = midnight(date(2025, 4, 1)), midnight(DAY)
    renews = [*range(1, 16), *range(36, 41)]
    return [
        {
            "customer_id": f"s{i:02}",
            "term_start": start,
            "term_end": end,
            "outcome": "更新" if i in renews else "解約",
        }
        for i in range(1, SHOPS + 1)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shops") / "workspace"
    ws = Workspace.open(place)
    put(ws, "customers", shops(10), as_of=date(2025, 10, 31))
    put(ws, "customers", shops(15), as_of=DAY)
    put(ws, "orders", orders())
    put(ws, "contracts", terms(), as_of=DAY)
    ws.set_setting(SETTING, {"customers": written(LEVELS), "contracts": written(LATE)})
    yield place
    ws.close()


@pytest.fixture(scope="module")
def opened():
    """Pages that were opened already: what one look at a page shows is asked by several tests."""
    yield {}
    st.cache_data.clear()
    incoming.close_all()


@pytest.fixture
def at(folder, opened, monkeypatch):
    """`at(lang="en", …)` is the page with these choices in the URL."""

    def visit(workspace=folder, again=False, **params) -> AppTest:
        key = f"{workspace} {params}"
        if key not in opened or again:
            monkeypatch.setenv("GENZAICHI_WORKSPACE", str(workspace))
            app = AppTest.from_file(MAIN, default_timeout=120)
            app.switch_page(str(ROOT / "pages" / "levels.py"))
            for name, value in ({"lang": "ja"} | params).items():
                app.query_params[name] = value
            app.run()
            assert not app.exception
            opened[key] = app
        return opened[key]

    return visit


def metrics(app):
    return {each.label: each.value for each in app.metric}


def texts(app):
    return "\n".join(each.value for each in [*app.caption, *app.markdown, *app.info])


def frame(app, column):
    (found,) = [each.value for each in app.dataframe if column in each.value.columns]
    return found


def lists(app):
    """Every list of customers on the page but the grid, whose states are ticks."""
    found = [each.value for each in app.dataframe if "customer_id" in each.value.columns]
    return [each for each in found if "_s1" not in each or each["_s1"].dtype != bool]


def cell(row, column):
    return json.dumps([row, column], ensure_ascii=False, separators=(",", ":"))


# Numbers


def test_the_headline_says_who_stands_where_and_what_most_lack(at):
    """15 have an owner and 20 ordered: both 15, one of the two 5, neither 20."""
    app = at()
    assert metrics(app) == {
        "お客さま": "40 社",
        "「活用中」の割合": "37.5%",
        "「使い始め」に届かない": "20 社",
        "いちばん足りない状態": "25 社",
        "上がった": "20 社",
        "同じレベル": "10 社",
        "下がった": "10 社",
    }
    assert "「担当が決まっている」がない会社" in texts(app)
    assert "2026年3月31日に有効なお客さま一覧の全員" in texts(app)


def test_movement_counts_every_customer_once_and_opens_them(at):
    """On 31 December s01–s10 had an owner, and s21–s30 had ordered within 60 days."""
    app = at(moved=cell(1, "c2"))
    table = frame(app, "c0")
    inside = [list(row) for row in table[["c0", "c1", "c2"]].to_numpy()]
    assert sum(map(sum, inside)) == SHOPS
    (listed,) = lists(app)
    assert len(listed) == inside[1][2] == 10
    assert set(listed["move"]) == {"上がった"}


@pytest.mark.parametrize(("column", "n"), [("fulfilled", 20), ("lacking", 20)])
def test_a_state_opens_as_many_customers_as_it_says(at, column, n):
    app = at(state=cell("注文*あり*", column))
    assert frame(app, "rule")[column].tolist()[0] == n
    (listed,) = lists(app)
    assert len(listed) == n
    assert set(listed["_s1"]) == {1 if column == "fulfilled" else 0}


def test_the_grid_is_sorted_by_level_and_shows_every_state(at):
    app = at(level="2")
    (grid,) = [each.value for each in app.dataframe if "_s1" in each.value and each.value["_s1"].dtype == bool]
    assert grid["customer_id"].tolist() == [f"s{i:02}" for i in range(1, 16)]
    assert grid[["_s1", "_s2"]].to_numpy().all()
    (every,) = [each.value for each in at().dataframe if "_s1" in each.value and each.value["_s1"].dtype == bool]
    assert every["level"].tolist() == ["活用中"] * 15 + ["使い始め"] * 5 + ["「使い始め」に届かない"] * 20


def test_a_dimension_splits_the_levels_and_its_cells_open(at):
    app = at(rows="area", part=cell(None, "l2"))
    table = frame(app, "l0")
    assert table["value"].tolist() == ["関東", "近畿", "九州", "（空白）"]
    assert table["all"].tolist() == [10, 10, 10, 10]
    assert table[["l2", "l1", "l0"]].sum().tolist() == [15, 5, 20]
    (listed,) = lists(app)
    assert len(listed) == table["l2"].tolist()[3]
    assert {int(each[1:]) % 4 for each in listed["customer_id"]} == {2}


# Outcome


def test_the_outcome_is_said_in_plain_words_with_both_sides(at):
    """90 days before the end s21–s30 had ordered, none of whom renews; of the others 20 of 30 do."""
    app = at(outcome_lead="90")
    said = texts(app)
    assert "全体では 40 社のうち 20 社（50.0%）が更新" in said
    assert "の会社は **0.0%**（0 / 10 社）が更新、ない会社は **66.7%**（20 / 30 社）です。" in said
    assert "注文\\*あり\\*" in said
    assert "8 つも調べれば、1 つは偶然「関係あり」に見えます。" in said
    for word in ("φ", "PPV", "NPV", "リフト"):
        assert word not in "\n".join(each.value for each in app.caption)


def test_a_side_of_the_outcome_opens_its_customers(at):
    app = at(outcome_lead="90", against=cell("注文*あり*", "without_state"))
    (listed,) = lists(app)
    assert len(listed) == 30
    assert sorted(set(listed["outcome"])) == [0, 1]


def test_a_state_that_was_written_down_later_is_left_out_with_its_sentence(at):
    app = at(base="contracts", outcome_lead="90")
    (said,) = [each.value for each in app.info]
    assert "結果が入っている" in said
    assert "あとに記録されています" in said
    assert frame(app, "with_state")["state"].tolist() == ["注文*あり*"]
    assert "レベルがまだ決まっていません" in texts(app)


def test_an_outcome_that_is_the_same_for_all_is_one_sentence_and_the_page_goes_on(at):
    app = at(outcome="amount", outcome_period="2026-03-01..2026-03-30", outcome_amount="1000000")
    assert "両方がないと、関係は調べられません" in texts(app)
    assert frame(app, "who")["customer"].tolist()[0] == "s01\u3000_店_1"


def test_another_state_is_an_outcome_of_the_others(at):
    app = at(outcome="state", outcome_state="1", outcome_lead="30")
    assert frame(app, "with_state")["state"].tolist() == ["担当が決まっている"]
    assert "「注文\\*あり\\*」に当てはまる" in texts(app)


# The check sheet


def test_marks_are_kept_with_author_and_time_and_show_where_the_rule_disagrees(at, folder, monkeypatch):
    monkeypatch.setattr("dashboard.guard.getpass.getuser", lambda: "岡")
    ws = Workspace.open(folder)
    marks = {"s01": "活用中", "s16": "活用中", "s40": 0, "s02": None, "gone": "使い始め", "s03": "昔のレベル"}
    try:
        level_marks.keep(ws, "customers", None, marks)
        kept = level_marks.kept(ws, "customers", None)
        assert [*kept] == ["s01", "s16", "s40", "gone", "s03"]
        assert kept["s01"]["who"] == "岡"
        monkeypatch.setattr("dashboard.guard.getpass.getuser", lambda: "堀")
        level_marks.keep(ws, "customers", None, marks | {"s16": "使い始め"})
        after = level_marks.kept(ws, "customers", None)
        assert (after["s01"], after["s16"]["who"]) == (kept["s01"], "堀")
        level_marks.keep(ws, "customers", None, marks)
        app = at(again=True)
        found = metrics(app)
        assert (found["一致した割合"], found["食い違う会社"]) == ("66.7% ※", "1 社")
        said = texts(app)
        assert "印を付けた 1 社は、いまの一覧にいません" in said
        assert "いまはないレベルに付けた印 1 件" in said
        (listed,) = lists(app)
        assert listed[["customer_id", "mark_level", "ruled_level"]].to_numpy().tolist() == [
            ["s16", "活用中", "使い始め"]
        ]
        assert frame(app, "r0")["r2"].tolist() == [1, 0, 0]
    finally:
        level_marks.keep(ws, "customers", None, {})
        ws.close()


# What may be missing or wrong


def test_names_that_are_hidden_stand_nowhere(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("names_hidden", True)
    before = ws.setting(SETTING)
    ws.set_setting(SETTING, before | {"customers": written(NAMED)})
    try:
        app = at(state=cell("注文*あり*", "fulfilled"), rows="owner", again=True)
        shown = str([each.value.to_numpy().tolist() for each in app.dataframe])
        assert "s01" in shown
        assert "_店_" not in shown + texts(app)
        assert "堀 圭介" not in shown + texts(app)
        assert frame(app, "rule")["rule"].tolist()[2] == "（隠しています）"
        ws.set_setting("names_hidden", False)
        assert "堀 圭介" in texts(at(again=True))
    finally:
        ws.set_setting("names_hidden", False)
        ws.set_setting(SETTING, before)
        ws.close()


def test_junk_in_the_link_is_ignored_and_said(at):
    app = at(
        base="weather",
        as_of="2026-99-99",
        before="x",
        rows="no",
        state="[1,2",
        level="9",
        outcome="x",
        check="77",
        outcome_lead="-5",
        outcome_period="soon",
    )
    assert metrics(app)["お客さま"] == "40 社"
    assert "weather" in texts(app)
    assert lists(app) == []


def test_a_day_before_everything_is_the_first_day(at):
    app = at(as_of="1999-01-01", lang="en")
    assert app.query_params["as_of"] in ("2025-01-01", ["2025-01-01"])


def small(place, **tables):
    ws = Workspace.open(place)
    for kind, rows in tables.items():
        put(ws, kind, rows, as_of=DAY)
    return ws


def test_without_any_table_of_customers_the_page_says_what_it_needs(at, tmp_path):
    small(tmp_path / "none", orders=[{"ordered_at": midnight(DAY), "amount": 1}]).close()
    app = at(tmp_path / "none")
    assert "お客さま一覧" in texts(app)
    assert app.dataframe == [] or len(app.dataframe) == 0


def test_customers_without_anything_that_tells_of_a_state_can_be_given_one(at, tmp_path):
    small(tmp_path / "bare", customers=[{"customer_id": "a", "area": "East"}]).close()
    app = at(tmp_path / "bare")
    assert "まだ状態がありません" in texts(app)
    assert len(frame(app, "test")) == 0


def test_one_customer_is_enough(at, tmp_path):
    orders_of_one = [{"customer_id": "a", "ordered_at": midnight(DAY), "amount": 10}]
    small(tmp_path / "one", customers=[{"customer_id": "a"}], orders=orders_of_one).close()
    app = at(tmp_path / "one")
    assert metrics(app)["お客さま"] == "1 社"
    assert metrics(app)["「使いこなし」の割合"] == "100.0% ※"


def test_25_of_36_shops_have_a_planned_day_of_which_16_are_to_come(at, tmp_path):
    ws = Workspace.open(tmp_path / "story")
    ws.add(an.read_export(sample("story/production_20260331.xlsx")))
    unpublished = {"not": {"filled": "公開"}}
    planned = [
        {"name": name, "rule": {"all": [unpublished, rule]}}
        for name, rule in (
            ("予定日あり", {"filled": "公開予定日"}),
            ("予定日がこれから", {"filled": "公開予定日", "when": "future"}),
        )
    ]
    ws.set_setting(SETTING, {"cases": written({"states": [{"name": "制作中", "rule": unpublished}, *planned]})})
    ws.close()
    app = at(tmp_path / "story")
    assert frame(app, "rule")[["state", "fulfilled"]].to_numpy().tolist() == [
        ["制作中", 36],
        ["予定日あり", 25],
        ["予定日がこれから", 16],
    ]
    still = at(tmp_path / "story", where='["ボール","お客さま","当社"]')
    assert metrics(still)["お客さま"] == "36 社"
    assert frame(still, "rule")["fulfilled"].tolist() == [36, 25, 16]
