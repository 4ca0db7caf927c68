"""The page of one customer as a script: finding one, numbers and ranks, what happened, notes, ways of writing."""

from datetime import date, datetime, timedelta

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

from analysis.customer_notes import CustomerNotes
from analysis.level_definitions import Level, Levels, State
from analysis.merge_decisions import Decision, Decisions
from analysis.workspace import Workspace
from dashboard import customer_memos, customer_merges, incoming, level_answers
from dashboard.navigation import ROOT

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-01-01..2026-03-31"
NAMES = {"S1": "つばき薬局", "S2": "みなと薬品株式会社", "S3": "㈱みなと薬品", "S4": "<b>星</b> *店* $x$"}


def sale(customer, on, amount, number):
    at = datetime.fromisoformat(on)
    return {"customer_id": customer, "ordered_at": at, "amount": amount, "order_id": number, "status": "売上"}


SOLD = [
    sale("S1", "2025-11-05 10:00", 100, "J1"),
    sale("S1", "2026-01-05 10:00", 7000, "J2"),
    sale("S1", "2026-03-31 09:00", 500, "J3"),
    sale("S2", "2025-11-06 10:00", 900, "J4"),
    sale("S2", "2026-02-03 10:00", 3000, "J5"),
    sale("S3", "2026-02-04 10:00", 5000, "J6"),
    {**sale("S3", "2026-02-10 10:00", -1000, "J6"), "status": "返品"},
    sale("S4", "2026-02-05 10:00", 10, "J7"),
    sale(None, "2026-02-06 10:00", 77, "J8"),
]
ASKED = [
    {"customer_id": "S1", "occurred_at": datetime(2026, 2, 1), "category": "クレーム", "text": "*鈴木* です"},
    {"customer_id": "S2", "occurred_at": datetime(2026, 2, 2), "category": "質問", "text": "x"},
]


def fill(ws, *, more=0):
    listed = [
        {"customer_id": code, "customer_name": name, "owner": "岡", "エリア": "関東"} for code, name in NAMES.items()
    ]
    listed += [{"customer_id": f"M{i:05d}", "customer_name": f"会員 {i}"} for i in range(more)]
    put(ws, "customers", listed, as_of=date(2026, 3, 31))
    start = datetime(2026, 1, 1)
    many = [sale(f"M{i:05d}", str(start + timedelta(minutes=i)), 1, f"K{i}") for i in range(more)]
    put(ws, "orders", [*SOLD, *many])
    put(ws, "inquiries", ASKED)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("customers") / "workspace"
    ws = Workspace.open(place)
    fill(ws)
    yield place
    ws.close()


@pytest.fixture
def ws(folder):
    """The workspace without notes and decisions."""
    workspace = Workspace.open(folder)
    for setting in (customer_memos.SETTING, customer_merges.SETTING, level_answers.SETTING):
        workspace.set_setting(setting, "")
    return workspace


@pytest.fixture
def at(folder, ws, monkeypatch):
    """`at(customer="S1", lang="en")` is the page, opened with these choices in the URL."""
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(folder))
    yield opened
    st.cache_data.clear()
    incoming.close_all()


def opened(*, hidden=False, name="customer", **params) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=120)
    app.session_state["_names_hidden"] = hidden
    app.switch_page(str(ROOT / "pages" / f"{name}.py"))
    for key, value in ({"lang": "ja", "period": QUARTER} | params).items():
        app.query_params[key] = value
    app.run()
    assert not app.exception
    return app


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def said(app):
    parts = [*app.caption, *app.markdown, *app.subheader, *app.text, *app.info]
    return "\n".join(part.value for part in parts)


def numbers(app):
    (found,) = [each.value for each in app.dataframe if "measure" in each.value.columns]
    return {row["measure"]: row for row in found.to_dict("records")}


def events(app):
    (found,) = [each.value for each in app.dataframe if "event" in each.value.columns]
    return found


def box(app, label):
    return next(each for each in app.selectbox if each.label == label)


def button(app, label):
    return next(each for each in app.button if each.label.startswith(label))


def test_the_numbers_of_a_customer_with_their_rank_in_the_field(at):
    app = at(customer="S1")
    assert metrics(app) == {"売上": "7,500", "注文回数": "2 回", "最後の注文から": "0 日", "問い合わせ": "1 件"}
    shown = numbers(app)
    assert (shown["売上"]["value"], shown["売上"]["rank"]) == ("7,500", "1 位 / 4 社")
    assert not {"before", "move"} & set(shown["売上"])  # the data begin within the period before
    assert shown["うちクレーム"]["value"] == "1 件"
    assert shown["最初の注文"]["value"] == "2025/11/05"
    assert "つばき薬局（S1）" in said(app)
    assert ":gray[エリア] 関東" in said(app)
    assert ":gray[担当者] 岡" in said(app)


