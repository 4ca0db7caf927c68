"""Movement between stages, lifecycle and stickiness against plain Python, on pandas and DuckDB."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages_oracle import before_of, days_of, month, standings, state_of
from usage_oracle import APRIL, ENGINES, QUARTER, World, account, blank, keyed, records, use
from worlds import PHASES, choices, periods, valids, worlds

import analysis as an
from analysis.errors import ChoiceError, MissingColumnError
from analysis.lifecycle import LIFECYCLE
from analysis.stage_movement import STAGE_MOVES

engines = pytest.mark.parametrize("engine", ENGINES)
random_worlds = settings(max_examples=8, deadline=None, phases=PHASES)
EVERY = st.sampled_from(["week", "month", "quarter"])
MAY, JUNE = month(5), month(6)
LADDER = (
    an.Stage("aware", {"measure": "uses", "at_least": 1}),
    an.Stage("using", {"measure": "kinds", "at_least": 2}),
    an.Stage("often", {"measure": "days", "at_least": 2}),
)


def moved(world, by, valid):
    """Account (and part) -> (where it stood, where it stands), None where it was not valid."""
    sides = [standings(world, period, LADDER, valid=valid) for period in (APRIL, MAY)]
    found = {}
    for i, side in enumerate(sides):
        for user, (row, position, _) in side.items():
            key = (user, *(blank(row[name]) for name in by))
            found.setdefault(key, [None, None])[i] = position
    return {key: tuple(pair) for key, pair in found.items()}


def name_of(move):
    start, end = move
    if start is None or end is None:
        return "joined" if start is None else "left"
    return "rose" if end > start else "fell" if end < start else "stayed"


def check_movement(engine, world, by, valid):
    frames = world.frames(engine)
    expected = {}
    for (_, *part), ends in moved(world, by, valid).items():
        key = (*part, *ends)
        expected[key] = expected.get(key, 0) + 1
    cells = keyed(an.stage_movement(*frames, MAY, LADDER, by=by, valid=valid), *by, "from_position", "to_position")
    assert {key: row["users"] for key, row in cells.items()} == expected
    assert all(row["move"] == name_of(key[len(by) :]) for key, row in cells.items())
    names = [None, None, *(stage.name for stage in LADDER)]
    for key, row in cells.items():
        ends = [0 if at is None else int(at) + 1 for at in key[len(by) :]]
        assert (row["from_stage"], row["to_stage"]) == tuple(names[at] for at in ends)
    for key, row in keyed(an.stage_moves(*frames, MAY, LADDER, by=by, valid=valid), *by).items():
        counts = dict.fromkeys(STAGE_MOVES, 0)
        for cell, users in expected.items():
            if cell[: len(by)] == key:
                counts[name_of(cell[len(by) :])] += users
        assert {move: row[move] for move in STAGE_MOVES} == counts
        assert row["valid_before"] == sum(counts.values()) - counts["joined"]
        assert row["valid_users"] == sum(counts.values()) - counts["left"]


movements = given(world=worlds, by=st.sampled_from([(), ("area",), ("area", "category")]), valid=valids)


@engines
@settings(random_worlds, max_examples=5)
@movements
def test_movement_agrees_with_plain_python(engine, world, by, valid):
    check_movement(engine, world, by, valid)


@pytest.mark.long
@engines
@settings(random_worlds, max_examples=24)
@movements
def test_movement_agrees_with_plain_python_at_length(engine, world, by, valid):
    check_movement(engine, world, by, valid)


@engines
@settings(random_worlds, max_examples=3)
@given(world=worlds, move=st.sampled_from(STAGE_MOVES), data=st.data())
def test_every_cell_opens_its_people(engine, world, move, data):
    people = moved(world, (), "end")
    frames = world.frames(engine)
    listed = records(an.stage_movers(*frames, MAY, LADDER, move=move))
    assert sorted(row["user_id"] for row in listed) == sorted(
        u for (u,), ends in people.items() if name_of(ends) == move
    )
    if people:
        cell = data.draw(st.sampled_from(sorted(people.values(), key=str)))
        listed = records(an.stage_movers(*frames, MAY, LADDER, cell=cell))
        assert sorted(row["user_id"] for row in listed) == sorted(u for (u,), ends in people.items() if ends == cell)


def test_the_samples_people_move_and_add_up(sample_company):
    workspace = sample_company
    row = workspace.run(an.stage_moves, an.Period.parse("2026-01..2026-03"), an.standard_stages()).iloc[0]
    assert (row["valid_users"], row["rose"] + row["fell"] + row["stayed"] + row["joined"]) == (1200, 1200)
    frames = workspace.table("users"), workspace.table("activity")
    year = an.Period.fiscal_year(2025)
    trend = keyed(workspace.run(an.active_rate_trend, year), "period_start")
    cycle = keyed(workspace.run(an.lifecycle, year), "period_start")
    assert {k: r["active_users"] for k, r in cycle.items()} == {k: r["active_users"] for k, r in trend.items()}
    assert len(frames[0]) == 1284


def test_movement_is_over_users_columns_only():
    frames = World({None: [account("a")]}).frames("pandas")
    for metric in (an.stage_movement, an.stage_moves):
        with pytest.raises(MissingColumnError, match='"device"'):
            metric(*frames, MAY, LADDER, by="device")
    with pytest.raises(MissingColumnError, match='"device"'):
        an.lifecycle(*frames, MAY, by="device")
    with pytest.raises(ChoiceError, match="rose, fell, stayed, joined, left"):
        an.stage_movers(*frames, MAY, LADDER, move="risen")
    with pytest.raises(ChoiceError, match="new, returning, resurrected, dormant"):
        an.lifecycle_people(*frames, MAY, state="fresh")
    with pytest.raises(ChoiceError, match="day, week"):
        an.stickiness(*frames, MAY, inner="hour")


def check_lifecycle(engine, world, period, every, by, valid, activities):
    result = an.lifecycle(*world.frames(engine), period, every=every, by=by, valid=valid, activities=activities)
    found = keyed(result, "period_start", *by)
    days, parts, expected = days_of(world, activities), list(period.split(every)), {}
    first = min((min(each) for each in days.values()), default=None)
    for i, part in enumerate(parts):
        groups = {} if by else {(): []}
        for user, row in world.valid(part, valid).items():
            groups.setdefault(tuple(blank(row[name]) for name in by), []).append(user)
        for key, people in groups.items():
            states = [state_of(days.get(user, ()), part, before_of(parts, i)) for user in people]
            counts = {state: states.count(state) for state in LIFECYCLE}
            expected[(part.start, *key)] = {
                "valid_users": len(people),
                "active_users": sum(counts.values()) - counts["dormant"],
                **counts,
                "no_history": first is None or first >= part.start,
                "partial": world.is_partial(part),
            }
    assert {(key[0].date(), *key[1:]): row for key, row in found.items()} == expected


cycles = given(
    world=worlds,
    period=periods,
    every=EVERY,
    by=st.sampled_from([(), ("area",), ("area", "category")]),
    valid=valids,
    activities=choices,
)


@engines
@random_worlds
@cycles
def test_lifecycle_agrees_with_plain_python(engine, world, period, every, by, valid, activities):
    check_lifecycle(engine, world, period, every, by, valid, activities)


@pytest.mark.long
@engines
@settings(random_worlds, max_examples=24)
@cycles
def test_lifecycle_agrees_with_plain_python_at_length(engine, world, period, every, by, valid, activities):
    check_lifecycle(engine, world, period, every, by, valid, activities)


@engines
@settings(random_worlds, max_examples=5)
@given(world=worlds, state=st.sampled_from(LIFECYCLE), valid=valids)
def test_lifecycle_opens_its_people(engine, world, state, valid):
    listed = records(an.lifecycle_people(*world.frames(engine), MAY, state=state, valid=valid))
    days = days_of(world)
    meant = [user for user in world.valid(MAY, valid) if state_of(days.get(user, ()), MAY, APRIL) == state]
    assert sorted(row["user_id"] for row in listed) == sorted(meant)


@engines
def test_a_life_in_five_months(engine):
    """In April new, in May returning, in June dormant, in July nothing, in August resurrected."""
    world = World({None: [account("a")]}, [use("a", at) for at in ("2026-04-30", "2026-05-01", "2026-08-31 23:59:59")])
    rows = keyed(an.lifecycle(*world.frames(engine), an.Period.parse("2026-04..2026-08")), "period_start")
    states = {start.month: [s for s in LIFECYCLE if row[s]] for (start,), row in rows.items()}
    assert states == {4: ["new"], 5: ["returning"], 6: ["dormant"], 7: [], 8: ["resurrected"]}
    assert [start.month for (start,), row in rows.items() if row["no_history"]] == [4]


@engines
@random_worlds
@given(
    world=worlds,
    period=periods,
    every=EVERY,
    inner=st.sampled_from(["day", "week"]),
    by=st.sampled_from([(), ("area",)]),
)
def test_stickiness_agrees_with_plain_python(engine, world, period, every, inner, by):
    found = keyed(an.stickiness(*world.frames(engine), period, every=every, inner=inner, by=by), "period_start", *by)
    days, expected = days_of(world), {}
    for part in period.split(every):
        units = [unit for unit in part.split(inner) if world.last_day and unit.start <= world.last_day]
        groups = {} if by else {(): []}
        for user, row in world.valid(part, "end").items():
            pairs = sum(any(unit.start <= day < unit.end for day in days.get(user, ())) for unit in units)
            groups.setdefault(tuple(blank(row[name]) for name in by), []).append(pairs)
        for key, pairs in groups.items():
            active, total = sum(n > 0 for n in pairs), sum(pairs)
            average = total / len(units) if units else None
            expected[(part.start, *key)] = {
                "valid_users": len(pairs),
                "active_users": active,
                "units": len(units),
                "user_units": total,
                "average_active": average,
                "stickiness": pytest.approx(average / active) if active else None,
                "partial": world.is_partial(part),
            }
    assert {(key[0].date(), *key[1:]): row for key, row in found.items()} == expected


@engines
def test_two_people_on_three_of_thirty_days_are_a_tenth_of_a_month_each(engine):
    uses = [use(u, f"2026-04-{d:02} {h:02}:00:00") for u in "ab" for d in (1, 15, 30) for h in (0, 9)]
    world = World({None: [account("a"), account("b"), account("c")]}, uses)
    (row,) = records(an.stickiness(*world.frames(engine), APRIL))
    assert (row["units"], row["user_units"], row["average_active"], row["stickiness"]) == (
        30,
        6,
        0.2,
        pytest.approx(0.1),
    )
    (row,) = records(an.stickiness(*world.frames(engine), APRIL, as_of=date(2026, 4, 15)))
    assert (row["units"], row["user_units"], row["partial"]) == (15, 4, True)


@engines
@random_worlds
@given(world=worlds, every=EVERY, by=st.sampled_from([(), ("area",)]), valid=valids)
def test_intervals_agree_with_plain_python(engine, world, every, by, valid):
    found = keyed(
        an.active_intervals(*world.frames(engine), QUARTER, every=every, by=by, valid=valid), *by, "intervals"
    )
    days, expected = days_of(world), {}
    for user, row in world.valid(QUARTER, valid).items():
        parts = QUARTER.split(every)
        count = sum(any(part.start <= day < part.end for day in days.get(user, ())) for part in parts)
        if count:
            key = (*(blank(row[name]) for name in by), count)
            expected[key] = expected.get(key, 0) + 1
    assert {key: row["users"] for key, row in found.items()} == expected
    for key, row in found.items():
        group = sum(users for other, users in expected.items() if other[:-1] == key[:-1])
        assert (row["active_users"], row["share"]) == (group, row["users"] / group)
