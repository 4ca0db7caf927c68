"""Products in a real browser: orders come in, codes become a group on the grid, a bar opens its customers."""

import csv
import io
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

SERUMS = [("BE-030", "美容液 30mL", 5500)] * 4 + [("BE-010", "美容液 10mL", 2500)] * 2
BOUGHT = [*SERUMS, *[("LO-150", "化粧水", 3300)] * 3]
HEADER = "注文番号,注文日時,会員ID,商品コード,商品名,金額\n"
ORDERS = HEADER + "".join(
    f"{n},2026/01/{n:02d} 10:00,M{n},{code},{name},{amount}\n" for n, (code, name, amount) in enumerate(BOUGHT, 1)
)
ROW, MARKERS = 35, 40  # pixels of a line of the grid, and of the ticks before it


@pytest.mark.long
def test_orders_are_grouped_on_the_grid_and_a_bar_opens_its_customers(page, visit, bring, settle):
    visit("import_data")
    bring("注文.csv", ORDERS.encode())
    page.get_by_role("button", name=re.compile("取り込む$")).click()
    expect(page.locator(".st-key-imported")).to_contain_text("読んだ行 9")
    settle()
    visit("products")
    bars = page.locator("[class*=st-key-product_bars]")
    expect(bars).to_contain_text("BE-030　美容液 30mL")
    page.locator(".st-key-editor summary").click()
    settle()
    page.get_by_label("分け方", exact=True).fill("種類")
    write_line(page, "美容液", "コードの先頭", "BE-")
    page.get_by_role("button", name="保存せずに確かめる").click()
    settle()
    equation = "商品コード 3 件 ＝ 1 つのグループ 2 ＋ 2 つ以上に当てはまる 0 ＋ どのグループにも入らない 1"
    expect(page.get_by_text(equation)).to_be_visible()
    page.get_by_role("button", name="この内容で数える").click()
    expect(page.get_by_role("button", name="分け方：種類")).to_be_visible()
    settle()
    (rule,) = downloaded(page, "商品グループを CSV で")[1:]
    assert rule[:4] == ["種類", "美容液", "コードの先頭", "BE-"]
    expect(bars).to_contain_text("美容液")
    expect(bars).to_contain_text("LO-150　化粧水")
    bars.locator("[aria-roledescription=bar]").first.click()
    expect(page.get_by_text("美容液 を買ったお客さま 6 件")).to_be_visible()
    settle()
    assert json.loads(parse_qs(urlsplit(page.url).query)["open"][0]) == [["美容液", 0], "amount"]
    page.locator(".st-key-who_bought_heading").get_by_role("button", name=re.compile("ダウンロード")).click()
    assert {row[0] for row in downloaded(page, re.compile("^CSV"))[1:]} == {f"M{n}" for n in range(1, 7)}


def write_line(page: Page, group: str, kind: str, value: str) -> None:
    """Writes the first line of the empty table as a visitor does: a click, then every cell from the keyboard."""
    grid = page.locator("[class*=st-key-groups_table] [data-testid=stDataFrame]")
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    line = grid.locator("table[role=grid] tbody tr").first
    for place, cell in enumerate((group, kind, value)):
        page.mouse.click(box["x"] + MARKERS + 20, box["y"] + ROW * 1.5)  # a list that closes keeps the keyboard
        page.wait_for_timeout(500)  # the cell takes the keyboard a moment later
        for _ in range(place):
            page.keyboard.press("ArrowRight")
        if cell == kind:
            page.keyboard.press("Enter")
            page.get_by_role("option", name=kind, exact=True).wait_for()
        page.keyboard.type(cell, delay=50)
        page.keyboard.press("Tab")
        expect(line).to_contain_text(cell)
        page.wait_for_timeout(500)  # and so do the lines reach the form


def downloaded(page: Page, button: str | re.Pattern[str]) -> list[list[str]]:
    with page.expect_download() as found:
        page.get_by_role("button", name=button).click()
    return list(csv.reader(io.StringIO(found.value.path().read_bytes().decode("utf-8-sig"))))


@pytest.mark.parametrize("lang", ["ja", pytest.param("en", marks=pytest.mark.long)])
def test_a_phone_never_scrolls_sideways_and_axe_finds_nothing_serious(page, visit, axe, lang):
    page.set_viewport_size({"width": 390, "height": 844})
    visit("products", lang=lang)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert axe() == []
