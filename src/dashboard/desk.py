"""The files that a visitor has brought and not yet imported: one lies open, the others wait."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.errors import AnalysisError
from dashboard import guard, incoming
from dashboard.incoming import Arrival
from dashboard.work import Job

if TYPE_CHECKING:
    from analysis.exports import Export

_DESK = "_desk"


@dataclass
class Desk:
    """What lies on the desk of one visit; it outlives reruns and changes of page.

    `job` is the import that is running, `imported` the id of the last one that landed, `mistake` why
    the last one did not, `failure` that it was our fault.
    """

    files: list[Arrival] = field(default_factory=list)
    job: Job | None = None
    imported: str | None = None
    mistake: AnalysisError | None = None
    failure: Exception | None = None
    _reading: tuple[Any, "Export | None"] = (None, None)

    @property
    def file(self) -> Arrival | None:
        """The file that lies open."""
        return self.files[0] if self.files else None

    def put(self, arrival: Arrival | None) -> None:
        """A file has arrived; a second call with the same does nothing."""
        if arrival and all(arrival.key != file.key for file in self.files):
            self.files.append(arrival)
            self.imported = self.mistake = self.failure = None

    def clear(self) -> None:
        """The open file is done with: it is deleted and the next one lies open."""
        if self.files:
            incoming.of(guard.folder()).discard(self.files.pop(0).key)
        self._reading = (None, None)

    def read(self, options: dict[str, Any]) -> "Export":
        """The open file as `read_export` sees it with these options, looked into once."""
        from analysis.exports import read_export

        file = self.files[0]
        key = (file.key, sorted(options.items()))
        if self._reading[0] != key or self._reading[1] is None:
            self._reading = (key, read_export(file.path, name=file.name, **options))
        export = self._reading[1]
        assert export is not None
        return export


def desk() -> Desk:
    """This visit's desk."""
    return st.session_state.setdefault(_DESK, Desk())
