"""Rankings said again with plain Python, one customer at a time: what the metrics are held to."""

from fractions import Fraction
from math import floor

import pandas as pd
from usage_oracle import ENGINES, records


def measures(*rows, engine="pandas", **columns):
    """`customer value`, a row each, as a table of measures; further columns by name."""
    frame = pd.DataFrame(rows, columns=["customer_id", "amount"]).astype({"customer_id": "str", "amount": "float64"})
    return ENGINES[engine](frame.assign(**columns))


def rows_of(result):
    """Rows of a result of any engine, whatever is missing as None."""
    return [{k: None if v is pd.NA else v for k, v in row.items()} for row in records(result)]


def found(result, *keys):
    """Rows by their keys."""
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows_of(result)}


def ranks(values, ascending=False):
    """Place of each value: one more than there are better ones."""
    return [1 + sum((other < value) if ascending else (other > value) for other in values) for value in values]


def middle_ranks(values):
    """Places counted from the highest, those who are equal in the middle of theirs."""
    return [Fraction(sum(o > v for o in values) + 1 + sum(o >= v for o in values), 2) for v in values]


def shares(values):
    """(share, cumulative share, cumulative share before) of each positive value, exact; None of the others."""
    gains = [Fraction(str(value)) if value > 0 else Fraction(0) for value in values]
    total = sum(gains)
    table = []
    for value, gain in zip(values, gains, strict=True):
        if value <= 0:
            table.append(None)
            continue
        before = sum((g for v, g in zip(values, gains, strict=True) if v > value), Fraction(0))
        upto = sum((g for v, g in zip(values, gains, strict=True) if v >= value), Fraction(0))
        table.append((gain / total, upto / total, before / total))
    return table


def band(before, edges):
    """The letter of a band by the cumulative share before."""
    return "ABCDEFGH"[sum(before >= Fraction(str(edge)) for edge in edges)]


def gini(values):
    """Half the mean difference between any two, out of the mean."""
    n, total = len(values), sum(values)
    return sum(abs(a - b) for a in values for b in values) / (2 * n * total)


def held_by(values, top):
    """What the first of the customers hold, and how many these are."""
    k = max(1, floor(len(values) * Fraction(str(top))))
    return k, sum(sorted(values, reverse=True)[:k]) / sum(values)


def fewest(values, held):
    """The fewest customers who hold this share."""
    upto = Fraction(0)
    for n, value in enumerate(sorted((Fraction(str(v)) for v in values), reverse=True), 1):
        upto += value
        if upto >= held * sum(Fraction(str(v)) for v in values):
            return n
    raise AssertionError("all of them hold everything")
