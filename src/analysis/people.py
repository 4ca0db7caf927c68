"""The people behind the active rate: lists, the equation of the ids, and who stands in several parts."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import arrays
from analysis.errors import ChoiceError
from analysis.frames import Frame, count_by, is_blank, moment, start_of, whole
from analysis.period import Period
from analysis.question import Question, ask, needs_of
from analysis.roster import beside_users
from analysis.rules import Rule
from analysis.takes import Needs, takes

STATES = ("valid", "active", "inactive", "never", "invalid", "outside")


def _needs_people(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(needs_of(user_columns, call), since=None, days=call["period"])


@takes("users", "activity", days=True, needs=_needs_people, fast=arrays.listed)
def people(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    state: str,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `active_rate` or `id_equation`.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`. The people of a
            cell are those of a `where` that names its values.
        state: `valid`; `active` and `inactive`, which make up the valid; `never`, the inactive without
            any use in all the history given before the end of the period; `invalid`, who used it without
            being valid; `outside`, ids in the log that no roster in force knows.

    Returns:
        One row per account, unsorted: the columns of `users` (null for `outside`), `last_active`
        (the last day of use before the end of the period, null: none), `days_active` (days of use in it).
        A column of `users` that is called like one of the two comes as `users.<its name>`.
    """
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    question = ask(users, activity, period, valid=valid, activities=activities, where=where, as_of=as_of or period.end)
    listed = _in_state(question, state)
    return with_columns_of_users(question, listed).to_native()


def _in_state(question: Question, state: str) -> Frame:
    """`user_id`, `roster_as_of` where there is a history, and the measures."""
    accounts = question.accounts()
    measured = measures(question)
    if state == "outside":
        known = measured.filter(nw.col("days_active") > 0, ~is_blank(measured, "user_id"))
        strangers = known.join(accounts, on="user_id", how="anti")
        return strangers if question.strangers else strangers.filter(nw.col("days_active") < 0)
    listed = accounts.join(measured, on="user_id", how="left")
    listed = listed.with_columns(days_active=nw.col("days_active").fill_null(0).cast(nw.Int64))
    used, valid = nw.col("days_active") > 0, nw.col("_valid") == 1
    conditions = {
        "valid": [valid],
        "active": [valid, used],
        "inactive": [valid, ~used],
        "never": [valid, nw.col("last_active").is_null()],
        "invalid": [~valid, used],
    }
    return listed.filter(*conditions[state])


def measures(question: Question) -> Frame:
    """When each id in the log was last active before the end of the period, and on how many of its days."""
    before = question.uses.filter(nw.col("occurred_at") < moment(question.period.end))
    days = before.with_columns(_day=start_of(nw.col("occurred_at"), "1d"))
    each = days.group_by("user_id", "_day").agg(_uses=nw.len())
    counted = each.with_columns(_inside=nw.when(nw.col("_day") >= moment(question.period.start)).then(1).otherwise(0))
    found = counted.group_by("user_id").agg(last_active=nw.col("_day").max(), days_active=nw.col("_inside").sum())
    return found.with_columns(days_active=nw.col("days_active").cast(nw.Int64))


def with_columns_of_users(question: Question, listed: Frame) -> Frame:
    """The list with every column of the users table beside each account."""
    keys = ["user_id", *(["roster_as_of"] if question.rosters and "roster_as_of" in listed.collect_schema() else [])]
    users = question.users
    if len(keys) == 1 and question.rosters:
        # strangers: nobody to join, but the columns must be there
        users = users.filter(nw.col("user_id").is_null())
    return beside_users(users, listed, keys)


@takes("users", "activity", days=True, needs=needs_of, fast=arrays.equation)
def id_equation(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """Every id in the log of the period: ids_in_log = active + invalid + outside.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`. A rule about
            users' columns leaves `outside` at 0, because a stranger has none.

    Returns:
        One row: `ids_in_log` (distinct ids, blank ones left out), `active` (valid users), `invalid` (on the
        roster, not valid), `outside` (on no roster in force), `partial`.
    """
    question = ask(users, activity, period, valid=valid, activities=activities, where=where, as_of=as_of)
    used = question.used()
    accounts = question.accounts().select("user_id", "_valid")
    found = used.filter(~is_blank(used, "user_id")).join(accounts, on="user_id", how="left")
    if not question.strangers:
        found = found.filter(~nw.col("_valid").is_null())
    named = found.with_columns(
        active=nw.when(nw.col("_valid") == 1).then(1).otherwise(0),
        invalid=nw.when(nw.col("_valid") == 0).then(1).otherwise(0),
        outside=nw.when(nw.col("_valid").is_null()).then(1).otherwise(0),
    )
    sums = {name: nw.col(name).sum() for name in ("active", "invalid", "outside")}
    counted = count_by(named, (), ids_in_log=nw.len(), **sums)
    return counted.select(whole("ids_in_log", *sums), partial=nw.lit(question.is_partial(period))).to_native()


@takes("users", "activity", days=True, needs=needs_of)
def overlap(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    by: str | Iterable[str],
    *,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The active users who stand in more than one part, and so are counted in each, but once in the total.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        by: what the parts are; only dimensions of the activity can overlap.

    Returns:
        One row per account, unsorted: `user_id`, `parts` (how many, 2 or more).
    """
    question = ask(
        users,
        activity,
        period,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of or period.end,
        reserved=("user_id", "parts"),
    )
    people = question.valid_accounts().select("user_id")
    inside = question.used(*question.use_dimensions).join(people, on="user_id", how="inner")
    counted = inside.group_by("user_id").agg(parts=nw.len())
    return nw.maybe_reset_index(counted.filter(nw.col("parts") > 1)).to_native()
