"""Whom a campaign aimed at: the part of all deals that each segment should make up."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from analysis.errors import AimError, AimsTextError

VERSION = 1


@dataclass(frozen=True)
class Aim:
    """A segment (a value of each column, None: blank) and its part of all deals, 0-1."""

    values: tuple[str | None, ...]
    share: float


@dataclass(frozen=True)
class Aims:
    """Aimed shares by one column or two.

    Attributes:
        columns: of deals.
        aims: one per segment, each of them once.
    """

    columns: tuple[str, ...]
    aims: tuple[Aim, ...] = ()

    def __post_init__(self) -> None:
        seen = set()
        for aim in self.aims:
            named = dict(zip(self.columns, aim.values, strict=True))
            if not 0 <= aim.share <= 1 or aim.values in seen:
                raise AimError({**named, "share": aim.share})
            seen.add(aim.values)

    @property
    def total(self) -> float:
        """What the aimed parts add up to."""
        return sum(aim.share for aim in self.aims)

    def segments(self) -> list[dict[str, Any]]:
        """What `aimed_share` takes."""
        return [{**dict(zip(self.columns, aim.values, strict=True)), "share": aim.share} for aim in self.aims]

    def to_json(self) -> str:
        """What `from_json` reads back."""
        listed = [[*aim.values, aim.share] for aim in self.aims]
        return json.dumps({"version": VERSION, "columns": self.columns, "aims": listed}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Aims":
        """The aims that `to_json` wrote.

        Raises:
            AimsTextError: the text is none, or one of a later version.
            AimError: a share is no part of 1, or a segment stands twice.
        """
        try:
            read = json.loads(text)
        except (ValueError, RecursionError):
            raise AimsTextError(text) from None
        if not isinstance(read, dict) or read.get("version") != VERSION:
            raise AimsTextError(text)
        columns: Any = read.get("columns")
        aims: Any = read.get("aims")
        if not _texts(columns) or not isinstance(aims, list) or not all(_is_aim(aim, len(columns)) for aim in aims):
            raise AimsTextError(text)
        return cls(tuple(columns), tuple(Aim(tuple(aim[:-1]), float(aim[-1])) for aim in aims))


def _texts(found: object) -> bool:
    return isinstance(found, Sequence) and not isinstance(found, str) and all(isinstance(each, str) for each in found)


def _is_aim(found: object, columns: int) -> bool:
    if not isinstance(found, list) or len(found) != columns + 1:
        return False
    *values, share = found
    number = isinstance(share, int | float) and not isinstance(share, bool)
    return number and all(each is None or isinstance(each, str) for each in values)
