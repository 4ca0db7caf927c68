"""Processes: how long cases stay in each step, where they wait now, and with whom the ball is."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays, with_days
from analysis.case_counts import AGES, COUNTS, NOTES, P90, RESULT, TIMES
from analysis.cases import Log, open_log
from analysis.errors import StepNameError
from analysis.frames import Frame, moment, names, start_of, union, whole
from analysis.rules import Rule
from analysis.survival import km_median


def step_times(
    cases: IntoFrameT,
    steps: Iterable[str],
    *,
    as_of: date | None = None,
    by: str | Iterable[str] = (),
    days: str | BusinessDays = CALENDAR,
    ends: Collection[str] | None = None,
    sides: Mapping[str, str] | None = None,
    blank: str = "skipped",
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Where cases wait, and how long each step takes: days in a step = all visits of a case added up.

    Args:
        cases: long form, one row per entry: `case_id`, `step`, `entered_at` (timestamp), optionally
            `entry_no` (the order of a case's entries where dates do not say it), `inferred` (from
            `cases_from_snapshots`) and any dimension; or wide form, one row per case: `case_id`, a column of
            dates per step.
        steps: the order, given and never guessed. A visit ends with the next entry, into whatever step; steps
            that are not named get no row.
        as_of: the last day that is known; later entries are plans and not counted. None: the day of the last entry.
        by: columns of `cases`, by their value in the case's latest entry; `start_month`: of its first entry.
        days: "calendar" (with decimals) or `BusinessDays`.
        ends: steps in which a case is finished, so that nobody waits; None: the last one.
        sides: step -> who has to act there; adds the column `side`. See `waiting` for a side of its own per case.
        blank: what a blank in wide form means; see `long_cases`.
        where: a `Rule` over a case's latest entry.

    Returns:
        One row per `by` value and step, unsorted: `step`, `position` (1, 2, …), cases that `reached` it =
        `waiting_now` (it is their latest entry) + `done`; `repeated` (entered more than once), `skipped` (never
        there, but in a later step); `median_days`, `p90_days` of the cases that have left,
        `km_median_days` (those still there count with their days so far; null: not half have left); `backward` (came
        from a later step), `same_day` (left on the day of entry), `missing` (a date is missing, so that
        the days are unknown), `negative` (left before entered), `inferred` (from lists), `waiting_median_days`,
        `waiting_max_days` (age of the present visit, whole days up to `as_of`). All counts are cases.

    Raises:
        StepNameError: no case has a step that is named here, or `ends` or `sides` name another.
        OrderCycleError, EmptyOrderError: a step stands twice, or none is named.
        MissingColumnError, MomentTypeError, BlankKeyError, DuplicateKeyError: the table is not as above.

    Note:
        Cases with `missing` or `negative` times are in no average. Source: `definitions.DEFINITIONS["step_days"]`.
    """
    dimensions = names(by)
    log = open_log(cases, steps, as_of=as_of, by=dimensions, where=where, blank=blank, reserved=RESULT)
    _known_steps(log.steps, [*(ends or ()), *(sides or {})])
    keys = [*log.labels.values(), "_pos"]
    table = _narrow(grid(log, days=days, ends=ends), keys, log)
    return _finish(_with_km(_counted(table, keys), table, keys), log, sides).to_native()


