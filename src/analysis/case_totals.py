"""Cases as a whole: how many are finished, wait, or stand nowhere; and the cases behind each of these numbers."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.case_counts import STANDING as MEASURES
from analysis.cases import Log, open_log
from analysis.errors import ChoiceError, DimensionNameError, MissingColumnError
from analysis.frames import Frame, fold, open_frames, union, whole
from analysis.process import grid
from analysis.rules import Rule, everywhere

STATES = ("cases", "finished", "waiting", "elsewhere", "not_started")


def case_totals(
    cases: IntoFrameT,
    steps: Iterable[str],
    *,
    as_of: date | None = None,
    days: str | BusinessDays = CALENDAR,
    ends: Collection[str] | None = None,
    blank: str = "skipped",
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Every case once: `cases` = `finished` + `waiting` + `elsewhere` + `not_started`.

    Args:
        cases, steps, as_of, days, ends, blank, where: see `process.step_times`. A case that has not started is asked by
            `where` as its row stands.

    Returns:
        One row: `cases`; `finished` (its latest entry is an end), `waiting` (a listed step that is none), `elsewhere`
        (a step that is not listed, or off the list), `not_started` (no entry up to `as_of`);
        `waiting_max_days` (the oldest of those that wait; null: none, or no date).
    """
    table, _ = _standing(cases, steps, as_of=as_of, days=days, ends=ends, blank=blank, where=where)
    counted = table.select(
        nw.col(*(f"_{state}" for state in STATES[1:])).sum(),
        cases=nw.len(),
        waiting_max_days=nw.col("waiting_days").max(),
    )
    named = counted.rename({f"_{state}": state for state in STATES[1:]})
    return named.select(whole(*STATES), "waiting_max_days").to_native()


def cases_in_state(
    cases: IntoFrameT,
    steps: Iterable[str],
    *,
    state: str,
    side: str | None = None,
    sides: Mapping[str, str] | str | None = None,
    as_of: date | None = None,
    days: str | BusinessDays = CALENDAR,
    ends: Collection[str] | None = None,
    blank: str = "skipped",
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The cases behind a number of `case_totals` or `process.waiting`: as many as the number says.

    Args:
        cases, steps, as_of, days, ends, blank, where: see `case_totals`.
        state: `cases`, `finished`, `waiting`, `elsewhere` or `not_started`.
        sides: see `process.waiting`; of those that wait only the ones on `side` (None: not said).

    Returns:
        One row per case, unsorted: `case_id`, the other columns of its latest entry, `stands_in` (the step; null: none
        that is listed), `stands_since`, `waiting_days`.
    """
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    order = [*steps]
    table, own = _standing(cases, order, as_of=as_of, days=days, ends=ends, blank=blank, where=where)
    kept = table if state == "cases" else table.filter(nw.col(f"_{state}") == 1)
    if sides is not None:
        kept = kept.filter(_on_side(own, sides, side))
    listed = [nw.col(helper).alias(name) for name, helper in own.items()]
    return nw.maybe_reset_index(kept.select("case_id", *listed, *MEASURES)).to_native()


def _on_side(own: Mapping[str, str], sides: Mapping[str, str] | str, side: str | None) -> nw.Expr:
    if isinstance(sides, str):
        if sides not in own:
            raise MissingColumnError("cases", sides, list(own))
        value = nw.col(own[sides]).cast(nw.String)
        return value.is_null() | (value == "") if side is None else value == nw.lit(side)
    mine = [step for step, whose in sides.items() if whose == side]
    if side is None:
        said = nw.col("stands_in").is_in(list(sides)) if sides else nw.col("stands_in").is_null()
        return ~said | nw.col("stands_in").is_null()
    return nw.col("stands_in").is_in(mine)


def _standing(
    cases: IntoFrame,
    steps: Iterable[str],
    *,
    as_of: date | None,
    days: str | BusinessDays,
    ends: Collection[str] | None,
    blank: str,
    where: Rule | Mapping[str, Any] | None,
) -> tuple[Frame, dict[str, str]]:
    """One row per case: where it stands since when, 1 or 0 for every state, and its columns under helper names."""
    log = open_log(cases, steps, as_of=as_of, where=where, blank=blank)
    for name in log.columns:
        if fold(name) in MEASURES:
            raise DimensionNameError(name)
    waits = grid(log, days=days, ends=ends).filter(nw.col("waiting_now") == 1).select("case_id", "_age")
    ages = waits.with_columns(_waits=nw.lit(1)).rename({"case_id": "_case"})
    finals = [i for i, step in enumerate(log.steps, 1) if step in (log.steps[-1:] if ends is None else ends)]
    names = {step: nw.when(nw.col("_pos") == i).then(nw.lit(step)) for i, step in enumerate(log.steps, 1)}
    latest = log.latest().join(ages, left_on="case_id", right_on="_case", how="left")
    own = {name: f"_o{i}" for i, name in enumerate(log.columns)}
    given = [column.alias(own[name]) for name, column in zip(log.columns, log.given(), strict=True)]
    begun = latest.select(
        "case_id",
        *given,
        stands_in=nw.coalesce(*names.values()),
        stands_since=nw.col("entered_at"),
        waiting_days=nw.col("_age").cast(nw.Float64),
        _finished=nw.when(nw.col("_pos").is_in(finals)).then(1).otherwise(0),
        _waiting=nw.col("_waits").fill_null(0).cast(nw.Int64),
        _elsewhere=nw.when(nw.col("_pos").is_null()).then(1).otherwise(0),
        _not_started=nw.lit(0),
    )
    return _with_unstarted(begun, cases, log, own, where), own


def _with_unstarted(
    begun: Frame,
    cases: IntoFrame,
    log: Log,
    own: Mapping[str, str],
    where: Rule | Mapping[str, Any] | None,
) -> Frame:
    """The same and the cases of the table that have no entry yet."""
    (given,) = open_frames(cases=cases)
    schema = given.collect_schema()
    rule = Rule.of(where)
    chosen = rule.expression(schema, "cases") if rule else everywhere(True, "case_id")
    helpers = list(own.values())
    seen = log.entries.select(nw.col("case_id").alias("_case")).group_by("_case").agg(_rows=nw.len())
    mine = given.filter(chosen).select("case_id", *(nw.col(name).alias(helper) for name, helper in own.items()))
    rest = mine.join(seen, left_on="case_id", right_on="_case", how="anti").group_by("case_id")
    once = rest.agg(nw.col(*helpers).max()) if helpers else rest.agg(_rows=nw.len())
    types = begun.collect_schema()
    nothing = {name: nw.lit(None, dtype=types[name]) for name in MEASURES}
    flags: Sequence[str] = ("_finished", "_waiting", "_elsewhere")
    plain = once.select("case_id", *helpers, **nothing, **{name: nw.lit(0) for name in flags}, _not_started=nw.lit(1))
    parts = [begun.with_columns(whole(*flags, "_not_started")), plain.with_columns(whole(*flags, "_not_started"))]
    columns = ["case_id", *helpers, *MEASURES, *flags, "_not_started"]
    return union([part.select(*columns) for part in parts])
