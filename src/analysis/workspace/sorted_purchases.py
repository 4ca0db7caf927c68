"""What customers bought, sorted by customer and time, made when it is first asked for and kept until orders change."""

from threading import RLock
from typing import Any

from analysis.takes import Kept
from analysis.workspace.reader import Reader

MOST = 6  # things that are kept: two ways of counting of each of three metrics, to and fro between which a reader goes


class SortedPurchases:
    """The purchases of the last ways of counting in memory, 20 to 100 bytes each; nothing is written to disk."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._imports: tuple[str, ...] = ()
        self._found: dict[str, tuple[frozenset[tuple[str, str]], Any]] = {}

    def of(self, reader: Reader, asked: Kept) -> Any:
        """The purchases of the reader's imports, with what the call reads at least; None: too many to keep."""
        imports = tuple(each.id for each in reader.imports("orders"))
        with self._lock:
            if self._imports != imports:
                self._imports, self._found = imports, {}  # the old ones make room for the new
            known = self._found.pop(asked.key, None)
            if known is None or not asked.reads <= known[0]:
                wanted = asked.reads | (known[0] if known else frozenset())
                known = wanted, asked.arrange(reader.table("orders"), wanted)
            self._found[asked.key] = known  # the last one asked for goes last
            self._found = dict([*self._found.items()][-MOST:])
            return known[1]
