"""Order lines as they count: which are cancellations and returns, in which currency, whose they are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.customer_ids import CUSTOMER, with_customer
from analysis.errors import BeforeFirstOrderError, ChoiceError, CurrenciesError
from analysis.frames import Frame, facts, fold, moment, open_frames, plain, require, rows, start_of
from analysis.period import Period
from analysis.rules import Rule, everywhere
from analysis.tables import KINDS, STATUS_CANCELLED, STATUS_STANDS

ROLES = tuple(KINDS["orders"].roles)
NET, WITHOUT, SUBTRACT, AS_WRITTEN = "net", "without", "subtract", "as_written"
CANCELLATIONS = (NET, WITHOUT, SUBTRACT, AS_WRITTEN)
SIGNS = ("number", "quantity", "negative", "status")  # how a cancellation shows, the surest first
LETTER = "C"  # an order number of this letter and a figure is that of a cancellation


@dataclass(frozen=True)
class Lines:
    """Order lines, ready to be counted.

    Attributes:
        frame: one row per line up to `known`: the table's columns, `customer_id` (null: blank), `_amount` (as it
            counts, null outside of the period), `_written` (as the file has it), `_sale` (1; 0: a cancellation or
            return), `_sign` (how that shows), `_in` (1 inside the period), `_day` (of a sale), `_order` and
            `_product` (where there are such columns; blank as null).
        known: the last day that is known; None where there is no line.
        by_order: True where orders are told apart by their number, False where each line is one.
        has_products: True where there is a product code.
    """

    frame: Frame
    known: date | None
    by_order: bool
    has_products: bool


def open_lines(
    orders: IntoFrame,
    *,
    as_of: date | None = None,
    period: Period | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> Lines:
    """Opens order lines; see `customers.measure_customers` for the arguments and errors."""
    if cancellations not in CANCELLATIONS:
        raise ChoiceError("cancellations", cancellations, CANCELLATIONS)
    (frame,) = open_frames(orders=orders)
    schema = require(frame, "orders", CUSTOMER, "ordered_at", "amount", roles=ROLES, moments=("ordered_at",))
    rule = Rule.of(where)
    chosen = frame.filter(rule.expression(schema, "orders")) if rule else frame
    chosen = _in_currency(chosen, schema, currency)
    known = _known(chosen, as_of)
    if known is not None:
        chosen = chosen.filter(nw.col("ordered_at") < moment(known + timedelta(days=1)))
    owned = with_customer(chosen, schema, merges)
    signed = _with_sign(owned, schema)
    return Lines(_counted(signed, schema, cancellations, period), known, "order_id" in schema, "product_code" in schema)


def currencies(orders: IntoFrame) -> list[str]:
    """The currencies of the amounts, in capitals and in order; a line without one is of the only one there is."""
    (frame,) = open_frames(orders=orders)
    schema = frame.collect_schema()
    return sorted({name for _, name in _written_currencies(frame, schema)}) if "currency" in schema else []


def _written_currencies(frame: Frame, schema: Schema) -> list[tuple[str, str]]:
    """Every way in which a currency is written, and the currency."""
    found = rows(frame.select(_c=plain("currency", schema["currency"])).group_by("_c").agg(_rows=nw.len()))
    return [(row["_c"], fold(row["_c"]).upper()) for row in found if isinstance(row["_c"], str)]


def _in_currency(frame: Frame, schema: Schema, currency: str | None) -> Frame:
    """The lines of one currency.

    Raises:
        CurrenciesError: there are several, and none is chosen.
        ChoiceError: the one that is chosen is not among them.
    """
    written = _written_currencies(frame, schema) if "currency" in schema else []
    found = sorted({name for _, name in written})
    if currency is None:
        if len(found) > 1:
            raise CurrenciesError(found)
        return frame
    asked = fold(currency).upper()
    if found and asked not in found:
        raise ChoiceError("currency", currency, found)
    if len(found) < 2:
        return frame
    return frame.filter(plain("currency", schema["currency"]).is_in([text for text, name in written if name == asked]))


def _known(frame: Frame, as_of: date | None) -> date | None:
    """The last day that is known.

    Raises:
        BeforeFirstOrderError: nothing had been ordered by `as_of`.
    """
    edges = facts(frame.select(first=nw.col("ordered_at").min(), last=nw.col("ordered_at").max()))
    first, last = (None if at is None or at != at else at.date() for at in (edges["first"], edges["last"]))
    if as_of is not None and first is not None and as_of < first:
        raise BeforeFirstOrderError(as_of, first)
    return as_of or last


def means_cancelled(status: str) -> bool:
    """Whether a status of an order says that the order does not stand, or came back as a whole."""
    word = fold(status)
    return any(part in word for part in STATUS_CANCELLED) and not any(part in word for part in STATUS_STANDS)


def _with_sign(frame: Frame, schema: Schema) -> Frame:
    """The lines with `_written` (the amount) and `_sign`: how it shows that a line is a cancellation or a return."""
    amount = nw.col("amount").cast(nw.Float64) if schema["amount"] == nw.Object else plain("amount", schema["amount"])
    signs = [nw.when(found).then(nw.lit(sign)) for sign, found in _signs(frame, schema)]
    written = frame.with_columns(_written=amount)
    return written.with_columns(_sign=nw.coalesce(*signs) if len(signs) > 1 else signs[0])


def _signs(frame: Frame, schema: Schema) -> Sequence[tuple[str, nw.Expr]]:
    """Sign -> where it shows, in the order of `SIGNS`; only those that the table can show."""
    found = {"negative": nw.col("_written") < 0}
    if "order_id" in schema and (numbered := _of_cancellation(schema)) is not None:
        other = ~numbered & ~plain("order_id", schema["order_id"]).is_null()
        others = frame.select(_n=nw.when(other).then(1).otherwise(0)).select(nw.col("_n").sum())
        if facts(others)["_n"]:  # where all numbers begin so, the letter says nothing
            found["number"] = numbered
    if "quantity" in schema:
        quantity = nw.col("quantity").cast(nw.Float64) if schema["quantity"] == nw.Object else nw.col("quantity")
        found["quantity"] = quantity < 0
    if "status" in schema:
        status = plain("status", schema["status"])
        said = [row["_s"] for row in rows(frame.select(_s=status).group_by("_s").agg(_rows=nw.len()))]
        words = [word for word in said if isinstance(word, str) and means_cancelled(word)]
        found["status"] = status.is_in(words) if words else everywhere(False, "ordered_at")
    return [(sign, found[sign]) for sign in SIGNS if sign in found]


def with_other_numbers(frame: Frame) -> Frame:
    """The lines with `_other`: 1 where an order number is there that is not that of a cancellation."""
    schema = frame.collect_schema()
    numbered = _of_cancellation(schema) if "order_id" in schema else None
    if numbered is None:
        return frame.with_columns(_other=nw.lit(1, dtype=nw.Int8))
    there = ~plain("order_id", schema["order_id"]).is_null()
    return frame.with_columns(_other=nw.when(~numbered & there).then(1).otherwise(0).cast(nw.Int8))


def _of_cancellation(schema: Schema) -> nw.Expr | None:
    """Where an order number is that of a cancellation, such as C536379."""
    if schema["order_id"] not in {nw.String, nw.Object}:
        return None
    first, second = (nw.col("order_id").str.slice(place, 1) for place in (0, 1))
    return first.is_in([LETTER, LETTER.lower()]) & second.is_in([*"0123456789"])


def _counted(frame: Frame, schema: Schema, cancellations: str, period: Period | None) -> Frame:
    """The lines with what of each counts."""
    written, sign = nw.col("_written"), nw.col("_sign")
    counts: nw.Expr
    lowered = nw.when(written > 0).then(-written).otherwise(written)
    if cancellations == WITHOUT:
        counts = nw.when(sign.is_null()).then(written)
    elif cancellations == SUBTRACT:
        counts = nw.when(sign.is_null()).then(written).otherwise(lowered)
    elif cancellations == NET:
        voided = nw.when(sign != "status").then(lowered)  # an order whose status says so does not stand
        counts = nw.when(sign.is_null()).then(written).otherwise(voided)
    else:
        counts = written
    at = nw.col("ordered_at")
    inside = None if period is None else (at >= moment(period.start)) & (at < moment(period.end))
    columns = {"_order": "order_id", "_product": "product_code"}
    present = {name: plain(role, schema[role]) for name, role in columns.items() if role in schema}
    stood = nw.when(sign.is_null()).then(1).otherwise(0)
    # without a period a literal: DuckDB 2.0 cannot bind the sum of a decimal under a condition that is always true
    marked = frame.with_columns(
        _sale=nw.lit(1) if cancellations == AS_WRITTEN else stood,
        _in=nw.lit(1) if inside is None else nw.when(inside).then(1).otherwise(0),
        _amount=counts if inside is None else nw.when(inside).then(counts),
        **present,
    )
    return marked.with_columns(_day=nw.when(nw.col("_sale") == 1).then(start_of(at, "1d")))
