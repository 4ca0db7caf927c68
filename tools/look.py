"""Opens every page in a browser, as readers will see it, and leaves the pictures and a contact sheet in a folder.

`python run.py look [FOLDER] [--only PAGE] [--quick]`: both languages, 1440 and 390 wide, light and dark, empty and
with the sample. A page that joins the navigation joins here by itself.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import product
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from playwright.sync_api import Browser, Page, sync_playwright  # noqa: E402

from analysis import sample  # noqa: E402
from dashboard.navigation import Entry, entries  # noqa: E402
from tests.conftest import browser_path  # noqa: E402
from tools.serving import Server  # noqa: E402

LANGUAGES = {"ja": "ja-JP", "en": "en-US"}
WIDTHS = {1440: 1000, 390: 844}
THEMES = ("light", "dark")
STATES = ("full", "empty")
PATIENCE = 120_000  # milliseconds, for a slow machine
STYLE = """body{font:14px sans-serif;margin:24px;background:#ddd}
div{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
figure{margin:0}img{display:block;border:1px solid #999}figcaption{padding:4px 0}"""


@dataclass(frozen=True)
class Shot:
    """One picture: which page, and how."""

    page: str
    state: str
    lang: str
    width: int
    theme: str

    @property
    def file(self) -> str:
        return f"{self.page}-{self.state}-{self.lang}-{self.width}-{self.theme}.png"


def main(arguments: list[str] | None = None) -> int:
    """Takes the pictures; 0 where every page drew itself."""
    parser = argparse.ArgumentParser(prog="look", description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "looks")
    parser.add_argument("--only", action="append", help="name of a page")
    parser.add_argument("--quick", action="store_true", help="Japanese at 1440 and English at 390, light, full")
    options = parser.parse_args(arguments)
    options.folder.mkdir(parents=True, exist_ok=True)
    chosen = [entry for entry in entries() if not options.only or entry.name in options.only]
    shots = [shot for shot in _shots(chosen) if not options.quick or _quick(shot)]
    broken = take(shots, {entry.name: entry for entry in chosen}, options.folder)
    _sheet(shots, options.folder)
    for shot in broken:
        print(f"did not draw itself: {shot.file}", file=sys.stderr)
    print(options.folder / "index.html")
    return 1 if broken else 0


def _shots(chosen: list[Entry]) -> Iterator[Shot]:
    for state, entry, lang, width, theme in product(STATES, chosen, LANGUAGES, WIDTHS, THEMES):
        yield Shot(entry.name, state, lang, width, theme)


def _quick(shot: Shot) -> bool:
    return (shot.state, shot.theme) == ("full", "light") and (shot.lang, shot.width) in (("ja", 1440), ("en", 390))


def take(shots: list[Shot], by_name: dict[str, Entry], folder: Path) -> list[Shot]:
    """Writes every picture; the shots whose page shows an error of ours."""
    broken = []
    with tempfile.TemporaryDirectory(prefix="look-") as aside, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for state in STATES:
            mine = [shot for shot in shots if shot.state == state]
            if not mine:
                continue
            workspace = Path(aside) / state
            if state == "full":
                fill(workspace)
            with Server(workspace, Path(aside) / f"{state}.log") as server:
                broken += [shot for shot in mine if not _take(browser, server.url, by_name[shot.page], shot, folder)]
        browser.close()
    return broken


def fill(workspace: Path) -> None:
    """A workspace with the sample data in it."""
    from analysis.workspace import Workspace

    ws = Workspace.open(workspace)
    sample.bring(ws)
    ws.close()


def _take(browser: Browser, url: str, entry: Entry, shot: Shot, folder: Path) -> bool:
    context = browser.new_context(
        locale=LANGUAGES[shot.lang],
        timezone_id="Asia/Tokyo",
        color_scheme=shot.theme,
        viewport={"width": shot.width, "height": WIDTHS[shot.width]},
        reduced_motion="reduce",
    )
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    page.goto(f"{url}/{entry.url}?lang={shot.lang}")
    _settle(page)
    _grow(page, shot.width)
    page.screenshot(path=folder / shot.file)
    fine = page.locator("[data-testid=stException]").count() == 0
    context.close()
    return fine


def _settle(page: Page) -> None:
    """Until the script has ended and nothing is a placeholder any more."""
    page.locator("h1").first.wait_for()
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(state="attached")
    page.wait_for_timeout(600)  # charts and grids draw after the script
    page.locator("[data-testid=stSkeleton]").first.wait_for(state="detached")


def _grow(page: Page, width: int) -> None:
    """Makes the window as high as the page: Streamlit scrolls inside of it."""
    height = page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight")
    page.set_viewport_size({"width": width, "height": max(int(height), WIDTHS[width])})
    page.wait_for_timeout(500)


def _sheet(shots: list[Shot], folder: Path) -> None:
    """index.html with every picture, and the same as one picture."""
    rows = []
    for name in dict.fromkeys(shot.page for shot in shots):
        cells = "".join(_cell(shot) for shot in shots if shot.page == name)
        rows.append(f"<h2>{escape(name)}</h2><div>{cells}</div>")
    html = f"<!doctype html><meta charset=utf-8><title>looks</title><style>{STYLE}</style>{''.join(rows)}"
    (folder / "index.html").write_text(html, encoding="utf-8")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1800, "height": 1000})
        page.goto((folder / "index.html").resolve().as_uri())
        page.screenshot(path=folder / "contact-sheet.png", full_page=True)
        browser.close()


def _cell(shot: Shot) -> str:
    shown = 400 if shot.width > 600 else 140
    words = f"{shot.state} · {shot.lang} · {shot.width} · {shot.theme}"
    link = f"<a href='{shot.file}'><img src='{shot.file}' width={shown} alt='{escape(words)}'></a>"
    return f"<figure>{link}<figcaption>{escape(words)}</figcaption></figure>"


if __name__ == "__main__":
    sys.exit(main())
