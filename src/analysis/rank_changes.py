"""Ranks now against ranks before: who has risen, who has fallen, who is new and who is gone."""

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import KeyTypeError
from analysis.frames import Frame, is_text, open_frames, union
from analysis.ranking_field import CUSTOMER, open_field, placed

CHANGES = (RISEN, FALLEN, SAME, NEW, GONE) = ("risen", "fallen", "same", "new", "gone")


def rank_changes(
    measures: IntoFrameT, before: IntoFrameT, by: str = "amount", *, ascending: bool | None = None
) -> IntoFrameT:
    """How the rank of each customer differs from the one before.

    Args:
        measures: of now, see `ranking.rank_customers`.
        before: of the time before, the same measure.
        by, ascending: see `ranking.rank_customers`.

    Returns:
        One row per customer who has a rank in either, unsorted: `customer_id`, `value`, `rank`, `of`, `value_before`,
        `rank_before`, `of_before`, `rank_change` (places risen; below 0: fallen; null for who is new or gone),
        `change` (`risen`, `fallen`, `same`, `new`, `gone`).

    Raises:
        KeyTypeError: the ids are texts in one table only.
        MixedFramesError: tables of different engines; see also `ranking.rank_customers`.
    """
    now_frame, before_frame = open_frames(measures=measures, before=before)
    now, then = (_ranked(frame.to_native(), by, ascending) for frame in (now_frame, before_frame))
    types = [frame.collect_schema()[CUSTOMER] for frame in (now, then)]
    if is_text(types[0]) != is_text(types[1]):
        raise KeyTypeError("before", CUSTOMER, str(types[1]), str(types[0]))
    sides = [_side(now, 1), _side(then, 0)]
    sums = {name: nw.col(name).max() for name in ("_now", "_then")}
    keys = union([side.select(CUSTOMER, "_now", "_then") for side in sides]).group_by(CUSTOMER).agg(**sums)
    both = keys.join(now, on=CUSTOMER, how="left").join(then.rename(_BEFORE), on=CUSTOMER, how="left")
    moved = nw.col("rank_before") - nw.col("rank")
    changed = both.with_columns(rank_change=moved)
    there = nw.when(nw.col("_now") == 0).then(nw.lit(GONE)).otherwise(nw.when(nw.col("_then") == 0).then(nw.lit(NEW)))
    steps = (
        nw.when(nw.col("rank_change") > 0)
        .then(nw.lit(RISEN))
        .otherwise(nw.when(nw.col("rank_change") < 0).then(nw.lit(FALLEN)).otherwise(nw.lit(SAME)))
    )
    said = changed.with_columns(change=nw.coalesce(there, steps))
    columns = (CUSTOMER, *_BEFORE, *_BEFORE.values(), "rank_change", "change")
    return nw.maybe_reset_index(said.select(*columns)).to_native()


_BEFORE = {"value": "value_before", "rank": "rank_before", "of": "of_before"}


def _ranked(measures: IntoFrameT, by: str, ascending: bool | None) -> Frame:
    field = open_field(measures, by, ascending=ascending)
    ranked = placed(field).filter(~nw.col("_value").is_null())
    return ranked.select(
        CUSTOMER,
        value=nw.col("_value") / field.unit,
        rank=nw.col("_rank").cast(nw.Int64),
        of=nw.col("_of").cast(nw.Int64),
    )


def _side(ranked: Frame, now: int) -> Frame:
    return ranked.with_columns(_now=nw.lit(now), _then=nw.lit(1 - now))
