"""Products said again with plain Python, one order line at a time: what the metrics are held to."""

import unicodedata
from datetime import date
from fnmatch import fnmatchcase
from fractions import Fraction
from statistics import median

from process_oracle import frame, moment

ORDER_COLUMNS = ("customer_id", "ordered_at", "amount", "order_id", "product_code", "name")


def orders(*rows, engine="pandas"):
    """`customer, day, code, amount [, order [, name]]` as a tuple, or a dict; what is not said is blank."""
    whole = [line(row) for row in rows]
    return frame([[moment(row.get(c)) for c in ORDER_COLUMNS] for row in whole], ORDER_COLUMNS, ["ordered_at"], engine)


def line(row):
    if isinstance(row, dict):
        return row
    names = ("customer_id", "ordered_at", "product_code", "amount", "order_id", "name")
    return dict(zip(names, row, strict=False))


def key(code):
    return unicodedata.normalize("NFKC", code).casefold().strip()


def rule_catches(rule, row):
    """One rule as the brief of a grouping writes it, on one order line as a dict."""
    day = row["ordered_at"] and moment(row["ordered_at"]).date()
    for side, inside in (("valid_from", lambda edge: day >= edge), ("valid_to", lambda edge: day <= edge)):
        if rule.get(side) and (day is None or not inside(date.fromisoformat(rule[side]))):
            return False
    if rule["kind"] == "attribute":
        return row.get("name") == rule["value"].partition("=")[2]
    code, sought = row.get("product_code"), key(rule["value"])
    if not code:
        return False
    if rule["kind"] == "code":
        return key(code) == sought
    return fnmatchcase(key(code), f"{sought}*" if rule["kind"] == "prefix" else sought)


def groups_of(row, grouping):
    """The names of the groups that catch a line, in their order."""
    return [g["name"] for g in grouping["groups"] if any(rule_catches(rule, row) for rule in g["rules"])]


def group_of(row, grouping, rest="code"):
    """The group of a line, or what it is called without one."""
    code = row.get("product_code") or None
    if grouping is None:
        return code
    found = groups_of(row, grouping)
    if found or code is None:
        return found[0] if found else None
    if rest == "other":
        return "(other)"
    return f"{code} (code)" if code in [g["name"] for g in grouping["groups"]] else code


def preview_table(rows, grouping):
    """(part, group, number; 0 for what is no rule) -> codes, rows, amount."""
    rules = [(g["name"], n, rule) for g in grouping["groups"] for n, rule in enumerate(g["rules"], 1)]
    parts = {("rule", name, n): [r for r in rows if rule_catches(rule, r)] for name, n, rule in rules}

    def part(row):
        times = len(groups_of(row, grouping))
        return "one" if times == 1 else "several" if times else "none" if row.get("product_code") else "blank"

    parts |= {
        (p, None, 0): [r for r in rows if p in ("all", part(r))] for p in ("all", "one", "several", "none", "blank")
    }
    return {
        where: (
            len({r["product_code"] for r in mine if r.get("product_code")}),
            len(mine),
            sum(r["amount"] or 0 for r in mine),
        )
        for where, mine in parts.items()
    }


class Line:
    """One order line: whose, when, what, how much it counts, and whether it is a sale."""

    def __init__(self, row, numbers, grouping, rest):
        self.who = row.get("customer_id") or None
        self.at = moment(row["ordered_at"])
        self.what = group_of(row, grouping, rest)
        self.order = row.get("order_id") or None
        written = row["amount"]
        self.sale = not (_is_cancellation(self.order) and numbers) and not (written or 0) < 0
        self.amount = written if self.sale or written is None or written < 0 else -written


def _is_cancellation(number):
    return bool(number) and number[0] in "cC" and number[1:2].isdigit()


def lines_of(rows, grouping=None, rest="code", as_of=None):
    """The lines that are known, oldest first, and the last known day."""
    numbers = any(row.get("order_id") and not _is_cancellation(row["order_id"]) for row in rows)
    every = [Line(row, numbers, grouping, rest) for row in rows if row["ordered_at"]]
    known = as_of or max((each.at.date() for each in every), default=None)
    return sorted((each for each in every if each.at.date() <= known), key=lambda each: each.at), known


def inside(at, period):
    return period is None or period.start <= at.date() < period.end


def orders_of(lines):
    """How many orders lines of sales are: different numbers of a customer, and each line without one."""
    numbered = {(each.who, each.order) for each in lines if each.order}
    return len(numbered) + sum(each.order is None for each in lines)


def measures_table(rows, period=None, **options):
    """(product, level) -> the numbers of `product_measures`."""
    lines = [each for each in lines_of(rows, **options)[0] if inside(each.at, period)]
    total = sum(each.amount or 0 for each in lines)
    result = {}
    for product, level in [*((each.what, 0) for each in lines), (None, 1)]:
        mine = [each for each in lines if level or each.what == product]
        sold = [each for each in mine if each.sale]
        amount = sum(each.amount or 0 for each in mine)
        result[product, level] = {
            "amount": amount,
            "share": amount / total if total > 0 else None,
            "orders": orders_of(sold),
            "customers": len({each.who for each in sold} - {None}),
            "rows": len(sold),
            "returns": len(mine) - len(sold),
            "no_customer": sum(each.who is None for each in sold),
            "average_order": amount / orders_of(sold) if sold else None,
            "returned": -sum(each.amount or 0 for each in mine if not each.sale),
        }
    return result


