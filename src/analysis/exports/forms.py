"""How dates and numbers are written: the shape of one text, and where its figures stand.

A shape never looks at the value of a digit, only at its being one. What holds for one text
therefore holds for every text that differs in its digits alone: `columnar` reads whole columns by it.
"""

import re
from dataclasses import dataclass

Span = tuple[int, int]  # where figures stand in the text
ORDERS = ("ymd", "dmy", "mdy")

ERAS = {"令和": 2018, "平成": 1988, "昭和": 1925, "大正": 1911, "R": 2018, "H": 1988, "S": 1925, "T": 1911}
MONTHS = {
    name: number
    for number, name in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}

_MONTH = rf"(?P<name>{'|'.join(MONTHS)})[a-z]*\.?"
_DAY_NAME = r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*"
_AFTER_DATE = rf"(?: ?\([月火水木金土日](?:曜日?)?(?:[・,]?祝)?\)|,? {_DAY_NAME})?"
_SHORT = r"[0-9]{1,2}"
_DATES = (
    rf"(?P<y>[0-9]{{4}})(?P<sep>[-/.])(?P<m>{_SHORT})(?P=sep)(?P<d>{_SHORT})",
    rf"(?P<y>[0-9]{{4}}) ?年 ?(?P<m>{_SHORT}) ?月 ?(?P<d>{_SHORT}) ?日",
    rf"(?P<era>{'|'.join(ERAS)})\.? ?(?P<y>{_SHORT}|元)(?: ?年 ?|[-/.])"
    rf"(?P<m>{_SHORT})(?: ?月 ?|[-/.])(?P<d>{_SHORT}) ?日?",
    rf"(?P<a>{_SHORT})(?P<sep>[-/.])(?P<b>{_SHORT})(?P=sep)(?P<y>[0-9]{{4}}|[0-9]{{2}})",
    rf"(?:{_DAY_NAME},? )?{_MONTH} (?P<d>{_SHORT})(?:st|nd|rd|th)?,? (?P<y>[0-9]{{4}})",
    rf"(?:{_DAY_NAME},? )?(?P<d>{_SHORT})[-/ ]{_MONTH},?[-/ ](?P<y>[0-9]{{4}}|[0-9]{{2}})",
)
_CLOCK = (
    r"(?:(?P<before>午前|午後|[ap]m) ?)?"
    rf"(?:(?P<H>{_SHORT}):(?P<M>{_SHORT})(?::(?P<S>{_SHORT})(?:[.,](?P<f>[0-9]{{1,9}}))?)?"
    rf"|(?P<H2>{_SHORT}) ?時(?: ?(?P<M2>{_SHORT}) ?分(?: ?(?P<S2>{_SHORT}) ?秒)?)?)"
    r"(?: ?(?P<after>午前|午後|[ap]\.?m\.?))?"
)
_ZONE = r"(?: ?(?P<zone>z|jst|utc|gmt)?(?:(?P<sign>[-+])(?P<zh>[0-9]{1,2})(?::?(?P<zm>[0-9]{2}))?)?)"
_TIME = rf"(?:(?: ?t ?|,? +|(?<=日)|(?<=\))){_CLOCK}{_ZONE})?"
_COMPACT = r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"
_MOMENTS = (
    *(re.compile(date + _AFTER_DATE + _TIME, re.IGNORECASE) for date in _DATES),
    re.compile(_COMPACT + _TIME, re.IGNORECASE),
    re.compile(rf"{_COMPACT}[ t]?(?P<H>[0-9]{{2}})(?P<M>[0-9]{{2}})(?P<S>[0-9]{{2}})?{_ZONE}", re.IGNORECASE),
)
_MONEY = r"(?:[¥$€£] ?|(?:jpy|usd|eur) )?"
_NUMBER = re.compile(
    rf"(?P<open>\()?(?P<minus>[-+−▲△] ?)?{_MONEY}(?P<minus2>[-−▲△] ?)?"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.(?P<fraction>[0-9]*))?"
    r"(?: ?(?:円|yen|jpy|usd|eur|個|件|点|本|枚|台|回))?(?P<close>\))?",
    re.IGNORECASE,
)


