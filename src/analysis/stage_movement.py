"""Movement between stages: who rose, fell, stayed, joined and left since the period before."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis import stage_arrays
from analysis.errors import ChoiceError, MissingColumnError
from analysis.frames import Frame, count_by, names, union, whole
from analysis.period import Period
from analysis.question import Question
from analysis.rules import Rule
from analysis.stage_arrays import MATRIX
from analysis.stage_counts import Climb, climb, needs_of_stages
from analysis.stage_definitions import Definitions
from analysis.stage_people import listed
from analysis.takes import Needs, takes

STAGE_MOVES = stage_arrays.MOVES
SUMS = ("valid_before", "valid_users", *STAGE_MOVES)


def _needs(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    period, before = call["period"], call["previous"] or call["period"].previous()
    found = needs_of_stages(user_columns, call)
    edges = tuple(sorted({before.start, before.end, period.start, period.end}))
    both = Period(edges[0], edges[-1])
    return replace(found, roster=None, edges=edges, days=both, since=both.start, until=both.end)


def _needs_people(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    return replace(_needs(user_columns, call), since=None)


@takes("users", "activity", days=True, needs=_needs, fast=stage_arrays.moved)
def stage_movement(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    previous: Period | None = None,
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The matrix of stages: where people stood in the period before, and where they stand now.

    Args:
        users, activity, period, definitions, valid, activities, where, as_of: see `stages`.
        previous: the period to compare with; None: `period.previous()`.
        by: columns of `users`; who changed them between two rosters left one part and joined another.

    Returns:
        One row per `by` value and cell that anybody stands in, unsorted: `from_stage`, `from_position`, `to_stage`,
        `to_position` (position 0: before the first stage, its name null; position null: not valid then), `move`
        (`rose`, `fell`, `stayed`, `joined`, `left`), `users`, `partial` (one of the periods is).
    """
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of}
    opened = _open(users, activity, period, definitions, by, MATRIX, options)
    before, question = previous or period.previous(), opened.question
    people = _moved(opened, before)
    cells = count_by(people, [*question.user_dimensions, "_from", "_to", "move"], users=nw.len())
    named = cells.with_columns(**_ends(opened), partial=_partial(question, before)).with_columns(whole("users"))
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    return nw.maybe_reset_index(named.select(*dimensions, *MATRIX)).to_native()


@takes("users", "activity", days=True, needs=_needs)
def stage_moves(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    previous: Period | None = None,
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """How many rose and fell: `stage_movement`, added up.

    Args:
        users, activity, period, definitions, previous, by, valid, activities, where, as_of: see `stage_movement`.

    Returns:
        One row per `by` value, unsorted: `valid_before` = rose + fell + stayed + left, `valid_users` = rose + fell +
        stayed + joined, `rose`, `fell`, `stayed`, `joined`, `left`, `partial`.
    """
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of}
    opened = _open(users, activity, period, definitions, by, (*SUMS, "partial"), options)
    before, question = previous or period.previous(), opened.question
    moved = _moved(opened, before).with_columns(
        valid_before=nw.when(nw.col("_from") > 0).then(1).otherwise(0),
        valid_users=nw.when(nw.col("_to") > 0).then(1).otherwise(0),
        **{move: nw.when(nw.col("move") == move).then(1).otherwise(0) for move in STAGE_MOVES},
    )
    sums = {name: nw.col(name).sum() for name in SUMS}
    counted = count_by(moved, question.user_dimensions, **sums)
    dimensions = [nw.col(helper).alias(label) for label, helper in question.labels.items()]
    rows = counted.select(*dimensions, whole(*SUMS), partial=_partial(question, before))
    return nw.maybe_reset_index(rows).to_native()


