"""The metrics of a process over arrays: what `case_lists` counts, out of entries that are in order already."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.arrays import covered
from analysis.business_days import CALENDAR, BusinessDays
from analysis.case_arrays import Cases, is_text
from analysis.case_cells import Cells, Tally, tallied
from analysis.case_stays import Stays
from analysis.cells import NotCoveredError
from analysis.frames import fold, names
from analysis.micros import NAT
from analysis.survival import HALF

COUNTS = ("reached", "waiting_now", "done", "repeated", "skipped")
NOTES = ("backward", "same_day", "missing", "negative", "inferred")
TIMES = ("median_days", "p90_days", "km_median_days")
AGES = ("waiting_median_days", "waiting_max_days")
RESULT = ("step", "position", "side", *COUNTS, *TIMES, *NOTES, *AGES)
STANDING = ("stands_in", "stands_since", "waiting_days")
P90 = 0.9

Days = str | BusinessDays


@covered
def step_times(
    cases: Cases,
    *,
    by: str | Sequence[str] = (),
    days: Days = CALENDAR,
    ends: Collection[str] | None = None,
    sides: Mapping[str, str] | None = None,
    where: Any = None,
) -> pd.DataFrame:
    """`process.step_times`."""
    if not {*(sides or {})} <= {*cases.steps}:
        raise NotCoveredError
    folded = [fold(name) for name in names(by)]
    if len({*folded}) < len(folded) or {*folded} & {*RESULT}:
        raise NotCoveredError
    stays = cases.stays(days, ends)
    tally = tallied(cases, stays, names(by), where)
    rows = []
    for i, step in enumerate(cases.steps):
        side = {"side": sides.get(step)} if sides is not None else {}
        numbers = _of_step(stays, i, tally)
        rows += [
            {**values, "step": step, "position": i + 1, **side, **mine}
            for values, mine in zip(tally.groups, numbers, strict=True)
        ]
    side_column = ["side"] if sides is not None else []
    columns = [*names(by), "step", "position", *side_column, *COUNTS, *TIMES, *NOTES, *AGES]
    return pd.DataFrame(rows, columns=columns)


def _of_step(stays: Stays, step: int, tally: Tally) -> list[dict[str, Any]]:
    """The numbers of one step for every group."""
    cells, kinds, groups = tally.steps[step], stays.kinds(step), len(tally.groups)
    counts = {name: _sums(cells, is_so(stays, step, name), groups) for name in (*COUNTS, *NOTES)}
    left = kinds.left[cells.kind]
    timed = _spread(cells, groups, kinds.days, kinds.day[cells.kind], left)
    waiting = _spread(cells, groups, kinds.ages, kinds.age[cells.kind], left)
    found = []
    for i, ((days, gone, seen), (ages, _, waits)) in enumerate(zip(timed, waiting, strict=True)):
        found.append(
            {name: int(counts[name][i]) for name in (*COUNTS, *NOTES)}
            | {
                "median_days": quantile(days, gone, 0.5),
                "p90_days": quantile(days, gone, P90),
                "km_median_days": km_median(days, gone, seen),
                "waiting_median_days": quantile(ages, waits, 0.5),
                "waiting_max_days": quantile(ages, waits, 1),
            }
        )
    return found


def is_so(stays: Stays, step: int, name: str) -> np.ndarray:
    """Of which kinds of a step something is true."""
    return (stays.kinds(step).pattern >> list(stays.flags).index(name) & 1).astype(bool)


def _sums(cells: Cells, counts: np.ndarray, groups: int) -> np.ndarray:
    """Cases of every group whose kind counts."""
    mine = counts[cells.kind]
    return np.bincount(cells.group[mine], cells.cases[mine], minlength=groups).astype(np.int64)


def _spread(
    cells: Cells, groups: int, values: np.ndarray, place: np.ndarray, left: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Group by group the different days in order, and how many cases have left after each, and have been seen so long.

    Args:
        cells, groups: see `Tally`.
        values: the different days in order.
        place, left: of every cell, its place in them (one behind: none), and whether its cases have left.
    """
    here = np.flatnonzero(place < len(values))
    mixed = cells.group[here] * len(values) + place[here]
    order = np.argsort(mixed, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(mixed[order]) != 0)) if len(order) else order
    cases = cells.cases[here][order]
    seen = np.add.reduceat(cases, starts) if len(starts) else cases
    gone = np.add.reduceat(cases * left[here][order], starts) if len(starts) else cases
    at = mixed[order][starts]
    edges = np.searchsorted(at, np.arange(1, groups) * len(values))
    parts = (np.split(each, edges) for each in (values[at % max(len(values), 1)], gone, seen))
    return list(zip(*parts, strict=True))[:groups]  # of no group at all `split` makes one part


def quantile(values: np.ndarray, counts: np.ndarray, share: float) -> float:
    """A quantile of values in order, each as often as it counts; between two in proportion; NaN of none."""
    ends = np.cumsum(counts)
    if not len(ends) or not ends[-1]:
        return np.nan
    place = share * (ends[-1] - 1)
    low = int(place)
    below, above = values[np.searchsorted(ends, [low, min(low + 1, ends[-1] - 1)], side="right")]
    return float(below + (above - below) * (place - low))


