"""Before the first visitor: heavy imports, the workspace, and a broom for what uploads leave behind."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from anyio import to_thread
from streamlit.runtime import Runtime

import dashboard
from analysis.errors import AnalysisError
from analysis.words import LANGUAGES, catalogue
from dashboard import guard, incoming

HEAVY = ("pandas", "pyarrow", "duckdb", "altair", "narwhals.stable.v2", "analysis.exports", "analysis.workspace")
EVERY = 60  # seconds between two sweeps


@asynccontextmanager
async def lifespan(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """Starts the warm-up without keeping the first visitor waiting; cleans up at the end."""
    tasks = [asyncio.create_task(to_thread.run_sync(warm)), asyncio.create_task(_sweep())]
    try:
        yield {}
    finally:
        for task in tasks:
            task.cancel()
        incoming.close_all()


def warm() -> None:
    """Loads what every page needs, and the days of use that most of them count."""
    for name in HEAVY:
        import_module(name)
    for lang in LANGUAGES:
        catalogue(lang)
    for name in modules():
        import_module(name)
    _draw()
    with suppress(AnalysisError):  # the page says it, in the reader's language
        ws = guard.workspace()
        incoming.of(guard.folder())
        ws.prepare()
        with ws.read() as reader:  # the first question makes the database
            reader.columns("users")


def modules() -> list[str]:
    """All that a page may be made of; not the script that Streamlit runs."""
    return [f"dashboard.{each.name}" for each in iter_modules(dashboard.__path__) if each.name != "main"]


def _draw() -> None:
    """A chart that nobody sees: the first one takes longer than those after it."""
    charts, looks, pandas = map(import_module, ("analysis.charts", "analysis.charts.theme", "pandas"))
    parts = pandas.DataFrame({"label": [""], "contribution": [1.0], "said": [""]})
    looks.styled(charts.waterfall(parts, lang="ja", palette=looks.LIGHT), looks.LIGHT).to_dict(validate=False)


async def _sweep() -> None:
    while True:
        await asyncio.sleep(EVERY)
        incoming.of(guard.folder()).sweep(is_active)


def is_active(session: str) -> bool:
    """Whether a browser is connected to this session."""
    return Runtime.exists() and Runtime.instance().is_active_session(session)
