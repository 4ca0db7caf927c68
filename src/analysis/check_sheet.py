"""The check sheet: does the rule say of customers what those say who know them?"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.errors import ChoiceError, MarkError
from analysis.frames import Frame, count_by, is_text, ratio, whole, wilson
from analysis.level_definitions import Definitions
from analysis.level_events import CUSTOMER
from analysis.level_states import Opened, level_name, named_tables, open_levels, scores
from analysis.levels import listed
from analysis.roster import flag
from analysis.takes import over_lists, with_tables

SUMMARY = (
    *("marked", "agreements", "disagreements", "outside", "agreement_rate", "rate_low", "rate_high"),
    *("expected_rate", "kappa"),
)
Marks = Mapping[Any, str | int | bool | None]


@over_lists("customers", "users")
@with_tables(named_tables)
def check_sheet(
    customers: IntoFrameT,
    definitions: Definitions,
    marks: Marks,
    *,
    as_of: date,
    state: str | None = None,
    agrees: bool | None = None,
    cell: tuple[int, int] | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
) -> IntoFrameT:
    """The marked customers, each with what the rule says; with `agrees` or `cell` those behind a number.

    Args:
        customers, definitions, as_of, tables: see `level_matrix`.
        marks: `customer_id` -> what the user says: of the level its name or its position (0: below the first); of a
            state 1 or 0. None: not marked.
        state: check this state; None: the level.
        agrees: only those where the rule says the same (True) or something else (False); None: all.
        cell: only those with this `mark` and `ruled` (a cell of `check_table`); None: all.

    Returns:
        One row per marked customer of the list, unsorted: the columns of customers, `mark`, `ruled` (positions of
        levels; 1 or 0 of a state), `mark_level`, `ruled_level` (their names, null for a state), `agrees` (1 or 0),
        `score`. A column of customers that is called like one of these comes as `customers.<its name>`.

    Raises:
        MarkError: a mark that names no level, or is neither 1 nor 0.
        ChoiceError: `state` is no state.
    """
    opened, marked = _marked(customers, definitions, marks, as_of, state, tables)
    tests = [nw.col("_agrees") == nw.lit(int(agrees))] if agrees is not None else []
    tests += [nw.col("_mark") == nw.lit(cell[0]), nw.col("_ruled") == nw.lit(cell[1])] if cell is not None else []
    rows = marked.filter(*tests) if tests else marked
    none = nw.when(nw.col("_mark") < 0).then(nw.lit(""))
    named = {name: none if state else level_name(opened.levels, nw.col(f"_{name}")) for name in ("mark", "ruled")}
    measures = {
        "mark": nw.col("_mark"),
        "ruled": nw.col("_ruled"),
        **{f"{name}_level": words for name, words in named.items()},
        "agrees": nw.col("_agrees"),
        "score": scores(),
    }
    return listed(opened, rows, measures).to_native()


@over_lists("customers", "users")
@with_tables(named_tables)
def check_table(
    customers: IntoFrameT,
    definitions: Definitions,
    marks: Marks,
    *,
    as_of: date,
    state: str | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
) -> IntoFrameT:
    """Marks against the rule: how many customers got which mark and which ruling.

    Args:
        customers, definitions, marks, as_of, state, tables: see `check_sheet`.

    Returns:
        One row per pair that occurs, unsorted: `mark`, `ruled`, `customers`.
    """
    _, marked = _marked(customers, definitions, marks, as_of, state, tables)
    cells = count_by(marked, ["_mark", "_ruled"], customers=nw.len())
    shown = cells.select(mark=nw.col("_mark"), ruled=nw.col("_ruled"), customers=nw.col("customers").cast(nw.Int64))
    return nw.maybe_reset_index(shown).to_native()


@over_lists("customers", "users")
@with_tables(named_tables)
def check_summary(
    customers: IntoFrameT,
    definitions: Definitions,
    marks: Marks,
    *,
    as_of: date,
    state: str | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
) -> IntoFrameT:
    """How well the rule meets the marks.

    kappa = (agreement − chance) / (1 − chance), the chance being that of two who mark as often as these did, but
    without looking (Cohen 1960, unweighted): 1 all agree, 0 no better than chance.

    Args:
        customers, definitions, marks, as_of, state, tables: see `check_sheet`.

    Returns:
        One row: `marked` (marked customers of the list) = `agreements` + `disagreements`; `outside` (marked, but not on
        the list: in no other number), `agreement_rate` (0-1, null where nobody is marked) with `rate_low`, `rate_high`
        (Wilson, 95 %), `expected_rate` (by chance), `kappa` (null where marks and rule know one value only).
    """
    opened, marked = _marked(customers, definitions, marks, as_of, state, tables)
    values = range(2 if state else len(opened.levels.levels) + 1)
    sides = {f"_{side}{i}": flag([nw.col(f"_{side}") == i]) for side in ("mark", "ruled") for i in values}
    sums = {name: nw.col(name).sum() for name in sides}
    totals = marked.with_columns(**sides).select(marked=nw.len(), agreements=nw.col("_agrees").sum(), **sums)
    counts = totals.with_columns(whole("marked", "agreements", *sums))
    chance = nw.sum_horizontal(*(nw.col(f"_mark{i}") * nw.col(f"_ruled{i}") for i in values))
    low, high = wilson("agreements", "marked")
    rated = counts.with_columns(
        disagreements=nw.col("marked") - nw.col("agreements"),
        outside=nw.lit(len(_given(marks)), dtype=nw.Int64) - nw.col("marked"),
        agreement_rate=ratio("agreements", "marked"),
        rate_low=low,
        rate_high=high,
        _square=nw.col("marked") * nw.col("marked"),
        _chance=chance.cast(nw.Int64),
    )
    rated = rated.with_columns(
        expected_rate=ratio("_chance", "_square"),
        _above=nw.col("agreements") * nw.col("marked") - nw.col("_chance"),
        _room=nw.col("_square") - nw.col("_chance"),
    )
    return nw.maybe_reset_index(rated.with_columns(kappa=ratio("_above", "_room")).select(*SUMMARY)).to_native()


def _marked(
    customers: IntoFrameT,
    definitions: Definitions,
    marks: Marks,
    as_of: date,
    state: str | None,
    tables: Mapping[str, IntoFrame] | None,
) -> tuple[Opened, Frame]:
    """The marked customers who are on the list, with `_mark`, `_ruled` and `_agrees`."""
    opened = open_levels(customers, definitions, tables=tables)
    if state is not None and state not in opened.levels.names:
        raise ChoiceError("state", state, opened.levels.names)
    read = {customer: _position(opened, customer, mark, state) for customer, mark in _given(marks).items()}
    found: nw.Expr = nw.when(nw.col("_position") < 0).then(nw.lit(-1))
    for customer, position in read.items():
        found = nw.when(nw.col(CUSTOMER) == nw.lit(_fitting(opened, customer))).then(nw.lit(position)).otherwise(found)
    ruled = opened.flags[opened.levels.names.index(state)] if state else "_position"
    rows = opened.stood(as_of).with_columns(_mark=found, _ruled=nw.col(ruled)).filter(~nw.col("_mark").is_null())
    whole_marks = rows.with_columns(_mark=nw.col("_mark").cast(nw.Int64))
    return opened, whole_marks.with_columns(_agrees=flag([nw.col("_mark") == nw.col("_ruled")]).cast(nw.Int64))


def _given(marks: Marks) -> dict[Any, str | int | bool]:
    return {customer: mark for customer, mark in marks.items() if mark is not None}


def _position(opened: Opened, customer: object, mark: object, state: str | None) -> int:
    """A mark as a number: 1 or 0 of a state, the position of a level."""
    levels = [level.name for level in opened.levels.levels]
    if state is None and isinstance(mark, str) and mark in levels:
        return levels.index(mark) + 1
    choices = [0, 1] if state else [*range(len(levels) + 1)]
    if isinstance(mark, str) or mark not in choices or (state is None and isinstance(mark, bool)):
        raise MarkError(customer, mark, choices if state else [0, *levels])
    return int(mark)  # type: ignore[call-overload]


def _fitting(opened: Opened, customer: Any) -> Any:
    """The id as the list writes it."""
    return str(customer) if is_text(opened.schema[CUSTOMER]) else customer
