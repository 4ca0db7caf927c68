"""The active rate in a real browser: a link shows the same numbers, Back goes back, a cell opens its people."""

import csv
import io
import json
import re
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Page, expect

from analysis import sample
from analysis.workspace import Workspace

CELL = quote(json.dumps([["関東"], ["店舗"]], ensure_ascii=False, separators=(",", ":")))


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server over the sample company."""
    folder = tmp_path_factory.mktemp("sample") / "workspace"
    ws = Workspace.open(folder)
    sample.bring(ws)
    ws.close()
    with start(folder) as running:
        yield running


@pytest.fixture
def opened(page: Page, server, settle):
    """`opened("lang=ja&…")` is the page with these choices in its link."""

    def go(query: str = "lang=ja") -> Page:
        page.goto(f"{server.url}/active_rate?{query}")
        settle()
        return page

    return go


def choices(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def rate(page: Page):
    return page.locator("[data-testid=stMetric]").first.locator("[data-testid=stMetricValue]")


def test_a_link_shows_the_same_numbers_in_a_fresh_browser(opened, browser, server, settle):
    page = opened()
    page.get_by_role("radio", name="前四半期").click()
    expect(rate(page)).to_have_text("57.1%")
    settle()
    fresh = browser.new_context(locale="en-US")
    try:
        other = fresh.new_page()
        other.goto(page.url)
        expect(rate(other)).to_have_text("57.1%", timeout=120_000)
    finally:
        fresh.close()


def test_back_and_forward_follow_the_choices(opened, settle):
    page = opened()
    expect(rate(page)).to_have_text("62.0%")
    page.get_by_role("radio", name="前四半期").click()
    expect(rate(page)).to_have_text("57.1%")
    settle()
    page.go_back()
    expect(rate(page)).to_have_text("62.0%")
    expect(page.get_by_role("radio", name="今四半期")).to_be_checked()
    page.go_forward()
    expect(rate(page)).to_have_text("57.1%")


@pytest.mark.long
def test_fields_in_a_popover_open_with_their_values(opened, settle):
    page = opened()
    page.get_by_role("radio", name="前四半期").click()  # a run before the popover was ever drawn
    expect(rate(page)).to_have_text("57.1%")
    settle()
    page.get_by_role("button", name=re.compile("数え方")).click()
    expect(page.get_by_label("目標（%）", exact=True)).to_have_value("70")
    settle()
    assert choices(page)["goal"] == ["70"]


@pytest.mark.long
def test_a_filter_narrows_everything_and_stands_in_its_label(opened, settle):
    page = opened()
    page.get_by_role("button", name=re.compile("絞り込み")).click()
    settle()
    page.get_by_test_id("stPopoverBody").get_by_role("combobox").first.click()
    page.get_by_role("option", name="近畿").click()
    expect(rate(page)).to_have_text("61.9%")
    expect(page.get_by_role("button", name="絞り込み：エリア = 近畿")).to_be_visible()
    settle()
    assert choices(page)["where"] == ['["エリア","近畿"]']


def test_a_click_on_a_cell_opens_its_people(opened, settle):
    page = opened()
    grid = page.locator("[data-testid=stDataFrame]").first
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    page.mouse.click(box["x"] + 160 + 40, box["y"] + 36 * 2.5)  # second line, first column
    expect(page.get_by_role("heading", name=re.compile("^関東 × "))).to_be_visible()
    settle()
    assert json.loads(choices(page)["cell"][0])[0] == ["関東"]


@pytest.mark.long
def test_the_list_of_a_cell_is_downloaded_as_long_as_its_number(opened):
    page = opened(f"lang=ja&cell={CELL}")
    expect(page.get_by_role("heading", name="関東 × 店舗：期間中に利用なし 35 人")).to_be_visible()
    page.get_by_role("button", name="この 35 人をダウンロード").click()
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile("^CSV")).click()
    text = found.value.path().read_bytes().decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 35
    assert {(row["エリア"], row["ユーザー区分"]) for row in rows} == {("関東", "店舗")}


def test_a_number_on_top_opens_its_list_over_the_page(opened):
    page = opened()
    page.locator(".st-key-open_outside button").click()
    expect(page.get_by_role("dialog")).to_contain_text("一覧にない ID 9 件")


@pytest.mark.parametrize(
    "query",
    [
        *(pytest.param(f"lang={lang}", marks=pytest.mark.long) for lang in ("ja", "en")),
        f"lang=ja&trend_of=parts&cell={CELL}",
    ],
)
def test_a_phone_never_scrolls_sideways(opened, page, query):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(query)
    expect(rate(page)).to_have_text("62.0%")
    assert page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.long
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.long)])
def test_axe_finds_nothing_serious(opened, page, axe, scheme):
    page.emulate_media(color_scheme=scheme)
    opened(f"lang=ja&cell={CELL}")
    expect(rate(page)).to_have_text("62.0%")
    assert axe() == []
