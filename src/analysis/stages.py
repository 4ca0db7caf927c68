"""Stages: how far people have come, the foundation first, against a goal for each stage."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import stage_arrays
from analysis.frames import union
from analysis.period import Period
from analysis.rules import Rule
from analysis.stage_counts import climb, needs_of_stages
from analysis.stage_definitions import Definitions
from analysis.stage_forms import BESIDE, STAGE, long_form
from analysis.stage_targets import Targets
from analysis.takes import takes


@takes("users", "activity", days=True, needs=needs_of_stages, fast=stage_arrays.counted)
def stages(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str] = (),
    targets: Targets = None,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """How many valid users have reached each stage, and how many more its goal needs.

    Foundation first: a person has reached a stage who fulfils its rule and the rule of every earlier one.

    Args:
        users, activity, period, by, valid, activities, where, as_of: see `active_rate`. Over a dimension of the
            activity the rules look at the use with that value alone.
        definitions: `Stages`, or `Stage`s or their dicts in order, or their JSON.
        targets: goals that take the place of those in the definitions: see `stage_targets.goals`.

    Returns:
        One row per `by` value and stage, unsorted: `stage`, `position` (from 1), `users` (reached it),
        `rate` (of the valid, 0-1, null where there is none), `target` (0-1, null: no goal), `gap_users` (how many more
        reach the goal, 0 where it is reached), `valid_users`, `rate_low`, `rate_high` (Wilson, 95 %), `standing` (who
        stands here: reached this stage and not the next), `skipped` (fulfil it without an earlier one: in no other
        count of this row), `partial`.

    Raises:
        NoStageError, DuplicateStageError, StageRuleError, StageGoalError, StagesTextError: the definitions.
        MissingColumnError: also where a rule looks at kinds and the activity has no column `activity`.

    Note:
        Weeks and months count where the person was valid, by the dates on the row of the roster that counts; a
        week or month that the period cuts is one. Source: `definitions` (`stage_rate`).
    """
    opened = climb(
        users,
        activity,
        period,
        definitions,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=(*STAGE, *BESIDE),
    )
    question = opened.question
    counted = opened.counts(period, question.user_dimensions, question.use_dimensions)
    return nw.maybe_reset_index(long_form(opened.ladder, counted, targets, question.labels)).to_native()


@takes("users", "activity", days=True, needs=needs_of_stages, fast=stage_arrays.counted_with_total)
def stages_with_total(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str],
    targets: Targets = None,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """`stages` of every group and of all of them together, counted anew.

    Args:
        users, activity, period, definitions, by, targets, valid, activities, where, as_of: see `stages`.

    Returns:
        The columns of `stages` and `level`: 0 for a group, 1 for the total, whose dimensions are null.
    """
    opened = climb(
        users,
        activity,
        period,
        definitions,
        by=by,
        valid=valid,
        activities=activities,
        where=where,
        as_of=as_of,
        reserved=(*STAGE, *BESIDE, "level"),
    )
    question, labels = opened.question, opened.question.labels
    groups = opened.counts(period, question.user_dimensions, question.use_dimensions)
    types = groups.collect_schema()
    parts = long_form(opened.ladder, groups, targets, labels)
    folded = [nw.lit(None, dtype=types[helper]).alias(label) for label, helper in labels.items()]
    total = long_form(opened.ladder, opened.counts(period, (), ()), targets, {})
    total = (total.with_columns(*folded) if folded else total).select(*labels, *STAGE, *BESIDE)
    levels = [each.with_columns(level=nw.lit(i, dtype=nw.Int64)) for i, each in enumerate((parts, total))]
    return nw.maybe_reset_index(union(levels)).to_native()
