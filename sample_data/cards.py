"""One card per file, Japanese first: origin, columns, rows, and the rows that are broken on purpose."""

from collections.abc import Sequence
from pathlib import Path

from . import facts, part_facts, parts, station
from .files import DUPLICATE, REFUSED, Written

TEMPLATES = Path(__file__).parent / "templates"
HEADERS = {"roster": station.ROSTER, "log": station.LOG, "orders": station.ORDER, "inquiries": station.INQUIRY}
OUTCOME = {REFUSED: "取り込めない / refused", DUPLICATE: "重複 / duplicate"}


def write(folder: Path, files: list[Written], others: dict[str, Written]) -> None:
    """All cards into `folder`."""
    folder.mkdir(exist_ok=True)
    for written in files:
        _save(folder / f"{Path(written.name).stem}.md", _card(written, "usage"))
    for name, written in others.items():
        _save(folder / f"{Path(written.name).stem}.md", _card(written, parts.part_of(name), parts.FILES[name].header))
    _save(folder / "usage_facts.md", _template("usage_facts.md").format(**facts.figures()))
    for part, figures in part_facts.FIGURES.items():
        _save(folder / f"{part}_facts.md", _template(f"{part}_facts.md").format(**figures()))


def _save(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


def _template(name: str) -> str:
    return (TEMPLATES / name).read_text(encoding="utf-8")


def _table(name: str) -> dict[str, list[str]]:
    """A file of tabs: first cell -> the others."""
    rows = [line.split("\t") for line in _template(name).splitlines()]
    return {key: cells for key, *cells in rows}


def _card(written: Written, part: str, header: Sequence[str] = ()) -> str:
    """The card of a file of a part; its header where the form does not tell."""
    return _template("card.md").format(**_fields(written, part, header))


def _fields(written: Written, part: str, header: Sequence[str]) -> dict[str, object]:
    ja, en, form = _table("files.tsv")[Path(written.name).stem]
    form_ja, form_en = _table("forms.tsv")[form]
    meaning = _table(f"columns_{part}.tsv" if part in part_facts.FIGURES else "columns.tsv")
    duplicates, refused = written.count(DUPLICATE), written.count(REFUSED)
    return {
        "name": written.name,
        "facts": f"{part}_facts.md",
        "ja": ja,
        "en": en,
        "form_ja": form_ja,
        "form_en": form_en,
        "read": written.good + duplicates + refused,
        "accepted": written.good,
        "duplicates": duplicates,
        "refused": refused,
        "columns": "\n".join(f"| {column} | {' | '.join(meaning[column])} |" for column in header or HEADERS[form]),
        "broken": "\n".join(_broken(line, row) for line, row in written.broken),
    }


def _broken(line: int, row) -> str:
    return f"| {line:,} | {row.ja} | {row.en} | {OUTCOME[row.outcome]} |"
