"""受注明細 of the order system, a file for each fiscal year: one row is a line of an order, or of a return."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path

from .deals import changed
from .dice import Dice
from .files import Broken, Cell, Written, write_csv
from .products import CHEAPEST, PRODUCTS, Product
from .shops import RESERVED, Shop
from .turnover import LOWEST_OF_TOP, Customer, again, customers
from .workdays import days, is_business_day

SOLD, RETURNED = "売上", "返品"
HEADER = ("受注番号", "受注日時", "伝票区分", "得意先コード", "得意先名", "商品コード", "商品名", "数量", "金額")
YEARS = (2024, 2025)
RETURNS = (54, 60)
STOPPED = 26  # shops that order nothing more from some day in fiscal 2025
MAIN = [product for product in PRODUCTS if product is not CHEAPEST]


@dataclass(frozen=True)
class Line:
    """A line as it was sold, or as it came back: then both numbers are negative, and the order is that of the sale."""

    order: int  # of the shop
    at: datetime
    shop: Shop
    product: Product
    quantity: int

    @property
    def amount(self) -> int:
        return self.quantity * self.product.trade


def lines(year: int) -> list[Line]:
    """All lines of a fiscal year, oldest first."""
    dice = Dice("shop orders", year)
    bought = [customer for customer in customers() if customer.orders[YEARS.index(year)]]
    free = [c for c in bought if c.shop.name not in RESERVED and c.shop != again() and c.place > 40]
    stopped = dice.sample(free, STOPPED) if year == YEARS[-1] else []
    able = [c for c in bought if c.shop.name not in RESERVED and c.amounts[YEARS.index(year)] > 60_000]
    returning = dice.sample(able, RETURNS[YEARS.index(year)])
    found = []
    for customer in bought:
        dates = _dates(dice, customer, year, customer in stopped)
        found += _of(dice, customer, dates, YEARS.index(year), customer in returning)
    return sorted(found, key=lambda line: (line.at, line.shop.code, line.order))


def _dates(dice: Dice, customer: Customer, year: int, stopped: bool) -> list[datetime]:
    """When a shop orders; the highest customer once a month."""
    count = customer.orders[YEARS.index(year)]
    open_days = [day for day in days(date(year, 4, 1), date(year + 1, 3, 31)) if is_business_day(day)]
    if stopped:
        open_days = open_days[: dice.whole(90, 180)]
    if customer.is_new:
        open_days = open_days[dice.whole(20, 60 if stopped else 150) :]
    each = len(open_days) / count
    picked = [open_days[int((place + dice.real()) * each)] for place in range(count)]
    return [datetime.combine(day, time(dice.whole(9, 17), dice.whole(0, 59))) for day in picked]


def _of(dice: Dice, customer: Customer, dates: list[datetime], year: int, returning: bool) -> list[Line]:
    """The orders of a shop, whose amounts add up to what is planned, returns taken off."""
    total, shop = customer.amounts[year], customer.shop
    extra: list[Line] = []
    if returning:
        extra = _returned(dice, customer, dates, total)
        total -= sum(line.amount for line in extra)
    shares = dice.split(total // CHEAPEST.trade, len(dates), 0.9)
    found, left = [], total
    for order, (at, share) in enumerate(zip(dates, shares, strict=True)):
        last = order == len(dates) - 1
        parts = _parts(dice, left if last else share * CHEAPEST.trade, total > LOWEST_OF_TOP, exact=last)
        found += [Line(order, at, shop, product, quantity) for product, quantity in parts]
        left -= sum(product.trade * quantity for product, quantity in parts)
    return [*found, *extra]


def _parts(dice: Dice, budget: int, large: bool, *, exact: bool) -> list[tuple[Product, int]]:
    """Products and quantities worth the budget at most, or exactly."""
    fitting = [product for product in MAIN if product.trade <= budget]
    count = min(len(fitting), dice.pick((1, 2, 3), (5, 4, 3) if large else (7, 3, 1)))
    found, left = [], budget
    for place, product in enumerate(dice.sample(fitting, count)):
        most = (left if place == count - 1 else left // 2) // product.trade
        if most:
            found.append((product, most))
            left -= most * product.trade
    if left and (exact or not found):
        found.append((CHEAPEST, left // CHEAPEST.trade))
    return found


def _returned(dice: Dice, customer: Customer, dates: list[datetime], total: int) -> list[Line]:
    """A line more in one of the first orders, of which a part comes back within the same year."""
    order = dice.whole(0, len(dates) // 2)
    product = dice.pick(MAIN)
    back = max(1, min(dice.whole(2, 24), total // 8 // product.trade))
    kept = max(1, min(dice.whole(1, 12), total // 8 // product.trade))
    at = dates[order] + timedelta(days=dice.whole(6, 20))
    while not is_business_day(at.date()):
        at += timedelta(days=1)
    return [
        Line(order, dates[order], customer.shop, product, back + kept),
        Line(order, at, customer.shop, product, -back),
    ]


@cache
def rows(year: int) -> list[tuple[Cell, ...]]:
    """The lines as the file has them; orders are numbered as they come in."""
    numbers: dict[tuple[str, int], str] = {}
    made = []
    for line in lines(year):
        number = numbers.setdefault((line.shop.code, line.order), f"J{year % 100}-{len(numbers) + 1:05d}")
        made.append(
            (
                *(number, f"{line.at:%Y/%m/%d %H:%M}", SOLD if line.quantity > 0 else RETURNED),
                *(line.shop.code, line.shop.name, line.product.code, line.product.name),
                *(line.quantity, f"{line.amount:,}"),
            )
        )
    return made


def write_2024(path: Path) -> Written:
    """Fiscal 2024, as the order system writes it."""
    return write_csv(path, HEADER, rows(2024), _broken(rows(2024), 2024)[:2], encoding="cp932")


def write_2025(path: Path) -> Written:
    """Fiscal 2025."""
    return write_csv(path, HEADER, rows(2025), _broken(rows(2025), 2025), encoding="cp932")


def _broken(made: Sequence[Sequence[Cell]], year: int) -> list[Broken]:
    at, amount = HEADER.index("受注日時"), HEADER.index("金額")
    first = f"J{year % 100}-9000"
    return [
        Broken(
            0.2, changed(made[900], 0, f"{first}1", at, f"{year}/11/31 10:00"), "受注日時が日付ではない", "not a date"
        ),
        Broken(0.45, changed(made[1_800], 0, f"{first}2", amount, "別途見積"), "金額が数ではない", "not a number"),
        Broken(0.7, changed(made[2_700], 0, f"{first}3", amount, ""), "金額が空", "no amount"),
        Broken(0.9, changed(made[3_600], 0, f"{first}4", at, ""), "受注日時が空", "no date"),
    ]
