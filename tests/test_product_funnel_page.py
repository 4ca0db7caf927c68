"""The page of the funnel over purchases, as a script over literal orders: numbers, customers, choices, mistakes."""

import json
from datetime import datetime

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

from analysis.funnel_definitions import ORDERS, Funnel, Funnels
from analysis.funnel_definitions import SETTING as FUNNELS
from analysis.funnel_steps import Step
from analysis.merge_decisions import Decision, Decisions
from analysis.product_groups import SETTING, Grouping, Groupings
from analysis.workspace import Workspace
from dashboard import downloads, incoming
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-04-01..2026-06-30"
SAMPLE, BOTTLE, TRIAL = "SP-1", "BE-030", "BE-030T"
SERUM = Grouping.of(
    {
        "name": "商品の*種類*",
        "groups": [
            {"name": "美容液", "rules": [{"kind": "prefix", "value": "BE-"}]},
            {"name": "お試し", "rules": [{"kind": "code", "value": SAMPLE}]},
        ],
    }
)
ORDERED = """
a 店 2026-04-01 SP-1 10
a 店 2026-04-11 BE-030 60
b 通販 2026-04-02 SP-1 10
b 通販 2026-04-20 BE-030 -60
c 通販 2026-04-03 SP-1 10
c 通販 2026-06-29 BE-030T 60
d - 2026-06-20 SP-1 10
e 店 2026-05-01 BE-030 60
a2 店 2026-06-01 BE-030T 60
h 店 2026-01-10 SP-1 10
h 店 2026-02-10 BE-030 60
- 店 2026-06-30 SP-1 10
z 店 2026-01-01 LO-1 10
"""


