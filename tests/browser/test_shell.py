"""The shell around every page: door, guard, language, names, looks."""

import re

import pytest
from playwright.sync_api import expect

from analysis.words import text
from dashboard.navigation import ENTRIES

PAGES = [entry for entry in ENTRIES if entry.path.is_file()]
WORDS = {"ja": {"home": "ホーム", "language": "English"}, "en": {"home": "Home", "language": "日本語"}}


@pytest.fixture(scope="module")
def fresh(start):
    """Servers that nobody has visited yet, one a page and language."""

    def begin():
        return start()

    return begin


def cold():
    """Every page needs a server of its own: one of them is quick, the others come in the long run."""
    for place, entry in enumerate(PAGES):
        lang = ("ja", "en")[place % 2]
        marks = () if entry.name == "active_rate" else pytest.mark.long
        yield pytest.param(entry, lang, marks=marks, id=f"{entry.name}-{lang}")


@pytest.mark.parametrize(("entry", "lang"), [*cold()])
def test_a_deep_link_to_a_cold_server_shows_the_page_with_its_guard(entry, lang, fresh, page):
    with fresh() as cold:
        page.goto(f"{cold.url}/{entry.url}?lang={lang}")
        expect(page.locator("h1").first).to_be_visible()
        sidebar = page.get_by_test_id("stSidebar")
        expect(sidebar.get_by_role("link", name=WORDS[lang]["home"])).to_be_visible()
        expect(sidebar.get_by_text(WORDS[lang]["language"])).to_be_visible()
        expect(page.locator("html")).to_have_attribute("lang", lang)
        assert page.get_by_text(text(lang, "app.no_door")).count() == 0
        if entry.name == "active_rate":  # nothing is imported: the page says what it needs, and stops
            expect(page.locator(".st-key-missing")).to_be_visible()


@pytest.mark.long
def test_the_browsers_language_comes_first_and_the_url_keeps_it(browser, server):
    for locale, lang, home in (("ja-JP", "ja", "ホーム"), ("en-GB", "en", "Home"), ("fr-FR", "en", "Home")):
        context = browser.new_context(locale=locale)
        page = context.new_page()
        page.goto(server.url)
        expect(page.get_by_test_id("stSidebar").get_by_role("link", name=home)).to_be_visible()
        expect(page).to_have_url(re.compile(rf"[?&]lang={lang}\b"))
        context.close()


def test_the_language_is_switched_kept_on_other_pages_and_taken_back_by_back(visit, page, settle):
    visit("import_data", lang="ja")
    page.get_by_text("English", exact=True).click()
    expect(page.locator("h1")).to_have_text("Import data")
    expect(page).to_have_url(re.compile(r"lang=en"))
    page.get_by_test_id("stSidebar").get_by_role("link", name="Erase data").click()
    expect(page.locator("h1")).to_have_text("Erase data")
    expect(page).to_have_url(re.compile(r"erase_data\?lang=en"))
    settle()
    page.go_back()
    expect(page.locator("h1")).to_have_text("Import data")
    settle()
    page.go_back()
    expect(page.locator("h1")).to_have_text("データを取り込む")


@pytest.mark.parametrize("junk", ["lang=xx", "lang=ja&lang=en&x=%00", "lang=%3Cscript%3E"])
def test_junk_in_the_url_is_ignored(junk, page, server):
    page.goto(f"{server.url}/?{junk}")
    expect(page.locator("h1").first).to_be_visible()
    assert page.get_by_test_id("stException").count() == 0


def test_hiding_names_survives_a_reload(visit, page, settle):
    visit()
    toggle = page.get_by_test_id("stSidebar").get_by_role("switch", name="名前を隠す")
    expect(toggle).not_to_be_checked()
    page.get_by_text("名前を隠す").click()
    expect(toggle).to_be_checked()
    settle()
    page.reload()
    expect(toggle).to_be_checked()
    page.get_by_text("名前を隠す").click()
    expect(toggle).not_to_be_checked()
    settle()


def looks():
    """The pages that begin with nothing are quick; all of them in both lights come in the long run."""
    for entry in PAGES:
        for lang, scheme in (("ja", "light"), ("en", "dark")):
            quick = lang == "ja" and entry.name in ("home", "import_data", "rankings")
            marks = () if quick else pytest.mark.long
            yield pytest.param(entry, lang, scheme, marks=marks, id=f"{entry.name}-{lang}-{scheme}")


@pytest.mark.parametrize(("entry", "lang", "scheme"), [*looks()])
def test_no_page_of_an_empty_workspace_has_a_serious_finding_of_axe_nor_scrolls_sideways(
    entry, lang, scheme, visit, page, axe
):
    page.emulate_media(color_scheme=scheme)
    visit(entry.url, lang=lang)
    assert axe() == []
    for width in (1440, 390, 320):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(300)
        wide = page.evaluate("() => [document.documentElement.scrollWidth, innerWidth]")
        assert wide[0] <= wide[1]


def test_the_favicon_is_ours(visit, page, server):
    visit()
    href = page.locator("link[rel*=icon]").first.get_attribute("href")
    assert href.startswith(("/media/", f"{server.url}/media/", "./media/"))
