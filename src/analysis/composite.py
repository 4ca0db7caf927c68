"""A score out of several measures: each scaled, weighed and added up, and why a customer stands where they stand."""

from collections.abc import Mapping
from math import isfinite

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError, EqualValuesError, TooFewCustomersError, WeightError, ZeroWeightsError
from analysis.frames import Frame, facts, plain, union
from analysis.ranking_field import CUSTOMER, LOW_FIRST, NO_CUSTOMER, NO_VALUE, UNIT, open_measures, with_value

RANK, STANDARD = "rank", "standard"
SCALES = (RANK, STANDARD)
RESULT = ("score", "rank", "of", "outside")


def composite(measures: IntoFrameT, weights: Mapping[str, float], *, scale: str = RANK) -> IntoFrameT:
    """Customers in the order of a weighted score.

    Args:
        measures: see `ranking.rank_customers`.
        weights: measure -> weight. Only their proportion matters; one of 0 leaves the measure out, one below 0
            turns it around.
        scale: `rank`: 100 for the first, 0 for the last, those who are equal in the middle of their places;
            `standard`: standard deviations (of all customers) above the mean. Of `recency_days` and the like the
            lowest are the first.

    Returns:
        The rows as they are, and `score` (in ten-thousandths, so that its parts add up exactly), `rank` (1, 1, 3),
        `of`, `outside` (`no_customer`; `no_value`: one of the measures is missing; neither has a score).

    Raises:
        ZeroWeightsError: no weight other than 0.
        WeightError: a weight is no number.
        ChoiceError: no such scale.
        EqualValuesError: a weighed measure is the same for all.
        TooFewCustomersError: fewer than two customers have all measures; see also `ranking.rank_customers`.

    Note:
        Source: `definitions.DEFINITIONS["composite"]`.
    """
    scored, columns = _scored(measures, weights, scale)
    return nw.maybe_reset_index(scored.select(*columns, *RESULT)).to_native()


def composite_parts(measures: IntoFrameT, weights: Mapping[str, float], *, scale: str = RANK) -> IntoFrameT:
    """What each measure adds to each customer's score: a waterfall.

    Args:
        measures, weights, scale: see `composite`.

    Returns:
        One row per customer with a score and measure with a weight, unsorted: `customer_id`, `measure`, `value`,
        `measure_rank` (1, 1, 3 among them), `of`, `weight` (its share of all weights), `scaled`, `contribution` (in
        ten-thousandths; those of a customer add up to `score`), `score`.
    """
    scored, _ = _scored(measures, weights, scale)
    inside = scored.filter(nw.col("outside").is_null())
    parts = [
        inside.select(
            CUSTOMER,
            measure=nw.lit(measure),
            value=nw.col(f"_v{i}") / nw.col(f"_u{i}"),
            measure_rank=nw.col(f"_place{i}").cast(nw.Int64),
            of=nw.col("of"),
            weight=nw.lit(share),
            scaled=nw.col(f"_s{i}"),
            contribution=nw.col(f"_c{i}") / UNIT,
            score=nw.col("score"),
        )
        for i, (measure, share) in enumerate(shares(weights).items())
    ]
    return nw.maybe_reset_index(union(parts)).to_native()


def shares(weights: Mapping[str, float]) -> dict[str, float]:
    """The weights other than 0 as shares of all, without their signs.

    Raises:
        ZeroWeightsError, WeightError: see `composite`.
    """
    for measure, weight in weights.items():
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not isfinite(weight):
            raise WeightError(measure, weight)
    whole = sum(abs(weight) for weight in weights.values())
    if not whole:
        raise ZeroWeightsError([*weights])
    return {measure: weight / whole for measure, weight in weights.items() if weight}


