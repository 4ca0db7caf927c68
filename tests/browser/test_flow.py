"""The process and the pipeline in a browser: numbers open their lists, links reproduce them, an order is confirmed."""

import re

import pytest
from playwright.sync_api import expect

from analysis.exports import read_export
from analysis.workspace import Workspace
from tests.support.parts import AS_OF, DATA, entry, mapping

LOG = "案件番号,工程,入った日\nA-1,受付,2026/01/05\nA-1,制作,2026/01/09\nA-2,受付,2026/01/20\n"


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server over the sample's production and deals."""
    place = tmp_path_factory.mktemp("flow") / "workspace"
    ws = Workspace.open(place)
    for part in ("production", "deals"):
        ws.add(read_export(DATA / entry(part)["file"]), mapping=mapping(part), as_of=AS_OF)
    ws.close()
    with start(place) as running:
        yield running


def test_the_process_shows_where_cases_wait_and_opens_them(visit, page, settle, axe):
    visit("process")
    headline = page.locator(".st-key-headline")
    expect(headline).to_contain_text("お客さま待ち")
    expect(headline).to_contain_text("28 件")
    assert axe() == []
    page.locator(".st-key-open_waiting button").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("いま待っている 36 件")
    page.keyboard.press("Escape")
    settle()
    page.goto(f"{page.url}&cell=%5B%22アサイン%22%2C%22waiting_now%22%5D")
    settle()
    expect(page.locator(".st-key-cell_cases_heading")).to_contain_text("アサイン：いま待っている 14 件")
    with page.expect_download() as caught:
        page.locator(".st-key-cell_cases_heading").get_by_text("ダウンロード").click()
        page.get_by_role("button", name="CSV（Excel で開けます）").click()
    assert len(caught.value.path().read_bytes().decode("utf-8-sig").splitlines()) == 15


@pytest.mark.long
def test_the_pipeline_shows_the_rate_of_closed_deals_and_fits_a_phone(visit, page, settle, axe):
    page.set_viewport_size({"width": 390, "height": 844})
    visit("pipeline")
    headline = page.locator(".st-key-headline")
    expect(headline).to_contain_text("36.0%")
    expect(headline).to_contain_text("受注 72 / 終わった 200 件")
    assert page.evaluate("() => document.documentElement.scrollWidth") == 390
    assert axe() == []
    page.get_by_text("ふだんの 2 倍を超えた").first.click()
    expect(page).to_have_url(re.compile(r"over=2"))
    settle()
    expect(page.locator(".st-key-stalled_deals_heading")).to_contain_text("ふだんの 2 倍を超えて動いていない商談")


@pytest.mark.long
def test_the_order_of_a_log_is_confirmed_before_anything_is_counted(start, page, settle, tmp_path):
    file = tmp_path / "cases.csv"
    file.write_text(LOG, encoding="utf-8")
    place = tmp_path / "workspace"
    ws = Workspace.open(place)
    ws.add(read_export(file), kind="cases", as_of=AS_OF)
    ws.close()
    with start(place) as own:
        page.goto(f"{own.url}/process?lang=ja")
        settle()
        expect(page.locator(".st-key-proposal")).to_contain_text("工程の順番を確かめてください")
        expect(page.locator(".st-key-headline")).to_have_count(0)
        page.get_by_role("button", name="この順番で見る").click()
        expect(page.locator(".st-key-headline")).to_contain_text("いま待っている")
        settle()
