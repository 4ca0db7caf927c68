"""The planted figures of shops, their orders and the own site in words, from their plans; the tests count the files."""

from . import contacts, ec, shop_orders, turnover
from .facts import percent, say
from .products import PRODUCTS, SERUM, SERUMS
from .shops import MINATO, MINATO_AGAIN, SHOPS, TSUBAKI, YAMABIKO


def sales() -> dict[str, object]:
    """What the card of the shops names."""
    return _amounts() | _named() | _minato() | _contacts() | _years()


def _the(name: str) -> turnover.Customer:
    return next(customer for customer in turnover.customers() if customer.shop.name == name)


def man(yen: int) -> str:
    """`7,560 万円`."""
    return f"{yen / 10_000:,.2f}".rstrip("0").rstrip(".") + " 万円"


def oku(yen: int) -> str:
    """`8.40 億円`."""
    return f"{yen / 100_000_000:.2f} 億円"


def million(yen: int) -> str:
    """`840.0 million yen`."""
    return f"{yen / 1_000_000:,.1f} million yen"


def _amounts() -> dict[str, object]:
    total, top = turnover.TOTAL[2025], turnover.TOP_AMOUNT
    return {
        "shops": SHOPS,
        "total": oku(total),
        "goal": oku(turnover.GOAL),
        "of_goal": percent(total, turnover.GOAL),
        "top": turnover.TOP,
        "top_amount": oku(top),
        "top_share": percent(top, total),
        "total_en": million(total),
        "goal_en": million(turnover.GOAL),
        "top_en": million(top),
    }


def _named() -> dict[str, object]:
    tsubaki, yamabiko = _the(TSUBAKI), _the(YAMABIKO)
    oftener = sum(customer.orders[1] > tsubaki.orders[1] for customer in turnover.customers())
    return {
        "tsubaki": man(tsubaki.amounts[1]),
        "tsubaki_share": percent(tsubaki.amounts[1], turnover.TOTAL[2025]),
        "tsubaki_orders": tsubaki.orders[1],
        "tsubaki_place": oftener + 1,
        "away": contacts.AWAY,
        "yamabiko": man(yamabiko.amounts[1]),
        "yamabiko_orders": yamabiko.orders[1],
        "yamabiko_asked": contacts.INQUIRIES_OF_YAMABIKO,
        "yamabiko_visits": contacts.VISITS_TO_YAMABIKO,
        "yamabiko_place": yamabiko.place,
    }


def _minato() -> dict[str, object]:
    both = [_the(name) for name in (MINATO, MINATO_AGAIN)]
    amount = sum(customer.amounts[1] for customer in both)
    higher = sum(customer.amounts[1] > amount for customer in turnover.customers() if customer not in both)
    return {
        "minato": "、".join(f"「{c.shop.name}」（{c.shop.code}）{man(c.amounts[1])}・{c.place} 位" for c in both),
        "minato_both": man(amount),
        "minato_place": higher + 1,
        "merged": SHOPS - 1,
        "yamabiko_then": _the(YAMABIKO).place - 1,
    }


def _contacts() -> dict[str, object]:
    known = contacts.known()
    alone = [each for each in known if len(each.visitors) == 1]
    amount = sum(each.customer.amounts[1] for each in alone)
    return {
        "alone": say((len(alone), len(known))),
        "alone_amount": oku(amount),
        "alone_share": percent(amount, turnover.TOTAL[2025]),
        "no_owner": contacts.NO_OWNER,
        "visits": len(contacts.visits()),
        "inquiries": len(contacts.inquiries()),
        "complaints": sum(inquiry.category == "クレーム" for inquiry in contacts.inquiries()),
    }


def _years() -> dict[str, object]:
    bought = [customer for customer in turnover.customers() if customer.orders[0]]
    returned = [line.amount for line in shop_orders.lines(2025) if line.quantity < 0]
    return {
        "total_before": oku(turnover.TOTAL[2024]),
        "shops_before": len(bought),
        "new": turnover.NEW,
        "returns": len(returned),
        "returned": man(-sum(returned)),
        "orders": sum(customer.orders[1] for customer in turnover.customers()),
        "codes": len(PRODUCTS),
        "serums": "・".join(product.code for product in SERUMS.values()),
    }


def site() -> dict[str, object]:
    """What the card of the own site names."""
    buyers, repeats = (sum(counts[place] for counts in ec.FIRST.values()) for place in range(2))
    lines = ec.lines()
    return {
        "merged": say((repeats, buyers)),
        "buyers": buyers,
        "ways": "\n".join(
            f"| {way} | {SERUMS[way].code} | {say((again, count))} |" for way, (count, again) in ec.FIRST.items()
        ),
        "others": sum(ec.OTHERS.values()),
        "members": len({line.member for line in lines}),
        "lines": len(lines),
        "within": ec.WITHIN[1],
        "group": SERUM,
    }
