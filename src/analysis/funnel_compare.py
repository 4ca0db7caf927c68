"""Two funnels side by side: period against period, group against group, with intervals for the difference."""

from collections.abc import Iterable

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import FunnelsDifferError
from analysis.frames import Frame, open_frames, ratio, require, rows, whole, wilson
from analysis.funnel_steps import Step, plan

COUNTS = ("entered", "reached")
SIDES = ("first", "second")


def funnel_compare(first: IntoFrameT, second: IntoFrameT, steps: Iterable[str | Step]) -> IntoFrameT:
    """Two results of `funnel` for the same steps, and by how much the second differs.

    The interval is Newcombe's hybrid score interval (method 10 in R. G. Newcombe, "Interval estimation for the
    difference between independent proportions: comparison of eleven methods", Statistics in Medicine 17, 1998,
    873-890): with p1, p2 the rates and l, u the bounds of their 95 % Wilson intervals, the difference d = p2 - p1
    lies between d - sqrt((p2 - l2)² + (u1 - p1)²) and d + sqrt((u2 - p2)² + (p1 - l1)²).

    Args:
        first, second: a result of `funnel` each, one row a step (of a result by dimension, the rows of one group).
        steps: the steps of both.

    Returns:
        One row a step, unsorted: `step`, `position`; of each side (`_first`, `_second`) `entered`, `reached`,
        `step_rate`, `overall_rate`; of both rates `…_difference` (second - first, in rates: 0.1 is ten
        points), `…_low`, `…_high`; null where a denominator is 0.

    Raises:
        FunnelsDifferError: the two do not have the same steps, each once.

    Note:
        The interval takes the two sides as independent. Who stands in both, as people do in two periods, makes
        it wider than it need be or, more rarely, narrower.
    """
    asked = plan(steps, "in_order", None, None)
    sides = open_frames(first=first, second=second)
    labels = [(place, asked.steps[place - 1].label) for place in asked.positions]
    for side in sides:
        require(side, "funnel", "step", "position", *COUNTS)
        found = sorted((int(row["position"]), row["step"]) for row in rows(side.select("position", "step")))
        if found != labels:
            raise FunnelsDifferError([name for _, name in labels], [name for _, name in found])
    befores = {place: asked.before(place) for place in asked.later}
    left, right = (_side(side, name, befores) for side, name in zip(sides, SIDES, strict=True))
    both = left.join(right.drop("step"), on="position", how="inner")
    stepwise, overall = _difference("step_rate", "_of"), _difference("overall_rate", "entered")
    shown = [f"{name}_{side}" for side in SIDES for name in (*COUNTS, "step_rate", "overall_rate")]
    found_all = both.select("step", "position", *shown, **stepwise, **overall)
    return nw.maybe_reset_index(found_all).to_native()


def _side(result: Frame, name: str, befores: dict[int, int]) -> Frame:
    """One side's counts under its name, with those who reached the step before as `_of`."""
    counted = result.select("step", nw.col("position").cast(nw.Int64), whole(*COUNTS))
    before = nw.lit(0, dtype=nw.Int64)
    for place, earlier in befores.items():
        before = nw.when(nw.col("position") == place).then(nw.lit(earlier, dtype=nw.Int64)).otherwise(before)
    places = counted.with_columns(_place=before)
    reached = counted.select(_place=nw.col("position"), _of=nw.col("reached"))
    found = places.join(reached, on="_place", how="left").with_columns(_of=nw.col("_of").fill_null(0))
    rated = found.with_columns(step_rate=ratio("reached", "_of"), overall_rate=ratio("reached", "entered"))
    kept = (*COUNTS, "_of", "step_rate", "overall_rate")
    return rated.select("step", "position", **{f"{each}_{name}": nw.col(each) for each in kept})


def _difference(rate: str, below: str) -> dict[str, nw.Expr]:
    """Newcombe's interval of one rate."""
    (low1, high1), (low2, high2) = (wilson(f"reached_{side}", f"{below}_{side}") for side in SIDES)
    one, two = (nw.col(f"{rate}_{side}") for side in SIDES)
    down = ((two - low2) * (two - low2) + (high1 - one) * (high1 - one)).sqrt()
    up = ((high2 - two) * (high2 - two) + (one - low1) * (one - low1)).sqrt()
    return {f"{rate}_difference": two - one, f"{rate}_low": two - one - down, f"{rate}_high": two - one + up}
