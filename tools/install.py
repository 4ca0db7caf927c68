"""pip, watched: what it fetches and installs is counted, and what it says is kept."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tools.progress import Progress
from tools.requirements import packages

SOURCE_ONLY = {"pyspark", "autograd-gamma"}  # published without a wheel
FOREIGN = ("PYTHONHOME", "PYTHONPATH", "PYTHONSTARTUP", "PIP_TARGET", "PIP_PREFIX", "__PYVENV_LAUNCHER__")


def clean_environment() -> dict[str, str]:
    """The reader's environment without what would lead Python or pip elsewhere."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    return {**kept, "PIP_USER": "0", "PYTHONUTF8": "1"}


@dataclass
class Installation:
    """One run of pip over requirements files."""

    python: Path
    site: Path  # where its packages land
    names: list[str]
    root: Path
    touching: Callable[[], None]  # called once, before the first package is replaced
    touched: bool = False
    output: list[str] = field(default_factory=list)

    def run(self) -> int:
        """pip's exit code; a line on the screen counts along."""
        progress = Progress(len(packages(self.names, self.root)))
        started = time.time()
        process = self._start()
        reader = threading.Thread(target=self._read, args=(process, progress), daemon=True)
        reader.start()
        try:
            while reader.is_alive():
                progress.show(self._arrived(started))
                reader.join(0.2)
            progress.show(self._arrived(started))  # all may have happened since the last look
            return process.wait()
        finally:
            process.kill()
            progress.close()

    def _start(self) -> subprocess.Popen:
        wheels = sorted(set(packages(self.names, self.root, everywhere=True)) - SOURCE_ONLY)
        files = [part for name in self.names for part in ("-r", name)]
        options = ["--no-input", "--disable-pip-version-check", "--no-warn-script-location", "--progress-bar=off"]
        return subprocess.Popen(
            [self.python, "-m", "pip", "install", *options, "--retries=2", f"--only-binary={','.join(wheels)}", *files],
            cwd=self.root,
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
        )

    def _read(self, process: subprocess.Popen, progress: Progress) -> None:
        for line in process.stdout:
            self.output.append(line)
            progress.read(line)
            if progress.installing and not self.touched:
                self.touched = True
                self.touching()

    def _arrived(self, started: float) -> int:
        """Packages that are complete: pip writes RECORD last."""
        records = self.site.glob("*.dist-info/RECORD")
        return sum(_changed(path) >= started for path in records)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # an older version, just removed
        return 0
