"""The attempts at a funnel over sorted arrays: from moment to moment by position, without a join."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from analysis.funnel_sorted import Log
from analysis.funnel_steps import Plan, closed, landing, overlapping

NONE = -1


@dataclass(frozen=True)
class Attempts:
    """Every attempt, by person and time.

    Attributes:
        start: the moment at which it starts.
        moments: by position, the moment at which it first reached the step; -1: not within the window.
        alive: by position, True where nothing but time keeps it from the step; None: everywhere.
    """

    start: np.ndarray
    moments: dict[int, np.ndarray]
    alive: dict[int, np.ndarray] | None = None


def attempts(log: Log, plan: Plan, end: int | None) -> Attempts:
    """Every attempt at the funnel; `end`: microseconds, what lies behind is not known."""
    forms = {"in_order": _in_order, "strict": _strict, "unordered": _unordered}
    return forms[plan.order](log, plan, end)


def _in_order(log: Log, plan: Plan, end: int | None) -> Attempts:
    known = {p: _moments(log, plan, p, end) for p in plan.positions}
    start = _inside(log, plan, known[1])
    found = {1: start}
    for position in plan.later:
        behind = found[plan.before(position)]
        on_way = np.flatnonzero(behind != NONE)
        place = np.searchsorted(known[position], behind[on_way], side="right")
        found[position] = _landed(log, plan, start, known[position], on_way, place)
    return Attempts(start, found)


def _landed(
    log: Log, plan: Plan, start: np.ndarray, moments: np.ndarray, on_way: np.ndarray, place: np.ndarray
) -> np.ndarray:
    """The moment at a place among `moments`, where it is the same person's and inside the window."""
    found = np.full(len(start), NONE, dtype=np.int64)
    there = place < len(moments)
    rows = on_way[there]
    target = moments[place[there]]
    mine = log.user[target] == log.user[start[rows]]
    if plan.within is not None:
        mine &= log.at[target] - log.at[start[rows]] <= _micros(plan)
    found[rows[mine]] = target[mine]
    return found


def _strict(log: Log, plan: Plan, end: int | None) -> Attempts:
    size = len(log.at)
    fulfils = {p: np.zeros(size + 1, dtype=bool) for p in plan.positions}
    for position in plan.positions:
        fulfils[position][_moments(log, plan, position, end)] = True
    start = _inside(log, plan, np.flatnonzero(fulfils[1]))
    hops = [_hop(log, start, hop, end) for hop in range(len(plan.steps) + 1)]
    stands = {(0, 1): np.ones(len(start), dtype=bool)}
    for hop in range(1, len(plan.steps)):
        for position in landing(plan, hop):
            leads = [stands[hop - 1, lead] for lead in plan.leads(position) if (hop - 1, lead) in stands]
            led = np.logical_or.reduce(leads) if leads else np.zeros(len(start), dtype=bool)
            stands[hop, position] = led & (hops[hop] != NONE) & fulfils[position][hops[hop]]
    moments = {1: start} | {p: _first(log, plan, start, hops, stands, p) for p in plan.later}
    at_last = {hop: (hops[hop] != NONE) & (hops[hop + 1] == NONE) for hop in range(len(plan.steps))}
    alive = {
        p: np.logical_or.reduce([each & at_last[hop] for (hop, place), each in stands.items() if place < p])
        for p in plan.later
    }
    return Attempts(start, moments, alive)


def _hop(log: Log, start: np.ndarray, hop: int, end: int | None) -> np.ndarray:
    """The moment so many moments behind the start, -1 where the person has none that is known."""
    place = np.minimum(start + hop, max(len(log.at) - 1, 0))
    there = (start + hop == place) & (log.user[place] == log.user[start])
    if end is not None:
        there &= log.at[place] < end
    return np.where(there, place, NONE)


def _first(
    log: Log,
    plan: Plan,
    start: np.ndarray,
    hops: list[np.ndarray],
    stands: dict[tuple[int, int], np.ndarray],
    position: int,
) -> np.ndarray:
    found = np.full(len(start), NONE, dtype=np.int64)
    for hop in sorted((hop for hop, place in stands if place == position), reverse=True):
        found = np.where(stands[hop, position], hops[hop], found)
    if plan.within is not None:
        found = np.where(log.at[found] - log.at[start] <= _micros(plan), found, NONE)
    return found


def _unordered(log: Log, plan: Plan, end: int | None) -> Attempts:
    done = [_moments(log, plan, position, end) for position in plan.positions]
    start = _inside(log, plan, np.unique(np.concatenate(done)))
    far = len(log.at)
    gained = []
    for group in overlapping(plan.steps):
        for size in range(1, len(group) + 1):
            needs = [(chosen, len(chosen) + size - len(group)) for chosen in closed(plan.steps, group)]
            each = [_nth(log, plan, start, chosen, need, end) for chosen, need in needs if need > 0]
            gained.append(np.max(each, axis=0))
    ordered = np.sort(np.stack(gained), axis=0)
    moments = {p: np.where(ordered[p - 1] == far, NONE, ordered[p - 1]) for p in plan.positions}
    if plan.within is not None and far:
        inside = {p: log.at[each] - log.at[start] <= _micros(plan) for p, each in moments.items()}
        moments = {p: np.where(inside[p], each, NONE) for p, each in moments.items()}
    return Attempts(start, moments)


def _nth(log: Log, plan: Plan, start: np.ndarray, chosen: tuple[int, ...], nth: int, end: int | None) -> np.ndarray:
    """The moment of the n-th event from the start on that fulfils one of the chosen steps; far away: none."""
    rows = np.unique(np.concatenate([log.events(plan.steps[p - 1]) for p in chosen]))
    mine = _known(log, log.moment[rows], end)
    found = np.full(len(start), len(log.at), dtype=np.int64)
    place = np.searchsorted(mine, start, side="left") + nth - 1
    there = place < len(mine)
    target = mine[place[there]]
    found[there] = np.where(log.user[target] == log.user[start[there]], target, len(log.at))
    return found


def _moments(log: Log, plan: Plan, position: int, end: int | None) -> np.ndarray:
    """The known moments that fulfil a step, in order."""
    return _known(log, log.moments(plan.steps[position - 1]), end)


def _known(log: Log, moments: np.ndarray, end: int | None) -> np.ndarray:
    if end is None or log.last is None or log.last < end:
        return moments
    return moments[log.at[moments] < end]


def _inside(log: Log, plan: Plan, moments: np.ndarray) -> np.ndarray:
    """The moments at which an attempt may start."""
    if plan.period is None:
        return moments
    at = log.at[moments]
    return moments[(at >= _day(plan.period.start)) & (at < _day(plan.period.end))]


def _day(day: date) -> int:
    return int(np.datetime64(day, "us").astype(np.int64))


def _micros(plan: Plan) -> int:
    assert plan.within is not None
    return int(np.timedelta64(plan.within, "us").astype(np.int64))
