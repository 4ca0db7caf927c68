"""What the lessons need: the sample files, and a check that compares an answer with the dashboard's function."""

import atexit
import math
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from analysis.sample import FOLDER, bring
from analysis.words import text
from analysis.workspace import Workspace


def sample(name: str) -> Path:
    """The file `name` of the sample company, from wherever the notebook runs."""
    return FOLDER / name


def check(answer: object, right: object, *, language: str = "ja") -> None:
    """Prints whether `answer` is `right`; says kindly that nothing is filled in yet where it is `...`.

    Numbers may differ by 1e-9; sets, lists and frames' values are compared as they are. It never raises,
    so that a lesson runs to its end whatever is filled in.
    """
    if answer is ...:
        print(text(language, "lesson.not_yet"))
    elif _same(answer, right):
        print(text(language, "lesson.right"))
    else:
        print(text(language, "lesson.wrong", answer=_short(answer)))


def _same(answer: object, right: object) -> bool:
    if isinstance(right, bool) or isinstance(answer, bool):
        return answer is right
    try:
        return math.isclose(float(answer), float(right), rel_tol=0, abs_tol=1e-9)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        pass
    if isinstance(right, set | frozenset):
        return isinstance(answer, set | frozenset | list | tuple) and set(answer) == set(right)
    return type(answer) is type(right) and answer == right


def _short(value: object) -> str:
    written = repr(value)
    return written if len(written) <= 60 else f"{written[:57]}…"


def empty_workspace() -> Workspace:
    """A workspace in a folder that goes when the notebook ends."""
    folder = Path(mkdtemp(prefix="genzaichi-lesson-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    return Workspace.open(folder)


def sample_workspace(*kinds: str) -> Workspace:
    """The same with the sample company in it, as the page's button imports it; of its tables only `kinds`, if named."""
    workspace = empty_workspace()
    bring(workspace, kinds=kinds)
    return workspace
