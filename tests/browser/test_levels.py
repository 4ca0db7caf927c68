"""Levels in a real browser: who is looked at, a level and its list stand in the link; a proposal is kept when saved."""

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


def customers(page: Page):
    return page.locator("[data-testid=stMetricValue]").first


@pytest.mark.long
def test_the_page_answers_for_other_customers_and_keeps_its_states(page, server, settle, axe):
    page.goto(f"{server.url}/levels?lang=ja&base=contracts")
    settle()
    expect(customers(page)).to_have_text("250 社")
    page.get_by_role("radio", name=re.compile("^使いこなし")).click()
    settle()
    assert parse_qs(urlsplit(page.url).query)["level"] == ["3"]
    expect(page.get_by_text("取り込んだ表から作った案です")).to_be_visible()
    page.locator(".st-key-edit_levels summary").click()
    page.get_by_role("button", name="この内容で数える").click()
    settle()
    expect(page.get_by_text("取り込んだ表から作った案です")).to_have_count(0)
    expect(customers(page)).to_have_text("250 社")
    assert axe() == []
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server.url}/levels?lang=en&base=cases")
    settle()
    expect(customers(page)).to_have_text("60")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
