"""Orders with the group of their product, on any engine."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError, DimensionNameError
from analysis.frames import Frame, fold, moment, open_frames, plain, require, rows, text_frame
from analysis.product_groups import OTHER, Grouping, Groups, ProductGroup
from analysis.product_rules import GroupRule
from analysis.rules import everywhere

RESTS = ("code", "other")
COLUMN = "product_group"
ROLES = ("product_code", "ordered_at", "customer_id", "order_id", "amount")
CODE, CLASS = "_pg_code", "_pg_class"
Days = tuple[date | None, date | None]
Bucket = tuple[int, Days]  # the place of a group from 1, and the days of a rule


def with_groups(orders: IntoFrameT, groups: Groups | None, *, rest: str = "code", column: str = COLUMN) -> IntoFrameT:
    """Orders with the product group of each row: a column that any measure, ranking or funnel can use.

    A row belongs to the first group, in their order, of which some rule catches it.

    Args:
        orders: one row per order line: `product_code`; `ordered_at` (timestamp, local time) where a rule holds on some
            days only; the columns that rules name.
        groups: a `Grouping`, its dict or JSON; None: bare codes, as they are written.
        rest: what rows are called that no group catches: `code` (their bare code; one that reads like a group's name
            gets " (code)" behind it) or `other` (all of them "(other)").
        column: the name of the new column.

    Returns:
        The rows of `orders` with `column`: text; null where the code is blank and no group catches the row.

    Raises:
        MissingColumnError: no `product_code`, or a column that a rule names is absent.
        DimensionNameError: orders have a column of that name already.
        ChoiceError: `rest` is neither.
    """
    (frame,) = open_frames(orders=orders)
    if rest not in RESTS:
        raise ChoiceError("rest", rest, RESTS)
    caught = catch(frame, groups)
    if fold(column) in {fold(name) for name in caught.schema}:
        raise DimensionNameError(column)
    return caught.frame.with_columns(**{column: caught.label(rest)}).drop(CODE, CLASS).to_native()


def in_groups(metric: Callable[..., Any]) -> Callable[..., Any]:
    """`metric` over orders with the column `product_group`: takes `groups` and `rest` beside its own options.

    `ws.run(an.in_groups(an.measure_customers), groups=grouping, where={"column": "product_group", "in": ["美容液"]})`.
    """

    @wraps(metric)
    def over(orders: Any, *args: Any, groups: Groups | None, rest: str = "code", **options: Any) -> Any:
        return metric(with_groups(orders, groups, rest=rest), *args, **options)

    vars(over).pop("over_orders", None)  # sorted lines know of no group
    return over


def product_activity(orders: IntoFrameT, groups: Groups | None = None, *, rest: str = "code") -> IntoFrameT:
    """Orders as what customers did: the log of a funnel whose steps are product groups.

    Args:
        orders: `customer_id`, `ordered_at`, `product_code`.
        groups, rest: see `with_groups`.

    Returns:
        One row per order line: `user_id` (the customer), `occurred_at`, `activity` (group or code), and every other
        column that is called neither.
    """
    (frame,) = open_frames(orders=with_groups(orders, groups, rest=rest, column="_pg_activity"))
    schema = require(frame, "orders", "customer_id", "ordered_at", moments=("ordered_at",))
    renamed = {"user_id": "customer_id", "occurred_at": "ordered_at", "activity": "_pg_activity"}
    others = [name for name in schema.names() if fold(name) not in {*renamed, *renamed.values()}]
    return frame.select(*others, **{name: nw.col(old) for name, old in renamed.items()}).to_native()


@dataclass(frozen=True)
class Caught:
    """Orders beside what catches their codes.

    Attributes:
        frame: the orders, `_pg_code` (text, null: blank) and `_pg_class` (0: no rule about codes catches it).
        groups: in order; none where bare codes are asked for.
        schema: of the orders.
        classes: number of a class -> the groups and days whose rules catch its codes.
        written: every code, as it is written; none where there are no groups.
    """

    frame: Frame
    groups: tuple[ProductGroup, ...]
    schema: Schema
    classes: Mapping[int, Collection[Bucket]]
    written: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The groups' names, in order."""
        return tuple(group.name for group in self.groups)

    def holds(self, place: int) -> nw.Expr:
        """Whether the group at this place (from 1) catches the row; never null."""
        buckets = {bucket for caught in self.classes.values() for bucket in caught if bucket[0] == place}
        parts = [sure(nw.col(CLASS).is_in(self._holding(bucket)), bucket[1]) for bucket in sorted(buckets, key=str)]
        parts += [self.attribute(rule) for rule in self.groups[place - 1].rules if rule.rule]
        return nw.any_horizontal(*parts, ignore_nulls=True) if parts else everywhere(False, CODE)

    def attribute(self, rule: GroupRule) -> nw.Expr:
        """Whether a rule about another column catches the row; never null."""
        assert rule.rule is not None
        return sure(rule.rule.expression(self.schema, "orders"), (rule.valid_from, rule.valid_to))

    def label(self, rest: str) -> nw.Expr:
        """The group of the row, else what it is called without one."""
        firsts = [nw.when(self.holds(place)).then(nw.lit(name)) for place, name in enumerate(self.names, 1)]
        return nw.coalesce(*firsts, self._bare(rest)) if firsts else nw.col(CODE)

    def _bare(self, rest: str) -> nw.Expr:
        code = nw.col(CODE)
        if rest == "other":
            return nw.when(~code.is_null()).then(nw.lit(OTHER))
        taken = {*self.written, *self.names}
        alike = {each: _beside(each, taken) for each in self.written if each in self.names}
        renamed = [nw.when(code == each).then(nw.lit(other)) for each, other in alike.items()]
        return nw.coalesce(*renamed, code) if renamed else code

    def _holding(self, bucket: Bucket) -> list[int]:
        return [number for number, caught in self.classes.items() if bucket in caught]


