"""The cases behind the numbers of a process over arrays, a row each; see `case_counts`."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.arrays import covered
from analysis.business_days import CALENDAR
from analysis.case_arrays import Cases
from analysis.case_cells import dimension
from analysis.case_counts import STANDING, Days, sides_of, states_of
from analysis.cells import NotCoveredError
from analysis.frames import fold
from analysis.micros import moments

OF_STEP = ("entered_step_at", "visits", "days", "waiting_days")


@covered
def cases_in_state(
    cases: Cases,
    *,
    state: str,
    side: str | None = None,
    sides: Mapping[str, str] | str | None = None,
    days: Days = CALENDAR,
    ends: Collection[str] | None = None,
    where: Any = None,
) -> pd.DataFrame:
    """`case_totals.cases_in_state`, of the cases that have an entry."""
    states = states_of(cases, ends)
    if state not in states or {*map(fold, cases.columns)} & {*STANDING}:
        raise NotCoveredError
    rows = np.flatnonzero(states[state] & cases.chosen(where))
    at = cases.stands[rows]
    if sides is not None:
        if state != "waiting":
            raise NotCoveredError
        codes, named = sides_of(cases, rows, at - 1, sides)
        asked = -1 if side is None else named.index(side) if side in named else len(named)
        rows, at = rows[codes == asked], at[codes == asked]
    stays = cases.stays(days, ends)
    age = np.where(at > 0, stays.age[rows, at - 1], np.nan)
    said = {
        "stands_in": pd.array([None, *cases.steps], dtype="str").take(at),
        "stands_since": moments(cases.at[cases.last[rows]]).to_pandas(),
        "waiting_days": age,
    }
    return _listed(cases, rows, said)


@covered
def step_cases(
    cases: Cases,
    *,
    step: str,
    state: str,
    days: Days = CALENDAR,
    ends: Collection[str] | None = None,
    where: Any = None,
    group: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """`step_people.step_cases`."""
    stays = cases.stays(days, ends)
    if step not in cases.steps or state not in stays.flags or {*map(fold, cases.columns)} & {*OF_STEP}:
        raise NotCoveredError
    at = cases.steps.index(step)
    chosen = stays.flags[state][:, at] & cases.chosen(where)
    for name, value in (group or {}).items():
        chosen &= _is(dimension(cases, name), value)
    rows = np.flatnonzero(chosen)
    said = {
        "entered_step_at": moments(stays.entered[rows, at]).to_pandas(),
        "visits": stays.visits[rows, at],
        "days": stays.total[rows, at],
        "waiting_days": stays.age[rows, at],
    }
    return _listed(cases, rows, said)


def _is(column: pd.Series, value: Any) -> np.ndarray:
    """True where the column holds the value; None: where it is blank."""
    found = column.isna() if value is None else column == (pd.Timestamp(value) if isinstance(value, date) else value)
    return found.to_numpy(dtype=bool, na_value=False)


def _listed(cases: Cases, rows: np.ndarray, said: Mapping[str, Any]) -> pd.DataFrame:
    """Cases by id, with the columns of their latest entry and what is said of them."""
    ids = cases.ids.take(pa.array(cases.case[cases.last[rows]])).to_pandas()
    own = {name: cases.of_latest(name, rows).to_pandas() for name in cases.columns}
    return pd.DataFrame({"case_id": ids, **own, **said})
