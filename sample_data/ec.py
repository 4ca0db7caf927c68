"""Orders on the own site: members who first bought from April to September 2025, and what they bought after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from .deals import changed, repeated
from .dice import Dice
from .files import Broken, Cell, Written, write_csv
from .products import PRODUCTS, REGULAR, SAMPLE, SERUM, SERUMS, SET, SUBSCRIPTION, Product
from .workdays import LAST_DAY

HEADER = ("注文番号", "注文日時", "会員ID", "商品コード", "商品名", "数量", "金額", "流入元")
# Those whose first order is one code of the serum, and how many of them buy the serum again.
FIRST = {SAMPLE: (2_400, 288), REGULAR: (900, 270), SUBSCRIPTION: (450, 378), SET: (250, 100)}
NEXT = {  # the code of the second order, by that of the first: weights of these ways
    SAMPLE: {REGULAR: 6, SUBSCRIPTION: 3, SET: 1},
    REGULAR: {REGULAR: 6, SUBSCRIPTION: 3, SET: 1},
    SUBSCRIPTION: {SUBSCRIPTION: 1},
    SET: {REGULAR: 5, SUBSCRIPTION: 3, SET: 2},
}
WITHIN = (14, 85)  # days from the first order to the second
OTHERS = {"LO-150": 520, "CL-120": 380, "CR-040": 260, "UV-050": 240}  # first orders of those who never buy the serum
OTHERS_AGAIN = {"LO-150": "LO-150R", "CL-120": "CL-120", "CR-040": "CR-040", "UV-050": "UV-050"}
FIRST_DAYS = (date(2025, 4, 1), date(2025, 9, 30))
SOURCES = ("検索", "LINE", "メール", "広告", "SNS")


@dataclass(frozen=True)
class Bought:
    """One line of an order; `order` counts those of the member."""

    at: datetime
    member: int
    order: int
    product: Product
    quantity: int
    source: str


def lines() -> list[Bought]:
    """All lines, oldest first; members are numbered by their first order."""
    dice = Dice("ec")
    wished = [(SERUMS[way], again) for way, (buyers, repeats) in FIRST.items() for again in _again(buyers, repeats)]
    others = {product.code: product for product in PRODUCTS}
    wished += [(others[code], dice.chance(0.22)) for code in repeated(OTHERS)]
    starts = sorted(_at(dice, FIRST_DAYS[0] + timedelta(days=dice.whole(0, 182))) for _ in wished)
    found = []
    for member, (at, (product, again)) in enumerate(zip(starts, dice.sample(wished, len(wished)), strict=True), 1):
        found += _of(dice, member, at, product, again)
    return sorted(found, key=lambda line: (line.at, line.member, line.product.code))


def _again(buyers: int, repeats: int) -> list[bool]:
    return [True] * repeats + [False] * (buyers - repeats)


def _at(dice: Dice, day: date) -> datetime:
    return datetime.combine(day, time(dice.whole(6, 23), dice.whole(0, 59)))


def _of(dice: Dice, member: int, at: datetime, first: Product, again: bool) -> list[Bought]:
    """The orders of a member: the first of one line, a second where they buy again, some more after it."""
    found = [Bought(at, member, 0, first, 1, dice.pick(SOURCES))]
    product, order, more = first, 0, again
    while more:
        gap = dice.whole(*WITHIN) if first is not SERUMS[SUBSCRIPTION] else dice.whole(28, 32)
        at = _at(dice, at.date() + timedelta(days=gap))
        if at.date() > LAST_DAY:
            break
        product, order = _following(dice, product), order + 1
        source = dice.pick(SOURCES)
        found.append(Bought(at, member, order, product, dice.pick((1, 2), (9, 1)), source))
        if first.group == SERUM and dice.chance(0.15):
            beside = dice.pick([other for other in PRODUCTS if other.group != SERUM])
            found.append(Bought(at, member, order, beside, 1, source))
        more = dice.chance(0.75 if product.way == SUBSCRIPTION else 0.4)
    return found


def _following(dice: Dice, product: Product) -> Product:
    """What comes after a product: of the serum another code of it, of anything else the same or its refill."""
    if product.group != SERUM:
        code = OTHERS_AGAIN.get(product.code, product.code)
        return next(other for other in PRODUCTS if other.code == code)
    weights = NEXT[product.way]
    return SERUMS[dice.pick((*weights,), (*weights.values(),))]


@cache
def rows() -> list[tuple[Cell, ...]]:
    """The lines as the file has them; orders are numbered as they come in."""
    numbers: dict[tuple[int, int], str] = {}
    made = []
    for line in lines():
        number = numbers.setdefault((line.member, line.order), f"EC{len(numbers) + 1:06d}")
        amount = line.product.retail * line.quantity
        made.append(
            (
                *(number, f"{line.at:%Y/%m/%d %H:%M}", f"M{line.member:06d}"),
                *(line.product.code, line.product.name, line.quantity, amount, line.source),
            )
        )
    return made


def write(path: Path) -> Written:
    """The file as the shop system writes it."""
    return write_csv(path, HEADER, rows(), _broken(rows()), encoding="utf-8-sig", quoted=False)


def _broken(made: Sequence[Sequence[Cell]]) -> list[Broken]:
    at, amount = HEADER.index("注文日時"), HEADER.index("金額")
    return [
        Broken(0.25, changed(made[1_000], 0, "EC900001", at, ""), "注文日時が空", "no date"),
        Broken(
            0.5, changed(made[2_000], 0, "EC900002", at, "2025/06/31 12:00"), "注文日時が日付ではない", "not a date"
        ),
        Broken(0.75, changed(made[3_000], 0, "EC900003", amount, "無料"), "金額が数ではない", "not a number"),
    ]
