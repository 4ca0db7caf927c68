"""Customers, their outcome and the day of their states: what may be held against each other, and what may not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import (
    ColumnTypeError,
    LateStatesError,
    LeadError,
    LeakageError,
    MissingColumnError,
    MomentTypeError,
    NoOutcomeError,
    OneOutcomeError,
    OutcomeValueError,
)
from analysis.frames import Frame, as_text, facts, is_moment, keep, moment, plain, require, require_key, rows
from analysis.frames import start_of as starts
from analysis.level_definitions import Definitions, State, leaves
from analysis.level_events import CUSTOMER, in_force, lists_of, same_keys
from analysis.level_states import Opened, open_levels
from analysis.question import day_of
from analysis.roster import flag
from analysis.rules import Rule

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Cases:
    """States and outcomes, opened.

    Attributes:
        opened: customers and states.
        rows: one row per outcome: `customer_id`, `_outcome` (1, 0 or null), `_when` (the day it is about),
            `_known` (1: both are), `_as_of`, `_end`.
        as_of, lead_days, listed_on: see `state_outcome`.
    """

    opened: Opened
    rows: Frame
    as_of: date | None
    lead_days: int
    listed_on: date | None

    def placed(self) -> Frame:
        """The customers with an outcome who are on the list in force on their day, and chosen."""
        return keep(self._on_list(), self.opened.conditions())

    def counted(self) -> Frame:
        """Those of them whose outcome is known."""
        return self.placed().filter(nw.col("_known") == 1)

    def outside(self) -> Frame:
        """The outcomes of customers who are not on the list in force on their day."""
        return self.rows.join(self._on_list().select(CUSTOMER), on=CUSTOMER, how="anti")

    def checked(self) -> dict[str, int]:
        """`unknown`, `outside` and `lead_days`, once nothing is known too late.

        Raises:
            See `state_outcome`.
        """
        found = facts(self._facts())
        total, ones = int(found["known"] or 0), int(found["ones"] or 0)
        if not total:
            raise NoOutcomeError()
        if ones in (0, total):
            raise OneOutcomeError(int(ones > 0), total)
        first = day_of(found["first"])
        if self.as_of and found["late"]:
            raise LateStatesError(int(found["late"]), day_of(self.as_of), self.lead_days, first)
        states_of = day_of(self.as_of) if self.as_of else first - self.lead_days * DAY
        for state in self.opened.levels:
            self._check_recorded(state, states_of)
        outside = int(facts(self.outside().select(_rows=nw.len()))["_rows"] or 0)
        return {"unknown": int(found["placed"]) - total, "outside": outside, "lead_days": (first - states_of).days}

    def dated(self, state: State) -> bool:
        """True where the day of every list that the state looks at is known."""
        by_itself = {CUSTOMER} if state.recorded_at else set()
        return all(day is not None for table, day in self._first_lists(state).items() if table not in by_itself)

    def _on_list(self) -> Frame:
        joined = self.opened.customers.join(self.rows, on=CUSTOMER, how="inner")
        return keep(joined, in_force(self.opened.lists))

    def _facts(self) -> Frame:
        known = nw.col("_known") == 1
        earliest = moment(day_of(self.as_of) + self.lead_days * DAY) if self.as_of else nw.col("_end")
        marked = self.placed().with_columns(
            _ones=flag([known, nw.col("_outcome") == 1]),
            _late=flag([known, nw.col("_when") < earliest]),
            _first=nw.when(known).then(nw.col("_when")),
        )
        sums = {"known": nw.col("_known").sum(), "ones": nw.col("_ones").sum(), "late": nw.col("_late").sum()}
        return marked.select(placed=nw.len(), first=nw.col("_first").min(), **sums)

    def _check_recorded(self, state: State, states_of: date) -> None:
        """Refuses a state that was written down after its day: on lists that are all later, or by its own column.

        Raises:
            LeakageError: with how many customers.
        """
        recorded: list[nw.Expr] = []
        for table, day in self._first_lists(state).items():
            mine = state.recorded_at if table == CUSTOMER else None
            if mine is not None:
                recorded.append(self._recorded(mine))
            if day is not None and day > states_of:
                blank = nw.when(nw.col(mine).is_null()) if mine else nw.when(nw.col("_known") == 1)
                recorded.append(blank.then(moment(day)))
        for when in recorded:
            late = self.counted().with_columns(_recorded=when).filter(nw.col("_recorded") >= nw.col("_end"))
            found = facts(late.select(_rows=nw.len(), _last=nw.col("_recorded").max()))
            if found["_rows"]:
                raise LeakageError(state.name, int(found["_rows"]), day_of(found["_last"]))

    def _first_lists(self, state: State) -> dict[str, date | None]:
        """The lists that a state looks at, each with the day of the first; None: not known."""
        conditions = leaves(state.rule)
        events = [self.opened.tables[each["events"]].collect_schema() for each in conditions if "events" in each]
        found: dict[str, date | None] = {}
        if len(events) < len(conditions):
            found[CUSTOMER] = _first(self.opened.lists, self.listed_on)
        if any(CUSTOMER not in schema for schema in events):
            found["users"] = _first(lists_of(self.opened.tables["users"]), self.listed_on)
        return found

    def _recorded(self, column: str) -> nw.Expr:
        schema = self.opened.schema
        if column not in schema:
            raise MissingColumnError("customers", column, schema.names())
        if not is_moment(schema[column]):
            raise MomentTypeError("customers", column, str(schema[column]))
        return nw.col(column)


def open_cases(
    customers: IntoFrame,
    definitions: Definitions,
    outcomes: IntoFrame,
    *,
    as_of: date | None,
    lead_days: int,
    listed_on: date | None,
    tables: Mapping[str, IntoFrame] | None,
    where: Rule | Mapping[str, Any] | None,
) -> Cases:
    """Opens states and outcomes; see `state_outcome` for the arguments and errors."""
    if isinstance(lead_days, bool) or not isinstance(lead_days, int) or lead_days < 1:
        raise LeadError(lead_days)
    opened = open_levels(customers, definitions, tables={**(tables or {}), "outcomes": outcomes}, where=where)
    frame = opened.tables["outcomes"]
    schema = require(frame, "outcomes", CUSTOMER, "outcome", "outcome_at", moments=("outcome_at",))
    same_keys("outcomes", schema[CUSTOMER], opened.schema[CUSTOMER])
    require_key(frame, "outcomes", CUSTOMER)
    _only_one_and_nought(frame, schema["outcome"])
    value = nw.col("outcome") if schema["outcome"] == nw.Boolean else plain("outcome", schema["outcome"])
    found = frame.select(
        as_text(CUSTOMER, schema), _outcome=value.cast(nw.Float64), _when=starts(nw.col("outcome_at"), "1d")
    )
    known = flag([~nw.col("_outcome").is_null(), ~nw.col("_when").is_null()])
    placed = found.with_columns(_known=known.cast(nw.Int64), _as_of=_states_of(found, as_of, lead_days))
    ended = placed.with_columns(_end=nw.col("_as_of").dt.offset_by("1d").cast(nw.Datetime("us")))
    return Cases(opened, ended, day_of(as_of) if as_of else None, lead_days, day_of(listed_on) if listed_on else None)


def _states_of(outcomes: Frame, as_of: date | None, lead_days: int) -> nw.Expr:
    """The day of the states; without an own day of the outcome (it is open) that of the last outcome."""
    if as_of is not None:
        return moment(day_of(as_of))
    last: datetime | None = facts(outcomes.select(_last=nw.col("_when").max()))["_last"]
    when = nw.col("_when").dt.offset_by(f"-{lead_days}d").cast(nw.Datetime("us"))
    if last is None or last != last:
        raise NoOutcomeError()
    return nw.when(nw.col("_when").is_null()).then(moment(day_of(last) - lead_days * DAY)).otherwise(when)


def _only_one_and_nought(outcomes: Frame, dtype: Any) -> None:
    if dtype == nw.Boolean:
        return
    if not dtype.is_numeric():
        raise ColumnTypeError("outcomes", "outcome", str(dtype), "Int64")
    value = plain("outcome", dtype)
    strange = rows(outcomes.filter(~value.is_null(), ~value.is_in([0, 1])).select("outcome").head(5))
    if strange:
        raise OutcomeValueError("outcome", [row["outcome"] for row in strange])


def _first(lists: tuple[datetime, ...], listed_on: date | None) -> date | None:
    return lists[0].date() if lists else listed_on
