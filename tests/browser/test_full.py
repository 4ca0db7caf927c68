"""With the sample data: one click from an empty home to the numbers; every page readable for everybody."""

import re

import pytest
from playwright.sync_api import expect

from analysis import sample
from analysis.workspace import Workspace
from dashboard.navigation import ENTRIES

PAGES = [entry for entry in ENTRIES if entry.path.is_file()]


@pytest.fixture(scope="module")
def server(start, tmp_path_factory):
    folder = tmp_path_factory.mktemp("full") / "workspace"
    ws = Workspace.open(folder)
    sample.bring(ws)
    ws.close()
    with start(folder) as running:
        yield running


QUICK = ("home", "import_data", "active_rate", "stages", "rankings", "customer")


def looks():
    """The quick run looks at half of the pages; the long one at the others, and at all in English and in the dark."""
    for entry in PAGES:
        for lang, scheme in (("ja", "light"), ("en", "dark")):
            marks = () if lang == "ja" and entry.name in QUICK else pytest.mark.long
            yield pytest.param(entry, lang, scheme, marks=marks, id=f"{entry.name}-{lang}-{scheme}")


@pytest.mark.parametrize(("entry", "lang", "scheme"), [*looks()])
def test_with_the_sample_no_page_has_a_serious_finding_of_axe_nor_scrolls_sideways(
    entry, lang, scheme, visit, page, axe
):
    page.emulate_media(color_scheme=scheme)
    visit(entry.url, lang=lang)
    assert axe() == []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        wide = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]


@pytest.mark.long
def test_an_open_file_is_readable_for_everybody_and_fits_a_phone(visit, page, bring, axe):
    page.set_viewport_size({"width": 390, "height": 844})
    visit("import_data")
    bring("名簿_20260401.csv", "ユーザーID,氏名,エリア\r\nMK01,佐藤 美咲,関東\r\n".encode())
    assert axe() == []
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390


def test_the_sample_is_one_click_away(start, visit, page):
    with start() as empty:
        visit(at=empty)
        page.get_by_role("button", name="サンプルデータで始める").click()
        box = page.locator(".st-key-question_active_rate")
        expect(box).to_contain_text("62.0%", timeout=120_000)
        expect(box).to_contain_text("744 / 1,200 人")
        box.get_by_role("link", name="アクティブ率を見る").click()
        expect(page.locator("h1")).to_have_text("使われているか？")
        expect(page).to_have_url(re.compile("active_rate.*lang=ja"))


@pytest.mark.long
def test_a_download_carries_a_mark_of_its_content(visit, page):
    """The name of a download carries a mark of its content."""
    visit("import_data", lang="ja")
    page.get_by_role("button", name="ダウンロード").first.click()
    names = []
    for button in ("CSV", "Excel"):
        with page.expect_download() as download:
            page.get_by_role("button", name=re.compile(f"^{button}")).first.click()
        names.append(download.value.suggested_filename)
    assert [re.sub("[0-9a-f]{8}", "#", name) for name in names] == ["取り込み履歴_#.csv", "取り込み履歴_#.xlsx"]
