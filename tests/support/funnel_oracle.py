"""The funnel said again by trying everything: every attempt, every choice of events, every moment."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations, permutations

import numpy as np

STATES = ("reached", "waiting", "lost")
TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class OracleStep:
    """A step as sets and a predicate."""

    names: tuple[str, ...]
    holds: object = None
    optional: bool = False

    def fits(self, event):
        return event["activity"] in self.names and (self.holds is None or self.holds(event))


@dataclass(frozen=True)
class Person:
    """What became of one person: moments and states by position."""

    user: str
    start: datetime
    times: dict
    furthest: int
    states: dict
    group: object


def people(events, steps, *, period=None, within=None, by=None, order="in_order", as_of=None):
    """Everyone who entered -> `Person`."""
    named = [event for event in events if event["user_id"] and event["occurred_at"]]
    last = as_of or max((event["occurred_at"].date() for event in named), default=None)
    if last is None:
        return []
    end = datetime(last.year, last.month, last.day) + timedelta(days=1)
    known = [event for event in named if event["occurred_at"] < end]
    users = sorted({event["user_id"] for event in known})
    found = [
        person([event for event in known if event["user_id"] == user], steps, period, within, by, order, end)
        for user in users
    ]
    return [each for each in found if each]


def person(mine, steps, period, within, by, order, end):
    """One person, None where no attempt starts."""
    openers = steps if order == "unordered" else steps[:1]
    begins = [event for event in mine if any(step.fits(event) for step in openers)]
    begins = [event for event in begins if period is None or period.start <= event["occurred_at"].date() < period.end]
    starts = sorted({event["occurred_at"] for event in begins})
    if not starts:
        return None
    positions = range(1, len(steps) + 1)
    tried = {start: {k: reach(mine, steps, start, k, within, order) for k in positions} for start in starts}
    far = {start: max(k for k in positions if times[k]) for start, times in tried.items()}
    best = min(start for start in starts if far[start] == max(far.values()))
    states = {}
    for k in positions:
        hopeful = [s for s in starts if within is None or (s + within >= end and could(mine, steps, s, k, order, end))]
        reached = any(times[k] for times in tried.values())
        states[k] = "reached" if reached else "waiting" if hopeful else "lost"
    values = [event[by] or None for event in begins if event["occurred_at"] == best] if by else [None]
    known = [value for value in values if value is not None]
    group = min(known) if known else None
    return Person(mine[0]["user_id"], best, tried[best], far[best], states, group)


def reach(mine, steps, start, k, within, order):
    """The earliest moment at which the attempt has step k, None where it has not within its window."""
    if order == "unordered":
        ends = [event["occurred_at"] for event in mine if event["occurred_at"] >= start]
        found = [end for end in ends if matched(mine, steps, start, end) >= k]
    else:
        found = [start] if k == 1 else list(chains(mine, steps, start, 1, k, order))
    inside = [at for at in found if within is None or at - start <= within]
    return min(inside, default=None)


def chains(mine, steps, at, place, target, order):
    """When chains that stand on a step now may come to the target, skipping only optional steps."""
    later = sorted({event["occurred_at"] for event in mine if event["occurred_at"] > at})
    for following in range(place + 1, target + 1):
        if all(step.optional for step in steps[place : following - 1]):
            for moment in later[:1] if order == "strict" else later:
                if any(steps[following - 1].fits(e) for e in mine if e["occurred_at"] == moment):
                    if following == target:
                        yield moment
                    else:
                        yield from chains(mine, steps, moment, following, target, order)


def matched(mine, steps, start, end):
    """How many steps can have an event of their own between two moments, by trying every choice."""
    inside = [event for event in mine if start <= event["occurred_at"] <= end]
    useful = [event for event in inside if any(step.fits(event) for step in steps)]
    for size in range(min(len(steps), len(useful)), 0, -1):
        for chosen in combinations(steps, size):
            for events in permutations(useful, size):
                if all(step.fits(event) for step, event in zip(chosen, events, strict=True)):
                    return size
    return 0


def could(mine, steps, start, k, order, end):
    """May events that are not known yet bring the attempt to step k, however long its window?"""
    if order != "strict":
        return True
    for size in range(1, k):
        for places in combinations(range(2, k + 1), size):
            future = [{"activity": place, "occurred_at": end + i * TICK} for i, place in enumerate(places)]
            hoped = [
                OracleStep(step.names, lambda e, s=step, p=p: e["activity"] == p or s.fits(e), step.optional)
                for p, step in enumerate(steps, 1)
            ]
            open_steps = [Wider(step.holds, step.optional) for step in hoped]
            if any(True for _ in chains([*mine, *future], open_steps, start, 1, k, order)):
                return True
    return False


@dataclass(frozen=True)
class Wider:
    """A step that is decided by its predicate alone."""

    holds: object
    optional: bool

    def fits(self, event):
        return self.holds(event)


def table(events, steps, **options):
    """(group, position) -> the numbers of `funnel`, times in days or None."""
    everyone = people(events, steps, **options)
    groups = {each.group for each in everyone} if options.get("by") else {None}
    return {
        (group, k): numbers([each for each in everyone if each.group == group], steps, k, options.get("order"))
        for group in groups
        for k in range(1, len(steps) + 1)
    }


def numbers(everyone, steps, k, order):
    """One row."""
    counts = {state: sum(each.states[k] == state for each in everyone) for state in STATES}
    before = max((p for p in range(1, k) if not steps[p - 1].optional), default=None)
    came = sum(each.states[before] == "reached" for each in everyone) if before else 0
    done = [each for each in everyone if each.times[k]]
    since = [days(each.times[before], each.times[k]) for each in done] if before else []
    total = [days(each.start, each.times[k]) for each in done]
    return {
        "entered": len(everyone),
        **counts,
        "step_rate": counts["reached"] / came if came else None,
        "overall_rate": counts["reached"] / len(everyone) if everyone else None,
        "median_days": quantile(since, 0.5),
        "p90_days": quantile(since, 0.9),
        "median_days_from_start": quantile(total, 0.5),
        "p90_days_from_start": quantile(total, 0.9),
    }


def days(start, end):
    return (end - start) / timedelta(days=1)


def quantile(values, share):
    return float(np.quantile(values, share)) if values else None
