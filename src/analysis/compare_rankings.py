"""Rankings against each other: how many of the first are the same, how far the orders agree, and where they do not."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError, EqualValuesError, RankingCountError, TooFewCustomersError
from analysis.frames import Frame, facts, names, plain, union
from analysis.rank_correlation import array, kendall, kendall_interval, spearman, spearman_interval
from analysis.ranking_field import CUSTOMER, LOW_FIRST, open_measures, with_value

NUMBERS = ("spearman", "spearman_low", "spearman_high", "tau", "tau_low", "tau_high")
COUNTS = ("customers", "left_out", "top", "in_a", "in_b", "both")


def compare_rankings(measures: IntoFrameT, columns: str | Iterable[str], *, top: int = 20) -> IntoFrameT:
    """How far two or more rankings of the same customers agree, pair by pair.

    Args:
        measures: see `ranking.rank_customers`.
        columns: the measures, two or more; of `recency_days` and the like the lowest are the first.
        top: how many of the first are looked at.

    Returns:
        One row per pair, unsorted: `a`, `b`, `customers` (who have both measures: only they are counted), `left_out`
        (who have one or none), `top`, `in_a`, `in_b` (customers up to that rank: more where the last of them is a tie;
        those who share the last place of all are no first), `both`, `spearman`, `tau` (tau-b), and of
        each the 95 % interval `_low`, `_high` (null below 4 or 5 customers and where the orders are the same or the
        contrary; all null where those who have both measures are equal in one).

    Raises:
        RankingCountError: fewer than two measures.
        ChoiceError: `top` is below 1.
        TooFewCustomersError: fewer than two customers have a measure.
        EqualValuesError: a measure is the same for all who have it; see also `ranking.rank_customers`.

    Note:
        Intervals take the customers for a sample. Sources in `rank_correlation`.
        Source: `definitions.DEFINITIONS["top_overlap"]`, `["rank_correlation"]`.
    """
    chosen = _chosen(columns)
    if isinstance(top, bool) or top < 1:
        raise ChoiceError("top", top, ["10", "20"])
    frame, valued = _valued(measures, chosen)
    fetched = {name: array(valued, f"_v{i}") for i, name in enumerate(chosen)}
    for i, name in enumerate(chosen):
        _check(valued.filter(~nw.col(f"_v{i}").is_null()), {i: name})
    pairs = [_pair(a, b, fetched[a], fetched[b], top) for a, b in combinations(chosen, 2)]
    return nw.maybe_reset_index(_table(frame, pairs)).to_native()


def rank_gaps(measures: IntoFrameT, a: str, b: str) -> IntoFrameT:
    """Where each customer stands by two measures, and how far apart the places are.

    Args:
        measures: see `ranking.rank_customers`.
        a, b: the measures.

    Returns:
        One row per customer who has both, unsorted: `customer_id`, `value_a`, `rank_a`, `value_b`, `rank_b` (1, 1, 3),
        `of` (how many are ranked), `middle_a`, `middle_b` (ranks, those who are equal in the middle of their places),
        `gap` (how much further down they stand by `b`, as a share of the field, -1 to 1, by these).

    Raises:
        TooFewCustomersError, EqualValuesError: of those who have both; see also `compare_rankings`.
    """
    chosen = _chosen((a, b))
    _, valued = _valued(measures, chosen)
    both = valued.filter(~nw.col("_v0").is_null() & ~nw.col("_v1").is_null())
    total = _check(both, dict(enumerate(chosen)))
    places = {}
    for i, name in enumerate(chosen):
        best_high = name not in LOW_FIRST
        places[f"_rank{i}"] = nw.col(f"_v{i}").rank("min", descending=best_high)
        places[f"_middle{i}"] = nw.col(f"_v{i}").rank("average", descending=best_high)
    ranked = both.with_columns(**places)
    result = ranked.select(
        CUSTOMER,
        value_a=nw.col("_v0") / nw.col("_u0"),
        rank_a=nw.col("_rank0").cast(nw.Int64),
        value_b=nw.col("_v1") / nw.col("_u1"),
        rank_b=nw.col("_rank1").cast(nw.Int64),
        of=nw.col("_one") * total,
        gap=(nw.col("_middle1") - nw.col("_middle0")) / total,
        middle_a=nw.col("_middle0"),
        middle_b=nw.col("_middle1"),
    )
    return nw.maybe_reset_index(result).to_native()


def _chosen(columns: str | Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(names(columns)))
    if len(chosen) < 2:
        raise RankingCountError(chosen, 2)
    return chosen


def _valued(measures: IntoFrameT, columns: Sequence[str]) -> tuple[Frame, Frame]:
    """The table as it came, and the customers with `_v0`, … (their values), `_u0`, … (the unit) and `_one`."""
    frame, schema = open_measures(measures, columns)
    valued = frame.filter(~plain(CUSTOMER, schema[CUSTOMER]).is_null()).with_columns(_one=nw.lit(1, dtype=nw.Int64))
    for i, name in enumerate(columns):
        valued, unit = with_value(valued, schema, name, f"_v{i}")
        valued = valued.with_columns(nw.lit(unit).alias(f"_u{i}"))
    return frame, valued


def _check(ranked: Frame, columns: Mapping[int, str]) -> int:
    """How many customers there are, once they can be compared."""
    ends = {f"{end}{i}": getattr(nw.col(f"_v{i}"), end)() for i in columns for end in ("min", "max")}
    units = {f"unit{i}": nw.col(f"_u{i}").max() for i in columns}
    found = facts(ranked.select(n=nw.len(), **ends, **units))
    total = int(found["n"] or 0)
    if total < 2:
        raise TooFewCustomersError(total, 2)
    for i, name in columns.items():
        if found[f"min{i}"] == found[f"max{i}"]:
            raise EqualValuesError(name, found[f"min{i}"] / found[f"unit{i}"])
    return total


def _pair(a: str, b: str, x: np.ndarray, y: np.ndarray, top: int) -> dict[str, Any]:
    known = ~np.isnan(x) & ~np.isnan(y)
    n = int(known.sum())
    first, second = (v if name in LOW_FIRST else -v for name, v in ((a, x[known]), (b, y[known])))
    in_a, in_b = _in_top(first, top), _in_top(second, top)
    rho, tau = spearman(first, second), kendall(first, second)
    counts = (n, len(x) - n, top, int(in_a.sum()), int(in_b.sum()), int((in_a & in_b).sum()))
    numbers = (rho, *spearman_interval(rho, n), tau, *kendall_interval(tau, n))
    return {"a": a, "b": b, **dict(zip(COUNTS, counts, strict=True)), **dict(zip(NUMBERS, numbers, strict=True))}


def _in_top(order: np.ndarray, top: int) -> np.ndarray:
    """Who is among the first: a tie that reaches past the last of them belongs to them, but not the last of all."""
    ordered = np.sort(order)
    rank = np.searchsorted(ordered, order, side="left") + 1
    last = np.searchsorted(ordered, order, side="right")
    return (rank <= top) & ((last <= top) | (order < ordered[-1]))


def _table(like: Frame, pairs: Sequence[Mapping[str, Any]]) -> Frame:
    """The pairs as a frame on the engine of `like`."""
    one = like.select(_rows=nw.len())
    columns = ("a", "b", *COUNTS, *NUMBERS)
    made = [
        one.with_columns(
            **{name: nw.lit(pair[name]) for name in ("a", "b")},
            **{name: nw.lit(pair[name], dtype=nw.Int64) for name in COUNTS},
            **{name: nw.lit(pair[name], dtype=nw.Float64) for name in NUMBERS},
        ).select(*columns)
        for pair in pairs
    ]
    return union(made)
