"""From a changed filter to the redrawn page in the browser, 10 million events against 10 thousand; memory a session."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import re
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from analysis.process_plan import Plan
from benchmarks.events import LARGE, SMALL, STEPS, Size, organisation
from benchmarks.measure import DATA, Claim, write
from tests.conftest import browser_path
from tools.serving import Server

CHANGES, SESSIONS = 7, 5
FILTERED = ("active_rate", "stages", "levels", "process", "pipeline")  # pages with a filter
FUNNEL = "funnel"
STEPS_ASKED = ("search", "cart", "order", "review", "help")
HANGS = 600_000  # the first draw sorts what is kept in order from then on
expect.set_options(timeout=HANGS)
DRAWN = """name => {
  const app = document.querySelector('[data-testid=stApp]');
  return decodeURIComponent(location.search).includes(name) && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]');
}"""


def changes(server: Server, browser: Browser, name: str) -> float:
    """Median seconds of one more value in the filter, or another window: a question that nobody asked before."""
    page = opened(server, browser, address(name))
    times = [other_window(page, 31 + i) if name == FUNNEL else one_more(page) for i in range(CHANGES)]
    page.context.close()
    return median(times[1:])


def address(name: str) -> str:
    """The page with what it needs to have something to draw."""
    if name != FUNNEL:
        return f"{name}?lang=ja"
    steps = "&".join(f"step={each}" for each in STEPS_ASKED)
    return f"{name}?lang=ja&{steps}&within=45d&period=2026-01..2026-03"


def other_window(page: Page, days: int) -> float:
    """From another number of days in which a funnel must be gone through, to the redrawn page."""
    field = page.get_by_test_id("stPopoverBody").get_by_role("spinbutton").first
    if not field.is_visible():
        page.get_by_role("button", name=re.compile("数え方")).click()
        expect(field).to_be_visible()
        quiet(page)
    field.fill(str(days))
    began = perf_counter()
    field.press("Enter")
    page.wait_for_function(DRAWN, arg=f"within={days}d", timeout=HANGS, polling=10)
    return perf_counter() - began


def quiet(page: Page) -> None:
    """Waits until no run of the script is going on."""
    page.wait_for_timeout(500)
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()


def one_more(page: Page) -> float:
    field = page.get_by_test_id("stPopoverBody").get_by_role("combobox").first
    if not field.is_visible():
        page.get_by_role("button", name=re.compile("絞り込み")).click()
        expect(field).to_be_visible()
        quiet(page)
    field.click()
    option = page.get_by_role("option").nth(0)
    name = option.inner_text()
    began = perf_counter()
    option.click()
    page.wait_for_function(DRAWN, arg=name, timeout=HANGS, polling=10)
    return perf_counter() - began


def opened(server: Server, browser: Browser, at: str = address(FILTERED[0])) -> Page:
    page = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(HANGS)
    page.goto(f"{server.url}/{at}")
    expect(page.get_by_test_id("stMetric").first).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    return page


def sessions(server: Server, browser: Browser) -> float:
    """MB of the server for each further visitor of the page."""
    opened(server, browser)
    process = psutil.Process(server.process.pid)
    before = process.memory_info().rss
    for _ in range(SESSIONS):
        opened(server, browser)
    return (process.memory_info().rss - before) / SESSIONS / 2**20


def main() -> None:
    sizes = {"10 thousand": SMALL, "10 million": LARGE}
    pages = sys.argv[1:] or [*FILTERED, FUNNEL]
    times: dict[tuple[str, str], float] = {}
    memory = 0.0
    with sync_playwright() as playwright, TemporaryDirectory() as logs:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for size, rows in sizes.items():
            with Server(folder(rows), Path(logs) / f"{size}.log") as server:
                memory = sessions(server, browser)
                for name in pages:
                    times[name, size] = changes(server, browser, name)
        browser.close()
    about = "\n".join(f"- {name}, {size}: {seconds * 1000:,.0f} ms" for (name, size), seconds in times.items())
    text = f"""
One more value chosen in the filter of a page (of the funnel: another window), nothing cached, until the script has run
and the browser has drawn; {CHANGES - 1} changes after the first. {LARGE.events:,} events of {LARGE.users:,} people and
{LARGE.cases:,} cases with five entries each against {SMALL.events:,} events of {SMALL.users:,} people and
{SMALL.cases:,} cases; the deals of the pipeline are {LARGE.deals:,} against {SMALL.deals:,}. Memory of the server over
the large ones for each of {SESSIONS} further sessions.

{about}
"""
    ratios = {name: times[name, "10 million"] / times[name, "10 thousand"] for name in pages}
    claims = [
        *(Claim(f"{name}: large / small", ratio, 2) for name, ratio in ratios.items()),
        Claim("memory of the server per further session", memory, 10, unit="MB"),
    ]
    write("Page", text, claims)


def folder(rows: Size) -> Path:
    """The folder of the workspace with so many rows, once this process has let go of it."""
    ws = organisation(rows)
    ws.set_setting("process", Plan(tuple(STEPS)).to_json())
    ws.close()
    return ws.layout.root


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    main()
