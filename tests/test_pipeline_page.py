"""The page of the pipeline as a script: the sample's deals, phases without numbers, and what is missing or odd."""

import json
from datetime import date, datetime

import pytest
import streamlit as st
from engine_data import put
from page_runs import captions, metrics, opened, table, tables

from analysis.aims import Aim, Aims
from analysis.exports import read_export
from analysis.phase_plan import PhasePlan
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.pipeline_answers import AIMS, PHASES
from tests.support.parts import AS_OF, DATA, entry, mapping

LISTED = "deal_id"


@pytest.fixture(scope="module")
def sales(tmp_path_factory):
    """The deals of the sample company, imported once."""
    place = tmp_path_factory.mktemp("deals") / "workspace"
    ws = Workspace.open(place)
    ws.add(read_export(DATA / entry("deals")["file"]), mapping=mapping("deals"), as_of=AS_OF)
    yield ws
    ws.close()
    st.cache_data.clear()


@pytest.fixture
def fresh(tmp_path):
    """An empty workspace."""
    ws = Workspace.open(tmp_path / "workspace")
    yield ws
    ws.close()


@pytest.fixture
def at(monkeypatch):
    """`at(ws, lang="en")` is the page over a workspace, with these choices in the URL."""

    def visit(ws, **params):
        monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.folder))
        return opened("pipeline", **params)

    yield visit
    incoming.close_all()


def cell(*parts):
    return json.dumps(parts, ensure_ascii=False)


def lists(app):
    """The lists of deals, each by how many it holds; the first is that of the deals to call."""
    return [len(each) for each in tables(app, LISTED)]


def test_the_deals_stand_where_the_sample_says(at, sales):
    app = at(sales)
    assert metrics(app) == {
        "進行中の商談": "100 件",
        "受注率": "36.0%",
        "受注までの日数（中央値）": "77 日",
        "長く動いていない": "76 件",
    }
    said = captions(app)
    assert "受注 72 / 終わった 200 件" in said
    assert "商談 300 ＝ 進行中 100 ＋ 受注 72 ＋ 失注 128" in said
    assert "金額が空の 22 件を除く" in said
    stand = table(app, "reached").set_index("phase")
    assert stand["reached"].tolist()[:5] == [300, 220, 154, 105, 72]
    assert stand["step_rate"].tolist()[1:5] == ["73.3%", "70.0%", "68.2%", "68.6%"]
    assert lists(app) == [76]


def test_nobody_leads_by_three_deals(at, sales):
    rates = table(at(sales, by="owner"), "shrunk_rate").set_index("name")
    assert rates.loc["岡 直人", ["won", "closed", "win_rate"]].tolist() == [3, 3, "100.0% ※"]
    assert rates.loc["佐伯 由香", ["won", "closed", "win_rate"]].tolist() == [18, 40, "45.0%"]
    assert rates.index[0] == "佐伯 由香"
    assert rates["closed"].sum() == 200


def test_reasons_keep_those_without_one_in_sight(at, sales):
    app = at(sales)
    reasons = table(app, "cumulative_share")
    assert reasons[["name", "deals"]].to_numpy().tolist() == [
        ["価格", 38], ["時期", 26], ["競合", 14], ["途絶", 10], ["（理由なし）", 40],
    ]  # fmt: skip
    assert "失注 128 件のうち 40 件（31.3%）は理由が書かれていません。" in captions(app)


@pytest.mark.parametrize(
    ("key", "value", "n"),
    [
        ("cell", ("3 提案", "deals"), 23),
        ("cell", ("3 提案", "reached"), 154),
        ("age", (2, "deals"), 44),
        ("rate", ("佐伯 由香", "won"), 18),
        ("rate", ("岡 直人", "open"), 6),
        ("reason", ("価格", "deals"), 38),
        ("reason", (None, "deals"), 40),
    ],
)
def test_a_number_opens_as_many_deals_as_it_says(at, sales, key, value, n):
    found = lists(at(sales, by="owner", **{key: cell(*value)}))
    assert sorted(found) == sorted([76, n])  # beside the deals to call


@pytest.mark.parametrize("times", ["1", "2", "3"])
def test_the_deals_to_call_are_as_many_as_the_choice_says(at, sales, times):
    app = at(sales, over=times)
    found = table(app, LISTED)
    assert (found["days_here"] > int(times) * found["usual_days"]).all()
    assert found["days_over"].is_monotonic_decreasing


@pytest.mark.long
@pytest.mark.parametrize("by", ["created_month", "closed_month"])
def test_the_deals_of_a_month_are_listed(at, sales, by):
    rates = table(at(sales, by=by), "shrunk_rate").set_index("name")
    assert rates["closed"].sum() == 200
    app = at(sales, by=by, rate=cell("2026-01-01T00:00:00", "closed"))
    assert rates.loc["2026年1月", "closed"] in lists(app)


def test_the_page_speaks_english(at, sales):
    app = at(sales, lang="en")
    assert metrics(app)["Win rate"] == "36.0%"
    assert "72 won of 200 closed" in captions(app)


