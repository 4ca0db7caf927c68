"""Who goes to which shop, and which shop asks how often, in fiscal 2025: the plan, before there is a file."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from . import deals
from .dice import Dice
from .shops import MINATO, MINATO_AGAIN, SHOPS, STAFF, TSUBAKI, YAMABIKO, Shop
from .turnover import TOP, Customer, customers
from .workdays import LAST_DAY, days, is_business_day

ALONE = 157  # shops that one salesperson only knows: owner, visitors and owners of deals are the same person
OWNER_OF_TSUBAKI = "今井 千尋"
AWAY = 214  # days since the last visit to つばき薬局
DAYS_AT_TSUBAKI = (date(2025, 5, 14), date(2025, 7, 2), LAST_DAY - timedelta(days=AWAY))
VISITS_TO_YAMABIKO, INQUIRIES_OF_YAMABIKO = 46, 41
NO_OWNER = 6  # shops without an owner in the list
YEAR = [day for day in days(date(2025, 4, 1), LAST_DAY) if is_business_day(day)]
PURPOSES = ("新商品の案内", "売場の確認", "在庫の確認", "商談", "納品の立ち会い", "ごあいさつ")
CHANNELS = ("電話", "メール", "FAX", "訪問時")
CATEGORIES = {
    "納期": ("納品日の確認", "急ぎの追加納品の相談"),
    "在庫": ("欠品の問い合わせ", "次回入荷の時期"),
    "商品": ("成分について", "使用期限について", "テスターの依頼"),
    "請求": ("請求書の再発行", "値引きの反映"),
    "販促物": ("POP の追加", "什器の交換"),
    "クレーム": ("届いた数が違う", "箱がつぶれていた", "納品が遅れた"),
}


@dataclass(frozen=True)
class Known:
    """A shop, its owner in the list (or nobody), and everybody who goes there."""

    customer: Customer
    owner: str
    visitors: tuple[str, ...]

    @property
    def shop(self) -> Shop:
        return self.customer.shop


@dataclass(frozen=True)
class Visit:
    """One visit of one person."""

    at: datetime
    shop: Shop
    visitor: str
    purpose: str


@dataclass(frozen=True)
class Inquiry:
    """One question or complaint of a shop."""

    at: datetime
    shop: Shop
    channel: str
    category: str
    text: str


def known() -> list[Known]:
    """Every shop of the list, in the order of their codes."""
    dice = Dice("known")
    shops = sorted(customers(), key=lambda customer: customer.shop.code)
    owners = _owners_of_deals()
    free = [c for c in shops if len(owners.get(c.shop, ())) < 2 and c.shop.name not in (YAMABIKO, MINATO, MINATO_AGAIN)]
    alone = {c.shop for c in dice.sample([c for c in free if c.shop.name != TSUBAKI], ALONE - 1)}
    nobody = dice.sample([c for c in shops if c.shop not in alone and c.place > 3], NO_OWNER)
    found = []
    for customer in shops:
        shop = customer.shop
        first = dice.pick(owners.get(shop, STAFF))
        if shop.name == TSUBAKI:
            found.append(Known(customer, OWNER_OF_TSUBAKI, (OWNER_OF_TSUBAKI,)))
        elif shop in alone:
            found.append(Known(customer, first, (first,)))
        else:
            others = dice.sample([name for name in STAFF if name != first], dice.whole(1, 2))
            found.append(Known(customer, "" if customer in nobody else first, (first, *others)))
    return found


def _owners_of_deals() -> dict[Shop, tuple[str, ...]]:
    owners: dict[Shop, list[str]] = {}
    for deal in deals.deals():
        listed = owners.setdefault(deal.shop, [])
        if deal.owner not in listed:
            listed.append(deal.owner)
    return {shop: tuple(names) for shop, names in owners.items()}


def visits() -> list[Visit]:
    """All visits, oldest first."""
    dice = Dice("visits")
    found = [visit for each in known() for visit in _visits(dice, each)]
    return sorted(found, key=lambda visit: (visit.at, visit.shop.code, visit.visitor))


def _visits(dice: Dice, known: Known) -> list[Visit]:
    """Everybody who knows the shop goes there at least once; to the largest shops somebody went of late."""
    if known.shop.name == TSUBAKI:
        dates = [*DAYS_AT_TSUBAKI]
    else:
        most = {TOP: 14, 2 * TOP: 9}.get(_size(known), 5)
        drawn = dice.whole(7, most) if most > 9 else dice.whole(len(known.visitors), most)
        count = VISITS_TO_YAMABIKO if known.shop.name == YAMABIKO else drawn
        dates = dice.sample(YEAR, count)
        if known.customer.place <= TOP:
            dates[0] = dice.pick(YEAR[-70:])
    return [
        Visit(
            datetime.combine(day, time(dice.whole(9, 17), dice.pick((0, 15, 30, 45)))),
            known.shop,
            known.visitors[number % len(known.visitors)],
            dice.pick(PURPOSES),
        )
        for number, day in enumerate(dates)
    ]


def inquiries() -> list[Inquiry]:
    """All inquiries, oldest first."""
    dice = Dice("shop inquiries")
    found = []
    for each in known():
        for _ in range(_asked(dice, each)):
            category = dice.pick((*CATEGORIES,), (5, 4, 4, 2, 3, 2))
            at = datetime.combine(dice.pick(YEAR), time(dice.whole(9, 17), dice.whole(0, 59)))
            found.append(Inquiry(at, each.shop, dice.pick(CHANNELS), category, dice.pick(CATEGORIES[category])))
    return sorted(found, key=lambda inquiry: (inquiry.at, inquiry.shop.code, inquiry.text))


def _size(known: Known) -> int:
    """Where a shop stands by amount: among the first `TOP`, among the first of twice as many, or below."""
    return TOP if known.customer.place <= TOP else 2 * TOP if known.customer.place <= 2 * TOP else SHOPS


def _asked(dice: Dice, known: Known) -> int:
    chance, least, most = {TOP: (0.98, 5, 16), 2 * TOP: (0.7, 1, 7)}.get(_size(known), (0.45, 1, 4))
    drawn = dice.whole(least, most) if dice.chance(chance) else 0
    return {TSUBAKI: 0, YAMABIKO: INQUIRIES_OF_YAMABIKO}.get(known.shop.name, drawn)
