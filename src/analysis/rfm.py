"""RFM: how recently, how often and for how much a customer has bought, as scores and segments."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.customer_ids import CUSTOMER, unkeyed
from analysis.customer_orders import order_measures
from analysis.errors import ChoiceError, ScoreCutsError
from analysis.frames import Frame, facts, open_frames, require, text_frame, union, whole
from analysis.order_arrays import Make, Orders, covers, with_places
from analysis.order_lines import CANCELLATIONS, NET, open_lines
from analysis.period import Period
from analysis.ranking_field import NO_CUSTOMER, UNIT
from analysis.rfm_segments import Definitions, Segments, standard_segments
from analysis.rules import Rule
from analysis.takes import over_orders

SCORE = {"recency_days": "r", "frequency": "f", "monetary": "m"}
QUANTILE, R = "quantile", "r"
PLACES = ("_r", "_f", "_m", "_customers")  # of `order_arrays.with_places`
BINS = range(2, 11)
NO_ORDER = "no_order"
RESULT = (CUSTOMER, *SCORE, *SCORE.values(), "segment", "segment_place", "outside", "frequency_of")

Cuts = str | Mapping[str, Sequence[float]]


def _over_sorted(
    sorted_orders: Orders,
    make: Make,
    *,
    as_of: date | None = None,
    period: Period | None = None,
    bins: int = 5,
    cuts: Cuts = QUANTILE,
    segments: "Definitions | None" = None,
    cancellations: str = NET,
    **more: Any,
) -> Any | None:
    """`rfm` over sorted lines; None where they do not know enough."""
    edges = own_cuts(cuts, bins)
    chosen = standard_segments(bins=scores_of(bins, cuts)) if segments is None else Segments.of(segments)
    known = as_of or (period.last_day if period else None)
    if cancellations not in CANCELLATIONS or not covers(more, ()):
        return None
    found = sorted_orders.measures(as_of=known, period=period, cancellations=cancellations)
    if found is None:
        return None
    measured = found[0].select([CUSTOMER, "amount", "orders", "recency_days"])
    (frame,) = open_frames(measures=make(with_places(measured)))
    return _finished(frame, sorted_orders.by_order, (bins, edges, cuts == R), chosen)


@over_orders(_over_sorted)
def rfm(
    orders: IntoFrameT,
    *,
    as_of: date | None = None,
    period: Period | None = None,
    bins: int = 5,
    cuts: Cuts = QUANTILE,
    segments: "Definitions | None" = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Scores of recency, frequency and monetary value, and the segment that they make.

    Args:
        orders, cancellations, merges, currency, where: see `customers.measure_customers`.
        as_of: the last day that is known; None: the last day of the period, else that of the last order.
        period: half-open; only orders inside count. None: all up to `as_of`.
        bins: how many scores there are, 2-10, the best the highest.
        cuts: `quantile`: a value is above a cut where it is above the k/`bins` quantile (type 7), which looks at
            the order of the values only, so that their unit does not matter; `r`: the rule of the R package `rfm`, at
            the quantile + 1 (with 5 bins its scores exactly); or thresholds of one's own for some of `recency_days`,
            `frequency`, `monetary`: rising numbers, the next score from each on (up to each, for days).
        segments: see `rfm_segments.Segments`; None: `standard_segments()`.

    Returns:
        One row per customer, and one of nobody, unsorted: `customer_id`, `recency_days` (calendar days from the last
        order to `as_of`), `frequency` (orders), `monetary` (amount), `r`, `f`, `m` (1 the lowest; equal values have
        equal scores), `segment` and `segment_place` (from 1, the best first; null: no rule fits), `outside`
        (`no_customer`; `no_order`: cancellations alone, or nothing in the period: no scores), `frequency_of`
        (`order_id`: different order numbers; `rows`: lines, where the table has no numbers).

    Raises:
        ChoiceError: `bins` or `cuts` do not exist.
        ScoreCutsError: thresholds do not rise.
        BeforeFirstOrderError, CurrenciesError: see `customers.measure_customers`.

    Note:
        Source: `definitions.DEFINITIONS["rfm"]`.
    """
    edges = own_cuts(cuts, bins)
    chosen = standard_segments(bins=scores_of(bins, cuts)) if segments is None else Segments.of(segments)
    known = as_of or (period.last_day if period else None)
    lines = open_lines(
        orders,
        as_of=known,
        period=period,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        where=where,
    )
    found = unkeyed(order_measures(lines, ("amount", "orders", "recency_days")))
    if "recency_days" not in found.collect_schema():  # not one line
        found = found.with_columns(recency_days=nw.lit(None, dtype=nw.Float64))
    return _finished(found, lines.by_order, (bins, edges, cuts == R), chosen)


