"""What was bought: order lines with the product or group that each is about, and who bought what when."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from analysis.business_days import day_number
from analysis.customer_ids import CUSTOMER
from analysis.errors import ChoiceError
from analysis.frames import Frame, facts, moment, rows
from analysis.order_lines import NET, Lines, open_lines
from analysis.period import Period
from analysis.product_catch import COLUMN, with_groups
from analysis.product_groups import OTHER, Grouping, Groups
from analysis.rules import Rule
from analysis.takes import Kept

AT, WHAT = "_at", "_what"
MOST_KEPT = 1_000_000  # order lines of which pandas keeps what was bought; an engine reads more of them anew


class Choice(TypedDict, total=False):
    """What every question about products can be asked about."""

    groups: Groups | None
    rest: str
    as_of: date | None
    cancellations: str
    merges: Mapping[str, str] | None
    currency: str | None
    where: Rule | Mapping[str, Any] | None


@dataclass(frozen=True)
class Occasions:
    """Who bought what when: the sales with a customer.

    Attributes:
        frame: one row per customer, moment and product: `customer_id`, `_at`, `_what` (null: no product code). The
            lines of one order share the moment of its first line.
        known: the last day that is known.
    """

    frame: Frame
    known: date | None


def open_products(
    orders: IntoFrame,
    *,
    groups: Groups | None = None,
    rest: str = "code",
    as_of: date | None = None,
    period: Period | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> Lines:
    """Order lines as `open_lines` gives them, with `_what`: the group, or the code, of each.

    Args:
        orders: `customer_id`, `ordered_at`, `amount`, `product_code`; optionally `order_id`, `quantity`, `status`.
        groups, rest: see `product_catch.with_groups`; a rule of `where` may name `product_group`.
        as_of, period, cancellations, merges, currency, where: see `customers.measure_customers`.
    """
    grouped = with_groups(orders, groups, rest=rest)
    lines = open_lines(
        grouped,
        as_of=as_of,
        period=period,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        where=where,
    )
    return Lines(lines.frame.with_columns(nw.col(COLUMN).alias(WHAT)), lines.known, lines.by_order, lines.has_products)


def occasions(lines: Lines) -> Occasions:
    """Who bought what when; returns, cancellations and rows of nobody are no purchases."""
    frame = sold_lines(lines).group_by(CUSTOMER, AT, WHAT).agg(_lines=nw.len())
    return Occasions(frame.select(CUSTOMER, AT, WHAT), lines.known)


def bought_in(orders: Any, choice: Choice) -> Occasions:
    """Who bought what when: of order lines, or as a workspace has kept it (`kept_occasions`) for the same choice."""
    return orders if isinstance(orders, Occasions) else occasions(open_products(orders, **choice))


def choice_key(choice: Mapping[str, Any]) -> str:
    """A choice as one text: the same text, the same purchases."""
    groups, where = choice.get("groups"), Rule.of(choice.get("where"))
    told = {
        "groups": Grouping.of(groups).to_json() if groups is not None else None,
        "where": where.to_json() if where else None,
        "merges": sorted((choice.get("merges") or {}).items()),
        "as_of": str(choice.get("as_of")),
    }
    return json.dumps({**choice, **told}, sort_keys=True)


def kept_occasions(call: Mapping[str, Any]) -> Kept:
    """What a call wants of who bought what when, which is found once for all calls of one choice."""
    choice = dict(call["choice"])

    def arrange(orders: Any) -> Occasions:
        bought = occasions(open_products(orders, **choice))
        held: Any = bought.frame.lazy().collect(backend="pandas")
        return Occasions(held, bought.known)

    return kept_few(f"occasions {choice_key(choice)}", arrange)


def kept_few(key: str, arrange: Callable[[Any], Any]) -> Kept:
    """What is kept as pandas for calls of one key: nothing of very many lines."""

    def few(orders: Any, _: frozenset[tuple[str, str]]) -> Any:
        lines = int(facts(nw.from_native(orders).select(lines=nw.len()))["lines"])
        return arrange(orders) if lines <= MOST_KEPT else None

    return Kept(key, frozenset(), few)


def sold_lines(lines: Lines) -> Frame:
    """The lines that are purchases of a customer, with `_at`: when, as `Occasions` says."""
    sold = lines.frame.filter(nw.col("_sale") == 1, ~nw.col(CUSTOMER).is_null())
    at = nw.col("ordered_at")
    if not lines.by_order:
        return sold.with_columns(_at=at)
    first = sold.with_columns(_begun=nw.col("ordered_at").min().over(CUSTOMER, "_order"))
    return first.with_columns(_at=nw.when(nw.col("_order").is_null()).then(at).otherwise(nw.col("_begun")))


def most_bought(bought: Occasions, most: int | None) -> Occasions:
    """With "(other)" in place of all but the products that the most customers bought; equal ones stay together.

    Raises:
        ChoiceError: `most` is below 1.
    """
    if most is None:
        return bought
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ChoiceError("most", most, ["10", "20", "50"])
    owners = bought.frame.group_by(CUSTOMER, WHAT).agg(_lines=nw.len()).filter(~nw.col(WHAT).is_null())
    counted = owners.group_by(WHAT).agg(_owners=nw.len())
    ranked = counted.with_columns(_rank=nw.col("_owners").rank("min", descending=True))
    kept = [row[WHAT] for row in rows(ranked.filter(nw.col("_rank") <= nw.lit(most)).select(WHAT))]
    what = nw.col(WHAT)
    named = nw.when(what.is_in(kept) | what.is_null()).then(what).otherwise(nw.lit(OTHER))
    each = bought.frame.with_columns(named.alias(WHAT)).group_by(CUSTOMER, AT, WHAT).agg(_lines=nw.len())
    return Occasions(each.drop("_lines"), bought.known)


def within(column: str, period: Period | None) -> nw.Expr:
    """Whether the moment lies in the period; true without one."""
    at = nw.col(column)
    if period is None:
        return ~at.is_null()
    return (at >= moment(period.start)) & (at < moment(period.end))


def days_between(start: str, end: str) -> nw.Expr:
    """Calendar days from one moment to the other; null where either is missing."""
    return day_number(nw.col(end)) - day_number(nw.col(start))


def ordinal(column: str) -> nw.Expr:
    """The day of the moment as `date.toordinal` counts."""
    return day_number(nw.col(column)) + 719_163.0
