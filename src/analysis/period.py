"""A period is half-open, [start, end): the day after the last one is its end."""

import re
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from analysis.errors import ChoiceError, PeriodError

MONTHS = {"month": 1, "quarter": 3, "half": 6, "year": 12}
EVERY = ("day", "week", *MONTHS)
FISCAL_START = 4


def add_months(day: date, months: int) -> date:
    """The same day `months` later, or the last day of that month where it has no such day."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def floor(day: date, every: str, fiscal_start: int = FISCAL_START) -> date:
    """The first day of the day, week (Monday), month, quarter, half or fiscal year that holds `day`."""
    if every == "day":
        return day
    if every == "week":
        return day - timedelta(days=day.weekday())
    if every not in MONTHS:
        raise ChoiceError("every", every, EVERY)
    behind = (day.month - fiscal_start) % MONTHS[every]
    return add_months(day.replace(day=1), -behind)


def step(day: date, every: str, count: int = 1) -> date:
    """`count` units after `day`."""
    if every in MONTHS:
        return add_months(day, MONTHS[every] * count)
    return day + timedelta(days=count * (7 if every == "week" else 1))


@dataclass(frozen=True, order=True)
class Period:
    """Whole days from `start` up to, and without, `end`.

    Args:
        start: the first day.
        end: the day after the last one.

    Raises:
        PeriodError: `end` is not after `start`.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise PeriodError(f"{self.start}..{self.end}")

    def __str__(self) -> str:
        """What `parse` reads back: first and last day."""
        return f"{self.start}..{self.last_day}"

    @property
    def last_day(self) -> date:
        """The last day inside: what a picker shows."""
        return self.end - timedelta(days=1)

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days

    def __contains__(self, day: date) -> bool:
        return self.start <= day < self.end

    @classmethod
    def parse(cls, text: str, fiscal_start: int = FISCAL_START) -> "Period":
        """`2026-04..2026-09` (both included), `2026-04-01..2026-04-15`, `2026-04`, `2026`, `FY2025`, `2026-Q1`."""
        first, dots, last = text.partition("..")
        begin = cls._one(first, fiscal_start)
        end = cls._one(last, fiscal_start).end if dots else begin.end
        if end <= begin.start:
            raise PeriodError(text)
        return cls(begin.start, end)

    @classmethod
    def _one(cls, text: str, fiscal_start: int) -> "Period":
        found = re.fullmatch(
            r"FY(?P<fy>\d{4})|(?P<y>\d{4})(-(Q(?P<q>[1-4])|(?P<m>\d\d?)(-(?P<d>\d\d?))?))?", text.strip()
        )
        if not found:
            raise PeriodError(text)
        if found["fy"]:
            return cls.fiscal_year(int(found["fy"]), fiscal_start)
        try:
            if found["d"]:
                return cls.unit(date(int(found["y"]), int(found["m"]), int(found["d"])), "day")
            if found["m"]:
                return cls.unit(date(int(found["y"]), int(found["m"]), 1), "month")
        except ValueError:
            raise PeriodError(text) from None
        if found["q"]:
            return cls.unit(date(int(found["y"]), int(found["q"]) * 3 - 2, 1), "quarter", 1)
        return cls.unit(date(int(found["y"]), 1, 1), "year", 1)

    @classmethod
    def unit(cls, day: date, every: str, fiscal_start: int = FISCAL_START) -> "Period":
        """The day, week, month, quarter, half or fiscal year that holds `day`."""
        start = floor(day, every, fiscal_start)
        return cls(start, step(start, every))

    @classmethod
    def fiscal_year(cls, year: int, start_month: int = FISCAL_START) -> "Period":
        """The fiscal year that begins in `year`, in April unless told otherwise."""
        return cls.unit(date(year, start_month, 1), "year", start_month)

    @classmethod
    def last_days(cls, count: int, as_of: date) -> "Period":
        """The `count` days up to and with `as_of`."""
        return cls(as_of - timedelta(days=count - 1), as_of + timedelta(days=1))

    def previous(self) -> "Period":
        """Whole calendar months -> as many months before; anything else -> as many days before."""
        if self.start.day == 1 and self.end.day == 1:
            months = (self.end.year - self.start.year) * 12 + self.end.month - self.start.month
            return Period(add_months(self.start, -months), self.start)
        return Period(self.start - timedelta(days=self.days), self.start)

    def split(self, every: str, fiscal_start: int = FISCAL_START) -> Iterator["Period"]:
        """The parts of the period by calendar unit; the first and the last may be cut by its edges."""
        start = self.start
        while start < self.end:
            end = min(step(floor(start, every, fiscal_start), every), self.end)
            yield Period(start, end)
            start = end

    def is_partial(self, as_of: date) -> bool:
        """True where the period reaches past `as_of`, the last day that is known."""
        return self.last_day > as_of
