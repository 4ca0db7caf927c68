"""Where an area stands: the first stage whose goal is not reached, and what that says about what to do next."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import stage_arrays
from analysis.period import Period
from analysis.rules import Rule
from analysis.stage_counts import climb, needs_of_stages
from analysis.stage_definitions import Definitions, Stages
from analysis.stage_forms import OF_STAGE, STANDS, judged, wide_form
from analysis.stage_targets import Targets
from analysis.takes import takes
from analysis.words import text

VERDICTS = ("none", "some", "all", "no_goal", "no_people")


@takes("users", "activity", days=True, needs=needs_of_stages, fast=stage_arrays.verdicts)
def stage_verdicts(
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
    """How far every group has come with its goals, the foundation first.

    Args:
        users, activity, period, definitions, by, targets, valid, activities, where, as_of: see `stages`.

    Returns:
        One row per `by` value, unsorted: `verdict` (`none`: the goal of the first stage is not reached; `some`:
        reached up to `reached_position`; `all`; `no_goal`; `no_people`), `reached_position` (0: none),
        `position` and `stage` of the first stage whose goal is not reached (null where there is none), and of that
        stage `users`, `rate`, `target`, `gap_users`; `valid_users`, `partial`. A stage without a goal holds nobody up.
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
        reserved=(*STANDS, *OF_STAGE),
    )
    question, labels = opened.question, opened.question.labels
    counted = opened.counts(period, question.user_dimensions, question.use_dimensions)
    found = judged(opened.ladder, wide_form(opened.ladder, counted, targets, labels))
    dimensions = [nw.col(helper).alias(label) for label, helper in labels.items()]
    return nw.maybe_reset_index(found.select(*dimensions, *STANDS, *OF_STAGE)).to_native()


def verdict_sentence(row: Mapping[str, Any], definitions: Definitions, place: str, language: str) -> str:
    """The verdict in a sentence: 「関東：①認知 達成 → 次は②定着」.

    Args:
        row: of `stage_verdicts`, its values plain.
        definitions: as they were handed to it.
        place: what to call the group.
        language: of the sentence; the stages keep the names they were given.
    """
    stages = Stages.of(definitions)
    state = row["verdict"]
    if state in ("no_goal", "no_people"):
        return text(language, f"stages.verdict_{state}", place=place)
    done = int(row["reached_position"])
    shown = [i for i, stage in enumerate(stages, 1) if i <= done and (stage.goal is not None or i == done)]
    reached = text(language, "stages.comma").join(_numbered(stages, i) for i in shown)
    if state == "all":
        return text(language, "stages.verdict_all", place=place, reached=reached)
    first = int(row["position"])
    stage, later = _numbered(stages, first), "".join(map(number, range(first + 1, len(stages) + 1)))
    if state == "some":
        return text(language, "stages.verdict_some", place=place, reached=reached, stage=stage)
    if not later:
        return text(language, "stages.verdict_none", place=place, stage=stage)
    return text(language, "stages.verdict_none_later", place=place, stage=stage, later=later)


def number(position: int) -> str:
    """The position of a stage as it is written: ①, ②, …"""
    return chr(ord("①") + position - 1) if position <= 20 else f"({position})"


def _numbered(stages: Stages, position: int) -> str:
    return f"{number(position)}{stages.names[position - 1]}"