def purchases(rows, **options):
    """Customer -> moment -> what was bought then; the last known day."""
    lines, known = lines_of(rows, **options)
    sold = [each for each in lines if each.sale and each.who]
    begun = {}
    for each in sold:
        begun.setdefault((each.who, each.order or id(each)), each.at)
    result = {}
    for each in sold:
        at = begun[each.who, each.order or id(each)]
        result.setdefault(each.who, {}).setdefault(at, set()).add(each.what)
    return {who: dict(sorted(when.items())) for who, when in result.items()}, known


def first_table(rows, period=None, days=None, **options):
    """(product, level) -> the numbers of `first_products`, and the customers in each state."""
    bought, known = purchases(rows, **options)
    cells = {}
    for who, when in bought.items():
        first, *later = when
        if not inside(first, period):
            continue
        observed = days is None or (known - first.date()).days >= days
        soon = [at for at in later if days is None or (at.date() - first.date()).days <= days]
        for product, level in [*((what, 0) for what in when[first]), (None, 1)]:
            mine = when[first] if level else {product}
            states = {"all", "waiting" if not observed else "again" if soon else "once"}
            states |= {"same_again"} if observed and any(when[at] & mine for at in soon) else set()
            gap = (later[0].date() - first.date()).days if "again" in states else None
            cells.setdefault((product, level), []).append((who, states, gap))
    cells.setdefault((None, 1), []) if bought else None
    whole = len(cells.get((None, 1), []))
    return {where: first_row(cell, whole) for where, cell in cells.items() if cell}


def first_row(cell, whole):
    count = {name: sum(name in states for _, states, _ in cell) for name in ("again", "same_again", "waiting")}
    observed = len(cell) - count["waiting"]
    return {
        "customers": len(cell),
        "observed": observed,
        **count,
        "repeat_rate": count["again"] / observed if observed else None,
        "same_rate": count["same_again"] / observed if observed else None,
        "share": len(cell) / whole,
        "median_days": _median([gap for _, _, gap in cell if gap is not None]),
        "who": {name: {who for who, states, _ in cell if name in states} for name in FIRST_STATES},
    }


FIRST_STATES = ("all", "again", "same_again", "once", "waiting")


def _median(values):
    return float(median(values)) if values else None


def rarest_as_other(bought, most):
    """Every product but the most bought ones under one name."""
    owners = {}
    for who, when in bought.items():
        for what in set().union(*when.values()) - {None}:
            owners.setdefault(what, set()).add(who)
    edge = sorted(map(len, owners.values()), reverse=True)[:most]
    name = {what: what if len(who) >= edge[-1] else "(other)" for what, who in owners.items()} | {None: None}
    return {who: {at: {name[what] for what in bag} for at, bag in when.items()} for who, when in bought.items()}


def next_table(rows, after="first", period=None, most=None, **options):
    """(from, to, nothing) -> customers, from_customers, median days, and who they are."""
    bought, _ = purchases(rows, **options)
    bought = rarest_as_other(bought, most) if most else bought
    ways, starts = {}, {}
    for who, when in bought.items():
        moments = list(when)
        for product in {what for bag in when.values() for what in bag}:
            start = next(i for i, at in enumerate(moments) if product in when[at])
            if (after == "first" and start) or not inside(moments[start], period):
                continue
            starts[product] = starts.get(product, 0) + 1
            following = moments[start + 1 : start + 2]
            for to, nothing in [(what, 0) for at in following for what in when[at]] or [(None, 1)]:
                gap = (following[0].date() - moments[start].date()).days if following else None
                ways.setdefault((product, to, nothing), []).append((who, gap))
    return {
        way: {
            "customers": len(found),
            "from_customers": starts[way[0]],
            "share": len(found) / starts[way[0]],
            "median_days": _median([gap for _, gap in found if gap is not None]),
            "who": {who for who, _ in found},
        }
        for way, found in ways.items()
    }


def pairs_table(rows, together="customer", period=None, most=None, **options):
    """(first, second) -> the numbers of `combinations`."""
    baskets = {}
    for each in lines_of(rows, **options)[0]:
        where = each.who if together == "customer" else each.order and (each.who, each.order)
        if each.sale and inside(each.at, period) and where:
            baskets.setdefault(where, set()).add(each.what)
    bought = {}
    for where, bag in baskets.items():
        for what in bag - {None}:
            bought.setdefault(what, set()).add(where)
    edge = sorted(map(len, bought.values()), reverse=True)[: most or len(bought)]
    kept = [what for what, who in bought.items() if len(who) >= edge[-1]]
    result = {}
    for a, b in ((a, b) for a in kept for b in kept if a < b):
        both = len(bought[a] & bought[b])
        if both:
            expected = Fraction(len(bought[a]) * len(bought[b]), len(baskets))
            result[a, b] = {
                "both": both,
                "with_first": len(bought[a]),
                "with_second": len(bought[b]),
                "total": len(baskets),
                "support": both / len(baskets),
                "confidence_first": both / len(bought[a]),
                "confidence_second": both / len(bought[b]),
                "expected": float(expected),
                "lift": float(both / expected),
                "who": bought[a] & bought[b],
            }
    return result
