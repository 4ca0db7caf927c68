"""`python run.py test` and `python run.py lint`."""

import shutil
import subprocess

from tools.child import run
from tools.environment import Environment
from tools.options import Options
from tools.say import say

LAYERS = "from importlinter.cli import lint_imports_command as check; check()"


def test(arguments: list[str]) -> int:
    """The quick tests, or with --long the long ones; what follows `--` goes to pytest."""
    at = arguments.index("--") if "--" in arguments else len(arguments)
    own, rest = arguments[:at], arguments[at + 1 :]
    options = Options()
    options.add_argument("--long", action="store_true")
    chosen = options.parse_args(own)
    python = Environment().ready("requirements-dev.txt", *_spark())
    long = ["--long"] if chosen.long else []
    # a file's tests share a server or a cluster; the browser's files come first and take longest
    workers = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    return run([python, "-m", "pytest", *workers, *long, *rest])


def _spark() -> list[str]:
    if has_java():
        return ["requirements-spark.txt"]
    say("setup.no_java")
    return []


def has_java() -> bool:
    """A Java that runs: macOS has a `java` that only asks to install one."""
    path = shutil.which("java")
    return bool(path) and subprocess.run([path, "-version"], capture_output=True).returncode == 0


def lint(arguments: list[str]) -> int:
    """Every linter, even after one has complained; 1 where any did."""
    Options().parse_args(arguments)
    python = Environment().ready("requirements-dev.txt")
    checks = {
        "ruff check": ["-m", "ruff", "check", "."],
        "ruff format": ["-m", "ruff", "format", "--check", "--quiet", "."],
        "mypy": ["-m", "mypy"],
        "import-linter": ["-c", LAYERS],
        "tests/test_house.py": ["-m", "pytest", "-q", "tests/test_house.py"],
    }
    failed = []
    for name, command in checks.items():
        say("setup.checking", name=name)
        if run([python, *command]):
            failed.append(name)
    say("setup.lint_failed" if failed else "setup.lint_passed", names=", ".join(failed))
    return 1 if failed else 0
