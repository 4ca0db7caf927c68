"""商談一覧 of the sales system (SFA) as of 31 March 2026: 300 deals with a date per phase."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from .dice import Dice
from .files import DUPLICATE, Broken, Written, write_csv
from .shops import STAFF, Shop, ordinary
from .workdays import LAST_DAY, is_business_day

T = TypeVar("T")
WON, LOST, OPEN = "受注", "失注", "open"
STEPS = ("アプローチ", "ヒアリング", "提案", "見積")
PHASES = {name: f"{number} {name}" for number, name in enumerate((*STEPS, WON, LOST), 1)}
DATES = tuple(f"{step}日" for step in STEPS)
HEADER = (
    *("商談番号", "商談名", "取引先コード", "取引先名", "商談所有者", "主リードソース", "従業員規模", "フェーズ"),
    *("金額", "作成日", *DATES, "完了予定日", "完了日", "失注理由", "最終更新日"),
)

# Owner: deals that are won, lost, open. 岡 wins 3 of 3 closed, 佐伯 18 of 40.
WON_LOST_OPEN = ((3, 0, 6), (18, 22, 18), (12, 19, 16), (10, 22, 15), (11, 23, 17), (8, 21, 14), (10, 21, 14))
OWNERS = dict(zip(STAFF, WON_LOST_OPEN, strict=True))
SIZES = ("300名以上", "100～299名", "100名未満")
# Source: for each size, deals that are won, lost, open.
SOURCES = {
    "展示会": ((1, 11, 6), (6, 12, 10), (5, 25, 14)),
    "紹介": ((4, 3, 3), (11, 3, 6), (7, 6, 5)),
    "Web問い合わせ": ((1, 5, 3), (6, 6, 7), (7, 21, 16)),
    "既存顧客": ((5, 5, 4), (10, 7, 7), (4, 7, 5)),
    "電話": ((0, 7, 4), (2, 3, 4), (3, 7, 6)),
}
# What the department had aimed at for the year: deals by source and size.
AIMED = {("展示会", SIZES[1]): 60, ("紹介", SIZES[1]): 40, ("既存顧客", SIZES[1]): 30}
REASONS = {"価格": 38, "時期": 26, "競合": 14, "途絶": 10, "": 40}
LOST_AT = (46, 38, 26, 18)  # the furthest of STEPS that a lost deal has a date for
OPEN_AT = (34, 28, 23, 15)
NO_DATE_BETWEEN = 9  # of the won and the lost: no date for a phase before the last that has one
NO_AMOUNT = 22  # open deals without an amount yet
STILL = 31  # open deals that have not moved for more than 90 days
OVERDUE = 44  # open deals whose planned closing day is past

THINGS = ("春の新色 導入", "美容液 定番化", "売場づくり 提案", "夏の日やけ止め 導入", "ギフト企画", "サンプル什器 設置")
DAYS = ((3, 25), (5, 35), (4, 30), (5, 40))  # usual days from each of STEPS to what comes next


@dataclass
class Deal:
    """One deal; `days` holds a date or None for each of STEPS, as far as it came."""

    shop: Shop
    owner: str
    source: str
    size: str
    outcome: str
    thing: str
    reason: str = ""
    days: list[date | None] = field(default_factory=list)
    amount: int | None = None
    created: date = LAST_DAY
    planned: date = LAST_DAY
    closed: date | None = None

    @property
    def phase(self) -> str:
        return PHASES[STEPS[len(self.days) - 1] if self.outcome == OPEN else self.outcome]

    @property
    def moved(self) -> date:
        return self.closed or max(day for day in self.days if day)


def deals() -> list[Deal]:
    """All deals, by the day of their creation."""
    dice = Dice("deals")
    found = [deal for place, outcome in enumerate((WON, LOST, OPEN)) for deal in _of(dice, outcome, place)]
    _tell_reasons(dice, [deal for deal in found if deal.outcome == LOST])
    _tell_days(dice, found)
    _blank_days(dice, found)
    _tell_plans(dice, found)
    still_open = [deal for deal in found if deal.outcome == OPEN]
    unknown = dice.sample(still_open, NO_AMOUNT, [1 / len(deal.days) for deal in still_open])
    for deal in found:
        deal.amount = None if deal in unknown else dice.whole(6, 90) * dice.pick((10_000, 20_000, 50_000), (5, 3, 2))
    return sorted(found, key=lambda deal: (deal.created, deal.shop.code, deal.owner))


def repeated(counts: dict[T, int]) -> list[T]:
    """Each key as often as its number says."""
    return [key for key, count in counts.items() for _ in range(count)]


def _shuffled(dice: Dice, items: Iterable[T]) -> list[T]:
    listed = list(items)
    return dice.sample(listed, len(listed))


def _of(dice: Dice, outcome: str, place: int) -> list[Deal]:
    """The deals of one outcome: its owners and its cells of source and size, dealt out."""
    owners = repeated({name: counts[place] for name, counts in OWNERS.items()})
    cells = {
        (source, size): counts[place]
        for source, sizes in SOURCES.items()
        for size, counts in zip(SIZES, sizes, strict=True)
    }
    dealt = zip(_shuffled(dice, owners), _shuffled(dice, repeated(cells)), strict=True)
    shops = ordinary()
    return [Deal(dice.pick(shops), owner, source, size, outcome, dice.pick(THINGS)) for owner, (source, size) in dealt]


def _tell_reasons(dice: Dice, lost: list[Deal]) -> None:
    for deal, reason in zip(lost, _shuffled(dice, repeated(REASONS)), strict=True):
        deal.reason = reason


def _tell_days(dice: Dice, found: list[Deal]) -> None:
    """Backwards from the last thing that happened, so that nothing lies after the day of the list."""
    lost_at = _shuffled(dice, repeated(dict(enumerate(LOST_AT, 1))))
    open_at = _shuffled(dice, repeated(dict(enumerate(OPEN_AT, 1))))
    still = _shuffled(dice, [True] * STILL + [False] * (sum(OPEN_AT) - STILL))
    for deal in found:
        if deal.outcome == OPEN:
            reached, at = open_at.pop(), _workday(LAST_DAY, *((95, 230) if still.pop() else (1, 80)), dice)
        else:
            reached = len(STEPS) if deal.outcome == WON else lost_at.pop()
            deal.closed = at = _workday(LAST_DAY, 0, 330, dice)
            at = _workday(at, *DAYS[reached - 1], dice)
        days = [at]
        for step in range(reached - 2, -1, -1):
            days.append(_workday(days[-1], *DAYS[step], dice))
        deal.days = [*reversed(days)]
        deal.created = _workday(days[-1], 0, 4, dice)


def _workday(last: date, least: int, most: int, dice: Dice) -> date:
    """A business day between `least` and `most` days before `last`, or the next one before these."""
    day = last - timedelta(days=dice.whole(least, most))
    while not is_business_day(day):
        day -= timedelta(days=1)
    return day


def _blank_days(dice: Dice, found: list[Deal]) -> None:
    """Phases that somebody went through without writing down when."""
    far = [deal for deal in found if deal.outcome != OPEN and len(deal.days) >= 3]
    for deal in dice.sample(far, NO_DATE_BETWEEN):
        deal.days[dice.whole(1, len(deal.days) - 2)] = None


def _tell_plans(dice: Dice, found: list[Deal]) -> None:
    """The planned closing day: the real one where the deal is closed, else a hope."""
    still_open = [deal for deal in found if deal.outcome == OPEN]
    overdue = dice.sample(still_open, OVERDUE, [1 + (LAST_DAY - deal.moved).days / 20 for deal in still_open])
    for deal in found:
        if deal.closed:
            deal.planned = deal.closed
        elif deal in overdue:
            deal.planned = LAST_DAY - timedelta(days=dice.whole(1, 120))
        else:
            deal.planned = LAST_DAY + timedelta(days=dice.whole(5, 120))


def row(number: int, deal: Deal) -> tuple:
    """A line of the file."""
    days = [*deal.days, *[None] * (len(STEPS) - len(deal.days))]
    amount = "" if deal.amount is None else f"{deal.amount:,}"
    return (
        *(f"SD-{number:05d}", f"{deal.shop.name} {deal.thing}", deal.shop.code, deal.shop.name, deal.owner),
        *(deal.source, deal.size, deal.phase, amount, deal.created, *days, deal.planned, deal.closed),
        *(deal.reason, deal.moved),
    )


def write(path: Path) -> Written:
    """The file as the SFA writes it."""
    rows = [row(number, deal) for number, deal in enumerate(deals(), 1)]
    return write_csv(path, HEADER, rows, _broken(rows), encoding="cp932")


def _broken(rows: list[tuple]) -> list[Broken]:
    phase, amount, day = (HEADER.index(name) for name in ("フェーズ", "金額", "ヒアリング日"))
    twice = ("同じ商談番号の行が 2 つあり、フェーズが違う", "the same deal twice, in different phases")
    return [
        Broken(0.12, changed(rows[30], 0, ""), "商談番号が空", "no deal number"),
        Broken(0.35, changed(rows[100], 0, "SD-90001", day, "2025/11/31"), "ヒアリング日が日付ではない", "not a date"),
        Broken(0.52, changed(rows[150], 0, "SD-90002", phase, ""), "フェーズが空", "no phase"),
        Broken(0.6, changed(rows[180], 0, "SD-90003", phase, PHASES["提案"]), *twice),
        Broken(0.74, changed(rows[210], 0, "SD-90004", amount, "要見積"), "金額が数ではない", "not a number"),
        Broken(0.88, changed(rows[180], 0, "SD-90003", phase, PHASES["見積"]), *twice),
        Broken(1.0, rows[41], "上の行とまったく同じ行", "identical to a row above", DUPLICATE),
    ]


def changed(cells: Sequence, *places_and_values: object) -> tuple:
    """The row with other values: place, value, place, value …"""
    found = list(cells)
    for place, value in zip(places_and_values[::2], places_and_values[1::2], strict=True):
        found[place] = value  # type: ignore[call-overload]
    return tuple(found)
