"""Stages, movement, lifecycle, stickiness and retention said again, person by person in plain Python."""

from collections import defaultdict
from datetime import date, timedelta
from math import ceil

from usage_oracle import blank

from analysis.period import Period, floor, step

DAY = timedelta(days=1)


def fulfils(rule, uses, row, period):
    """Does a person with these uses in the period fulfil the rule of a stage?"""
    for group, together in (("all", all), ("any", any)):
        if group in rule:
            return together(fulfils(part, uses, row, period) for part in rule[group])
    if "activities" in rule:
        uses = [use for use in uses if blank(use["activity"]) in rule["activities"]]
    least, measure = rule["at_least"], rule["measure"]
    days = {use["occurred_at"].date() for use in uses}
    if measure == "uses":
        return len(uses) >= least
    if measure == "days":
        return len(days) >= least
    if measure == "kinds":
        return len({blank(use["activity"]) for use in uses} - {None}) >= least
    units = [unit for unit in period.split(measure.removesuffix("s")) if stands_in(row, unit)]
    active = [unit for unit in units if any(unit.start <= day < unit.end for day in days)]
    return 0 < len(active) >= min(least, len(units))


def stands_in(row, unit):
    """Is the account valid on some day of the unit, by its dates?"""
    begun = row["valid_from"] is None or row["valid_from"] < unit.end
    return begun and (row["valid_to"] is None or row["valid_to"] >= unit.start)


def standings(world, period, stages, *, valid="end", activities=None, only=None, users_where=None):
    """Valid users -> (their row, the stage they stand in, the places of the stages that they skip to)."""
    done = defaultdict(list)
    for use in world.used(period, activities, only):
        done[use["user_id"]].append(use)
    found = {}
    for user, row in world.valid(period, valid, users_where).items():
        flags = [fulfils(stage.rule, done[user], row, period) for stage in stages]
        position = flags.index(False) if False in flags else len(flags)
        found[user] = (row, position, [i for i, flag in enumerate(flags) if flag and i >= position])
    return found


def stage_rows(found, stages):
    """What `stages` says of these people: stage -> (users, valid, gap, standing, skipped)."""
    positions = [position for _, position, _ in found.values()]
    rows = {}
    for i, stage in enumerate(stages):
        users = sum(position > i for position in positions)
        valid = len(positions)
        # goals in these tests have two decimals
        wanted = None if stage.goal is None or not valid else -(-valid * round(stage.goal * 100) // 100)
        gap = None if wanted is None else max(wanted - users, 0)
        standing = sum(position == i + 1 for position in positions)
        skipped = sum(i in skips for _, _, skips in found.values())
        rows[stage.name] = (users, valid, gap, standing, skipped)
    return rows


def before_of(parts, i):
    """The bucket before the i-th."""
    return parts[i - 1] if i else parts[0].previous()


def days_of(world, activities=None):
    """Person -> days of use, in all history."""
    found = defaultdict(set)
    for use in world.counted(activities):
        found[use["user_id"]].add(use["occurred_at"].date())
    return found


def state_of(days, part, before):
    """What a person with these days of use is in a bucket; None: nothing."""

    def within(period):
        return any(period.start <= day < period.end for day in days)

    if within(part):
        if within(before):
            return "returning"
        return "resurrected" if any(day < part.start for day in days) else "new"
    return "dormant" if within(before) else None


def triangle(world, period, every, start, valid, begun_by=None, again_by=None):
    """(cohort, age) -> (cohort_users, retained_users), for every cell that has begun by the last event."""
    parts = list(period.split(every))
    people = set(world.valid(period, valid))
    begun = {user: in_parts(days, parts) for user, days in days_of(world, begun_by).items() if user in people}
    active = {user: in_parts(days, parts) for user, days in days_of(world, again_by).items()}
    first = {user: min(days) for user, days in days_of(world, begun_by).items()}
    cells = {}
    for i, cohort in enumerate(parts):
        members = {user for user, places in begun.items() if i in places}
        if start == "first":
            members = {user for user in members if first[user] >= period.start and min(begun[user]) == i}
        for j in range(i, len(parts)):
            if members and world.last_day and parts[j].start <= world.last_day:
                cells[(cohort.start, j - i)] = (len(members), sum(j in active.get(user, ()) for user in members))
    return cells


def in_parts(days, parts):
    """The places of the buckets that hold one of the days."""
    return {i for i, part in enumerate(parts) if any(part.start <= day < part.end for day in days)}


def is_cut(part, every, last):
    """Is the bucket not known to its end, or shorter than its unit at its end?"""
    return last is None or part.last_day > last or part.end < step(floor(part.start, every), every)


def needed(goal, valid):
    """How many reach a goal given in percent."""
    return ceil(goal * valid / 100)


def month(number, year=2026):
    """A calendar month."""
    return Period.unit(date(year, number, 1), "month")
