"""The funnel in a real browser: steps are chosen, a bar opens its people, and the link shows the same elsewhere."""

import csv
import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from analysis import sample
from analysis.workspace import Workspace


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

    def go(query: str = "lang=ja&period=2026-01-01..2026-03-31") -> Page:
        page.goto(f"{server.url}/funnel?{query}")
        settle()
        return page

    return go


def choices(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def number(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


@pytest.mark.long
def test_steps_are_chosen_and_a_fresh_browser_shows_the_same(opened, browser, settle):
    page = opened()
    page.get_by_role("button", name="ステップを変える").click()
    settle()
    page.get_by_role("combobox", name="ステップを足す").click()
    page.get_by_role("option", name="資料ダウンロード").click()
    expect(page.get_by_text("①ログイン → ②カタログ閲覧 → ③注文 → ④資料ダウンロード")).to_be_visible()
    settle()
    page.locator(".st-key-step_1_more button").click()
    page.get_by_role("button", name="外す").click()
    expect(page.get_by_text("①ログイン → ②注文 → ③資料ダウンロード")).to_be_visible()
    settle()
    assert [json.loads(step) for step in choices(page)["step"]] == [["ログイン"], ["注文"], ["資料ダウンロード"]]
    lost = number(page, "期限切れ").inner_text()
    fresh = browser.new_context(locale="en-US")
    try:
        other = fresh.new_page()
        other.goto(page.url)
        expect(number(other, "期限切れ")).to_have_text(lost)
    finally:
        fresh.close()


def test_a_click_on_a_bar_opens_its_list_which_is_as_long_as_the_number(opened):
    page = opened()
    lost = int(number(page, "期限切れ").inner_text().removesuffix(" 人"))
    page.locator(
        "[class*=st-key-funnel_bars] [aria-roledescription=bar]"
    ).last.click()  # who ran out before the last step
    expect(page.get_by_text(f"③注文に届かず期限切れの人 {lost} 人")).to_be_visible()
    assert choices(page)["open"] == ['[3,"lost"]']
    page.get_by_role("button", name=f"この {lost} 人をダウンロード").click()
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile("^CSV")).click()
    text = found.value.path().read_bytes().decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == lost


def test_a_bar_opens_its_list_again_after_another_one_was_open(opened, settle):
    page = opened()
    lost, heading = int(number(page, "期限切れ").inner_text().removesuffix(" 人")), page.locator("[class*=_heading]")
    page.locator("[class*=st-key-funnel_bars] [aria-roledescription=bar]").last.click()
    expect(heading.get_by_text(f"③注文に届かず期限切れの人 {lost} 人")).to_be_visible()
    settle()
    page.get_by_role("radio", name=re.compile("^到達")).last.click()
    expect(heading.get_by_text("③注文に到達した人")).to_be_visible()
    settle()
    page.locator("[class*=st-key-funnel_bars] [aria-roledescription=bar]").last.click()
    expect(heading.get_by_text(f"③注文に届かず期限切れの人 {lost} 人")).to_be_visible()


def test_the_reader_turns_to_purchases_and_a_bar_opens_its_customers(opened, settle):
    page = opened()
    page.get_by_role("radio", name="注文の商品").click()
    expect(number(page, "入ったお客さま")).to_be_visible()
    settle()
    assert choices(page)["of"] == ["orders"]
    lost = int(number(page, "期限切れ").inner_text().removesuffix(" 社"))
    page.locator("[class*=st-key-funnel_bars] [aria-roledescription=bar]").last.click()
    expect(page.get_by_text(f"に届かず期限切れのお客さま {lost} 社")).to_be_visible()
    page.get_by_role("button", name=f"この {lost} 社をダウンロード").click()
    with page.expect_download() as found:
        page.get_by_role("button", name=re.compile("^CSV")).click()
    rows = list(csv.DictReader(io.StringIO(found.value.path().read_bytes().decode("utf-8-sig"))))
    assert len({row["お客さま ID"] for row in rows}) == lost
    assert all(row["お客さまの名前"] for row in rows)


@pytest.mark.parametrize("of", ["log", "orders"])
@pytest.mark.parametrize("lang", ["ja", pytest.param("en", marks=pytest.mark.long)])
def test_a_phone_never_scrolls_sideways_and_axe_finds_nothing_serious(opened, page, axe, lang, of):
    page.set_viewport_size({"width": 390, "height": 844})
    opened(f"lang={lang}&of={of}&period=2026-01-01..2026-03-31&open=[3,%22waiting%22]")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe() == []
