"""Numbers as a reader writes them, in the page's language."""

import math
import re
from datetime import date, datetime

import pandas as pd
from babel.dates import format_date
from babel.numbers import format_compact_decimal

from analysis.period import Period
from analysis.words import text

NONE = "–"  # no such people
HIDDEN = "—"  # hidden on purpose
_BEFORE_UNIT = re.compile(r"(\d)([^\d.,])")
_GROUPS = re.compile(r"(?<=\d)(?=(?:\d{3})+(?!\d))(?<!\.\d)")
_JOINER = "\u2060"  # keeps both ends of an interval on one line


def is_missing(value: object) -> bool:
    """True for None, NaN, NaT and pandas' NA."""
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))


def count(n: float | None) -> str:
    """`1,361`."""
    return NONE if is_missing(n) else f"{int(n):,}"  # type: ignore[arg-type]


def people(n: float | None, lang: str) -> str:
    """`1,361 人` · `1,361 people`."""
    return NONE if is_missing(n) else text(lang, "app.people", n=int(n))  # type: ignore[arg-type]


def counted(n: float | None, lang: str) -> str:
    """`1,361 人` · `1,361`: people as a big number, whose caption says so where the word would not fit on a phone."""
    return NONE if is_missing(n) else text(lang, "app.counted", n=int(n))  # type: ignore[arg-type]


def rows(n: float | None, lang: str) -> str:
    """`1,361 行` · `1,361 rows`."""
    return NONE if is_missing(n) else text(lang, "app.rows", n=int(n))  # type: ignore[arg-type]


def amount(n: float | None, lang: str) -> str:
    """Money as a big number, without its currency: `2,344.5 万` · `23.4 M`; below ten thousand every figure."""
    if is_missing(n):
        return NONE
    if abs(n) < 10_000:  # type: ignore[arg-type]
        return f"{_round(float(n), 0):,.0f}"  # type: ignore[arg-type]
    short = format_compact_decimal(n, locale=lang, fraction_digits=1)  # type: ignore[arg-type]
    return _GROUPS.sub(",", _BEFORE_UNIT.sub(r"\1 \2", short))


def percent(x: float | None, digits: int = 1) -> str:
    """0.653 -> `65.3%`, halves rounded up as a reader would."""
    return NONE if is_missing(x) else f"{_round(x * 100, digits):.{digits}f}%"  # type: ignore[operator]


def points(x: float | None, digits: int = 1) -> str:
    """0.021 -> `+2.1 pt`: a difference of two rates is never a percentage."""
    if is_missing(x):
        return NONE
    value = _round(x * 100, digits)  # type: ignore[operator]
    return f"{value:+.{digits}f} pt" if value else f"±{0:.{digits}f} pt"


def interval(low: float | None, high: float | None, digits: int = 1) -> str:
    """0.632, 0.673 -> `63.2–67.3%`."""
    if is_missing(low) or is_missing(high):
        return NONE
    return f"{percent(low, digits)[:-1]}{_JOINER}–{_JOINER}{percent(high, digits)}"


def _round(value: float, digits: int) -> float:
    scale = 10**digits
    return math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9), value) / scale


def day(value: date | None, lang: str) -> str:
    """`2026年4月1日` · `1 April 2026`."""
    if is_missing(value):
        return NONE
    return format_date(value, "y年M月d日" if lang == "ja" else "d MMMM y", locale=lang)


def day_short(value: date | None) -> str:
    """`2026/04/01`, as in tables."""
    return NONE if is_missing(value) else f"{value:%Y/%m/%d}"


def moment(value: datetime | None) -> str:
    """`2026/04/01 09:12`, as in tables."""
    return NONE if is_missing(value) else f"{value:%Y/%m/%d %H:%M}"


def span(period: Period, lang: str) -> str:
    """`2026年4月1日 – 6月30日` · `1 April – 30 June 2026`."""
    first, last = period.start, period.last_day
    if first == last:
        return day(first, lang)
    short = first.year == last.year
    if lang == "ja":
        end = format_date(last, "M月d日" if short else "y年M月d日", locale="ja")
        return f"{day(first, lang)} – {end}"
    begin = format_date(first, "d MMMM" if short else "d MMMM y", locale="en")
    return f"{begin} – {day(last, lang)}"


def size(n: int) -> str:
    """Bytes as `312 KB`, `1.5 GB`."""
    value, unit = float(n), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if value < 1000 or unit == "TB":
            break
        value /= 1000
    return f"{value:.1f} {unit}" if unit not in ("B", "KB") and value < 10 else f"{value:.0f} {unit}"
