"""What is bought: amount, orders and customers of each product, or of each group of products."""

from collections.abc import Iterable, Sequence
from typing import Any, Unpack

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.errors import DimensionNameError, MissingColumnError
from analysis.frames import Frame, fold, names, plain, union, whole
from analysis.order_lines import Lines
from analysis.period import Period
from analysis.product_catch import COLUMN
from analysis.product_lines import WHAT, Choice, open_products

COUNTS = ("orders", "customers", "rows", "returns", "no_customer")
RESULT = ("product", "level", "amount", "share", *COUNTS, "average_order", "returned")


def product_measures(
    orders: IntoFrameT, *, by: str | Iterable[str] = (), period: Period | None = None, **choice: Unpack[Choice]
) -> IntoFrameT:
    """What was bought of each product, or of each group, and in all.

    Args:
        orders: one row per order line: `customer_id`, `ordered_at` (timestamp, local time), `amount`, `product_code`;
            optionally `order_id`, `quantity`, `status`, and any dimension.
        by: columns of `orders` to tell apart.
        period: which lines count; None: all.
        choice: `groups`, `rest` (see `with_groups`), `as_of`, `cancellations`, `merges`, `currency`, `where` (see
            `measure_customers`; a rule may name `product_group`).

    Returns:
        One row per `by` value and product (`level` 0) and one for all products of the `by` value (`level` 1), unsorted:
        `product` (a group or a code; null: no code, and in the row of all), `amount` (as the rule for cancellations
        says), `share` of the amount of all (null where that is not above 0), `orders` that hold it (different numbers;
        without a number each line), `customers` who bought it, `rows` (lines of sales), `returns` (lines of returns and
        cancellations), `no_customer` (lines of sales without a customer), `average_order` = amount / orders (null
        without any), `returned` (what the returns took off the amount). An order, or a customer, with two products
        stands at both, and once in the row of all.

    Raises:
        MissingColumnError, CurrenciesError, ChoiceError: see `with_groups` and `measure_customers`.
    """
    lines = open_products(orders, period=period, **choice)
    labels = _labels(lines, names(by))
    schema = lines.frame.collect_schema()
    dimensions = {helper: plain(name, schema[name]) for name, helper in labels.items()}
    marked = _marked(lines.frame.with_columns(**dimensions) if dimensions else lines.frame)
    return nw.maybe_reset_index(_finish(_counted(marked, lines, [*labels.values()]), labels)).to_native()


