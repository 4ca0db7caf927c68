"""What a customer's orders say: how much, how often, since when, how long between one and the next."""

from collections.abc import Collection

import narwhals.stable.v2 as nw

from analysis.business_days import day_number
from analysis.customer_ids import CUSTOMER, KEYS, keyed
from analysis.frames import Frame, whole
from analysis.order_lines import Lines

COUNTED = ("amount", "orders", "average_order", "products")  # inside the period
DATED = ("first_order", "last_order", "recency_days", "tenure_days", "interval_days", "interval_change_days")
MEASURES = (*COUNTED, *DATED)


def order_measures(lines: Lines, wanted: Collection[str]) -> Frame:
    """One row per customer with a line, nobody among them: `_key`, `_none` and the wanted ones of `MEASURES`."""
    sold = nw.col("_sale") == 1
    frame = lines.frame.with_columns(
        _sold=nw.when(sold & (nw.col("_in") == 1)).then(1).otherwise(0),
        _sold_at=nw.when(sold).then(nw.col("ordered_at")),
    )
    found = frame.group_by(CUSTOMER).agg(
        amount=nw.col("_amount").sum(),
        orders=nw.col("_sold").sum(),
        first_order=nw.col("_sold_at").min(),
        last_order=nw.col("_sold_at").max(),
    )
    dtype = frame.collect_schema()[CUSTOMER]
    result = keyed(found, dtype)
    inside = frame.filter(nw.col("_sold") == 1)
    if lines.by_order and {"orders", "average_order"} & {*wanted}:
        result = _with(result.drop("orders"), _orders(inside), dtype)
    if lines.has_products and "products" in wanted:
        result = _with(result, _products(inside), dtype)
    if {"interval_days", "interval_change_days"} & {*wanted}:
        owned = frame.filter(sold, ~nw.col(CUSTOMER).is_null())
        result = _with(result, _intervals(owned), dtype)
    return _finish(result, lines, wanted)


def _with(result: Frame, part: Frame, dtype: object) -> Frame:
    return result.join(keyed(part, dtype), on=[*KEYS], how="left")


def _orders(sold: Frame) -> Frame:
    """Orders per customer: different numbers, and each line without one."""
    each = sold.group_by(CUSTOMER, "_order").agg(_lines=nw.len())
    one = each.with_columns(_n=nw.when(nw.col("_order").is_null()).then(nw.col("_lines")).otherwise(1))
    return one.group_by(CUSTOMER).agg(orders=nw.col("_n").sum())


def _products(sold: Frame) -> Frame:
    each = sold.filter(~nw.col("_product").is_null()).group_by(CUSTOMER, "_product").agg(_lines=nw.len())
    return each.group_by(CUSTOMER).agg(products=nw.len())


def _intervals(sold: Frame) -> Frame:
    """The median of days from one day with an order to the next, and of the later half less that of the earlier.

    Of an odd number of intervals the one in the middle belongs to neither half.
    """
    days = (
        sold.group_by(CUSTOMER, "_day")
        .agg(_lines=nw.len())
        .with_columns(_number=day_number(nw.col("_day")), _one=nw.lit(1))
    )
    placed = days.with_columns(
        _before=nw.col("_number").shift(n=1).over(CUSTOMER, order_by=["_number"]),
        _place=nw.col("_one").cum_sum().over(CUSTOMER, order_by=["_number"]),
        _days=nw.len().over(CUSTOMER),
    ).filter(~nw.col("_before").is_null())
    gap, half = nw.col("_number") - nw.col("_before"), (nw.col("_days") - 1) // 2
    place = nw.col("_place") - 1  # of the interval, from 1
    halved = placed.with_columns(
        _gap=gap, _early=nw.when(place <= half).then(gap), _late=nw.when(place > nw.col("_days") - 1 - half).then(gap)
    )
    medians = halved.group_by(CUSTOMER).agg(
        interval_days=nw.col("_gap").median(), _early=nw.col("_early").median(), _late=nw.col("_late").median()
    )
    return medians.select(CUSTOMER, "interval_days", interval_change_days=nw.col("_late") - nw.col("_early"))


def _finish(result: Frame, lines: Lines, wanted: Collection[str]) -> Frame:
    """The measures out of what was counted; nobody has no first day, and no last."""
    somebody = nw.col("_none") == 0
    dates = {name: nw.when(somebody).then(nw.col(name)) for name in ("first_order", "last_order")}
    counted = result.with_columns(whole("orders"), **dates)
    if "products" in counted.collect_schema():
        counted = counted.with_columns(whole("products"))
    if lines.known is not None:
        # calendar days, so that an order of this morning was 0 days ago
        today = nw.lit(float(lines.known.toordinal()))
        since = {
            name: today - _ordinal(column)
            for name, column in (("recency_days", "last_order"), ("tenure_days", "first_order"))
        }
        counted = counted.with_columns(**since)
    amount = nw.col("amount").cast(nw.Float64)
    counted = counted.with_columns(average_order=nw.when(nw.col("orders") > 0).then(amount / nw.col("orders")))
    there = counted.collect_schema().names()
    return counted.select(*KEYS, *(name for name in MEASURES if name in wanted and name in there))


def _ordinal(column: str) -> nw.Expr:
    """The day as `date.toordinal` counts."""
    return day_number(nw.col(column)) + 719_163.0
