"""The people behind every number of `stages`."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import stage_arrays
from analysis.errors import ChoiceError
from analysis.frames import Frame
from analysis.people import measures, with_columns_of_users
from analysis.period import Period
from analysis.question import Question
from analysis.rules import Rule
from analysis.stage_counts import climb, needs_of_stages
from analysis.stage_definitions import Definitions
from analysis.takes import Needs, takes

STANDINGS = ("reached", "not_reached", "standing", "next", "skipped")


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(needs_of_stages(user_columns, call), since=None)


@takes("users", "activity", days=True, needs=_needs, fast=stage_arrays.listed)
def stage_people(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    stage: str,
    state: str = "reached",
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `stages`.

    Args:
        users, activity, period, definitions, valid, activities, where, as_of: see `stages`. The people of a
            cell are those of a `where` that names its values.
        stage: its name.
        state: `reached` (the column `users`) and `not_reached`, which make up the valid; `standing` (here and no
            further), `next` (stand right before it: of the first stage all who have not reached it), `skipped`
            (fulfil it without an earlier one).

    Returns:
        The columns of `people`.
    """
    if state not in STANDINGS:
        raise ChoiceError("state", state, STANDINGS)
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of or period.end}
    opened = climb(users, activity, period, definitions, by=(), reserved=(), **options)
    if stage not in opened.stages.names:
        raise ChoiceError("stage", stage, opened.stages.names)
    place = opened.stages.names.index(stage)
    at = nw.col("_position")
    conditions = {
        "reached": at > place,
        "not_reached": at <= place,
        "standing": at == place + 1,
        "next": at == place,
        "skipped": nw.col(opened.skipped[place]) == 1,
    }
    return listed(opened.question, opened.stood(period).filter(conditions[state])).to_native()


def listed(question: Question, chosen: Frame) -> Frame:
    """The columns of `people` for the chosen accounts."""
    keys = ["user_id", *(["roster_as_of"] if question.rosters else [])]
    measured = chosen.select(*keys).join(measures(question), on="user_id", how="left")
    counted = measured.with_columns(days_active=nw.col("days_active").fill_null(0).cast(nw.Int64))
    return with_columns_of_users(question, counted)
