"""Counts of stages, put into the columns of the results: a row a group and stage, or the verdict of every group."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals.stable.v2 as nw

from analysis.frames import Frame, ratio, repeated, whole, wilson
from analysis.stage_counts import Ladder
from analysis.stage_targets import Targets, gap, goal_of, goals, share

STAGE = ("stage", "position", "users", "rate", "target", "gap_users")
STANDS = ("verdict", "reached_position", "position", "stage")
OF_STAGE = ("users", "rate", "target", "gap_users", "valid_users", "partial")
BESIDE = ("valid_users", "rate_low", "rate_high", "standing", "skipped", "partial")


def wide_form(ladder: Ladder, counted: Frame, targets: Targets, labels: Mapping[str, str]) -> Frame:
    """The counts of every group with the goal of every stage beside them: `_g0`, … (millionths)."""
    listed = goals(targets, ladder.stages, ladder.period, list(labels))
    schema = counted.collect_schema()
    found = {f"_g{i}": goal_of(listed[stage.name], labels, schema) for i, stage in enumerate(ladder.stages)}
    return counted.with_columns(**found)


def long_form(ladder: Ladder, counted: Frame, targets: Targets, labels: Mapping[str, str]) -> Frame:
    """The columns of `stages`, one row per group and stage."""
    wide = wide_form(ladder, counted, targets, labels)
    low, high = wilson("users", "valid_users")
    rated = _a_row_a_stage(ladder, wide, [*labels.values()]).with_columns(
        rate=ratio("users", "valid_users"),
        target=share("_goal"),
        gap_users=gap("_goal", "users", "valid_users"),
        rate_low=low,
        rate_high=high,
        partial=nw.lit(ladder.partial),
    )
    return rated.select(*(nw.col(helper).alias(label) for label, helper in labels.items()), *STAGE, *BESIDE)


def _a_row_a_stage(ladder: Ladder, wide: Frame, helpers: Sequence[str]) -> Frame:
    """Every group once for each stage."""
    places = [str(i) for i in range(len(ladder.stages))]

    def at(values: Sequence[Any]) -> nw.Expr:
        of_place = [
            nw.when(nw.col("_at") == nw.lit(place)).then(value) for place, value in zip(places, values, strict=True)
        ]
        return nw.coalesce(*of_place) if len(of_place) > 1 else of_place[0]

    reached = [nw.col(name) for name in ladder.reached]
    numbers = [nw.lit(i, dtype=nw.Int64) for i in range(1, len(places) + 1)]
    named = repeated(wide, places, "_at").with_columns(
        stage=at([nw.lit(name) for name in ladder.stages.names]),
        position=at(numbers),
        users=at(reached),
        _beyond=at([*reached[1:], nw.lit(0, dtype=nw.Int64)]),
        skipped=at([nw.col(name) for name in ladder.skipped]),
        _goal=at([nw.col(f"_g{place}") for place in places]),
    )
    stood = named.with_columns(standing=nw.col("users") - nw.col("_beyond"))
    return stood.select(*helpers, whole("valid_users", "users", "position", "standing", "skipped"), "stage", "_goal")


def judged(ladder: Ladder, wide: Frame) -> Frame:
    """The verdict of every group, and the numbers of its first stage that is not reached."""
    gaps = {f"_gap{i}": gap(f"_g{i}", ladder.reached[i], "valid_users") for i in range(len(ladder.stages))}
    known = wide.with_columns(**gaps)
    places = range(len(ladder.stages))
    open_at = known.with_columns(position=_first([nw.col(f"_gap{i}") > 0 for i in places], [*places]))
    before = nw.col("position").is_null()
    met = [(nw.col(f"_gap{i}") == 0) & (before | (nw.col("position") > nw.lit(i + 1))) for i in places]
    done = open_at.with_columns(reached_position=_position(_first(met[::-1], [*places][::-1])))
    named = done.with_columns(verdict=_state(ladder), **_of_stage(ladder))
    rated = named.with_columns(
        rate=ratio("users", "valid_users"), target=share("_goal"), gap_users=gap("_goal", "users", "valid_users")
    )
    partial = nw.lit(ladder.partial)
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


def _state(ladder: Ladder) -> nw.Expr:
    goals = [~nw.col(f"_g{i}").is_null() for i in range(len(ladder.stages))]
    done, open_at = nw.col("reached_position") > 0, ~nw.col("position").is_null()
    found = nw.when(done & open_at).then(nw.lit("some")).otherwise(nw.lit("none"))
    found = nw.when(done & ~open_at).then(nw.lit("all")).otherwise(found)
    found = nw.when(nw.any_horizontal(*goals, ignore_nulls=False)).then(found).otherwise(nw.lit("no_goal"))
    return nw.when(nw.col("valid_users") > 0).then(found).otherwise(nw.lit("no_people"))


def _of_stage(ladder: Ladder) -> dict[str, nw.Expr]:
    """The columns of the stage at `position`."""
    wanted: dict[str, Any] = {"stage": [nw.lit(name) for name in ladder.stages.names]}
    wanted["users"] = [nw.col(name) for name in ladder.reached]
    wanted["_goal"] = [nw.col(f"_g{i}") for i in range(len(ladder.stages))]
    found = {}
    for name, values in wanted.items():
        cases = [nw.when(nw.col("position") == i).then(value) for i, value in enumerate(values, 1)]
        found[name] = nw.coalesce(*cases) if len(cases) > 1 else cases[0]
    return found
