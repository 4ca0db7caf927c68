"""Pages as scripts: the guard, both languages, with and without data."""

import ast

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from analysis import sample
from analysis.workspace import Workspace
from dashboard import incoming
from dashboard.navigation import ENTRIES, ROOT

PAGES = [entry.name for entry in ENTRIES if entry.path.is_file()]
MAIN = str(ROOT / "src/dashboard/main.py")


@pytest.fixture(autouse=True)
def fresh_caches():
    yield
    st.cache_data.clear()
    incoming.close_all()


@pytest.fixture
def empty(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "workspace"))
    yield tmp_path / "workspace"
    Workspace.open(tmp_path / "workspace").close()


@pytest.fixture(scope="module")
def sampled(tmp_path_factory):
    """A workspace with the sample data, read only by the tests that share it."""
    folder = tmp_path_factory.mktemp("sample") / "workspace"
    ws = Workspace.open(folder)
    sample.bring(ws)
    yield folder
    ws.close()


def opened(name: str, lang: str) -> AppTest:
    app = AppTest.from_file(MAIN, default_timeout=60)
    app.query_params["lang"] = lang
    if name != "home":
        app.switch_page(str(ROOT / "pages" / f"{name}.py"))
    return app.run()


@pytest.mark.parametrize("lang", ["ja", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_an_empty_workspace(name, lang, empty):
    app = opened(name, lang)
    assert not app.exception
    assert len(app.title) == 1
    assert empty.is_dir()


@pytest.mark.parametrize("lang", ["ja", pytest.param("en", marks=pytest.mark.long)])
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens_on_the_sample(name, lang, sampled, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(sampled))
    app = opened(name, lang)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("name", PAGES)
def test_a_page_that_does_not_come_through_the_door_stops_at_its_guard(name, empty):
    app = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60).run()
    assert not app.exception
    assert [error.value for error in app.error] == ["この画面は入口から開いてください。`python run.py` で始めます。"]
    assert not app.title
    assert not empty.exists()


@pytest.mark.parametrize("name", PAGES)
def test_every_page_begins_with_the_guard_and_computes_nothing_before(name):
    body = ast.parse((ROOT / "pages" / f"{name}.py").read_text(encoding="utf-8")).body
    first = next(node for node in body[1:] if not isinstance(node, ast.Import | ast.ImportFrom))
    assert ast.unparse(first) == f"page = open_page('{name}')"


def test_no_folder_of_pages_lies_beside_the_script():
    """Streamlit would run such pages without the script, guard and all."""
    assert not (ROOT / "src/dashboard/pages").exists()


def test_the_door_holds_the_app_and_nothing_else():
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    kinds = [type(node).__name__ for node in tree.body]
    assert kinds == ["Expr", "Import", "ImportFrom", "Assign"]
    assert {node.module for node in tree.body if isinstance(node, ast.ImportFrom)} == {"dashboard"}


def test_a_broken_link_to_the_workspace_is_a_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "file"))
    app = opened("home", "ja")
    assert not app.exception
    assert len(app.error) == 1