def product_customers(
    orders: IntoFrameT,
    *,
    product: str | None = None,
    level: int = 0,
    period: Period | None = None,
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """The customers behind a number of `product_measures`.

    Args:
        orders, period, choice: see `product_measures`; a dimension is chosen by `where`.
        product: a value of the column `product`; None: lines without a code.
        level: 1: whoever bought anything.

    Returns:
        One row per customer who bought it, unsorted: `customer_id`, `amount`, `orders`, `rows`, `returns`,
        `first_order` and `last_order` (with it, in the period).
    """
    lines = open_products(orders, period=period, **choice)
    what = nw.col(WHAT)
    mine = lines.frame if level else lines.frame.filter(what.is_null() if product is None else what == product)
    marked = _marked(mine.filter(~nw.col(CUSTOMER).is_null()))
    dated = marked.with_columns(_on=nw.when(nw.col("rows") == 1).then(nw.col("ordered_at")))
    each = _orders(dated, lines, [], first_order=nw.col("_on").min(), last_order=nw.col("_on").max())
    found = each.group_by(CUSTOMER).agg(
        nw.col("amount", "orders", "rows", "returns").sum(),
        first_order=nw.col("first_order").min(),
        last_order=nw.col("last_order").max(),
    )
    bought = found.filter(nw.col("rows") > 0).with_columns(whole("orders", "rows", "returns"))
    return nw.maybe_reset_index(bought).to_native()


def _labels(lines: Lines, by: Sequence[str]) -> dict[str, str]:
    taken = {*RESULT}
    schema = lines.frame.collect_schema()
    for name in by:
        if fold(name) in taken:
            raise DimensionNameError(name)
        if name not in schema or name.startswith("_"):
            raise MissingColumnError(
                "orders", name, [each for each in schema.names() if each[:1] != "_" and each != COLUMN]
            )
        taken.add(fold(name))
    return {name: f"_d{i}" for i, name in enumerate(by)}


def _marked(frame: Frame) -> Frame:
    """Of each line whether it is a sale, a return, or a sale of nobody, in the period; and what a return takes off."""
    inside, sale = nw.col("_in") == 1, nw.col("_sale") == 1
    flags = {
        "rows": inside & sale,
        "returns": inside & ~sale,
        "no_customer": inside & sale & nw.col(CUSTOMER).is_null(),
    }
    counts = nw.col("_amount")
    return frame.with_columns(
        amount=counts,
        returned=nw.when(flags["returns"]).then(-counts),
        **{name: nw.when(test).then(1).otherwise(0) for name, test in flags.items()},
    )


def _orders(frame: Frame, lines: Lines, keys: Sequence[str], **more: nw.Expr) -> Frame:
    """Sums of every customer and order: a number is one order, and without a number each line is."""
    by_order = ["_order"] if lines.by_order else []
    each = frame.group_by(*keys, CUSTOMER, *by_order).agg(
        nw.col("amount", "returned", "rows", "returns", "no_customer").sum(), **more
    )
    sold = nw.col("rows")
    if not lines.by_order:
        return each.with_columns(orders=sold)
    one = nw.when(sold > 0).then(1).otherwise(0)
    return each.with_columns(orders=nw.when(nw.col("_order").is_null()).then(sold).otherwise(one))


def _counted(marked: Frame, lines: Lines, dimensions: Sequence[str]) -> Frame:
    """The sums of every group and product, and of all products."""
    zero, one = nw.lit(0, dtype=nw.Int64), nw.lit(1, dtype=nw.Int64)
    columns = [*dimensions, WHAT, CUSTOMER, *(["_order"] if lines.by_order else [])]
    columns += ["amount", "returned", "rows", "returns", "no_customer"]
    own = marked.select(*columns).with_columns(level=zero)
    every = marked.with_columns(nw.lit(None, dtype=nw.String).alias(WHAT)).select(*columns).with_columns(level=one)
    keys = [*dimensions, "level", WHAT]
    sums = nw.col("amount", "returned", "orders", "rows", "returns", "no_customer").sum()
    each = _orders(union([own, every]), lines, keys).group_by(*keys, CUSTOMER).agg(sums)
    known = nw.when((nw.col("rows") > 0) & ~nw.col(CUSTOMER).is_null()).then(1).otherwise(0)
    return each.with_columns(customers=known).group_by(*keys).agg(sums, customers=nw.col("customers").sum())


def _finish(counted: Frame, labels: dict[str, str]) -> Frame:
    """Shares and averages beside the sums, the columns under their names."""
    keys = ["_all", *labels.values()]
    total = nw.when(nw.col("level") == 1).then(nw.col("amount"))
    ready = counted.with_columns(
        nw.col("amount", "returned").fill_null(0), whole(*COUNTS), _all=nw.lit(0)
    ).with_columns(_total=total)
    beside = ready.with_columns(_total=nw.col("_total").max().over(*keys))
    amount: Any = nw.col("amount").cast(nw.Float64)
    shown = [nw.col(helper).alias(name) for name, helper in labels.items()]
    listed = beside.filter((nw.col("rows") > 0) | (nw.col("returns") > 0) | (nw.col("level") == 1))
    return listed.with_columns(
        share=nw.when(nw.col("_total") > 0).then(amount / nw.col("_total").cast(nw.Float64)),
        average_order=nw.when(nw.col("orders") > 0).then(amount / nw.col("orders")),
    ).select(*shown, nw.col(WHAT).alias("product"), *RESULT[1:])
