"""The metrics of a process over arrays: what `case_lists` counts, out of entries that are in order already."""

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import covered
from analysis.business_days import CALENDAR, BusinessDays
from analysis.case_arrays import Cases, Stays, is_text
from analysis.cases import START_MONTH
from analysis.cells import NotCoveredError
from analysis.frames import fold, names
from analysis.micros import NAT, moments
from analysis.survival import HALF

COUNTS = ("reached", "waiting_now", "done", "repeated", "skipped")
NOTES = ("backward", "same_day", "missing", "negative", "inferred")
TIMES = ("median_days", "p90_days", "km_median_days")
AGES = ("waiting_median_days", "waiting_max_days")
RESULT = ("step", "position", "side", *COUNTS, *TIMES, *NOTES, *AGES)
STANDING = ("stands_in", "stands_since", "waiting_days")
MOST_GROUPS = 2_000  # each is counted by itself, step by step
MOST_CELLS = 10_000_000  # of possible groups
MOST_PLACES = 10_000_000  # of a table of groups and days
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
    stays = cases.stays(days, ends)
    groups, group = _groups(cases, names(by), cases.chosen(where))
    with ThreadPoolExecutor(2) as pool:  # of long arrays, two steps at once
        numbers = list(pool.map(lambda i: _of_step(stays, i, group, len(groups)), range(len(cases.steps))))
    rows = []
    for i, step in enumerate(cases.steps):
        side = {"side": sides.get(step)} if sides is not None else {}
        rows += [
            {**values, "step": step, "position": i + 1, **side, **mine}
            for values, mine in zip(groups, numbers[i], strict=True)
        ]
    side_column = ["side"] if sides is not None else []
    columns = [*names(by), "step", "position", *side_column, *COUNTS, *TIMES, *NOTES, *AGES]
    return pd.DataFrame(rows, columns=columns)


def _of_step(stays: Stays, step: int, group: np.ndarray, groups: int) -> list[dict[str, Any]]:
    """The numbers of one step for every group."""
    width = 1 << len(stays.flags)
    mixed = (group + np.int16(1)).astype(np.int32) * width + stays.patterns[:, step]  # those of no group come first
    table = np.bincount(mixed, minlength=(groups + 1) * width).reshape(groups + 1, width)[1:]
    patterns = np.arange(width)
    counts = {name: table[:, patterns >> bit & 1 == 1].sum(axis=1) for bit, name in enumerate(stays.flags)}
    timed, waiting = (_counted(group, groups, *stays.ranked(name, step)) for name in ("sure", "age"))
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


def _counted(
    group: np.ndarray, groups: int, values: np.ndarray, places: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Group by group the different days in order, and how many cases have left after each, and have been seen so long.

    Args:
        group, groups: of every case (-1: none), and how many there are.
        values, places: see `Stays.ranked`.
    """
    width = 2 * (len(values) + 1)
    if (groups + 1) * width <= MOST_PLACES:
        mixed = (group + np.int16(1)).astype(np.int32) * width + places
        table = np.bincount(mixed, minlength=(groups + 1) * width).reshape(groups + 1, -1, 2)[1:, :-1]
        return [(values, each[:, 1], each.sum(axis=1)) for each in table]
    here = np.flatnonzero((group >= 0) & (places < width - 2))  # nearly every case has days of its own: one by one
    order = here[np.lexsort((places[here], group[here]))]
    found = []
    for mine in np.split(places[order], np.cumsum(np.bincount(group[order], minlength=groups))[:-1]):
        shown, at = np.unique(mine >> 1, return_inverse=True)
        found.append((values[shown], np.bincount(at, mine & 1, len(shown)), np.bincount(at, minlength=len(shown))))
    return found


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
    stays, chosen = cases.stays(days, ends), cases.chosen(where)
    case = np.flatnonzero(states_of(cases, ends)["waiting"] & chosen)
    step = cases.stands[case] - 1
    age = stays.age[case, step]
    codes, names_of = sides_of(cases, case, step, sides)
    found = []
    for code in np.unique(codes):
        mine = age[codes == code]
        known = mine[~np.isnan(mine)]
        ages = (np.median(known), known.max()) if len(known) else (np.nan, np.nan)
        side = None if code < 0 else names_of[code]
        found.append({"side": side, "waiting_now": len(mine), **dict(zip(AGES, ages, strict=True))})
    return pd.DataFrame(found, columns=["side", "waiting_now", *AGES]).astype({"side": "str", "waiting_now": "int64"})


def sides_of(
    cases: Cases, case: np.ndarray, step: np.ndarray, sides: Mapping[str, str] | str
) -> tuple[np.ndarray, Sequence[str]]:
    """Who has to act for each of the cases that wait, as positions in the names; -1: not said."""
    if isinstance(sides, str):
        if sides not in cases.columns or not is_text(cases.table[sides].type):
            raise NotCoveredError
        codes, values = cases.coded(sides)
        return codes[case], values.to_pylist()
    if not {*sides} <= {*cases.steps}:
        raise NotCoveredError
    named = list(dict.fromkeys(sides.values()))
    return np.array([named.index(sides[name]) if name in sides else -1 for name in cases.steps])[step], named


@covered
def case_totals(
    cases: Cases, *, days: Days = CALENDAR, ends: Collection[str] | None = None, where: Any = None
) -> pd.DataFrame:
    """`case_totals.case_totals`."""
    if {*map(fold, cases.columns)} & {*STANDING}:
        raise NotCoveredError
    chosen = cases.chosen(where)
    states, stays = states_of(cases, ends), cases.stays(days, ends)
    counts = {name: int((states[name] & chosen).sum()) for name in ("finished", "waiting", "elsewhere")}
    not_started = cases.unstarted(where)
    waits = np.flatnonzero(states["waiting"] & chosen)
    ages = stays.age[waits, cases.stands[waits] - 1]
    oldest = float(np.nanmax(ages)) if (~np.isnan(ages)).any() else np.nan
    every = int(chosen.sum()) + not_started
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


def _groups(cases: Cases, by: Sequence[str], chosen: np.ndarray) -> tuple[list[dict[str, Any]], np.ndarray]:
    """The values of each group, and the group of every case (-1: none); without dimensions one even of nobody."""
    if not by:
        return [{}], np.where(chosen, 0, -1).astype(np.int16)
    folded = [fold(name) for name in by]
    if len({*folded}) < len(by) or {*folded} & {*RESULT}:
        raise NotCoveredError
    rows = np.flatnonzero(chosen)
    codes, values = zip(*(_coded(cases, name, rows) for name in by), strict=True)
    mixed = np.zeros(len(rows), dtype=np.int64)
    for each, known in zip(codes, values, strict=True):
        mixed = mixed * (len(known) + 1) + each + 1
    if prod(len(known) + 1 for known in values) > MOST_CELLS:
        raise NotCoveredError
    present = np.flatnonzero(np.bincount(mixed))
    if len(present) > MOST_GROUPS:
        raise NotCoveredError
    group = np.full(len(chosen), -1, dtype=np.int16)
    group[rows] = np.searchsorted(present, mixed)
    places = np.unravel_index(present, [len(known) + 1 for known in values])
    shown = [
        {name: known[at - 1] if at else None for name, known, at in zip(by, values, line, strict=True)}
        for line in zip(*places, strict=True)
    ]
    return shown, group


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
