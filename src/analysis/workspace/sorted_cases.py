"""Cases with their entries in order, made when they are first asked for and kept until imports or steps change."""

from collections.abc import Sequence
from datetime import date
from threading import RLock
from typing import Any

from analysis.case_arrays import Cases
from analysis.takes import OverCases
from analysis.workspace.reader import Reader


class SortedCases:
    """The cases of one way of looking at the lists in memory; nothing is written to disk."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._asked: tuple[Any, ...] = ()
        self._cases: Cases | None = None

    def of(self, reader: Reader, form: OverCases, steps: Sequence[str], as_of: date | None, blank: str) -> Cases | None:
        """The cases as a day knows them; None where the form has no arrays for them."""
        imports = tuple(each.id for each in reader.imports("cases", history=True))
        asked = (imports, tuple(steps), as_of, blank)
        with self._lock:
            if imports and self._asked != asked:
                self._asked, self._cases = (), None  # the old ones make room for the new
                self._cases = form.arrange(reader.table("cases", history=True), steps, as_of, blank)
                self._asked = asked
            return self._cases if imports else None
