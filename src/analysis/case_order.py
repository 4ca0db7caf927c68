"""The entries of a list of cases put in order, whichever form the list has."""

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from analysis.case_arrays import Cases, is_text
from analysis.case_forms import BLANKS, LONG_AGO, ROLES, in_order
from analysis.cells import NotCoveredError
from analysis.frames import fold
from analysis.funnel_sorted import coded
from analysis.funnel_sorted import in_order as sorted_by
from analysis.micros import NAT, day_micros, day_of_micros, micros_of


def arrange(table: pa.Table, steps: Sequence[str], *, as_of: date | None = None, blank: str = "skipped") -> Cases:
    """The entries of a list of either form in order; see `process.step_times` for the arguments.

    Raises:
        NotCoveredError: the arrays do not hold what the list has, or there is something wrong with it.
    """
    order, names = in_order(steps), table.column_names
    folded = {fold(name): name for name in names}
    if blank not in BLANKS or any(folded.get(role, role) != role for role in ROLES) or "case_id" not in names:
        raise NotCoveredError
    case, ids = coded(table["case_id"])
    if (case < 0).any() or not is_text(ids.type):
        raise NotCoveredError
    if not {"step", "entered_at"} & {*names} and any(step in names for step in order):
        return _wide(table, order, case, ids, as_of, blank)
    return _long(table, order, case, ids, as_of)


def _wide(
    table: pa.Table, order: tuple[str, ...], case: np.ndarray, ids: pa.Array, as_of: date | None, blank: str
) -> Cases:
    if not {*order} <= {*table.column_names} or len(ids) < len(case):
        raise NotCoveredError
    times = np.stack([micros_of(table[step]) for step in order], axis=1)
    limit = day_micros(as_of + timedelta(days=1)) if as_of else np.iinfo(np.int64).max
    there = (times != NAT) & (times < limit)
    furthest = np.where(there, np.arange(1, len(order) + 1), 0).max(axis=1, initial=0)
    kept = there | (furthest[:, None] > np.arange(1, len(order) + 1)) if blank == "missing" else there
    by_case = np.argsort(case, kind="stable")
    row, step = np.nonzero(kept[by_case])
    row = by_case[row]
    at = np.where(there[row, step], times[row, step], NAT)
    last = at[at != NAT].max(initial=NAT)
    rest = _without(case, row, len(ids))
    return Cases(
        steps=order,
        table=table,
        ids=ids,
        rest=rest,
        rest_case=case[rest],
        case=case[row],
        pos=step + 1,
        at=at,
        inferred=np.zeros(len(row), dtype=bool),
        row=row,
        known=as_of or day_of_micros(last),
        wide=True,
    )


def _long(table: pa.Table, order: tuple[str, ...], case: np.ndarray, ids: pa.Array, as_of: date | None) -> Cases:
    names = table.column_names
    if not {"step", "entered_at"} <= {*names}:
        raise NotCoveredError
    step, said = coded(table["step"])
    if not is_text(said.type) and len(said):
        raise NotCoveredError
    present = [value for value in said.to_pylist() if value]
    if present and not {*order} <= {*present}:
        raise NotCoveredError
    place = {name: i for i, name in enumerate(order, 1)}
    pos = np.array([*(place.get(name, 0) for name in said.to_pylist()), 0])[step]
    at = micros_of(table["entered_at"])
    known = as_of or day_of_micros(at.max(initial=NAT))
    inferred = np.zeros(len(case), dtype=bool)
    if "inferred" in names:
        inferred = table["inferred"].combine_chunks().fill_null(False).to_numpy(zero_copy_only=False).astype(bool)
    kept = (at != NAT) | (pos > 0)
    if known:
        kept &= at < day_micros(known + timedelta(days=1))
    row = np.flatnonzero(kept)
    rest = _without(case, row, len(ids))
    rest_case = case[rest]
    case, pos, at, step = case[row], pos[row], at[row], step[row]
    found = _numbered(table, row, case) if "entry_no" in names else _by_time(case, pos, at, _ranks(said)[step])
    return Cases(
        steps=order,
        table=table,
        ids=ids,
        rest=rest,
        rest_case=rest_case,
        case=case[found],
        pos=pos[found],
        at=at[found],
        inferred=inferred[row][found],
        row=row[found],
        known=known,
        wide=False,
    )


def _without(case: np.ndarray, row: np.ndarray, cases: int) -> np.ndarray:
    """The rows of cases that have none of the rows that are entries."""
    has = np.zeros(cases, dtype=bool)
    has[case[row]] = True
    return np.flatnonzero(~has[case])


def _numbered(table: pa.Table, row: np.ndarray, case: np.ndarray) -> np.ndarray:
    """The entries in the order of their numbers."""
    column = table["entry_no"]
    if not pa.types.is_integer(column.type) or column.null_count:
        raise NotCoveredError
    number = column.combine_chunks().to_numpy().astype(np.int64)[row]
    found = np.lexsort((number, case))
    if ((np.diff(case[found]) == 0) & (np.diff(number[found]) == 0)).any():
        raise NotCoveredError
    return found


def _by_time(case: np.ndarray, pos: np.ndarray, at: np.ndarray, rank: np.ndarray) -> np.ndarray:
    """The entries by date; one without stands behind the latest dated entry of its step or an earlier one."""
    place = np.where(pos > 0, pos, pos.max(initial=0) + 1)
    undated = at == NAT
    when = np.where(undated, _anchors(case, place, at, undated), at)
    ranks = int(rank.max(initial=0)) + 1
    minor = (place * 2 + undated) * ranks + rank
    found, *_ = sorted_by(case, when, minor, int(minor.max(initial=0)) + 1, True)
    assert found is not None, "asked for"
    return found


def _anchors(case: np.ndarray, place: np.ndarray, at: np.ndarray, undated: np.ndarray) -> np.ndarray:
    """Where the entries without a date stand in time; of the others nothing."""
    found = np.full(len(at), day_micros(LONG_AGO))
    if not undated.any():
        return found
    mine = np.isin(case, np.unique(case[undated]))
    rows = np.flatnonzero(mine)
    order = rows[np.lexsort((undated[rows], place[rows], case[rows]))]
    start = np.append(True, np.diff(case[order]) != 0) if len(order) else np.zeros(0, dtype=bool)
    group = np.cumsum(start) - 1
    # a running maximum that begins anew with every case: times are ranked, and cases lie far apart
    dated = ~undated[order]
    ranked = np.unique(at[order][dated], return_inverse=True)
    height = np.zeros(len(order), dtype=np.int64)
    height[dated] = ranked[1].ravel() + 1
    far = len(ranked[0]) + 1
    top = np.maximum.accumulate(group * far + height) - group * far
    times = np.append(day_micros(LONG_AGO), ranked[0])
    found[order] = times[top]
    return found


def _ranks(said: pa.Array) -> np.ndarray:
    """Code of a step -> its place in the order of the texts, from 1; without a step 0 (the last place)."""
    texts = [value or "" for value in said.to_pylist()]
    rank = {text: i for i, text in enumerate(sorted(set(texts)), 1)}
    return np.array([*(rank[text] for text in texts), 0])
