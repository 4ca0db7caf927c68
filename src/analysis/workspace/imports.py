"""One import as the catalogue knows it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from analysis.exports.mapping import Mapping

ACTIVE, UNDONE = "active", "undone"


@dataclass(frozen=True)
class Import:
    """A file that was imported: `read` = `accepted` + `duplicates` + `refused`, always.

    `repeated` of the duplicates stand a second time in a table of one row a key (`_repeat` in the
    Parquet file); the others are events that an older active import holds: their lines are in the
    file that `overlap` names (None where there is none). `columns` says which header c1…cn had.
    """

    id: str
    kind: str
    name: str
    sha256: str
    size: int
    sheet: str | None
    as_of: date | None
    mapping: Mapping
    columns: dict[str, str]
    read: int
    accepted: int
    duplicates: int
    repeated: int
    refused: int
    state: str
    imported_at: datetime
    who: str | None
    first: datetime | None
    last: datetime | None
    overlap: str | None
    original: bool
    shape: str | None = field(default=None, repr=False)

    @property
    def active(self) -> bool:
        return self.state == ACTIVE

    @classmethod
    def of(cls, row: Any) -> "Import":
        """From a row of the catalogue."""
        values = dict(row._mapping)
        values["id"] = text_id(values["id"])
        values["mapping"] = Mapping.from_json(values["mapping"])
        values["columns"] = json.loads(values["columns"])
        values["imported_at"] = values["imported_at"].replace(tzinfo=UTC)
        return cls(**values)


def text_id(number: int) -> str:
    """Ids are numbers in order of age, written so that their text sorts alike."""
    return f"{number:06d}"