def lines():
    rows = [line.split() for line in ORDERED.strip().splitlines()]
    return [
        {
            "customer_id": None if who == "-" else who,
            "ordered_at": datetime.fromisoformat(day),
            "product_code": code,
            "amount": int(amount),
            "order_id": str(number),
            "経路": None if shop == "-" else shop,
            "商品名": "美容液 *30mL*" if code == BOTTLE else code,
        }
        for number, (who, shop, day, code, amount) in enumerate(rows, 1)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with these orders and one grouping, and no log of use."""
    place = tmp_path_factory.mktemp("product_funnel") / "workspace"
    ws = Workspace.open(place)
    put(ws, "orders", lines())
    ws.set_setting(SETTING, Groupings((SERUM,)).to_json())
    yield place
    ws.close()


def page_at(monkeypatch, folder, **params) -> AppTest:
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.switch_page(str(ROOT / "pages" / "funnel.py"))
    for key, value in ({"lang": "ja", "period": QUARTER} | params).items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


@pytest.fixture
def at(folder, monkeypatch):
    """`at(lang="en", step=[…])` is the page, opened with these choices in the URL."""
    yield lambda **params: page_at(monkeypatch, folder, **params)
    st.cache_data.clear()
    incoming.close_all()


def steps(*listed) -> list[str]:
    return [json.dumps(each, ensure_ascii=False) for each in listed]


WAY = steps(["お試し"], ["美容液"])


def table(app: AppTest, column: str) -> list[dict]:
    (found,) = [each.value for each in app.dataframe if column in each.value.columns]
    return found.to_dict("records")


def customers(app: AppTest) -> str:
    return "".join(sorted(row["customer_id"] for row in table(app, "customer_id")))


def numbers(app: AppTest) -> list[tuple]:
    return [(row["step"], row["reached"], row["waiting"], row["lost"]) for row in table(app, "median_days")]


def said(app: AppTest) -> str:
    return "\n".join([*(each.value for each in app.caption), *(each.value for each in app.markdown)])


def test_without_a_log_of_use_the_page_is_about_purchases(at):
    app = at(step=WAY, within="30d")
    assert {each.label: each.value for each in app.metric} == {
        "入ったお客さま": "4 社",
        "最後まで到達": "25.0% ※",
        "期限内（これから）": "1 社",
        "期限切れ": "2 社",
    }
    assert numbers(app) == [("①お試し", 4, 0, 0), ("②美容液", 1, 1, 2)]
    assert "of" not in [each.key for each in app.segmented_control]
    assert "1 / 4 社" in said(app)
    assert "返品・取り消しは購入に数えません" in said(app)


@pytest.mark.parametrize(("state", "who"), [("reached", "a"), ("waiting", "d"), ("lost", "bc")])
def test_every_number_opens_its_customers(at, state, who):
    app = at(step=WAY, within="30d", open=json.dumps([2, state]))
    assert customers(app) == who
    assert "customer_name" not in table(app, "customer_id")[0]  # no table has a name for anybody


def test_before_anybody_chooses_the_most_bought_of_the_grouping_are_the_steps(at):
    app = at()
    assert app.query_params["step"] == steps(["お試し"], ["美容液"])
    assert app.query_params["within"] == "30d"


def test_bare_codes_stand_with_their_names(at):
    app = at(grouping="-", step=steps([SAMPLE], [BOTTLE, TRIAL]), within="90d")
    assert numbers(app) == [("①SP-1", 4, 0, 0), ("②BE-030　美容液 *30mL* / BE-030T", 2, 2, 0)]


def test_returns_count_as_purchases_only_where_the_reader_says_so(at):
    app = at(step=WAY, within="30d", cancellations="as_written", open='[2,"reached"]')
    assert customers(app) == "ab"
    assert "返品・取り消しの行も購入に数えています" in said(app)


def test_customers_that_were_merged_are_one(at, folder):
    ws = Workspace.open(folder)
    try:
        both = steps(["美容液"], ["美容液"])
        assert numbers(at(step=both, within="90d"))[1][1] == 0
        decided = Decisions().add(Decision("a2", "a", "same", "somebody", "2026-07-01 10:00"))
        ws.set_setting("customer_merges", decided.to_json())
        assert customers(at(step=both, within="90d", open='[2,"reached"]')) == "a"
    finally:
        ws.set_setting("customer_merges", "")
        ws.close()


def test_by_a_column_of_the_orders(at):
    app = at(step=WAY, within="30d", by="経路", part=json.dumps(["通販", "lost"]))
    rows = [tuple(row.values()) for row in table(app, "s1")]
    assert rows == [
        ("通販", "2 ※", "0　0.0% ※", "0", "2"),
        ("店", "1 ※", "1　100.0% ※", "0", "0"),
        ("（空白）", "1 ※", "0　0.0% ※", "1", "0"),
    ]
    assert customers(app) == "bc"


def test_two_periods_side_by_side(at):
    app = at(step=WAY, within="90d")
    assert [(row["first"], row["second"]) for row in table(app, "first")] == [
        ("1　100.0%", "4　100.0%"),
        ("1　100.0%", "2　50.0%"),
    ]
    assert customers(at(step=WAY, within="90d", side=json.dumps([2, "first"]))) == "h"


def test_a_condition_is_about_a_column_of_the_orders(at):
    in_shop = {"any_of": ["お試し"], "where": {"column": "経路", "in": ["店"]}}
    assert numbers(at(step=steps(in_shop, ["美容液"])))[0] == ("①お試し（経路 = 店）", 1, 0, 0)
    large = {"any_of": ["美容液"], "where": {"column": "amount", "at_least": 100}}
    assert numbers(at(step=steps(["お試し"], large)))[1][:2] == ("②美容液（金額 100 以上）", 0)


def test_a_product_that_nobody_bought_is_a_sentence_and_the_choices_stay(at):
    app = at(step=steps(["お試し"], ["化粧液"]))
    (error,) = [each.value for each in app.error]
    assert "商品「化粧液」の購入が 1 件もありません" in error
    assert "美容液" in error
    assert any(each.key == "steps_switch" for each in app.button)


def test_what_a_link_asks_of_orders_in_vain_is_said(at):
    (note,) = [each.value for each in at(of="log", grouping="色別", cancellations="none", by="色").info]
    assert all(word in note for word in ("log", "色別", "none", "色"))


def test_downloads_say_what_was_counted(at, monkeypatch):
    told = []
    monkeypatch.setattr(downloads, "button", lambda page, frame, **options: told.append((frame, options)))
    at(step=WAY, within="30d", cancellations="as_written", open='[2,"lost"]')
    meanings = [dict(options["definitions"]) for _, options in told]
    words = {words for _, options in told for _, words in options["definitions"]}
    assert {each["商品の分け方"] for each in meanings} == {"商品の*種類*"}
    assert {each["返品・取り消しの行"] for each in meanings} == {"購入に数える"}
    assert {each["何を追うか"] for each in meanings} == {"注文の商品"}
    assert "商品のステップの到達率（ファネル）" in words
    assert "ステップの到達率（ファネル）" not in words
    assert [len(frame) for frame, _ in told if "customer_id" in frame] == [1]


def test_few_customers_are_hidden_where_the_workspace_says_so(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("hide_below", 5)
    try:
        app = at(step=WAY, open='[2,"lost"]')
        assert {each.label: each.value for each in app.metric} == {"入ったお客さま": "—"}
        assert "お客さまが 5 社未満のため" in said(app)
    finally:
        ws.set_setting("hide_below", 0)
        ws.close()


def test_english_says_the_same(at):
    app = at(lang="en", step=WAY, within="30d", open='[2,"lost"]')
    assert {each.label: each.value for each in app.metric}["Ran out of time"] == "2"
    assert "1 / 4 customers" in said(app)
    assert customers(app) == "bc"


# Beside a log of use


@pytest.fixture
def both(tmp_path, monkeypatch):
    """`both(of="orders")` is the page over a workspace with a log, too, and a list of customers."""
    ws = Workspace.open(tmp_path / "workspace")
    put(ws, "orders", lines())
    users = [{"user_id": who, "occurred_at": datetime(2026, 4, day), "activity": kind} for who, day, kind in USED]
    put(ws, "activity", users)
    put(
        ws,
        "customers",
        [{"customer_id": "b", "customer_name": "みなと薬品", "地域": "関東"}],
        as_of=datetime(2026, 6, 30).date(),
    )
    ws.set_setting(SETTING, Groupings((SERUM,)).to_json())
    yield lambda **params: page_at(monkeypatch, ws.folder, **params)
    ws.close()
    st.cache_data.clear()
    incoming.close_all()


USED = [("u", 1, "見る"), ("u", 2, "買う"), ("v", 1, "見る")]


def test_the_reader_goes_from_the_log_to_the_orders_and_back(both):
    app = both()
    assert [row[:2] for row in numbers(app)] == [("①見る", 2), ("②買う", 1)]
    app.segmented_control(key="of").set_value("orders").run()
    assert not app.exception
    assert app.query_params["of"] == "orders"
    assert [row[:2] for row in numbers(app)] == [("①お試し", 4), ("②美容液", 1)]
    assert app.query_params["within"] == "30d"
    app.radio(key="grouping").set_value("-").run()
    assert not app.exception
    assert [row[0] for row in numbers(app)] == ["①SP-1", "②BE-030　美容液 *30mL*"]
    app.segmented_control(key="of").set_value("log").run()
    assert not app.exception
    assert [row[:2] for row in numbers(app)] == [("①見る", 2), ("②買う", 1)]


def test_customers_stand_with_their_name_and_without_while_names_are_hidden(both, tmp_path):
    rows = {
        row["customer_id"]: row
        for row in table(both(of="orders", step=WAY, open='[2,"lost"]', within="30d"), "customer_id")
    }
    assert (rows["b"]["customer_name"], rows["b"]["地域"]) == ("みなと薬品", "関東")
    assert sorted(rows) == ["b", "c"]
    ws = Workspace.open(tmp_path / "workspace")
    ws.set_setting("names_hidden", True)
    ws.close()
    assert "customer_name" not in table(both(of="orders", step=WAY, open='[2,"lost"]', within="30d"), "customer_id")[0]


def test_a_funnel_of_products_is_kept_with_its_grouping_and_taken_up(both, tmp_path):
    ws = Workspace.open(tmp_path / "workspace")
    app = both(of="orders", grouping="-", step=steps([SAMPLE], [BOTTLE]), within="14d", order="strict")
    app.session_state["_steps_open"] = True
    app.run()
    app.text_input(key="funnel_name").set_value("定番へ")
    app.session_state["_steps_open"] = True
    app.run()
    app.button(key="funnel_keep").click().run()
    kept = Funnels.from_json(ws.setting(FUNNELS, ""))
    assert kept.listed == (Funnel("定番へ", (Step(SAMPLE), Step(BOTTLE)), "14d", "strict", ORDERS, None),)
    app = both()
    assert [row[0] for row in numbers(app)] == ["①見る", "②買う"]  # a kept funnel of products is none of the log
    app.session_state["_steps_open"] = True
    app.run()
    app.selectbox(key="funnel_kept").set_value("定番へ")
    app.session_state["_steps_open"] = True
    app.run()
    assert not app.exception
    assert app.query_params["of"] == "orders"
    assert app.query_params["grouping"] == "-"
    assert [row[0] for row in numbers(app)] == ["①SP-1", "②BE-030　美容液 *30mL*"]
    ws.close()
