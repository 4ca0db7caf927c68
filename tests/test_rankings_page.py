"""The page of the rankings as a script, over literal orders: numbers, board, surprises, bands, RFM, score."""

from datetime import date, datetime, timedelta

import pytest
import streamlit as st
from engine_data import put
from streamlit.testing.v1 import AppTest

from analysis import charts
from analysis.rfm_segments import Segment, Segments, standard_segments
from analysis.rules import conjuncts
from analysis.workspace import Workspace
from dashboard import incoming, ranking_board
from dashboard.navigation import ROOT
from dashboard.ranking_answers import SEGMENTS
from dashboard.ranking_segments import as_row, of_row
from dashboard.ranking_words import amount, plain

MAIN = str(ROOT / "src/dashboard/main.py")
QUARTER = "2026-04-01..2026-06-30"
SHOPS = 40  # s01 buys most


def orders():
    """s01 … s40, each twice a quarter; s01 4,000, s02 3,900 …; one order of nobody, one shop that only gave back."""
    rows = []
    for month in (1, 4):
        for i in range(1, SHOPS + 1):
            for half in (0, 1):
                at = datetime(2026, month, 3 + half) + timedelta(days=i)
                value = 50 * (SHOPS + 1 - i) if month == 4 else 50 * i
                rows.append(
                    {"customer_id": f"s{i:02}", "ordered_at": at, "amount": value, "order_id": f"{month}{i:02}{half}"}
                )
    rows.append({"customer_id": None, "ordered_at": datetime(2026, 6, 30), "amount": 500, "order_id": "n"})
    rows.append({"customer_id": "back", "ordered_at": datetime(2026, 5, 1), "amount": -30, "order_id": "b"})
    return rows


def inquiries():
    """Everybody asks as often as their place from the end says, but s01 never and s40 most."""
    rows = []
    for i in range(2, SHOPS + 1):
        times = 60 if i == SHOPS else SHOPS + 1 - i
        rows += [
            {"customer_id": f"s{i:02}", "occurred_at": datetime(2026, 5, 1) + timedelta(hours=k)} for k in range(times)
        ]
    return rows


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("shops") / "workspace"
    ws = Workspace.open(place)
    put(ws, "orders", orders())
    put(ws, "inquiries", inquiries())
    names = [{"customer_id": f"s{i:02}", "customer_name": f"*店{i}*", "rank": "金"} for i in range(1, SHOPS + 1)]
    put(ws, "customers", names, as_of=date(2026, 6, 30))
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
            app.switch_page(str(ROOT / "pages" / "rankings.py"))
            for name, value in ({"lang": "ja", "period": QUARTER} | params).items():
                app.query_params[name] = value
            app.run()
            assert not app.exception
            opened[key] = app
        return opened[key]

    return visit


def metrics(app):
    return {each.label: each.value for each in app.metric}


def texts(app):
    return "\n".join(each.value for each in [*app.caption, *app.markdown])


def frame(app, column):
    (found,) = [each.value for each in app.dataframe if column in each.value.columns]
    return found


def test_the_four_numbers_and_the_equation_add_up(at):
    app = at()
    assert [*metrics(app).values()][:4] == ["41 社", "8.25 万", "35.6%", "2 社"]
    assert (
        "売上 82,470 ＝ 売上のあるお客さま 40 社 82,000 ＋ 0 以下のお客さま 1 社 -30 ＋ お客さまの分からない行 500"
        in texts(app)
    )


def test_a_surprise_says_both_places_with_their_field(at):
    app = at()
    said = texts(app).replace("\\", "")
    assert "売上 1 位 / 41 社（4,000）、問い合わせ 0 件（40 位 / 41 社）" in said
    assert "問い合わせ 1 位 / 41 社（60 件）、売上 100（40 位 / 41 社）" in said
    assert "\\*店1\\*" in texts(app)  # a name of a file is text, not Markdown


def test_the_first_of_two_rankings_are_compared_in_words(at):
    assert "**売上** の上位 20 社のうち **19 社** が **問い合わせ** の上位 20 社と共通" in texts(at())


def test_bands_follow_their_thresholds(at):
    app = at(band_a="50", band_b="80")
    assert "A は累計 50% まで、B は 80% まで" in texts(app)
    listed = frame(app, "band")
    # 13 shops hold 44.2 % … of 82,000; the first that is not below the half is no more in A
    held = [50 * 2 * (SHOPS + 1 - i) for i in range(1, SHOPS + 1)]
    bands = ["A" if sum(held[:i]) < 41_000 else "B" if sum(held[:i]) < 65_600 else "C" for i in range(SHOPS)]
    assert listed["band"].dropna().tolist() == bands
    assert listed["rank"].tolist()[:2] == ["1 位 / 41 社", "2 位 / 41 社"]


def test_thresholds_out_of_order_are_one_sentence(at):
    app = at(band_a="90", band_b="70")
    assert [each.value for each in app.error if "小さい順" in each.value]
    assert len(frame(app, "band")) == 41


def test_changes_are_against_the_quarter_before(at):
    listed = frame(at(), "rank_change")
    assert listed["rank_change"].tolist()[:2] == [39, 37]
    assert listed["change"].tolist()[-1] == "新しく入った"  # who only gave back was not there before
    assert "順位の変化は出していません" in texts(at(period="2026-01-01..2026-03-31"))


def test_the_line_of_nobody_is_never_lost(at):
    listed = frame(at(list="no_customer"), "amount")
    assert listed["amount"].tolist() == [500]


