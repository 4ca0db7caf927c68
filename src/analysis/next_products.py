"""What customers buy next: from one product to the following one."""

from typing import Unpack

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.errors import ChoiceError
from analysis.frames import Frame, ratio, union, whole
from analysis.period import Period
from analysis.product_lines import (
    AT,
    WHAT,
    Choice,
    Occasions,
    bought_in,
    days_between,
    kept_occasions,
    most_bought,
    within,
)
from analysis.takes import over_kept

AFTER = ("first", "any")
NEXT, START = "_next", "_start"


@over_kept(kept_occasions)
def next_products(
    orders: IntoFrameT,
    *,
    after: str = "first",
    most: int | None = None,
    period: Period | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """What was bought at the next purchase, after the first one or after that of a product.

    The next purchase is what the customer bought at the following moment, whatever it was.

    Args:
        orders, choice: see `first_products`.
        after: `first` (from the customer's first purchase to the second) or `any` (from the moment at which the
            customer bought the product for the first time).
        most: all but so many products, those that the most customers bought, are one product "(other)"; None: none.
        period: when that moment was; None: whenever.

    Returns:
        One row per pair, unsorted: `from_product`, `to_product` (null: no code), `nothing` (1: the row of those who
        have bought nothing since, `to_product` null; absent where there are none), `customers` who went this way,
        `from_customers` (all at `from_product`), `share` = customers / from_customers, `median_days` in between (null
        of nothing). Who bought two products next stands at both: the shares of a `from_product` may add up to more
        than 1.

    Raises:
        ChoiceError: `after` is neither, or `most` is below 1.
    """
    ways, starts = _ways(bought_in(orders, choice), after, most, period)
    pairs = (
        ways.with_columns(_gap=days_between(AT, NEXT))
        .group_by(WHAT, "_to", "_kind")
        .agg(customers=nw.len(), median_days=nw.col("_gap").median())
    )
    nobody = {"_to": nw.lit(None, dtype=nw.String), "median_days": nw.lit(None, dtype=nw.Float64)}
    every = starts.group_by(WHAT).agg(customers=nw.len()).with_columns(_kind=nw.lit(2, dtype=nw.Int64), **nobody)
    columns = (WHAT, "_to", "_kind", "customers", "median_days")
    lined = union([each.with_columns(whole("customers")).select(*columns) for each in (pairs, every)])
    marked = lined.with_columns(_all=nw.lit(0), from_customers=nw.when(nw.col("_kind") == 2).then(nw.col("customers")))
    beside = marked.with_columns(from_customers=nw.col("from_customers").max().over("_all", WHAT))
    result = beside.filter(nw.col("_kind") < 2).with_columns(whole("from_customers"))
    return nw.maybe_reset_index(
        result.select(
            nw.col(WHAT).alias("from_product"),
            nw.col("_to").alias("to_product"),
            nw.col("_kind").alias("nothing"),
            "customers",
            "from_customers",
            ratio("customers", "from_customers").alias("share"),
            "median_days",
        )
    ).to_native()


@over_kept(kept_occasions)
def next_product_customers(
    orders: IntoFrameT,
    *,
    from_product: str | None,
    to_product: str | None = None,
    nothing: int = 0,
    after: str = "first",
    most: int | None = None,
    period: Period | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """The customers behind a number of `next_products`.

    Args:
        orders, after, most, period, choice: see `next_products`.
        from_product, to_product, nothing: of the row; None: without a code.

    Returns:
        One row per customer, unsorted: `customer_id`, `from_order`, `next_order` (moments) and `days_between`.
    """
    ways, _ = _ways(bought_in(orders, choice), after, most, period)
    ends = {WHAT: from_product, "_to": to_product}
    same = [nw.col(name).is_null() if value is None else nw.col(name) == value for name, value in ends.items()]
    listed = ways.filter(*same, nw.col("_kind") == int(bool(nothing)))
    result = listed.select(
        CUSTOMER,
        nw.col(AT).alias("from_order"),
        nw.col(NEXT).alias("next_order"),
        days_between(AT, NEXT).alias("days_between"),
    )
    return nw.maybe_reset_index(result).to_native()


def _ways(bought: Occasions, after: str, most: int | None, period: Period | None) -> tuple[Frame, Frame]:
    """A row per customer, product and product of the next purchase (`_kind` 1: there is none); and where they start."""
    if after not in AFTER:
        raise ChoiceError("after", after, AFTER)
    each = most_bought(bought, most).frame
    moments = each.group_by(CUSTOMER, AT).agg(_lines=nw.len())
    followed = moments.with_columns(nw.col(AT).shift(n=-1).over(CUSTOMER, order_by=AT).alias(NEXT)).drop("_lines")
    keys = (CUSTOMER,) if after == "first" else (CUSTOMER, WHAT)
    begun = each.with_columns(nw.col(AT).min().over(*keys).alias(START)).filter(nw.col(AT) == nw.col(START))
    starts = begun.filter(within(AT, period)).drop(START).join(followed, on=[CUSTOMER, AT], how="inner")
    after_it = each.select(CUSTOMER, nw.col(AT).alias(NEXT), nw.col(WHAT).alias("_to"))
    columns = (CUSTOMER, AT, NEXT, WHAT, "_to", "_kind")
    on = starts.filter(~nw.col(NEXT).is_null()).join(after_it, on=[CUSTOMER, NEXT], how="inner")
    off = starts.filter(nw.col(NEXT).is_null()).with_columns(_to=nw.lit(None, dtype=nw.String))
    ways = [
        part.with_columns(_kind=nw.lit(kind, dtype=nw.Int64)).select(*columns) for kind, part in enumerate((on, off))
    ]
    return union(ways), starts
