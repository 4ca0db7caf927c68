"""What each shop buys in the fiscal years 2024 and 2025: the plan of the amounts, before there is an order."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from .dice import Dice
from .shops import AGAIN_AT, MINATO, MINATO_AGAIN, SHOPS, TSUBAKI, YAMABIKO, Shop, ordinary, shops

UNIT = 500  # yen: every price is a multiple of it
TOTAL = {2024: 798_000_000, 2025: 840_000_000}
GOAL = 880_000_000
TOP, TOP_AMOUNT = 82, 625_000_000  # of fiscal 2025, as everything below
PLACE_OF_YAMABIKO = 205
AMOUNTS = {TSUBAKI: (66_000_000, 75_600_000), MINATO: (11_800_000, 13_100_000), MINATO_AGAIN: (11_500_000, 10_900_000)}
ORDERS = {TSUBAKI: (11, 12), YAMABIKO: (84, 96)}
HIGHEST, LOWEST_OF_TOP, LOWEST = 20_200_000, 3_000_000, 30_000  # the first is above the second
NEW = 24  # shops without an order in fiscal 2024; nobody has gone, so that the field is the same in both years


@dataclass(frozen=True)
class Customer:
    """A shop with its amounts and numbers of orders in both years, and its place by amount in fiscal 2025."""

    shop: Shop
    amounts: tuple[int, int]
    orders: tuple[int, int]
    place: int  # 1 is the highest

    @property
    def is_new(self) -> bool:
        return not self.amounts[0]


def customers() -> list[Customer]:
    """The shops of the list, highest amount of fiscal 2025 first."""
    dice = Dice("turnover")
    now = _by_place(dice)
    before = _before(dice, now)
    counts = [(_orders(dice, shop, before[shop], 0), _orders(dice, shop, amount, 1)) for shop, amount in now]
    return [
        Customer(shop, (before[shop], amount), orders, place)
        for place, ((shop, amount), orders) in enumerate(zip(now, counts, strict=True), 1)
    ]


def _by_place(dice: Dice) -> list[tuple[Shop, int]]:
    """Fiscal 2025: the amounts, dealt out; chains buy more than small shops."""
    fixed = {name: amounts[1] for name, amounts in AMOUNTS.items()}
    named = {shop.name: shop for shop in shops()}
    top, rest = _top(dice, sum(fixed.values())), _rest(dice)
    places = PLACE_OF_YAMABIKO - TOP - 1
    others = [shop for shop in ordinary() if shop.code != named[MINATO_AGAIN].code]
    dealt = dice.sample(others, len(others), [_size(shop) for shop in others])
    found = [(named[name], amount) for name, amount in fixed.items()]
    found += [*zip(dealt, top, strict=False)]
    found += [(named[YAMABIKO], rest.pop(places)), *zip(dealt[len(top) :], rest, strict=True)]
    return sorted(found, key=lambda pair: (-pair[1], pair[0].code))


def _size(shop: Shop) -> float:
    return 3.0 if shop.name.endswith(("ドラッグ", "百貨店")) else 1.0


def _top(dice: Dice, fixed: int) -> list[int]:
    """The highest amounts but those that are fixed."""
    count = TOP - len(AMOUNTS)
    curve = [(1 - place / (count + 5)) ** 4.9 * (0.94 + 0.12 * dice.real()) for place in range(count)]
    return _shared(TOP_AMOUNT - fixed, LOWEST_OF_TOP, curve)


def _rest(dice: Dice) -> list[int]:
    count = SHOPS - TOP
    curve = [math.exp(-0.0125 * place) * (0.96 + 0.08 * dice.real()) for place in range(count)]
    return _shared(TOTAL[2025] - TOP_AMOUNT, LOWEST, curve)


def _shared(total: int, lowest: int, weights: Sequence[float]) -> list[int]:
    """`total` in multiples of `UNIT` that add up: `lowest` for everybody, the rest by weight; the highest first."""
    scale = (total - lowest * len(weights)) / sum(weights)
    amounts = [int((lowest + weight * scale) / UNIT) * UNIT for weight in weights]
    for place in range((total - sum(amounts)) // UNIT):
        amounts[place % len(amounts)] += UNIT
    return sorted(amounts, reverse=True)


def _before(dice: Dice, now: list[tuple[Shop, int]]) -> dict[Shop, int]:
    """Fiscal 2024: much alike, some far off, a few not there yet."""
    fixed = {shop: AMOUNTS[shop.name][0] for shop, _ in now if shop.name in AMOUNTS}
    free = [(shop, amount) for shop, amount in now if shop not in fixed]
    new = {*dice.sample([shop for shop, amount in free[40:] if shop.name != YAMABIKO], NEW)}
    old = [(shop, amount) for shop, amount in free if shop not in new]
    weights = [amount * math.exp((dice.real() + dice.real() + dice.real() - 1.5) * 0.8) for _, amount in old]
    total = TOTAL[2024] - sum(fixed.values())
    made = _in_order(total, weights)
    return fixed | dict.fromkeys(new, 0) | {shop: amount for (shop, _), amount in zip(old, made, strict=True)}


def _in_order(total: int, weights: Sequence[float]) -> list[int]:
    scale = (total - LOWEST * len(weights)) / sum(weights)
    amounts = [int((LOWEST + weight * scale) / UNIT) * UNIT for weight in weights]
    amounts[0] += total - sum(amounts)
    return amounts


def _orders(dice: Dice, shop: Shop, amount: int, year: int) -> int:
    """How often a shop orders: 12 times for the highest amount, 96 times for a middling one."""
    drawn = dice.whole(12, 40) if amount > LOWEST_OF_TOP else dice.whole(4, 18)
    return ORDERS[shop.name][year] if shop.name in ORDERS else min(drawn, amount // 5_000)


def again() -> Shop:
    """The second entry of the shop that is on the list twice."""
    return shops()[AGAIN_AT - 1]
