"""Order lines sorted by customer, made when they are first asked for and kept until the imports change."""

from threading import RLock

from analysis.order_arrays import Orders, sort
from analysis.workspace.reader import Reader


class SortedOrders:
    """The order lines in memory, about 30 bytes each; nothing is written to disk."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._imports: tuple[str, ...] = ()
        self._orders: Orders | None = None

    def of(self, reader: Reader) -> Orders | None:
        """The lines of the reader's imports; None where arrays cannot say exactly what the table says."""
        imports = tuple(each.id for each in reader.imports("orders"))
        with self._lock:
            if self._imports != imports:
                self._orders = None  # the old ones make room for the new
                self._orders, self._imports = sort(reader.table("orders")) if imports else None, imports
            return self._orders
