"""Combinations: products that the same customers buy, or that stand in the same orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Unpack

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER, keyed, unkeyed
from analysis.errors import ChoiceError, MissingColumnError
from analysis.frames import Frame, facts, ratio, whole
from analysis.period import Period
from analysis.product_lines import WHAT, Choice, choice_key, kept_few, open_products
from analysis.takes import Kept, over_kept

TOGETHER = ("customer", "order")
MOST = 100  # products of which every pair is looked at: pairs grow with their square


@dataclass(frozen=True)
class Items:
    """One row per basket and product with a code, what tells baskets apart, and how many there are."""

    frame: Frame
    keys: tuple[str, ...]
    baskets: int


def _kept(call: Mapping[str, Any]) -> Kept:
    """What a call wants of baskets, which are found once for all calls of one choice."""
    choice: Any = dict(call["choice"])
    together, period = call["together"], call["period"]

    def arrange(orders: Any) -> Items:
        found = _items(orders, together, period, choice)
        rows: Any = found.frame.lazy().collect(backend="pandas").to_native()
        numbered = rows.assign(_basket=rows.groupby([*found.keys], dropna=False, sort=False).ngroup())
        held: Any = nw.from_native(numbered, eager_only=True)
        return Items(held, ("_basket",), found.baskets)

    return kept_few(f"baskets {together} {period} {choice_key(choice)}", arrange)


@over_kept(_kept)
def combinations(
    orders: IntoFrameT,
    *,
    together: str = "customer",
    most: int | None = MOST,
    period: Period | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """Pairs of products that were bought together, against what chance alone would give.

    Args:
        orders, period, choice: see `product_measures`; sales without a product code make no pair.
        together: `customer` (both by the same customer in the period; sales of nobody are left out) or `order` (both in
            one order; sales without an order number are left out).
        most: only pairs among so many products, those bought by the most (equal ones are all looked at); None: all.

    Returns:
        One row per pair that occurs, each pair once (`first` < `second`), unsorted: `both` (customers, or orders, with
        both), `with_first`, `with_second`, `total` (all of them that bought anything), `support` = both / total,
        `confidence_first` = both / with_first (of those with the first, how many have the second too) and
        `confidence_second`, `expected` = with_first x with_second / total (if one had nothing to do with the other),
        `lift` = both / expected.

    Raises:
        ChoiceError: `together` is neither, or `most` is below 2.
        MissingColumnError: orders are asked for, and have no number.

    Note:
        Source: Agrawal, Imielinski, Swami, "Mining association rules between sets of items in large databases" (1993).
    """
    items = _items(orders, together, period, choice)
    pairs, counts = _pairs(items, most)
    both = pairs.group_by("first", "second").agg(both=nw.len())
    for name in ("first", "second"):
        renamed = counts.select(nw.col(WHAT).alias(name), nw.col("_count").alias(f"with_{name}"))
        both = both.join(renamed, on=name, how="inner")
    counted = both.with_columns(whole("both", "with_first", "with_second"), total=nw.lit(items.baskets, dtype=nw.Int64))
    product = nw.col("with_first").cast(nw.Float64) * nw.col("with_second")
    result = counted.with_columns(
        support=ratio("both", "total"),
        confidence_first=ratio("both", "with_first"),
        confidence_second=ratio("both", "with_second"),
        expected=product / nw.col("total"),
        lift=nw.col("both").cast(nw.Float64) * nw.col("total") / product,
    )
    columns = ("first", "second", "both", "with_first", "with_second", "total", "support")
    return nw.maybe_reset_index(
        result.select(*columns, "confidence_first", "confidence_second", "expected", "lift")
    ).to_native()


@over_kept(_kept)
def combination_customers(
    orders: IntoFrameT,
    *,
    first: str,
    second: str,
    together: str = "customer",
    period: Period | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """The customers, or the orders, behind `both` of a pair.

    Args:
        orders, together, period, choice: see `combinations`.
        first, second: the products.

    Returns:
        One row per customer: `customer_id`; or per order: `customer_id` (null: nobody), `order_id`; unsorted.
    """
    items = _items(orders, together, period, choice)
    one, other = (items.frame.filter(nw.col(WHAT) == each) for each in (first, second))
    listed = one.join(other.select(*items.keys), on=list(items.keys), how="inner")
    if together == "order":
        listed = unkeyed(listed).with_columns(order_id=nw.col("_order"))
    columns = (CUSTOMER, "order_id") if together == "order" else (CUSTOMER,)
    return nw.maybe_reset_index(listed.select(*columns)).to_native()


def _items(orders: Any, together: str, period: Period | None, choice: Choice) -> Items:
    """The baskets of order lines, or those that a workspace has kept for the same choice."""
    if isinstance(orders, Items):
        return orders
    if together not in TOGETHER:
        raise ChoiceError("together", together, TOGETHER)
    lines = open_products(orders, period=period, **choice)
    sold = lines.frame.filter(nw.col("_sale") == 1, nw.col("_in") == 1)
    if together == "customer":
        keys: tuple[str, ...] = (CUSTOMER,)
        named = sold.filter(~nw.col(CUSTOMER).is_null())
    elif lines.by_order:
        keys = ("_key", "_none", "_order")
        named = keyed(sold, sold.collect_schema()[CUSTOMER]).filter(~nw.col("_order").is_null())
    else:
        raise MissingColumnError("orders", "order_id", sold.collect_schema().names())
    each = named.group_by(*keys, WHAT).agg(_lines=nw.len()).drop("_lines")
    baskets = each.group_by(*keys).agg(_products=nw.len())
    total = int(facts(baskets.select(total=nw.len()))["total"])
    return Items(each.filter(~nw.col(WHAT).is_null()), keys, total)


def _pairs(items: Items, most: int | None) -> tuple[Frame, Frame]:
    """Every basket with two products of the most bought, and in how many baskets each product is."""
    if most is not None and (isinstance(most, bool) or not isinstance(most, int) or most < 2):
        raise ChoiceError("most", most, [str(MOST)])
    each, keys = items.frame, list(items.keys)
    counts = each.group_by(WHAT).agg(_count=nw.len())
    if most is not None:
        ranked = counts.with_columns(_rank=nw.col("_count").rank("min", descending=True))
        counts = ranked.filter(nw.col("_rank") <= nw.lit(most)).drop("_rank")
        each = each.join(counts.select(WHAT), on=WHAT, how="inner")
    left, right = (each.select(*keys, nw.col(WHAT).alias(name)) for name in ("first", "second"))
    pairs = left.join(right, on=keys, how="inner").filter(nw.col("first") < nw.col("second"))
    return pairs, counts
