"""The attempts at a funnel, in the portable form: one row an attempt, with the moment of each step it reached.

Everything counts moments, not events: two things a person did at one moment stand in no order, so
neither is later than the other, and neither lies between the other and a third.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import reduce

import narwhals.stable.v2 as nw

from analysis.frames import Frame, moment
from analysis.funnel_steps import Plan, closed, landing, overlapping

PERSON = "user_id"
FAR_AWAY = datetime(9999, 12, 31)


def attempts(events: Frame, plan: Plan) -> Frame:
    """Every attempt at the funnel.

    Args:
        events: `user_id`, `_at` and for each step `_e1`, …: 1 where the event fulfils it, else 0.
        plan: the question.

    Returns:
        `user_id`, `_t1` (the start, unique for a person), `_t2`, … (when it first reached the step, null:
        not within the window), `_o2`, … (the start again, where nothing but time keeps the attempt from the step).
    """
    forms = {"in_order": _in_order, "strict": _strict, "unordered": _unordered}
    return _inside_window(forms[plan.order](events, plan), plan)


def highest(*each: nw.Expr) -> nw.Expr:
    """The highest of a row; Spark refuses to choose among one alone."""
    return nw.max_horizontal(*each) if len(each) > 1 else each[0]


def lowest(*each: nw.Expr) -> nw.Expr:
    """The lowest of a row; Spark refuses to choose among one alone."""
    return nw.min_horizontal(*each) if len(each) > 1 else each[0]


def starting(plan: Plan) -> nw.Expr:
    """True where an attempt may start."""
    flags = [nw.col(f"_e{position}") for position in (plan.positions if plan.order == "unordered" else (1,))]
    conditions = [highest(*flags) == 1]
    if plan.period:
        conditions += [nw.col("_at") >= moment(plan.period.start), nw.col("_at") < moment(plan.period.end)]
    return nw.all_horizontal(*conditions, ignore_nulls=False)


def _moments(events: Frame, plan: Plan) -> Frame:
    """One row a person and moment, 1 for every step that something done then fulfils."""
    return events.group_by(PERSON, "_at").agg(nw.col(*_flags(plan)).max())


def _flags(plan: Plan) -> list[str]:
    return [f"_e{position}" for position in plan.positions]


def _of_steps(events: Frame, plan: Plan) -> Frame:
    """The events that fulfil some step."""
    return events.filter(highest(*map(nw.col, _flags(plan))) == 1)


def _in_order(events: Frame, plan: Plan) -> Frame:
    """The earliest moment of each step behind the moment of the step before: no choice of others reaches more."""
    moments = _moments(_of_steps(events, plan), plan)
    found = moments.filter(starting(plan)).select(PERSON, _t1=nw.col("_at"))
    following = _behind(moments, plan)
    for position in plan.later:
        place = following.select(
            PERSON, nw.col("_at").alias(f"_t{plan.before(position)}"), nw.col(f"_n{position}").alias(f"_t{position}")
        )
        found = found.join(place, on=[PERSON, f"_t{plan.before(position)}"], how="left")
    return _beside(found, {f"_o{position}": nw.col("_t1") for position in plan.later})


def _behind(moments: Frame, plan: Plan) -> Frame:
    """Beside every moment the next one, strictly later, of each step: `_n2`, …"""
    order = {"order_by": "_at"}
    for position in plan.later:
        here = nw.when(nw.col(f"_e{position}") == 1).then(nw.col("_at"))
        moments = moments.with_columns(here.alias(f"_h{position}"))
    shifted = {f"_s{p}": nw.col(f"_h{p}").shift(n=-1).over(PERSON, **order) for p in plan.later}
    moments = _beside(moments, shifted)
    filled = {f"_n{p}": nw.col(f"_s{p}").fill_null(strategy="backward").over(PERSON, **order) for p in plan.later}
    return _beside(moments, filled)


def _beside(frame: Frame, columns: Mapping[str, nw.Expr]) -> Frame:
    """The frame with these columns, of which there may be none."""
    return frame.with_columns(**columns) if columns else frame


def _strict(events: Frame, plan: Plan) -> Frame:
    """One hop from moment to next moment a step; `_r{hop}_{step}` is 1 where the chain stands on the step then."""
    moments = _next_moments(_moments(events, plan), plan)
    found = moments.filter(starting(plan)).select(PERSON, _m0=nw.col("_at"), _r0_1=nw.lit(1))
    for hop in range(1, len(plan.steps) + 1):
        landed = {f"_g{position}": f"_f{hop}_{position}" for position in landing(plan, hop)}
        columns = [nw.col(helper).alias(name) for helper, name in landed.items()]
        place = moments.select(PERSON, nw.col("_at").alias(f"_m{hop - 1}"), nw.col("_next").alias(f"_m{hop}"), *columns)
        found = found.join(place, on=[PERSON, f"_m{hop - 1}"], how="left")
        found = _beside(found, {f"_r{hop}_{p}": _lands(plan, hop, p) for p in landing(plan, hop)})
    return found.select(PERSON, nw.col("_m0").alias("_t1"), *_first_times(plan), *_alive(plan))


def _next_moments(moments: Frame, plan: Plan) -> Frame:
    """Beside every moment the person's next one, and what it fulfils: `_g2`, …"""
    shifted = {f"_g{p}": nw.col(f"_e{p}").shift(n=-1).over(PERSON, order_by="_at") for p in plan.later}
    return moments.with_columns(_next=nw.col("_at").shift(n=-1).over(PERSON, order_by="_at"), **shifted)