def _finished(
    found: Frame, by_order: bool, how: tuple[int, Mapping[str, Sequence[float]], bool], segments: Segments
) -> Any:
    """Scores and segments out of `customer_id`, `amount`, `orders` and `recency_days`."""
    bins, edges, as_r = how
    values = found.select(
        CUSTOMER,
        recency_days=nw.col("recency_days"),
        frequency=nw.col("orders"),
        monetary=_as_written(nw.col("amount").cast(nw.Float64).fill_null(0.0)),
        frequency_of=nw.lit("order_id" if by_order else "rows"),
        **{name: nw.col(name) for name in PLACES if name in found.collect_schema()},
    )
    scored = _scored(_with_outside(values), bins, edges, as_r)
    return nw.maybe_reset_index(_with_segment(scored, segments).select(*RESULT)).to_native()


def _as_written(amount: nw.Expr) -> nw.Expr:
    """The amount without what adding up floats has left behind, so that equal amounts are equal."""
    scaled = amount * UNIT
    near = scaled.round()
    return nw.when((scaled - near).abs() <= nw.lit(1e-6)).then(near / UNIT).otherwise(amount)


def own_cuts(cuts: Cuts, bins: int) -> dict[str, tuple[float, ...]]:
    """The thresholds of one's own, by measure.

    Raises:
        ChoiceError, ScoreCutsError: see `rfm`.
    """
    if isinstance(bins, bool) or bins not in BINS:
        raise ChoiceError("bins", bins, [str(n) for n in BINS])
    if isinstance(cuts, str):
        if cuts not in (QUANTILE, R):
            raise ChoiceError("cuts", cuts, (QUANTILE, R))
        return {}
    for measure, listed in cuts.items():
        if measure not in SCORE or not isinstance(listed, list | tuple) or not listed:
            raise ScoreCutsError(str(measure), listed)
        if not all(isinstance(each, int | float) and not isinstance(each, bool) for each in listed):
            raise ScoreCutsError(measure, list(listed))
        if any(not low < high for low, high in pairwise(listed)):
            raise ScoreCutsError(measure, list(listed))
    return {measure: tuple(listed) for measure, listed in cuts.items()}


def scores_of(bins: int, cuts: Cuts) -> dict[str, int]:
    """How many scores `r`, `f` and `m` have."""
    own = own_cuts(cuts, bins)
    return {score: len(own[measure]) + 1 if measure in own else bins for measure, score in SCORE.items()}


def _with_outside(values: Frame) -> Frame:
    """Who has no scores, and why; on pandas null is not even unequal."""
    nobody = nw.col(CUSTOMER).is_null()
    idle = (nw.col("frequency") <= 0) | nw.col("recency_days").is_null()
    why = nw.when(nobody).then(nw.lit(NO_CUSTOMER)).otherwise(nw.when(idle).then(nw.lit(NO_ORDER)))
    return values.with_columns(outside=why)


def _scored(values: Frame, bins: int, own: Mapping[str, Sequence[float]], as_r: bool) -> Frame:
    """The values with their scores; null for those outside."""
    inside = values.filter(nw.col("outside").is_null())
    placed = PLACES[0] in values.collect_schema()
    counted = values if placed else _placed(inside, own)
    statistics = _order_statistics(inside if placed else counted, bins, own) if as_r else {}
    scores = {
        score: _from_own(measure, own[measure])
        if measure in own
        else _from_r(measure, statistics[measure])
        if as_r
        else _from_place(measure, f"_{score}", bins)
        for measure, score in SCORE.items()
    }
    if placed:
        stands = nw.col("outside").is_null()
        return values.with_columns(**{score: nw.when(stands).then(each) for score, each in scores.items()})
    scored = counted.with_columns(**scores)
    return values.join(scored.select(CUSTOMER, *SCORE.values()), on=CUSTOMER, how="left")


def _placed(inside: Frame, own: Collection[str]) -> Frame:
    """Those with scores, the place of each value from the lowest up (1, 1, 3), and how many they are."""
    before = {f"_{score}": nw.col(measure).rank("min") for measure, score in SCORE.items() if measure not in own}
    ranked = inside.with_columns(**before) if before else inside
    return ranked.join(inside.select(_customers=nw.len()), how="cross").with_columns(whole("_customers"))


