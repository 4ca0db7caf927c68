"""Processes and pipelines said again with plain Python, one case at a time: what the metrics are held to."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from statistics import mean, median

import pandas as pd
from usage_oracle import ENGINES, records

LONG_AGO = datetime(1900, 1, 1)
CASE_COLUMNS = ("case_id", "step", "entered_at", "owner")
DEAL_COLUMNS = ("deal_id", "phase", "amount", "owner", "created_at", "closed_at", "lost_reason", "P2")


def frame(rows, columns, moments, engine="pandas"):
    """Literal rows on an engine: texts, moments without a zone, and whole numbers where nothing is missing."""
    table = pd.DataFrame(rows, columns=list(columns))
    texts = [name for name in columns if name not in (*moments, "amount", "entry_no", "inferred")]
    kinds = dict.fromkeys(moments, "datetime64[us]") | dict.fromkeys(texts, "str")
    if "amount" in columns:
        kinds["amount"] = "float64"
    return ENGINES[engine](table.astype(kinds))


def cases(*rows, engine="pandas"):
    """`case step date [owner]`, a row each; a date of None is an entry without one."""
    whole = [(*row, None)[:4] for row in rows]
    parsed = [(c, s, datetime.fromisoformat(at) if isinstance(at, str) else at, o) for c, s, at, o in whole]
    return frame(parsed, CASE_COLUMNS, ["entered_at"], engine)


def rows_of(result):
    """Rows of a result of any engine, whatever is missing as None."""
    return [{k: None if v is pd.NA else v for k, v in row.items()} for row in records(result)]


def found(result, *keys):
    """Rows by their keys."""
    return {tuple(row[key] for key in keys) if len(keys) > 1 else row[keys[0]]: row for row in rows_of(result)}


def deals(*rows, engine="pandas"):
    """Literal deals; what is not said is blank."""
    whole = [[moment(row.get(name)) for name in DEAL_COLUMNS] for row in rows]
    return frame(whole, DEAL_COLUMNS, ["created_at", "closed_at", "P2"], engine)


def moment(value):
    """A date in text as a moment, anything else as it is."""
    looks = isinstance(value, str) and value[:4].isdigit() and value[4:5] == "-"
    return datetime.fromisoformat(value) if looks else value


@dataclass
class Stay:
    """What one case did in one step."""

    visits: int = 0
    here: bool = False
    backward: bool = False
    same_day: bool = False
    missing: bool = False
    negative: bool = False
    days: float = 0.0
    age: float | None = None


def line_up(entries, steps, known):
    """The entries of one case in order: (step or None where it is not listed, moment)."""
    place = {step: i for i, step in enumerate(steps)}
    seen = [e for e in entries if e[1] is None or e[1].date() <= known]
    dated = [e for e in seen if e[1] is not None]

    def key(entry):
        step, at = entry
        where = place.get(step, 10**6)
        before = [other for name, other in dated if place.get(name, 10**6) <= where]
        anchor = at or (max(before) if before else LONG_AGO)
        return anchor, where, at is None, step or ""

    kept = [e for e in seen if e[1] is not None or e[0] in place]
    return [(step if step in place else None, at) for step, at in sorted(kept, key=key)]


def stays(rows, steps, known, ends):
    """Case -> (step -> Stay), and the owner of its latest entry."""
    result, owners = {}, {}
    for case in dict.fromkeys(row[0] for row in rows):
        mine = [row for row in rows if row[0] == case]
        line = line_up([(row[1], row[2]) for row in mine], steps, known)
        if not line:
            continue
        owners[case] = mine[0][3] or None
        result[case] = follow(line, steps, known, ends)
    return result, owners


def follow(line, steps, known, ends):
    """Walks along the entries of one case."""
    here, listed = {}, []
    for i, (step, at) in enumerate(line):
        if step is None:
            continue
        stay = here.setdefault(step, Stay())
        stay.visits += 1
        stay.backward |= bool(listed) and steps.index(listed[-1]) > steps.index(step)
        listed.append(step)
        if i + 1 < len(line):
            leave = line[i + 1][1]
            stay.missing |= at is None or leave is None
            if at is not None and leave is not None:
                stay.negative |= leave < at
                stay.same_day |= leave.date() == at.date()
                stay.days += (leave - at) / timedelta(days=1)
        else:
            stay.here = True
            if step not in ends:
                stay.missing |= at is None
                stay.age = None if at is None else float((known - at.date()).days)
                stay.days += stay.age or 0.0
    return here


def step_table(rows, steps, known, ends=None, by=False):
    """(owner,) step -> the numbers of `step_times`."""
    ends = steps[-1:] if ends is None else ends
    every, owners = stays(rows, steps, known, ends)
    groups = list(dict.fromkeys(owners.values())) if by else [None]
    return {
        (group, step): one_step([s for c, s in every.items() if not by or owners[c] == group], step, steps, ends)
        for group in groups
        for step in steps
    }


def one_step(every, step, steps, ends):
    there = [case[step] for case in every if step in case]
    later = steps[steps.index(step) + 1 :]
    waits = [stay for stay in there if stay.here and step not in ends]
    timed = [s for s in there if not s.missing and not s.negative and not (s.here and step in ends)]
    left = [stay.days for stay in timed if not stay.here]
    ages = [stay.age for stay in waits if stay.age is not None]
    return {
        "reached": len(there),
        "waiting_now": len(waits),
        "done": len(there) - len(waits),
        "repeated": sum(stay.visits > 1 for stay in there),
        "skipped": sum(step not in case and any(s in case for s in later) for case in every),
        "median_days": median(left) if left else None,
        "p90_days": quantile(left, 0.9),
        "km_median_days": km(left, [stay.days for stay in timed if stay.here]),
        **{name: sum(getattr(stay, name) for stay in there) for name in ("backward", "same_day", "negative")},
        "missing": sum(stay.missing for stay in there),
        "waiting_median_days": median(ages) if ages else None,
        "waiting_max_days": max(ages, default=None),
    }


def quantile(values, share):
    """R's type 7."""
    if not values:
        return None
    ordered, place = sorted(values), (len(values) - 1) * share
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def km(left, still):
    """The smallest time at which at most half are still there (product-limit, exact)."""
    curve = Fraction(1)
    for time in sorted(set(left)):
        at_risk = sum(value >= time for value in [*left, *still])
        curve *= 1 - Fraction(left.count(time), at_risk)
        if curve <= Fraction(1, 2):
            return time
    return None


