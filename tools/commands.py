"""The commands of run.py: each makes ready what it needs, then does its job."""

from tools.checks import lint, test
from tools.child import run
from tools.environment import Environment
from tools.failures import SetupError
from tools.lessons import notebooks
from tools.options import Options
from tools.requirements import ROOT
from tools.say import say, text
from tools.start import start

SETS = {"notebooks": "requirements-notebooks.txt", "test": "requirements-dev.txt", "spark": "requirements-spark.txt"}


def setup(arguments: list[str]) -> int:
    """Installs what the app needs, and the sets that are named; starts nothing."""
    options = Options()
    options.add_argument("sets", nargs="*")
    chosen = options.parse_args(arguments).sets
    for name in set(chosen) - set(SETS):
        raise SetupError("setup.unknown_set", name=name, choices=", ".join(SETS))
    Environment().ready("requirements.txt", *(SETS[name] for name in chosen))
    say("setup.ready")
    return 0


def analysis(arguments: list[str]) -> int:
    """`python -m analysis …`, in the reader's folder: file names mean what they mean there."""
    python = Environment().ready("requirements.txt")
    return run([python, "-m", "analysis", *arguments], cwd=None)


def bench(arguments: list[str]) -> int:
    return run([Environment().ready("requirements-dev.txt"), "-m", "benchmarks", *arguments])


def look(arguments: list[str]) -> int:
    return run([Environment().ready("requirements-dev.txt"), "-m", "tools.look", *arguments])


def build_notebooks(arguments: list[str]) -> int:
    return run([Environment().ready("requirements-dev.txt"), ROOT / "notebooks" / "build.py", *arguments])


COMMANDS = {
    "start": start,
    "test": test,
    "setup": setup,
    "notebooks": notebooks,
    "analysis": analysis,
    "bench": bench,
    "lint": lint,
    "look": look,
    "build-notebooks": build_notebooks,
}


def main(arguments: list[str]) -> int:
    """Exit code of the command; 2 and one sentence where the reader can put something right."""
    if arguments[:1] in (["help"], ["--help"], ["-h"]):
        print(text("setup.help"))
        return 0
    named = bool(arguments) and not arguments[0].startswith("-")
    name, rest = (arguments[0], arguments[1:]) if named else ("start", arguments)
    try:
        if name not in COMMANDS:
            raise SetupError("setup.unknown_command", name=name, choices=", ".join(COMMANDS))
        return COMMANDS[name](rest)
    except SetupError as error:
        say(error.key, **error.fields)
        return 2
    except KeyboardInterrupt:
        say("setup.stopped")
        return 130
