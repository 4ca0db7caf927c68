"""Dependence on one person: customers, and what they buy, that only one salesperson knows."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.customer_ids import CUSTOMER, KEYS, keyed, with_customer
from analysis.customers import measure_customers
from analysis.errors import MissingColumnError
from analysis.frames import Frame, count_by, moment, open_frames, plain, ratio, rows, text_frame, union, whole
from analysis.order_lines import NET
from analysis.period import Period
from analysis.rules import Rule

OWNER = "owner"
SINGLE, SEVERAL, UNKNOWN, NOBODY = "single", "several", "unknown", "nobody"
CONTACTS = (SINGLE, SEVERAL, UNKNOWN, NOBODY)
TIMES = {"orders": "ordered_at", "visits": "occurred_at"}


def contact_customers(
    orders: IntoFrameT,
    *,
    customers: IntoFrame | None = None,
    visits: IntoFrame | None = None,
    deals: IntoFrame | None = None,
    as_of: date | None = None,
    period: Period | None = None,
    since: date | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How many salespeople know each customer, and who it is where there is one.

    Args:
        orders, customers, visits, deals: as for `customers.measure_customers`; the salespeople of a customer are those
            in `owner` of any of them. Names that differ only in width, case or spaces are one person.
        since: visits and orders before this day no longer tell who knows a customer; None: all do.
        as_of, period, cancellations, merges, currency, where: see `customers.measure_customers`; `period` is that of
            the amounts alone.

    Returns:
        One row per customer of the list, or with an order, unsorted: `customer_id`, `amount`, `salespeople` (how
        many), `contact` ("single", "several", "unknown": nobody is written down), `owner` (the only one, else null).
        Orders of nobody are a row with `customer_id` null and the contact "nobody".

    Raises:
        MissingColumnError: no table has an `owner`.
        As `customers.measure_customers`.
    """
    amounts = measure_customers(
        orders,
        customers=customers,
        as_of=as_of,
        period=period,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        measures="amount",
        attributes=(),
        where=where,
    )
    given: dict[str, IntoFrame] = {"orders": orders}
    given |= {
        name: table
        for name, table in {"customers": customers, "visits": visits, "deals": deals}.items()
        if table is not None
    }
    frames = dict(zip(given, open_frames(**given), strict=True))
    (measured,) = open_frames(measured=amounts)
    dtype = measured.collect_schema()[CUSTOMER]
    known = _known(frames, as_of, since, merges)
    counted = known.group_by(CUSTOMER).agg(salespeople=nw.len(), _owner=nw.col("_owner").max())
    joined = (
        keyed(measured, dtype).join(keyed(counted, dtype), on=[*KEYS], how="left").with_columns(whole("salespeople"))
    )
    return nw.maybe_reset_index(_named(joined)).to_native()


