"""The boxes of home: every page whose data is there with its number, which is the one that the page shows."""

from datetime import date, datetime
from urllib.parse import parse_qsl

import pytest
import streamlit as st
from engine_data import put
from page_runs import captions, metrics, opened

from analysis.workspace import Workspace
from dashboard import home_cards, incoming, stage_goals

SAMPLE = {  # page -> its number on home, and what the page itself calls it
    "active_rate": ("62.0%", "アクティブ率"),
    "stages": ("62.0%", None),
    "funnel": ("8.8%", "最後まで到達"),
    "process": ("36 件", "いま待っている"),
    "pipeline": ("100 件", "進行中の商談"),
    "rankings": ("74.6%", "上位 20% の売上比率"),
    "customer": ("412 社", None),
    "products": ("9 種類", "商品コード"),
    "levels": ("35.0%", "「使いこなし」の割合"),
}


@pytest.fixture
def home(monkeypatch):
    """`home(ws)` is home over a workspace."""

    def visit(ws, name="home", **params):
        monkeypatch.setenv("GENZAICHI_WORKSPACE", str(ws.folder))
        return opened(name, **params)

    yield visit
    st.cache_data.clear()
    incoming.close_all()


@pytest.fixture
def fresh(tmp_path):
    """An empty workspace."""
    ws = Workspace.open(tmp_path / "workspace")
    yield ws
    ws.close()


def values(app):
    return [metric.value for metric in app.metric]


def links(app):
    """Page -> the choices in the link to it, of the boxes."""
    found = [link.proto for link in app.get("page_link")]
    return {each.page: dict(parse_qsl(each.query_string)) for each in found if each.icon == ":material/arrow_forward:"}


def test_every_page_has_its_number_in_the_order_of_the_navigation(home, sample_company):
    app = home(sample_company)
    assert values(app) == [value for value, _ in SAMPLE.values()]
    assert list(links(app)) == list(SAMPLE)
    said = captions(app)
    assert "目標 70% まであと **96 人**" in said
    assert "全体：①認知 未達。②③の施策はまだ早い" in said
    assert "お客さま待ち 28 件・当社待ち 8 件・いちばん長い待ち 74 日" in said


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, (_, label) in SAMPLE.items() if label])
def test_the_page_behind_the_link_shows_the_number_of_its_box(home, sample_company, name):
    choices = links(home(sample_company))[name]
    value, label = SAMPLE[name]
    assert metrics(home(sample_company, name, **choices))[label] == value


def test_a_page_without_its_data_has_no_box_but_the_first_question_says_what_it_needs(home, fresh):
    put(fresh, "orders", [{"customer_id": "a", "ordered_at": datetime(2026, 3, 1), "amount": 100}])
    app = home(fresh)
    assert list(links(app)) == [
        "import_data",
        "rankings",
        "customer",
        "levels",
    ]
    assert values(app)[:2] == ["100.0%", "1 社"]
    assert "ユーザー一覧、利用履歴" in "".join(each.value for each in app.markdown)


def people(ws, n, used=()):
    put(ws, "users", [{"user_id": f"u{i}"} for i in range(n)], as_of=date(2026, 3, 31))
    put(
        ws,
        "activity",
        [{"user_id": user, "occurred_at": datetime(2026, 3, 31), "activity": "ログイン"} for user in used],
    )


def test_a_mistake_in_the_data_of_one_box_takes_no_other_away(home, fresh):
    people(fresh, 4, ["u0"])
    fresh.set_setting(stage_goals.SETTING, '[{"metric": "認知", "period": "", "target": 70}]')
    app = home(fresh)
    assert values(app) == ["25.0% ※", "0.0% ※"]
    assert "0〜100" in captions(app)
    assert list(links(app)) == ["active_rate", "stages", "funnel"]


def test_fewer_people_than_the_workspace_shows_are_hidden_on_home_too(home, fresh):
    people(fresh, 4, ["u0"])
    fresh.set_setting("hide_below", 5)
    assert values(home(fresh)) == ["—", "—", "—"]


def test_a_log_of_steps_waits_for_its_order(home, fresh):
    entries = [{"case_id": "a", "step": "受付", "entered_at": datetime(2026, 1, 5)}]
    put(fresh, "cases", entries, as_of=date(2026, 1, 31))
    app = home(fresh)
    assert values(app) == []
    assert "工程の順番を確かめると" in "".join(each.value for each in app.markdown)


def test_without_a_log_of_use_the_box_of_the_funnel_is_about_purchases(home, fresh):
    bought = [("a", 1, "A"), ("a", 5, "B"), ("b", 1, "A"), ("c", 2, "A")]
    lines = [
        {"customer_id": c, "ordered_at": datetime(2026, 3, d), "product_code": p, "amount": 1} for c, d, p in bought
    ]
    put(fresh, "orders", lines)
    app = home(fresh)
    assert "funnel" in links(app)
    assert "33.3% ※" in values(app)
    assert "1 / 3 社" in "".join(each.value for each in [*app.markdown, *app.caption])


def test_home_does_not_wait_for_what_takes_long_to_count(home, fresh, monkeypatch):
    put(fresh, "orders", [{"customer_id": c, "ordered_at": datetime(2026, 3, 1), "amount": 100} for c in "ab"])
    monkeypatch.setattr(home_cards, "LIGHT", 1)
    app = home(fresh)
    assert values(app) == []
    assert "rankings" in links(app)
    assert "開いたときに数えます" in "".join(each.value for each in app.markdown)
