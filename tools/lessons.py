"""`python run.py notebooks`: JupyterLab on the lessons, in the reader's language, fetching nothing."""

import json
from pathlib import Path

from tools.child import run
from tools.environment import Environment
from tools.requirements import ROOT
from tools.say import language

QUIET = (
    "--LabApp.news_url=None",
    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    "--LabApp.extension_manager=readonly",
)


def notebooks(arguments: list[str]) -> int:
    """What follows goes to JupyterLab (`--no-browser`, `--port 8890`)."""
    environment = Environment()
    python = environment.ready("requirements-notebooks.txt")
    _prefer(environment.folder / "share" / "jupyter" / "lab" / "settings")
    return run([python, "-m", "jupyterlab", f"--ServerApp.root_dir={ROOT / 'notebooks'}", *QUIET, *arguments])


def _prefer(settings: Path) -> None:
    """Defaults that the reader may still change in JupyterLab."""
    preferences = {
        "@jupyterlab/translation-extension:plugin": {"locale": "ja_JP" if language() == "ja" else "default"},
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    }
    settings.mkdir(parents=True, exist_ok=True)
    (settings / "overrides.json").write_text(json.dumps(preferences, indent=2), encoding="utf-8")
