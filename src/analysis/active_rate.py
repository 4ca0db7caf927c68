"""Active rate: who was active, out of everyone who could have been."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import product
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import arrays
from analysis.frames import Frame, count_by, names, ratio, union, whole, wilson
from analysis.period import Period
from analysis.question import COUNTS, Question, ask, needs_of
from analysis.rules import Rule
from analysis.takes import Needs, takes

CELLS = ("valid_users", "active_users")


def _needs_pivot(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return needs_of(user_columns, call, labels=[*names(call["rows"]), *names(call["columns"])])


@takes("users", "activity", days=True, needs=needs_of, fast=arrays.rate)
def active_rate(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """Active rate = valid users who were active in `period` / valid users.

    Args:
        users: one row per account; `user_id`, optionally `valid_from`, `valid_to` (timestamps, last
            valid day, null = no end), `status`, and any dimension. With `roster_as_of` it is a
            history, one row per account and roster; the roster in force is used.
        activity: one row per action; `user_id`, `occurred_at` (timestamp, local time), optionally
            `activity` (its kind) and any dimension.
        period: half-open `[start, end)`.
        by: columns to group by: of `users`, else of `activity` (`activity.<name>` where both have
            it); `()` gives one row. A value of the activity's columns is a row in every group, 0 of N too.
        valid: whom to count: valid on the `end` (last day) or `start` of the period, or on `any` day.
        activities: kinds of activity that count as use; None: every one.
        where: a `Rule` over users' columns (whom to count) and the activity's (which actions count).
        as_of: the last day that is known; None: the day of the last event in `activity`.

    Returns:
        One row per `by` value, unsorted: `valid_users`, `active_users` (accounts), `active_rate`
        (0-1, null where no user is valid), `rate_low`, `rate_high` (Wilson, 95 %), `partial`.
        A group without valid users is no row, unless `by` is empty.

    Raises:
        MissingColumnError: a column named above is absent.
        ColumnTypeError: a moment is no timestamp, or has a time zone; ids of two types.
        DuplicateKeyError: an account stands in `users` twice, or without an id.

    Note:
        Actions of ids that are not valid users are left out (`id_equation` counts them). Rates do
        not add up: add the counts, then divide. Source: `definitions.ACTIVE_RATE`.
    """
    question = ask(users, activity, period, by=by, valid=valid, activities=activities, where=where, as_of=as_of)
    return finish(cells(question, question.use_dimensions), question).to_native()


@takes("users", "activity", days=True, needs=_needs_pivot, fast=arrays.pivot)
def active_rate_pivot(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    rows: str | Iterable[str],
    columns: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The active rate of every cell, subtotal and total of a pivot, each counted by itself.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        rows: dimensions down the side, outermost first.
        columns: dimensions across the top, outermost first.

    Returns:
        In long form and unsorted: the dimensions (null where folded, or blank), the columns of
        `active_rate`, and `row_level`, `column_level`: how many of the row and column dimensions, from the
        innermost, are folded into this row (0 and 0: a cell).

    Note:
        A total of users' dimensions is the sum of its cells, because a user stands in one of them;
        over the activity's dimensions people are counted anew, once each.
    """
    down, across = names(rows), names(columns)
    question = ask(
        users,
        activity,
        period,
        by=[*down, *across],
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=(*COUNTS, "row_level", "column_level"),
    )
    return finish(union(_levels(question, down, across)), question, tail=("row_level", "column_level")).to_native()


def cells(question: Question, use_dimensions: Sequence[str]) -> Frame:
    """Valid and active users of every cell, by all dimensions of users and these of the activity."""
    valid, used = question.valid_accounts(), question.used(*use_dimensions)
    by = question.user_dimensions
    if not use_dimensions:
        both = valid.join(used, on="user_id", how="left")
        return count_by(both, by, valid_users=nw.len(), active_users=nw.col("_used").count())
    groups = count_by(valid, by, valid_users=nw.len()).filter(nw.col("valid_users") > 0)
    active = count_by(used.join(valid, on="user_id", how="inner"), [*by, *use_dimensions], active_users=nw.len())
    return gather(spread(groups, used, use_dimensions), active, [*by, *use_dimensions])


def spread(groups: Frame, used: Frame, use_dimensions: Sequence[str]) -> Frame:
    """Every group crossed with every observed value of each dimension of the activity."""
    for name in use_dimensions:
        groups = groups.join(used.group_by(name).agg(_rows=nw.len()).select(name), how="cross")
    return groups


def gather(valid: Frame, active: Frame, by: Sequence[str]) -> Frame:
    """Counts of valid and of active users side by side; as a sum, because a join loses blank values."""
    none = nw.lit(0, dtype=nw.Int64)
    both = [
        valid.select(*by, whole("valid_users"), active_users=none),
        active.select(*by, whole("active_users"), valid_users=none).select(*by, *CELLS),
    ]
    return add_up(union(both), by)


def add_up(counts: Frame, by: Sequence[str]) -> Frame:
    """The counts of `by`, added up."""
    return count_by(counts, by, **{name: nw.col(name).sum() for name in CELLS})


def _levels(question: Question, down: Sequence[str], across: Sequence[str]) -> list[Frame]:
    """One frame per level of the pivot, from the cells to the grand total."""
    found: dict[tuple[str, ...], Frame] = {}
    levels = []
    for row_level, column_level in product(range(len(down) + 1), range(len(across) + 1)):
        shown = [*down[: len(down) - row_level], *across[: len(across) - column_level]]
        kept = [question.labels[name] for name in shown]
        uses = tuple(name for name in kept if name.startswith("_a"))
        if uses not in found:
            found[uses] = cells(question, uses)
        finest = (*question.user_dimensions, *uses)
        level = found[uses] if set(kept) == set(finest) else add_up(found[uses], kept)
        levels.append(_filled(level, question, row_level, column_level))
    return levels


def _filled(level: Frame, question: Question, row_level: int, column_level: int) -> Frame:
    """The level with every dimension as a column, null where it is folded."""
    present = level.collect_schema().names()
    types = {**question.roster.collect_schema(), **question.uses.collect_schema()}
    shown = [
        nw.col(name) if name in present else nw.lit(None, dtype=types[name]).alias(name)
        for name in question.labels.values()
    ]
    place = {"row_level": nw.lit(row_level, dtype=nw.Int64), "column_level": nw.lit(column_level, dtype=nw.Int64)}
    return level.select(*shown, whole(*CELLS), **place)


def finish(
    counts: Frame,
    question: Question,
    *,
    lead: Sequence[str] = (),
    tail: Sequence[str] = (),
    partial: nw.Expr | None = None,
) -> Frame:
    """Rate, interval and mark beside the counts, dimensions under the names they were asked by."""
    low, high = wilson("active_users", "valid_users")
    rated = counts.select(
        *lead,
        *(nw.col(helper).alias(label) for label, helper in question.labels.items()),
        whole(*CELLS),
        ratio("active_users", "valid_users").alias("active_rate"),
        low.alias("rate_low"),
        high.alias("rate_high"),
        (nw.lit(question.is_partial(question.period)) if partial is None else partial).alias("partial"),
        *tail,
    )
    return nw.maybe_reset_index(rated)
