"""The cases behind every number of a process, and what of the table stands in no number."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.case_rows import OF_STEP as MEASURES
from analysis.cases import open_log
from analysis.errors import ChoiceError, DimensionNameError, StepNameError
from analysis.frames import fold, moment, whole
from analysis.process import COUNTS, NOTES, grid
from analysis.rules import Rule

STATES = (*COUNTS, *NOTES)
CHECKS = ("entries", "unlisted", "undated", "inferred")


def step_cases(
    cases: IntoFrameT,
    steps: Iterable[str],
    *,
    step: str,
    state: str,
    as_of: date | None = None,
    days: str | BusinessDays = CALENDAR,
    ends: Collection[str] | None = None,
    blank: str = "skipped",
    where: Rule | Mapping[str, Any] | None = None,
    group: Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The cases behind a number of `step_times`: the list is as long as the number says.

    Args:
        cases, steps, as_of, days, ends, blank, where: see `step_times`.
        group: the cases of a cell: dimension of `by` -> its value there (None: blank).
        step: one of `steps`.
        state: a count of `step_times`: `reached`, `waiting_now`, `done`, `repeated`, `skipped`, `backward`,
            `same_day`, `missing`, `negative` or `inferred`.

    Returns:
        One row per case, unsorted: `case_id`, the other columns of its latest entry, `entered_step_at` (its first
        entry into the step), `visits`, `days` (in the step, all visits added up, so far where it
        waits; null: not known or not there), `waiting_days` (age of the present visit).
    """
    asked = dict(group or {})
    log = open_log(cases, steps, as_of=as_of, by=[*asked], where=where, blank=blank)
    if step not in log.steps:
        raise StepNameError([step], log.steps)
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    for name in log.columns:
        if fold(name) in MEASURES:
            raise DimensionNameError(name)
    alike = [_is(nw.col(log.labels[name]), value) for name, value in asked.items()]
    at_step = (nw.col("_pos") == log.steps.index(step) + 1) & (nw.col(state) == 1)
    here = grid(log, days=days, ends=ends).filter(at_step, *alike)
    measured = here.select(
        nw.col("case_id").alias("_case"),
        nw.col("entered_at").alias("entered_step_at"),
        whole("visits"),
        nw.when(nw.col("missing") == 0).then(nw.col("_total")).alias("days"),
        nw.col("_age").alias("waiting_days"),
    )
    listed = log.latest().select("case_id", *log.given())
    both = measured.join(listed, left_on="_case", right_on="case_id", how="left")
    return nw.maybe_reset_index(both.select(nw.col("_case").alias("case_id"), *log.columns, *MEASURES)).to_native()


def _is(column: nw.Expr, value: Any) -> nw.Expr:
    """True where the column holds the value."""
    if value is None:
        return column.is_null()
    return column == (moment(value) if isinstance(value, date) else nw.lit(value))


def case_checks(
    cases: IntoFrameT, steps: Iterable[str], *, as_of: date | None = None, blank: str = "skipped"
) -> IntoFrameT:
    """What of the table stands where: whether every entry is counted, and what is not.

    Args:
        cases, steps, as_of, blank: see `step_times`.

    Returns:
        One row: `cases`, `entries` (as far as they are known), of them `unlisted` (of a step that is not named: it ends
        the visit before it, and has no row), `undated`, `inferred`; cases that stand `elsewhere` (in an unlisted step).
    """
    log = open_log(cases, steps, as_of=as_of, blank=blank)
    flagged = log.entries.select(
        cases=nw.col("_last"),
        **_checked(),
        elsewhere=nw.when(nw.col("_pos").is_null()).then(nw.col("_last")).otherwise(0),
    )
    counts = ("cases", *CHECKS, "elsewhere")
    return flagged.select(nw.col(*counts).sum()).select(whole(*counts)).to_native()


def case_entries(
    cases: IntoFrameT, steps: Iterable[str], *, state: str, as_of: date | None = None, blank: str = "skipped"
) -> IntoFrameT:
    """The entries behind a count of `case_checks`: the list is as long as the number says.

    Args:
        cases, steps, as_of, blank: see `step_times`.
        state: `entries`, `unlisted`, `undated` or `inferred`.

    Returns:
        One row per entry, unsorted: `case_id`, `step` (null: off the list), `entered_at` (null: not known),
        `entered_after` where the table has it, the other columns of the entry.
    """
    if state not in CHECKS:
        raise ChoiceError("state", state, CHECKS)
    log = open_log(cases, steps, as_of=as_of, blank=blank)
    after = ["entered_after"] if "entered_after" in log.entries.collect_schema() else []
    flag = _checked()[state]
    listed = log.entries.filter(flag == 1).select("case_id", "step", "entered_at", *after, *log.given())
    return nw.maybe_reset_index(listed).to_native()


def _checked() -> dict[str, nw.Expr]:
    """1 for an entry that counts as such, else 0."""
    return {
        "entries": nw.col("_one"),
        "unlisted": nw.when(nw.col("_pos").is_null()).then(1).otherwise(0),
        "undated": nw.when(nw.col("entered_at").is_null()).then(1).otherwise(0),
        "inferred": nw.col("_inferred"),
    }
