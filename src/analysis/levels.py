"""Utilisation levels: which customer is in which state, and how many stand on which level."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.errors import ChoiceError, DimensionNameError
from analysis.frames import Frame, count_by, fold, names, ratio, union, whole, wilson
from analysis.level_definitions import Definitions
from analysis.level_events import CUSTOMER
from analysis.level_states import Opened, level_name, named_tables, open_levels, scores
from analysis.rules import Rule
from analysis.takes import over_lists, with_tables

FORMS = ("wide", "long")
PLACE = ("score", "level", "level_position")
LONG = ("state", "position", "holds", "weight", *PLACE)
LEVELS = ("level", "level_position", "customers", "of_customers", "rate", "rate_low", "rate_high")
STATES = ("state", "position", "fulfilled", "lacking", "customers", "rate", "rate_low", "rate_high")


@over_lists("customers", "users")
@with_tables(named_tables)
def level_matrix(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    tables: Mapping[str, IntoFrame] | None = None,
    by: str | Iterable[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
    form: str = "wide",
) -> IntoFrameT:
    """The matrix customer × state: who is in which state (1 or 0), with score and level.

    Args:
        customers: one row per customer; `customer_id` and any column. With `roster_as_of` it is a history, one row per
            customer and list; the list in force on `as_of` is used (before the first list, the first).
        definitions: `Levels`, their dict or JSON, or `State`s alone (then nobody has a level).
        as_of: the day whose states are asked for, included: events before the next midnight count.
        tables: table -> its frame, for every table that a state looks at (`definitions.tables`). A table without
            `customer_id` leads to customers over `user_id` and the table `users` (`user_id`, `customer_id`): the use
            of accounts counts that are on the list of users in force on `as_of`, and valid then.
        by: columns of customers to show beside the states.
        where: a `Rule` over columns of customers: whom to look at.
        form: `wide`, a column per state; or `long`, a row per customer and state.

    Returns:
        Unsorted. Wide: `customer_id`, `by`, the states by their names (1 or 0), `score` (the weights of the states that
        hold, added up), `level`, `level_position` (from 1; 0 and null: below the first level).
        Long: `customer_id`, `by`, `state`, `position` (from 1), `holds` (1 or 0), `weight`, `score`, `level`,
        `level_position`.

    Raises:
        NoStateError, StateRuleError, LevelThresholdError, …: the definitions, see `Levels`.
        MissingTableError: a state looks at a table that is not in `tables`.
        MissingColumnError, ColumnTypeError, KeyTypeError, RuleError: a column that a state looks at.
        DuplicateKeyError: a customer stands on a list twice, or without an id.
        DimensionNameError: a state or dimension is called like another column of the result.

    Note:
        "The last 60 days" end with `as_of`. Columns are as the list in force has them: without a history of lists
        they are those of today.
    """
    if form not in FORMS:
        raise ChoiceError("form", form, FORMS)
    beside = (CUSTOMER, *(PLACE if form == "wide" else LONG))
    opened = open_levels(customers, definitions, tables=tables, by=by, where=where, reserved=beside)
    if form == "wide":
        _own_names(opened, (*beside, *names(by)))
    rows = opened.stood(as_of)
    shape = _wide(opened, rows) if form == "wide" else _long(opened, rows)
    return nw.maybe_reset_index(shape).to_native()


@over_lists("customers", "users")
@with_tables(named_tables)
def level_distribution(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    tables: Mapping[str, IntoFrame] | None = None,
    by: str | Iterable[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How many customers stand on each level.

    Args:
        customers, definitions, as_of, tables, where: see `level_matrix`.
        by: columns of customers to group by; `()` counts all together.

    Returns:
        One row per `by` value and level, unsorted, levels without anybody and those below the first (position 0, null)
        too: `level`, `level_position`, `customers` (stand on it), `of_customers` (of the group; the levels add up to
        it), `rate` (0-1, null where the group is empty), `rate_low`, `rate_high` (Wilson, 95 %).
    """
    opened = open_levels(customers, definitions, tables=tables, by=by, where=where, reserved=LEVELS)
    places = range(len(opened.levels.levels) + 1)
    rows = opened.stood(as_of).with_columns(**{f"_p{i}": _at(i) for i in places})
    sums = {f"_p{i}": nw.col(f"_p{i}").sum() for i in places}
    groups = count_by(rows, [*opened.labels.values()], of_customers=nw.len(), **sums)
    groups = groups.with_columns(whole("of_customers", *sums))
    kept = [*opened.labels.values(), "of_customers"]
    parts = [
        groups.select(*kept, nw.col(f"_p{i}").alias("customers"), level_position=nw.lit(i, dtype=nw.Int64))
        for i in places
    ]
    named = union(parts).with_columns(level=level_name(opened.levels, nw.col("level_position")))
    return _rated(opened, named, "customers", "of_customers", LEVELS)


