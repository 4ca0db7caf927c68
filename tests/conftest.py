"""Rules for every test: which run without --long, what a browser or Spark needs, and that nothing is skipped in CI."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
CI = os.environ.get("CI", "").lower() in ("1", "true")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge", "microsoft-edge")

# A slow machine is no failure; the same examples every time, so that a red test is about the change at hand.
settings.register_profile(
    "patient", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("patient")


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run the tests that take minutes, and only those")


def pytest_configure(config):
    """Test files may ask before they are collected; a worker's command line does not say it."""
    os.environ["GENZAICHI_LONG"] = "1" if config.getoption("--long") else "0"


def pytest_collection_modifyitems(config, items):
    """Without --long the quick ones, with it the long ones."""
    long = config.getoption("--long")
    chosen = [item for item in items if bool(item.get_closest_marker("long")) == long]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
    items[:] = chosen


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and not browser_path():
        pytest.skip("no browser on this machine: install Chromium, Chrome or Edge to run it")
    if item.get_closest_marker("spark") and not shutil.which("java"):
        pytest.skip("no Java on this machine: install a Java runtime to run it on Spark")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    return unskipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    return unskipped(report)


def unskipped(report):
    """In CI a skipped test is a failed one: what is not run there is run nowhere."""
    if CI and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped, and CI skips nothing: {report.longrepr}"
    return report


def browser_path() -> str | None:
    """A browser that is on the machine anyway; none is ever downloaded."""
    named = os.environ.get("GENZAICHI_BROWSER")
    found = named or next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return found or next((str(path) for path in _usual_places() if path.exists()), None)


def _usual_places():
    """Where Windows and macOS keep browsers that are not on the path."""
    if sys.platform == "darwin":
        yield from map(
            Path("/Applications").joinpath,
            ("Google Chrome.app/Contents/MacOS/Google Chrome", "Microsoft Edge.app/Contents/MacOS/Microsoft Edge"),
        )
    for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
        if folder := os.environ.get(variable):
            yield Path(folder, "Google/Chrome/Application/chrome.exe")
            yield Path(folder, "Microsoft/Edge/Application/msedge.exe")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    """Playwright drives the machine's own browser; root (as in CI) needs it without its sandbox."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = ["--no-sandbox"] if root else []
    return {**browser_type_launch_args, "executable_path": browser_path(), "args": arguments}


@pytest.fixture(scope="session")
def sample_company(tmp_path_factory):
    """The sample company as one click brings it, imported once for all tests that only read it."""
    from analysis import sample
    from analysis.workspace import Workspace

    company = Workspace.open(tmp_path_factory.mktemp("company") / "workspace")
    sample.bring(company)
    yield company
    company.close()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real files that lies beside a checkout of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the folder shared/data with the real files is not beside the project")
    return folder
