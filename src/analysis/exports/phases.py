"""Which column of dates belongs to which phase of a deal, by their names."""

import re
from collections.abc import Iterable

from analysis.exports.text import same

BESIDE = re.compile(
    r"^[\W\d_]+|\(.*?\)|[\"'「」“”]|(?:に?入った)?日[時付]?$"
    r"|^(?:date )?(?:entered|became|reached)\b|^date of\b|[ _](?:entered|date|at|on)$"
)


def dates_of(phases: Iterable[str], columns: Iterable[str]) -> dict[str, str]:
    """Phase -> column: `3 提案` has its date in `提案日`, `Proposal` in `Date entered "Proposal (Sales)"`.

    Args:
        phases: the values of a deal's phase.
        columns: the headers that hold dates (`Mapping.steps`).

    Returns:
        Only phases with one column of that name; a phase without is left out.
    """
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(_core(column), []).append(column)
    found = {phase: by_name.get(_core(phase), []) for phase in phases}
    return {phase: named[0] for phase, named in found.items() if len(named) == 1}


def _core(name: str) -> str:
    """Without number, brackets, quotes and the words that say it is a date."""
    text, before = same(name), ""
    while text != before:
        before, text = text, BESIDE.sub("", text).strip()
    return text
