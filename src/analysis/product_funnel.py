"""The funnel over purchases: how far customers come through products, or groups of products."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Unpack

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.errors import UnknownProductError, UnknownStepError
from analysis.frames import names, plain, whole
from analysis.funnel import funnel
from analysis.funnel_arrays import FunnelArrays
from analysis.funnel_people import funnel_people
from analysis.funnel_steps import Step, Within, column_of, dimensions, plan
from analysis.period import Period
from analysis.product_lines import AT, WHAT, Choice, choice_key, occasions, open_products, sold_lines
from analysis.rules import Rule
from analysis.takes import Kept, over_kept

COLUMN, CONDITION = "column", "condition"


@dataclass(frozen=True)
class Purchases:
    """What customers bought, as the log of a funnel.

    Attributes:
        log: one row per customer, moment and product, as `product_lines.occasions` says: `user_id` (the customer),
            `occurred_at`, `activity` (group or code; null: no code) and the columns named here; or its `FunnelArrays`.
        columns: a column of orders as it was asked for -> its column in the log, the smallest value of the lines.
        conditions: the condition of a step as JSON -> a column: 1 where one of the lines fulfils it, else 0.
        known: the last day that is known.
    """

    log: Any
    columns: Mapping[str, str]
    conditions: Mapping[str, str]
    known: date | None

    def step(self, asked: Step) -> Step:
        """A step of the question, over this log."""
        rule = asked.rule
        return replace(asked, where={"column": self.conditions[rule.to_json()], "at_least": 1}) if rule else asked

    def labels(self, by: Sequence[str]) -> dict[str, str]:
        """The dimensions asked for -> their columns in the log."""
        return {name: self.columns[name] for name in dimensions(by, [*self.columns], "orders")}


def _kept(call: Mapping[str, Any]) -> Kept:
    """What a call wants of orders that are sorted once for all."""
    choice = dict(call["choice"])
    steps = plan(call["steps"], call["order"], call["within"], call["period"]).steps if "steps" in call else ()
    reads = _reads(steps, names(call.get("by") or call.get("group") or ()))

    def arrange(orders: Any, reads: frozenset[tuple[str, str]]) -> Purchases:
        bought = _purchases(orders, reads, choice)
        arrays = FunnelArrays.prepare(bought.log, columns=[*bought.columns.values(), *bought.conditions.values()])
        return replace(bought, log=arrays)

    return Kept(choice_key(choice), reads, arrange)


def _fast_funnel(bought: Purchases, steps: Any, *, by: Any = (), order: str = "in_order", **options: Any) -> Any:
    own = {name: options.get(name) for name in ("period", "within")}
    return _counted(bought, bought.log.funnel, steps, names(by), {**own, "order": order})


def _fast_people(bought: Purchases, steps: Any, *, position: int, state: str, **options: Any) -> Any:
    own = {name: options.get(name) for name in ("period", "within")}
    more = {**own, "order": options.get("order", "in_order"), "position": position, "state": state}
    return _listed(bought, bought.log.people, steps, options.get("group") or {}, more)


def _fast_products(bought: Purchases, **_: Any) -> pd.DataFrame:
    log = bought.log.log
    codes, products = log.codes.astype(np.int64), [*log.activities, None]
    owners = np.unique(log.user[log.moment].astype(np.int64) * len(products) + codes) % len(products)
    customers = np.bincount(owners, minlength=len(products))
    found = pd.DataFrame({"product": products, "customers": customers}).astype({"product": "str", "customers": "int64"})
    return found[found["product"].notna() & (found["customers"] > 0)].reset_index(drop=True)


@over_kept(_kept, _fast_funnel)
def product_funnel(
    orders: IntoFrameT,
    steps: Iterable[str | Step],
    *,
    period: Period | None = None,
    within: Within = None,
    by: str | Iterable[str] = (),
    order: str = "in_order",
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """How many customers reach each step of products, wait before it or are lost, and how long it takes them.

    A purchase is what the page of products calls one: a line that is no return or cancellation, of a known customer,
    at the moment of the first line of its order. Lines of one product in one order are one purchase.

    Args:
        orders: one row per order line: `customer_id`, `ordered_at`, `amount`, `product_code`; optionally `order_id`,
            `quantity`, `status`, and any dimension.
        steps: a product (a group, or a code) or a `Step` of products each; the condition of a step is about columns
            of `orders`, and a purchase fulfils it where one of its lines does.
        period, within, order: see `funnel.funnel`.
        by: columns of `orders`, by their value at the first step.
        choice: `groups`, `rest` (see `with_groups`), `as_of`, `cancellations`, `merges`, `currency`, `where` (see
            `measure_customers`; a rule may name `product_group`).

    Returns:
        See `funnel.funnel`; `entered`, `reached`, `waiting` and `lost` are customers.

    Raises:
        UnknownProductError: a step that nobody bought, with the nearest name.
        MissingColumnError, CurrenciesError, ChoiceError: see `with_groups` and `measure_customers`.
        And what `funnel.funnel` raises.
    """
    asked = plan(steps, order, within, period)
    bought = _purchases(orders, _reads(asked.steps, names(by)), choice)
    options = {"period": period, "within": within, "order": order}

    def over_log(*args: Any, **more: Any) -> Any:
        return funnel(bought.log, *args, **more)

    return _counted(bought, over_log, asked.steps, names(by), options)


@over_kept(_kept, _fast_people)
def product_funnel_people(
    orders: IntoFrameT,
    steps: Iterable[str | Step],
    *,
    position: int,
    state: str,
    group: Mapping[str, object] | None = None,
    period: Period | None = None,
    within: Within = None,
    order: str = "in_order",
    **choice: Unpack[Choice],
) -> IntoFrameT:
    """The customers behind a number of `product_funnel`; as many as it says.

    Args:
        orders, steps, period, within, order, choice: see `product_funnel`.
        position, state, group: see `funnel_people.funnel_people`.

    Returns:
        One row per customer, unsorted: `customer_id`, `entered_at`, `furthest`, `reached_at`, `waits_until`; see
        `funnel_people.funnel_people`.
    """
    asked, group = plan(steps, order, within, period), group or {}
    bought = _purchases(orders, _reads(asked.steps, [*group]), choice)
    options = {"period": period, "within": within, "order": order, "position": position, "state": state}

    def over_log(*args: Any, **more: Any) -> Any:
        return funnel_people(bought.log, *args, **more)

    return _listed(bought, over_log, asked.steps, group, options)


@over_kept(_kept, _fast_products)
def bought_products(orders: IntoFrameT, **choice: Unpack[Choice]) -> IntoFrameT:
    """The products that can be steps: what was bought, each with how many customers bought it.

    Args:
        orders, choice: see `product_funnel`.

    Returns:
        One row per product with a code, unsorted: `product` (a group, or a code), `customers`.
    """
    bought = occasions(open_products(orders, **choice)).frame.filter(~nw.col(WHAT).is_null())
    owners = bought.group_by(CUSTOMER, WHAT).agg(_times=nw.len())
    counted = owners.group_by(WHAT).agg(customers=nw.len()).with_columns(whole("customers"))
    return nw.maybe_reset_index(counted.select(nw.col(WHAT).alias("product"), "customers")).to_native()


def _reads(steps: Iterable[Step], by: Iterable[str]) -> frozenset[tuple[str, str]]:
    """The columns and the conditions that a call reads of the lines."""
    conditions = {(CONDITION, step.rule.to_json()) for step in steps if step.rule}
    return frozenset(conditions | {(COLUMN, name) for name in by})


def _purchases(orders: Any, reads: Iterable[tuple[str, str]], choice: Mapping[str, Any]) -> Purchases:
    lines = open_products(orders, **choice)
    sold = sold_lines(lines)
    schema = sold.collect_schema()
    there = [name for name in schema.names() if name[:1] != "_"]
    asked = [sorted(text for kind, text in reads if kind == which) for which in (COLUMN, CONDITION)]
    columns, conditions = ({text: f"_{i}{j}" for j, text in enumerate(each)} for i, each in enumerate(asked))
    found = {name: column_of(name, there, "orders") for name in columns}
    values = {helper: plain(found[name], schema[found[name]]) for name, helper in columns.items()}
    holds = {helper: Rule.from_json(text).expression(schema, "orders") for text, helper in conditions.items()}
    flags = {helper: nw.when(each).then(1).otherwise(0) for helper, each in holds.items()}
    marked = sold.with_columns(_one=nw.lit(1), **values, **flags)
    least = [nw.col(*values).min()] if values else []
    each = marked.group_by(CUSTOMER, AT, WHAT).agg(nw.col("_one", *flags).max(), *least)
    who = {"user_id": nw.col(CUSTOMER), "occurred_at": nw.col(AT), "activity": nw.col(WHAT)}
    log = nw.maybe_reset_index(each.select(*values, *flags, **who))
    return Purchases(log.to_native(), columns, conditions, lines.known)


def _counted(
    bought: Purchases, metric: Callable[..., Any], steps: Any, by: Sequence[str], options: Mapping[str, Any]
) -> Any:
    labels = bought.labels(by)
    counted = _asked(bought, metric, steps, {**options, "by": [*labels.values()]})
    return nw.from_native(counted).rename({helper: name for name, helper in labels.items()}).to_native()


def _listed(
    bought: Purchases, metric: Callable[..., Any], steps: Any, group: Mapping[str, object], options: Mapping[str, Any]
) -> Any:
    values = {helper: group[name] for name, helper in bought.labels([*group]).items()}
    found = _asked(bought, metric, steps, {**options, "group": values})
    return nw.from_native(found).rename({"user_id": CUSTOMER}).to_native()


def _asked(bought: Purchases, metric: Callable[..., Any], steps: Any, options: Mapping[str, Any]) -> Any:
    asked = plan(steps, options["order"], options["within"], options["period"])
    try:
        return metric([bought.step(each) for each in asked.steps], as_of=bought.known, **options)
    except UnknownStepError as error:
        raise UnknownProductError(error) from None
