"""The cases behind every number of a process, and what of the table stands in no number."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.cases import open_log
from analysis.errors import ChoiceError, DimensionNameError, StepNameError
from analysis.frames import fold, whole
from analysis.process import COUNTS, NOTES, grid
from analysis.rules import Rule

STATES = (*COUNTS, *NOTES)
MEASURES = ("entered_step_at", "visits", "days", "waiting_days")


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
) -> IntoFrameT:
    """The cases behind a number of `step_times`: the list is as long as the number says.

    Args:
        cases, steps, as_of, days, ends, blank, where: see `step_times`. The cases of a cell are those of a
            `where` that names its values.
        step: one of `steps`.
        state: a count of `step_times`: `reached`, `waiting_now`, `done`, `repeated`, `skipped`, `backward`,
            `same_day`, `missing`, `negative` or `inferred`.

    Returns:
        One row per case, unsorted: `case_id`, the other columns of its latest entry, `entered_step_at` (its first
        entry into the step), `visits`, `days` (in the step, all visits added up, so far where it
        waits; null: not known or not there), `waiting_days` (age of the present visit).
    """
    log = open_log(cases, steps, as_of=as_of, where=where, blank=blank)
    if step not in log.steps:
        raise StepNameError([step], log.steps)
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    for name in log.columns:
        if fold(name) in MEASURES:
            raise DimensionNameError(name)
    here = grid(log, days=days, ends=ends).filter(nw.col("_pos") == log.steps.index(step) + 1, nw.col(state) == 1)
    measured = here.select(
        nw.col("case_id").alias("_case"),
        nw.col("entered_at").alias("entered_step_at"),
        whole("visits"),
        nw.when(nw.col("missing") == 0).then(nw.col("_total")).alias("days"),
        nw.col("_age").alias("waiting_days"),
    )
    listed = log.latest().select("case_id", *log.columns) if "case_id" not in log.columns else log.latest()
    both = measured.join(listed, left_on="_case", right_on="case_id", how="left")
    return nw.maybe_reset_index(both.select(nw.col("_case").alias("case_id"), *log.columns, *MEASURES)).to_native()


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
    unlisted = nw.col("_pos").is_null()
    flagged = log.entries.select(
        cases=nw.col("_last"),
        unlisted=nw.when(unlisted).then(1).otherwise(0),
        undated=nw.when(nw.col("entered_at").is_null()).then(1).otherwise(0),
        inferred=nw.col("_inferred"),
        elsewhere=nw.when(unlisted & (nw.col("_last") == 1)).then(1).otherwise(0),
    )
    counts = ("cases", "unlisted", "undated", "inferred", "elsewhere")
    summed = flagged.select(nw.col(*counts).sum(), entries=nw.len())
    return summed.select(whole("cases", "entries", *counts[1:])).to_native()
