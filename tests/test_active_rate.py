"""The active rate family against plain Python sets, on pandas and DuckDB."""

from datetime import date, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usage_oracle import APRIL, ENGINES, QUARTER, World, account, blank, keyed, rated, records, use
from worlds import FLIPPED, PHASES, choices, periods, valids, worlds

import analysis as an
from analysis.period import Period
from analysis.roster import VALID

engines = pytest.mark.parametrize("engine", ENGINES)
random_worlds = settings(max_examples=12 if FLIPPED else 5, deadline=None, phases=PHASES)
BY = [(), ("area",), ("device",), ("area", "category"), ("area", "device"), ("device", "activity")]
EVERY = ["day", "week", "month", "quarter", "half", "year"]
IN_EAST = {"all": [{"column": "area", "in": ["East", None]}, {"column": "device", "in": ["pc", None]}]}
EAST = {
    "users_where": lambda row: blank(row["area"]) in ("East", None),
    "uses_where": lambda row: blank(row["device"]) in ("pc", None),
}


def logins(*pairs):
    return [use(user, at) for user, at in pairs]


def rate(world, period, engine="pandas", **options):
    return records(an.active_rate(*world.frames(engine), period, **options))


@engines
@pytest.mark.parametrize(
    ("moment", "active"),
    [("2026-03-31 23:59:59", 0), ("2026-04-01", 1), ("2026-04-30 23:59:59", 1), ("2026-05-01", 0)],
)
def test_period_includes_its_start_and_excludes_its_end(engine, moment, active):
    world = World({None: [account("a"), account("b")]}, logins(("a", moment)))
    (row,) = rate(world, APRIL, engine, as_of=date(2026, 5, 1))
    assert (row["valid_users"], row["active_users"], row["active_rate"]) == (2, active, active / 2)


@engines
@pytest.mark.parametrize(
    ("valid", "valid_from", "valid_to", "counted"),
    [
        ("end", date(2026, 4, 30), None, 1),
        ("end", date(2026, 5, 1), None, 0),
        ("end", None, date(2026, 4, 30), 1),
        ("end", None, date(2026, 4, 29), 0),
        ("start", date(2026, 4, 1), None, 1),
        ("start", date(2026, 4, 2), None, 0),
        ("start", None, date(2026, 4, 1), 1),
        ("start", None, date(2026, 3, 31), 0),
        ("any", date(2026, 4, 30), None, 1),
        ("any", date(2026, 5, 1), None, 0),
        ("any", None, date(2026, 4, 1), 1),
        ("any", None, date(2026, 3, 31), 0),
    ],
)
def test_an_account_is_valid_through_its_last_day(engine, valid, valid_from, valid_to, counted):
    world = World({None: [account("a", valid_from=valid_from, valid_to=valid_to), account("b")]})
    (row,) = rate(world, APRIL, engine, valid=valid)
    assert row["valid_users"] == 1 + counted


@engines
@pytest.mark.parametrize(("every", "second"), [("week", date(2026, 4, 13)), ("month", date(2026, 5, 1))])
def test_a_bucket_that_the_period_cuts_begins_with_the_period(engine, every, second):
    friday_to_wednesday = Period(date(2026, 4, 10), date(2026, 5, 21))
    world = World({None: [account("a")]}, logins(("a", "2026-04-10 09:00"), ("a", "2026-04-09")))
    found = records(an.active_rate_trend(*world.frames(engine), friday_to_wednesday, every=every))
    rows = sorted((row["period_start"].date(), row["active_users"]) for row in found)
    assert rows[:2] == [(date(2026, 4, 10), 1), (second, 0)]