def test_rfm_adds_up_and_segments_open_their_customers(at):
    app = at(segment='["いちばんのお得意さま","customers"]')
    grid = (
        frame(app, "c5")
        if False
        else next(e.value for e in app.dataframe if list(e.value.columns) == ["label", *(f"c{i}" for i in range(1, 6))])
    )
    assert int(grid.drop(columns="label").to_numpy().sum()) == SHOPS
    segments = frame(app, "rule")
    assert segments["customers"].sum() == SHOPS
    opened = frame(app, "why")
    assert len(opened) == segments.set_index("segment").at["いちばんのお得意さま", "customers"]
    assert all("当てはまる最初のグループ" in why for why in opened["why"])


def test_segments_are_changed_in_a_table_and_read_back():
    usual = standard_segments("ja")
    assert Segments.of([of_row(as_row(each)) for each in usual]).names == usual.names
    line = as_row(usual.segments[3])
    assert line == {"name": "新しいお客さま", "r_from": 4, "r_to": None, "f_from": None, "f_to": 2} | {
        "m_from": None,
        "m_to": None,
    }
    for each in usual:
        assert of_row(as_row(each))["rule"]["all"] == conjuncts(each.rule)
    assert as_row(Segment("x", {"any": [{"column": "r", "at_least": 1}]})) is None
    assert as_row(Segment("x", {"column": "monetary", "at_least": 1})) is None
    assert of_row(dict.fromkeys(line) | {"name": "all"})["rule"] == {"all": [{"column": "r", "at_least": 1}]}


def test_the_segments_of_the_workspace_count(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting(SEGMENTS, Segments.of([{"name": "みんな", "rule": {"column": "r", "at_least": 1}}]).to_json())
    try:
        listed = frame(at(again=True), "rule")
        assert listed[["segment", "customers"]].to_numpy().tolist() == [["みんな", SHOPS]]
    finally:
        ws.set_setting(SEGMENTS, "")


def test_the_parts_of_a_score_are_those_of_the_waterfall(at):
    app = at(weight_amount="1", weight_orders="0", weight_recency_days="0", weight_inquiries="1", who="2")
    assert "2 位 / 40 社" in texts(app) or "2 位 / 41 社" in texts(app)
    zero = at(**{f"weight_{name}": "0" for name in ("amount", "orders", "recency_days")})
    assert [each.value for each in zero.info if "重みがすべて 0" in each.value]


def test_hidden_names_leave_the_page(at, folder):
    ws = Workspace.open(folder)
    ws.set_setting("names_hidden", True)
    try:
        app = at(again=True)
        assert "店1" not in texts(app)
        assert not [e for e in app.dataframe if e.value.astype(str).stack().str.contains("店").any()]
    finally:
        ws.set_setting("names_hidden", False)
        at(again=True)


@pytest.mark.parametrize(
    "params",
    [{"measures": "nonsense", "noticed": "x", "place": "9", "by": "x", "list": "x", "segment": "[", "who": "0"}],
)
def test_nonsense_in_the_address_changes_nothing(at, params):
    assert metrics(at(**params)) == metrics(at())


def test_in_english(at):
    app = at(lang="en")
    assert [*metrics(app)][:3] == ["Customers", "Sales", "Share of the first 20%"]
    assert "Sales 1 of 41 (4,000), Inquiries 0 (40 of 41)" in texts(app).replace("\\", "")


def test_one_customer_is_said(at, tmp_path):
    ws = Workspace.open(tmp_path / "one")
    put(ws, "orders", [{"customer_id": "a", "ordered_at": datetime(2026, 5, 1), "amount": 5}])
    app = at(tmp_path / "one")
    assert [each.value for each in app.info if "1 社だけ" in each.value]
    assert metrics(app)["お客さま"] == "1 社"
    ws.close()


def test_all_amounts_equal_is_said(at, tmp_path):
    ws = Workspace.open(tmp_path / "equal")
    rows = [{"customer_id": c, "ordered_at": datetime(2026, 5, 1), "amount": 5} for c in "abc"]
    put(ws, "orders", rows)
    app = at(tmp_path / "equal")
    assert [each.value for each in app.info if "違いのある項目" in each.value]
    ws.close()


def test_without_orders_the_page_says_what_it_needs(at, tmp_path):
    app = at(tmp_path / "none")
    assert not app.metric
    assert app.markdown


def test_what_is_drawn_does_not_grow_with_the_field(at, folder, monkeypatch):
    """Twenty lines and those who are picked out, whatever the number of customers."""
    drawn = []
    build = charts.slopes

    def seen(rows, *given, **options):
        drawn.append(rows)
        return build(rows, *given, **options)

    monkeypatch.setattr(ranking_board.charts, "slopes", seen)
    st.cache_data.clear()
    at(measures=["amount", "inquiries", "recency_days"])
    assert drawn[0]["customer"].nunique() <= 23
    assert drawn[0].groupby("column").size().tolist() == [drawn[0]["customer"].nunique()] * 3


@pytest.mark.parametrize(
    ("value", "ja", "en"),
    [
        (840_000_000, "8.4 億", "840 M"),
        (12_345, "1.23 万", "12.3 K"),
        (999, "999", "999"),
        (-2.5e8, "-2.5 億", "-250 M"),
        (0, "0", "0"),
    ],
)
def test_large_amounts_are_short(value, ja, en):
    assert (amount(value, "ja"), amount(value, "en")) == (ja, en)
    assert plain(1234.5) == "1,234.5"