@takes("users", "activity", days=True, needs=_needs_people, fast=stage_arrays.movers)
def stage_movers(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    *,
    move: str | None = None,
    cell: tuple[int | None, int | None] | None = None,
    previous: Period | None = None,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `stage_movement` or `stage_moves`.

    Args:
        users, activity, period, definitions, previous, valid, activities, where, as_of: see `stage_movement`.
        move: one of `STAGE_MOVES`; None: every one.
        cell: (`from_position`, `to_position`) of the matrix, None for who was not valid then; None: every cell.

    Returns:
        The columns of `people`; who has left, with the attributes of the last roster that knew them.
    """
    if move is not None and move not in STAGE_MOVES:
        raise ChoiceError("move", move, STAGE_MOVES)
    options = {"valid": valid, "activities": activities, "where": where, "as_of": as_of or period.end}
    opened = _open(users, activity, period, definitions, (), (), options)
    before = previous or period.previous()
    chosen = _moved(opened, before)
    if move is not None:
        chosen = chosen.filter(nw.col("move") == move)
    if cell is not None:
        start, end = (0 if at is None else at + 1 for at in cell)
        chosen = chosen.filter(nw.col("_from") == nw.lit(start), nw.col("_to") == nw.lit(end))
    known = chosen.select("user_id").join(_latest(opened.question, before), on="user_id", how="inner")
    return listed(opened.question, known).to_native()


def _open(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    definitions: Definitions,
    by: str | Iterable[str],
    reserved: Collection[str],
    options: Mapping[str, Any],
) -> Climb:
    opened = climb(users, activity, period, definitions, by=by, reserved=reserved, **options)
    for name in names(by):
        if opened.question.labels[name] in opened.question.use_dimensions:
            raise MissingColumnError("users", name, opened.question.users.collect_schema().names())
    return opened


def _moved(opened: Climb, before: Period) -> Frame:
    """One row per account (and part it was in): `_from`, `_to` (0: not valid, else position + 1), `move`."""
    keys = ("user_id", *opened.question.user_dimensions)
    at, none = (nw.col("_position") + 1).cast(nw.Int64), nw.lit(0, dtype=nw.Int64)
    sides = [
        opened.stood(before).select(*keys, _from=at, _to=none),
        opened.stood(opened.question.period).select(*keys, _from=none, _to=at),
    ]
    people = count_by(union(sides), keys, _from=nw.col("_from").sum(), _to=nw.col("_to").sum())
    return people.with_columns(whole("_from", "_to")).with_columns(move=_move())


def _move() -> nw.Expr:
    start, end = nw.col("_from"), nw.col("_to")
    found = nw.when(end > start).then(nw.lit("rose")).otherwise(nw.lit("stayed"))
    found = nw.when(end < start).then(nw.lit("fell")).otherwise(found)
    found = nw.when(start == 0).then(nw.lit("joined")).otherwise(found)
    return nw.when(end == 0).then(nw.lit("left")).otherwise(found)


def _ends(opened: Climb) -> dict[str, nw.Expr]:
    """Names and positions of both ends of a cell."""
    found: dict[str, nw.Expr] = {}
    for end in ("from", "to"):
        place = nw.col(f"_{end}")
        found[f"{end}_position"] = nw.when(place > 0).then(place - 1)
        cases = [nw.when(place == i).then(nw.lit(name)) for i, name in enumerate(opened.stages.names, 2)]
        found[f"{end}_stage"] = nw.coalesce(*cases) if len(cases) > 1 else cases[0]
    return found


def _latest(question: Question, before: Period) -> Frame:
    """Every account of either period once, with the roster that knew it last."""
    keys = ["user_id", *(["roster_as_of"] if question.rosters else [])]
    both = union([question.accounts(each).select(*keys) for each in (before, question.period)])
    if not question.rosters:
        return both.group_by("user_id").agg(_rows=nw.len()).select("user_id")
    return both.group_by("user_id").agg(roster_as_of=nw.col("roster_as_of").max())


def _partial(question: Question, before: Period) -> nw.Expr:
    return nw.lit(question.is_partial(question.period) or question.is_partial(before))
