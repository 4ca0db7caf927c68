"""What customers bought, sorted by customer and time, made when it is first asked for and kept until orders change."""

from threading import RLock
from typing import Any

from analysis.takes import Kept
from analysis.workspace.reader import Reader

MOST = 2  # ways of counting that are kept: a reader goes to and fro between two


class SortedPurchases:
    """The purchases of the last ways of counting in memory, about 20 bytes each; nothing is written to disk."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._imports: tuple[str, ...] = ()
        self._found: dict[str, tuple[frozenset[tuple[str, str]], Any]] = {}

    def of(self, reader: Reader, asked: Kept) -> Any:
        """The purchases of the reader's imports, with at least what the call reads."""
        imports = tuple(each.id for each in reader.imports("orders"))
        with self._lock:
            if self._imports != imports:
                self._imports, self._found = imports, {}  # the old ones make room for the new
            reads, found = self._found.pop(asked.key, (frozenset(), None))
            if found is not None:
                self._found[asked.key] = reads, found  # the last one asked for goes last
            if found is None or not asked.reads <= reads:
                wanted = reads | asked.reads
                found = asked.arrange(reader.table("orders"), wanted)
                self._found[asked.key] = wanted, found
                self._found = dict([*self._found.items()][-MOST:])
            return found
