"""Movement: who began and who stopped since the period before, and what changed the rate."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import arrays_movement
from analysis.errors import ChoiceError, MissingColumnError
from analysis.frames import Frame, count_by, names, ratio, union, whole
from analysis.moves import BEFORE, EFFECTS, MOVES, NOW
from analysis.people import measures, with_columns_of_users
from analysis.period import Period
from analysis.question import Question, ask, needs_of
from analysis.rules import Rule
from analysis.takes import Needs, takes

FLAGS = ("_before", "_now", "_used_before", "_used_now")


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period, before = call["period"], call["previous"] or call["period"].previous()
    edges = tuple(sorted({before.start, before.end, period.start, period.end}))
    both = replace(needs_of(user_columns, call), roster=None, edges=edges)
    return replace(both, since=edges[0], until=edges[-1])


def _needs_people(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(_needs(user_columns, call), since=None, days=call["period"])


@takes("users", "activity", days=True, needs=_needs, fast=arrays_movement.movement)
def movement(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    previous: Period | None = None,
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """What became of the same people since the period before.

    active_users - active_before = began - stopped + joined_active - left_active, in every row.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        previous: the period to compare with; None: `period.previous()`.
        by: columns of `users`; who changed them between two rosters left one part and joined another.

    Returns:
        One row per `by` value, unsorted: `valid_before`, `active_before`, `rate_before`, `valid_users`,
        `active_users`, `active_rate`; of those valid in both periods `began`, `stopped`, `kept`,
        `neither`; `joined` (valid now only), of them `joined_active` (active now); `left` (valid before
        only), of them `left_active` (active before); `partial`.
    """
    question = _ask(users, activity, period, by, valid, activities, where, as_of, (*BEFORE, *NOW, *MOVES, "partial"))
    before = previous or period.previous()
    sums = {name: nw.col(name).sum() for name in (*BEFORE[:2], *NOW[:2], *MOVES)}
    counted = count_by(_moves(question, before), question.user_dimensions, **sums)
    rated = counted.with_columns(
        rate_before=ratio("active_before", "valid_before"),
        active_rate=ratio("active_users", "valid_users"),
        partial=_partial(question, before),
    ).with_columns(whole(*sums))
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    return nw.maybe_reset_index(rated.select(*dimensions, *BEFORE, *NOW, *MOVES, "partial")).to_native()


@takes("users", "activity", days=True, needs=_needs, fast=arrays_movement.mix_effect)
def mix_effect(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    previous: Period | None = None,
    by: str | Iterable[str],
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The change of the total rate, split into the mix of the parts and the rates within them (Kitagawa 1955).

    change = mix_effect + rate_effect. With w a part's share of the valid users and r its rate:
    mix = sum of (w_now - w_before) * (r_before + r_now) / 2, rate = sum of (r_now - r_before) *
    (w_before + w_now) / 2. A part that exists in one period only changes the mix, at its own rate.

    Args:
        users, activity, period, previous, valid, activities, where, as_of: see `movement`.
        by: columns of `users`: what the parts are.

    Returns:
        One row: `rate_before`, `active_rate`, `change`, `mix_effect`, `rate_effect` (0-1, null where one
        period has no valid users), `reversed` (True where the total rises though no part rises and
        one falls, or the reverse; parts of both periods), `partial`.
    """
    question = _ask(users, activity, period, by, valid, activities, where, as_of, EFFECTS)
    before = previous or period.previous()
    sums = {name: nw.col(name).sum() for name in (*BEFORE[:2], *NOW[:2])}
    parts = count_by(_moves(question, before), question.user_dimensions, **sums).with_columns(whole(*sums))
    return _kitagawa(parts).with_columns(partial=_partial(question, before)).select(*EFFECTS).to_native()


