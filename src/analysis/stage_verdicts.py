"""Where an area stands: the first stage whose goal is not reached, and what that says about what to do next."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.frames import Frame, ratio, whole
from analysis.period import Period
from analysis.rules import Rule
from analysis.stage_counts import Climb, climb, needs_of_stages
from analysis.stage_definitions import Definitions, Stages
from analysis.stage_targets import Targets, gap, share
from analysis.stages import wide_form
from analysis.takes import takes
from analysis.words import text

VERDICTS = ("none", "some", "all", "no_goal", "no_people")
STANDS = ("verdict", "reached_position", "position", "stage")
OF_STAGE = ("users", "rate", "target", "gap_users", "valid_users", "partial")


@takes("users", "activity", days=True, needs=needs_of_stages)
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
    judged = _judged(opened, wide_form(opened, counted, targets, labels))
    dimensions = [nw.col(helper).alias(label) for label, helper in labels.items()]
    return nw.maybe_reset_index(judged.select(*dimensions, *STANDS, *OF_STAGE)).to_native()


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


def _judged(opened: Climb, wide: Frame) -> Frame:
    """The verdict of every group, and the numbers of its first stage that is not reached."""
    gaps = {f"_gap{i}": gap(f"_g{i}", opened.reached[i], "valid_users") for i in range(len(opened.stages))}
    known = wide.with_columns(**gaps)
    places = range(len(opened.stages))
    open_at = known.with_columns(position=_first([nw.col(f"_gap{i}") > 0 for i in places], [*places]))
    before = nw.col("position").is_null()
    met = [(nw.col(f"_gap{i}") == 0) & (before | (nw.col("position") > nw.lit(i + 1))) for i in places]
    done = open_at.with_columns(reached_position=_position(_first(met[::-1], [*places][::-1])))
    named = done.with_columns(verdict=_state(opened), **_of_stage(opened))
    rated = named.with_columns(
        rate=ratio("users", "valid_users"), target=share("_goal"), gap_users=gap("_goal", "users", "valid_users")
    )
    partial = nw.lit(opened.question.is_partial(opened.question.period))
    return rated.with_columns(whole("valid_users"), partial=partial)


def _first(conditions: Sequence[nw.Expr], places: Sequence[int]) -> nw.Expr:
    """The position of the first condition that holds, null where none does."""
    cases = [
        nw.when(condition).then(nw.lit(i + 1, dtype=nw.Int64)) for condition, i in zip(conditions, places, strict=True)
    ]
    return nw.coalesce(*cases) if len(cases) > 1 else cases[0]


def _position(position: nw.Expr) -> nw.Expr:
    """A position, 0 where there is none."""
    return position.fill_null(0).cast(nw.Int64)


def _state(opened: Climb) -> nw.Expr:
    goals = [~nw.col(f"_g{i}").is_null() for i in range(len(opened.stages))]
    done, open_at = nw.col("reached_position") > 0, ~nw.col("position").is_null()
    found = nw.when(done & open_at).then(nw.lit("some")).otherwise(nw.lit("none"))
    found = nw.when(done & ~open_at).then(nw.lit("all")).otherwise(found)
    found = nw.when(nw.any_horizontal(*goals, ignore_nulls=False)).then(found).otherwise(nw.lit("no_goal"))
    return nw.when(nw.col("valid_users") > 0).then(found).otherwise(nw.lit("no_people"))


def _of_stage(opened: Climb) -> dict[str, nw.Expr]:
    """The columns of the stage at `position`."""
    wanted: dict[str, Any] = {"stage": [nw.lit(name) for name in opened.stages.names]}
    wanted["users"] = [nw.col(name) for name in opened.reached]
    wanted["_goal"] = [nw.col(f"_g{i}") for i in range(len(opened.stages))]
    found = {}
    for name, values in wanted.items():
        cases = [nw.when(nw.col("position") == i).then(value) for i, value in enumerate(values, 1)]
        found[name] = nw.coalesce(*cases) if len(cases) > 1 else cases[0]
    return found
