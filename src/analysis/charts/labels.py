"""What stands on an axis and beside a point: percentages and names of months, weeks and quarters."""

import math
from collections.abc import Sequence
from datetime import date

from babel.dates import format_date

from analysis.period import step
from analysis.words import text


def percent(rate: float, digits: int = 1) -> str:
    """0.653 -> `65.3%`, halves rounded up as a reader would."""
    scale = 10**digits
    return f"{math.floor(rate * 100 * scale + 0.5 + 1e-9) / scale:.{digits}f}%"


def value_name(value: object, lang: str) -> str:
    """A dimension's value; a blank one is called so, and a text that reads like it stands in quotes."""
    blank = text(lang, "charts.blank")
    if _missing(value):
        return blank
    return f"“{value}”" if value == blank else str(value)


def _missing(value: object) -> bool:
    return value is None or value != value or value == ""


def axis_labels(starts: Sequence[date], every: str, lang: str) -> list[list[str]]:
    """The lines of each tick: the bucket, and below it the year at the first one and where a year begins."""
    return [
        [_short(day, every, lang), *([_year(day, lang)] if i == 0 or starts[i - 1].year != day.year else [])]
        for i, day in enumerate(starts)
    ]


def bucket_name(day: date, every: str, lang: str) -> str:
    """The bucket in a sentence or a tooltip: `2026年4月`, `April 2026`, `2026年4月6日からの週`."""
    if every == "month":
        return format_date(day, "y年M月" if lang == "ja" else "MMMM y", locale=lang)
    if every in ("quarter", "half", "year"):
        return text(lang, "charts.months", year=_year(day, lang), months=_short(day, every, lang))
    whole = format_date(day, "y年M月d日" if lang == "ja" else "d MMMM y", locale=lang)
    return whole if every == "day" else text(lang, "charts.week", day=whole)


def _short(day: date, every: str, lang: str) -> str:
    if every in ("day", "week"):
        return f"{day.month}/{day.day}" if lang == "ja" else format_date(day, "d MMM", locale="en")
    month = format_date(day, "M月" if lang == "ja" else "MMM", locale=lang)
    if every == "month":
        return month
    last = step(step(day, every), "month", -1)
    return f"{day.month}–{last.month}月" if lang == "ja" else f"{month}–{format_date(last, 'MMM', locale='en')}"


def _year(day: date, lang: str) -> str:
    return f"{day.year}年" if lang == "ja" else str(day.year)
