"""States against an outcome: what was so before, and what came about."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.association import ASSOCIATION, CELLS, associated
from analysis.errors import ChoiceError
from analysis.frames import Frame, union, whole
from analysis.level_definitions import Definitions
from analysis.level_events import CUSTOMER
from analysis.levels import listed
from analysis.outcome_cases import Cases, open_cases
from analysis.roster import flag
from analysis.rules import Rule

GROUPS = ("customers", "with_state", "without_state", "with_outcome", *CELLS, "unknown", "outside")
COLUMNS = ("state", "position", *GROUPS, "lead_days", "dated", *ASSOCIATION)


def state_outcome(
    customers: IntoFrameT,
    definitions: Definitions,
    outcomes: IntoFrameT,
    *,
    as_of: date | None = None,
    lead_days: int = 1,
    listed_on: date | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """How each state goes together with an outcome that came after it.

    Args:
        customers, definitions, tables, where: see `level_matrix`.
        outcomes: one row per customer; `customer_id`, `outcome` (1, 0, or null: not known yet), `outcome_at`
            (timestamp: the first day that it is about). `renewal_outcome`, `amount_outcome`, `column_outcome` and
            `state_as_outcome` make one.
        as_of: the day of the states, the same for all; every outcome must lie `lead_days` or more after it.
            None: each customer's states as of `lead_days` days before their own outcome.
        lead_days: the lead, 1 or more.
        listed_on: the day on which lists (of customers, of users) were taken that carry no day of their own
            (`roster_as_of`); None: not known, and the caller answers for their being from before.

    Returns:
        One row per state, unsorted: `state`, `position` (from 1); `customers` (with a known outcome) =
        `both` (state and outcome) + `state_only` + `outcome_only` + `neither`; `with_state`, `without_state`,
        `with_outcome`; `unknown`
        (on the list, without an outcome or a day of it) and `outside` (not on the list as of that day), in no other
        count; `lead_days` (the shortest that occurs); `dated` (False: the day of a list that the state looks at is not
        known); and `base_rate`, `ppv`, `npv`, `without_rate`, `lift`, `phi`, each with `…_low`, `…_high` (95 %): see
        `associated`.

    Raises:
        NoOutcomeError, OneOutcomeError: the outcome is known of nobody, or the same for everybody.
        OutcomeValueError: a value that is neither 1 nor 0.
        LateStatesError: an outcome that is not `lead_days` after `as_of`.
        LeakageError: a state recorded after its day: all lists, or the state's `recorded_at`, are later.

    Note:
        Out of twenty states without any meaning one looks meaningful by chance. Together is not because of.
    """
    asked = open_cases(
        customers,
        definitions,
        outcomes,
        as_of=as_of,
        lead_days=lead_days,
        listed_on=listed_on,
        tables=tables,
        where=where,
    )
    found, opened = asked.checked(), asked.opened
    flagged = opened.flagged(asked.counted()).with_columns(_o=flag([nw.col("_outcome") == 1]))
    pairs = {f"_b{i}": nw.col(name) * nw.col("_o") for i, name in enumerate(opened.flags)}
    sums = {name: nw.col(name).sum() for name in (*opened.flags, *pairs, "_o")}
    totals = flagged.with_columns(**pairs).select(customers=nw.len(), **sums).with_columns(whole("customers", *sums))
    rows = union([_table(totals, i, asked, found) for i in range(len(opened.flags))])
    return nw.maybe_reset_index(associated(rows).select(*COLUMNS)).to_native()


def state_outcome_customers(
    customers: IntoFrameT,
    definitions: Definitions,
    outcomes: IntoFrameT,
    *,
    state: str,
    group: str,
    as_of: date | None = None,
    lead_days: int = 1,
    listed_on: date | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The customers behind a number of `state_outcome`.

    Args:
        customers, definitions, outcomes, as_of, lead_days, listed_on, tables, where: see `state_outcome`.
        state: a state by its name.
        group: a count of `state_outcome`: `customers`, `with_state`, `without_state`, `with_outcome`,
            `both`, `state_only`, `outcome_only`, `neither`, `unknown` or `outside`.

    Returns:
        One row per customer, unsorted: the columns of customers (`outside`: null but for `customer_id`), `holds` (is in
        the state: 1 or 0; null for `outside`), `outcome` (1, 0 or null), `outcome_at` (its day). A column of customers
        that is called like one of the three comes as `customers.<its name>`.
    """
    asked = open_cases(
        customers,
        definitions,
        outcomes,
        as_of=as_of,
        lead_days=lead_days,
        listed_on=listed_on,
        tables=tables,
        where=where,
    )
    opened = asked.opened
    for option, value, choices in (("state", state, opened.levels.names), ("group", group, GROUPS)):
        if value not in choices:
            raise ChoiceError(option, value, choices)
    asked.checked()
    shown = {"outcome": nw.col("_outcome"), "outcome_at": nw.col("_when")}
    if group == "outside":
        nobody = opened.customers.filter(nw.col(CUSTOMER).is_null())
        strangers = asked.outside().join(nobody, on=CUSTOMER, how="left")
        return listed(opened, strangers, {"holds": nw.when(nw.col("_known") > 1).then(1), **shown}).to_native()
    holds = nw.col(opened.flags[opened.levels.names.index(state)])
    chosen = opened.flagged(asked.placed()).filter(*_in_group(group, holds))
    return listed(opened, chosen, {"holds": holds, **shown}).to_native()


def _in_group(group: str, holds: nw.Expr) -> list[nw.Expr]:
    """What a customer of the group fulfils."""
    known, one = nw.col("_known") == 1, nw.col("_outcome") == 1
    tests = {
        "customers": [],
        "with_state": [holds == 1],
        "without_state": [holds == 0],
        "with_outcome": [one],
        "both": [holds == 1, one],
        "state_only": [holds == 1, nw.col("_outcome") == 0],
        "outcome_only": [holds == 0, one],
        "neither": [holds == 0, nw.col("_outcome") == 0],
    }
    return [known, *tests[group]] if group in tests else [nw.col("_known") == 0]


def _table(totals: Frame, number: int, asked: Cases, found: Mapping[str, int]) -> Frame:
    """The 2x2 table of one state, out of the sums of all."""
    state = asked.opened.levels.states[number]
    with_state, both, ones = nw.col(f"_f{number}"), nw.col(f"_b{number}"), nw.col("_o")
    beside: dict[str, Any] = {name: nw.lit(value, dtype=nw.Int64) for name, value in found.items()}
    return totals.select(
        customers=nw.col("customers"),
        with_state=with_state,
        with_outcome=ones,
        both=both,
        state_only=with_state - both,
        outcome_only=ones - both,
        neither=nw.col("customers") - with_state - ones + both,
        state=nw.lit(state.name),
        position=nw.lit(number + 1, dtype=nw.Int64),
        dated=nw.lit(asked.dated(state)),
        **beside,
    )
