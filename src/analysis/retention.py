"""Cohort retention: of those who began together, how many came again after one, two, three buckets."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeAlias

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import retention_arrays
from analysis.buckets import Buckets, index_of, of_users_only
from analysis.errors import ChoiceError
from analysis.frames import Frame, count_by, ratio, union, whole, wilson
from analysis.period import FISCAL_START, Period
from analysis.question import Question, ask, needs_of
from analysis.retention_arrays import CELL, CURVE, STARTS, TRIANGLE
from analysis.rules import Rule
from analysis.stage_people import listed
from analysis.takes import Needs, takes

KEPT = ("cohort", "retained", "lost")
Activities: TypeAlias = "str | Iterable[str | None] | None"


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period, fiscal_start = call["period"], call["fiscal_start"]
    starts = [part.start for part in period.split(call["every"], fiscal_start)]
    before = Period(starts[0], [*starts, period.end][1]).previous()
    found = needs_of(user_columns, call)
    more = {"activity"} if call["start_activities"] is not None else set()
    edges = (before.start, *starts, period.end)
    return replace(found, edges=edges, since=None, columns=found.columns | more)


def _needs_people(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(_needs(user_columns, call), days=call["period"])


@takes("users", "activity", days=True, needs=_needs, fast=retention_arrays.retention)
def retention(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    every: str = "month",
    start: str = "first",
    start_activities: Activities = None,
    by: str | Iterable[str] = (),
    valid: str = "any",
    activities: Activities = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """The triangle of retention: a cohort down, its age across; n-day retention with `every="day"`.

    Args:
        users, activity, period, activities, where, as_of: see `active_rate`.
        every, fiscal_start: see `active_rate_trend`; cohorts and ages are in this unit.
        start: `first`: a person stands in one cohort, the bucket of their first use in all the history given;
            `every`: in the cohort of every bucket in which they used it.
        start_activities: the kinds of activity that begin a cohort (a registration, a first order), while `activities`
            says what counts as coming again; None: the same.
        by: columns of `users`.
        valid: as in `active_rate`, but `any` unless told otherwise: who has left since stays in their cohort,
            or every cohort would look better than it was.

    Returns:
        One row per cohort, `by` value and age that has begun, unsorted: `cohort_start` (first day of the bucket), `age`
        (buckets since, 0: the cohort's own), `period_start` (first day of the bucket at that age), `cohort_users`,
        `retained_users` (used it in that bucket), `retention_rate` (0-1), `rate_low`, `rate_high` (Wilson, 95 %),
        `partial` (the bucket is not known to its end, or the period cuts it short: not a fall). A bucket that lies
        after the last known day or after the period is no row. Source: `definitions` (`retention_rate`).
    """
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of}
    buckets, begun = _open(users, activity, period, every, start, start_activities, by, fiscal_start, TRIANGLE, options)
    counted = _triangle(buckets, begun, start)
    dated = _dated(buckets, counted)
    dimensions = [nw.col(helper).alias(label) for label, helper in buckets.question.labels.items()]
    shown = ("age", "period_start", *CELL, "partial")
    return nw.maybe_reset_index(_rated(dated).select("cohort_start", *dimensions, *shown)).to_native()


@takes("users", "activity", days=True, needs=_needs, fast=retention_arrays.curve)
def retention_curve(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    every: str = "month",
    start: str = "first",
    start_activities: Activities = None,
    by: str | Iterable[str] = (),
    valid: str = "any",
    activities: Activities = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """The curve of retention: every complete cell of the triangle of one age, together.

    Args:
        users, activity, period, every, start, start_activities, by, valid, activities, where, as_of, fiscal_start: see
            `retention`.

    Returns:
        One row per `by` value and age, unsorted: `age`, `cohorts` (how many are old enough), `cohort_users`,
        `retained_users` (added up over these), `retention_rate`, `rate_low`, `rate_high`. Partial cells are left out;
        later ages rest on older cohorts only.
    """
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of}
    buckets, begun = _open(users, activity, period, every, start, start_activities, by, fiscal_start, CURVE, options)
    at = nw.col("_cohort") + nw.col("age")
    complete = _triangle(buckets, begun, start).filter(at < nw.lit(buckets.first_partial))
    sums = {name: nw.col(name).sum() for name in CELL[:2]}
    by_helpers = [*buckets.question.user_dimensions, "age"]
    counted = count_by(complete, by_helpers, cohorts=nw.len(), **sums).with_columns(whole("cohorts", *sums))
    dimensions = [nw.col(helper).alias(label) for label, helper in buckets.question.labels.items()]
    return nw.maybe_reset_index(_rated(counted).select(*dimensions, *CURVE)).to_native()


@takes("users", "activity", days=True, needs=_needs_people, fast=retention_arrays.cell)
def retention_people(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    cohort: date,
    age: int = 0,
    state: str = "retained",
    every: str = "month",
    start: str = "first",
    start_activities: Activities = None,
    valid: str = "any",
    activities: Activities = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    fiscal_start: int = FISCAL_START,
) -> IntoFrameT:
    """The people behind a cell of `retention`.

    Args:
        users, activity, period, every, start, start_activities, valid, activities, where, as_of, fiscal_start: see
            `retention`.
        cohort: the cohort's `cohort_start`.
        age: of the cell.
        state: `cohort` (all of it), `retained`, `lost` (not in that bucket).

    Returns:
        The columns of `people`, `days_active` over the whole period.
    """
    if state not in KEPT:
        raise ChoiceError("state", state, KEPT)
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of or period.end}
    buckets, begun = _open(users, activity, period, every, start, start_activities, (), fiscal_start, (), options)
    starts = [part.start for part in buckets.parts]
    place = index_of(starts, date(cohort.year, cohort.month, cohort.day))
    if place is None:
        raise ChoiceError("cohort", cohort, [str(each) for each in starts])
    used = buckets.used()
    members = _members(begun.used(), start).filter(nw.col("_cohort") == nw.lit(place))
    then = used.filter(nw.col("_index") == nw.lit(place + age)).select("user_id")
    if state != "cohort":
        members = members.join(then, on="user_id", how="inner" if state == "retained" else "anti")
    accounts = buckets.question.valid_accounts().join(members.select("user_id"), on="user_id", how="inner")
    return listed(buckets.question, accounts).to_native()


def _open(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    every: str,
    start: str,
    start_activities: Activities,
    by: str | Iterable[str],
    fiscal_start: int,
    reserved: Collection[str],
    options: Mapping[str, Any],
) -> tuple[Buckets, Buckets]:
    """The buckets over what counts as coming again, and over what begins a cohort."""
    if start not in STARTS:
        raise ChoiceError("start", start, STARTS)

    def buckets_of(chosen: Activities) -> Buckets:
        asked = {**options, "activities": chosen}
        question: Question = ask(users, activity, period, by=by, reserved=reserved, **asked)
        return Buckets(of_users_only(question, by), every, fiscal_start)

    again = buckets_of(options["activities"])
    return again, again if start_activities is None else buckets_of(start_activities)


def _members(used: Frame, start: str) -> Frame:
    """Who stands in which cohort of the period: `user_id`, `_cohort`."""
    if start == "first":
        began = used.group_by("user_id").agg(_cohort=nw.col("_index").min())
    else:
        began = used.select("user_id", nw.col("_index").alias("_cohort"))
    return began.filter(nw.col("_cohort") >= 0)


def _triangle(buckets: Buckets, begun: Buckets, start: str) -> Frame:
    """`cohort_users`, `retained_users` by `_cohort`, dimensions and `age`; 0 of N is a row."""
    used, helpers = buckets.used(), buckets.question.user_dimensions
    people = buckets.question.valid_accounts().select("user_id", *helpers)
    members = _members(begun.used(), start).join(people, on="user_id", how="inner")
    later = members.join(used, on="user_id", how="inner").with_columns(age=nw.col("_index") - nw.col("_cohort"))
    by, none = ["_cohort", *helpers, "age"], nw.lit(0, dtype=nw.Int64)
    sizes = count_by(members, ["_cohort", *helpers], cohort_users=nw.len())
    ages = buckets.numbered().select(nw.col("_index").alias("age"))
    cells = sizes.join(ages, how="cross").filter(nw.col("_cohort") + nw.col("age") <= nw.lit(buckets.last_seen))
    after = later.filter(nw.col("age") >= 0)
    retained = count_by(after, by, retained_users=nw.len())
    both = [
        cells.select(*by, whole("cohort_users"), retained_users=none),
        retained.with_columns(cohort_users=none).select(*by, "cohort_users", whole("retained_users")),
    ]
    sums = {name: nw.col(name).sum() for name in CELL[:2]}
    counted = count_by(union(both), by, **sums).with_columns(whole(*sums))
    # use after `as_of` lies in a bucket that is no cell
    return counted.filter(nw.col("cohort_users") > 0)


def _dated(buckets: Buckets, counted: Frame) -> Frame:
    """First days in place of numbers, and which cells are partial."""
    calendar = buckets.numbered()
    cohorts = calendar.select(nw.col("_index").alias("_cohort"), nw.col("_bucket").alias("cohort_start"))
    places = calendar.select(nw.col("_index").alias("_at"), nw.col("_bucket").alias("period_start"))
    placed = counted.with_columns(_at=nw.col("_cohort") + nw.col("age"))
    dated = placed.join(cohorts, on="_cohort", how="inner").join(places, on="_at", how="inner")
    return dated.with_columns(partial=nw.col("_at") >= nw.lit(buckets.first_partial))


def _rated(counted: Frame) -> Frame:
    low, high = wilson("retained_users", "cohort_users")
    rated = counted.with_columns(rate_low=low, rate_high=high, retention_rate=ratio("retained_users", "cohort_users"))
    return rated.with_columns(whole("age"))
