"""Cohort retention against plain Python, on pandas and DuckDB."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stages_oracle import is_cut, month, triangle
from usage_oracle import APRIL, ENGINES, QUARTER, World, account, keyed, records, use
from worlds import PHASES, periods, valids, worlds

import analysis as an
from analysis.errors import ChoiceError, MissingColumnError

engines = pytest.mark.parametrize("engine", ENGINES)
random_worlds = settings(max_examples=6, deadline=None, phases=PHASES)
EVERY = st.sampled_from(["day", "week", "month", "quarter"])
STARTS = st.sampled_from(["first", "every"])
KINDS = st.sampled_from([(None, None), ("login", None), ("login", ["order", None]), (["order"], "login")])
triangles = given(world=worlds, period=periods, every=EVERY, start=STARTS, valid=valids, kinds=KINDS)


def cells_of(result):
    return {(cohort.date(), age): row for (cohort, age), row in keyed(result, "cohort_start", "age").items()}


def check_triangle(engine, world, period, every, start, valid, kinds):
    begun, again = kinds
    options = {"every": every, "start": start, "valid": valid, "start_activities": begun, "activities": again}
    found = cells_of(an.retention(*world.frames(engine), period, **options))
    expected = triangle(world, period, every, start, valid, again if begun is None else begun, again)
    assert {key: (row["cohort_users"], row["retained_users"]) for key, row in found.items()} == expected
    parts = list(period.split(every))
    starts = [part.start for part in parts]
    for (cohort, age), row in found.items():
        part = parts[starts.index(cohort) + age]
        assert (row["period_start"].date(), row["partial"]) == (part.start, is_cut(part, every, world.last_day))
        assert row["retention_rate"] == row["retained_users"] / row["cohort_users"]
    curve = keyed(an.retention_curve(*world.frames(engine), period, **options), "age")
    sums = {}
    for (_, age), row in found.items():
        if not row["partial"]:
            cohorts, users, kept = sums.get((age,), (0, 0, 0))
            sums[(age,)] = (cohorts + 1, users + row["cohort_users"], kept + row["retained_users"])
    assert {key: (r["cohorts"], r["cohort_users"], r["retained_users"]) for key, r in curve.items()} == sums


@engines
@random_worlds
@triangles
def test_retention_agrees_with_plain_python(engine, world, period, every, start, valid, kinds):
    check_triangle(engine, world, period, every, start, valid, kinds)


@pytest.mark.long
@engines
@settings(random_worlds, max_examples=24)
@triangles
def test_retention_agrees_with_plain_python_at_length(engine, world, period, every, start, valid, kinds):
    check_triangle(engine, world, period, every, start, valid, kinds)


@engines
def test_who_began_with_one_thing_and_came_again_for_another(engine):
    """a and b sign in in April, b once more in May; only a orders, in June; c orders without ever signing in."""
    uses = [use("a", "2026-04-02", "login"), use("b", "2026-04-09", "login"), use("b", "2026-05-09", "login")]
    uses += [use("a", "2026-06-01", "order"), use("c", "2026-04-03", "order")]
    frames = World({None: [account(user) for user in "abc"]}, uses).frames(engine)
    asked = {"start_activities": "login", "activities": "order"}
    rows = cells_of(an.retention(*frames, QUARTER, **asked))
    assert {age: (row["cohort_users"], row["retained_users"]) for (_, age), row in rows.items()} == {
        0: (2, 0), 1: (2, 0), 2: (2, 1)
    }  # fmt: skip
    listed = an.retention_people(*frames, QUARTER, cohort=date(2026, 4, 1), age=2, **asked)
    assert [row["user_id"] for row in records(listed)] == ["a"]


@engines
def test_a_triangle_that_a_reader_can_add_up(engine):
    """April: a, b begin; b comes again in May, a in June. May: c begins and comes in June. d used it in March."""
    uses = [("d", "2026-03-31 23:59:59"), ("d", "2026-04-02"), ("a", "2026-04-01"), ("b", "2026-04-30 23:59:59")]
    uses += [("b", "2026-05-01"), ("c", "2026-05-31"), ("a", "2026-06-01"), ("c", "2026-06-30")]
    world = World({None: [account(u, "East" if u in "ab" else None) for u in "abcd"]}, [use(*pair) for pair in uses])
    found = cells_of(an.retention(*world.frames(engine), QUARTER))
    april, may = date(2026, 4, 1), date(2026, 5, 1)
    assert {key: (row["cohort_users"], row["retained_users"]) for key, row in found.items()} == {
        (april, 0): (2, 2),
        (april, 1): (2, 1),
        (april, 2): (2, 1),
        (may, 0): (1, 1),
        (may, 1): (1, 1),
    }
    curve = keyed(an.retention_curve(*world.frames(engine), QUARTER), "age")
    rates = {age: (row["cohorts"], row["retained_users"], row["cohort_users"]) for (age,), row in curve.items()}
    assert rates == {0: (2, 3, 3), 1: (2, 2, 3), 2: (1, 1, 2)}
    areas = keyed(an.retention_curve(*world.frames(engine), QUARTER, by="area"), "area", "age")
    assert {key: row["retained_users"] for key, row in areas.items()} == {
        ("East", 0): 2,
        ("East", 1): 1,
        ("East", 2): 1,
        (None, 0): 1,
        (None, 1): 1,
    }


@engines
@settings(random_worlds, max_examples=3)
@given(world=worlds, start=STARTS, valid=valids)
def test_a_cell_opens_its_people(engine, world, start, valid):
    frames, options = world.frames(engine), {"start": start, "valid": valid}
    for (cohort, age), row in list(cells_of(an.retention(*frames, QUARTER, **options)).items())[:2]:
        lists = {
            state: {
                r["user_id"]
                for r in records(an.retention_people(*frames, QUARTER, cohort=cohort, age=age, state=state, **options))
            }
            for state in ("cohort", "retained", "lost")
        }
        assert (len(lists["cohort"]), len(lists["retained"])) == (row["cohort_users"], row["retained_users"])
        assert lists["cohort"] - lists["retained"] == lists["lost"]


@engines
def test_days_after_the_first_use_are_retention_by_day(engine):
    uses = [
        use("a", "2026-04-01 23:00:00"),
        use("a", "2026-04-02 01:00:00"),
        use("b", "2026-04-03"),
        use("b", "2026-04-10"),
    ]
    world = World({None: [account("a"), account("b")]}, uses)
    curve = keyed(an.retention_curve(*world.frames(engine), APRIL, every="day"), "age")
    assert {age: (r["retained_users"], r["cohort_users"]) for (age,), r in curve.items()} == {
        0: (2, 2),
        1: (1, 2),
        **dict.fromkeys(range(2, 7), (0, 2)),
        7: (1, 2),
        8: (0, 1),
        9: (0, 1),
    }


def test_what_retention_cannot_be_asked_is_said():
    frames = World({None: [account("a")]}).frames("pandas")
    with pytest.raises(ChoiceError, match="first, every"):
        an.retention(*frames, QUARTER, start="last")
    with pytest.raises(ChoiceError, match="2026-04-01, 2026-05-01, 2026-06-01"):
        an.retention_people(*frames, QUARTER, cohort=date(2026, 4, 2))
    with pytest.raises(ChoiceError, match="cohort, retained, lost"):
        an.retention_people(*frames, QUARTER, cohort=month(4).start, state="gone")
    with pytest.raises(MissingColumnError, match='"device"'):
        an.retention(*frames, QUARTER, by="device")
