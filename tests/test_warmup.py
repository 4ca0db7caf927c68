"""What is loaded before the first visitor comes."""

import pytest

from analysis.errors import WorkspaceBusyError
from analysis.workspace import Workspace
from dashboard import guard, incoming, warmup


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("GENZAICHI_WORKSPACE", str(tmp_path / "workspace"))
    yield
    incoming.close_all()
    Workspace.open(tmp_path / "workspace").close()


def test_every_module_of_a_page_is_loaded_and_not_the_script_that_draws_one():
    names = warmup.modules()
    assert {"dashboard.rankings", "dashboard.stage_flow", "dashboard.levels"} <= set(names)
    assert "dashboard.main" not in names


def test_the_days_of_use_are_loaded_before_the_first_visitor(monkeypatch):
    called = []
    monkeypatch.setattr(Workspace, "prepare", lambda self: called.append(self) or 0.0)
    warmup.warm()
    assert called == [guard.workspace()]


def test_a_folder_that_cannot_be_opened_does_not_stop_the_start(monkeypatch):
    def refuse():
        raise WorkspaceBusyError("x")

    monkeypatch.setattr(guard, "workspace", refuse)
    warmup.warm()
