"""Funnel: how far people come through steps, who is still on the way, and how long it takes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrameT

from analysis.frames import (
    Frame,
    count_by,
    is_eager,
    is_stored_as_code,
    moment,
    open_frames,
    plain,
    ratio,
    require,
    whole,
)
from analysis.frames import rows as fetched
from analysis.funnel_arrays import FunnelArrays
from analysis.funnel_paths import PERSON, attempts, highest
from analysis.funnel_steps import (
    COUNTS,
    RESULT,
    TIMES,
    Plan,
    Step,
    Within,
    check_steps,
    columns_read,
    dimensions,
    end_of,
    plan,
)
from analysis.period import Period
from analysis.question import USE_ROLES
from analysis.rules import among
from analysis.takes import over_log

MICROS_A_DAY = 86_400_000_000


@dataclass(frozen=True)
class Journeys:
    """Everyone who entered a funnel.

    Attributes:
        frame: one row a person: `user_id`; of the attempt that reaches furthest `_t1`, `_t2`, … (moments, null: not
            reached), `_far` (the last position) and the dimensions `_d0`, …; of all attempts `_r1`, … (1:
            reached) and `_w1`, … (1: waiting), `_open2`, … (the latest start that may still reach it).
        plan: the question.
        labels: dimension as it was asked for -> its helper name.
    """

    frame: Frame
    plan: Plan
    labels: Mapping[str, str]


@over_log(lambda log, *args, **options: FunnelArrays(log).funnel(*args, **options), columns=columns_read)
def funnel(
    activity: IntoFrameT,
    steps: Iterable[str | Step],
    *,
    period: Period | None = None,
    within: Within = None,
    by: str | Iterable[str] = (),
    order: str = "in_order",
    as_of: date | None = None,
) -> IntoFrameT:
    """How many people reach each step, wait before it or are lost, and how long it takes them.

    A person reaches step k if some attempt that starts at step 1 has all steps to k in order, each strictly
    later than the one before, within the window of that attempt.

    Args:
        activity: one row per action; `user_id`, `occurred_at` (timestamp, local time), `activity`
            (its kind) and any dimension. Rows without a `user_id` or an `occurred_at` are left out.
        steps: a name or a `Step` each; the same one twice needs two events.
        period: when an attempt must start; what follows may lie behind it. None: whenever.
        within: the longest time from an attempt's start, included: a `timedelta`, days, `30d`, `12h`; None: no limit.
        by: columns of `activity`, by their value at the start of the attempt that counts (of several
            events at that moment the smallest value).
        order: `in_order`; `strict`, nothing else that the person did lies between two steps;
            `unordered`, step k is reached by any k of the steps, and an attempt starts at any of them.
        as_of: the last day that is known: later rows are not looked at. None: the day of the last event.

    Returns:
        One row per `by` value and step, unsorted: `step`, `position` (from 1), `entered` (people) =
        `reached` + `waiting` (some attempt could still make it) + `lost`; `step_rate` (reached / reached the last
        step before that is not optional; null at the first), `overall_rate` (reached / entered), 0-1, null where the
        denominator is 0; `median_days`, `p90_days` (from the step before that is not optional),
        `median_days_from_start`, `p90_days_from_start`: days of those who reached it in the attempt that
        reaches furthest, the earliest among equals; quantiles are interpolated (R's type 7), null where nobody is.

    Raises:
        MissingColumnError: a column named above is absent.
        ColumnTypeError: `occurred_at` is no timestamp, or has a time zone.
        UnknownStepError: a step that no event has, with the nearest name.
        NoStepsError, FirstStepError, OptionalStepError: no steps; an optional one at the start, or without an order.
        WindowError: a window of zero, below, or that is no length of time.

    Note:
        Without a window nobody is lost: who has not reached a step is waiting. Source: `definitions.FUNNEL`.
    """
    found = journeys(activity, steps, period=period, within=within, by=by, order=order, as_of=as_of)
    return nw.maybe_reset_index(_each_step(_wide(found), found)).to_native()


def journeys(
    activity: IntoFrameT,
    steps: Iterable[str | Step],
    *,
    period: Period | None = None,
    within: Within = None,
    by: str | Iterable[str] = (),
    order: str = "in_order",
    as_of: date | None = None,
) -> Journeys:
    """Everyone who entered, and what became of them; see `funnel`."""
    asked = plan(steps, order, within, period)
    (log,) = open_frames(activity=activity)
    schema = require(log, "activity", *USE_ROLES, roles=USE_ROLES, moments=("occurred_at",))
    columns = dimensions(by, schema.names())
    labels = {name: f"_d{i}" for i, name in enumerate(columns)}
    log = log.filter(~plain(PERSON, schema[PERSON]).is_null(), ~nw.col("occurred_at").is_null())
    end = _known(log, asked, as_of)
    log = log.filter(nw.col("occurred_at") < moment(end)) if end else log
    user = nw.col(PERSON).cast(nw.String) if is_stored_as_code(schema[PERSON]) else nw.col(PERSON)
    values = {labels[name]: plain(column, schema[column]) for name, column in columns.items()}
    flags = {f"_e{i}": _fulfils(step, schema) for i, step in enumerate(asked.steps, 1)}
    events = log.select(user, _at=nw.col("occurred_at").cast(nw.Datetime("us")), **flags, **values)
    each = _best(attempts(events.select(PERSON, "_at", *flags), asked), asked, end)
    return Journeys(_with_values(each, events, asked, [*values]), asked, labels)


def _known(log: Frame, asked: Plan, as_of: date | None) -> datetime | None:
    """The end of what is known; the names of the steps are looked up on the way."""
    kind = plain("activity", log.collect_schema()["activity"])
    seen = log.select("occurred_at", _kind=kind).group_by("_kind").agg(last=nw.col("occurred_at").max())
    found = fetched(seen)
    check_steps(asked, (row["_kind"] for row in found if row["_kind"] == row["_kind"]))
    days = [row["last"] for row in found if isinstance(row["last"], datetime) and row["last"] == row["last"]]
    return end_of(as_of, max(days, default=None))


def _fulfils(step: Step, schema: Schema) -> nw.Expr:
    """1 where an event is the step's."""
    holds = among("activity", schema["activity"], step.activities)
    holds = holds & step.rule.expression(schema, "activity", step.bare(schema.names())) if step.rule else holds
    return nw.when(holds).then(1).otherwise(0)


def _best(tried: Frame, asked: Plan, end: datetime | None) -> Frame:
    """One row a person: the attempt that counts, and what any attempt reached or may still reach."""
    reached = {f"_r{p}": nw.when(~nw.col(f"_t{p}").is_null()).then(1).otherwise(0) for p in asked.positions}
    places = [nw.when(~nw.col(f"_t{p}").is_null()).then(p).otherwise(0) for p in asked.positions]
    tried = tried.with_columns(_far=highest(*places), **reached)
    latest = [nw.col(f"_o{p}").max().alias(f"_open{p}") for p in asked.later]
    any_of = tried.group_by(PERSON).agg(nw.col(*reached).max(), *latest)
    tried = tried.with_columns(_best=nw.col("_far").max().over(PERSON)).filter(nw.col("_far") == nw.col("_best"))
    tried = tried.with_columns(_first=nw.col("_t1").min().over(PERSON)).filter(nw.col("_t1") == nw.col("_first"))
    times = [f"_t{p}" for p in asked.positions]
    found = tried.select(PERSON, "_far", *times).join(any_of, on=PERSON, how="inner")
    return found.with_columns(_w1=nw.lit(0), **{f"_w{p}": _waits(p, asked, end) for p in asked.later})


def _waits(position: int, asked: Plan, end: datetime | None) -> nw.Expr:
    """1 where the step is not reached and some attempt could still reach it."""
    away = nw.col(f"_r{position}") == 0
    if asked.within is None or end is None:
        return nw.when(away).then(1).otherwise(0)
    open_still = nw.col(f"_open{position}") >= moment(end - asked.within)
    return nw.when(away, open_still).then(1).otherwise(0)


def _with_values(each: Frame, events: Frame, asked: Plan, labels: Sequence[str]) -> Frame:
    """The dimensions beside each person: the smallest value at the start of the attempt."""
    if not labels:
        return each
    flags = [nw.col(f"_e{p}") for p in range(1, len(asked.starts) + 1)]
    begun = events.filter(highest(*flags) == 1).select(PERSON, *labels, _t1=nw.col("_at"))
    values = begun.group_by(PERSON, "_t1").agg(nw.col(*labels).min())
    return each.join(values, on=[PERSON, "_t1"], how="left")


def _wide(found: Journeys) -> Frame:
    """One row a group, with the numbers of every step side by side."""
    asked, by = found.plan, list(found.labels.values())
    timed = found.frame.with_columns(**_durations(asked))
    sums = {f"_{c}{p}": nw.col(f"_{c}{p}").sum() for c in "rw" for p in asked.positions}
    middle = {f"_{c}5_{p}": nw.col(f"_{c}{p}").quantile(quantile=0.5, interpolation="linear") for c, p in _timed(asked)}
    slow = {f"_{c}9_{p}": nw.col(f"_{c}{p}").quantile(quantile=0.9, interpolation="linear") for c, p in _timed(asked)}
    return count_by(timed, by, **sums, **middle, **slow).with_columns(whole(*sums))


def _timed(asked: Plan) -> list[tuple[str, int]]:
    """`b` (from the step before) and `f` (from the start) of every step that has them."""
    return [*(("b", p) for p in asked.later), *(("f", p) for p in asked.positions)]


def _durations(asked: Plan) -> dict[str, nw.Expr]:
    found = {f"_b{p}": _days(f"_t{asked.before(p)}", f"_t{p}") for p in asked.later}
    return found | {f"_f{p}": _days("_t1", f"_t{p}") for p in asked.positions}


def _days(start: str, end: str) -> nw.Expr:
    """Days between two moments, from their calendar parts: no function for it exists on every engine."""
    return (_micros(nw.col(end)) - _micros(nw.col(start))) / MICROS_A_DAY


def _micros(at: nw.Expr) -> nw.Expr:
    year, day = (part.cast(nw.Float64) for part in (at.dt.year() - 1, at.dt.ordinal_day()))
    # since 1970, because the microseconds of two thousand years are more than a Float64 holds exactly
    days = year * 365 + (year / 4).floor() - (year / 100).floor() + (year / 400).floor() + day - 719_163
    hour, minute = at.dt.hour().cast(nw.Float64), at.dt.minute().cast(nw.Float64)
    second, micro = at.dt.second().cast(nw.Float64), at.dt.microsecond().cast(nw.Float64)
    return ((days * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000 + micro


def _each_step(wide: Frame, found: Journeys) -> Frame:
    """One row a group and step out of the wide row, which is counted once."""
    asked = found.plan
    long = _repeated(wide, len(asked.steps)).with_columns(
        step=_pick({p: nw.lit(asked.steps[p - 1].label) for p in asked.positions}),
        entered=nw.col("_r1"),
        reached=_pick({p: nw.col(f"_r{p}") for p in asked.positions}),
        waiting=_pick({p: nw.col(f"_w{p}") for p in asked.positions}),
        _before=_pick({p: nw.col(f"_r{asked.before(p)}") for p in asked.later} or {1: nw.col("_r1")}),
        **{name: _pick(each) for name, each in _times(asked).items()},
    )
    counted = long.with_columns(lost=nw.col("entered") - nw.col("reached") - nw.col("waiting"))
    rate = nw.when(nw.col("position") > 1, nw.col("_before") > 0).then(nw.col("reached") / nw.col("_before"))
    rated = counted.with_columns(whole(*COUNTS), step_rate=rate, overall_rate=ratio("reached", "entered"))
    return rated.select(*(nw.col(helper).alias(label) for label, helper in found.labels.items()), *RESULT)


def _times(asked: Plan) -> dict[str, dict[int, nw.Expr]]:
    """Column of the result -> position -> where it stands in the wide row."""
    helpers = dict(zip(TIMES, ("_b5", "_b9", "_f5", "_f9"), strict=True))
    none = {1: nw.lit(None, dtype=nw.Float64)}
    return {
        name: ({} if helper.startswith("_f") else none)
        | {p: nw.col(f"{helper}_{p}") for p in (asked.positions if helper.startswith("_f") else asked.later)}
        for name, helper in helpers.items()
    }


def _pick(cases: Mapping[int, nw.Expr]) -> nw.Expr:
    """The expression of the row's position."""
    (_, found), *others = sorted(cases.items(), key=itemgetter(0), reverse=True)
    for position, each in others:
        found = nw.when(nw.col("position") == position).then(each).otherwise(found)
    return found


def _repeated(wide: Frame, steps: int) -> Frame:
    """Every row once for each step, with `position`."""
    if is_eager(wide):
        places: Any = nw.from_dict({"position": list(range(1, steps + 1))}, backend=wide.implementation)
        return wide.join(places, how="cross")
    listed = ",".join(map(str, range(1, steps + 1)))
    split = wide.with_columns(position=nw.lit(listed).str.split(",")).explode("position")
    return split.with_columns(nw.col("position").cast(nw.Int64))
