"""The page of products as a script, over literal orders: numbers, first purchases, ways, pairs, groups, customers."""

from datetime import datetime

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

from analysis.merge_decisions import Decision, Decisions
from analysis.product_groups import SETTING, Grouping, Groupings
from analysis.workspace import Workspace
from dashboard import downloads, incoming
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
PERIOD = "2025-04-01..2025-09-30"
FIRST = {"SP-BE03": (29, 240), "BE-030": (27, 90), "BE-030T": (38, 45), "ST-BE01": (10, 25), "LO-150": (4, 20)}
SERUM = Grouping.of(
    {
        "name": "商品の*種類*",
        "groups": [
            {"name": "美容液", "rules": [{"kind": "prefix", "value": "BE-"}, {"kind": "pattern", "value": "S?-BE*"}]},
            {"name": "化粧水", "rules": [{"kind": "code", "value": "lo-150"}, {"kind": "code", "value": "NO-1"}]},
        ],
    }
)


def line(customer, day, code, amount, order, **more):
    at = datetime.fromisoformat(day)
    row = {"customer_id": customer, "ordered_at": at, "product_code": code, "amount": amount, "order_id": order}
    return row | {"商品名": f"[{code}](http://x)"} | more


def lines():
    """A customer each who begins with a code, a second order of some; a return; a line of nobody."""
    found = []
    for code, (again, customers) in FIRST.items():
        for i in range(customers):
            name = f"{code}-{i}@example.jp" if code == "LO-150" else f"{code}-{i}"
            found.append(line(name, "2025-05-01 10:00", code, 1000, f"{code}-{i}"))
            if i < again:
                found.append(line(name, "2025-06-10 10:00", "BE-030", 2000, f"{code}-{i}+"))
    found.append(line("SP-BE03-0", "2025-06-20", "BE-030", -500, "R-1"))
    found.append(line(None, "2025-09-30", "ZZ", 300, "N-1"))
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A workspace with these orders and one grouping."""
    place = tmp_path_factory.mktemp("products") / "workspace"
    ws = Workspace.open(place)
    put(ws, "orders", lines())
    ws.set_setting(SETTING, Groupings((SERUM,)).to_json())
    yield place
    ws.close()


@pytest.fixture
def at(folder, monkeypatch):
    """`at(lang="en", grouping=…)` is the page, opened with these choices in the URL."""
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))

    def opened(**params) -> AppTest:
        app = AppTest.from_file(MAIN, default_timeout=120)
        app.switch_page(str(ROOT / "pages" / "products.py"))
        for key, value in ({"lang": "ja", "period": PERIOD} | params).items():
            app.query_params[key] = value
        app.run()
        assert not app.exception
        return app

    yield opened
    st.cache_data.clear()
    incoming.close_all()


def table(app: AppTest, *columns) -> list[list]:
    """The one table with these columns first."""
    (found,) = [each.value for each in app.dataframe if list(each.value.columns[: len(columns)]) == list(columns)]
    return found.to_numpy().tolist()


def named(product):
    """As the page shows a code: with the name that stands beside it in the file."""
    return f"{product}　[{product}](http://x)"


def code(product):
    """The code before the name."""
    found = product.partition("　")[0]
    assert product in (found, named(found))
    return found


def captions(app: AppTest) -> str:
    return "\n".join(caption.value for caption in app.caption)


def headings(app: AppTest) -> str:
    return "\n".join(each.value for each in app.markdown)


def test_the_few_numbers_and_what_stands_beside_them(at):
    app = at()
    assert {metric.label: metric.value for metric in app.metric} == {
        "売上": "63.6 万",
        "買ったお客さま": "420 社",
        "注文": "529 件",
        "商品（グループ）": "3 種類",
    }
    assert "返品・取り消し 1 行（500 を差し引き済み）" in captions(app)
    assert "お客さまの分からない行 1 行" in captions(app)
    assert "2025年9月30日までの記録で数えています。" in captions(app)


@pytest.mark.long
def test_products_by_group_and_by_code(at):
    grouped = {row[0]: row[1:] for row in table(at(), "product", "amount")}
    assert grouped["美容液"][:4] == [615_500, "96.8%", 404, 508]
    assert [grouped[name][0] for name in ("化粧水", named("ZZ"), "全体")] == [20_000, 300, 635_800]
    bare = {code(row[0]): row[1:] for row in table(at(grouping="-"), "product", "amount")}
    assert {*FIRST, "ZZ", "全体"} == {*bare}
    assert bare["全体"][0] == 635_800
    rest = {row[0] for row in table(at(rest="other"), "product", "amount")}
    assert rest == {"美容液", "化粧水", "その他（どのグループにも入らない）", "全体"}


def test_first_buyers_of_the_serum_in_four_codes_and_merged(at):
    bare = {code(row[0]): row[1:4] for row in table(at(grouping="-"), "product", "customers")}
    for product, (again, customers) in FIRST.items():
        assert bare[product][:2] == [f"{customers:,}", str(again)]
    assert bare["LO-150"][2] == "20.0% ※"
    merged = {row[0]: row[1:6] for row in table(at(), "product", "customers")}
    assert merged["美容液"] == ["400", "104", "26.0%", "21.9\u2060–\u206030.5%", "104"]
    assert merged["全体"][:2] == ["420", "108"]
    assert "※ 対象が 30 件未満です" in captions(at())


def test_a_code_stands_beside_its_name_and_a_group_alone(at):
    first = [row[0] for row in table(at(grouping="-"), "product", "customers")]
    assert named("SP-BE03") in first
    assert "SP-BE03" not in first
    opened = at(grouping="-", open='[["ZZ",0],"amount"]', pair='[["BE-030","BE-030T"],"both"]')
    assert "**ZZ \\[ZZ\\]\\(http\\:\\/\\/x\\) を買ったお客さま 0 件**" in headings(opened)
    assert {row[0] for row in table(at(), "product", "customers")} == {"美容液", "化粧水", "全体"}


def test_a_download_keeps_codes_apart_from_names(at, monkeypatch):
    given = {}
    monkeypatch.setattr(downloads, "button", lambda _, frame, *, key, **__: given.update({key: frame}))
    at(grouping="-")
    columns = {
        "download_products": ["product"],
        "download_first": ["product"],
        "download_next": ["from_product", "to_product"],
        "download_pairs": ["first", "second"],
    }
    for key, ends in columns.items():
        for end in ends:
            told = dict(zip(given[key][end], given[key][f"{end}_name"], strict=True))
            assert all(told[each] == f"[{each}](http://x)" for each in {*FIRST} & {*told})
            assert {*FIRST} & {*told}, (key, end)
    assert "まだ買っていない" in set(given["download_next"]["to_product"])
    given.clear()
    at()
    assert "product_name" not in given["download_first"]
    assert given["download_products"].set_index("product").loc["ZZ", "product_name"] == "[ZZ](http://x)"


def test_a_number_of_days_leaves_out_who_may_still_come_back(at):
    app = at(days="180")
    rows = {row[0]: row[1:] for row in table(app, "product", "customers")}
    assert rows["美容液"][:3] == ["400", "0", "–"]
    assert rows["美容液"][-1] == "400"
    assert "まだ 180 日たっていない" in captions(app)
    known = {row[0]: row[1:] for row in table(at(days="60"), "product", "customers")}
    assert known["美容液"][:3] == ["400", "104", "26.0%"]


@pytest.mark.parametrize(
    "opened",
    [
        {
            ("open", '[["美容液",0],"amount"]'): ("美容液 を買ったお客さま 404 件", 404),
            ("begun", '[["美容液",0],"again"]'): ("美容液 から買い始めて、また買ったお客さま 104 件", 104),
            ("next", '["美容液","c0"]'): ("美容液 の次に 美容液：お客さま 104 件", 104),
            ("pair", '[["化粧水","美容液"],"both"]'): ("化粧水 と 美容液 の両方を買ったお客さま 4 件", 4),
        },
        {
            ("open", '[[null,1],"customers"]'): ("全体 を買ったお客さま 420 件", 420),
            ("begun", '[["化粧水",0],"customers"]'): ("化粧水 から買い始めたお客さま 20 件", 20),
            ("next", '["美容液","c1"]'): ("美容液 の次に まだ買っていない：お客さま 296 件", 296),
        },
    ],
)
def test_every_number_opens_into_its_customers(at, opened):
    app = at(**dict(opened.keys()))
    listed = [each.value for each in app.dataframe if each.value.columns[0] == "customer_id"]
    assert [len(frame) for frame in listed] == [rows for _, rows in opened.values()]
    assert all(frame["customer_id"].is_unique for frame in listed)
    assert all(f"**{title}**" in headings(app) for title, _ in opened.values())


def test_a_cell_that_the_url_names_in_vain_opens_nothing(at):
    app = at(open='[["nix",0],"amount"]', begun="[[", next='["美容液","c99"]', pair='"x"', measure="nix", days="7")
    assert not [each for each in app.dataframe if each.value.columns[0] == "customer_id"]
    assert "days" in app.query_params
    assert app.query_params["days"] in ("all", ["all"])


def test_the_matrix_says_how_many_went_which_way(at):
    rows = table(at(), "from", "all")
    assert rows == [["美容液", "400", "104　26%", "296　74%"], ["化粧水", "20 ※", "4", "16"]]


def test_pairs_stand_beside_what_chance_would_give(at):
    rows = table(at(), "first", "second", "both")
    assert rows == [["化粧水", "美容液", "4 ※", "19.2", "0.2 倍", "20.0%", "1.0%"]]
    by_order = at(together="order")
    assert "いっしょに買われた商品はありません。" in captions(by_order)


def test_the_groups_say_what_each_rule_catches(at):
    app = at()
    app.session_state["editor"] = True
    app.run()
    assert not app.exception
    assert [row[2:6] for row in table(app, "group", "kind", "value", "codes")] == [
        ["BE-", 2, 244, 350_500],
        ["S?-BE*", 2, 265, 265_000],
        ["lo-150", 1, 20, 20_000],
        ["NO-1", 0, 0, 0],
    ]
    assert "商品コード 6 件 ＝ 1 つのグループ 5 ＋ 2 つ以上に当てはまる 0 ＋ どのグループにも入らない 1" in headings(
        app
    )
    (warning,) = app.warning
    assert "「NO\\-1」に当てはまる行は 1 行もありません" in warning.value


def test_without_groups_the_page_stands_on_bare_codes(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting(SETTING, "")
    try:
        app = at()
        assert {metric.label for metric in app.metric} >= {"商品コード"}
        app.session_state["editor"] = True
        app.run()
        assert "まだ商品グループがありません" in captions(app)
    finally:
        ws.set_setting(SETTING, Groupings((SERUM,)).to_json())
        ws.close()


def test_few_customers_are_hidden_where_the_workspace_says_so(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("hide_below", 30)
    try:
        app = at(begun='[["化粧水",0],"customers"]', pair='[["化粧水","美容液"],"both"]')
        rows = {row[0]: row[1:] for row in table(app, "product", "customers")}
        assert set(rows["化粧水"]) == {"—"}
        assert not [each for each in app.dataframe if each.value.columns[0] == "customer_id"]
        assert table(app, "from", "all")[1][2:] == ["—", "—"]
    finally:
        ws.set_setting("hide_below", 0)
        ws.close()


def test_names_are_hidden_in_lists(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("names_hidden", True)
    try:
        app = at(begun='[["化粧水",0],"customers"]')
        (listed,) = [each.value for each in app.dataframe if each.value.columns[0] == "customer_id"]
        assert all(name.startswith("ID-") for name in listed["customer_id"])
    finally:
        ws.set_setting("names_hidden", False)
        ws.close()


def test_text_of_a_file_is_no_markdown(at):
    app = at(lang="en")
    assert not any("商品の*種類*" in each.value for each in app.markdown)
    assert [each.options for each in app.radio] == [["商品の\\*種類\\*", "Bare codes"]]


def test_orders_without_codes_are_told(at, tmp_path, monkeypatch):
    place = tmp_path / "bare"
    ws = Workspace.open(place)
    put(ws, "orders", [{"customer_id": "a", "ordered_at": datetime(2026, 1, 1), "amount": 1}])
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(place))
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.switch_page(str(ROOT / "pages" / "products.py"))
    app.query_params["lang"] = "ja"
    app.run()
    assert not app.exception
    assert "商品コード" in app.info[0].value
    ws.close()


@pytest.mark.long
def test_two_currencies_are_chosen_from_and_never_added_up(at, tmp_path, monkeypatch):
    place = tmp_path / "money"
    ws = Workspace.open(place)
    put(
        ws,
        "orders",
        [line("a", "2025-05-01", "A", 10, "1", currency="JPY"), line("a", "2025-05-02", "A", 7, "2", currency="usd")],
    )
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(place))
    for params, amount in (({}, "10"), ({"currency": "USD"}, "7")):
        assert [m.value for m in at(**params).metric if m.label.startswith("売上")] == [amount]
    ws.close()


def test_customers_that_somebody_called_one_are_one(at, folder):
    made = Decisions().add(Decision("SP-BE03-1", "SP-BE03-2", "same", "somebody", "2026-04-01 10:00"))
    ws = Workspace.open(folder)
    ws.set_setting("customer_merges", made.to_json())
    try:
        assert [metric.value for metric in at().metric if metric.label == "買ったお客さま"] == ["419 社"]
    finally:
        ws.set_setting("customer_merges", "")
        ws.close()
