"""Active rate over time: every bucket of a period with the roster that was in force then."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import arrays
from analysis.active_rate import finish, gather, spread
from analysis.frames import Frame, count_by, keep, literal_rows, moment, start_of, union, whole
from analysis.period import FISCAL_START, Period, floor
from analysis.question import COUNTS, Question, ask, needs_of, within
from analysis.roster import flag, in_force, latest_row, valid_between, window
from analysis.rules import Rule
from analysis.takes import Needs, takes


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period = call["period"]
    starts = [bucket.start for bucket in period.split(call["every"], call["fiscal_start"])]
    return replace(needs_of(user_columns, call), roster=None, edges=(*starts, period.end))


@takes("users", "activity", days=True, needs=_needs, fast=arrays.trend)
def active_rate_trend(
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
    """The active rate of every bucket of the period: each is an `active_rate` of its own days.

    Args:
        users, activity, period, by, valid, activities, where, as_of: see `active_rate`; with a
            history of rosters every bucket uses those in force in it.
        every: `day`, `week` (from Monday), `month`, `quarter`, `half` or `year`; the first and the
            last bucket end at the edges of the period.
        fiscal_start: the month in which quarters, halves and years begin.

    Returns:
        `period_start` (first day of the bucket) and the columns of `active_rate`, unsorted. Without `by`
        every bucket is a row; with it, those in which the group has valid users.
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
        reserved=(*COUNTS, "period_start"),
    )
    buckets = list(period.split(every, fiscal_start))
    used = question.uses.filter(*within(period)).with_columns(_bucket=bucket_of(buckets, every, fiscal_start))
    used = used.group_by("user_id", "_bucket", *question.use_dimensions).agg(_used=nw.len())
    counted = _counts(question, buckets, used)
    return finish(counted, question, lead=("period_start",), partial=_partial(question, buckets)).to_native()


def bucket_of(buckets: Sequence[Period], every: str, fiscal_start: int) -> nw.Expr:
    """The first day of the bucket in which an action lies."""
    at = nw.col("occurred_at")
    if every in ("day", "week", "month"):
        start = {"day": start_of(at, "1d"), "week": monday(at), "month": start_of(at, "1mo")}[every]
        cut = buckets[0].start != floor(buckets[0].start, every, fiscal_start)
        first = moment(buckets[0].start)
        return nw.when(start < first).then(first).otherwise(start) if cut else start
    found = moment(buckets[0].start)
    for bucket in buckets[1:]:
        found = nw.when(at >= moment(bucket.start)).then(moment(bucket.start)).otherwise(found)
    return found


def monday(at: nw.Expr) -> nw.Expr:
    """The Monday of the week of a moment; no engine shares a name for weeks."""
    day = start_of(at, "1d")
    found = day
    for weekday in range(2, 8):
        found = nw.when(at.dt.weekday() == weekday).then(day.dt.offset_by(f"-{weekday - 1}d")).otherwise(found)
    return found


def _counts(question: Question, buckets: Sequence[Period], used: Frame) -> Frame:
    calendar, history = _calendar(question, buckets), bool(question.rosters)
    keys = ["roster_as_of"] if history else []
    by = ["_bucket", *question.user_dimensions]
    if history and question.valid == "any":
        standing = _standing(question, calendar)
        groups = count_by(standing, by, valid_users=nw.len())
        inside = used.join(standing, on=["user_id", "_bucket"], how="inner")
    else:
        accounts = question.chosen(question.roster)
        groups = _valid_groups(question, accounts, calendar, keys)
        dated = used.join(calendar, on="_bucket", how="inner").join(accounts, on=["user_id", *keys], how="inner")
        inside = keep(dated, _valid_in_window(accounts))
    active = count_by(inside, [*by, *question.use_dimensions], active_users=nw.len())
    if not question.labels:
        every = calendar.group_by("_bucket").agg(_rows=nw.len()).select("_bucket")
        none = every.with_columns(valid_users=nw.lit(0, dtype=nw.Int64))
        groups = union([groups.with_columns(whole("valid_users")), none])
    counted = gather(spread(groups, used, question.use_dimensions), active, [*by, *question.use_dimensions])
    return counted.rename({"_bucket": "period_start"})


def _calendar(question: Question, buckets: Sequence[Period]) -> Frame:
    """One row per bucket and roster in force: `_bucket`, the days that decide validity, `roster_as_of`."""
    lines: list[tuple[date, ...]] = []
    for bucket in buckets:
        for each in in_force(question.rosters, window(bucket, question.valid)):
            lines.append((bucket.start, each.start, each.end, *([each.roster] if each.roster else [])))
    columns = ["_bucket", "_first", "_end", *(["roster_as_of"] if question.rosters else [])]
    return literal_rows(question.roster, lines, columns)


def _valid_in_window(accounts: Frame) -> list[nw.Expr]:
    return valid_between(nw.col("_first"), nw.col("_end"), accounts.collect_schema().names())


def _valid_groups(question: Question, accounts: Frame, calendar: Frame, keys: Sequence[str]) -> Frame:
    """Valid users of each bucket and group: alike accounts are counted before they meet the calendar."""
    alike = [name for name in accounts.collect_schema().names() if name not in ("user_id", "_chosen")]
    groups = count_by(accounts, alike, _accounts=nw.len())
    met = groups.join(calendar, on=list(keys), how="inner") if keys else groups.join(calendar, how="cross")
    by = ["_bucket", *question.user_dimensions]
    return count_by(keep(met, _valid_in_window(accounts)), by, valid_users=nw.col("_accounts").sum())


def _standing(question: Question, calendar: Frame) -> Frame:
    """Each account once a bucket, by its latest row, where a roster in force in the bucket says valid."""
    met = question.roster.join(calendar, on="roster_as_of", how="inner")
    marked = met.with_columns(_valid=flag(_valid_in_window(question.roster)))
    latest = latest_row(marked, "user_id", "_bucket")
    kept = question.chosen(latest.filter(nw.col("_valid") == 1))
    return kept.select("user_id", "_bucket", *question.user_dimensions)


def _partial(question: Question, buckets: Sequence[Period]) -> nw.Expr:
    """A bucket is partial where it reaches past the last day that is known, and so are all after it."""
    first = next((bucket.start for bucket in buckets if question.is_partial(bucket)), None)
    return nw.lit(False) if first is None else nw.col("period_start") >= moment(first)
