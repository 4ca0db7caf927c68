"""Adding an export: which kind it is, what its columns mean, as of which day; then it lands."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import PurePath
from typing import TYPE_CHECKING

from analysis.errors import RosterDateError
from analysis.exports import mapping as maps
from analysis.exports.propose import propose
from analysis.exports.typed import convert
from analysis.tables import KINDS
from analysis.workspace import changes
from analysis.workspace.imports import Import
from analysis.workspace.landing import Source

if TYPE_CHECKING:
    from analysis.exports import Export
    from analysis.workspace.workspace import Workspace

DATE_IN_NAME = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<sep>[-_./年]?)(?P<m>\d\d?)(?:(?P=sep)|月)(?P<d>\d\d?)(?=\D|$|\d{4}(?!\d)|\d{6}(?!\d))"
)


def add(
    ws: "Workspace",
    export: "Export",
    *,
    kind: str | None = None,
    mapping: maps.Mapping | None = None,
    as_of: date | None = None,
    who: str | None = None,
    keep_original: bool | None = None,
    progress: Callable[[int, float], None] | None = None,
) -> Import:
    """Imports `export`.

    Args:
        ws: where to.
        export: from `read_export`.
        kind: of table; proposed from the columns where None.
        mapping: what the columns mean; remembered or proposed where None.
        as_of: the day a list shows; for rosters, the date in the file's name where None.
        who: imported it.
        keep_original: None keeps the file as uploaded only where no column was left out of it.
        progress: called with rows done and the fraction.

    Raises:
        RosterDateError: a list without `as_of`, and no date in its name.
        AlreadyImportedError, UndoneImportError: the same file is or was there.
        NothingToImportError: every row was refused.
    """
    shape = maps.shape(export)
    if mapping is None:
        kind = kind or propose(export).kind
        mapping = propose(export, kind, remembered=ws.remembered(kind, shape)).mapping
    maps.check(export, mapping)
    ws.refuse_known(export.sha256, mapping.kind, export.sheet)
    if as_of is None and KINDS[mapping.kind].snapshot:
        as_of = date_in_name(export.name)
        if as_of is None:
            raise RosterDateError(export.name)
    keep = not mapping.left_out if keep_original is None else keep_original
    return changes.land(
        ws,
        Source(
            name=PurePath(export.name).name,
            sha256=export.sha256,
            size=export.size,
            sheet=export.sheet,
            shape=shape,
            mapping=mapping,
            as_of=as_of,
            who=who,
            original=export.path if keep else None,
            chunks=convert(export, mapping, progress=progress),
        ),
    )


def date_in_name(name: str) -> date | None:
    """The last day that a file's name states: users_20260331.csv, 名簿 2026-03-31.csv, 2026年3月31日.xlsx."""
    days = []
    for found in DATE_IN_NAME.finditer(unicodedata.normalize("NFKC", name)):
        if not found["sep"] and len(found["m"] + found["d"]) < 4:
            continue
        try:
            days.append(date(int(found["y"]), int(found["m"]), int(found["d"])))
        except ValueError:
            continue  # 20261399 is a number, not a day
    return days[-1] if days else None
