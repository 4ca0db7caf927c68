"""How far two orders of the same customers agree: Spearman's rho and Kendall's tau-b, each with an interval."""

from math import atanh, isqrt, sqrt, tanh
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np

from analysis.frames import Z95, Frame, facts

Bounds = tuple[float | None, float | None]


def spearman(x: np.ndarray, y: np.ndarray) -> float | None:
    """The correlation of the ranks, those who are equal in the middle of theirs; None where one is the same for all."""
    if not len(x):
        return None
    first, second = (middle_ranks(each) for each in (x, y))
    a, b = first - first.mean(), second - second.mean()
    scale = sqrt(float(a @ a) * float(b @ b))
    return max(-1.0, min(1.0, float(a @ b) / scale)) if scale else None


def middle_ranks(x: np.ndarray) -> np.ndarray:
    """Ranks from 1, those who are equal in the middle of theirs."""
    _, where, counts = np.unique(x, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return ((last - counts + 1 + last) / 2)[where]


def kendall(x: np.ndarray, y: np.ndarray) -> float | None:
    """tau-b in n log n steps and a little (Knight, JASA 61, 1966); None where one is the same for all.

    Sorted by x, then y, a pair is discordant where the later y is lower.
    """
    order = np.lexsort((y, x))
    first, second = (np.unique(each, return_inverse=True)[1][order] for each in (x, y))
    n = len(first)
    pairs = n * (n - 1) // 2
    tied_x, tied_y = _tied(first), _tied(second)
    tied_both = _tied(first * (int(second.max(initial=0)) + 1) + second)
    agree = pairs - tied_x - tied_y + tied_both - 2 * inversions(second)
    return _tau(agree, pairs - tied_x, pairs - tied_y)


def kendall_pairs(frame: Frame, a: str, b: str) -> float | None:
    """tau-b of two columns by every pair of different points, on any engine; it grows with the square of these."""
    points = frame.group_by(a, b).agg(_n=nw.len()).select(_a=nw.col(a), _b=nw.col(b), _n=nw.col("_n").cast(nw.Int64))
    other = points.select(_c=nw.col("_a"), _d=nw.col("_b"), _m=nw.col("_n"))
    pairs = points.join(other, how="cross")
    x, y = (
        nw.when(nw.col(p) > nw.col(q)).then(1).otherwise(nw.when(nw.col(p) < nw.col(q)).then(-1).otherwise(0))
        for p, q in (("_a", "_c"), ("_b", "_d"))
    )
    signs = pairs.with_columns(_x=x, _y=y, _pairs=nw.col("_n") * nw.col("_m"))
    weighed = signs.with_columns(
        _agree=nw.col("_x") * nw.col("_y") * nw.col("_pairs"),
        _by_x=nw.col("_x") * nw.col("_x") * nw.col("_pairs"),
        _by_y=nw.col("_y") * nw.col("_y") * nw.col("_pairs"),
    )
    found = facts(weighed.select(nw.col("_agree", "_by_x", "_by_y").sum()))
    return _tau(*(int(found[name] or 0) // 2 for name in ("_agree", "_by_x", "_by_y")))


def _tau(agree: int, untied_x: int, untied_y: int) -> float | None:
    """Concordant less discordant pairs, out of the geometric mean of those that each could tell apart."""
    both = untied_x * untied_y
    if not both:
        return None
    root = isqrt(both)
    return agree / root if root * root == both else agree / sqrt(both)


def _tied(codes: np.ndarray) -> int:
    """Pairs of equal values."""
    counts = np.unique(codes, return_counts=True)[1].astype(object)
    return int(sum(count * (count - 1) // 2 for count in counts if count > 1))


def inversions(codes: np.ndarray) -> int:
    """Pairs of which the later value is lower: merge sort, each level at once."""
    values = np.asarray(codes, dtype=np.int64)
    n, width, found = len(values), 1, 0
    step = int(values.max(initial=0)) + 1
    while width < n:
        place = np.arange(n)
        block, right = place // (2 * width), (place // width) % 2 == 1
        keys = block * step + values
        left_keys, right_keys = keys[~right], keys[right]
        upto = np.searchsorted(left_keys, right_keys, side="right")
        ends = (block[right] + 1) * width  # left halves before a right half are whole
        found += int((ends - upto).sum())
        values = np.sort(keys, kind="stable") - block * step
        width *= 2
    return found


def spearman_interval(rho: float | None, n: int) -> Bounds:
    """95 %, by Fisher's z with the variance (1 + rho^2 / 2) / (n - 3) of Bonett and Wright, Psychometrika 65 (2000)."""
    return (None, None) if rho is None else _fisher(rho, (1 + rho**2 / 2) / (n - 3) if n > 3 else None)


def kendall_interval(tau: float | None, n: int) -> Bounds:
    """95 %, by Fisher's z with the variance 0.437 / (n - 4) of Fieller, Hartley and Pearson, Biometrika 44 (1957)."""
    return (None, None) if tau is None else _fisher(tau, 0.437 / (n - 4) if n > 4 else None)


def _fisher(value: float, variance: float | None) -> Bounds:
    """None for too few, and for perfect agreement, of which it knows no width."""
    if variance is None or abs(value) > 1 - 1e-12:
        return None, None
    half = Z95 * sqrt(variance)
    low, high = (tanh(atanh(value) + sign * half) for sign in (-1, 1))
    return low, high


def array(frame: Frame, column: str) -> np.ndarray:
    """A column, fetched."""
    fetched: Any = frame.select(column).lazy().collect()
    return fetched[column].to_numpy().astype(np.float64)