def catch(frame: Frame, groups: Groups | None) -> Caught:
    """Opens orders beside what catches their codes; see `with_groups`."""
    listed = Grouping.of(groups).groups if groups is not None else ()
    dated = any(rule.valid_from or rule.valid_to for group in listed for rule in group.rules)
    schema = require(
        frame,
        "orders",
        "product_code",
        *(["ordered_at"] if dated else []),
        roles=ROLES,
        moments=("ordered_at",),
    )
    coded = frame.with_columns(**{CODE: plain("product_code", schema["product_code"]).cast(nw.String)})
    found = rows(coded.group_by(CODE).agg(_pg_rows=nw.len())) if listed else []
    written = tuple(sorted(row[CODE] for row in found if isinstance(row[CODE], str)))
    buckets = _buckets(written, listed)
    kinds = sorted(set(buckets.values()), key=lambda each: sorted(map(str, each)))
    numbers = {kind: i for i, kind in enumerate(kinds, 1)}
    return Caught(
        _classed(coded, {code: numbers[kind] for code, kind in buckets.items()}),
        listed,
        schema,
        {i: kind for kind, i in numbers.items()},
        written,
    )


def sure(condition: nw.Expr, days: Days) -> nw.Expr:
    """The condition on these days, false where it cannot be told."""
    begin, end = days
    at = nw.col("ordered_at")
    if begin is not None:
        condition = condition & (at >= moment(begin))
    if end is not None:
        condition = condition & (at < moment(end + timedelta(days=1)))
    return nw.when(condition).then(nw.lit(True)).otherwise(nw.lit(False))


def _classed(coded: Frame, numbers: Mapping[str, int]) -> Frame:
    """The orders with the class of each code."""
    if not numbers:
        return coded.with_columns(**{CLASS: nw.lit(0, dtype=nw.Int64)})
    table = text_frame(coded, [(code, str(number)) for code, number in numbers.items()], (CODE, CLASS))
    joined = coded.join(table.with_columns(nw.col(CLASS).cast(nw.Int64)), on=CODE, how="left")
    return joined.with_columns(nw.col(CLASS).fill_null(0).cast(nw.Int64))


def _buckets(written: Sequence[str], groups: Sequence[ProductGroup]) -> dict[str, frozenset[Bucket]]:
    """Code -> the groups and days whose rules catch it, where there are any."""
    exact: dict[str, set[Bucket]] = {}
    others: list[tuple[GroupRule, Bucket]] = []
    for place, group in enumerate(groups, 1):
        for rule in group.rules:
            bucket = (place, (rule.valid_from, rule.valid_to))
            if rule.kind == "code":
                exact.setdefault(rule.sought, set()).add(bucket)
            elif rule.kind != "attribute":
                others.append((rule, bucket))
    every = {
        code: frozenset({*exact.get(fold(code), ()), *(bucket for rule, bucket in others if rule.catches(code))})
        for code in written
    }
    return {code: found for code, found in every.items() if found}


def _beside(code: str, taken: Collection[str]) -> str:
    """Another name for a code that reads like a group it is not in."""
    while code in taken:
        code += " (code)"
    return code
