"""Surprises: customers who carry much and are hardly noticed, and those who are noticed and carry little."""

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.compare_rankings import rank_gaps
from analysis.errors import ChoiceError
from analysis.frames import facts, open_frames
from analysis.ranking_field import CUSTOMER

KINDS = (QUIET, LOUD) = ("quiet", "loud")
NAMES = {"value_a": "actual_value", "rank_a": "actual_rank", "value_b": "noticed_value", "rank_b": "noticed_rank"}


def surprises(
    measures: IntoFrameT,
    actual: str = "amount",
    noticed: str = "inquiries",
    *,
    top: float = 0.1,
    gap: float = 0.4,
) -> IntoFrameT:
    """Customers whose place by what counts is far from their place by what is noticed, in the whole field.

    Args:
        measures: see `ranking.rank_customers`.
        actual: the measure that counts.
        noticed: the measure by which they stand out (inquiries, visits, orders).
        top: in which first share of the field they are by one of the two, 0-1 (at least the first customer).
        gap: how much further down they are by the other, as a share of the field, 0-1.

    Returns:
        One row per surprise, unsorted: `customer_id`, `kind` (`quiet`: among the first by `actual` and far down by
        `noticed`; `loud`: the contrary), `actual_value`, `actual_rank`, `noticed_value`, `noticed_rank` (1, 1, 3), `of`
        (how many are ranked: who have both measures), `gap` (0-1; those who are equal stand in the middle
        of their places, so that a silence that nearly all share is no great gap).

    Raises:
        ChoiceError: `top` or `gap` is not between 0 and 1.
        TooFewCustomersError, EqualValuesError: see `compare_rankings.compare_rankings`.

    Note:
        Source: `definitions.DEFINITIONS["surprise"]`.
    """
    for option, value in (("top", top), ("gap", gap)):
        if isinstance(value, bool) or not 0 < value < 1:
            raise ChoiceError(option, value, ["0.1", "0.4"])
    (gaps,) = open_frames(gaps=rank_gaps(measures, actual, noticed))
    total = int(facts(gaps.select(n=nw.len()))["n"])
    first = nw.lit(max(total * top, 1.0))
    quiet = (nw.col("middle_a") <= first) & (nw.col("gap") >= nw.lit(gap))
    loud = (nw.col("middle_b") <= first) & (nw.col("gap") <= nw.lit(-gap))
    kind = nw.when(quiet).then(nw.lit(QUIET)).otherwise(nw.when(loud).then(nw.lit(LOUD)))
    found = gaps.with_columns(kind=kind).filter(~nw.col("kind").is_null())
    named = {new: nw.col(old) for old, new in NAMES.items()}
    result = found.select(CUSTOMER, "kind", **named, of=nw.col("of"), gap=nw.col("gap").abs())
    return nw.maybe_reset_index(result).to_native()
