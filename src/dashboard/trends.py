"""The time around a period: in which buckets a trend is drawn, how far back, and on which rosters."""

from collections.abc import Sequence
from datetime import date

from analysis.period import Period, add_months, floor, step
from dashboard.periods import covered

BACK = {"week": 7 * 13, "month": 12, "quarter": 36}
MOST_BUCKETS = 60


def bucket(period: Period) -> str:
    """Weeks for a period shorter than a month, quarters for one of years, else months."""
    if period.days < 28:
        return "week"
    return "quarter" if period.days > 366 * 2 else "month"


def around(period: Period, every: str, first: date, as_of: date, fiscal_start: int = 4) -> Period | None:
    """Whole buckets up to the period's end: about a year of months, no earlier and no later than the data.

    None where the data begins after the period.
    """
    end = step(floor(min(period.last_day, as_of), every, fiscal_start), every)
    back = end - (end - step(end, "week", -13)) if every == "week" else add_months(end, -BACK[every])
    start = floor(min(period.start, back), every, fiscal_start)
    start = max(start, step(end, every, -MOST_BUCKETS), floor(first, every, fiscal_start))
    if start < end and not covered(Period(start, step(start, every)), first):
        start = step(start, every)
    return Period(start, end) if start < end else None


def roster_of(period: Period, valid: str, rosters: Sequence[date]) -> date | None:
    """The day of the roster that counts: the latest up to the day that decides, else the first."""
    if not rosters:
        return None
    day = period.start if valid == "start" else period.last_day
    return max((each for each in rosters if each <= day), default=min(rosters))


def before_first(period: Period, rosters: Sequence[date]) -> bool:
    """Whether the period begins before any roster was taken, so that the first stands in."""
    return bool(rosters) and period.start < min(rosters) and period.last_day < min(rosters)
