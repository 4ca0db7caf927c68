"""Measures of customers counted another way: plain Python over rows, one customer after the other."""

from collections import defaultdict
from itertools import pairwise
from statistics import median

COLUMNS = ("customer_id", "ordered_at", "amount", "order_id", "product_code", "quantity", "status")
CANCELLED = ("キャンセル", "返品", "Cancelled")


def sign_of(row, all_numbers):
    """How it shows that a line is a cancellation; None for a sale."""
    number = row.get("order_id") or ""
    coded = [n for n in all_numbers if n]
    if number[:1] in ("C", "c") and number[1:2].isdigit() and any(not _coded(n) for n in coded):
        return "number"
    if (row.get("quantity") or 0) < 0:
        return "quantity"
    if (row["amount"] or 0) < 0:
        return "negative"
    return "status" if row.get("status") in CANCELLED else None


def _coded(number):
    return number[:1] in ("C", "c") and number[1:2].isdigit()


def counted(row, sign, rule):
    """What a line adds to the amount."""
    amount = row["amount"] or 0
    if sign is None or rule == "as_written":
        return amount
    if rule == "without":
        return 0
    if rule == "subtract" or sign != "status":
        return -abs(amount)
    return min(amount, 0)


def measure(orders, *, as_of=None, period=None, rule="net", merges=None):
    """Customer -> measures of the orders."""
    merges = merges or {}
    known = as_of or max((row["ordered_at"].date() for row in orders), default=None)
    orders = [row for row in orders if row["ordered_at"].date() <= known]
    numbers = [row.get("order_id") for row in orders]
    mine = defaultdict(list)
    for row in orders:
        name = row["customer_id"] or None
        while name in merges:
            name = merges[name]
        mine[name].append((row, sign_of(row, numbers)))
    return {
        name: _one(name, lines, known, period, rule, any("order_id" in r for r in orders))
        for name, lines in mine.items()
    }


def _one(name, lines, known, period, rule, by_order):
    def inside(row):
        return period is None or row["ordered_at"].date() in period

    sales = [row for row, sign in lines if sign is None or rule == "as_written"]
    counting = [row for row in sales if inside(row)]
    orders = len({row["order_id"] for row in counting if row.get("order_id")})
    orders += sum(1 for row in counting if not row.get("order_id"))
    amount = sum(counted(row, sign, rule) for row, sign in lines if inside(row))
    times = [row["ordered_at"] for row in sales] if name is not None else []
    days = sorted({at.date() for at in times})
    gaps = [(b - a).days for a, b in pairwise(days)]
    half = len(gaps) // 2
    return {
        "amount": amount,
        "orders": orders if by_order else len(counting),
        "average_order": amount / orders if orders else None,
        "products": len({row["product_code"] for row in counting if row.get("product_code")}),
        "first_order": min(times, default=None),
        "last_order": max(times, default=None),
        "recency_days": (known - max(days)).days if days else None,
        "tenure_days": (known - min(days)).days if days else None,
        "interval_days": median(gaps) if gaps else None,
        "interval_change_days": median(gaps[-half:]) - median(gaps[:half]) if half else None,
    }


def contacts(rows, *, as_of, period=None, merges=None):
    """Customer -> how many rows of a log inside the period, and the last moment of all."""
    found = defaultdict(lambda: [0, None])
    for row in rows:
        name, at = row["customer_id"] or None, row["occurred_at"]
        while name in (merges or {}):
            name = merges[name]
        if at.date() <= as_of:
            each = found[name]
            each[0] += period is None or at.date() in period
            each[1] = max(filter(None, (each[1], at)))
    return dict(found)
