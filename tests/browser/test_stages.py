"""The stages in a real browser: a band of the flow and a cell open their people, months and goals answer a visitor."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from analysis import sample
from analysis.workspace import Workspace

QUARTER = "lang=ja&period=2026-01-01..2026-03-31"
INSIDE = """path => {
    const box = path.getBBox(), at = path.getScreenCTM(), x = box.x + 3
    for (let y = box.y; y < box.y + box.height; y += 0.5) {
        const point = new DOMPoint(x, y + 1)
        if (path.isPointInFill(point)) { const p = point.matrixTransform(at); return [p.x, p.y] }
    }
}"""  # a point of a band, beside the bar that it leaves


def people_of_the_sample(folder: Path) -> Path:
    """A workspace with the users of the sample company and what they did."""
    ws = Workspace.open(folder)
    sample.bring(ws, kinds=("users", "activity"))
    ws.close()
    return folder


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    """A server over the people of the sample company."""
    with start(people_of_the_sample(tmp_path_factory.mktemp("sample") / "workspace")) as running:
        yield running


@pytest.fixture
def opened(page: Page, server, settle):
    """`opened("moved=…")` is the page with these choices in its link."""

    def go(query: str = "") -> Page:
        page.goto(f"{server.url}/stages?{QUARTER}&{query}")
        settle()
        return page

    return go


def choices(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def click_band(page: Page, place: int) -> None:
    band = page.locator("[class*=st-key-stage_flow] path[aria-roledescription='area mark']").nth(place)
    band.scroll_into_view_if_needed()
    page.mouse.click(*band.evaluate(INSIDE))


def click_cell(page: Page, grid: Locator, row: int, column: int) -> None:
    """A cell of the matrix, by the widths and heights that it is given."""
    grid.scroll_into_view_if_needed()
    box = grid.bounding_box()
    x, y = box["x"] + 112 + 78 * column + 39, box["y"] + 36 * (row + 1) + 18
    page.mouse.move(x, y)  # a grid takes no click of a mouse that has never been over it
    page.wait_for_timeout(300)
    page.mouse.click(x, y)


def test_a_click_on_a_band_opens_the_people_of_its_cell(opened, page, settle):
    """Also a second time, after another cell of the matrix was open."""
    opened()
    heading = page.locator(".st-key-movers_heading")
    click_band(page, 0)
    expect(heading).to_contain_text("③活用 → ③活用：25 人")
    assert choices(page)["moved"] == ['[3,"c3"]']
    settle()
    click_cell(page, page.locator("[class*=st-key-moved_] [data-testid=stDataFrame]"), 1, 2)
    expect(heading).to_contain_text("①認知 → ②定着：81 人")
    settle()
    click_band(page, 0)
    expect(heading).to_contain_text("③活用 → ③活用：25 人")
    with page.expect_download() as caught:
        heading.get_by_text("ダウンロード").click()
        page.get_by_role("button", name=re.compile("^CSV")).click()
    assert len(caught.value.path().read_bytes().decode("utf-8-sig").splitlines()) == 1 + 25


def grid(page: Page, name: str | re.Pattern[str]) -> Locator:
    """The hidden table of a grid, which readers of screens read; it is there while the grid is in sight."""
    region = page.get_by_role("region", name=name)
    region.scroll_into_view_if_needed()
    return region.locator("table[role=grid]").last


@pytest.mark.long
def test_a_month_and_those_who_began_together_open_their_people(opened, page, settle, axe):
    opened("month=[%222026-03-01%22,%22dormant%22]")
    dormant = page.locator(".st-key-life_dormant_heading")
    expect(dormant).to_contain_text(re.compile("2026年3月に使わなくなった人：[1-9][0-9]* 人"))
    expect(
        page.get_by_text(re.compile("2026年3月に使った人は、平均 [0-9.]+ 日使いました（月の [0-9.]+%）"))
    ).to_be_visible()
    page.get_by_text("開始月ごとの残り方").click()
    settle()
    assert choices(page)["over"] == ["cohorts"]
    opened("over=cohorts&cohort=[%222025-10-01%22,%22a3%22]")
    expect(page.locator(".stVegaLiteChart").last).to_contain_text("70.2%")  # the curve, after a month
    expect(grid(page, re.compile("^使い始めた人のうち、1 か月後"))).to_contain_text("61.1%")
    expect(page.locator(".st-key-cohort_retained_heading")).to_contain_text("3 か月後も使った人：33 人")
    page.locator(".st-key-kept").get_by_text(re.compile("21")).click()
    expect(page.locator(".st-key-cohort_lost_heading")).to_contain_text("：21 人")
    settle()
    assert choices(page)["kept"] == ["lost"]
    assert axe() == []


@pytest.mark.long
def test_goals_that_are_uploaded_change_the_verdict_of_the_areas(start, page, settle, bring, tmp_path):
    goals = "ステージ,期間,エリア,目標\r\n認知,2025年度,,50%\r\n認知,2025年度,関東,75%\r\n定着,,,35%\r\n"
    with start(people_of_the_sample(tmp_path / "workspace")) as own:
        stages = f"{own.url}/stages?{QUARTER}&rows=エリア"
        page.goto(stages)
        settle()
        expect(grid(page, "エリアごとの現在地")).to_contain_text("関東：①認知 達成 → 次は②定着")
        page.goto(f"{own.url}/import_data?lang=ja")
        settle()
        bring("目標_2025.csv", goals.encode("cp932"))
        page.get_by_role("button", name=re.compile("として取り込む$")).click()
        expect(page.locator(".st-key-imported")).to_contain_text("取り込んだ行 3")
        page.goto(stages)
        settle()
        places = grid(page, "エリアごとの現在地")
        expect(places).to_contain_text("関東：①認知 未達。②③の施策はまだ早い")
        expect(places).to_contain_text("近畿：①認知・②定着 達成 → 次は③活用")
        expect(page.get_by_text("関東 の目標：①認知 75%（取り込んだ目標の一覧：2025年度）")).to_be_visible()
