"""Orders and inquiries: each on a day of use of the person who makes it."""

from dataclasses import dataclass
from datetime import date, datetime, time

from .company import BRANCHES
from .dice import Dice
from .plan import INQUIRIES, INQUIRIES_OF_TAKAHASHI, ORDERED_BY_THREE, ORDERS, THREE, THREE_BRANCHES
from .usage import INQUIRY, ORDER, Use

# Code, name, price in yen, usual quantity.
PRODUCTS = (
    ("POP-001", "春の新色 POP（A4）", 120, 20),
    ("POP-002", "美容液 POP（B5）", 90, 30),
    ("BNR-101", "店頭のぼり", 1_480, 4),
    ("BNR-102", "吊り下げバナー", 2_300, 2),
    ("LFT-201", "製品リーフレット（50 部）", 650, 6),
    ("LFT-202", "肌診断シート（100 部）", 980, 3),
    ("SMP-301", "美容液サンプル（20 個）", 1_200, 5),
    ("SMP-302", "クレンジングサンプル（20 個）", 900, 5),
    ("STD-401", "カウンター什器", 6_800, 1),
    ("BAG-501", "ショップ袋（200 枚）", 3_200, 2),
)
CATEGORIES = ("使い方", "注文・納期", "ログイン・パスワード", "素材の内容", "不具合", "その他")
SUBJECTS = {
    "使い方": ("注文履歴の見方を知りたい", "カタログの検索方法について", "配送先の追加方法"),
    "注文・納期": ("納品日を早めたい", "数量を変更したい", "届いた数が違う"),
    "ログイン・パスワード": ("パスワードを忘れた", "ログインできない", "ID の変更について"),
    "素材の内容": ("価格表示が古い", "画像を差し替えてほしい", "サイズ違いがほしい"),
    "不具合": ("ダウンロードが途中で止まる", "画面が真っ白になる", "表示が遅い"),
    "その他": ("研修の日程について", "担当者の連絡先", "要望"),
}
STATES = ("完了", "完了", "完了", "完了", "対応中")


@dataclass(frozen=True)
class Order:
    """One order of material; the amount in yen, tax included."""

    at: datetime
    user: str
    branch: str
    code: str
    product: str
    quantity: int
    amount: int


@dataclass(frozen=True)
class Inquiry:
    """One question to the help desk."""

    at: datetime
    user: str
    category: str
    subject: str
    state: str


def orders(uses: list[list[Use]]) -> list[Order]:
    """All orders, oldest first."""
    found = [order for number, quarter in enumerate(uses) for order in _orders(quarter, number)]
    return sorted(found, key=lambda o: (o.at, o.user, o.code, o.branch))


def _orders(uses: list[Use], quarter: int) -> list[Order]:
    dice = Dice("orders", quarter)
    by_three = [u for u in uses if u.account.hero in THREE]
    others = [u for u in uses if ORDER in u.kinds and u not in by_three]
    proxies = dice.sample(BRANCHES, THREE_BRANCHES)
    found: list[Order] = []
    turn = 0
    for use, count in zip(by_three, _thirds(ORDERED_BY_THREE[quarter]), strict=True):
        for number in range(count):
            day = use.days[number] if number < len(use.days) else dice.pick(use.days)
            found.append(_order(dice, use, day, proxies[turn % len(proxies)]))
            turn += 1
    counts = dice.split(ORDERS[quarter] - ORDERED_BY_THREE[quarter], len(others), 1.6)
    for use, count in zip(others, counts, strict=True):
        entry = use.account.march or use.account.september
        home = entry.branch if entry and entry.branch else "東京本社"
        found += [_order(dice, use, dice.pick(use.business_days), home) for _ in range(count)]
    return found


def _thirds(total: int) -> tuple[int, int, int]:
    first, second = round(total * 0.37), round(total * 0.34)
    return first, second, total - first - second


def _order(dice: Dice, use: Use, day: date, branch: str) -> Order:
    code, product, price, usual = dice.pick(PRODUCTS)
    quantity = max(1, round(usual * (0.5 + dice.real())))
    at = datetime.combine(day, time(dice.whole(9, 18), dice.whole(0, 59)))
    return Order(at, use.account.id, branch, code, product, quantity, price * quantity)


def inquiries(uses: list[list[Use]]) -> list[Inquiry]:
    """All inquiries, oldest first."""
    found = [inquiry for number, quarter in enumerate(uses) for inquiry in _inquiries(quarter, number)]
    return sorted(found, key=lambda i: (i.at, i.user, i.category, i.subject))


def _inquiries(uses: list[Use], quarter: int) -> list[Inquiry]:
    dice = Dice("inquiries", quarter)
    takahashi = [u for u in uses if u.account.hero == "takahashi"]
    others = [u for u in uses if INQUIRY in u.kinds and u not in takahashi]
    counts = dice.split(INQUIRIES[quarter] - INQUIRIES_OF_TAKAHASHI[quarter], len(others), 0.8)
    pairs = [*zip(takahashi, (INQUIRIES_OF_TAKAHASHI[quarter],), strict=True), *zip(others, counts, strict=True)]
    return [_inquiry(dice, use, number) for use, count in pairs for number in range(count)]


def _inquiry(dice: Dice, use: Use, number: int) -> Inquiry:
    category = dice.pick(CATEGORIES, (5, 6, 4, 3, 2, 1))
    day = use.days[number % len(use.days)] if use.account.hero else dice.pick(use.business_days)
    at = datetime.combine(day, time(dice.whole(9, 18), dice.whole(0, 59)))
    return Inquiry(at, use.account.id, category, dice.pick(SUBJECTS[category]), dice.pick(STATES))