class Refusal(ValueError):  # noqa: N818 - a value is refused; nothing went wrong
    """A text that is not what its column holds; `code` names the sentence `reasons.<code>`."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class MomentForm:
    """Where the parts of a moment stand; a part without figures is its fixed value."""

    year: Span | int
    month: Span | int
    day: Span | int
    hour: Span | int = 0
    minute: Span | int = 0
    second: Span | int = 0
    fraction: Span | None = None
    year_plus: int = 0
    half: str | None = None  # "a" before noon, "p" after
    zone: tuple[int, Span | int, Span | int] | None = None  # sign, hours and minutes east of Greenwich


@dataclass(frozen=True)
class NumberForm:
    """Where the figures of a number stand, without the marks between thousands."""

    negative: bool
    whole: tuple[Span, ...]
    fraction: Span | None


def moment_form(text: str, order: str = "ymd", utc: bool = False) -> MomentForm:
    """The form of a date, with or without a time; `utc`: a time without a zone is Greenwich's.

    Raises:
        Refusal: `no_date`; `order_unknown` for 3/12/2025 where `order` does not say which is the month.
    """
    found = next((match for form in _MOMENTS if (match := form.fullmatch(text))), None)
    if found is None:
        raise Refusal("no_date")
    year, plus = _year(found)
    month, day = _month_and_day(found, order)
    clock = {part: _span(found, part) or _span(found, part + "2") for part in "HMS"}
    half = _group(found, "before") or _group(found, "after")
    return MomentForm(
        year=year,
        month=month,
        day=day,
        hour=clock["H"] or 0,
        minute=clock["M"] or 0,
        second=clock["S"] or 0,
        fraction=_span(found, "f"),
        year_plus=plus,
        half={"午前": "a", "午後": "p"}.get(half, half[0].lower()) if half else None,
        zone=_zone(found) or ((1, 0, 0) if utc and clock["H"] else None),
    )


def _group(found: re.Match[str], name: str) -> str | None:
    return found.groupdict().get(name)


def _span(found: re.Match[str], name: str) -> Span | None:
    return found.span(name) if _group(found, name) else None


def _year(found: re.Match[str]) -> tuple[Span | int, int]:
    era = _group(found, "era")
    if era:
        return (1 if found["y"] == "元" else found.span("y")), ERAS[era.upper()]
    return found.span("y"), 2000 if len(found["y"]) == 2 else 0


def _month_and_day(found: re.Match[str], order: str) -> tuple[Span | int, Span | int]:
    if _group(found, "name"):
        return MONTHS[found["name"].lower()], found.span("d")
    if _group(found, "a"):
        if order == "ymd":
            raise Refusal("order_unknown")
        first, second = found.span("a"), found.span("b")
        return (first, second) if order == "mdy" else (second, first)
    return found.span("m"), found.span("d")


def _zone(found: re.Match[str]) -> tuple[int, Span | int, Span | int] | None:
    name, sign = (_group(found, "zone") or "").lower(), _group(found, "sign")
    if sign:
        return (-1 if sign == "-" else 1), found.span("zh"), _span(found, "zm") or 0
    if name:
        return 1, 9 if name == "jst" else 0, 0
    return None


def number_form(text: str) -> NumberForm:
    """The form of a number, with or without currency, thousands marks and a unit.

    Raises:
        Refusal: `not_a_number`.
    """
    found = _NUMBER.fullmatch(text)
    if not found or not (found["whole"] or found["fraction"]) or bool(found["open"]) != bool(found["close"]):
        raise Refusal("not_a_number")
    signs = [bool(found["open"]), bool(found["minus"]), bool(found["minus2"])]
    if sum(signs) > 1:
        raise Refusal("not_a_number")
    start = found.start("whole")
    groups = tuple((start + g.start(), start + g.end()) for g in re.finditer(r"[0-9]+", found["whole"]))
    negative = any(signs) and not (found["minus"] or "").startswith("+")
    return NumberForm(negative, groups, _span(found, "fraction"))
