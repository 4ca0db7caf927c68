"""Processes that change a workspace and die on the way."""

import multiprocessing
import os
import random
import sys
import time
from collections import Counter
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import analysis as an
from analysis.workspace import Workspace
from analysis.workspace.checkpoints import STOP_AT

# A server that has imported everything once and forks: a child starts in milliseconds, not seconds.
CONTEXT: Any = multiprocessing.get_context("spawn" if sys.platform == "win32" else "forkserver")


def start(
    folder: Path, operation: str, *arguments: str, stop_at: str = "", delay: float = 0.0
) -> tuple[Any, Connection]:
    """A process that carries out one operation; through the pipe it says "begin", then "end"."""
    os.environ["PYTHONPATH"] = os.pathsep.join(sys.path)
    if sys.platform != "win32":
        CONTEXT.set_forkserver_preload(["killing", "analysis.workspace.workspace", "analysis.exports.typed"])
    here, there = CONTEXT.Pipe()
    process = CONTEXT.Process(target=_run, args=(folder, operation, arguments, stop_at, delay, there), daemon=True)
    process.start()
    there.close()
    return process, here


def _run(folder: Path, operation: str, arguments: tuple, stop_at: str, delay: float, pipe: Connection) -> None:
    ws = Workspace.open(folder)
    pipe.send("begin")
    os.environ[STOP_AT] = stop_at

    def progress(_rows: int, _part: float) -> None:
        if delay:  # an import that takes as long as the test wants it to
            pipe.send("running")
            pipe.recv()

    if operation == "add":
        ws.add(an.read_export(arguments[0]), progress=progress)
    else:
        getattr(ws, operation)(*arguments)
    pipe.send("end")


def told(pipe: Connection) -> list[str]:
    """What the process said before it ended."""
    said = []
    try:
        while pipe.poll(60):
            said.append(pipe.recv())
    except (EOFError, ConnectionResetError):
        pass
    return said


def kill_somewhere(process: Any, pipe: Connection, within: float) -> bool:
    """Kills it after a moment; True where that was in the middle of the operation."""
    assert pipe.recv() == "begin"
    time.sleep(random.random() * within * 2)  # the child is colder than who measured
    process.kill()
    process.join()
    return "end" not in told(pipe)


def state(ws: Workspace) -> tuple:
    """What a reader sees: the imports with their counts, and the rows of every table."""
    imports = [
        (each.id, each.kind, each.name, each.state, each.read, each.accepted, each.duplicates, each.refused)
        for each in ws.imports()
    ]
    rows = [Counter(map(repr, ws.table(kind).astype(object).itertuples(index=False))) for kind in ("users", "activity")]
    return imports, rows, ws.rosters() != []