def waiting(
    cases: IntoFrameT,
    steps: Iterable[str],
    *,
    sides: Mapping[str, str] | str,
    as_of: date | None = None,
    by: str | Iterable[str] = (),
    days: str | BusinessDays = CALENDAR,
    ends: Collection[str] | None = None,
    blank: str = "skipped",
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """With whom the ball is: cases that wait now, by the side that has to act.

    Args:
        cases, steps, as_of, by, days, ends, blank, where: see `step_times`.
        sides: step -> side ("customer", "us"), or a column of `cases`, by its value in the latest entry.

    Returns:
        One row per `by` value and side that waits, unsorted: `side` (null: not said), `waiting_now`,
        `waiting_median_days`, `waiting_max_days`. The sum is that of `step_times`.
    """
    by_column = (sides,) if isinstance(sides, str) else ()
    dimensions = names(by)
    log = open_log(cases, steps, as_of=as_of, by=[*dimensions, *by_column], where=where, blank=blank)
    _known_steps(log.steps, [*(ends or ()), *(sides if isinstance(sides, Mapping) else ())])
    open_cases = grid(log, days=days, ends=ends).filter(nw.col("waiting_now") == 1)
    side = nw.col(log.labels[sides]) if isinstance(sides, str) else _named(dict(sides), log.steps)
    keys = [log.labels[name] for name in dimensions]
    counted = (
        open_cases.with_columns(_side=side)
        .group_by(*keys, "_side")
        .agg(waiting_now=nw.len(), waiting_median_days=nw.col("_age").median(), waiting_max_days=nw.col("_age").max())
    )
    shown = [nw.col(key).alias(name) for name, key in zip(dimensions, keys, strict=True)]
    return nw.maybe_reset_index(
        counted.select(*shown, nw.col("_side").alias("side"), whole("waiting_now"), *AGES)
    ).to_native()


def grid(log: Log, *, days: str | BusinessDays, ends: Collection[str] | None) -> Frame:
    """One row per case and listed step, there or not: 1 or 0 for every count of `step_times`, and the days."""
    cases = log.latest().select("case_id", *log.labels.values())
    far = log.entries.group_by("case_id").agg(_far=nw.col("_pos").max())
    every = cases.join(far, on="case_id", how="inner").join(_positions(log.entries, log.steps), how="cross")
    both = every.join(_stays(log, days, ends), on=["case_id", "_pos"], how="left")
    there = ~nw.col("visits").is_null()
    flags = ("waiting_now", "done", "repeated", *NOTES)
    return both.with_columns(
        whole("visits", *flags),
        reached=nw.when(there).then(1).otherwise(0),
        skipped=nw.when(~there & (nw.col("_far") > nw.col("_pos"))).then(1).otherwise(0),
    )


def _visits(log: Log, days: str | BusinessDays, ends: Collection[str] | None) -> Frame:
    """The entries of listed steps, each with its days, or its age where the case stands there."""
    finals = [i for i, step in enumerate(log.steps, 1) if step in (log.steps[-1:] if ends is None else ends)]
    here = nw.col("_last") == 1
    today = moment(log.known) if log.known else nw.col("entered_at")
    spans = log.entries.filter(~nw.col("_pos").is_null()).with_columns(
        _here=nw.when(here).then(1).otherwise(0),
        _waits=nw.when(here & ~nw.col("_pos").is_in(finals)).then(1).otherwise(0),
        # of today only the day is known: an age is counted in whole days
        _begin=nw.when(here).then(start_of(nw.col("entered_at"), "1d")).otherwise(nw.col("entered_at")),
        _end=nw.when(here).then(today).otherwise(nw.col("_next_at")),
    )
    timed = with_days(spans, days, start="_begin", end="_end", name="_days")
    measured = (nw.col("_here") == 0) | (nw.col("_waits") == 1)
    day = start_of(nw.col("entered_at"), "1d")
    return timed.with_columns(
        _days=nw.when(measured).then(nw.col("_days")),
        _age=nw.when(nw.col("_waits") == 1).then(nw.col("_days")),
        _unknown=nw.when(measured & nw.col("_days").is_null()).then(1).otherwise(0),
        _inverted=nw.when(~here & (nw.col("_next_at") < nw.col("entered_at"))).then(1).otherwise(0),
        _back=nw.when(nw.col("_from_pos") > nw.col("_pos")).then(1).otherwise(0),
        _quick=nw.when(~here & (day == start_of(nw.col("_next_at"), "1d"))).then(1).otherwise(0),
    )


def _stays(log: Log, days: str | BusinessDays, ends: Collection[str] | None) -> Frame:
    """One row per case and step it has been in: all visits added up."""
    added = (
        _visits(log, days, ends)
        .group_by("case_id", "_pos")
        .agg(
            nw.col("entered_at").min(),
            nw.col("_here", "_waits", "_unknown", "_inverted", "_back", "_quick", "_inferred", "_age").max(),
            visits=nw.len(),
            _days=nw.col("_days").sum(),
            _timed=nw.col("_days").count(),
        )
    )
    certain = (nw.col("_unknown") == 0) & (nw.col("_inverted") == 0)
    over = nw.col("_here") == nw.col("_waits")  # a finished case stands in its last step without being timed
    return added.select(
        "case_id",
        "_pos",
        "visits",
        "entered_at",
        "_age",
        waiting_now=nw.col("_waits"),
        done=1 - nw.col("_waits"),
        repeated=nw.when(nw.col("visits") > 1).then(1).otherwise(0),
        backward=nw.col("_back"),
        same_day=nw.col("_quick"),
        missing=nw.col("_unknown"),
        negative=nw.col("_inverted"),
        inferred=nw.col("_inferred"),
        _total=nw.when(nw.col("_timed") > 0).then(nw.col("_days")),
        _left=1 - nw.col("_here"),
        _sure=nw.when(certain & over).then(nw.col("_days")),
    )


def _counted(table: Frame, keys: Sequence[str]) -> Frame:
    """Counts and times of every group and step, without the median of Kaplan and Meier."""
    marked = table.with_columns(_gone=nw.when(nw.col("_left") == 1).then(nw.col("_sure")))
    sums = {name: nw.col(name).sum() for name in (*COUNTS, *NOTES)}
    return marked.group_by(*keys).agg(
        median_days=nw.col("_gone").median(),
        p90_days=nw.col("_gone").quantile(quantile=P90, interpolation="linear"),
        waiting_median_days=nw.col("_age").median(),
        waiting_max_days=nw.col("_age").max(),
        **sums,
    )


def _with_km(counted: Frame, table: Frame, keys: Sequence[str]) -> Frame:
    """The medians that count open cases, beside the rest; as a sum, because a join loses blank values."""
    times = (*TIMES[:2], *AGES)
    medians = km_median(table, keys, days="_sure", left="_left", name="km_median_days")
    none, zero = nw.lit(None, dtype=nw.Float64), nw.lit(0, dtype=nw.Int64)
    numbers = (*COUNTS, *NOTES)
    left = counted.select(*keys, whole(*numbers), *times, km_median_days=none)
    right = medians.with_columns(**dict.fromkeys(numbers, zero), **dict.fromkeys(times, none))
    sums = {name: nw.col(name).sum() for name in numbers}
    both = union([left, right.select(*left.collect_schema().names())])
    return both.group_by(*keys).agg(nw.col(*times, "km_median_days").max(), **sums)


def _finish(counted: Frame, log: Log, sides: Mapping[str, str] | None) -> Frame:
    """The columns under their names."""
    shown = [nw.col(helper).alias(name) for name, helper in log.labels.items()]
    step = _named({name: name for name in log.steps}, log.steps).alias("step")
    side = [_named(dict(sides), log.steps).alias("side")] if sides is not None else []
    result = counted.select(
        *shown, step, nw.col("_pos").alias("position"), *side, whole(*COUNTS), *TIMES, whole(*NOTES), *AGES
    )
    return nw.maybe_reset_index(result)


def _named(words: Mapping[str, str], steps: Sequence[str]) -> nw.Expr:
    """The word for the step at `_pos`, null where there is none."""
    said = [nw.when(nw.col("_pos") == i).then(nw.lit(words[s])) for i, s in enumerate(steps, 1) if s in words]
    return nw.coalesce(*said) if said else nw.lit(None, dtype=nw.String)


def _known_steps(steps: Sequence[str], named: Iterable[str]) -> None:
    unknown = [name for name in named if name not in steps]
    if unknown:
        raise StepNameError(unknown, steps)


def _positions(like: Frame, steps: Sequence[str]) -> Frame:
    """One row per step: `_pos`."""
    one = like.select(_rows=nw.len())
    return union([one.with_columns(_pos=nw.lit(i, dtype=nw.Int64)) for i in range(1, len(steps) + 1)]).select("_pos")


def _narrow(table: Frame, keys: Sequence[str], log: Log) -> Frame:
    """What is counted, and without dimensions a row per step that counts nothing: a step is a row even of no case."""
    counts, times = (*COUNTS, *NOTES, "_left"), ("_sure", "_age")
    found = table.select(*keys, whole(*counts), nw.col(*times).cast(nw.Float64))
    if log.labels:
        return found
    zero, none = nw.lit(0, dtype=nw.Int64), nw.lit(None, dtype=nw.Float64)
    nothing = _positions(log.entries, log.steps).with_columns(
        **dict.fromkeys(counts, zero), **dict.fromkeys(times, none)
    )
    return union([found, nothing])
