"""A server with a workspace of its own, a browser that talks to nobody else, and what a visitor does."""

import json
import re
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tools.serving import Server  # noqa: E402

LOCAL = {"127.0.0.1", "localhost", ""}
# Findings of axe that come with Streamlit and that no page of ours can change.
STREAMLIT = {
    ("svg-img-alt", "metric_chart"),  # the small line of a metric carries no name
    ("empty-table-header", "data-grid"),  # the hidden table of a grid names its columns only when scrolled to
}
HANGS = 120_000  # no test is about time: this only ends one that hangs
expect.set_options(timeout=HANGS)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Names beyond this machine do not resolve: what would go out fails, and is seen failing."""
    arguments = browser_type_launch_args.get("args", [])
    away = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1", "--disable-dev-shm-usage"]
    return {**browser_type_launch_args, "args": [*arguments, *away]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args):
    return {
        **browser_context_args,
        "locale": "ja-JP",
        "timezone_id": "Asia/Tokyo",
        "viewport": {"width": 1280, "height": 900},
        "accept_downloads": True,
    }


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """`with start() as server:` is a fresh server over an empty workspace, or over the folder that is given."""

    def begin(workspace: Path | None = None) -> Server:
        folder = tmp_path_factory.mktemp("server")
        return Server(workspace or folder / "workspace 作業", folder / "server.log")

    return begin


@pytest.fixture(scope="module")
def server(start):
    """One server for the tests of a module."""
    with start() as running:
        yield running


@pytest.fixture
def context(context):
    """Records every request; at the end of the test none may have gone anywhere but to our server."""
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    context.add_init_script("window.showSaveFilePicker = undefined")
    context.set_default_timeout(HANGS)
    yield context
    outside = [url for url in asked if urlsplit(url).hostname not in LOCAL | {None}]
    assert outside == []


@pytest.fixture(autouse=True)
def picture_of_a_failure(request, tmp_path_factory):
    """Where a test with a page fails, a picture of the page lies in the folder of temporary files."""
    failed = request.session.testsfailed
    yield
    page = request.node.funcargs.get("page")
    if page and request.session.testsfailed > failed and not page.is_closed():
        path = tmp_path_factory.mktemp("failed") / f"{re.sub(r'[^0-9A-Za-z_]+', '_', request.node.name)}.png"
        page.screenshot(path=path, full_page=True)
        print(f"picture: {path}")


@pytest.fixture
def visit(page: Page, server: Server):
    """`visit("import_data", lang="en")` opens a page and waits until it has drawn itself."""

    def go(name: str = "", *, lang: str | None = "ja", at: Server = server) -> Page:
        page.goto(f"{at.url}/{name}" + (f"?lang={lang}" if lang else ""))
        settled(page)
        return page

    return go


def settled(page: Page) -> None:
    """Waits until no run of the script is going on."""
    page.wait_for_timeout(250)  # a click needs a moment to become a run
    expect(page.locator("h1").first).to_be_visible()
    expect(page.locator("[data-testid=stApp][data-test-script-state=notRunning]")).to_be_attached(timeout=120_000)
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.locator("[data-testid=stSkeleton]")).to_have_count(0, timeout=120_000)
    expect(page.locator(".choose:empty")).to_have_count(0)  # the file field has its words


@pytest.fixture
def settle(page):
    return lambda: settled(page)


@pytest.fixture
def field(page: Page):
    """The file input of our field."""

    def find() -> Locator:
        return page.locator("input[type=file]").first

    return find


@pytest.fixture
def bring(page: Page, field):
    """Chooses a file in the field and waits until its own box is open."""

    def put(name: str, content: bytes) -> None:
        field().set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})
        expect(page.locator(".st-key-open_file")).to_contain_text(name.rpartition(".")[0][:20])
        settled(page)

    return put


@pytest.fixture
def axe(page: Page):
    """Serious and critical findings of axe that are ours."""

    def findings() -> list[str]:
        found = Axe().run(page).response["violations"]
        return [
            f"{rule['id']}: {node['target']}"
            for rule in found
            if rule["impact"] in ("serious", "critical")
            for node in rule["nodes"]
            if not any(rule["id"] == known and part in json.dumps(node) for known, part in STREAMLIT)
        ]

    return findings
