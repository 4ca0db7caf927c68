"""Lifecycle: who is new, returning, resurrected or dormant; and how often people come (stickiness)."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import lifecycle_arrays
from analysis.buckets import Buckets, of_users_only
from analysis.errors import ChoiceError
from analysis.frames import Frame, count_by, facts, moment, ratio, union, whole
from analysis.lifecycle_arrays import COUNTED, LIFECYCLE, STICKINESS
from analysis.period import FISCAL_START, Period
from analysis.question import Question, ask, needs_of, within
from analysis.rules import Rule
from analysis.stage_people import listed
from analysis.takes import Needs, takes
from analysis.trend import bucket_of

INTERVALS = ("intervals", "users", "active_users", "share", "partial")


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period, fiscal_start = call["period"], call["fiscal_start"]
    starts = [part.start for part in period.split(call["every"], fiscal_start)]
    before = Period(starts[0], [*starts, period.end][1]).previous()
    found = needs_of(user_columns, call)
    return replace(found, roster=None, edges=(before.start, *starts, period.end), since=None)


def _needs_people(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period = call["period"]
    before = call["previous"] or period.previous()
    edges = tuple(sorted({before.start, before.end, period.start, period.end}))
    return replace(needs_of(user_columns, call), edges=edges, since=None, days=period)


def _needs_days(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(needs_of(user_columns, call), roster=None, days=call["period"])


@takes("users", "activity", days=True, needs=_needs, fast=lifecycle_arrays.lifecycle)
def lifecycle(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    every: str = "month",
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """What the people of every bucket are, by the bucket before and all history before that.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`; every bucket counts the users
            valid in it, as `active_rate_trend` does.
        every, fiscal_start: see `active_rate_trend`.
        by: columns of `users`.

    Returns:
        One row per bucket and `by` value, unsorted: `period_start`, `valid_users`, `active_users` = `new` (first use
        in all the history given) + `returning` (used it in the bucket before too) + `resurrected` (used it before, but
        not in the bucket before); `dormant` (used it in the bucket before, not in this one); `no_history` (nothing is
        known from before the bucket: new cannot be told from returning), `partial`. The bucket before a first one that
        the period cuts is as many days. Source: `definitions` (`new`, …).
    """
    question = ask(
        users,
        activity,
        period,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=("period_start", *COUNTED, "no_history", "partial"),
    )
    buckets = Buckets(of_users_only(question, by), every, fiscal_start)
    counted = _lifecycle_counts(buckets).join(buckets.numbered(), on="_index", how="inner")
    first = facts(question.uses.select(first=nw.col("occurred_at").min()))["first"]
    begins = nw.col("_bucket") <= moment(first) if first == first and first is not None else nw.lit(True)
    marked = counted.with_columns(no_history=begins, partial=nw.col("_index") >= nw.lit(_first_unknown(buckets)))
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    start = nw.col("_bucket").alias("period_start")
    return nw.maybe_reset_index(marked.select(start, *dimensions, *COUNTED, "no_history", "partial")).to_native()


@takes("users", "activity", days=True, needs=_needs_people, fast=lifecycle_arrays.people)
def lifecycle_people(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    state: str,
    previous: Period | None = None,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `lifecycle`.

    Args:
        users, activity, valid, activities, where, as_of: see `lifecycle`.
        period: the bucket.
        state: `new`, `returning`, `resurrected` or `dormant`.
        previous: the bucket before; None: `period.previous()`.

    Returns:
        The columns of `people`.
    """
    if state not in LIFECYCLE:
        raise ChoiceError("state", state, LIFECYCLE)
    question = ask(users, activity, period, valid=valid, activities=activities, where=where, as_of=as_of or period.end)
    before = previous or period.previous()
    earlier = question.uses.filter(nw.col("occurred_at") < moment(period.start))
    used = {
        "_now": question.used(),
        "_was": question.used(period=before),
        "_ever": earlier.group_by("user_id").agg(_used=nw.len()),
    }
    known = question.valid_accounts()
    for name, frame in used.items():
        known = known.join(frame.select("user_id", nw.lit(1, dtype=nw.Int64).alias(name)), on="user_id", how="left")
    now, was, ever = (~nw.col(name).is_null() for name in used)
    conditions = {"new": now & ~ever, "returning": now & was, "resurrected": now & ~was & ever, "dormant": ~now & was}
    return listed(question, known.filter(conditions[state])).to_native()


@takes("users", "activity", days=True, needs=_needs_days, fast=lifecycle_arrays.stickiness)
def stickiness(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    every: str = "month",
    inner: str = "day",
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """How much of a bucket its users come: DAU / MAU with the defaults, WAU / MAU with `inner="week"`.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        every, fiscal_start: see `active_rate_trend`.
        inner: `day` or `week` (a week that the bucket cuts is one).
        by: columns of `users`.

    Returns:
        One row per bucket and `by` value, unsorted: `period_start`, `valid_users`, `active_users` (in the bucket),
        `units` (its days or weeks, every one that has begun by the last known day, holidays too), `user_units` (a
        person and a unit with use), `average_active` = user_units / units, `stickiness` = average_active /
        active_users (0-1, null where nobody is active), `partial`. Source: `definitions` (`stickiness`).
    """
    if inner not in ("day", "week"):
        raise ChoiceError("inner", inner, ("day", "week"))
    question = ask(
        users,
        activity,
        period,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=("period_start", *STICKINESS),
    )
    buckets = Buckets(of_users_only(question, by), every, fiscal_start)
    counted = _unit_counts(buckets, inner).join(buckets.numbered(), on="_index", how="inner")
    units = [sum(known_unit(question, unit) for unit in part.split(inner)) for part in buckets.parts]
    counted = counted.with_columns(units=_by_index(units), partial=nw.col("_index") >= nw.lit(_first_unknown(buckets)))
    rated = counted.with_columns(average_active=ratio("user_units", "units"))
    rated = rated.with_columns(stickiness=ratio("average_active", "active_users"))
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    start = nw.col("_bucket").alias("period_start")
    return nw.maybe_reset_index(rated.select(start, *dimensions, *STICKINESS)).to_native()


@takes("users", "activity", days=True, needs=_needs_days)
def active_intervals(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    every: str = "day",
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """How many people used it on exactly 1, 2, 3, … days (weeks, months) of the period.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        every, fiscal_start: see `active_rate_trend`.
        by: columns of `users`.

    Returns:
        One row per `by` value and number that anybody has, unsorted: `intervals` (from 1), `users`, `active_users` (all
        of the group), `share` = users / active_users, `partial`.
    """
    question = ask(
        users,
        activity,
        period,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=INTERVALS,
    )
    buckets = Buckets(of_users_only(question, by), every, fiscal_start)
    people = question.valid_accounts().select("user_id", *question.user_dimensions)
    used = buckets.used().filter(nw.col("_index") >= 0)
    each = used.group_by("user_id").agg(intervals=nw.len()).join(people, on="user_id", how="inner")
    by_helpers = list(question.user_dimensions)
    counted = count_by(each, [*by_helpers, "intervals"], users=nw.len()).with_columns(_all=nw.lit(1, dtype=nw.Int64))
    totals = counted.with_columns(active_users=nw.col("users").sum().over("_all", *by_helpers))
    shares = totals.with_columns(whole("intervals", "users", "active_users"))
    shares = shares.with_columns(share=ratio("users", "active_users"), partial=nw.lit(question.is_partial(period)))
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    return nw.maybe_reset_index(shares.select(*dimensions, *INTERVALS)).to_native()


def known_unit(question: Question, unit: Period) -> bool:
    """True where the unit has begun by the last known day."""
    return question.known is not None and unit.start <= question.known


def _lifecycle_counts(buckets: Buckets) -> Frame:
    """`COUNTED` by `_index` and dimensions; without dimensions every bucket is a row."""
    stated = buckets.valid().join(_states(buckets), on=["user_id", "_index"], how="left")
    flags = {state: nw.when(nw.col("_state") == state).then(1).otherwise(0) for state in LIFECYCLE}
    by = ["_index", *buckets.question.user_dimensions]
    sums = {state: nw.col(state).sum() for state in LIFECYCLE}
    counted = count_by(stated.with_columns(**flags), by, valid_users=nw.len(), **sums)
    counted = _every_bucket(buckets, counted, ("valid_users", *LIFECYCLE))
    return counted.with_columns(active_users=nw.col("new") + nw.col("returning") + nw.col("resurrected"))


def _states(buckets: Buckets) -> Frame:
    """What every person is in every bucket in which they are anything: `user_id`, `_index`, `_state`."""
    used = buckets.used()
    was = used.select("user_id", (nw.col("_index") + 1).alias("_index"), nw.lit(1, dtype=nw.Int64).alias("_was"))
    first = used.group_by("user_id").agg(_first=nw.col("_index").min())
    active = used.join(was, on=["user_id", "_index"], how="left").join(first, on="user_id", how="inner")
    state = nw.when(nw.col("_was") == 1).then(nw.lit("returning")).otherwise(nw.lit("resurrected"))
    state = nw.when(nw.col("_first") == nw.col("_index")).then(nw.lit("new")).otherwise(state)
    dormant = was.join(used, on=["user_id", "_index"], how="anti").with_columns(_state=nw.lit("dormant"))
    parts = [each.select("user_id", "_index", "_state") for each in (active.with_columns(_state=state), dormant)]
    return union(parts)


def _unit_counts(buckets: Buckets, inner: str) -> Frame:
    """`valid_users`, `active_users`, `user_units` by `_index` and dimensions."""
    question, period = buckets.question, buckets.question.period
    known = question.known or period.start - timedelta(days=1)
    used = question.uses.filter(*within(period), nw.col("occurred_at") < moment(known + timedelta(days=1)))
    marked = used.with_columns(
        _bucket=bucket_of(buckets.parts, buckets.every, buckets.fiscal_start),
        _unit=bucket_of(list(period.split(inner)), inner, FISCAL_START),
    )
    once = marked.group_by("user_id", "_bucket", "_unit").agg(_rows=nw.len())
    each = once.group_by("user_id", "_bucket").agg(user_units=nw.len())
    numbered = each.join(buckets.calendar(), on="_bucket", how="inner").select("user_id", "_index", "user_units")
    met = buckets.valid().join(numbered, on=["user_id", "_index"], how="left")
    flagged = met.with_columns(_used=nw.when(nw.col("user_units") > 0).then(1).otherwise(0))
    by = ["_index", *question.user_dimensions]
    counted = count_by(
        flagged, by, valid_users=nw.len(), active_users=nw.col("_used").sum(), user_units=nw.col("user_units").sum()
    )
    return _every_bucket(buckets, counted, ("valid_users", "active_users", "user_units"))


def _every_bucket(buckets: Buckets, counted: Frame, counts: Sequence[str]) -> Frame:
    """Without dimensions a bucket in which nobody is valid is a row of zeros."""
    if buckets.question.user_dimensions:
        return counted.with_columns(whole(*counts))
    none = {name: nw.lit(0, dtype=nw.Int64) for name in counts}
    empty = buckets.numbered().with_columns(**none).select("_index", *counts)
    sums = {name: nw.col(name).sum() for name in counts}
    both = union([counted.with_columns(whole(*counts)).select("_index", *counts), empty])
    return count_by(both, ["_index"], **sums).with_columns(whole(*counts))


def _first_unknown(buckets: Buckets) -> int:
    """The index of the first bucket that reaches past the last known day."""
    parts = enumerate(buckets.parts)
    return next((i for i, part in parts if buckets.question.is_partial(part)), len(buckets.parts))


def _by_index(values: Sequence[int]) -> nw.Expr:
    cases = [nw.when(nw.col("_index") == i).then(nw.lit(value, dtype=nw.Int64)) for i, value in enumerate(values)]
    return nw.coalesce(*cases) if len(cases) > 1 else cases[0]
