"""契約一覧 of the contract system as of 31 March 2026: one row per term of a year; who stays and who leaves."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from .deals import changed, repeated
from .dice import Dice
from .files import Broken, Written, write_csv
from .shops import Shop, ordinary
from .workdays import LAST_DAY

RENEWED, ENDED, RUNNING = "更新", "解約", "契約中"
HEADER = (
    *("契約番号", "顧客コード", "顧客名", "プラン", "契約開始日", "契約終了日", "更新回数"),
    *("月額（円）", "最終利用日", "更新結果", "解約理由"),
)
PLANS = {"ライト": 8_000, "スタンダード": 20_000, "プレミアム": 45_000}

# Terms that end in each month from April 2025 to March 2026, and how many of them end for good.
FIRST_DUE = (8, 8, 9, 8, 8, 8, 9, 8, 8, 9, 8, 9)
FIRST_ENDED = (3, 2, 3, 2, 3, 2, 3, 3, 2, 3, 2, 3)
LATER_DUE = (9, 8, 8, 8, 9, 8, 8, 9, 8, 8, 8, 9)
LATER_ENDED = (1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 2)
EARLIER_TERMS = {1: 60, 2: 30, 3: 10}  # of those who renew again: the terms before the one that ends
NEW = (0, 9, 9, 9, 9, 9, 9, 9, 9, 8, 8, 0)  # first terms that begin in each of these months
REASONS = {"予算": 15, "担当変更": 9, "効果": 7, "その他": 4, "": 8}
SILENT_REASON, SILENT, SILENT_DAYS = "予算", 11, 60  # no use for so many days before the end
YEAR = tuple(date(2025 + month // 12, month % 12 + 1, 1) for month in range(3, 15))  # first days of the months


@dataclass
class Term:
    """One year of a contract; `number` counts the renewals before it."""

    shop: Shop
    contract: str
    plan: str
    start: date
    number: int
    outcome: str = RENEWED
    reason: str = ""
    used: date = LAST_DAY

    @property
    def end(self) -> date:
        return _years_later(self.start, 1) - timedelta(days=1)


def terms() -> list[Term]:
    """All terms, by customer and start."""
    dice = Dice("contracts")
    shops = dice.sample(ordinary(), sum(FIRST_DUE) + sum(LATER_DUE) + sum(NEW))
    found = _due(dice, shops, FIRST_DUE, FIRST_ENDED, {0: sum(FIRST_DUE)})
    found += _due(dice, shops, LATER_DUE, LATER_ENDED, EARLIER_TERMS)
    for month, count in zip(YEAR, NEW, strict=True):
        found += [_contract(dice, shops.pop(), month, 0, RUNNING) for _ in range(count)]
    _tell_reasons(dice, [term for term in found if term.outcome == ENDED])
    listed = [term for last in found for term in _history(last)]
    for term in listed:
        if term.outcome != ENDED:
            away = timedelta(days=dice.pick((0, 1, 2, 5, 9, 16, 30, 48)))
            term.used = max(term.start, min(term.end, LAST_DAY) - away)
    return sorted(listed, key=lambda term: (term.contract, term.start))


def _due(
    dice: Dice, shops: list[Shop], due: tuple[int, ...], ended: tuple[int, ...], before: dict[int, int]
) -> list[Term]:
    """The last term of everybody whose contract was up for renewal: the one that ended, or the one after it."""
    earlier = dice.sample(repeated(before), sum(due))
    found = []
    for month, count, leaving in zip(YEAR, due, ended, strict=True):
        start = _years_later(_next_month(month), -1)
        for place in range(count):
            term = _contract(dice, shops.pop(), start, earlier.pop(), ENDED)
            found.append(term if place < leaving else _renewed(term))
    return found


def _contract(dice: Dice, shop: Shop, start: date, number: int, outcome: str) -> Term:
    plan = dice.pick((*PLANS,), (5, 4, 2))
    return Term(shop, f"K{shop.code[1:]}", plan, start, number, outcome)


def _renewed(term: Term) -> Term:
    start = _years_later(term.start, 1)
    return Term(term.shop, term.contract, term.plan, start, term.number + 1, RUNNING)


def _history(last: Term) -> list[Term]:
    """A customer's terms from the first on; those before the last were renewed."""
    earlier = [
        Term(last.shop, last.contract, last.plan, _years_later(last.start, number - last.number), number)
        for number in range(last.number)
    ]
    return [*earlier, last]


def _tell_reasons(dice: Dice, ended: list[Term]) -> None:
    """Why they ended, and how long before the end nobody had used it any more."""
    silent = SILENT
    for term, reason in zip(dice.sample(ended, len(ended)), repeated(REASONS), strict=True):
        quiet = reason == SILENT_REASON and silent > 0
        silent -= quiet
        away = dice.whole(SILENT_DAYS, 150) if quiet else dice.whole(0, SILENT_DAYS - 1)
        term.reason, term.used = reason, term.end - timedelta(days=away)


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _years_later(day: date, years: int) -> date:
    return date(day.year + years, day.month, 1)


def running() -> list[Shop]:
    """The customers whose contract goes on after the day of the list."""
    return [term.shop for term in terms() if term.start <= LAST_DAY < term.end]


def row(term: Term) -> tuple:
    """A line of the file; of a term that has not begun there is no use yet."""
    return (
        *(term.contract, term.shop.code, term.shop.name, term.plan, term.start, term.end, term.number),
        *(PLANS[term.plan], None if term.start > LAST_DAY else term.used, term.outcome, term.reason),
    )


def write(path: Path) -> Written:
    """The file as the contract system writes it, with the number of terms below the table."""
    rows = [row(term) for term in terms()]
    return write_csv(path, HEADER, rows, _broken(rows), encoding="utf-8-sig", quoted=False)


def _broken(rows: list[tuple]) -> list[Broken]:
    customer, start, end, fee = (
        HEADER.index(name) for name in ("顧客コード", "契約開始日", "契約終了日", "月額（円）")
    )
    strange = changed(rows[60], 0, "K9001", customer, "S9001")
    last = ("合計", *[""] * (fee - 1), sum(cells[fee] for cells in rows), *[""] * (len(HEADER) - fee - 1))
    return [
        Broken(0.17, changed(rows[90], 0, "K9002", customer, ""), "顧客コードが空", "no customer"),
        Broken(0.33, changed(strange, end, "2026/02/30"), "契約終了日が日付ではない", "not a date"),
        Broken(
            0.58,
            changed(strange, start, date(2025, 10, 1), end, date(2025, 9, 30)),
            "終わりが始まりより前",
            "ends first",
        ),
        Broken(0.81, changed(strange, start, ""), "契約開始日が空", "no start"),
        Broken(1.0, last, "表の下の合計の行", "the line of totals below the table"),
    ]
