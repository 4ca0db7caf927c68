"""Days between two moments: as the calendar has them, or as a Japanese office works them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw

from analysis.errors import ChoiceError
from analysis.frames import Frame, facts, moment, start_of

CALENDAR = "calendar"
EPOCH = date(1970, 1, 1).toordinal()
DAY_MICROS = 86_400_000_000
WEEK = 7
KNOWN_YEARS = range(1949, 2100)  # the years for which the list of national holidays is made


@dataclass(frozen=True)
class BusinessDays:
    """Which days an office works.

    A span [start, end) counts the working days from the day it starts up to, and without, the day it
    ends: Friday to Monday is one. Times of day are not looked at.

    Attributes:
        closed: the organisation's own days off.
        weekend: weekdays off, 0 = Monday; Saturday and Sunday unless told otherwise.
        national: the national holidays of Japan are off, substitute holidays too (the package `holidays`,
            1949 to 2099); False where a file lists them.
    """

    closed: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})
    national: bool = True

    @classmethod
    def closed_on(cls, days: Iterable[date], *, national: bool = True) -> "BusinessDays":
        """Weekends, national holidays and these days are off."""
        return cls(frozenset(days), national=national)

    @classmethod
    def from_file(cls, path: str | Path, *, national: bool = True) -> "BusinessDays":
        """The days off that a text file lists, the first date of each line (2026-01-01 or 2026/1/1).

        The list of the Cabinet Office (syukujitsu.csv) is such a file; with it, `national=False`.
        """
        return cls(frozenset(listed_days(Path(path).read_bytes())), national=national)

    def days_off(self, first: date, last: date) -> list[date]:
        """Every day off from `first` to `last`, both included, that is no weekend."""
        off = {day for day in self.closed if first <= day <= last}
        if self.national:
            off |= {day for day in national_holidays(first.year, last.year) if first <= day <= last}
        return sorted(day for day in off if day.weekday() not in self.weekend)

    def between(self, start: date, end: date) -> int:
        """Working days of [start, end), one by one; negative where `end` is before `start`."""
        if end < start:
            return -self.between(end, start)
        off = set(self.days_off(start, end))
        days = (start + timedelta(days=i) for i in range((end - start).days))
        return sum(day.weekday() not in self.weekend and day not in off for day in days)


@cache
def national_holidays(first: int, last: int) -> frozenset[date]:
    """Japan's national and substitute holidays of these years."""
    from holidays.countries import Japan  # loaded when it is first asked for: it costs a start of the app

    years = range(max(first, KNOWN_YEARS[0]), min(last, KNOWN_YEARS[-1]) + 1)
    return frozenset(Japan(years=years)) if years else frozenset()


def listed_days(content: bytes) -> list[date]:
    """The first date of every line, in UTF-8 or the encoding of Japanese Windows; lines without one are no days."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp932", "replace")
    return days_in(text)[0]


def days_in(text: str) -> tuple[list[date], list[str]]:
    """The first date of every line, and the lines that hold something else (2026-02-30 is no day)."""
    days, rest = [], []
    for line in filter(None, (line.strip() for line in text.splitlines())):
        found = re.match(r"\D*(\d{4})\D(\d{1,2})\D(\d{1,2})(?!\d)", line)
        try:
            days.append(date(*(int(part) for part in found.groups()))) if found else rest.append(line)
        except ValueError:
            rest.append(line)
    return days, rest


def with_days(frame: Frame, days: str | BusinessDays, *, start: str, end: str, name: str) -> Frame:
    """The frame with the days from one moment to another; null where one of them is missing.

    Args:
        frame: with the columns `start` and `end`, timestamps.
        days: "calendar", to the microsecond (1.5 = 36 hours), or `BusinessDays`, whole days.
        name: the new column (Float64), negative where `end` is before `start`.
    """
    if isinstance(days, BusinessDays):
        return _with_business_days(frame, days, start, end, name)
    if days != CALENDAR:
        raise ChoiceError("days", days, [CALENDAR, "BusinessDays"])
    return frame.with_columns(((micros(nw.col(end)) - micros(nw.col(start))) / DAY_MICROS).alias(name))


def _with_business_days(frame: Frame, days: BusinessDays, start: str, end: str, name: str) -> Frame:
    """Without a join: the days off are few and known, and a plan that reads the frame again and again takes minutes."""
    since, until = start_of(nw.col(start), "1d"), start_of(nw.col(end), "1d")
    off = _days_off(frame.select(_from=since, _to=until), days)
    opened = _weekdays(until, days) - _weekdays(since, days)
    lost = _off_before(until, off) - _off_before(since, off)
    return frame.with_columns((opened - lost).alias(name))


def _days_off(both: Frame, days: BusinessDays) -> list[date]:
    """The days off between the first and the last day that the spans touch."""
    edges = both.select(a=nw.col("_from").min(), b=nw.col("_to").min(), c=nw.col("_from").max(), d=nw.col("_to").max())
    found = [at.date() for at in facts(edges).values() if at is not None and at == at]
    return days.days_off(min(found), max(found)) if found else []


def _off_before(day: nw.Expr, off: Sequence[date]) -> nw.Expr:
    """How many of the days off, in order, lie before the day: the list is halved until one place is left."""

    def among(low: int, high: int) -> nw.Expr:
        if low == high:
            return nw.lit(float(low))
        middle = (low + high) // 2
        return nw.when(day > moment(off[middle])).then(among(middle + 1, high)).otherwise(among(low, middle))

    return among(0, len(off))


def _weekdays(day: nw.Expr, days: BusinessDays) -> nw.Expr:
    """Open weekdays before the day, up to a constant; the first day of the epoch was a Thursday."""
    number = day_number(day)
    opened = [((number + (2 - weekday)) / WEEK).floor() for weekday in range(WEEK) if weekday not in days.weekend]
    total: Any = number * 0
    for each in opened:
        total = total + each
    return total


def day_number(at: nw.Expr) -> nw.Expr:
    """Days since 1970-01-01, out of the parts of the date: no engine's own arithmetic of moments is shared by all."""
    year = at.dt.year().cast(nw.Float64) - 1
    leap_days = (year / 4).floor() - (year / 100).floor() + (year / 400).floor()
    return year * 365 + leap_days + at.dt.ordinal_day().cast(nw.Float64) - EPOCH


def micros(at: nw.Expr) -> nw.Expr:
    """Microseconds since 1970-01-01 as Float64, which holds them exactly until the year 2255."""
    hour, minute, second, micro = (
        part.cast(nw.Float64) for part in (at.dt.hour(), at.dt.minute(), at.dt.second(), at.dt.microsecond())
    )
    seconds = ((day_number(at) * 24 + hour) * 60 + minute) * 60 + second
    return seconds * 1_000_000 + micro
