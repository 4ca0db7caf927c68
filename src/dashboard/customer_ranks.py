"""Where one customer stands by every measure, now and before.

The places are those of `rank_customers` and `rank_changes`. These rank everybody, measure by measure: a second that the
record of one customer need not wait for. Tests hold both to the same ranks.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.customers import CUSTOMER
from analysis.rank_changes import FALLEN, NEW, RISEN, SAME
from analysis.ranking_field import LOW_FIRST, UNIT

DUST = 1e-12  # of the largest value: what adding up leaves behind


def ranks_of(
    customer: str, now: pd.DataFrame, before: pd.DataFrame | None, measures: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Measure -> `rank` and `of`; with `before` also `rank_before`, `of_before`, `rank_change`, `change`.

    Args:
        customer: their id.
        now: `customer_id` and measures of the field, each customer once.
        before: the same of the period before; None: there is nothing to compare with.
        measures: by which; one that the customer has no value of is left out.
    """
    found = {}
    for measure in measures:
        place = _place(customer, now, measure)
        if place is None:
            continue
        found[measure] = dict(zip(("rank", "of"), place, strict=True))
        if before is not None and measure in before:
            found[measure] |= _moved(place[0], _place(customer, before, measure))
    return found


def _place(customer: str, field: pd.DataFrame, measure: str) -> tuple[int, int] | None:
    """The rank and how many are ranked; None where there is no value."""
    mine = np.flatnonzero((field[CUSTOMER] == customer).to_numpy())
    if not len(mine):
        return None
    values = _values(field[measure])
    value = values[mine[0]]
    if np.isnan(value):
        return None
    better = values < value if measure in LOW_FIRST else values > value
    return int(better.sum()) + 1, int((~np.isnan(values)).sum())


def _values(column: pd.Series) -> np.ndarray:
    """Whole ten-thousandths where all are such: sums that differ in the last digit only are equal."""
    values = column.to_numpy(dtype=float, na_value=np.nan)
    scaled = values * UNIT
    near = np.round(scaled)
    known = ~np.isnan(values)
    if not known.any() or np.abs(scaled - near)[known].max() <= np.abs(scaled)[known].max() * DUST:
        return near
    return values


def _moved(rank: int, before: tuple[int, int] | None) -> dict[str, Any]:
    if before is None:
        return {"rank_before": np.nan, "of_before": np.nan, "rank_change": np.nan, "change": NEW}
    moved = before[0] - rank
    change = RISEN if moved > 0 else FALLEN if moved < 0 else SAME
    return {"rank_before": before[0], "of_before": before[1], "rank_change": moved, "change": change}