def km_median(days: np.ndarray, gone: np.ndarray, seen: np.ndarray) -> float:
    """`survival.km_median` of one group: NaN where half have not left.

    Args:
        days: in order.
        gone, seen: how many have left after so many days, and how many have been seen so long and no longer.
    """
    at_risk = np.cumsum(seen[::-1])[::-1]
    staying = 1 - gone / np.maximum(at_risk, 1)
    below = np.flatnonzero(np.cumprod(staying) <= HALF)
    return float(days[below[0]]) if len(below) else np.nan


@covered
def waiting(
    cases: Cases,
    *,
    sides: Mapping[str, str] | str,
    by: str | Sequence[str] = (),
    days: Days = CALENDAR,
    ends: Collection[str] | None = None,
    where: Any = None,
) -> pd.DataFrame:
    """`process.waiting`."""
    if names(by):
        raise NotCoveredError
    stays = cases.stays(days, ends)
    if isinstance(sides, str):
        _side_column(cases, sides)
        tally = tallied(cases, stays, [sides], where)
        named = [group[sides] for group in tally.groups]
        of_cells = [cells.group for cells in tally.steps]
    else:
        tally = tallied(cases, stays, (), where)
        side_of, named = _side_of_step(cases, sides)
        of_cells = [np.full(len(cells.kind), side_of[i]) for i, cells in enumerate(tally.steps)]
    side, age, n = (
        np.concatenate(parts)
        for parts in zip(
            *(_waits(stays, i, *each) for i, each in enumerate(zip(tally.steps, of_cells, strict=True))), strict=True
        )
    )
    found = []
    for code in np.unique(side):
        mine = side == code
        known = np.flatnonzero(mine & ~np.isnan(age))
        order = known[np.argsort(age[known])]
        ages = [quantile(age[order], n[order], share) for share in (0.5, 1)]
        who = None if code < 0 else named[code]
        found.append({"side": who, "waiting_now": int(n[mine].sum()), **dict(zip(AGES, ages, strict=True))})
    return pd.DataFrame(found, columns=["side", "waiting_now", *AGES]).astype({"side": "str", "waiting_now": "int64"})


def _waits(stays: Stays, step: int, cells: Cells, side: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The cells of cases that wait in a step: whose turn it is, their age (NaN: not known), and how many they are."""
    kinds = stays.kinds(step)
    mine = is_so(stays, step, "waiting_now")[cells.kind]
    return side[mine], np.append(kinds.ages, np.nan)[kinds.age[cells.kind[mine]]], cells.cases[mine]


def sides_of(
    cases: Cases, case: np.ndarray, step: np.ndarray, sides: Mapping[str, str] | str
) -> tuple[np.ndarray, Sequence[str]]:
    """Who has to act for each of the cases that wait, as positions in the names; -1: not said."""
    if isinstance(sides, str):
        codes, values = _side_column(cases, sides)
        return codes[case], values.to_pylist()
    side_of, named = _side_of_step(cases, sides)
    return side_of[step], named


def _side_column(cases: Cases, name: str) -> tuple[np.ndarray, pa.Array]:
    """Whose turn it is as a column says it, of every case."""
    if name not in cases.columns or not is_text(cases.table[name].type):
        raise NotCoveredError
    return cases.coded(name)


def _side_of_step(cases: Cases, sides: Mapping[str, str]) -> tuple[np.ndarray, list[str]]:
    """Whose turn it is in each step, as positions in the names; -1: not said."""
    if not {*sides} <= {*cases.steps}:
        raise NotCoveredError
    named = list(dict.fromkeys(sides.values()))
    return np.array([named.index(sides[name]) if name in sides else -1 for name in cases.steps]), named


@covered
def case_totals(
    cases: Cases, *, days: Days = CALENDAR, ends: Collection[str] | None = None, where: Any = None
) -> pd.DataFrame:
    """`case_totals.case_totals`."""
    if {*map(fold, cases.columns)} & {*STANDING}:
        raise NotCoveredError
    stays = cases.stays(days, ends)
    tally = tallied(cases, stays, (), where)
    counts = {"finished": 0, "waiting": 0}
    oldest = np.nan
    for i, cells in enumerate(tally.steps):
        kinds, waits = stays.kinds(i), is_so(stays, i, "waiting_now")
        stays_there = is_so(stays, i, "reached") & ~kinds.left
        counts["waiting"] += int(_sums(cells, waits, 1)[0])
        counts["finished"] += int(_sums(cells, stays_there & ~waits, 1)[0])
        _, ages, _ = _waits(stays, i, cells, cells.group)
        oldest = np.fmax(oldest, np.fmax.reduce(ages, initial=np.nan))
    counts["elsewhere"] = int(tally.sizes[0]) - counts["finished"] - counts["waiting"]
    not_started = cases.unstarted(where)
    every = int(tally.sizes[0]) + not_started
    return pd.DataFrame([{"cases": every, **counts, "not_started": not_started, "waiting_max_days": oldest}])


def states_of(cases: Cases, ends: Collection[str] | None) -> dict[str, np.ndarray]:
    """Where each case that has an entry stands."""
    finished, unlisted = cases.finished(ends), cases.stands == 0
    return {"finished": finished, "waiting": ~(finished | unlisted), "elsewhere": unlisted}


@covered
def case_checks(cases: Cases) -> pd.DataFrame:
    """`step_people.case_checks`."""
    unlisted = cases.pos == 0
    row = {
        "cases": len(cases.last),
        "entries": len(cases.case),
        "unlisted": int(unlisted.sum()),
        "undated": int((cases.at == NAT).sum()),
        "inferred": int(cases.inferred.sum()),
        "elsewhere": int(unlisted[cases.last].sum()),
    }
    return pd.DataFrame([row])
