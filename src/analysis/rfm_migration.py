"""From one segment to another: RFM of two days against each other."""

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER, one_type
from analysis.frames import Frame, open_frames, require, union, whole

MOVES = (UP, DOWN, SAME, NEW, GONE) = ("up", "down", "same", "new", "gone")
NOWHERE = 1_000_000  # below every segment: no rule fits
KEPT = ("r", "f", "m", "monetary", "segment")
PLACES = ("from_segment", "from_place", "to_segment", "to_place", "move")


def rfm_movers(before: IntoFrameT, now: IntoFrameT) -> IntoFrameT:
    """Which customer was in which segment, and is in which now.

    Args:
        before, now: results of `rfm.rfm` with the same segments.

    Returns:
        One row per customer with scores on either day, unsorted: `customer_id`, `from_segment`, `from_place`,
        `to_segment`, `to_place` (null: no rule fits, or no scores), `move` (`up`, `down`: into a segment that stands
        before or behind in the table of segments; `same`, `new`, `gone`), and `r`, `f`, `m`, `monetary` of now, and
        with `_before` of then.

    Raises:
        MissingColumnError: a table is no result of `rfm`.
        MixedFramesError: they are of different engines.
        KeyTypeError: the ids are texts in one of them only.
    """
    then_frame, now_frame = open_frames(before=before, now=now)
    sides = {"before": _scored(then_frame, "before"), "now": _scored(now_frame, "now")}
    one_type([(name, side.collect_schema()[CUSTOMER]) for name, side in sides.items()])
    marked = [
        side.select(CUSTOMER, _then=nw.lit(int(name == "before")), _now=nw.lit(int(name == "now")))
        for name, side in sides.items()
    ]
    either = union(marked).group_by(CUSTOMER).agg(_then=nw.col("_then").max(), _now=nw.col("_now").max())
    renamed = {name: f"{name}_before" for name in (*KEPT, "segment_place")}
    both = either.join(sides["before"].rename(renamed), on=CUSTOMER, how="left").join(
        sides["now"], on=CUSTOMER, how="left"
    )
    placed = both.with_columns(
        _from=nw.col("segment_place_before").fill_null(NOWHERE), _to=nw.col("segment_place").fill_null(NOWHERE)
    )
    there = nw.when(nw.col("_then") == 0).then(nw.lit(NEW)).otherwise(nw.when(nw.col("_now") == 0).then(nw.lit(GONE)))
    better, worse = nw.col("_to") < nw.col("_from"), nw.col("_to") > nw.col("_from")
    step = nw.when(better).then(nw.lit(UP)).otherwise(nw.when(worse).then(nw.lit(DOWN)).otherwise(nw.lit(SAME)))
    said = placed.with_columns(move=nw.coalesce(there, step))
    scores = [name for name in KEPT if name != "segment"]
    return nw.maybe_reset_index(
        said.select(
            CUSTOMER,
            from_segment=nw.col("segment_before"),
            from_place=nw.col("segment_place_before"),
            to_segment=nw.col("segment"),
            to_place=nw.col("segment_place"),
            move=nw.col("move"),
            **{name: nw.col(name) for name in scores},
            **{f"{name}_before": nw.col(f"{name}_before") for name in scores},
        )
    ).to_native()


def rfm_migration(before: IntoFrameT, now: IntoFrameT) -> IntoFrameT:
    """How many customers went from each segment to each.

    Args:
        before, now: see `rfm_movers`.

    Returns:
        One row per pair of segments that somebody has gone, unsorted: `from_segment`, `from_place`, `to_segment`,
        `to_place`, `move`, `customers` (those who are new have no `from_segment`, those who are gone no `to_segment`).
    """
    (movers,) = open_frames(movers=rfm_movers(before, now))
    blank = movers.with_columns(
        _from=nw.col("from_segment").fill_null(""),
        _to=nw.col("to_segment").fill_null(""),
        _from_place=nw.col("from_place").fill_null(NOWHERE),
        _to_place=nw.col("to_place").fill_null(NOWHERE),
    )
    counted = blank.group_by("_from", "_from_place", "_to", "_to_place", "move").agg(customers=nw.len())
    named = counted.with_columns(
        whole("customers"),
        from_segment=nw.when(nw.col("_from") != "").then(nw.col("_from")),
        to_segment=nw.when(nw.col("_to") != "").then(nw.col("_to")),
        from_place=nw.when(nw.col("_from") != "").then(nw.col("_from_place")),
        to_place=nw.when(nw.col("_to") != "").then(nw.col("_to_place")),
    )
    return nw.maybe_reset_index(named.select(*PLACES, "customers")).to_native()


def _scored(frame: Frame, table: str) -> Frame:
    require(frame, table, CUSTOMER, *KEPT, "segment_place", "outside")
    return frame.filter(nw.col("outside").is_null()).select(CUSTOMER, *KEPT, "segment_place")
