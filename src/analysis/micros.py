"""Moments as whole microseconds since 1970, and days between them."""

from datetime import date

import numpy as np
import pyarrow as pa

from analysis.business_days import CALENDAR, BusinessDays
from analysis.cells import NotCoveredError

DAY = 86_400_000_000  # microseconds
NAT = np.iinfo(np.int64).min


def span(begin: np.ndarray, end: np.ndarray, days: str | BusinessDays) -> np.ndarray:
    """Days between moments, as `business_days.with_days` counts them; NaN where one is missing."""
    known = (begin != NAT) & (end != NAT)
    if not isinstance(days, BusinessDays):
        if days != CALENDAR:
            raise NotCoveredError
        return np.where(known, (end - begin) / DAY, np.nan)
    found = np.full(len(begin), np.nan)
    first, after = begin[known] // DAY, end[known] // DAY
    if len(first):
        low, high = int(min(first.min(), after.min())), int(max(first.max(), after.max()))
        every = np.arange(low, high + 1)
        off = days.days_off(_date(low), _date(high))
        closed = np.isin((every + 3) % 7, sorted(days.weekend)) | np.isin(every, [_number(day) for day in off])
        worked = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(~closed)])
        found[known] = worked[after - low] - worked[first - low]
    return found


def micros_of(column: pa.ChunkedArray) -> np.ndarray:
    """A column of timestamps as microseconds since 1970; `NAT` where it is blank."""
    if not pa.types.is_timestamp(column.type) or column.type.tz:
        raise NotCoveredError
    whole = pa.compute.cast(column, pa.timestamp("us"), safe=False).combine_chunks().cast(pa.int64())
    return whole.fill_null(NAT).to_numpy()


def moments(values: np.ndarray) -> pa.Array:
    """Microseconds since 1970 as timestamps."""
    return pa.array(values, mask=values == NAT).cast(pa.timestamp("us"))


def midnight(at: np.ndarray) -> np.ndarray:
    """The beginning of the day; of no moment none."""
    return np.where(at == NAT, NAT, at // DAY * DAY)


def day_micros(day: date) -> int:
    """A day as microseconds since 1970."""
    return _number(day) * DAY


def _number(day: date) -> int:
    return day.toordinal() - date(1970, 1, 1).toordinal()


def _date(number: int) -> date:
    return date.fromordinal(number + date(1970, 1, 1).toordinal())


def day_of_micros(at: int) -> date | None:
    return None if at == NAT else _date(int(at) // DAY)
