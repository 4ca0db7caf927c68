"""Median times that count what is still open: the curve of Kaplan and Meier (1958)."""

from collections.abc import Sequence

import narwhals.stable.v2 as nw

from analysis.frames import Frame

HALF = 0.5 + 1e-9  # a curve that reaches one half only up to the last digit has reached it


def km_median(frame: Frame, groups: Sequence[str], *, days: str, left: str, name: str) -> Frame:
    """The time by which half have left, by the curve of Kaplan and Meier; open ones count as long as they are seen.

    Args:
        frame: one row per case.
        groups: columns to group by, at least one; blank is a group.
        days: time in the step, so far where it is open; null: the row is not looked at.
        left: 1 where the case has left after `days`, 0 where it was still there.
        name: the column of the result.

    Returns:
        One row per group whose curve comes down to one half: the smallest time at which it is at most
        1/2 (the convention of lifelines). A group that has not come so far is no row. At equal times those who
        leave go before those who stay.

    Source: Kaplan & Meier, Nonparametric Estimation from Incomplete Observations, JASA 53 (1958).
    """
    seen = frame.filter(~nw.col(days).is_null()).select(*groups, _days=nw.col(days), _left=nw.col(left))
    times = seen.group_by(*groups, "_days").agg(_left=nw.col("_left").sum(), _seen=nw.len())
    counted = times.with_columns(nw.col("_left", "_seen").cast(nw.Float64), _backwards=-nw.col("_days"))
    at_risk = counted.with_columns(_at_risk=nw.col("_seen").cum_sum().over(*groups, order_by=["_backwards"]))
    staying = at_risk.with_columns(_stay=1 - nw.col("_left") / nw.col("_at_risk"))
    curve = staying.with_columns(_curve=nw.col("_stay").cum_prod().over(*groups, order_by=["_days"]))
    below = curve.filter(nw.col("_curve") <= nw.lit(HALF))
    return below.group_by(*groups).agg(_median=nw.col("_days").min()).rename({"_median": name})
