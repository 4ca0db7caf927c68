"""Questions about levels, asked of whatever tables a workspace has: who the customers are, and what is held against."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from analysis.customer_base import BASES, customers_of, on_list
from analysis.errors import ChoiceError
from analysis.frames import moment, union
from analysis.level_definitions import Definitions, Levels, State, leaves
from analysis.level_outcomes import amount_outcome, column_outcome, renewal_outcome, state_as_outcome
from analysis.level_states import named_tables, open_levels
from analysis.state_outcome import state_outcome, state_outcome_customers
from analysis.tables import ROSTER_DAY
from analysis.takes import over_lists, with_tables

Tables = Mapping[str, IntoFrame]
OUTCOMES = {"renewal": "contracts", "amount": "orders"}  # kind of outcome -> the table it is read from
LISTS = ("customers", "users", "contracts", "cases", "deals")
HISTORIES = ("customers", "users")  # of which a metric takes every list


def _of_levels(call: Mapping[str, Any]) -> list[str]:
    return [call["base"], *named_tables(call)]


def _of_outcome(call: Mapping[str, Any]) -> list[str]:
    outcome = call["outcome"]
    more = named_tables({"definitions": [outcome["state"]]}) if outcome.get("kind") == "state" else []
    return [*_of_levels(call), *more, *filter(None, [OUTCOMES.get(str(outcome.get("kind")))])]


@over_lists(*LISTS)
@with_tables(_of_levels)
def customer_states(
    definitions: Definitions, *, days: Sequence[date], base: str = "customers", tables: Tables | None = None
) -> Any:
    """Customers with their states as columns: what every question about levels can be asked of, in memory.

    Args:
        definitions: see `level_matrix`.
        days: as of which days.
        base: the kind of table that says who the customers are; see `customers_of`.
        tables: kind -> its frame: that of `base` and those that states look at. Lists may carry their day in
            `roster_as_of`; where a state looks at cases, deals or contracts, the list in force on the last day counts.

    Returns:
        One row per customer and day, unsorted: the columns of the customers on that day, `roster_as_of` (the day), and
        `_s1`, `_s2`, … (1 or 0) in the order of the states. With `held` in place of the definitions it is the
        `customers` of `level_matrix`, `level_distribution`, `level_movement`, `check_sheet` and the like.

    Raises:
        ChoiceError: `base` is not among the tables. Else as `level_matrix`.
    """
    given = dict(tables or {})
    people = _customers(given, base, days)
    opened = open_levels(people, definitions, tables=_beside(given, max(days)))
    columns = [name for name in opened.given if name not in held_columns(opened.levels)]
    flags = {name: nw.col(flag) for name, flag in zip(held_columns(opened.levels), opened.flags, strict=True)}
    parts = [
        opened.flagged(opened.placed(day), day).select(*columns, moment(day).alias(ROSTER_DAY), **flags)
        for day in dict.fromkeys(days)
    ]
    return nw.maybe_reset_index(union(parts)).to_native()


def held_columns(definitions: Definitions) -> list[str]:
    """The columns of `customer_states` that hold the states, in their order."""
    return [f"_s{position}" for position in range(1, len(Levels.of(definitions).states) + 1)]


def held(definitions: Definitions) -> Levels:
    """The same levels over the columns of `customer_states`."""
    levels = Levels.of(definitions)
    named = zip(levels, held_columns(levels), strict=True)
    states = tuple(State(state.name, {"column": name, "in": [1]}, state.weight) for state, name in named)
    return Levels(states, levels.levels)


@over_lists(*LISTS)
@with_tables(_of_outcome)
def ask_outcome(
    definitions: Definitions,
    outcome: Mapping[str, Any],
    *,
    base: str = "customers",
    lead_days: int = 1,
    listed_on: date | None = None,
    state: str | None = None,
    group: str | None = None,
    where: Mapping[str, Any] | None = None,
    tables: Tables | None = None,
) -> Any:
    """States as of `lead_days` before an outcome, held against it: `state_outcome`, or the customers behind a number.

    Args:
        definitions, lead_days, where: see `state_outcome`.
        outcome: `{"kind": "renewal", "period": Period}` (terms that end in it),
            `{"kind": "amount", "period": Period, "at_least": 100000}` (orders of the period),
            `{"kind": "column", "column": "継続", "at": day or column}` (a column of the base, 1 and 0),
            `{"kind": "state", "state": {…}, "as_of": day}` (another state on a later day).
        base: see `customer_states`.
        listed_on: the day of the list of `base` where customers are taken from contracts or orders, whose rows carry
            no day of their own; None: not known.
        state, group: both given: the customers of `state_outcome_customers`.
        tables: see `customer_states`.

    Raises:
        ChoiceError: no such kind of outcome. Else as `state_outcome` and the functions of the outcome.
    """
    given = dict(tables or {})
    found = _outcome(outcome, base, given)
    day = _fixed_day(outcome, lead_days)
    people = _undated(given, base, day)
    options: dict[str, Any] = {
        "lead_days": lead_days,
        "listed_on": listed_on,
        "tables": _beside(given, day),
        "where": where,
    }
    if state is None or group is None:
        return state_outcome(people, definitions, found, **options)
    return state_outcome_customers(people, definitions, found, state=state, group=group, **options)


def _customers(tables: Tables, base: str, days: Iterable[date]) -> Any:
    """The customers of some days; a history where the table is one, or is asked for several days."""
    wanted = list(days)
    return customers_of(_base(tables, base, wanted[-1] if wanted else None), base, days=wanted)


def _base(tables: Tables, base: str, day: date | None) -> IntoFrame:
    """The table that says who the customers are; of contracts, which tell of every day, one list."""
    if base not in BASES or base not in tables:
        raise ChoiceError("base", base, [each for each in BASES if each in tables] or BASES)
    return on_list(tables[base], base, day) if base == "contracts" else tables[base]


def _undated(tables: Tables, base: str, day: date | None) -> Any:
    """The customers of a day, or of all time; only true lists carry a day, that no column looks older than it is."""
    people = _customers(tables, base, [] if day is None else [day])
    return on_list(people, base) if base in ("contracts", "orders") else people


def _beside(tables: Tables, day: date | None) -> dict[str, IntoFrame]:
    """The tables that states look at, one list of each but where the metric takes all."""
    one = [kind for kind in LISTS if kind not in HISTORIES]
    events = {kind: each for kind, each in tables.items() if kind != "customers"}
    return {kind: on_list(each, kind, day) if kind in one else each for kind, each in events.items()}


def _outcome(outcome: Mapping[str, Any], base: str, tables: Tables) -> Any:
    """The frame of an outcome that `state_outcome` takes."""
    asked = dict(outcome)
    kind = asked.pop("kind", None)
    needed = OUTCOMES.get(str(kind))
    if kind not in (*OUTCOMES, "column", "state") or (needed and needed not in tables):
        raise ChoiceError("outcome", kind, [*(k for k, each in OUTCOMES.items() if each in tables), "column", "state"])
    if kind == "renewal":
        return renewal_outcome(on_list(tables["contracts"], "contracts"), **asked)
    if kind == "amount":
        return amount_outcome(_one_list(tables, base), tables["orders"], **asked)
    if kind == "column":
        return column_outcome(_one_list(tables, base), **asked)
    day = asked["as_of"]
    return state_as_outcome(_customers(tables, base, [day]), asked["state"], as_of=day, tables=_beside(tables, day))


def _one_list(tables: Tables, base: str) -> Any:
    """Everybody whom the latest list tells of."""
    return customers_of(on_list(_base(tables, base, None), base), base)


def _fixed_day(outcome: Mapping[str, Any], lead_days: int) -> date | None:
    """The day of the states where the outcome has one day for all; None: each customer has their own."""
    first: Any = None
    if outcome["kind"] == "amount":
        first = outcome["period"].start
    elif outcome["kind"] == "column" and not isinstance(outcome["at"], str):
        first = outcome["at"]
    elif outcome["kind"] == "state":
        (state,) = Levels.of([outcome["state"]]).states
        first = outcome["as_of"] - timedelta(days=_longest(state) - 1)
    return first - timedelta(days=lead_days) if first else None


def _longest(state: State) -> int:
    """The longest window of a state in days; 1 where it has none."""
    return max((leaf["days"] for leaf in leaves(state.rule) if "days" in leaf), default=1)
