"""取引先一覧, 訪問記録 and 問い合わせ一覧 of the sales system (SFA), as it writes them."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

from . import contacts
from .company import AREAS, CHUBU
from .deals import changed
from .dice import Dice
from .files import DUPLICATE, Broken, Cell, Written, write_csv, write_xlsx
from .shops import LAST, MINATO, MINATO_AGAIN, TSUBAKI, YAMABIKO

CUSTOMER = ("取引先コード", "取引先名", "エリア", "業態", "取引ランク", "担当者", "取引開始日")
CUSTOMER_TITLES = ("取引先一覧", "出力日：2026/03/31　抽出条件：取引中のみ")
VISIT = ("訪問番号", "訪問日時", "取引先コード", "取引先名", "訪問者", "目的")
INQUIRY = ("受付番号", "受付日時", "取引先コード", "取引先名", "受付方法", "分類", "内容", "対応状況")
TRADES = dict(zip(LAST, ("薬局", "ドラッグストア", "商店", "化粧品店", "化粧品店", "百貨店"), strict=True))
TWICE = 6  # rows of the list of customers that stand there twice
RANKS = "SABC"  # what the salespeople think of a shop


@cache
def customer_rows() -> list[tuple[Cell, ...]]:
    """The list of customers."""
    dice = Dice("customer list")
    return [_customer(dice, each) for each in contacts.known()]


def _customer(dice: Dice, each: contacts.Known) -> tuple[Cell, ...]:
    name, place = each.shop.name, each.customer.place
    area = dice.pick(AREAS, (60, 130, 55, 85, 70, 9))
    guess = RANKS[min(3, max(0, (place > 30) + (place > 110) + (place > 240) + dice.pick((-1, 0, 0, 1))))]
    trade = next((trade for ending, trade in TRADES.items() if name.endswith(ending)), "薬局")
    begun = date(2025, 4, 15) if each.customer.is_new else date(2024, 3, 29)
    begun -= timedelta(days=0 if each.customer.is_new else dice.whole(0, 9_000))
    if name in (MINATO, MINATO_AGAIN):
        area, guess = CHUBU, "A"
    rank = {TSUBAKI: "B", YAMABIKO: "S"}.get(name, guess)
    return (each.shop.code, name, area, trade, rank, each.owner, f"{begun:%Y/%m/%d}")


@cache
def visit_rows() -> list[tuple[Cell, ...]]:
    """The visits, numbered as they were."""
    return [
        (f"H{number:05d}", f"{v.at:%Y/%m/%d %H:%M}", v.shop.code, v.shop.name, v.visitor, v.purpose)
        for number, v in enumerate(contacts.visits(), 1)
    ]


@cache
def inquiry_rows() -> list[tuple[Cell, ...]]:
    """The inquiries, numbered as they came in."""
    dice = Dice("shop inquiry states")
    return [
        (
            *(f"Q{number:05d}", i.at, i.shop.code, i.shop.name, i.channel, i.category, i.text),
            "対応中" if i.at > datetime(2026, 3, 18) and dice.chance(0.5) else "完了",
        )
        for number, i in enumerate(contacts.inquiries(), 1)
    ]


def write_customers(path: Path) -> Written:
    """The list of customers, with two lines above the header."""
    rows = customer_rows()
    return write_csv(path, CUSTOMER, rows, _twice(rows), encoding="cp932", titles=CUSTOMER_TITLES)


def _twice(rows: Sequence[Sequence[Cell]]) -> list[Broken]:
    again = Dice("customers twice").sample(rows[:-60], TWICE)
    places = (place / (TWICE - 1) for place in range(TWICE))
    same = ("上の行とまったく同じ行", "identical to a row above", DUPLICATE)
    return [Broken(0.85 + 0.15 * at, cells, *same) for at, cells in zip(places, again, strict=True)]


def write_visits(path: Path) -> Written:
    """The visits of the year."""
    rows = visit_rows()
    at, code = VISIT.index("訪問日時"), VISIT.index("取引先コード")
    broken = [
        Broken(0.3, changed(rows[500], 0, "H90001", code, ""), "取引先コードが空", "no customer"),
        Broken(0.55, changed(rows[900], 0, "H90002", at, "2025/09/31 10:00"), "訪問日時が日付ではない", "not a date"),
        Broken(0.8, changed(rows[1_300], 0, "H90003", at, ""), "訪問日時が空", "no date"),
    ]
    return write_csv(path, VISIT, rows, broken, encoding="utf-8-sig", quoted=False)


def write_inquiries(path: Path) -> Written:
    """The workbook of the inquiries."""
    rows = inquiry_rows()
    at, code = INQUIRY.index("受付日時"), INQUIRY.index("取引先コード")
    broken = [
        Broken(0.4, changed(rows[300], 0, "Q90001", at, "後日"), "受付日時が日付ではない", "not a date"),
        Broken(0.75, changed(rows[700], 0, "Q90002", code, ""), "取引先コードが空", "no customer"),
    ]
    return write_xlsx(path, "問い合わせ", INQUIRY, rows, broken)