def single_contact(
    orders: IntoFrameT,
    *,
    customers: IntoFrame | None = None,
    visits: IntoFrame | None = None,
    deals: IntoFrame | None = None,
    as_of: date | None = None,
    period: Period | None = None,
    since: date | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    by_owner: bool = False,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How many customers, and how much of the sales, one salesperson alone knows.

    Args:
        by_owner: one row per salesperson, of the customers that they alone know.
        others: see `contact_customers`.

    Returns:
        One row per `contact` (with `by_owner`: `owner`) that there is, unsorted: `customers`, `all_customers`,
        `customer_share`, `amount`, `all_amount`, `amount_share`, `not_positive` (customers whose amount is not above
        0: they stand outside the shares of the amount, in numerator and denominator). Orders of nobody are no
        customer: their row has 0 customers, and its amount is in `all_amount`.
    """
    listed = contact_customers(
        orders,
        customers=customers,
        visits=visits,
        deals=deals,
        as_of=as_of,
        period=period,
        since=since,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        where=where,
    )
    return contact_shares(listed, by_owner=by_owner)


def contact_shares(listed: IntoFrameT, *, by_owner: bool = False) -> IntoFrameT:
    """`single_contact` of a result of `contact_customers`, which a page shows as well and asks for once."""
    (frame,) = open_frames(listed=listed)
    positive = nw.when(nw.col("amount") > 0)
    counts = frame.with_columns(
        _customers=nw.when(~nw.col(CUSTOMER).is_null()).then(1).otherwise(0),
        _amount=positive.then(nw.col("amount")).otherwise(0),
        _not=nw.when(~(nw.col("amount") > 0) & ~nw.col(CUSTOMER).is_null()).then(1).otherwise(0),
        _all=nw.lit(0),
    )
    total = count_by(counts, ["_all"], all_customers=nw.col("_customers").sum(), all_amount=nw.col("_amount").sum())
    key = OWNER if by_owner else "contact"
    chosen = counts.filter(nw.col("contact") == SINGLE) if by_owner else counts
    grouped = chosen.group_by("_all", key).agg(
        customers=nw.col("_customers").sum(), amount=nw.col("_amount").sum(), not_positive=nw.col("_not").sum()
    )
    both = grouped.join(total, on="_all", how="left").with_columns(whole("customers", "all_customers", "not_positive"))
    shared = both.with_columns(
        customer_share=ratio("customers", "all_customers"),
        amount_share=nw.when(nw.col("all_amount") > 0).then(
            nw.col("amount").cast(nw.Float64) / nw.col("all_amount").cast(nw.Float64)
        ),
    )
    result = shared.select(
        key, "customers", "all_customers", "customer_share", "amount", "all_amount", "amount_share", "not_positive"
    )
    return nw.maybe_reset_index(result).to_native()


def _known(
    frames: Mapping[str, Frame], as_of: date | None, since: date | None, merges: Mapping[str, str] | None
) -> Frame:
    """One row per customer and salesperson."""
    parts = [
        part for table, frame in frames.items() if (part := _pairs(table, frame, as_of, since, merges)) is not None
    ]
    if not parts:
        raise MissingColumnError("customers", OWNER, frames[next(iter(frames))].collect_schema().names())
    pairs = union(parts).group_by(CUSTOMER, "_written").agg(_rows=nw.len()).drop("_rows")
    written = [row["_written"] for row in rows(pairs.group_by("_written").agg(_rows=nw.len()))]
    table = text_frame(pairs, _people(written), ("_written", "_owner"))
    return pairs.join(table, on="_written", how="inner").group_by(CUSTOMER, "_owner").agg(_rows=nw.len()).drop("_rows")


def _pairs(
    table: str, frame: Frame, as_of: date | None, since: date | None, merges: Mapping[str, str] | None
) -> Frame | None:
    """The customers of a table with their owners; None where it does not tell."""
    schema = frame.collect_schema()
    if OWNER not in schema or CUSTOMER not in schema:
        return None
    kept = frame
    if table in TIMES:
        at = nw.col(TIMES[table])
        kept = kept.filter(at < moment(as_of + timedelta(days=1))) if as_of else kept
        kept = kept.filter(at >= moment(since)) if since else kept
    named = with_customer(kept, schema, merges, table).with_columns(
        _written=plain(OWNER, schema[OWNER]).cast(nw.String)
    )
    owned = named.filter(~nw.col("_written").is_null(), ~nw.col(CUSTOMER).is_null())
    return owned.group_by(CUSTOMER, "_written").agg(_rows=nw.len()).drop("_rows")


def _people(written: Collection[str]) -> list[tuple[str, str]]:
    """Each way of writing a salesperson, and one that stands for all of that person."""
    first: dict[str, str] = {}
    for name in sorted(written, key=lambda name: (len(name), name)):
        first.setdefault("".join(unicodedata.normalize("NFKC", name).casefold().split()), name)
    return [(name, first["".join(unicodedata.normalize("NFKC", name).casefold().split())]) for name in sorted(written)]


def _named(joined: Frame) -> Frame:
    """What the number of salespeople means."""
    how_many, nobody = nw.col("salespeople"), nw.col("_none") == 1
    several = nw.when(how_many == 0).then(nw.lit(UNKNOWN)).otherwise(nw.lit(SEVERAL))
    contact = nw.when(how_many == 1).then(nw.lit(SINGLE)).otherwise(several)
    marked = joined.with_columns(
        contact=nw.when(nobody).then(nw.lit(NOBODY)).otherwise(contact),
        owner=nw.when(how_many == 1).then(nw.col("_owner")),
    )
    return marked.select(
        "amount", "salespeople", "contact", "owner", customer_id=nw.when(~nobody).then(nw.col("_key"))
    ).select(CUSTOMER, "amount", "salespeople", "contact", "owner")