def _steps(conditions: Sequence[nw.Expr], measure: str) -> nw.Expr:
    """1 and one more for each condition; of days the contrary, so that the fewest score highest."""
    passed = nw.sum_horizontal(*(nw.when(each).then(1).otherwise(0) for each in conditions))
    return (len(conditions) + 1 - passed if measure == "recency_days" else passed + 1).cast(nw.Int64)


def _from_place(measure: str, place: str, bins: int) -> nw.Expr:
    """By how many values lie below: x is above the k/b quantile where more than (n - 1) k / b of n do.

    The type 7 quantile lies at or above the value at floor((n - 1) k / b), from 0, and below the next different one.
    """
    below = (nw.col(place).cast(nw.Int64) - 1) * bins
    return _steps([below > (nw.col("_customers") - 1) * k for k in range(1, bins)], measure)


def _from_own(measure: str, cuts: Sequence[float]) -> nw.Expr:
    value = nw.col(measure)
    days = measure == "recency_days"
    return _steps([value > nw.lit(cut) if days else value >= nw.lit(cut) for cut in cuts], measure)


def _from_r(measure: str, cuts: Sequence[float]) -> nw.Expr:
    return _steps([nw.col(measure) >= nw.lit(cut) for cut in cuts], measure)


def _order_statistics(counted: Frame, bins: int, own: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """The cuts of the R package: type 7 quantiles, worked out in fractions, + 1."""
    n = int(facts(counted.select(n=nw.len()))["n"])
    if not n:
        return {measure: [0.0] * (bins - 1) for measure in SCORE if measure not in own}
    places = {k: divmod((n - 1) * k, bins) for k in range(1, bins)}
    wanted = sorted({at for low, rest in places.values() for at in (low, low + (rest > 0))})
    measures = [measure for measure in SCORE if measure not in own]
    parts = {
        f"_{SCORE[m]}{at}": nw.when(nw.col(f"_{SCORE[m]}") <= nw.lit(at + 1)).then(nw.col(m))
        for m in measures
        for at in wanted
    }
    highest = {name: nw.col(name).max() for name in parts}
    found = facts(counted.with_columns(**parts).select(**highest))
    cuts = {}
    for m in measures:
        value = {at: Fraction(str(found[f"_{SCORE[m]}{at}"])) for at in wanted}
        cuts[m] = [
            float(value[low] + Fraction(rest, bins) * (value[low + (rest > 0)] - value[low]) + 1)
            for low, rest in places.values()
        ]
    return cuts


def _with_segment(scored: Frame, segments: Segments) -> Frame:
    """The first segment whose rule fits."""
    schema = scored.collect_schema()
    inside = nw.col("outside").is_null()
    fits = [segment.condition.expression(schema, "rfm") & inside for segment in segments]
    place = [nw.when(fit).then(nw.lit(i)) for i, fit in enumerate(fits, 1)]
    placed = scored.with_columns(segment_place=nw.coalesce(*place) if len(place) > 1 else place[0])
    named = [nw.when(nw.col("segment_place") == i).then(nw.lit(name)) for i, name in enumerate(segments.names, 1)]
    return placed.with_columns(segment=nw.coalesce(*named) if len(named) > 1 else named[0])


def rfm_bins(scores: IntoFrameT, *, bins: int = 5, cuts: Cuts = QUANTILE) -> IntoFrameT:
    """What each score holds: a score that nobody has shows that bins have collapsed, because values are equal.

    Args:
        scores: the result of `rfm`.
        bins, cuts: with which it was made.

    Returns:
        One row per measure and score, also of a score that nobody has, unsorted: `measure`, `score`, `customers`,
        `low`, `high` (the lowest and the highest value; null where there is none).
    """
    (frame,) = open_frames(scores=scores)
    require(frame, "rfm", *SCORE, *SCORE.values(), "outside")
    inside = frame.filter(nw.col("outside").is_null())
    parts = [
        inside.select(
            measure=nw.lit(measure), score=nw.col(score).cast(nw.Int64), _value=nw.col(measure).cast(nw.Float64)
        )
        for measure, score in SCORE.items()
    ]
    found = (
        union(parts)
        .group_by("measure", "score")
        .agg(customers=nw.len(), low=nw.col("_value").min(), high=nw.col("_value").max())
    )
    many = scores_of(bins, cuts)
    listed = [(m, str(i)) for m, score in SCORE.items() for i in range(1, many[score] + 1)]
    table = text_frame(frame, listed, ("measure", "_score")).with_columns(score=nw.col("_score").cast(nw.Int64))
    joined = table.drop("_score").join(found, on=["measure", "score"], how="left").with_columns(whole("customers"))
    return nw.maybe_reset_index(joined.select("measure", "score", "customers", "low", "high")).to_native()
