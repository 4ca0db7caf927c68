"""Levels in a real browser: ten customers are marked by hand, states are put together on the grid, a file goes in."""

import csv
import io
import re
from datetime import date, datetime

import pytest
from engine_data import put
from playwright.sync_api import Error, Locator, Page, expect

from analysis.level_definitions import Level, Levels, State
from analysis.workspace import Workspace
from dashboard.level_answers import SETTING

DAY = date(2026, 3, 31)
ORDERING = State("注文あり", {"events": "orders", "days": 60, "at_least": 1})
NAMED, BOTH = State("名前あり", {"filled": "customer_name"}, 0), State("両方", {"all": [ORDERING.rule]}, 0)
LEVELS = Levels((ORDERING, NAMED, BOTH), (Level("使っている", 1),))
USED, BELOW = "使っている", "「使っている」に届かない"
ROW, MARKERS = 35, 40  # pixels of a line of the grid, and of the ticks before it
MOMENT, LATER, ATTEMPTS = 300, 2000, 5  # milliseconds that a grid needs; and how often a list is asked for
# shop -> what those who know them say; s01 … s06 ordered in March
SAID = {f"s{n:02}": USED if n in (1, 2, 3, 4, 5, 9) else BELOW for n in range(1, 11)}


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server over ten shops, six of which order."""
    folder = tmp_path_factory.mktemp("shops") / "workspace"
    ws = Workspace.open(folder)
    put(ws, "customers", [{"customer_id": shop, "customer_name": f"店{shop[1:]}"} for shop in SAID], as_of=DAY)
    ordered = [shop for shop in SAID if shop <= "s06"]
    put(ws, "orders", [{"customer_id": shop, "ordered_at": datetime(2026, 3, 10), "amount": 1} for shop in ordered])
    ws.set_setting(SETTING, {"customers": LEVELS.to_json()})
    ws.close()
    with start(folder) as running:
        yield running


@pytest.mark.long
def test_ten_customers_are_marked_on_the_grid_and_the_page_says_where_the_rule_differs(page, server, settle):
    page.goto(f"{server.url}/levels?lang=ja")
    settle()
    for line, mark in enumerate(SAID.values()):
        choose_in_cell(page, line, mark)
    page.wait_for_timeout(LATER)  # the grid hands over what was typed a moment later
    page.get_by_role("button", name="印を残してくらべる").click()
    settle()
    expect(number(page, "一致した割合")).to_have_text("80.0% ※")
    expect(number(page, "食い違う会社")).to_have_text("2 社")
    with page.expect_download() as found:
        page.locator(".st-key-differs_heading").get_by_role("button", name=re.compile("ダウンロード")).click()
        page.get_by_role("button", name=re.compile("^CSV")).click()
    rows = list(csv.DictReader(io.StringIO(found.value.path().read_bytes().decode("utf-8-sig"))))
    assert [next(iter(row.values())) for row in rows] == ["s06", "s09"]


@pytest.mark.long
def test_states_are_put_together_on_the_grid_and_go_out_and_in_as_a_file(page, server, settle, tmp_path):
    page.goto(f"{server.url}/levels?lang=ja")
    settle()
    editor = page.locator(".st-key-edit_levels")
    editor.locator("summary").click()
    settle()
    grid = page.locator("[class*=st-key-states_] [data-testid=stDataFrame]")
    pick_from_list(page, grid, 2, 6, "名前あり")  # the line of 「両方」
    page.keyboard.press("Tab")
    page.wait_for_timeout(LATER)  # the line reaches the form a moment later
    page.get_by_role("button", name="この内容で数える").click()
    both = "直近 60 日に「注文」が 1 件以上、かつ「お客さまの名前」が入っている"
    expect(editor).to_contain_text(both)
    settle()
    with page.expect_download() as found:
        page.get_by_role("button", name="状態とレベルを JSON で").click()
    written = found.value.path().read_text(encoding="utf-8")
    assert Levels.from_json(written).states[2].rule == {"all": [ORDERING.rule, NAMED.rule]}
    changed = written.replace("両方", "注文と名前").encode()
    editor.locator("input[type=file]").set_input_files(
        {"name": "levels.json", "mimeType": "application/json", "buffer": changed}
    )
    page.get_by_role("button", name="このファイルの内容で数える").click()
    expect(editor.get_by_role("listitem").filter(has_text="注文と名前")).to_contain_text(both)
    expect(editor).not_to_contain_text("両方")


def number(page: Page, label: str):
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue")


def choose_in_cell(page: Page, line: int, option: str) -> None:
    """Marks the customer of a line: a click on the name, a key to the right, and a choice from the list."""
    grid = page.locator("[class*=st-key-check_customers] [data-testid=stDataFrame]")
    cell = grid.locator("table[role=grid] tbody tr").nth(line)
    for _ in range(ATTEMPTS):
        pick_from_list(page, grid, line, 1, option)
        try:
            expect(cell).to_contain_text(option, timeout=5_000)
            return
        except AssertionError:  # the keys were faster than the grid
            page.keyboard.press("Escape")
    expect(cell).to_contain_text(option)


def pick_from_list(page: Page, grid: Locator, line: int, columns: int, option: str) -> None:
    """Goes to a cell of a line, so many columns right of the first, and picks from its list."""
    for _ in range(ATTEMPTS):
        grid.scroll_into_view_if_needed()
        page.wait_for_timeout(MOMENT)  # the page glides
        box = grid.bounding_box()
        page.mouse.click(box["x"] + MARKERS + 20, box["y"] + ROW * (line + 1.5))
        page.wait_for_timeout(MOMENT)  # the cell takes the keyboard a moment later
        for _ in range(columns):
            page.keyboard.press("ArrowRight")
        page.wait_for_timeout(MOMENT)
        page.keyboard.press("Enter")
        try:
            page.get_by_role("option", name=option, exact=True).click(timeout=5_000)
        except Error:  # no list has opened
            page.keyboard.press("Escape")
            continue
        return
    raise AssertionError(f"no list with {option} has opened in line {line}")
