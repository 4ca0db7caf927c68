"""Utilisation levels said again, customer by customer in plain Python."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from fractions import Fraction

import pandas as pd
from usage_oracle import ENGINES, blank, valid_on

DAY = timedelta(days=1)
CUSTOMERS = {"customer_id": "str", "area": "str", "staff": "float64", "published": "datetime64[us]"}
USERS = {"user_id": "str", "customer_id": "str", "status": "str", "valid_from": "date", "valid_to": "date"}
ORDERS = {"customer_id": "str", "ordered_at": "datetime64[us]", "kind": "str", "amount": "float64"}
USES = {"user_id": "str", "occurred_at": "datetime64[us]"}
OUTCOMES = {"customer_id": "str", "outcome": "float64", "outcome_at": "datetime64[us]"}


@dataclass(frozen=True)
class Shops:
    """Lists of customers and of their users by their day (None where there is one list only), and events."""

    customers: dict[date | None, list[dict]]
    orders: list[dict] = field(default_factory=list)
    users: dict[date | None, list[dict]] = field(default_factory=lambda: {None: []})
    uses: list[dict] = field(default_factory=list)

    def frames(self, engine):
        """The customers, and the tables beside them."""
        convert = ENGINES[engine]
        tables = {"orders": table(self.orders, ORDERS), "activity": table(self.uses, USES)}
        tables["users"] = history(self.users, USERS)
        return convert(history(self.customers, CUSTOMERS)), {name: convert(each) for name, each in tables.items()}

    def on(self, day):
        """The customers of the list in force on a day."""
        return {row["customer_id"]: row for row in in_force(self.customers, day)}

    def events(self, name, customer, day):
        """The events of a customer up to the end of a day, each with its moment under `at`."""
        if name == "orders":
            mine = [{**row, "at": row["ordered_at"]} for row in self.orders if row["customer_id"] == customer]
        else:
            valid = {row["user_id"] for row in in_force(self.users, day) if belongs(row, customer, day)}
            mine = [{**row, "at": row["occurred_at"]} for row in self.uses if row["user_id"] in valid]
        return [row for row in mine if row["at"] is not None and row["at"].date() <= day]


def in_force(lists, day):
    """The rows of the latest list up to a day; before the first list, the first."""
    if None in lists:
        return lists[None]
    before = [taken for taken in lists if taken <= day]
    return lists[max(before) if before else min(lists)]


def belongs(user, customer, day):
    """Is the user one of the customer, and valid on the day?"""
    return user["customer_id"] == customer and valid_on(user, day)


def holds(rule, row, shops, day):
    """Is the customer of this row in a state with this rule?"""
    for group, together in (("all", all), ("any", any)):
        if group in rule:
            return together(holds(part, row, shops, day) for part in rule[group])
    if "not" in rule:
        return not holds(rule["not"], row, shops, day)
    if "filled" in rule:
        return is_filled(blank(row[rule["filled"]]), rule.get("when"), day)
    if "events" in rule:
        return counted(rule, row["customer_id"], shops, day) >= rule.get("at_least", 1)
    return passes(rule, row)


def is_filled(value, when, day):
    """Is there a value, on the side of the day that is asked for?"""
    if value is None or when is None:
        return value is not None
    return (value.date() <= day) == (when == "past")


def counted(rule, customer, shops, day):
    """How many events, or different values, there are."""
    found = [event for event in shops.events(rule["events"], customer, day) if passes(rule.get("where"), event)]
    if "days" in rule:
        found = [event for event in found if event["at"].date() > day - rule["days"] * DAY]
    if "distinct" in rule:
        return len({blank(event[rule["distinct"]]) for event in found} - {None})
    return len(found)


def passes(rule, row):
    """Does a row fulfil the test of one column?"""
    if rule is None:
        return True
    value = blank(row[rule["column"]])
    if "in" in rule:
        return value in [blank(each) for each in rule["in"]]
    return value is not None and value >= rule["at_least"]


def stood(levels, shops, day, where=None):
    """Customer -> (flags of the states, score, position)."""
    found = {}
    for customer, row in shops.on(day).items():
        if where is None or passes(where, row):
            flags = tuple(int(holds(state.rule, row, shops, day)) for state in levels.states)
            parts = [Fraction(str(s.weight)) for s, flag in zip(levels.states, flags, strict=True) if flag]
            score = sum(parts, Fraction(0))
            position = sum(score >= Fraction(str(level.at_least)) for level in levels.levels)
            found[customer] = (flags, float(score), position)
    return found


def moves(levels, shops, previous, day):
    """Customer -> (position before, position now, move), positions None for who was not on the list."""
    before, now = (stood(levels, shops, each) for each in (previous, day))
    found = {}
    for customer in before.keys() | now.keys():
        start, end = (side[customer][2] if customer in side else None for side in (before, now))
        found[customer] = (start, end, move(start, end))
    return found


def move(start, end):
    """The word for going from one position to another."""
    if start is None or end is None:
        return "joined" if start is None else "left"
    return "stayed" if start == end else ("rose" if end > start else "fell")


@dataclass(frozen=True)
class Tables:
    """What `state_outcome` must count: a 2x2 table a state, `unknown`, `outside`; or the error that it must raise."""

    cells: dict[str, Counter] = field(default_factory=dict)
    unknown: int = 0
    outside: int = 0
    refused: str = ""


def held_against(levels, shops, outcomes, *, lead_days, as_of=None):
    """The tables of every state against the outcomes."""
    days = [row["outcome_at"].date() for row in outcomes if row["outcome_at"] is not None]
    if not days and as_of is None:
        return Tables(refused="no_outcome")
    placed = []
    for row in outcomes:
        when = row["outcome_at"].date() if row["outcome_at"] is not None else None
        day = as_of or (when or max(days)) - lead_days * DAY
        placed.append((row["customer_id"], row["outcome"], when, day))
    here = [case for case in placed if case[0] in shops.on(case[3])]
    known = [case for case in here if case[1] is not None and case[2] is not None]
    tables = {state.name: Counter() for state in levels.states}
    for customer, outcome, _, day in known:
        flags = stood(levels, shops, day)[customer][0]
        for state, flag in zip(levels.states, flags, strict=True):
            tables[state.name][flag, int(outcome)] += 1
    refused = reason(levels, shops, known, as_of, lead_days)
    return Tables(tables, len(here) - len(known), len(placed) - len(here), refused)


def reason(levels, shops, known, as_of, lead_days):
    """Why no table can be made of these, if it cannot."""
    values = {outcome for _, outcome, _, _ in known}
    if len(values) < 2:
        return "one_outcome" if values else "no_outcome"
    if as_of and min(when for _, _, when, _ in known) < as_of + lead_days * DAY:
        return "late_states"
    first = min(day for _, _, _, day in known)
    for lists, looks in ((shops.customers, at_customers), (shops.users, at_users)):
        if None not in lists and first < min(lists) and any(looks(state.rule) for state in levels.states):
            return "leakage"
    return ""


def conditions(rule):
    """Every single condition of a rule."""
    for group in ("all", "any"):
        if group in rule:
            return [each for part in rule[group] for each in conditions(part)]
    return conditions(rule["not"]) if "not" in rule else [rule]


def at_customers(rule):
    """Does the rule look at a column of customers?"""
    return any("events" not in each for each in conditions(rule))


def at_users(rule):
    """Does the rule look at the use of accounts?"""
    return any(each.get("events") == "activity" for each in conditions(rule))


def kappa(pairs):
    """Cohen's kappa of pairs of marks; None where it is not defined."""
    n = len(pairs)
    agree = Fraction(sum(a == b for a, b in pairs), n) if n else Fraction(0)
    first, second = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    chance = sum(Fraction(first[each] * second[each], n * n) for each in first) if n else Fraction(1)
    return None if chance == 1 else float((agree - chance) / (1 - chance))


