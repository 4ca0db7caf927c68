"""The environment in .venv: made once, repaired after an interruption, left alone while nothing has changed."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from tools.failures import SetupError, explain
from tools.install import Installation, clean_environment
from tools.lock import alone
from tools.requirements import ROOT, fingerprint, with_included
from tools.say import say

VERSION = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
SITE = "import sysconfig; print(sysconfig.get_path('purelib'))"


@dataclass(frozen=True)
class Environment:
    """A virtual environment beside the program, and a record of what was installed into it."""

    root: Path = ROOT

    @property
    def folder(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        base = {"base": str(self.folder), "platbase": str(self.folder)}
        return Path(sysconfig.get_path("scripts", "venv", base), "python.exe" if os.name == "nt" else "python")

    def ready(self, *names: str) -> Path:
        """Its Python, with these requirements files installed: at once where they are."""
        if self.missing(names):
            with self._explained(), alone(self.root / ".venv.lock", lambda: say("setup.waiting")):
                missing = self.missing(names)  # another window may have done it meanwhile
                if missing:
                    self._set_up(missing)
        return self.python

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """Which of the files are not installed as they stand now; all of them where the environment is unusable."""
        record = self._record()
        if not self._usable(record):
            return list(names)
        return [name for name in names if record["installed"].get(name) != fingerprint(name, self.root)]

    def _usable(self, record: dict) -> bool:
        return bool(record) and not record["unfinished"] and record["python"] == self._ask(VERSION, "-S")

    def _set_up(self, missing: list[str]) -> None:
        record = self._record()
        if not self._usable(record) and (record or not self._ask("import pip")):
            self._create()
            record = {}
        record = {"python": self._ask(VERSION), "unfinished": False, "installed": record.get("installed", {})}
        self._write(record)
        site = Path(self._ask(SITE))
        self._link_sources(site)
        self._install(missing, site, record)

    def _create(self) -> None:
        version = _our_version()
        if not (find_spec("venv") and find_spec("ensurepip")):
            raise SetupError("setup.no_venv", version=version)
        if os.pathsep in str(self.folder):
            raise SetupError("setup.bad_folder", folder=self.root, sign=os.pathsep)
        say("setup.creating", version=version)
        python = getattr(sys, "_base_executable", None) or sys.executable
        done = subprocess.run(
            [python, "-m", "venv", "--clear", str(self.folder)], env=clean_environment(), capture_output=True
        )
        if done.returncode:
            raise self._explain((done.stdout + done.stderr).decode("utf-8", "replace"))

    def _install(self, missing: list[str], site: Path, record: dict) -> None:
        def touching() -> None:
            self._write({**record, "unfinished": True})

        installation = Installation(self.python, site, missing, self.root, touching)
        code = installation.run()
        output = "".join(installation.output)
        if code:
            raise self._explain(output)
        done = {part: fingerprint(part, self.root) for name in missing for part in with_included(name, self.root)}
        self._write({**record, "installed": {**record["installed"], **done}})
        say("setup.done")

    def _link_sources(self, site: Path) -> None:
        """`import analysis` works everywhere in the environment; relative, so that no path has to be spelt."""
        (site / "genzaichi.pth").write_text(os.path.relpath(self.root / "src", site) + "\n", encoding="ascii")

    def _ask(self, question: str, *options: str) -> str:
        """What the environment's Python answers; "" where it does not run."""
        try:
            done = subprocess.run([self.python, "-I", *options, "-c", f"{question}\nprint()"], capture_output=True)
        except OSError:
            return ""
        return "" if done.returncode else (done.stdout.decode("utf-8", "replace").strip() or "yes")

    def _record(self) -> dict:
        try:
            return json.loads((self.folder / "genzaichi.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    def _write(self, record: dict) -> None:
        aside = self.folder / "genzaichi.json.new"
        aside.write_text(json.dumps(record, indent=2), encoding="utf-8")
        aside.replace(self.folder / "genzaichi.json")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self._explain(str(error)) from error

    def _explain(self, output: str) -> SetupError:
        log = self.folder / "setup.log"
        with contextlib.suppress(OSError):  # the disk may be full
            log.write_text(output, encoding="utf-8")
        return explain(
            output,
            folder=self.root,
            free=shutil.disk_usage(self.root).free,
            log=log,
            version=_our_version(),
            last=next((line.strip() for line in reversed(output.splitlines()) if line.strip()), ""),
        )


def _our_version() -> str:
    return ".".join(map(str, sys.version_info[:2]))