def test_ranks_move_against_the_period_before(at):
    app = at(customer="S1", period="2026-03-01..2026-03-31")
    assert numbers(app)["売上"]["rank"] == "1 位 / 1 社"
    moved = at(customer="S2", period="2026-02-01..2026-02-28")
    shown = numbers(moved)["売上"]
    assert (shown["rank"], shown["move"]) == ("2 位 / 3 社", "新しく入った")


def test_a_return_lowers_the_amount_by_the_rule_in_the_url(at):
    assert metrics(at(customer="S3"))["売上"] == "4,000"
    assert metrics(at(customer="S3", cancellations="without"))["売上"] == "5,000"


def test_a_customer_is_found_by_a_part_of_the_name_however_it_is_written(at):
    app = at(q="ツバキ")
    assert box(app, "お客さま").value == "S1"
    assert "4 社のうち 1 社が当てはまります" in said(app)
    assert len(box(at(q="ﾐﾅﾄ"), "お客さま").options) == 2
    assert box(at(q="s4"), "お客さま").value == "S4"
    nobody = at(q="さくら*")
    assert "「さくら\\*」に当てはまるお客さまはいません" in said(nobody)
    assert not nobody.metric


def test_what_the_url_asks_for_and_nobody_is_gives_the_first(at):
    assert box(at(customer="???"), "お客さま").value == "S1"


def test_rows_without_a_customer_can_be_looked_at(at):
    app = at(customer="-")
    assert metrics(app)["売上"] == "77"
    assert "順位なし" in said(app)
    assert "お客さま ID が空の行を 1 つにまとめています" in said(app)
    assert list(events(app)["amount"]) == [77]


def test_everything_that_happened_stands_newest_first(at):
    shown = events(at(customer="S1"))
    assert list(shown["event"]) == ["受注", "問い合わせ", "受注", "受注"]
    assert list(shown["at"]) == ["2026/03/31", "2026/02/01", "2026/01/05", "2025/11/05"]
    assert "取消・返品" in set(events(at(customer="S3"))["event"])


def test_text_from_files_is_shown_as_it_is(at):
    app = at(customer="S4")
    assert "<b>星" not in said(app)
    assert "\\<b\\>星\\<\\/b\\> \\*店\\* \\$x\\$" in said(app)


@pytest.mark.long
def test_tables_that_are_missing_are_said(at):
    assert "「訪問・閲覧などの接点」をまだ取り込んでいないため、次は出ません：訪問・接点、最後の訪問から" in said(at())
    english = at(lang="en")
    assert "Without “Visits and other contacts” there is no: Visits, Since the last visit" in said(english)


@pytest.mark.long
def test_a_note_is_kept_with_author_and_time_changed_and_removed(at, ws):
    app = at(customer="S1")
    app.text_area[0].set_value("来月 *新店*")
    button(app, "メモを残す").click().run()
    (note,) = CustomerNotes.from_json(ws.setting(customer_memos.SETTING)).of("S1")
    assert (note.text, bool(note.at)) == ("来月 *新店*", True)
    again = at(customer="S1")
    assert "来月 *新店*" in [each.value for each in again.text]
    assert "来月" not in "".join(each.value for each in at(customer="S2").text)
    next(each for each in again.text_area if each.label == "メモ").set_value("再来月")
    button(again, "直したものを残す").click().run()
    (changed,) = CustomerNotes.from_json(ws.setting(customer_memos.SETTING)).of("S1")
    assert (changed.text, changed.at) == ("再来月", note.at)
    assert changed.changed_at
    button(again, "メモを消す").click().run()
    assert CustomerNotes.from_json(ws.setting(customer_memos.SETTING)).of("S1") == []


@pytest.mark.long
def test_an_empty_note_is_a_sentence(at, ws):
    app = at(customer="S1")
    button(app, "メモを残す").click().run()
    assert "1 〜 2,000 文字" in app.error[0].value.replace("\\", "")
    assert ws.setting(customer_memos.SETTING) == ""


@pytest.mark.long
def test_two_ways_of_writing_are_proposed_merged_and_taken_apart_again(at, ws):
    app = at(customer="S2")
    assert "同じお客さまかもしれないもの 1 件" in said(app)
    assert "違い：株式会社・㈱・(株) などの書き方" in said(app)
    button(app, "同じお客さま").click().run()
    assert not app.exception
    made = Decisions.from_json(ws.setting(customer_merges.SETTING))
    assert len(made.merges) == 1
    (alias, kept), *_ = made.merges.items()
    merged = at(customer=kept)
    assert metrics(merged)["売上"] == "7,000"
    assert "ほか 1 つの書き方を含む" in said(merged)
    assert len(box(merged, "お客さま").options) == 4  # three, and nobody
    assert box(at(q=alias), "お客さま").value == kept
    assert ws.table("orders")["customer_id"].isin([alias]).any()
    button(merged, "元に戻す").click().run()
    assert Decisions.from_json(ws.setting(customer_merges.SETTING)).merges == {}
    assert metrics(at(customer="S2"))["売上"] == "3,000"