def _lands(plan: Plan, hop: int, position: int) -> nw.Expr:
    """1 where the chain stood on a step that may lead here, and the next moment fulfils this one."""
    standing = [1] if hop == 1 else landing(plan, hop - 1)
    leads = [nw.col(f"_r{hop - 1}_{lead}") for lead in plan.leads(position) if lead in standing]
    if (hop == 1 and 1 not in plan.leads(position)) or not leads:
        return nw.lit(0)
    here = nw.col(f"_f{hop}_{position}").fill_null(0)
    return nw.when(highest(*leads) == 1, here == 1).then(1).otherwise(0)


def _first_times(plan: Plan) -> list[nw.Expr]:
    found: list[nw.Expr] = []
    for position in plan.later:
        hops = [hop for hop in range(1, len(plan.steps)) if position in landing(plan, hop)]
        times = [nw.when(nw.col(f"_r{hop}_{position}") == 1).then(nw.col(f"_m{hop}")) for hop in hops]
        found.append(lowest(*times).alias(f"_t{position}"))
    return found


def _alive(plan: Plan) -> list[nw.Expr]:
    """The start, where the chain stands on an earlier step at the person's last moment: nothing broke it."""
    found: list[nw.Expr] = []
    for position in plan.later:
        stands = [
            (nw.col(f"_r{hop}_{earlier}") == 1) & ~nw.col(f"_m{hop}").is_null() & nw.col(f"_m{hop + 1}").is_null()
            for hop in range(len(plan.steps))
            for earlier in ([1] if hop == 0 else landing(plan, hop))
            if earlier < position
        ]
        found.append(nw.when(reduce(nw.Expr.__or__, stands)).then(nw.col("_m0")).alias(f"_o{position}"))
    return found


def _unordered(events: Frame, plan: Plan) -> Frame:
    """When one, two, … of the steps were done, each by an event of its own, from the start on."""
    events = _of_steps(events, plan)
    moments = _moments(events, plan)
    gained = []
    for group in overlapping(plan.steps):
        for size in range(1, len(group) + 1):
            needs = [(chosen, len(chosen) + size - len(group)) for chosen in closed(plan.steps, group)]
            columns = []
            for chosen, need in needs:
                if need > 0:
                    name = f"_q{'_'.join(map(str, chosen))}n{need}"
                    moments = _with_nth(moments, events, chosen, need, name)
                    columns.append(nw.col(name))
            gained.append(highest(*columns))
    found = moments.filter(starting(plan)).with_columns(**{f"_x{i}": each for i, each in enumerate(gained)})
    return _sorted_times(found, plan)


def _with_nth(moments: Frame, events: Frame, chosen: Sequence[int], nth: int, name: str) -> Frame:
    """When the n-th event from each moment on, with it, fulfils one of the chosen steps; far away where none does."""
    if name in moments.collect_schema().names():
        return moments
    mine = events.filter(highest(*(nw.col(f"_e{position}") for position in chosen)) == 1)
    counted = mine.select(PERSON, "_at", _when=nw.col("_at").shift(n=1 - nth).over(PERSON, order_by="_at"))
    # of several at one moment the first sees all the others
    first = counted.group_by(PERSON, "_at").agg(_when=nw.col("_when").min(), _rows=nw.len())
    joined = moments.join(first.select(PERSON, "_at", "_when", "_rows"), on=[PERSON, "_at"], how="left")
    here = nw.when(~nw.col("_rows").is_null()).then(nw.col("_when").fill_null(moment(FAR_AWAY)))
    marked = joined.with_columns(_here=here)
    filled = marked.with_columns(
        nw.col("_here").fill_null(strategy="backward").over(PERSON, order_by="_at").alias(name)
    )
    return filled.with_columns(nw.col(name).fill_null(moment(FAR_AWAY))).drop("_when", "_rows", "_here")


def _sorted_times(found: Frame, plan: Plan) -> Frame:
    """The moments `_x0`, … in order as `_t1`, …: each is put into its place among those before it."""
    far = moment(FAR_AWAY)
    held = {1: "_x0"}
    for number in range(1, len(plan.steps)):
        places = {place: f"_y{number}_{place}" for place in range(1, number + 2)}
        for place, name in places.items():
            above = highest(nw.col(held[place - 1]), nw.col(f"_x{number}")) if place > 1 else None
            new = above if above is not None else nw.col(f"_x{number}")
            kept = lowest(nw.col(held[place]), new) if place in held else new
            found = found.with_columns(kept.alias(name))
        held = places
    times = [nw.when(nw.col(held[p]) < far).then(nw.col(held[p])).alias(f"_t{p}") for p in plan.positions]
    return _beside(found.select(PERSON, *times), {f"_o{p}": nw.col("_t1") for p in plan.later})


def _inside_window(found: Frame, plan: Plan) -> Frame:
    if plan.within is None:
        return found
    last = nw.col("_t1") + plan.within
    inside = {f"_t{p}": nw.when(nw.col(f"_t{p}") <= last).then(nw.col(f"_t{p}")) for p in plan.later}
    return _beside(found, inside)