@engines
@pytest.mark.parametrize("every", ["quarter", "half", "year"])
@pytest.mark.parametrize(("at", "active"), [("2026-09-30 23:59:59", [1, 0]), ("2026-10-01 00:00:00", [0, 1])])
def test_a_bucket_begins_with_its_first_moment(engine, every, at, active):
    around = {"quarter": (7, 13), "half": (4, 16), "year": (-2, 22)}[every]  # months of 2026: two whole buckets
    start, end = (date(2026 + (month - 1) // 12, (month - 1) % 12 + 1, 1) for month in around)
    world = World({None: [account("a")]}, logins(("a", at)))
    options = {"every": every, "fiscal_start": 10 if every == "year" else 4, "as_of": end}
    found = records(an.active_rate_trend(*world.frames(engine), Period(start, end), **options))
    assert [row["active_users"] for row in sorted(found, key=lambda row: row["period_start"])] == active


@engines
@pytest.mark.parametrize("rosters", [1, 2])
def test_in_a_trend_an_account_of_two_rosters_of_a_bucket_counts_once(engine, rosters):
    days = [None] if rosters == 1 else [date(2026, 4, 1), date(2026, 4, 15)]
    world = World({day: [account("a"), account("b")] for day in days}, logins(("a", "2026-04-02"), ("a", "2026-04-20")))
    (row,) = records(an.active_rate_trend(*world.frames(engine), APRIL, valid="any"))
    assert (row["valid_users"], row["active_users"]) == (2, 1)


@engines
def test_a_stranger_who_came_before_the_period_is_none_of_it(engine):
    world = World({None: [account("a")]}, logins(("z", "2026-03-31"), ("y", "2026-04-01")))
    found = records(an.people(*world.frames(engine), APRIL, state="outside"))
    assert [row["user_id"] for row in found] == ["y"]


@engines
def test_where_nobody_is_valid_no_device_has_a_row(engine):
    world = World({None: [account("a", valid_to=date(2026, 3, 31))]}, [use("a", "2026-04-02", "login", "pc")])
    assert rate(world, APRIL, engine, by="device") == []


@engines
@pytest.mark.parametrize(
    ("active", "users", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_interval_is_that_of_wilson(engine, active, users, low, high):
    # Newcombe, Statistics in Medicine 17 (1998), table I, method 3 (score, no continuity correction)
    people = [account(f"u{i}") for i in range(users)]
    world = World({None: people}, logins(*((f"u{i}", "2026-04-02") for i in range(active))))
    (row,) = rate(world, APRIL, engine, as_of=date(2026, 4, 30))
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((low, high), abs=5e-5)


@engines
@pytest.mark.parametrize(("users", "active", "low", "high"), [(3, 0, 0.0, 0.5615), (3, 3, 0.4385, 1.0)])
def test_interval_is_exact_at_none_and_all(engine, users, active, low, high):
    world = World(
        {None: [account(f"u{i}") for i in range(users)]}, logins(*((f"u{i}", "2026-04-02") for i in range(active)))
    )
    (row,) = rate(world, APRIL, engine)
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((low, high), abs=1e-4)
    assert {0.0, 1.0} & {row["rate_low"], row["rate_high"]}


@engines
def test_a_bound_never_passes_none_or_all(engine):
    # for some sizes the formula misses 0 or 1 in the last digit
    groups = {f"{state} {size}": size for state in ("all", "none") for size in range(1, 41)}
    people = [account(f"{group}/{i}", group) for group, size in groups.items() for i in range(size)]
    uses = logins(*((row["user_id"], "2026-04-02") for row in people if row["area"].startswith("all")))
    for row in rate(World({None: people}, uses), APRIL, engine, by="area"):
        assert row["rate_high" if row["area"].startswith("all") else "rate_low"] == row["active_rate"]


@engines
@pytest.mark.parametrize(
    ("column", "days", "counted"),
    [
        ("valid_from", [date(2026, 4, 30), date(2026, 5, 1)], {"end": 1, "start": 0, "any": 1}),
        ("valid_to", [date(2026, 4, 29), date(2026, 4, 30)], {"end": 1, "start": 2, "any": 2}),
    ],
)
def test_one_of_the_two_dates_is_enough(engine, column, days, counted):
    users = pd.DataFrame({"user_id": ["a", "b"], column: pd.to_datetime(days)})
    activity = World({None: []}).activity_frame()
    for valid in VALID:
        (row,) = records(an.active_rate(*(ENGINES[engine](f) for f in (users, activity)), APRIL, valid=valid))
        assert row["valid_users"] == counted[valid]


@engines
def test_without_a_valid_user_there_is_no_rate(engine):
    world = World({None: [account("a", status="無効")]}, logins(("a", "2026-04-02")))
    assert rate(world, APRIL, engine, as_of=date(2026, 4, 30)) == [
        {
            "valid_users": 0,
            "active_users": 0,
            "active_rate": None,
            "rate_low": None,
            "rate_high": None,
            "partial": False,
        }
    ]


@engines
@pytest.mark.parametrize(("as_of", "partial"), [(date(2026, 4, 29), True), (date(2026, 4, 30), False), (None, True)])
def test_a_period_is_partial_where_it_reaches_past_the_last_known_day(engine, as_of, partial):
    world = World({None: [account("a")]}, logins(("a", "2026-04-29 23:00:00")))
    (row,) = rate(world, APRIL, engine, as_of=as_of)
    assert row["partial"] is partial


@engines
@random_worlds
@given(world=worlds, period=periods, by=st.sampled_from(BY), valid=valids, activities=choices, chosen=st.booleans())
def test_rate_agrees_with_sets(engine, world, period, by, valid, activities, chosen):
    where, meant = (IN_EAST, EAST) if chosen else (None, {})
    result = an.active_rate(*world.frames(engine), period, by=by, valid=valid, activities=activities, where=where)
    expected = world.cells(period, by, valid=valid, activities=activities, **meant)
    assert keyed(result, *by) == {key: rated(cell, world.is_partial(period)) for key, cell in expected.items()}


@engines
@random_worlds
@given(
    world=worlds,
    period=periods,
    dimensions=st.permutations(["area", "category", "device", "activity"]),
    split=st.sampled_from([(1, 0), (1, 1), (2, 1), (0, 2), (2, 2)]),
    valid=valids,
)
def test_pivot_agrees_with_sets(engine, world, period, dimensions, split, valid):
    rows, columns = dimensions[: split[0]], dimensions[split[0] : sum(split)]
    result = an.active_rate_pivot(*world.frames(engine), period, rows=rows, columns=columns, valid=valid)
    found = keyed(result, "row_level", "column_level", *rows, *columns)
    expected = {}
    for i in range(len(rows) + 1):
        for j in range(len(columns) + 1):
            shown = [*rows[: len(rows) - i], *columns[: len(columns) - j]]
            for key, cell in world.cells(period, shown, valid=valid).items():
                place = dict(zip(shown, key, strict=True))
                whole = tuple(place.get(name) for name in [*rows, *columns])
                expected[(i, j, *whole)] = rated(cell, world.is_partial(period))
    assert found == expected


@engines
@random_worlds
@given(
    world=worlds, period=periods, by=st.sampled_from(BY), every=st.sampled_from(EVERY), valid=valids, activities=choices
)
def test_trend_is_the_rate_of_every_bucket(engine, world, period, by, every, valid, activities):
    result = an.active_rate_trend(*world.frames(engine), period, every=every, by=by, valid=valid, activities=activities)
    found = keyed(result, "period_start", *by)
    expected = {}
    observed = [
        {blank(row[name]) for row in world.used(period, activities)} for name in by if name in ("device", "activity")
    ]
    for bucket in period.split(every):
        groups = [name for name in by if name not in ("device", "activity")]
        for key, (people, _) in world.cells(bucket, groups, valid=valid).items():
            for whole in crossed(key, observed) if people or not by else ():
                cell = world.cell(bucket, by, whole, valid=valid, activities=activities)
                expected[(bucket.start, *whole)] = rated(cell, world.is_partial(bucket))
    assert {(key[0].date(), *key[1:]): row for key, row in found.items()} == expected


def crossed(key, observed):
    """The key with every combination of observed values behind it."""
    keys = [key]
    for values in observed:
        keys = [(*each, value) for each in keys for value in values]
    return keys


@engines
@random_worlds
@given(world=worlds, period=periods, valid=valids, activities=choices, chosen=st.booleans())
def test_people_agree_with_sets_and_states_add_up(engine, world, period, valid, activities, chosen):
    where, meant = (IN_EAST, EAST) if chosen else (None, {"users_where": None, "uses_where": None})
    users, activity = world.frames(engine)
    options = {"valid": valid, "activities": activities, "where": where}
    lists = {state: keyed(an.people(users, activity, period, state=state, **options), "user_id") for state in STATES}
    ids = {state: {user for (user,) in listed} for state, listed in lists.items()}
    standing = world.standing(period, valid, meant["users_where"])
    known = set(world.standing(period, valid))
    people = {user for user, (_, is_valid) in standing.items() if is_valid}
    used = {row["user_id"] for row in world.used(period, activities, meant["uses_where"])}
    counted = world.counted(activities, meant["uses_where"])
    ever = {row["user_id"] for row in counted if row["occurred_at"].date() < period.end}
    assert ids == {
        "valid": people,
        "active": people & used,
        "inactive": people - used,
        "never": people - ever,
        "invalid": (set(standing) - people) & used,
        "outside": set() if chosen else used - known,
    }
    for listed in lists.values():
        for (user,), row in listed.items():
            days = {
                r["occurred_at"].date()
                for r in counted
                if r["user_id"] == user and r["occurred_at"].date() < period.end
            }
            assert row["days_active"] == len({day for day in days if day >= period.start})
            assert (row["last_active"] and row["last_active"].date()) == max(days, default=None)
            if user in standing:
                assert [blank(row[c]) for c in ("area", "category", "status")] == [
                    blank(standing[user][0][c]) for c in ("area", "category", "status")
                ]


STATES = ["valid", "active", "inactive", "never", "invalid", "outside"]


@engines
@settings(max_examples=6, deadline=None, phases=PHASES)
@given(world=worlds, period=periods, valid=valids)
def test_every_cell_of_a_pivot_opens_into_as_many_people(engine, world, period, valid):
    frames = world.frames(engine)
    pivot = records(an.active_rate_pivot(*frames, period, rows=["area"], columns=["device"], valid=valid))
    for cell in pivot:
        shown = ([] if cell["row_level"] else ["area"]) + ([] if cell["column_level"] else ["device"])
        where = {"all": [{"column": name, "in": [blank(cell[name])]} for name in shown]}
        for state, count in (("valid", "valid_users"), ("active", "active_users")):
            listed = records(an.people(*frames, period, state=state, valid=valid, where=where))
            assert len(listed) == cell[count], (cell, state)


@engines
@random_worlds
@given(world=worlds, period=periods, valid=valids, activities=choices, chosen=st.booleans())
def test_the_equation_of_the_ids_adds_up(engine, world, period, valid, activities, chosen):
    where, meant = (IN_EAST, EAST) if chosen else (None, {"users_where": None, "uses_where": None})
    result = an.id_equation(*world.frames(engine), period, valid=valid, activities=activities, where=where)
    (row,) = records(result)
    assert row["ids_in_log"] == row["active"] + row["invalid"] + row["outside"]
    standing = world.standing(period, valid, meant["users_where"])
    used = {u["user_id"] for u in world.used(period, activities, meant["uses_where"])}
    people = {user for user, (_, is_valid) in standing.items() if is_valid}
    outside = 0 if chosen else len(used - set(standing))
    assert row == {
        "ids_in_log": len(used & set(standing)) + outside,
        "active": len(used & people),
        "invalid": len(used & set(standing) - people),
        "outside": outside,
        "partial": world.is_partial(period),
    }


@engines
@random_worlds
@given(world=worlds, period=periods, valid=valids)
def test_overlap_lists_who_stands_in_several_parts(engine, world, period, valid):
    found = keyed(an.overlap(*world.frames(engine), period, ["area", "device"], valid=valid), "user_id")
    people = world.valid(period, valid)
    parts = {user: {blank(row["device"]) for row in world.used(period) if row["user_id"] == user} for user in people}
    assert found == {(user,): {"parts": len(each)} for user, each in parts.items() if len(each) > 1}


@engines
@random_worlds
@given(world=worlds, period=periods, by=st.sampled_from([(), ("area",), ("area", "category")]), valid=valids)
def test_movement_agrees_with_sets_and_explains_the_change(engine, world, period, by, valid):
    before = period.previous()
    found = keyed(an.movement(*world.frames(engine), period, by=by, valid=valid), *by, drop=("partial",))
    old, new = world.valid(before, valid), world.valid(period, valid)
    keys = {tuple(blank(row[name]) for name in by) for each in (old, new) for row in each.values()} | (
        set() if by else {()}
    )
    used = [{row["user_id"] for row in world.used(each)} for each in (before, period)]
    expected = {}
    for key in keys:
        v0, v1 = ({u for u, r in each.items() if tuple(blank(r[n]) for n in by) == key} for each in (old, new))
        a0, a1 = v0 & used[0], v1 & used[1]
        both = v0 & v1
        expected[key] = {
            "valid_before": len(v0),
            "active_before": len(a0),
            "rate_before": len(a0) / len(v0) if v0 else None,
            "valid_users": len(v1),
            "active_users": len(a1),
            "active_rate": len(a1) / len(v1) if v1 else None,
            "began": len(both & a1 - a0),
            "stopped": len(both & a0 - a1),
            "kept": len(both & a0 & a1),
            "neither": len(both - a0 - a1),
            "joined": len(v1 - v0),
            "joined_active": len((v1 - v0) & a1),
            "left": len(v0 - v1),
            "left_active": len((v0 - v1) & a0),
        }
    assert found == expected
    for row in found.values():
        explained = row["began"] - row["stopped"] + row["joined_active"] - row["left_active"]
        assert row["active_users"] - row["active_before"] == explained


@engines
@settings(max_examples=6, deadline=None, phases=PHASES)
@given(world=worlds, period=periods, valid=valids)
def test_every_number_of_movement_opens_into_as_many_people(engine, world, period, valid):
    frames = world.frames(engine)
    (row,) = records(an.movement(*frames, period, valid=valid))
    for move in ("began", "stopped", "kept", "neither", "joined", "joined_active", "left", "left_active"):
        assert len(keyed(an.movers(*frames, period, move=move, valid=valid), "user_id")) == row[move], move


@engines
@random_worlds
@given(world=worlds, period=periods, valid=valids)
def test_mix_and_rate_effect_add_up_to_the_change(engine, world, period, valid):
    (row,) = records(an.mix_effect(*world.frames(engine), period, by=["area"], valid=valid))
    (old,), (new,) = (world.cells(each, (), valid=valid).values() for each in (period.previous(), period))
    if not (old[0] and new[0]):
        assert row["change"] is None
        assert row["mix_effect"] is None
        return
    assert row["change"] == pytest.approx(new[1] / new[0] - old[1] / old[0])
    assert row["mix_effect"] + row["rate_effect"] == pytest.approx(row["change"])


@engines
def test_mix_effect_of_kitagawa_by_hand(engine):
    # May: 80 of 100 East (90 %) and 20 West (10 %) -> 74 %; June: 50 and 50, East 88 %, West 8 % -> 48 %
    east, west = [[f"{area}{i}" for i in range(100)] for area in "ew"]
    rosters = {
        date(2026, 5, 1): [account(u, "East") for u in east[:80]] + [account(u, "West") for u in west[:20]],
        date(2026, 6, 1): [account(u, "East") for u in east[:50]] + [account(u, "West") for u in west[:50]],
    }
    uses = logins(
        *((u, "2026-05-02") for u in [*east[:72], *west[:2]]), *((u, "2026-06-30") for u in [*east[:44], *west[:4]])
    )
    june = Period(date(2026, 6, 1), date(2026, 7, 1))
    (row,) = records(an.mix_effect(*World(rosters, uses).frames(engine), june, by="area"))
    assert (row["rate_before"], row["active_rate"]) == pytest.approx((0.74, 0.48))
    # mix: (0.5-0.8)*(0.9+0.88)/2 + (0.5-0.2)*(0.1+0.08)/2; rate: (-0.02)*(0.8+0.5)/2 + (-0.02)*(0.2+0.5)/2
    assert (row["mix_effect"], row["rate_effect"]) == pytest.approx((-0.24, -0.02))
    assert row["reversed"] is False


@engines
def test_a_total_that_rises_while_every_part_falls_is_flagged(engine):
    # May: East 1 of 2, West 8 of 8... turned round: East 4 of 8 and West 2 of 2 (60 %) -> East 0.9/2, West 7 of 8
    east, west = [[f"{area}{i}" for i in range(10)] for area in "ew"]
    rosters = {
        date(2026, 5, 1): [account(u, "East") for u in east[:8]] + [account(u, "West") for u in west[:2]],
        date(2026, 6, 1): [account(u, "East") for u in east[:2]] + [account(u, "West") for u in west[:8]],
    }
    may, june = (
        logins(*((u, "2026-05-02") for u in [*east[:4], *west[:2]])),
        logins(*((u, "2026-06-30") for u in west[:7])),
    )
    period = Period(date(2026, 6, 1), date(2026, 7, 1))
    (row,) = records(an.mix_effect(*World(rosters, may + june).frames(engine), period, by="area"))
    assert (row["rate_before"], row["active_rate"], row["reversed"]) == (0.6, 0.7, True)
    assert row["rate_effect"] < 0 < row["mix_effect"]
    (back,) = records(an.mix_effect(*World(rosters, may).frames(engine), period, by="area"))
    assert back["reversed"] is False


@engines
def test_counts_are_integers_rates_are_floats_and_partial_is_a_truth_value(engine):
    world = World({None: [account("a", "East")]}, logins(("a", "2026-04-02")))
    result = an.active_rate_pivot(*world.frames(engine), APRIL, rows=["area"])
    frame = result if engine == "pandas" else result.df()
    types = {name: str(dtype) for name, dtype in frame.dtypes.items() if name != "area"}
    counts, rates = (
        ("valid_users", "active_users", "row_level", "column_level"),
        ("active_rate", "rate_low", "rate_high"),
    )
    assert types == {**dict.fromkeys(counts, "int64"), **dict.fromkeys(rates, "float64"), "partial": "bool"}
    assert list(frame) == ["area", "valid_users", "active_users", *rates, "partial", "row_level", "column_level"]
    assert isinstance(result, type(world.frames(engine)[0]))


@engines
@pytest.mark.parametrize("valid", VALID)
def test_empty_tables_count_nothing(engine, valid):
    world = World({None: []})
    assert [row["valid_users"] for row in rate(world, QUARTER, engine, valid=valid)] == [0]
    trend = records(an.active_rate_trend(*world.frames(engine), QUARTER, valid=valid))
    assert sorted((row["period_start"].month, row["valid_users"]) for row in trend) == [(4, 0), (5, 0), (6, 0)]
    pivot = records(an.active_rate_pivot(*world.frames(engine), QUARTER, rows=["area"], columns=["device"]))
    assert [(row["row_level"], row["column_level"]) for row in pivot] == [(1, 1)]


@engines
@pytest.mark.parametrize("history", [False, True])
@pytest.mark.parametrize("valid", VALID)
def test_ids_and_moments_are_enough(engine, history, valid):
    users = pd.DataFrame({"user_id": ["a", "b"]})
    if history:
        users = users.assign(roster_as_of=pd.Timestamp("2026-04-01"))
    activity = pd.DataFrame({"user_id": ["a", "z"], "occurred_at": pd.to_datetime(["2026-04-02", "2026-04-03"])})
    frames = [ENGINES[engine](table) for table in (users, activity)]
    counted = {"valid_users": 2, "active_users": 1}
    for row in (
        *records(an.active_rate(*frames, APRIL, valid=valid)),
        *records(an.active_rate_trend(*frames, APRIL, valid=valid)),
        *records(an.active_rate_pivot(*frames, APRIL, rows=(), valid=valid)),
    ):
        assert {name: row[name] for name in counted} == counted
    (moved,) = records(an.movement(*frames, APRIL, valid=valid))
    assert (moved["began"], moved["neither"], moved["joined"]) == (1, 1, 0)
    (equation,) = records(an.id_equation(*frames, APRIL, valid=valid))
    assert (equation["active"], equation["invalid"], equation["outside"]) == (1, 0, 1)
    sizes = {state: len(records(an.people(*frames, APRIL, state=state, valid=valid))) for state in STATES}
    assert sizes == {"valid": 2, "active": 1, "inactive": 1, "never": 1, "invalid": 0, "outside": 1}
    assert records(an.people(*frames, APRIL, state="active", valid=valid)) == [
        {"user_id": "a", "last_active": pd.Timestamp("2026-04-02"), "days_active": 1}
    ]


def test_one_name_may_be_given_as_a_text():
    world = World({None: [account("a", "East")]}, [use("a", "2026-04-02", activity="login")])
    assert rate(world, APRIL, by="area", activities="login") == rate(world, APRIL, by=["area"], activities=["login"])


def test_takes_tells_what_a_call_looks_at():
    columns = ["user_id", "area"]
    needs = an.active_rate.takes.needs(columns, APRIL, by=["area", "device"], activities=["login"])
    assert needs.columns == {"device", "activity"}
    assert (needs.roster, needs.edges, needs.since, needs.until) == (
        date(2026, 4, 30),
        (date(2026, 4, 1), date(2026, 5, 1)),
        date(2026, 4, 1),
        date(2026, 5, 1),
    )
    assert an.active_rate.takes.needs(columns, APRIL, valid="start").roster == date(2026, 4, 1)
    assert an.active_rate.takes.needs(columns, APRIL, valid="any").roster is None
    where = {"all": [{"column": "area", "in": ["East"]}, {"column": "activity.device", "in": ["pc"]}]}
    pivot = an.active_rate_pivot.takes.needs(columns, APRIL, rows="area", columns="activity.area", where=where)
    assert pivot.columns == {"area", "device"}
    trend = an.active_rate_trend.takes.needs(columns, QUARTER, every="month")
    assert trend.edges == tuple(QUARTER.start.replace(month=m) for m in (4, 5, 6, 7))
    assert trend.roster is None
    people = an.people.takes.needs(columns, APRIL, state="never")
    assert (people.since, people.days) == (None, APRIL)
    moved = an.movement.takes.needs(columns, APRIL)
    assert moved.edges == (date(2026, 3, 1), date(2026, 4, 1), date(2026, 5, 1))


def pieces(world, needs):
    """The reduced form that `takes` allows: one row per user, kind and piece, at the last day of use in it."""
    cuts = sorted({*needs.edges, *(date(y, m, 1) for y in (2025, 2026) for m in range(1, 13))})
    latest = {}
    for row in world.uses:
        day = row["occurred_at"].date()
        if day >= needs.until or (needs.since and day < needs.since):
            continue
        alone = needs.days is not None and day in needs.days
        piece = day if alone else max(cut for cut in cuts if cut <= day)
        key = (row["user_id"], row["activity"], piece)
        latest[key] = max(latest.get(key, day), day)
    return World(world.rosters, [use(u, day.isoformat(), kind) for (u, kind, _), day in latest.items()])


REDUCED = [
    (an.active_rate, {"by": ["area"]}),
    *((an.active_rate_trend, {"every": every}) for every in EVERY),
    (an.active_rate_pivot, {"rows": ["area"], "columns": ["activity"]}),
    (an.movement, {"by": ["area"]}),
    (an.id_equation, {}),
    (an.people, {"state": "active"}),
    (an.people, {"state": "never"}),
    (an.movers, {"move": "stopped"}),
]


@settings(max_examples=30, deadline=None, phases=PHASES)
@given(call=st.sampled_from(REDUCED), world=worlds, period=periods, valid=valids, activities=choices)
def test_the_reduced_form_gives_the_same_numbers(call, world, period, valid, activities):
    metric, more = call
    known = world.last_day or period.start - timedelta(days=1)
    options = {"valid": valid, "activities": activities, "as_of": known, **more}
    users = world.users_frame()
    reduced = pieces(world, metric.takes.needs(list(users), period, **options))
    whole = metric(users, world.activity_frame(), period, **options)
    small = metric(users, reduced.activity_frame(), period, **options)
    assert sorted(map(str, records(whole))) == sorted(map(str, records(small)))
