"""From a changed filter to the redrawn page in the browser, 10 million logins against 10 thousand; memory a session."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import re
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

import psutil
from playwright.sync_api import Browser, Page, expect, sync_playwright

from analysis.workspace import Workspace
from benchmarks.measure import DATA, Claim, write
from benchmarks.stores import files, small, workspace
from tests.conftest import browser_path
from tools.serving import Server

CHANGES, SESSIONS = 9, 5
expect.set_options(timeout=120_000)
DRAWN = """name => {
  const app = document.querySelector('[data-testid=stApp]');
  return decodeURIComponent(location.search).includes(name) && app.dataset.testScriptState === 'notRunning'
    && !document.querySelector('[data-stale=true]');
}"""


def changes(server: Server, browser: Browser) -> float:
    """Median seconds of choosing one more value of the filter: a rule that nobody asked for before."""
    page = opened(server, browser)
    times = [one_more(page) for _ in range(CHANGES)]
    page.context.close()
    return median(times[1:])


def one_more(page: Page) -> float:
    field = page.get_by_test_id("stPopoverBody").get_by_role("combobox").first
    if not field.is_visible():
        page.get_by_role("button", name=re.compile("絞り込み")).click()
        expect(field).to_be_visible()
        page.wait_for_timeout(500)
        expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached()
    field.click()
    option = page.get_by_role("option").nth(0)
    name = option.inner_text()
    began = perf_counter()
    option.click()
    page.wait_for_function(DRAWN, arg=name, timeout=120_000, polling=10)
    return perf_counter() - began


def opened(server: Server, browser: Browser) -> Page:
    page = browser.new_context(locale="ja-JP", viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{server.url}/active_rate?lang=ja")
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
    folders = {"10 thousand": workspace("10k", small()), "10 million": workspace("10m", files(10))}
    times: dict[str, float] = {}
    memory = 0.0
    with sync_playwright() as playwright, TemporaryDirectory() as logs:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        for name, ws in folders.items():
            with Server(folder(ws), Path(logs) / f"{name}.log") as server:
                times[name] = changes(server, browser)
                memory = sessions(server, browser)
        browser.close()
    about = "\n".join(f"- {name} logins: {seconds * 1000:,.0f} ms" for name, seconds in times.items())
    text = f"""
One more value chosen in the filter of the active rate page, nothing cached, until the script has run and the browser
has drawn; {CHANGES - 1} changes. Memory of the server over 10 million logins for each of {SESSIONS} further sessions.

{about}
"""
    ratio = times["10 million"] / times["10 thousand"]
    claims = [
        Claim("10 million / 10 thousand logins", ratio, 2, 1.3),
        Claim("memory of the server per further session", memory, 10, unit="MB"),
    ]
    write("Page", text, claims)


def folder(ws: Workspace) -> Path:
    """Its folder, once this process has let go of it."""
    ws.close()
    return ws.layout.root


if __name__ == "__main__":
    DATA.mkdir(exist_ok=True)
    main()