def test_aims_are_laid_beside_what_came(at, sales):
    aims = Aims(("source", "従業員規模"), (Aim(("紹介", "300名以上"), 0.4), Aim(("電話", "100名未満"), 0.1)))
    sales.set_setting(AIMS, aims.to_json())
    try:
        app = at(sales)
        found = table(app, "gap_deals")
        assert found["name"].tolist() == ["紹介 × 300名以上", "電話 × 100名未満"]
        assert found["target_share"].tolist() == ["40.0%", "10.0%"]
        app = at(sales, aim=cell(0, "deals"))
        assert found["deals"].iloc[0] in lists(app)
        assert "50.0% 少なく" in captions(app)
    finally:
        sales.set_setting(AIMS, "")


@pytest.mark.long
def test_what_the_phases_mean_can_be_changed_and_everything_follows(at, sales):
    plan = PhasePlan(("1 アプローチ", "2 ヒアリング", "3 提案"), ("4 見積", "5 受注"), ("6 失注",))
    sales.set_setting(PHASES, plan.to_json())
    try:
        app = at(sales)
        assert metrics(app)["進行中の商談"] == "85 件"
        assert "受注 87 / 終わった 215 件" in captions(app)
    finally:
        sales.set_setting(PHASES, "")


def test_while_names_are_hidden_the_owner_is_gone(at, sales):
    sales.set_setting("names_hidden", True)
    sales.set_setting(AIMS, Aims(("owner",), (Aim(("岡 直人",), 0.5),)).to_json())
    try:
        app = at(sales, by="owner")
        assert "岡 直人" not in str([each.value.to_numpy().tolist() for each in app.dataframe])
        assert "ねらいは、いま隠している項目で決めてあります。" in captions(app)
    finally:
        sales.set_setting("names_hidden", False)
        sales.set_setting(AIMS, "")


def test_junk_in_the_url_is_ignored(at, sales):
    names = ("days", "several", "over", "by", "cell", "age", "rate", "reason", "aim", "as_of", "where")
    app = at(sales, **dict.fromkeys(names, "x"))
    assert metrics(app)["受注率"] == "36.0%"
    assert lists(app) == [76]


def test_without_deals_the_page_says_what_it_needs(at, fresh):
    app = at(fresh)
    assert metrics(app) == {}
    assert "商談の一覧を取り込む" in [button.label for button in app.button]


# Lists of other forms


def deals(ws, *rows, as_of=date(2026, 1, 31)):
    put(ws, "deals", [{"deal_id": f"d{i}", **row} for i, row in enumerate(rows)], as_of=as_of)


def test_one_deal_without_dates_amount_and_reason(at, fresh):
    deals(fresh, {"phase": "提案"})
    app = at(fresh)
    assert metrics(app) == {
        "進行中の商談": "1 件",
        "受注率": "–",
        "受注までの日数（中央値）": "–",
        "長く動いていない": "–",
    }
    assert "金額の列がありません" in captions(app)
    assert "フェーズの順番が分からないので" in captions(app)


def test_deals_that_are_all_lost_have_a_rate_of_nothing_and_no_open_ones(at, fresh):
    deals(fresh, *[{"phase": "失注", "lost_reason": reason} for reason in ("価格;時期", "価格", None)])
    app = at(fresh)
    assert (metrics(app)["受注率"], metrics(app)["進行中の商談"]) == ("0.0% ※", "0 件")
    assert "進行中の商談はありません。" in captions(app)
    assert table(app, "cumulative_share")["deals"].tolist() == [2, 1, 1]
    assert table(at(fresh, several="first"), "cumulative_share")["deals"].tolist() == [2, 1]


def test_deals_that_are_all_won_have_no_reasons(at, fresh):
    deals(fresh, {"phase": "受注", "lost_reason": None, "source": "紹介"})
    app = at(fresh)
    assert metrics(app)["受注率"] == "100.0% ※"
    assert "失注した商談はありません。" in captions(app)


@pytest.mark.long
def test_phases_without_numbers_have_no_rates_until_somebody_orders_them(at, fresh):
    rows = [{"phase": phase} for phase in ("提案", "提案", "接触", "受注", "失注")]
    deals(fresh, *rows)
    assert tables(at(fresh), "step_rate") == []
    fresh.set_setting(PHASES, PhasePlan(("接触", "提案"), ("受注",), ("失注",)).to_json())
    stand = table(at(fresh), "step_rate").set_index("phase")
    assert stand["reached"].tolist()[:3] == [4, 3, 1]
    deals(fresh, *rows, {"phase": "交渉"}, as_of=date(2026, 2, 28))
    app = at(fresh)
    assert "決めた順番を使わずに数えています" in app.warning[0].value
    assert tables(app, "step_rate") == []


@pytest.mark.long
def test_of_several_lists_the_chosen_one_is_counted_everywhere(at, fresh):
    line = {"created_at": datetime(2026, 1, 5), "lost_reason": "価格"}
    deals(fresh, {"phase": "失注", **line}, {"phase": "1 提案", **line})
    deals(fresh, *[{"phase": "失注", **line}] * 3, as_of=date(2026, 2, 28))
    assert table(at(fresh), "cumulative_share")["deals"].tolist() == [3, 0]
    app = at(fresh, as_of="2026-01-31")
    assert table(app, "cumulative_share")["deals"].tolist() == [1, 0]
    assert metrics(app)["進行中の商談"] == "1 件"
