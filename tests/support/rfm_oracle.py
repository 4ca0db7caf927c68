"""RFM said again with plain Python, one customer at a time; what the metric is held to."""

from fractions import Fraction
from math import floor

import pandas as pd
from usage_oracle import ENGINES

LINES = ("customer_id", "ordered_at", "amount", "order_id")


def orders(*rows, engine="pandas", numbers=True):
    """`customer day amount [order number]`, a row each."""
    whole = [(*row, None)[:4] for row in rows]
    frame = pd.DataFrame(whole, columns=list(LINES)).astype(
        {"customer_id": "str", "ordered_at": "datetime64[us]", "amount": "float64", "order_id": "str"}
    )
    return ENGINES[engine](frame if numbers else frame.drop(columns="order_id"))


def quantile(values, share):
    """Type 7 of R: linear between the two values beside the place (n - 1) share."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * share
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def score(value, values, bins, *, plus=0, days=False):
    """1 and one more for each quantile that the value is above (or, with `plus`, not below the quantile + that)."""
    cuts = [quantile([Fraction(str(v)) for v in values], Fraction(k, bins)) for k in range(1, bins)]
    exact = Fraction(str(value))
    passed = sum(exact >= cut + plus if plus else exact > cut for cut in cuts)
    return bins - passed if days else 1 + passed


def table(rows, known, *, numbers=True):
    """Customer -> (days since, orders, amount) of those who have bought something up to `known`."""
    found = {}
    for customer, at, amount, number in ((*row, None)[:4] for row in rows):
        if customer and at.date() <= known:
            mine = found.setdefault(customer, {"days": [], "orders": set(), "amount": Fraction(0)})
            mine["amount"] += Fraction(str(amount))
            if amount >= 0:
                mine["days"].append((known - at.date()).days)
                mine["orders"].add(number if numbers and number else object())
    return {c: (min(v["days"]), len(v["orders"]), v["amount"]) for c, v in found.items() if v["days"]}
