"""Notes that an organisation keeps about its customers: with author and time, changed and removed as it wishes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.customer_ids import resolved
from analysis.errors import NotesTextError, NoteTextError

VERSION = 1
LONGEST = 2_000


@dataclass(frozen=True)
class Note:
    """One note.

    Attributes:
        number: unique in the workspace, never given twice.
        customer: the id as it was when it was written; None: about the rows of nobody.
        text: what somebody wrote.
        who, at: author and time, `2026-04-01 10:00`; who is None where it is not known.
        changed_by, changed_at: of the last change; None where there is none.

    Raises:
        NoteTextError: nothing is written, or too much.
    """

    number: int
    customer: str | None
    text: str
    who: str | None
    at: str
    changed_by: str | None = None
    changed_at: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.text, str) or not self.text.strip() or len(self.text) > LONGEST:
            raise NoteTextError(len(self.text) if isinstance(self.text, str) else 0, LONGEST)


@dataclass(frozen=True)
class CustomerNotes:
    """All notes of a workspace, in the order in which they were written.

    Attributes:
        notes: those that there are.
        last: the highest number that was ever given.
    """

    notes: tuple[Note, ...] = ()
    last: int = 0

    def of(self, customer: str | None, merges: Mapping[str, str] | None = None) -> list[Note]:
        """The notes about a customer, and about those that were merged into it, the newest first."""
        kept = resolved(merges)
        mine = [
            note
            for note in self.notes
            if (kept.get(note.customer, note.customer) if note.customer else None) == customer
        ]
        return sorted(mine, key=lambda note: (note.at, note.number), reverse=True)

    def add(self, customer: str | None, text: str, *, who: str | None, at: str) -> "CustomerNotes":
        """With one more.

        Raises:
            NoteTextError: nothing is written, or too much.
        """
        return CustomerNotes((*self.notes, Note(self.last + 1, customer, text.strip(), who, at)), self.last + 1)

    def change(self, number: int, text: str, *, who: str | None, at: str) -> "CustomerNotes":
        """With another text; author and time of the first stay.

        Raises:
            NoteTextError: nothing is written, or too much.
        """
        changed = [
            replace(note, text=text.strip(), changed_by=who, changed_at=at) if note.number == number else note
            for note in self.notes
        ]
        return CustomerNotes(tuple(changed), self.last)

    def remove(self, number: int) -> "CustomerNotes":
        """Without a note: nothing of it stays."""
        return CustomerNotes(tuple(note for note in self.notes if note.number != number), self.last)

    def to_json(self) -> str:
        """What `from_json` reads back."""
        content = {"version": VERSION, "last": self.last, "notes": [asdict(note) for note in self.notes]}
        return json.dumps(content, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "CustomerNotes":
        """The notes that `to_json` wrote.

        Raises:
            NotesTextError: something else, or of a later version.
        """
        try:
            given: dict[str, Any] = json.loads(text)
            version, last = given["version"], int(given["last"])
            notes = tuple(Note(**each) for each in given["notes"])
        except (ValueError, TypeError, KeyError) as error:
            raise NotesTextError(str(text)[:60]) from error
        if version != VERSION:
            raise NotesTextError(version)
        return cls(notes, max([last, *(note.number for note in notes)]))
