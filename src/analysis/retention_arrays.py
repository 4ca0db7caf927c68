"""Retention over arrays, counted from days of use; see `arrays`."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Choices, Labels, all_of, chosen_by, covered, valid_on
from analysis.cells import NotCoveredError, interval, share_of, tabulate
from analysis.frames import names
from analysis.lifecycle_arrays import Parts
from analysis.period import FISCAL_START, Period
from analysis.roster import VALID, in_force, window
from analysis.usage import Source

CELL = ("cohort_users", "retained_users", "retention_rate", "rate_low", "rate_high")
TRIANGLE = ("cohort_start", "age", "period_start", *CELL, "partial")
CURVE = ("age", "cohorts", *CELL)
STARTS = ("first", "every")
MOST_PLACES = 40_000_000  # of the accounts of several rosters in each other


@covered
def retention(
    source: Source,
    period: Period,
    *,
    every: str = "month",
    start: str = "first",
    start_activities: Any = None,
    by: str | Iterable[str] = (),
    fiscal_start: int = FISCAL_START,
    valid: str = "any",
    **choices: Any,
) -> pd.DataFrame:
    """`retention.retention`."""
    parts = Parts(source, period, every, fiscal_start, Labels(names(by), TRIANGLE), Choices(valid=valid, **choices))
    found = _triangle(parts, start, start_activities)
    at = found["cohort"] + found["age"]
    return pd.DataFrame(
        {
            "cohort_start": parts.starts(found["cohort"]),
            **parts.dimensions(found["codes"]),
            "age": found["age"],
            "period_start": parts.starts(at),
            **_rated(found["cohort_users"], found["retained_users"]),
            "partial": at >= parts.first_partial,
        }
    )


@covered
def curve(
    source: Source,
    period: Period,
    *,
    every: str = "month",
    start: str = "first",
    start_activities: Any = None,
    by: str | Iterable[str] = (),
    fiscal_start: int = FISCAL_START,
    valid: str = "any",
    **choices: Any,
) -> pd.DataFrame:
    """`retention.retention_curve`."""
    parts = Parts(source, period, every, fiscal_start, Labels(names(by), CURVE), Choices(valid=valid, **choices))
    found = _triangle(parts, start, start_activities)
    complete = found["cohort"] + found["age"] < parts.first_partial
    keys = np.column_stack([found["codes"], found["age"]])[complete]
    shown, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.ravel()
    users, retained = (np.bincount(group, found[name][complete], len(shown)).astype(np.int64) for name in CELL[:2])
    return pd.DataFrame(
        {
            **parts.dimensions(shown[:, :-1]),
            "age": shown[:, -1],
            "cohorts": np.bincount(group, minlength=len(shown)),
            **_rated(users, retained),
        }
    )


@covered
def cell(
    source: Source,
    period: Period,
    *,
    cohort: date,
    age: int = 0,
    state: str = "retained",
    every: str = "month",
    start: str = "first",
    start_activities: Any = None,
    fiscal_start: int = FISCAL_START,
    valid: str = "any",
    **choices: Any,
) -> Any:
    """`retention.retention_people`."""
    parts = Parts(source, period, every, fiscal_start, Labels(()), Choices(valid=valid, **choices))
    starts, usage, kinds = [part.start for part in parts.buckets], source.usage, parts.asked.counts_as_use()
    begin = kinds if start_activities is None else Choices(activities=start_activities).counts_as_use()
    if cohort not in starts or state not in ("cohort", "retained", "lost") or start not in STARTS:
        raise NotCoveredError
    place = starts.index(cohort)
    roster, chosen = parts.valid(period)
    here = parts.buckets[place]
    chosen = chosen & usage.active(here.start, here.end, begin)[roster.keys]
    if start == "first":
        chosen = chosen & ~usage.active(date.min, here.start, begin)[roster.keys]
    if state != "cohort":
        if not 0 <= place + age < len(starts):
            raise NotCoveredError
        then = parts.buckets[place + age]
        again = usage.active(then.start, then.end, kinds)[roster.keys]
        chosen = chosen & (again if state == "retained" else ~again)
    return source.listed(roster, chosen, (period.start, period.end), kinds)


def _triangle(parts: Parts, start: str, start_activities: Any) -> dict[str, np.ndarray]:
    """Cells of the triangle: `codes`, `cohort`, `age`, `cohort_users`, `retained_users`; 0 of N is one."""
    if start not in STARTS:
        raise NotCoveredError
    keys, codes, valid = _everybody(parts)
    used = [each[keys] for each in parts.used()]
    begun, starts = used, parts
    if start_activities is not None:
        starts = replace(parts, asked=replace(parts.asked, activities=start_activities))
        begun = [each[keys] for each in starts.used()]
    fresh = ~starts.active(date.min, parts.buckets[0].start)[keys]
    rows: list[tuple[np.ndarray, int, int, np.ndarray, np.ndarray]] = []
    for cohort, here in enumerate(begun[: parts.last_seen + 1]):
        member = valid & here & (fresh if start == "first" else True)
        fresh &= ~here
        for age in range(parts.last_seen - cohort + 1):
            again = used[cohort + age].astype(np.int64)
            cells, counts = tabulate(codes, parts.labels.sizes, [member], again, 2)
            rows.append((cells, cohort, age, counts.sum(axis=1), counts[:, 1]))
    sizes = [len(cells) for cells, *_ in rows]
    width = len(parts.labels.names)
    nothing = np.zeros(0, dtype=np.int64)
    return {
        "codes": np.concatenate([np.zeros((0, width), dtype=np.int64), *(cells for cells, *_ in rows)]),
        "cohort": np.repeat(np.array([row[1] for row in rows], dtype=np.int64), sizes),
        "age": np.repeat(np.array([row[2] for row in rows], dtype=np.int64), sizes),
        "cohort_users": np.concatenate([nothing, *(row[3] for row in rows)]),
        "retained_users": np.concatenate([nothing, *(row[4] for row in rows)]),
    }


def _everybody(parts: Parts) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """Of every account of the rosters in force its key of the log, its codes and whether it is valid: by its latest
    row, and valid where any of its rows is; see `roster.accounts`."""
    source, asked = parts.source, parts.asked
    slices = in_force(source.rosters, window(parts.period, asked.valid)) if asked.valid in VALID else []
    if len(slices) < 2:
        roster, valid = parts.valid(parts.period)
        return roster.keys, parts.labels.of(source, roster), valid
    rosters = [source.roster(each.roster) for each in slices if each.roster]
    if len(rosters) * sum(len(each.keys) for each in rosters) > MOST_PLACES:
        raise NotCoveredError
    there = [
        all_of([np.ones(len(roster.keys), dtype=bool), *valid_on(roster, days)])
        for roster, days in zip(rosters, slices, strict=True)
    ]
    found = []
    for i, roster in enumerate(rosters):
        gone = np.ones(len(roster.keys), dtype=bool)
        for later in rosters[i + 1 :]:
            gone &= source.place(roster, later) < 0
        valid = there[i].copy()
        for earlier, was in zip(rosters[:i], there[:i], strict=True):
            valid |= np.append(was, False)[source.place(roster, earlier)]  # nowhere: the last one
        chosen = parts.labels.once("chosen", roster, partial(chosen_by, source, roster, asked.where))
        kept = np.flatnonzero(gone)
        codes = [each[kept] for each in parts.labels.of(source, roster)]
        found.append((roster.keys[kept], codes, all_of([valid, *chosen])[kept]))
    keys, codes, valid = zip(*found, strict=True)
    return np.concatenate(keys), [np.concatenate(each) for each in zip(*codes, strict=True)], np.concatenate(valid)


def _rated(users: np.ndarray, retained: np.ndarray) -> dict[str, np.ndarray]:
    low, high = interval(retained, users)
    return dict(zip(CELL, (users, retained, share_of(retained, users), low, high), strict=True))