def pipeline_table(deals, phases, won, lost, known):
    """Phase -> the numbers of `pipeline`, for deals with a date of their own for the phase P2."""
    path = [*phases, won]
    place = {name: i for i, name in enumerate(path, 1)}
    far = {}
    for deal in deals:
        reached = [place[deal["phase"]]] if deal["phase"] in place else []
        reached += [place["P2"]] if deal["P2"] and deal["P2"].date() <= known else []
        far[deal["deal_id"]] = max(reached, default=None)
    result = {}
    for phase in [*path, lost]:
        here = [deal for deal in deals if deal["phase"] == phase]
        at = place.get(phase)
        reached = at and sum(f is not None and f >= at for f in far.values())
        before = at and at > 1 and sum(f is not None and f >= at - 1 for f in far.values())
        spans = [span for deal in here if (span := deal_days(deal, known, phase in (won, lost))) is not None]
        days = [span for span in spans if span >= 0]
        result[phase] = {
            "deals": len(here),
            "amount": float(sum(deal["amount"] or 0 for deal in here)),
            "reached": reached,
            "step_rate": reached / before if before else None,
            "mean_days": mean(days) if days else None,
            "median_days": median(days) if days else None,
            "undated": len(here) - len(spans),
            "negative": len(spans) - len(days),
            "no_amount": sum(deal["amount"] is None for deal in here),
            "unknown_path": sum(f is None for f in far.values()),
        }
    return result


def deal_days(deal, known, closed):
    end = deal["closed_at"] and deal["closed_at"].date() if closed else known
    return (end - deal["created_at"].date()).days if end and deal["created_at"] else None


def loss_table(reasons):
    """Reason -> (deals, share, cumulative share), out of one set of reasons a lost deal."""
    counts = {reason: sum(reason in each for each in reasons) for reason in set().union(*reasons)}
    table = {
        reason: (
            count,
            count / len(reasons),
            sum(any(counts[r] >= count for r in each) for each in reasons) / len(reasons),
        )
        for reason, count in counts.items()
    }
    unknown = sum(not each for each in reasons)
    return table | {None: (unknown, unknown / len(reasons), 1.0)}


def day(text):
    return date.fromisoformat(text)


def stalled_table(deals, phases, won, lost, known):
    """Deal -> (days here, usual days, how many say so, who), with a date of its own for every phase in `deal`."""
    stays = {phase: [] for phase in phases}
    for deal in deals:
        line = {phase: day_known(deal.get(phase), known) for phase in phases}
        if phases[0] not in deal:
            line[phases[0]] = day_known(deal["created_at"], known)
        over = day_known(deal["closed_at"], known) if deal["phase"] in (won, lost) else None
        came_to = [phase for phase in phases if phase in deal and line[phase]]
        for phase, following in zip(phases, [*phases[1:], None], strict=True):
            leave = line[following] if following else None
            if not leave and following is None and deal["phase"] == won:
                leave = over
            if not leave and deal["phase"] == lost and came_to and came_to[-1] == phase:
                leave = over
            if line[phase] and leave and leave >= line[phase]:
                stays[phase].append((leave - line[phase]).days)
    here = {deal["deal_id"]: days_here(deal, phases, known) for deal in deals if deal["phase"] not in (won, lost)}
    result = {}
    for deal in deals:
        if deal["deal_id"] not in here:
            continue
        now = [here[other["deal_id"]] for other in deals if other["phase"] == deal["phase"]]
        waits = [age for age in now if age is not None]
        gone = stays.get(deal["phase"], [])
        said = gone or waits
        usual = median(said) if said else None
        result[deal["deal_id"]] = (here[deal["deal_id"]], usual, len(said), "moved" if gone else "open")
    return result


def day_known(at, known):
    """The day of a moment, if it has come."""
    return at.date() if at and at.date() <= known else None


def days_here(deal, phases, known):
    """Days since the last thing that is known to have happened to an open deal."""
    moves = [day_known(deal.get(phase), known) for phase in phases] + [deal["created_at"] and deal["created_at"].date()]
    last = max((move for move in moves if move), default=None)
    return (known - last).days if last and last <= known else None