def history(lists, columns):
    """A table of lists, with the day of each where there is a history."""
    rows = [{**row, "roster_as_of": day} for day, rows in lists.items() for row in rows]
    return table(rows, columns if None in lists else {**columns, "roster_as_of": "date"})


def table(rows, columns):
    """Rows as a frame whose types do not hang on what stands in them."""
    types = {name: "datetime64[us]" if dtype == "date" else dtype for name, dtype in columns.items()}
    return pd.DataFrame(rows, columns=list(columns)).astype(types)


def customer(name, area=None, staff=None, published=None):
    """One row of a list of customers."""
    return dict(zip(CUSTOMERS, (name, area, staff, at(published)), strict=True))


def user(name, of, status=None, valid_from=None, valid_to=None):
    """One row of a list of users."""
    return dict(zip(USERS, (name, of, status, valid_from, valid_to), strict=True))


def order(of, when, kind=None, amount=1.0):
    """One order."""
    return dict(zip(ORDERS, (of, at(when), kind, amount), strict=True))


def used(name, when):
    """One use of an account."""
    return {"user_id": name, "occurred_at": at(when)}


def came(of, outcome, when):
    """One outcome."""
    return dict(zip(OUTCOMES, (of, outcome, at(when)), strict=True))


def at(when):
    """A moment from a moment, a day or a text; None stays None."""
    if when is None or isinstance(when, datetime):
        return when
    return datetime.combine(when, time()) if isinstance(when, date) else datetime.fromisoformat(when)
