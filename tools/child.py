"""Programs that run.py starts: their environment, and an end that they share with it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tools.requirements import ROOT

# Memory that is let go of goes back to the system; Arrow's own allocator would keep 30 MB of an import.
MEMORY = {"MALLOC_ARENA_MAX": "2", "MALLOC_TRIM_THRESHOLD_": "131072", "ARROW_DEFAULT_MEMORY_POOL": "system"}
ENDINGS = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]


def surroundings() -> dict[str, str]:
    """The environment of everything that runs: one workspace wherever it is started from, memory given back."""
    own = {name: value for name, value in os.environ.items() if name not in ("PYTHONHOME", "PYTHONPATH")}
    workspace = Path(own.get("GENZAICHI_WORKSPACE") or ROOT / "workspace").absolute()
    return {**MEMORY, "PYTHONUTF8": "1", **own, "GENZAICHI_WORKSPACE": str(workspace)}


@contextlib.contextmanager
def running(command: list[object], *, cwd: Path | None = ROOT, alone: bool = False) -> Iterator[subprocess.Popen]:
    """A child that ends when run.py is told to end; Ctrl+C does not reach it where it runs `alone`."""
    process = subprocess.Popen([str(part) for part in command], cwd=cwd, env=surroundings(), **_apart(alone))
    before = {name: signal.signal(name, lambda *_: process.terminate()) for name in ENDINGS}
    try:
        yield process
    except BaseException:
        stop(process)
        raise
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def _apart(alone: bool) -> dict[str, object]:
    if os.name == "nt":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP if alone else 0}
    return {"start_new_session": alone}


def stop(process: subprocess.Popen, *, patience: float = 10) -> None:
    """Asks it to end, and ends it where it does not."""
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def finish(process: subprocess.Popen) -> int:
    """Its exit code. Ctrl+C has reached it too; it tidies up and is waited for."""
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return exit_code(process.wait())


def exit_code(code: int) -> int:
    """As a shell tells it: 128 + the signal that ended a process."""
    return code if code >= 0 else 128 - code


def run(command: list[object], *, cwd: Path | None = ROOT) -> int:
    sys.stdout.flush()
    with running(command, cwd=cwd) as process:
        return finish(process)
