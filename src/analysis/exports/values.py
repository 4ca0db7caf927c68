"""What one text means as a moment or a number: the definition that the columnar path must equal."""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal

from analysis.exports.forms import Refusal, Span, moment_form, number_form
from analysis.exports.text import NOTHING, plain

TOKYO = 9 * 60  # minutes east of Greenwich; Japan keeps no summer time
FIRST_YEAR, LAST_YEAR = 1900, 9999
# How systems write "no date": MySQL's and .NET's smallest.
NO_DATES = {(0, 0, 0), (1, 1, 1)}
LIMIT = Decimal(10) ** 14  # DECIMAL(18, 4) holds 14 figures before the point
STEP = Decimal("0.0001")


def parse_moment(text: str, order: str = "ymd", utc: bool = False) -> datetime | None:
    """The moment that a text states, in local time; None where it states nothing.

    Args:
        text: as the file holds it; full-width forms, Japanese eras and 12-hour clocks are understood.
        order: `dmy` or `mdy` where the file writes 3/12/2025.
        utc: a text with a time and without a zone is Greenwich's.

    Returns:
        A datetime without a zone. A text that names one (Z, +0900) is converted to Japan's time.

    Raises:
        Refusal: `no_date`, `order_unknown`, `impossible_date` (month 13), `impossible_time`.
    """
    text = plain(text)
    if is_nothing(text):
        return None
    form = moment_form(text, order, utc)

    def read(part: Span | int) -> int:
        return part if isinstance(part, int) else int(text[slice(*part)])

    day = (read(form.year), read(form.month), read(form.day))
    if day in NO_DATES and not form.year_plus:
        return None
    moment = _date(day[0] + form.year_plus, day[1], day[2])
    hour, minute, second = _hour(read(form.hour), form.half), read(form.minute), read(form.second)
    if hour > 23 or minute > 59 or second > 59:
        raise Refusal("impossible_time")
    fraction = int(text[slice(*form.fraction)][:6].ljust(6, "0")) if form.fraction else 0
    moment += timedelta(hours=hour, minutes=minute, seconds=second, microseconds=fraction)
    return moment if form.zone is None else _to_tokyo(moment, form.zone[0], read(form.zone[1]), read(form.zone[2]))


def is_shifted(text: str, order: str = "ymd", utc: bool = False) -> bool:
    """Whether `parse_moment` converts the text from a zone that is not Japan's."""
    text = plain(text)
    zone = moment_form(text, order, utc).zone
    if zone is None:
        return False
    hours, minutes = (part if isinstance(part, int) else int(text[slice(*part)]) for part in zone[1:])
    return zone[0] * (60 * hours + minutes) != TOKYO


def _date(year: int, month: int, day: int) -> datetime:
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Refusal("impossible_date")
    try:
        return datetime(year, month, day)
    except ValueError:
        raise Refusal("impossible_date") from None


def _hour(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    if hour > 12:
        raise Refusal("impossible_time")
    return hour % 12 + (12 if half == "p" else 0)


def _to_tokyo(moment: datetime, sign: int, hours: int, minutes: int) -> datetime:
    if hours > 14 or minutes > 59:
        raise Refusal("impossible_time")
    try:
        return moment + timedelta(minutes=TOKYO - sign * (60 * hours + minutes))
    except OverflowError:
        raise Refusal("impossible_date") from None


def parse_number(text: str) -> Decimal | None:
    """The number that a text states, to four decimals (half up); None where it states nothing.

    Raises:
        Refusal: `not_a_number`, `number_too_large` (more than 14 figures before the point).
    """
    text = plain(text)
    if is_nothing(text):
        return None
    form = number_form(text)
    whole = "".join(text[slice(*span)] for span in form.whole)
    fraction = text[slice(*form.fraction)] if form.fraction else ""
    if len(whole.lstrip("0")) > 14:
        raise Refusal("number_too_large")
    number = Decimal(f"{whole or 0}.{fraction[:30] or 0}").quantize(STEP, ROUND_HALF_UP)
    if number >= LIMIT:
        raise Refusal("number_too_large")
    return -number if form.negative and number else number


def is_nothing(text: str) -> bool:
    """Whether a plain text stands for an empty cell where a date or a number is expected."""
    return text.casefold() in NOTHING


def is_moment(text: str) -> bool:
    """Whether a text is a date, in whatever order."""
    return _reads(lambda: parse_moment(text, "dmy")) or _reads(lambda: parse_moment(text, "mdy"))


def is_number(text: str) -> bool:
    """Whether a text is a number."""
    return _reads(lambda: parse_number(text))


def _reads(parse) -> bool:  # type: ignore[no-untyped-def]
    try:
        return parse() is not None
    except Refusal:
        return False
