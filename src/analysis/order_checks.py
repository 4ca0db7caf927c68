"""The order lines behind a number, and what of them counts other than it is written."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.frames import keep, names, open_frames, whole
from analysis.order_lines import NET, open_lines
from analysis.period import Period
from analysis.rules import Rule, among

HELPERS = ("counted_amount", "counts_as", "sign")


def customer_lines(
    orders: IntoFrameT,
    *,
    of: str | Iterable[str | None] | None = None,
    as_of: date | None = None,
    period: Period | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The order lines behind the amounts of some customers, each as it counts.

    Args:
        of: customers, None among them for the lines of nobody; None: all.
        orders, as_of, period, cancellations, merges, currency, where: see `customers.measure_customers`.

    Returns:
        The columns of `orders`, unsorted: `customer_id` as it counts (of customers that were merged the one that is
        kept), then `counted_amount` (null: counts nothing; they add up to `amount`), `counts_as` ("sale" or
        "cancellation") and `sign` (how it shows that it is none: number, quantity, negative, status).

    Raises:
        As `customers.measure_customers`.
    """
    lines = open_lines(
        orders,
        as_of=as_of,
        period=period,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        where=where,
    )
    schema = lines.frame.collect_schema()
    columns = [name for name in open_frames(orders=orders)[0].collect_schema() if name not in HELPERS]
    chosen = [] if of is None else [among(CUSTOMER, schema[CUSTOMER], list(names(of)))]  # type: ignore[arg-type]
    found = keep(lines.frame, [nw.col("_in") == 1, *chosen])
    stands = nw.when(nw.col("_sale") == 1).then(nw.lit("sale")).otherwise(nw.lit("cancellation"))
    shown = found.with_columns(counted_amount=nw.col("_amount"), counts_as=stands, sign=nw.col("_sign"))
    return nw.maybe_reset_index(shown.select(*columns, *HELPERS)).to_native()


def cancellation_counts(
    orders: IntoFrameT,
    *,
    as_of: date | None = None,
    period: Period | None = None,
    cancellations: str = NET,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How many lines are cancellations or returns, by how it shows, and what they come to.

    Args:
        orders, as_of, period, cancellations, currency, where: see `customers.measure_customers`.

    Returns:
        One row per sign, unsorted: `sign` (number, quantity, negative, status; null: none, a sale), `lines`,
        `written_amount` (added up as the file has it), `counted_amount` (as the rule counts it).
    """
    lines = open_lines(orders, as_of=as_of, period=period, cancellations=cancellations, currency=currency, where=where)
    inside = lines.frame.filter(nw.col("_in") == 1)
    counted = inside.group_by("_sign").agg(
        lines=nw.len(), written_amount=nw.col("_written").sum(), counted_amount=nw.col("_amount").sum()
    )
    result = counted.with_columns(whole("lines")).rename({"_sign": "sign"})
    return nw.maybe_reset_index(result.select("sign", "lines", "written_amount", "counted_amount")).to_native()