@takes("users", "activity", days=True, needs=_needs_people)
def movers(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    move: str,
    previous: Period | None = None,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `movement`.

    Args:
        users, activity, period, previous, valid, activities, where, as_of: see `movement`.
        move: a column of it: `began`, `stopped`, `kept`, `neither`, `joined`, `joined_active`, `left`, `left_active`.

    Returns:
        The columns of `people`; who has left, with the attributes of the last roster that knew them.
    """
    if move not in MOVES:
        raise ChoiceError("move", move, list(MOVES))
    question = _ask(users, activity, period, (), valid, activities, where, as_of or period.end, ())
    before = previous or period.previous()
    chosen = _moves(question, before).filter(nw.col(move) == 1).select("user_id")
    listed = chosen.join(_latest(question, before), on="user_id", how="inner")
    measured = listed.join(measures(question), on="user_id", how="left")
    counted = measured.with_columns(days_active=nw.col("days_active").fill_null(0).cast(nw.Int64))
    return with_columns_of_users(question, counted).to_native()


def _ask(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    by: str | Iterable[str],
    valid: str,
    activities: str | Iterable[str | None] | None,
    where: Rule | Mapping[str, Any] | None,
    as_of: date | None,
    reserved: Collection[str],
) -> Question:
    question = ask(
        users, activity, period, by=by, valid=valid, activities=activities, where=where, as_of=as_of, reserved=reserved
    )
    for name in names(by):
        if question.labels[name] in question.use_dimensions:
            raise MissingColumnError("users", name, question.users.collect_schema().names())
    return question


def _moves(question: Question, before: Period) -> Frame:
    """One row per account (and part it was in), with 1 or 0 for every number of `movement`."""
    keys = ("user_id", *question.user_dimensions)
    zero, one = nw.lit(0, dtype=nw.Int64), nw.lit(1, dtype=nw.Int64)
    sides = [
        question.valid_accounts(before).select(*keys, _before=one, _now=zero),
        question.valid_accounts().select(*keys, _before=zero, _now=one),
    ]
    people = count_by(union(sides), keys, _before=nw.col("_before").sum(), _now=nw.col("_now").sum())
    for name, period in (("_used_before", before), ("_used_now", question.period)):
        used = question.used(period=period).select("user_id", one.alias(name))
        people = people.join(used, on="user_id", how="left")
    flags = {move: _is(*pattern) for move, pattern in MOVES.items()}
    return people.with_columns(whole(*FLAGS)).with_columns(
        valid_before=nw.col("_before"),
        valid_users=nw.col("_now"),
        active_before=nw.col("_before") * nw.col("_used_before"),
        active_users=nw.col("_now") * nw.col("_used_now"),
        **flags,
    )


def _is(*pattern: int | None) -> nw.Expr:
    """1 where the four flags are as in the pattern; None: whichever."""
    wanted = [nw.col(flag) == value for flag, value in zip(FLAGS, pattern, strict=True) if value is not None]
    return nw.when(*wanted).then(1).otherwise(0)


def _latest(question: Question, before: Period) -> Frame:
    """Every account of either period once, with the roster that knew it last."""
    keys = ["user_id", *(["roster_as_of"] if question.rosters else [])]
    both = union([question.accounts(each).select(*keys) for each in (before, question.period)])
    if not question.rosters:
        return both.group_by("user_id").agg(_rows=nw.len()).select("user_id")
    return both.group_by("user_id").agg(roster_as_of=nw.col("roster_as_of").max())


def _kitagawa(parts: Frame) -> Frame:
    totals = parts.select(*(nw.col(name).sum().alias(f"_{name}") for name in (*BEFORE[:2], *NOW[:2])))
    shared = parts.join(totals, how="cross").with_columns(
        _w0=ratio("valid_before", "_valid_before"),
        _w1=ratio("valid_users", "_valid_users"),
        _r0=ratio("active_before", "valid_before"),
        _r1=ratio("active_users", "valid_users"),
        _total0=ratio("_active_before", "_valid_before"),
        _total1=ratio("_active_users", "_valid_users"),
    )
    # a part without users on one side has no rate there: its own of the other side stands in
    known = shared.with_columns(
        _r0=nw.when(nw.col("valid_before") > 0).then(nw.col("_r0")).otherwise(nw.col("_r1")),
        _r1=nw.when(nw.col("valid_users") > 0).then(nw.col("_r1")).otherwise(nw.col("_r0")),
    )
    terms = known.with_columns(
        _mix=(nw.col("_w1") - nw.col("_w0")) * (nw.col("_r0") + nw.col("_r1")) / 2,
        _rate=(nw.col("_r1") - nw.col("_r0")) * (nw.col("_w0") + nw.col("_w1")) / 2,
        _rises=nw.when(nw.col("_r1") > nw.col("_r0")).then(1).otherwise(0),
        _falls=nw.when(nw.col("_r1") < nw.col("_r0")).then(1).otherwise(0),
    )
    row = terms.select(
        rate_before=nw.col("_total0").max(),
        active_rate=nw.col("_total1").max(),
        mix_effect=nw.col("_mix").sum(),
        rate_effect=nw.col("_rate").sum(),
        _rises=nw.col("_rises").sum(),
        _falls=nw.col("_falls").sum(),
    )
    change = nw.col("active_rate") - nw.col("rate_before")
    rises, falls = nw.col("_rises") > 0, nw.col("_falls") > 0
    against = ((change > 0) & falls & ~rises) | ((change < 0) & rises & ~falls)
    return row.with_columns(
        change=change,
        mix_effect=nw.when(~change.is_null()).then(nw.col("mix_effect")),
        rate_effect=nw.when(~change.is_null()).then(nw.col("rate_effect")),
        reversed=nw.when(against).then(nw.lit(True)).otherwise(nw.lit(False)),
    )


def _partial(question: Question, before: Period) -> nw.Expr:
    return nw.lit(question.is_partial(question.period) or question.is_partial(before))
