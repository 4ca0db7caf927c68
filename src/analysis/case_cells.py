"""Cases counted by what tells them apart: a filter is asked of the counts, not of every case again."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.case_arrays import Cases, holds
from analysis.case_stays import Stays
from analysis.cases import START_MONTH
from analysis.cells import NotCoveredError
from analysis.micros import moments
from analysis.rules import Rule

MOST_GROUPS = 2_000  # each is counted by itself, step by step
MOST_COMBINATIONS = 10_000_000  # of values, whether there is such a case or not
MOST_PLACES = 10_000_000  # of a table of groups and kinds
MOST_KEPT = 2_000_000  # cells of all steps that are kept for further filters over the same columns
TALLIES = 4  # kept at once, for the last choices of columns


@dataclass(frozen=True)
class Cells:
    """How many cases of each group are of each kind (`Stays.kinds`) in one step: a cell a row, those that there are."""

    group: np.ndarray
    kind: np.ndarray
    cases: np.ndarray


@dataclass(frozen=True)
class Tally:
    """Cases by groups.

    Attributes:
        groups: the values of each group by column; None: blank.
        sizes: cases of each group.
        steps: the cells of every step.
    """

    groups: list[dict[str, Any]]
    sizes: np.ndarray
    steps: list[Cells]


@dataclass(frozen=True)
class _Told:
    """Cases told apart by columns.

    Attributes:
        values: the different values of each column.
        codes: a row for every combination that there is, with the positions in these; -1: blank.
        of: the combination of every case; -1: the case was not asked for.
        sizes: cases of each combination.
    """

    values: dict[str, Any]
    codes: np.ndarray
    of: np.ndarray
    sizes: np.ndarray

    def groups(self, names: Sequence[str], kept: np.ndarray) -> tuple[list[dict[str, Any]], np.ndarray]:
        """The values of some of the columns among the combinations kept, and the group of every combination; -1: none.

        Without columns one group, even of nobody.
        """
        place = np.full(len(self.codes), -1, dtype=np.int64)
        if not names or not kept.any():
            place[kept] = 0
            return [] if names else [{}], place
        at = [list(self.values).index(name) for name in names]
        rows, group = np.unique(self.codes[kept][:, at], axis=0, return_inverse=True)
        place[kept] = group.ravel()
        found = [
            {name: self.values[name][code] if code >= 0 else None for name, code in zip(names, row, strict=True)}
            for row in rows
        ]
        return found, place


def tallied(cases: Cases, stays: Stays, by: Sequence[str], where: Any) -> Tally:
    """The cases that a rule lets through, by the values of columns; without columns one group, even of nobody.

    Raises:
        NotCoveredError: a column is not known, or too many groups.
    """
    rule = Rule.of(where)
    kept = _kept(cases, stays, tuple(sorted({*by, *(rule.columns if rule else ())})))
    if kept is None or (rule and not rule.columns):
        told = _told_apart(cases, by, np.flatnonzero(cases.chosen(rule)))
        return _rolled(told, _cells_of(stays, told), np.ones(len(told.codes), dtype=bool), by)
    told, cells = kept
    return _rolled(told, cells, _let_through(cases, told, rule), by)


def _kept(cases: Cases, stays: Stays, columns: tuple[str, ...]) -> tuple[_Told, list[Cells]] | None:
    """All cases by columns, for every filter over these; None where there would be too much to keep."""
    try:
        return stays.tallies[columns]  # at once: another thread may make room in between
    except KeyError:
        found = None
    try:
        told = _told_apart(cases, columns, np.arange(len(cases.last)))
        cells = _cells_of(stays, told)
        if sum(len(each.cases) for each in cells) <= MOST_KEPT:
            found = told, cells
    except NotCoveredError:
        pass  # too many groups of all cases: perhaps not of those that are let through
    if len(stays.tallies) >= TALLIES:
        stays.tallies.clear()  # the old ones make room for the new
    stays.tallies[columns] = found
    return found


def _told_apart(cases: Cases, columns: Sequence[str], rows: np.ndarray) -> _Told:
    coded = {name: _coded(cases, name, rows) for name in columns}
    of = np.full(len(cases.last), -1, dtype=np.int16)
    if not coded:
        of[rows] = 0
        return _Told({}, np.zeros((1, 0), dtype=np.int64), of, np.array([len(rows)]))
    widths = [len(values) + 1 for _, values in coded.values()]
    if prod(widths) > MOST_COMBINATIONS:
        raise NotCoveredError
    mixed = np.zeros(len(rows), dtype=np.int64)
    for (codes, _), width in zip(coded.values(), widths, strict=True):
        mixed = mixed * width + codes + 1
    sizes = np.bincount(mixed)
    present = np.flatnonzero(sizes)
    if len(present) > MOST_GROUPS:
        raise NotCoveredError
    of[rows] = np.searchsorted(present, mixed)
    codes = np.stack(np.unravel_index(present, widths), axis=1) - 1
    return _Told({name: values for name, (_, values) in coded.items()}, codes, of, sizes[present])


def _cells_of(stays: Stays, told: _Told) -> list[Cells]:
    with ThreadPoolExecutor(2) as pool:  # of long arrays, two steps at once
        return list(pool.map(lambda step: _cells(stays, step, told), range(stays.visits.shape[1])))


def _cells(stays: Stays, step: int, told: _Told) -> Cells:
    kinds, groups = stays.kinds(step), len(told.codes)
    if (groups + 1) * len(kinds) > MOST_PLACES:  # nearly every case has days of its own: one by one
        rows = np.flatnonzero(told.of >= 0)
        return Cells(told.of[rows].astype(np.int64), kinds.of[rows], np.ones(len(rows), dtype=np.int64))
    mixed = (told.of + np.int16(1)).astype(np.int32) * np.int32(len(kinds)) + kinds.of  # those of no group come first
    table = np.bincount(mixed, minlength=(groups + 1) * len(kinds))[len(kinds) :]
    place = np.flatnonzero(table)
    group, kind = np.divmod(place, max(len(kinds), 1))
    return Cells(group, kind, table[place])


def _let_through(cases: Cases, told: _Told, rule: Rule | None) -> np.ndarray:
    """Which combinations a rule lets through."""
    if rule is None:
        return np.ones(len(told.codes), dtype=bool)
    codes = {name: told.codes[:, list(told.values).index(name)] for name in cases.known_columns(rule)}
    columns = {name: cases.coded(name)[1].take(pa.array(at, mask=at < 0)) for name, at in codes.items()}
    return holds(rule, pa.table(columns))


def _rolled(told: _Told, cells: list[Cells], kept: np.ndarray, by: Sequence[str]) -> Tally:
    """Combinations that are let through, put together by some of their columns."""
    groups, place = told.groups(by, kept)
    sizes = np.bincount(place[kept], told.sizes[kept], minlength=len(groups)).astype(np.int64)
    return Tally(groups, sizes, [_regrouped(each, place) for each in cells])


def _regrouped(cells: Cells, group: np.ndarray) -> Cells:
    mine = group[cells.group]
    kept = mine >= 0
    return Cells(mine[kept], cells.kind[kept], cells.cases[kept])


def _coded(cases: Cases, name: str, rows: np.ndarray) -> tuple[np.ndarray, Any]:
    """A dimension of some cases as positions in its values, -1 where it is blank."""
    if name not in cases.columns:
        return pd.factorize(dimension(cases, name)[rows])
    codes, values = cases.coded(name)
    return codes[rows], values.to_pandas()


def dimension(cases: Cases, name: str) -> pd.Series:
    """A dimension of every case that has an entry; blank as a missing value."""
    if name in cases.columns:
        column = cases.of_latest(name).to_pandas()
        return column.where(column != "") if isinstance(column.dtype, pd.StringDtype) else column
    if name != START_MONTH:
        raise NotCoveredError
    begun = moments(cases.begun).to_pandas()
    return begun.dt.to_period("M").dt.to_timestamp().astype("datetime64[us]")