@pytest.mark.long
def test_a_pair_that_was_called_two_is_not_proposed_again(at, ws):
    button(at(), "別のお客さま").click().run()
    app = at()
    assert "かもしれないもの" not in said(app)
    assert Decisions.from_json(ws.setting(customer_merges.SETTING)).merges == {}
    assert "は別のお客さま" in said(app)


def test_no_name_shows_while_names_are_hidden(at, ws):
    notes = CustomerNotes().add("S1", "佐藤さんに電話", who="sato", at="2026-03-01 10:00")
    ws.set_setting(customer_memos.SETTING, notes.to_json())
    app = at(customer="S1", hidden=True)
    shown = said(app) + "".join(frame.value.to_csv() for frame in app.dataframe)
    shown += "".join("".join(each.options) for each in app.selectbox)
    for name in ("つばき", "みなと", "岡", "鈴木", "佐藤"):
        assert name not in shown
    assert "メモ 1 件は、名前を隠している間は出しません" in shown
    assert metrics(app)["売上"] == "7,500"


def contacts(app):
    """The list of customers by who knows them."""
    (found,) = [each.value for each in app.dataframe if "salespeople" in each.value.columns]
    return found


@pytest.mark.long
def test_customers_that_one_salesperson_alone_knows_stand_among_the_rankings(at):
    app = at(name="rankings", period="2025-10-01..2026-03-31")
    assert metrics(app)["担当者が 1 人だけ"] == "4 社"
    assert "お客さまの 100.0%（4 社のうち）" in said(app)
    found = contacts(app)
    assert list(found["customer_id"]) == ["S1", "S3", "S2", "S4"]
    assert set(found["owner"]) == {"岡"}
    hidden = at(name="rankings", hidden=True)
    assert list(contacts(hidden).columns) == ["customer_id", "amount", "salespeople"]


@pytest.mark.long
def test_a_merge_counts_in_the_rankings_too(at):
    button(at(), "同じお客さま").click().run()
    assert metrics(at(name="rankings"))["お客さま"] == "3 社"


def test_without_orders_the_page_says_what_it_needs(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "empty"))
    app = opened()
    assert "受注明細" in said(app)
    assert not app.metric
    st.cache_data.clear()
    incoming.close_all()


@pytest.mark.long
def test_of_ten_thousands_of_customers_only_some_are_listed(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "many"))
    workspace = Workspace.open(tmp_path / "many")
    fill(workspace, more=20_000)
    app = opened()
    assert len(box(app, "お客さま").options) == 51  # and nobody
    found = opened(q="会員 19999")
    assert box(found, "お客さま").value == "M19999"
    assert len(box(opened(customer="M19998"), "お客さま").options) == 52
    workspace.close()
    st.cache_data.clear()
    incoming.close_all()


def in_levels(ws):
    """Two states and two levels; S1 ordered twice in 90 days, S2 once."""
    often = State("よく注文", {"events": "orders", "days": 90, "at_least": 2})
    levels = Levels(
        (State("エリア *が* 分かる", {"filled": "エリア"}), often), (Level("はじまり", 1), Level("達人", 2))
    )
    ws.set_setting(level_answers.SETTING, {"customers": levels.to_json()})


def test_the_level_and_the_states_behind_it_stand_on_the_page_of_a_customer(at, ws):
    in_levels(ws)
    first, second = said(at(customer="S1")), said(at(customer="S2"))
    assert "**達人**　2 個の状態のうち 2 個　:gray[2025/12/31 は はじまり]" in first
    assert "**はじまり**　2 個の状態のうち 1 個" in second
    assert ":green[:material/check_circle:] エリア \\*が\\* 分かる" in second
    assert ":gray[:material/radio_button_unchecked:] よく注文（まだ）" in second


def test_the_rows_without_a_customer_have_no_level(at, ws):
    in_levels(ws)
    assert "活用レベル" not in said(at(customer="-"))


@pytest.mark.long
def test_each_way_of_writing_a_merged_customer_has_its_level(at, ws):
    in_levels(ws)
    decided = Decisions((Decision("S3", "S2", "same", None, "2026-04-01 10:00"),))
    ws.set_setting(customer_merges.SETTING, decided.to_json())
    page = said(at(customer="S2", lang="en"))
    assert "**S2**" in page
    assert "**S3**" in page
    assert page.count("of 2 states") == 2
