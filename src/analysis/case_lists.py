"""Cases out of every list that was uploaded: the newest list as it is, or what the lists show one after another."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
import pandas as pd
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis import case_counts, case_rows
from analysis.case_arrays import Cases
from analysis.case_forms import ROLES, cases_from_snapshots
from analysis.case_order import arrange
from analysis.case_totals import case_totals, cases_in_state
from analysis.cells import NotCoveredError
from analysis.errors import DimensionNameError
from analysis.frames import Frame, fold, moment, open_frames, plain, require, rows, start_of
from analysis.process import step_times, waiting
from analysis.step_people import case_checks, case_entries, step_cases
from analysis.tables import ROSTER_DAY
from analysis.takes import over_cases, over_lists

WIDE, LOG, STATES = "wide", "log", "states"


def cases_of_lists(lists: IntoFrameT, *, as_of: date | None = None) -> IntoFrameT:
    """The cases that lists of any form show up to a day.

    Args:
        lists: one row per case and list, or per entry and list: `case_id`, `roster_as_of` (the day of the list), `step`
            and `entered_at`, or a date per step; anything else.
        as_of: later lists are not looked at; where all are later, the first is. None: all are.

    Returns:
        What `step_times` takes. Of the newest list where it has a date per step, or an entry a row (some case stands in
        it twice). Where it says no more than the step in which each case stands, the entries are those of
        `cases_from_snapshots` over all lists of that form; a list that says since when (`entered_at`) is believed, and
        `inferred` is true only of the other entries.

    Raises:
        MissingColumnError, MomentTypeError: a column is absent or no timestamp.
        DuplicateKeyError: an older list of steps has a case twice.
        DimensionNameError: a column is called like one of the result.
    """
    (frame,) = open_frames(cases=lists)
    schema = require(frame, "cases", "case_id", ROSTER_DAY, roles=ROLES, moments=(ROSTER_DAY, "entered_at"))
    forms = _forms(frame, schema)
    known = [day for day in sorted(forms) if as_of is None or day.date() <= as_of] or sorted(forms)[:1]
    if not known or forms[known[-1]] != STATES:
        absent = ("step", "entered_at") if known and forms[known[-1]] == WIDE else ()
        newest = frame.filter(nw.col(ROSTER_DAY) == moment(known[-1])) if known else frame
        return nw.maybe_reset_index(newest.drop(ROSTER_DAY, *(name for name in absent if name in schema))).to_native()
    alike = [day for day in known if forms[day] == STATES]
    return nw.maybe_reset_index(_inferred(frame.filter(_on(alike)), schema)).to_native()


def _on(days: Sequence[datetime]) -> nw.Expr:
    return nw.any_horizontal(*(nw.col(ROSTER_DAY) == moment(day) for day in days), ignore_nulls=True)


def _forms(frame: Frame, schema: Schema) -> dict[datetime, str]:
    """Day of a list -> its form."""
    said = ~plain("step", schema["step"]).is_null() if "step" in schema else nw.lit(False)
    marked = frame.select(ROSTER_DAY, "case_id", _said=nw.when(said).then(1).otherwise(0))
    each = marked.group_by(ROSTER_DAY, "case_id").agg(_said=nw.col("_said").sum(), _rows=nw.len())
    found = each.group_by(ROSTER_DAY).agg(_said=nw.col("_said").sum(), _rows=nw.col("_rows").max())
    dated = "entered_at" in schema
    return {
        row[ROSTER_DAY]: WIDE if not row["_said"] else LOG if dated and row["_rows"] > 1 else STATES
        for row in rows(found)
    }


def _inferred(states: Frame, schema: Schema) -> Frame:
    """The changes from list to list, each at the day that its list gives, else at the day of the list."""
    for name in schema:
        if (fold(name) in ROLES and name not in ROLES[:3]) or fold(name) == "_given":
            raise DimensionNameError(name)
    given = "entered_at" in schema
    plainly = states.rename({"entered_at": "_given"}) if given else states
    changes = nw.from_native(cases_from_snapshots(plainly.to_native()))
    if not given:
        return changes
    known = ~nw.col("_given").is_null() & ~nw.col("step").is_null()
    dated = changes.with_columns(
        entered_at=nw.when(known).then(nw.col("_given")).otherwise(nw.col("entered_at")),
        entered_after=nw.when(~known).then(nw.col("entered_after")),
        inferred=~known,
    )
    return dated.drop("_given")


@over_lists("cases")
def steps_of_lists(cases: IntoFrameT, *, as_of: date | None = None) -> IntoFrameT:
    """The steps that cases in long form have been in, with what an order may be proposed from.

    Args:
        cases: `lists` of `cases_of_lists`.
        as_of: see there.

    Returns:
        One row per step, unsorted: `step`, `cases` (that have been in it), `first_entered_at` (the day of the first
        entry that has a date; null: none has).
    """
    (frame,) = open_frames(cases=cases_of_lists(cases, as_of=as_of))
    schema = require(frame, "cases", "case_id", "step", "entered_at", roles=ROLES, moments=("entered_at",))
    named = frame.select("case_id", "entered_at", _step=plain("step", schema["step"]).cast(nw.String))
    each = named.filter(~nw.col("_step").is_null()).group_by("_step", "case_id").agg(_at=nw.col("entered_at").min())
    found = each.group_by("_step").agg(cases=nw.len(), _first=nw.col("_at").min())
    result = found.select(
        nw.col("_step").alias("step"),
        nw.col("cases").cast(nw.Int64),
        start_of(nw.col("_first"), "1d").alias("first_entered_at"),
    )
    return nw.maybe_reset_index(result).to_native()


def _few(lists: IntoFrame, as_of: date | None) -> Any:
    """The cases of `cases_of_lists` as pandas: they are few, and an engine would think longer about the many windows
    over them than count them."""
    found: Any = nw.from_native(cases_of_lists(lists, as_of=as_of)).lazy().collect(backend="pandas")
    return found.to_native()


def _in_order(lists: IntoFrame, steps: Sequence[str], as_of: date | None, blank: str) -> Cases | None:
    """`cases_of_lists` as arrays; None where they do not cover the list, or something is wrong with it."""
    found: Any = nw.from_native(cases_of_lists(lists, as_of=as_of)).lazy().collect(backend="pyarrow")
    try:
        return arrange(found.to_native(), steps, as_of=as_of, blank=blank)
    except NotCoveredError:
        return None


@over_lists("cases")
@over_cases(_in_order, case_counts.step_times)
def step_times_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`process.step_times` over `cases_of_lists`."""
    return step_times(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
@over_cases(_in_order, case_counts.waiting)
def waiting_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`process.waiting` over `cases_of_lists`."""
    return waiting(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
@over_cases(_in_order, case_rows.step_cases)
def step_cases_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`step_people.step_cases` over `cases_of_lists`."""
    return step_cases(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
@over_cases(_in_order, case_counts.case_checks)
def case_checks_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`step_people.case_checks` over `cases_of_lists`."""
    return case_checks(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
def case_entries_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`step_people.case_entries` over `cases_of_lists`."""
    return case_entries(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
@over_cases(_in_order, case_counts.case_totals)
def case_totals_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`case_totals.case_totals` over `cases_of_lists`."""
    return case_totals(_few(cases, as_of), steps, as_of=as_of, **options)


@over_lists("cases")
@over_cases(_in_order, case_rows.cases_in_state)
def cases_in_state_of_lists(
    cases: IntoFrame, steps: Sequence[str], *, as_of: date | None = None, **options: Any
) -> pd.DataFrame:
    """`case_totals.cases_in_state` over `cases_of_lists`."""
    return cases_in_state(_few(cases, as_of), steps, as_of=as_of, **options)