def _scored(measures: IntoFrameT, weights: Mapping[str, float], scale: str) -> tuple[Frame, tuple[str, ...]]:
    """The rows with `RESULT`, and of each measure `_v` (value), `_u` (unit), `_place`, `_s` (scaled), `_c` (part)."""
    if scale not in SCALES:
        raise ChoiceError("scale", scale, SCALES)
    weighed = shares(weights)
    frame, schema = open_measures(measures, weighed, reserved=RESULT)
    for i, measure in enumerate(weighed):
        frame, unit = with_value(frame, schema, measure, f"_v{i}")
        frame = frame.with_columns(nw.lit(unit).alias(f"_u{i}"))
    values = [f"_v{i}" for i in range(len(weighed))]
    nobody = plain(CUSTOMER, schema[CUSTOMER]).is_null()
    lacking = nw.any_horizontal(*(nw.col(name).is_null() for name in values), ignore_nulls=True)
    why = nw.when(nobody).then(nw.lit(NO_CUSTOMER)).otherwise(nw.when(lacking).then(nw.lit(NO_VALUE)))
    stood = frame.with_columns(outside=why)
    inside = stood.filter(nw.col("outside").is_null())
    total = _total(inside, weighed)
    scaled = inside.with_columns(**_places(weighed)).with_columns(of=nw.lit(total, dtype=nw.Int64))
    scaled = _scaled(scaled, weighed, scale)
    parts = {f"_c{i}": (nw.col(f"_s{i}") * share * UNIT + 0.5).floor() for i, share in enumerate(weighed.values())}
    added = scaled.with_columns(**parts)
    summed = added.with_columns(_score=nw.sum_horizontal(*(nw.col(name) for name in parts)))
    ranked = summed.with_columns(score=nw.col("_score") / UNIT, rank=nw.col("_score").rank("min", descending=True))
    helpers = [f"{name}{i}" for name in ("_place", "_s", "_c") for i in range(len(weighed))]
    kept = ranked.with_columns(nw.col("rank").cast(nw.Int64)).select(CUSTOMER, "score", "rank", "of", *helpers)
    return stood.join(kept, on=CUSTOMER, how="left"), tuple(schema.names())


def _total(inside: Frame, weighed: Mapping[str, float]) -> int:
    """How many have a score, once that can be told."""
    ends = {f"{end}{i}": getattr(nw.col(f"_v{i}"), end)() for i in range(len(weighed)) for end in ("min", "max")}
    found = facts(inside.select(n=nw.len(), **ends))
    total = int(found["n"] or 0)
    if total < 2:
        raise TooFewCustomersError(total, 2)
    for i, measure in enumerate(weighed):
        if found[f"min{i}"] == found[f"max{i}"]:
            unit = int(facts(inside.select(unit=nw.col(f"_u{i}").max()))["unit"])
            raise EqualValuesError(measure, found[f"min{i}"] / unit)
    return total


def _places(weighed: Mapping[str, float]) -> dict[str, nw.Expr]:
    """The place of each value and the middle of those who are equal, the best first."""
    found = {}
    for i, measure in enumerate(weighed):
        best_high = measure not in LOW_FIRST
        found[f"_place{i}"] = nw.col(f"_v{i}").rank("min", descending=best_high)
        found[f"_middle{i}"] = nw.col(f"_v{i}").rank("average", descending=best_high)
    return found


def _scaled(placed: Frame, weighed: Mapping[str, float], scale: str) -> Frame:
    if scale == RANK:
        of = nw.col("of")
        return placed.with_columns(
            **{f"_s{i}": (of - nw.col(f"_middle{i}")) * 100 / (of - 1) for i in range(len(weighed))}
        )
    means = {f"_mean{i}": nw.col(f"_v{i}").mean() for i in range(len(weighed))}
    spread = placed.join(placed.select(**means), how="cross").with_columns(
        **{f"_square{i}": (nw.col(f"_v{i}") - nw.col(f"_mean{i}")) ** 2 for i in range(len(weighed))}
    )
    variances = {f"_variance{i}": nw.col(f"_square{i}").mean() for i in range(len(weighed))}
    both = spread.join(spread.select(**variances), how="cross")
    sign = [-1 if measure in LOW_FIRST else 1 for measure in weighed]
    return both.with_columns(
        **{
            f"_s{i}": (nw.col(f"_v{i}") - nw.col(f"_mean{i}")) * sign[i] / nw.col(f"_variance{i}").sqrt()
            for i in range(len(weighed))
        }
    )
