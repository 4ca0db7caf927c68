"""Order lines as arrays sorted by customer and order: what the fast form of measures and RFM runs over, made once."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import BeforeFirstOrderError
from analysis.frames import Frame
from analysis.order_lines import AS_WRITTEN, NET, SIGNS, SUBTRACT, WITHOUT, currencies, open_lines, with_other_numbers
from analysis.period import Period

COVERED = frozenset({"amount", "orders", "average_order", "first_order", "last_order", "recency_days", "tenure_days"})
UNIT = 10_000
DAY = 86_400_000_000  # microseconds
NONE = -1  # of a line that is a sale
MOST = 9e18  # a sum of whole numbers stays below this, or an engine adds up
EPOCH = date(1970, 1, 1)
ROWS = 1_000_000


@dataclass(frozen=True)
class Orders:
    """Lines in the order of their customer and order.

    Attributes:
        ids: the customers; the lines of nobody come last.
        starts: where each customer's lines begin, nobody's at the end.
        order_starts: where each order's lines begin.
        first_orders: which order is the first of each customer, nobody at the end.
        at: of a line, microseconds since 1970.
        amount: as it is written, in ten-thousandths.
        sign: position in `SIGNS`, `NONE` for a sale.
        numbered_from: when the first order was made whose number is not that of a cancellation; None: there is none.
        by_order: True where orders are told apart by their number.
        nobody: True where the last customer is nobody.
    """

    ids: pa.Array
    starts: np.ndarray
    order_starts: np.ndarray
    first_orders: np.ndarray
    at: np.ndarray
    amount: np.ndarray
    sign: np.ndarray
    numbered_from: int | None
    by_order: bool
    nobody: bool

    def measures(
        self, *, as_of: date | None = None, period: Period | None = None, cancellations: str = NET
    ) -> tuple[pa.Table, date] | None:
        """`order_measures` of all customers for `COVERED`, and the last day that is known; None: ask an engine.

        Raises:
            BeforeFirstOrderError: see `customers.measure_customers`.
        """
        first = EPOCH + timedelta(days=int(self.at.min() // DAY))
        if as_of is not None and as_of < first:
            raise BeforeFirstOrderError(as_of, first)
        known = as_of or EPOCH + timedelta(days=int(self.at.max() // DAY))
        end = ((known - EPOCH).days + 1) * DAY
        if self.numbered_from is not None and self.numbered_from >= end and (self.sign == SIGNS.index("number")).any():
            return None  # up to that day all numbers are those of cancellations, which then says nothing
        seen = self.at < end
        sale = seen if cancellations == AS_WRITTEN else seen & (self.sign == NONE)
        inside = seen if period is None else seen & self._within(period)
        there = np.add.reduceat(seen, self.starts, dtype=np.int64) > 0
        orders = self._orders(sale & inside)[there]
        amount = np.add.reduceat(np.where(inside, self._counts(cancellations), 0), self.starts)[there] / UNIT
        dates = self._dates(sale, there)
        return self._table(amount, orders, dates, there, known), known

    def _within(self, period: Period) -> np.ndarray:
        start, end = ((day - EPOCH).days * DAY for day in (period.start, period.end))
        return (self.at >= start) & (self.at < end)

    def _counts(self, cancellations: str) -> np.ndarray:
        """What each line adds; see `order_lines`."""
        if cancellations == AS_WRITTEN:
            return self.amount
        sold = self.sign == NONE
        if cancellations == WITHOUT:
            return np.where(sold, self.amount, 0)
        lowered = np.where(sold, self.amount, -np.abs(self.amount))
        return lowered if cancellations == SUBTRACT else np.where(self.sign == SIGNS.index("status"), 0, lowered)

    def _orders(self, sold: np.ndarray) -> np.ndarray:
        """Of each customer the orders with such a line, or these lines."""
        if not self.by_order:
            return np.add.reduceat(sold, self.starts, dtype=np.int64)
        each = np.logical_or.reduceat(sold, self.order_starts)
        return np.add.reduceat(each, self.first_orders, dtype=np.int64)

    def _dates(self, sale: np.ndarray, there: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """First and last sale of each customer; far off where there is none."""
        far = np.iinfo(np.int64).max
        first = np.minimum.reduceat(np.where(sale, self.at, far), self.starts)[there]
        return first, np.maximum.reduceat(np.where(sale, self.at, -far), self.starts)[there]

    def _table(
        self,
        amount: np.ndarray,
        orders: np.ndarray,
        dates: tuple[np.ndarray, np.ndarray],
        there: np.ndarray,
        known: date,
    ) -> pa.Table:
        rows = np.flatnonzero(there)
        nobody = rows == len(self.ids)
        first, last = dates
        none = (last < first) | nobody
        today = (known - EPOCH).days
        ids = self.ids.take(pa.array(np.where(nobody, 0, rows), mask=nobody))
        ratio = np.divide(amount, orders, out=np.zeros(len(amount)), where=orders > 0)
        moments = [pa.array(each, pa.int64(), mask=none).cast(pa.timestamp("us")) for each in dates]
        days = [pa.array((today - each // DAY).astype(np.float64), mask=none) for each in (last, first)]
        return pa.table(
            {
                "customer_id": ids,
                "amount": amount,
                "orders": orders,
                "average_order": pa.array(ratio, mask=orders == 0),
                "first_order": moments[0],
                "last_order": moments[1],
                "recency_days": days[0],
                "tenure_days": days[1],
            }
        )


def sort(orders: IntoFrame) -> Orders | None:
    """The arrays of a table of orders; None where they cannot say exactly what an engine says.

    Amounts must be whole ten-thousandths in one currency, and every line must have its moment.
    """
    if len(currencies(orders)) > 1:
        return None
    lines = open_lines(orders, cancellations=AS_WRITTEN)
    schema = lines.frame.collect_schema()
    if not (isinstance(schema["_written"], nw.Decimal) or schema["_written"].is_integer()):
        return None
    held = _fetched(lines.frame, lines.by_order)
    if held is None:
        return None
    customer, number, ids = held.customer, held.number, held.ids
    if number is None:
        key = customer.astype(np.int64) << 32
    else:
        lone = np.flatnonzero(number < 0)  # a line without a number is an order
        key = number.astype(np.int64)
        key[lone] = len(key) + lone
        key |= customer.astype(np.int64) << 32
    held.customer = held.number = None
    order = np.argsort(key, kind="stable")
    key = key[order]
    order_starts = _begins(key)
    key >>= 32
    starts = _begins(key)
    nobody = int(key[-1]) == len(ids)
    del key
    when = held.at[order]
    held.at = None
    amount = held.amount[order]
    held.amount = None
    return Orders(
        ids=ids,
        starts=starts,
        order_starts=order_starts,
        first_orders=np.searchsorted(order_starts, starts),
        at=when,
        amount=amount,
        sign=held.sign[order],
        numbered_from=held.numbered_from,
        by_order=lines.by_order,
        nobody=nobody,
    )


def _begins(key: np.ndarray) -> np.ndarray:
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] != key[:-1]
    return np.flatnonzero(first)


@dataclass
class _Held:
    """Lines as they were fetched; what is no longer needed is let go of."""

    customer: Any  # positions in `ids`; nobody is one further
    number: Any  # of order numbers, -1 where there is none; None: there are no numbers
    at: Any
    amount: Any
    sign: np.ndarray
    numbered_from: int | None
    ids: pa.Array


def _fetched(frame: Frame, by_order: bool) -> _Held | None:
    """What the arrays are made of, a million lines at a time; None where they would not be exact."""
    sign = [nw.when(nw.col("_sign") == name).then(nw.lit(i)) for i, name in enumerate(SIGNS)]
    picked = with_other_numbers(frame).select(
        "customer_id",
        "ordered_at",
        *(["_order"] if by_order else []),
        "_other",
        _units=(nw.col("_written") * UNIT).cast(nw.Int64),
        _code=nw.coalesce(*sign, nw.lit(NONE)).cast(nw.Int8),
    )
    ids_of: list[pa.Array] = []
    numbers: list[pa.Array] = []
    parts: dict[str, list[np.ndarray]] = {"at": [], "amount": [], "sign": []}
    first, size = None, 0.0
    for batch in _batches(picked):
        at = batch["ordered_at"].cast(pa.timestamp("us")).cast(pa.int64())
        if at.null_count:
            return None
        ids_of.append(batch["customer_id"].dictionary_encode())
        numbers += [batch["_order"]] if by_order else []
        amount = batch["_units"].fill_null(0).to_numpy(zero_copy_only=False)
        size += float(np.abs(amount.astype(np.float64)).sum())
        other = at.filter(pa.compute.equal(batch["_other"], 1))
        if len(other):
            earliest = pa.compute.min(other).as_py()
            first = earliest if first is None else min(first, earliest)
        parts["at"].append(at.to_numpy())
        parts["amount"].append(amount)
        parts["sign"].append(batch["_code"].to_numpy(zero_copy_only=False).astype(np.int8))
    if not parts["at"] or size > MOST:
        return None
    customer, ids = _codes(ids_of)
    customer = np.where(customer < 0, len(ids), customer)
    number = _within_customers(pa.chunked_array(numbers), customer) if by_order else None
    del numbers
    whole = {name: np.concatenate(parts.pop(name)) for name in ("at", "amount", "sign")}
    return _Held(customer, number, **whole, numbered_from=first, ids=ids)


def _batches(picked: Frame) -> Iterator[pa.RecordBatch]:
    native = picked.to_native()
    if hasattr(native, "to_arrow_reader"):  # DuckDB: never all of it at once
        yield from native.to_arrow_reader(ROWS)
    else:
        yield from picked.lazy().collect(backend="pyarrow").to_arrow().to_batches(ROWS)


def _codes(parts: list[pa.Array]) -> tuple[np.ndarray, pa.Array]:
    """Positions in the distinct values, -1 where there is none."""
    whole = pa.chunked_array(parts).unify_dictionaries()
    codes = [each.indices.fill_null(-1).to_numpy() for each in whole.chunks]
    return np.concatenate(codes), whole.chunk(0).dictionary


def _within_customers(numbers: pa.ChunkedArray, customer: np.ndarray) -> np.ndarray:
    """Positions that tell a customer's order numbers apart, -1 where there is none; some customers at a time."""
    codes = np.full(len(customer), -1, dtype=np.int32)
    parts = max(1, len(customer) // (2 * ROWS))
    starts = np.cumsum([0, *(len(chunk) for chunk in numbers.chunks)])
    for part in range(parts):
        rows = np.flatnonzero(customer % parts == part)
        if len(rows):
            mine = np.split(rows, np.searchsorted(rows, starts[1:-1]))
            taken = [  # chunk by chunk: a look into all of them at once would put them together first
                chunk.take(pa.array(each - start))
                for chunk, each, start in zip(numbers.chunks, mine, starts[:-1], strict=True)
            ]
            found = pa.chunked_array(taken).combine_chunks().dictionary_encode()
            codes[rows] = found.indices.fill_null(-1).to_numpy()
    return codes


def with_places(measures: pa.Table) -> pa.Table:
    """Measures with what `rfm` needs of those who have scores: `_r`, `_f`, `_m` (the place of `recency_days`, `orders`
    and `amount` from the lowest up, 1, 1, 3) and `_customers` (how many these are); null for all others."""
    orders = measures["orders"].combine_chunks().to_numpy()
    known = measures["recency_days"].is_valid().combine_chunks().to_numpy(zero_copy_only=False)
    outside = ~(known & (orders > 0))
    found = measures
    for name, column in (("_r", "recency_days"), ("_f", "orders"), ("_m", "amount")):
        values = measures[column].fill_null(0).combine_chunks().to_numpy()
        places = np.searchsorted(np.sort(values[~outside]), values, side="left") + 1
        found = found.append_column(name, pa.array(places, pa.int64(), mask=outside))
    many = np.full(len(orders), int((~outside).sum()), dtype=np.int64)
    return found.append_column("_customers", pa.array(many))


Make = Callable[[pa.Table], Any]


def covers(options: dict[str, Any], others: Collection[str]) -> bool:
    """Whether a call asks for no more than the arrays know: no rule, no merges, no currency, no other table."""
    return not others and not any(options.get(name) for name in ("where", "merges", "currency"))
