"""Makes the student copies: the cells tagged `solution` become places to fill in.

`python run.py build-notebooks` writes them; a test holds that they are up to date.
"""

import copy
from pathlib import Path

import nbformat

HERE = Path(__file__).resolve().parent
STUDENT = HERE / "student"


def masters() -> list[Path]:
    """The solved lessons, Japanese first, then English."""
    return sorted(HERE.glob("[0-9]*.ipynb")) + sorted((HERE / "en").glob("[0-9]*.ipynb"))


def student_path(master: Path) -> Path:
    """Where the copy of `master` lies."""
    return STUDENT / master.relative_to(HERE)


def student_copy(master: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The lesson with its solutions taken out; a line `name = …` keeps its name, to be filled in."""
    made = copy.deepcopy(master)
    for cell in made.cells:
        if "solution" in cell.metadata.get("tags", []):
            cell.source = "\n".join(blank(cell.source.splitlines()))
            cell.metadata["tags"] = ["exercise"]
    return made


def blank(lines: list[str]) -> list[str]:
    """Comments stay as hints; of the code only the last assignment's name is left."""
    hints = [line for line in lines if line.startswith("#")]
    names = [line.split("=")[0].strip() for line in lines if "=" in line and line[:1].isidentifier()]
    return [*hints, f"{names[-1]} = ..."]


def text(notebook: nbformat.NotebookNode) -> str:
    """What is written to disk: no outputs, no counters, one newline at the end."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return nbformat.writes(notebook, version=4).rstrip("\n") + "\n"


def build() -> None:
    """Writes every student copy."""
    for master in masters():
        target = student_path(master)
        target.parent.mkdir(parents=True, exist_ok=True)
        copied = student_copy(nbformat.read(master, as_version=4))
        target.write_text(text(copied), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    build()