@over_lists("customers", "users")
@with_tables(named_tables)
def state_counts(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    tables: Mapping[str, IntoFrame] | None = None,
    by: str | Iterable[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How many customers are in each state, and how many lack it.

    Args:
        customers, definitions, as_of, tables, by, where: see `level_distribution`.

    Returns:
        One row per `by` value and state, unsorted: `state`, `position` (from 1), `fulfilled`, `lacking`, `customers`
        (of the group: both added up), `rate` (fulfilled of them, 0-1, null where there is nobody), `rate_low`,
        `rate_high` (Wilson, 95 %).
    """
    opened = open_levels(customers, definitions, tables=tables, by=by, where=where, reserved=STATES)
    sums = {name: nw.col(name).sum() for name in opened.flags}
    groups = count_by(opened.stood(as_of), [*opened.labels.values()], customers=nw.len(), **sums)
    groups = groups.with_columns(whole("customers", *sums))
    kept = [*opened.labels.values(), "customers"]
    parts = [
        groups.select(*kept, fulfilled=nw.col(helper), lacking=nw.col("customers") - nw.col(helper), **_name(i, state))
        for i, (helper, state) in enumerate(zip(opened.flags, opened.levels.names, strict=True), 1)
    ]
    return _rated(opened, union(parts), "fulfilled", "customers", STATES)


@over_lists("customers", "users")
@with_tables(named_tables)
def level_customers(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    tables: Mapping[str, IntoFrame] | None = None,
    position: int | None = None,
    state: str | None = None,
    holds: bool = True,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The customers behind a number of `level_distribution` or `state_counts`.

    Args:
        customers, definitions, as_of, tables, where: see `level_matrix`. The customers of a group are those of a
            `where` that names its values.
        position: the `level_position` they stand on (0: below the first level); None: any.
        state: a state by its name; None: any.
        holds: who is in `state` (`fulfilled`), or with False who is not (`lacking`).

    Returns:
        One row per customer, unsorted: the columns of customers, `score`, `level`, `level_position`. A column of
        customers that is called like one of the three comes as `customers.<its name>`.
    """
    opened = open_levels(customers, definitions, tables=tables, where=where)
    if state is not None and state not in opened.levels.names:
        raise ChoiceError("state", state, opened.levels.names)
    check_position(opened, "position", position)
    rows = opened.stood(as_of)
    if position is not None:
        rows = rows.filter(nw.col("_position") == nw.lit(position))
    if state is not None:
        rows = rows.filter(nw.col(opened.flags[opened.levels.names.index(state)]) == nw.lit(int(holds)))
    return listed(opened, rows, placed(opened)).to_native()


def check_position(opened: Opened, option: str, position: int | None) -> None:
    """Refuses a position that no level has.

    Raises:
        ChoiceError: it is neither None nor from 0 to the number of levels.
    """
    places = range(len(opened.levels.levels) + 1)
    if position is not None and position not in places:
        raise ChoiceError(option, position, [str(each) for each in places])


def listed(opened: Opened, rows: Frame, measures: Mapping[str, nw.Expr]) -> Frame:
    """The columns of customers, those called like a measure as `customers.<name>`, and the measures."""
    shown = {name: f"customers.{name}" if fold(name) in {*map(fold, measures)} else name for name in opened.given}
    columns = [nw.col(name).alias(label) for name, label in shown.items()]
    return nw.maybe_reset_index(rows.select(*columns, **measures))


def placed(opened: Opened) -> dict[str, nw.Expr]:
    """Score and level of a customer who stood."""
    at = nw.col("_position")
    return {"score": scores(), "level": level_name(opened.levels, at), "level_position": at}


def shown_dimensions(opened: Opened) -> list[nw.Expr]:
    """The dimensions, under the names they were asked by."""
    return [nw.col(helper).alias(label) for label, helper in opened.labels.items()]


def _own_names(opened: Opened, taken: Sequence[str]) -> None:
    """Refuses a state whose column would stand beside another of that name."""
    folded = {*map(fold, taken)}
    for name in opened.levels.names:
        if fold(name) in folded:
            raise DimensionNameError(name)


def _wide(opened: Opened, rows: Frame) -> Frame:
    states = [nw.col(flag).alias(name) for flag, name in zip(opened.flags, opened.levels.names, strict=True)]
    return rows.select(CUSTOMER, *shown_dimensions(opened), *states, **placed(opened))


def _long(opened: Opened, rows: Frame) -> Frame:
    parts = []
    for i, (flag, state) in enumerate(zip(opened.flags, opened.levels, strict=True), 1):
        more = {"holds": nw.col(flag), "weight": nw.lit(float(state.weight)), **_name(i, state.name)}
        parts.append(rows.select(CUSTOMER, *shown_dimensions(opened), **more, **placed(opened)))
    return union(parts).select(CUSTOMER, *opened.labels, *LONG)


def _name(position: int, name: str) -> dict[str, nw.Expr]:
    return {"state": nw.lit(name), "position": nw.lit(position, dtype=nw.Int64)}


def _at(position: int) -> nw.Expr:
    return nw.when(nw.col("_position") == position).then(1).otherwise(0)


def _rated(opened: Opened, counts: Frame, numerator: str, denominator: str, columns: Sequence[str]) -> Any:
    low, high = wilson(numerator, denominator)
    rated = counts.with_columns(rate=ratio(numerator, denominator), rate_low=low, rate_high=high)
    return nw.maybe_reset_index(rated.select(*shown_dimensions(opened), *columns)).to_native()
