"""The lessons: every master runs, every student copy is made from it and fails kindly where nothing is filled in."""

import importlib.util
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from analysis.words import text

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("notebooks_build", ROOT / "notebooks" / "build.py")
build = importlib.util.module_from_spec(spec)
spec.loader.exec_module(build)

MASTERS = build.masters()
LANGUAGE = {master: "en" if master.parent.name == "en" else "ja" for master in MASTERS}
names = [str(master.relative_to(ROOT / "notebooks")) for master in MASTERS]
each_lesson = pytest.mark.parametrize("master", MASTERS, ids=names)
# the quick run reads all lessons and runs three; the long one runs the others, and those in English
each_run = pytest.mark.parametrize(
    "master",
    [
        pytest.param(master, id=name, marks=() if name[:2] in ("02", "03", "07") else pytest.mark.long)
        for master, name in zip(MASTERS, names, strict=True)
    ],
)


def printed(notebook: nbformat.NotebookNode) -> list[str]:
    """What the cells with a check printed, in order."""
    return [
        "".join(output.get("text", "") for output in cell.outputs).strip()
        for cell in notebook.cells
        if cell.cell_type == "code" and "check(" in cell.source and "import" not in cell.source
    ]


def run(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Executes every cell; an exception of a cell is an error of the test."""
    NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return notebook


def test_there_is_a_lesson_in_each_language():
    assert [name[:2] for name in names] == ["02", "03", "05", "07", "08", "09", *["en"] * 6]


@each_run
def test_a_master_runs_and_every_check_says_right(master):
    answers = printed(run(nbformat.read(master, as_version=4)))
    assert len(answers) >= 2
    assert set(answers) == {text(LANGUAGE[master], "lesson.right")}


@pytest.mark.long
@each_lesson
def test_a_student_copy_runs_to_its_end_and_every_check_says_that_nothing_is_filled_in(master):
    answers = printed(run(nbformat.read(build.student_path(master), as_version=4)))
    assert len(answers) >= 2
    assert set(answers) == {text(LANGUAGE[master], "lesson.not_yet")}


@each_lesson
def test_a_student_copy_is_what_its_master_gives(master):
    made = build.text(build.student_copy(nbformat.read(master, as_version=4)))
    assert build.student_path(master).read_text(encoding="utf-8") == made


@each_lesson
def test_no_outputs_are_kept_and_no_cell_is_longer_than_a_screen(master):
    notebook = nbformat.read(master, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(not cell.outputs and cell.execution_count is None for cell in code)
    assert max(len(cell.source.splitlines()) for cell in notebook.cells) <= 20


@pytest.mark.long
@each_lesson
def test_a_wrong_answer_is_told_so(master):
    notebook = build.student_copy(nbformat.read(master, as_version=4))
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            cell.source = cell.source.replace("...", "-1")
    wrong = text(LANGUAGE[master], "lesson.wrong", answer="-1")
    assert set(printed(run(notebook))) == {wrong}
