"""With which product customers begin, and how many of them buy again."""

from typing import Unpack

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.errors import ChoiceError
from analysis.frames import Frame, ratio, union, whole, wilson
from analysis.period import Period
from analysis.product_lines import (
    AT,
    WHAT,
    Choice,
    Occasions,
    bought_in,
    days_between,
    kept_occasions,
    ordinal,
    within,
)
from analysis.takes import over_kept

STATES = ("all", "again", "same_again", "once", "waiting")
COUNTS = ("customers", "observed", "again", "same_again", "waiting")
RATES = ("repeat_rate", "rate_low", "rate_high", "same_rate", "same_low", "same_high")


@over_kept(kept_occasions)
def first_products(
    orders: IntoFrameT, *, period: Period | None = None, days: int | None = None, **choice: Unpack[Choice]
) -> IntoFrameT:
    """What customers bought first, and how many of them bought again.

    First is what a customer bought at the earliest moment of all that is known, up to `as_of`; again is anything at any
    later moment. Returns, cancellations and lines without a customer are no purchases; a purchase that came back later
    was one.

    Args:
        orders: see `product_measures`; the lines of one order are of one moment, that of its first line.
        period: when the first purchase was; None: whenever.
        days: only what comes at most so many calendar days after the first purchase is again; None: whenever.
        choice: see `product_measures`; a rule in `where` about products leaves only purchases of these.

    Returns:
        One row per product (`level` 0) and one for all of them (`level` 1), unsorted: `product` (null: no code, and in
        the row of all), `customers` whose first purchase it was = `observed` + `waiting` (less than `days` days have
        passed by `as_of`: it is not told yet whether they buy again), `again` and `same_again` (of the observed: bought
        anything, or the same product, again), `repeat_rate` = again / observed and `same_rate` = same_again / observed
        (null where nobody is observed) with Wilson intervals (95 %), `share` of all customers, `median_days` from the
        first purchase to the next (of those who bought again). Who began with two products at the same moment stands at
        both, and once in the row of all, where `same_again` is any of those that the customer began with.

    Raises:
        ChoiceError: `days` is below 1.

    Note:
        Source: `definitions.DEFINITIONS["repeat_rate"]`.
    """
    begun = _begun(bought_in(orders, choice), period, days)
    keys = ("level", WHAT)
    sums = begun.group_by(*keys).agg(
        nw.col("observed", "again", "same_again", "waiting").sum(),
        customers=nw.len(),
        median_days=nw.col("_days").median(),
    )
    low, high = wilson("again", "observed")
    same_low, same_high = wilson("same_again", "observed")
    counted = sums.with_columns(whole(*COUNTS), _all=nw.lit(0)).with_columns(
        _total=nw.when(nw.col("level") == 1).then(nw.col("customers"))
    )
    beside = counted.with_columns(_total=nw.col("_total").max().over("_all"))
    result = beside.select(
        nw.col(WHAT).alias("product"),
        "level",
        *COUNTS,
        ratio("again", "observed").alias("repeat_rate"),
        low.alias("rate_low"),
        high.alias("rate_high"),
        ratio("same_again", "observed").alias("same_rate"),
        same_low.alias("same_low"),
        same_high.alias("same_high"),
        ratio("customers", "_total").alias("share"),
        "median_days",
    )
    return nw.maybe_reset_index(result).to_native()


@over_kept(kept_occasions)
def first_product_customers(
    orders: IntoFrameT,
    *,
    product: str | None = None,
    level: int = 0,
    state: str = "all",
    period: Period | None = None,
    days: int | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """The customers behind a number of `first_products`.

    Args:
        orders, period, days, choice: see `first_products`.
        product: a value of the column `product`; None: without a code.
        level: 1: the row of all.
        state: `all`, `again`, `same_again`, `once` (observed, and not again), `waiting`.

    Returns:
        One row per customer, unsorted: `customer_id`, `first_order`, `next_order` (the next purchase of anything; null:
        none yet, within `days` or not) and `days_between`.
    """
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    begun = _begun(bought_in(orders, choice), period, days)
    what, one = nw.col(WHAT), nw.col("level") == 1
    mine = begun.filter(one) if level else begun.filter(~one, what.is_null() if product is None else what == product)
    tests = {name: nw.col(name) == 1 for name in ("again", "same_again", "waiting")}
    tests["once"] = (nw.col("observed") == 1) & (nw.col("again") == 0)
    listed = mine.filter(tests[state]) if state in tests else mine
    result = listed.select(
        CUSTOMER,
        nw.col("_first").alias("first_order"),
        nw.col("_next").alias("next_order"),
        days_between("_first", "_next").alias("days_between"),
    )
    return nw.maybe_reset_index(result).to_native()


def _begun(bought: Occasions, period: Period | None, days: int | None) -> Frame:
    """One row per customer and product of the first purchase (`level` 0), and one per customer (`level` 1)."""
    if days is not None and (isinstance(days, bool) or not isinstance(days, int) or days < 1):
        raise ChoiceError("days", days, ["30", "90", "365"])
    placed = bought.frame.with_columns(_first=nw.col(AT).min().over(CUSTOMER))
    later = placed.with_columns(
        _later=nw.when(nw.col(AT) > nw.col("_first")).then(nw.col(AT)),
        _here=nw.when(nw.col(AT) == nw.col("_first")).then(1).otherwise(0),
    ).with_columns(_next=nw.col("_later").min().over(CUSTOMER))
    each = later.group_by(CUSTOMER, WHAT).agg(
        nw.col("_first", "_next").min(), _here=nw.col("_here").max(), _same=nw.col("_later").min()
    )
    own = each.filter(nw.col("_here") == 1, within("_first", period)).drop("_here")
    every = own.group_by(CUSTOMER).agg(nw.col("_first", "_next", "_same").min())
    columns = (CUSTOMER, WHAT, "level", "_first", "_next", "_same")
    products = own.with_columns(level=nw.lit(0, dtype=nw.Int64))
    whole_customers = every.with_columns(nw.lit(None, dtype=nw.String).alias(WHAT), level=nw.lit(1, dtype=nw.Int64))
    begun = union([products.select(*columns), whole_customers.select(*columns)])
    known = float(bought.known.toordinal()) if bought.known else 0.0
    spans = begun.with_columns(
        _gap=days_between("_first", "_next"),
        _same_gap=days_between("_first", "_same"),
        _age=nw.lit(known) - ordinal("_first"),
    )
    over = ~nw.col("_first").is_null() if days is None else nw.col("_age") >= nw.lit(days)
    tests = {"observed": over, "waiting": ~over}
    for name, gap in (("again", "_gap"), ("same_again", "_same_gap")):
        tests[name] = over & (~nw.col(gap).is_null() if days is None else nw.col(gap) <= nw.lit(days))
    return spans.with_columns(
        **{name: nw.when(test).then(1).otherwise(0) for name, test in tests.items()}
    ).with_columns(_days=nw.when(nw.col("again") == 1).then(nw.col("_gap")))
