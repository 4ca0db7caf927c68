"""A server of this app on a free port, for tests and for looking at pages."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from urllib.error import URLError
from urllib.request import urlopen

from dashboard.navigation import ROOT

PATIENCE = 60  # seconds


class Server:
    """Starts when entered and stops when left; `url` has no slash at its end."""

    def __init__(self, workspace: Path, log: Path) -> None:
        self.workspace, self.log = workspace, log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Server":
        environment = os.environ | {"GENZAICHI_WORKSPACE": str(self.workspace), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py")]
        options = ["--server.headless=true", f"--server.port={self.port}"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, *options], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.process.poll() is None:
            try:
                with urlopen(f"{self.url}/_stcore/health", timeout=2) as answer:
                    if answer.status == 200:
                        return
            except (URLError, OSError):
                time.sleep(0.1)
        self.__exit__(None, None, None)
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(encoding='utf-8', errors='replace')}")


def free_port() -> int:
    """A port that nobody uses right now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
