"""Cells of a table of counts, as arrays: how accounts are counted, and what is said beside the counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from analysis.frames import Z95

TALLY = 1 << 22  # up to so many possible cells are counted in one array, more are sorted


class NotCoveredError(Exception):
    """The arrays do not hold what a call asks for: the portable form answers."""


@dataclass(frozen=True)
class Cells:
    """Valid and active users of every cell; `codes`: a row a cell, a column a dimension, -1 where blank."""

    codes: np.ndarray
    valid: np.ndarray
    active: np.ndarray

    def folded(self, kept: Sequence[int]) -> "Cells":
        """Added up over every dimension but `kept`; without any, one cell even of nothing."""
        codes = np.full_like(self.codes, -1)
        codes[:, kept] = self.codes[:, kept]
        if not kept:
            codes = codes[:1] if len(codes) else np.full((1, codes.shape[1]), -1)
            return Cells(codes, self.valid.sum(keepdims=True), self.active.sum(keepdims=True))
        shown, group = np.unique(codes, axis=0, return_inverse=True)
        sums = (np.bincount(group.ravel(), each, len(shown)).astype(np.int64) for each in (self.valid, self.active))
        return Cells(shown, *sums)


def tally(codes: Sequence[np.ndarray], sizes: Sequence[int], counted: Sequence[np.ndarray], used: np.ndarray) -> Cells:
    """Valid users by their codes: those `counted`, and of them those who used it."""
    if not codes:  # nothing to tell apart, and truth values are counted many times faster than codes
        here = [np.count_nonzero(np.logical_and.reduce([*counted, each])) for each in (np.ones_like(used), used)]
        valid, active = np.array(here)[:, None]
        return Cells(np.zeros((1, 0), dtype=np.int64), valid, active)
    shown, counts = tabulate(codes, sizes, counted, used, 2)
    return Cells(shown, counts.sum(axis=1), counts[:, 1])


def tabulate(
    codes: Sequence[np.ndarray], sizes: Sequence[int], counted: Sequence[np.ndarray], sort: np.ndarray, sorts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Counts accounts by their codes and by which of `sorts` they are: one number out of all of them.

    Args:
        codes: of every account in each dimension, -1 where blank.
        sizes: how many codes a dimension has, with the blank one.
        counted: conditions that an account must fulfil.
        sort: 0 to `sorts` - 1 for every account.

    Returns:
        The codes of the cells that anybody stands in, a row each; beside them the counts, a column a sort.
    """
    possible = prod(sizes) * sorts
    if possible > 1 << 62:
        raise NotCoveredError
    mixed: np.ndarray = np.zeros(len(sort), dtype=np.int32 if possible < 1 << 31 else np.int64)
    for each, size in zip(codes, sizes, strict=True):
        mixed *= size
        mixed += each
        mixed += 1
    mixed *= sorts
    mixed += sort
    if counted:
        mixed = mixed[np.logical_and.reduce(counted)]
    if possible <= TALLY:
        counts = np.bincount(mixed, minlength=possible).reshape(-1, sorts)
        cells = np.flatnonzero(counts.any(axis=1))
        counts = counts[cells]
    else:
        present, times = np.unique(mixed, return_counts=True)
        cells, group = np.unique(present // sorts, return_inverse=True)
        counts = np.zeros((len(cells), sorts), dtype=np.int64)
        counts[group, present % sorts] = times
    shown = np.stack(np.unravel_index(cells, sizes), axis=1) - 1 if sizes else np.zeros((len(cells), 0), dtype=np.int64)
    return shown, counts


def share_of(active: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """The quotient of two counts, NaN where nobody is valid."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return active / valid


def interval(active: np.ndarray, valid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`frames.wilson` for arrays: NaN where nobody is valid, exact at 0 and at 1."""
    share, square = share_of(active, valid), Z95**2
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = share + square / (2 * valid)
        half = np.sqrt((share * (1 - share) + square / (4 * valid)) / valid) * Z95
        low, high = (centre - half) / (1 + square / valid), (centre + half) / (1 + square / valid)
    nobody = valid == 0
    low = np.where(nobody, np.nan, np.where(active > 0, low, 0.0))
    return low, np.where(nobody, np.nan, np.where(active < valid, high, 1.0))
