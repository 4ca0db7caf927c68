"""Who is in which state: one row per customer with 1 or 0 for every state, as of a day."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import DimensionNameError, MissingColumnError, MissingTableError, MomentTypeError
from analysis.frames import (
    Frame,
    as_text,
    fold,
    is_moment,
    keep,
    moment,
    names,
    open_frames,
    plain,
    require,
    require_key,
    whole,
)
from analysis.level_definitions import MILLION, Definitions, Levels, group_of, leaves, millionths
from analysis.level_events import CUSTOMER, event_counts, in_force, key_of, lists_of, passes
from analysis.question import day_of
from analysis.roster import flag
from analysis.rules import Rule

DAY = timedelta(days=1)
Tables = Mapping[str, IntoFrame]


@dataclass(frozen=True)
class Opened:
    """Customers and the tables that the states look at, checked.

    Attributes:
        customers: rows of the list of customers, as they came; ids of a category as texts.
        tables: table -> its frame.
        levels: the definitions.
        labels: dimension as it was asked for -> its helper name, in order.
        chosen: the rule that customers fulfil who are looked at.
        lists: when the lists of customers were taken, in order; none where there is one without a day.
    """

    customers: Frame
    tables: Mapping[str, Frame]
    levels: Levels
    labels: Mapping[str, str]
    chosen: Rule | None
    lists: tuple[datetime, ...]

    @property
    def schema(self) -> Schema:
        """Of the customers."""
        return self.customers.collect_schema()

    @property
    def given(self) -> list[str]:
        """The columns of the customers that a list shows."""
        return [name for name in self.schema.names() if name != "roster_as_of"]

    @property
    def flags(self) -> list[str]:
        """Columns with 1 for who is in a state, in the order of the states."""
        return [f"_f{i}" for i in range(len(self.levels.states))]

    def placed(self, as_of: date) -> Frame:
        """The customers of the list in force on a day, with `_as_of` and `_end` (the midnight after it)."""
        day = day_of(as_of)  # all in one, so that a dimension called like a helper is read before it
        rows = self.customers.with_columns(_as_of=moment(day), _end=moment(day + DAY), **self._dimensions())
        return keep(rows, [*in_force(self.lists), *self.conditions()])

    def conditions(self) -> list[nw.Expr]:
        """The rule that says whom to look at."""
        return [self.chosen.expression(self.schema, "customers")] if self.chosen else []

    def flagged(self, placed: Frame, day: date | None = None) -> Frame:
        """The placed customers with `_f0`, …: 1 where the state holds as of `_as_of`; `day`: it is this for all."""
        events = [leaf for state in self.levels for leaf in leaves(state.rule) if "events" in leaf]
        counted: dict[str, str] = {}
        for done in passes(events):
            named = {key: f"_c{len(counted) + i}" for i, key in enumerate(done.asked)}
            counts = event_counts(placed, self.tables, done, day)
            counts = counts.rename({f"_n{i}": name for i, name in enumerate(named.values())})
            own = [name for name in placed.collect_schema().names() if name not in named.values()]
            placed = placed.select(own).join(counts, on=CUSTOMER, how="left").with_columns(whole(*named.values()))
            counted |= named
        truths = [self._truth(state.rule, counted) for state in self.levels]
        return placed.with_columns(**{f"_f{i}": flag([truth]) for i, truth in enumerate(truths)}).with_columns(
            whole(*self.flags)
        )

    def stood(self, as_of: date) -> Frame:
        """The customers of a day: the flags, `_units` (the score in millionths), `_position` (0: below the first)."""
        rows = self.flagged(self.placed(as_of), day_of(as_of))
        parts = [nw.col(name) * millionths(state.weight) for name, state in zip(self.flags, self.levels, strict=True)]
        scored = rows.with_columns(_units=nw.sum_horizontal(*parts).cast(nw.Int64))
        steps = [flag([nw.col("_units") >= nw.lit(millionths(level.at_least))]) for level in self.levels.levels]
        position = nw.sum_horizontal(*steps) if steps else nw.col("_units") * 0
        return scored.with_columns(_position=position.cast(nw.Int64))

    def _dimensions(self) -> dict[str, nw.Expr]:
        return {helper: plain(name, self.schema[name]) for name, helper in self.labels.items()}

    def _truth(self, rule: Mapping[str, Any], counted: Mapping[str, str]) -> nw.Expr:
        """The rule of a state as true or false, never null."""
        group, parts = group_of(rule)
        if group:
            inner = [self._truth(part, counted) for part in parts]
            together = nw.all_horizontal if group == "all" else nw.any_horizontal
            return ~inner[0] if group == "not" else together(*inner, ignore_nulls=False)
        if "events" in rule:
            return nw.col(counted[key_of(rule)]) >= nw.lit(rule.get("at_least", 1))
        if "filled" in rule:
            return self._filled(rule["filled"], rule.get("when"))
        return Rule(rule).expression(self.schema, "customers")

    def _filled(self, column: str, when: str | None) -> nw.Expr:
        if column not in self.schema:
            raise MissingColumnError("customers", column, self.schema.names())
        if when is None:
            return ~plain(column, self.schema[column]).is_null()
        if not is_moment(self.schema[column]):
            raise MomentTypeError("customers", column, str(self.schema[column]))
        value = nw.col(column)
        fits = value < nw.col("_end") if when == "past" else value >= nw.col("_end")
        return nw.when(fits).then(nw.lit(True)).otherwise(nw.lit(False))


def open_levels(
    customers: IntoFrame,
    definitions: Definitions,
    *,
    tables: Tables | None = None,
    by: str | Iterable[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
    reserved: Collection[str] = (),
) -> Opened:
    """Opens a question about levels; see `level_matrix` for the arguments and errors.

    Args:
        reserved: columns of the result, which no dimension may be named like.
    """
    levels = Levels.of(definitions)
    given = dict(tables or {})
    frames = dict(zip(["customers", *given], open_frames(customers=customers, **given), strict=True))
    people = frames.pop("customers")
    schema = require(people, "customers", CUSTOMER, roles=(CUSTOMER, "roster_as_of"), moments=("roster_as_of",))
    require_key(people, "customers", CUSTOMER, *(["roster_as_of"] if "roster_as_of" in schema else []))
    _all_tables(levels, frames)
    dimensions, taken = names(by), {*map(fold, reserved)}
    for name in dimensions:
        if fold(name) in taken:
            raise DimensionNameError(name)
        if name not in schema:
            raise MissingColumnError("customers", name, schema.names())
        taken.add(fold(name))
    return Opened(
        customers=people.with_columns(as_text(CUSTOMER, schema).alias(CUSTOMER)),
        tables=frames,
        levels=levels,
        labels={name: f"_u{i}" for i, name in enumerate(dimensions)},
        chosen=Rule.of(where),
        lists=lists_of(people),
    )


def named_tables(call: Mapping[str, Any]) -> list[str]:
    """Which tables a call about levels looks at: those that its states name, and the users who lead to customers."""
    tables = Levels.of(call["definitions"]).tables
    return [*tables, "users"] if tables else []


def scores() -> nw.Expr:
    """The score, from its millionths."""
    return nw.col("_units").cast(nw.Float64) / MILLION


def level_name(levels: Levels, position: nw.Expr) -> nw.Expr:
    """The name of the level at a position; null before the first."""
    none = nw.lit(None, dtype=nw.String)
    for place, level in enumerate(levels.levels, 1):
        none = nw.when(position == place).then(nw.lit(level.name)).otherwise(none)
    return none


def _all_tables(levels: Levels, frames: Mapping[str, Frame]) -> None:
    """Refuses a state whose table is not there, or whose rows lead to no customer."""
    for state in levels:
        for name in (leaf["events"] for leaf in leaves(state.rule) if "events" in leaf):
            if name not in frames:
                raise MissingTableError(state.name, name, sorted(frames))
            columns = frames[name].collect_schema()
            if CUSTOMER not in columns and "user_id" in columns and "users" not in frames:
                raise MissingTableError(state.name, "users", sorted(frames))
