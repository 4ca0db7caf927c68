"""The log sorted by person and time, made when it is first asked for and kept until the imports change."""

from threading import RLock

from analysis.funnel_sorted import Log, sort
from analysis.workspace.reader import Reader


class SortedLog:
    """One log in memory, with every column that was asked for so far; it is not written to disk.

    Ten million events take about 20 bytes each, and 20 more for a column of text.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._imports: tuple[str, ...] = ()
        self._columns: frozenset[str] = frozenset()
        self._log: Log | None = None

    def of(self, reader: Reader, columns: frozenset[str]) -> Log:
        """The log of the reader's imports, with at least these columns.

        Raises:
            MissingColumnError, MomentTypeError: see `funnel_sorted.sort`; what was kept stays.
        """
        imports = tuple(each.id for each in reader.imports("activity"))
        with self._lock:
            if self._log is None or self._imports != imports:
                self._columns, self._log = frozenset(), None  # the old one makes room for the new
            if self._log is None or not columns <= self._columns:
                wanted = self._columns | columns
                self._log = sort(reader.table("activity"), sorted(wanted))
                self._imports, self._columns = imports, wanted
            return self._log
