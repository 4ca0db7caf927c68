"""Utilisation levels are those of plain Python, on pandas and DuckDB."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from levels_oracle import (
    OUTCOMES,
    Shops,
    came,
    customer,
    held_against,
    kappa,
    moves,
    order,
    stood,
    table,
    used,
    user,
)
from usage_oracle import ENGINES, keyed, records

import analysis as an
from analysis.errors import AnalysisError

engines = pytest.mark.parametrize("engine", ENGINES)
many, some, few = (settings(max_examples=n, deadline=None) for n in (12, 8, 3))
GROUPS = ("with_state", "both", "outcome_only", "neither", "unknown", "outside")
NAMES, USERS = "abcde", "uvwx"
DAYS = [date(2026, 5, 1) + timedelta(days=i) for i in (0, 3, 6, 7, 10)]
# both edges of days and of the windows that end with DAYS
MOMENTS = [datetime(2026, 5, day) + timedelta(microseconds=shift) for day in (1, 2, 4, 5, 8, 9) for shift in (-1, 0)]
CONDITIONS = [
    {"column": "area", "in": ["East", None]},
    {"column": "staff", "at_least": 2},
    {"filled": "area"},
    {"filled": "published"},
    {"filled": "published", "when": "past"},
    {"filled": "published", "when": "future"},
    {"events": "orders"},
    {"events": "orders", "days": 1},
    {"events": "orders", "days": 4, "at_least": 2},
    {"events": "orders", "days": 4, "where": {"column": "kind", "in": ["meat", ""]}},
    {"events": "orders", "distinct": "kind", "at_least": 2},
    {"events": "activity", "days": 7},
    {"events": "activity", "distinct": "user_id", "at_least": 2},
    {"events": "activity", "days": 4, "distinct": "user_id"},
]
leaf = st.sampled_from(CONDITIONS)
rules = st.one_of(
    leaf,
    st.builds(lambda parts: {"all": parts}, st.lists(leaf, min_size=1, max_size=2)),
    st.builds(lambda parts: {"any": parts}, st.lists(leaf, min_size=1, max_size=2)),
    st.builds(lambda part: {"not": part}, leaf),
)
moments = st.one_of(st.none(), st.sampled_from(MOMENTS))
areas = st.sampled_from(["East", "West", "", None])
states = st.lists(st.tuples(rules, st.sampled_from([0, 1, 2, 0.1, 0.2, -1])), min_size=1, max_size=3)
numbers = st.sampled_from([None, 1.0, 2.0])


def histories(row, make):
    """One list without a day, or some with; a list of nobody cannot be seen in a history."""
    one = st.lists(row.map(lambda values: make(*values)), max_size=5, unique_by=lambda made: next(iter(made.values())))
    days = st.dictionaries(st.sampled_from(DAYS), one.filter(bool), min_size=1, max_size=2)
    return st.one_of(one.map(lambda rows: {None: rows}), days)


@st.composite
def levels(draw):
    made = tuple(an.State(f"s{i}", rule, weight) for i, (rule, weight) in enumerate(draw(states)))
    most = sum(max(state.weight, 0) for state in made)
    steps = draw(st.sets(st.sampled_from([-1, 0, 0.1, 0.3, 1, 2]), max_size=3))
    return an.Levels(made, tuple(an.Level(f"L{step}", step) for step in sorted(steps) if step <= round(most, 6)))


@st.composite
def shops(draw):
    people = st.tuples(st.sampled_from(NAMES), areas, numbers, moments)
    dates = st.sampled_from([None, *DAYS])
    accounts = st.tuples(
        st.sampled_from(USERS), st.sampled_from("abc"), st.sampled_from([None, "停止中"]), dates, dates
    )
    bought = st.tuples(st.sampled_from([*"abcdz", None]), moments, areas)
    uses = st.tuples(st.sampled_from([*USERS, "z", None]), moments)
    return Shops(
        draw(histories(people, customer)),
        [order(*row) for row in draw(st.lists(bought))],
        draw(histories(accounts, user)),
        [used(*row) for row in draw(st.lists(uses))],
    )


def ids(result):
    return sorted(row["customer_id"] for row in records(result))


def shown(result, *columns):
    return Counter(tuple(row[column] for column in columns) for row in records(result))


MATRIX = st.builds(
    dict, world=shops(), wanted=levels(), day=st.sampled_from(DAYS), form=st.sampled_from(["wide", "long"])
)


def check_matrix(engine, world, wanted, day, form):
    people, tables = world.frames(engine)
    named = [None, *(level.name for level in wanted.levels)]
    rows = keyed(
        an.level_matrix(people, wanted, as_of=day, tables=tables, form=form),
        *(["customer_id"] if form == "wide" else ["customer_id", "state"]),
    )
    expected = {}
    for who, (flags, score, position) in stood(wanted, world, day).items():
        place = {"score": score, "level": named[position], "level_position": position}
        if form == "wide":
            expected[(who,)] = {**dict(zip(wanted.names, flags, strict=True)), **place}
        for i, state in enumerate(wanted.states if form == "long" else ()):
            more = {"position": i + 1, "holds": flags[i], "weight": float(state.weight)}
            expected[who, state.name] = {**more, **place}
    assert rows == expected


LISTS = st.builds(dict, world=shops(), wanted=levels(), day=st.sampled_from(DAYS), pick=st.integers(0, 11))


def check_lists(engine, world, wanted, day, pick):
    people, tables = world.frames(engine)
    options = {"as_of": day, "tables": tables}
    where = {"column": "area", "in": ["East", None]}
    found = stood(wanted, world, day, where)
    rows = keyed(an.level_distribution(people, wanted, where=where, **options), "level_position")
    assert {at: row["customers"] for (at,), row in rows.items()} == {
        at: sum(position == at for _, _, position in found.values()) for at in range(len(wanted.levels) + 1)
    }
    assert {row["of_customers"] for row in rows.values()} == {len(found)}
    counts = keyed(an.state_counts(people, wanted, where=where, **options), "state")
    held = {name: sum(flags[i] for flags, _, _ in found.values()) for i, name in enumerate(wanted.names)}
    assert {name: (row["fulfilled"], row["lacking"]) for (name,), row in counts.items()} == {
        name: (ones, len(found) - ones) for name, ones in held.items()
    }
    position, truth = pick % (len(wanted.levels) + 1), pick % 2 == 0
    state = wanted.names[pick % len(wanted.names)]
    chosen = an.level_customers(people, wanted, position=position, state=state, holds=truth, where=where, **options)
    place = wanted.names.index(state)
    assert ids(chosen) == sorted(
        who for who, (flags, _, at) in found.items() if at == position and flags[place] == int(truth)
    )


MOVEMENT = st.builds(
    dict, world=shops(), wanted=levels(), days=st.lists(st.sampled_from(DAYS), min_size=2, max_size=2, unique=True)
)


def check_movement(engine, world, wanted, days):
    people, tables = world.frames(engine)
    previous, day = sorted(days)
    options = {"as_of": day, "previous": previous, "tables": tables}
    ends = ("from_position", "to_position", "move")
    found = moves(wanted, world, previous, day)
    rows = keyed(an.level_movement(people, wanted, **options), *ends)
    assert {cell: row["customers"] for cell, row in rows.items()} == Counter(found.values())
    assert shown(an.level_movers(people, wanted, **options), "customer_id", *ends) == Counter(
        (who, *cell) for who, cell in found.items()
    )
    for start, end, move in list(rows)[:1]:
        chosen = an.level_movers(people, wanted, move=move, cell=(start, end), **options)
        assert ids(chosen) == sorted(who for who, cell in found.items() if cell == (start, end, move))


OUTCOME = st.builds(
    dict,
    world=shops(),
    wanted=levels(),
    rows=st.lists(
        st.tuples(st.sampled_from([*NAMES, "z"]), st.sampled_from([0.0, 1.0, 1.0, 0.0, None]), moments),
        min_size=2,
        unique_by=lambda row: row[0],
    ),
    lead=st.sampled_from([1, 3]),
    as_of=st.sampled_from([None, None, date(2026, 4, 27), DAYS[0]]),
    pick=st.integers(0, 11),
)


def check_outcome(engine, world, wanted, rows, lead, as_of, pick):
    people, tables = world.frames(engine)
    outcomes = [came(*row) for row in rows]
    expected = held_against(wanted, world, outcomes, lead_days=lead, as_of=as_of)
    asked = (people, wanted, ENGINES[engine](table(outcomes, OUTCOMES)))
    options = {"tables": tables, "lead_days": lead, "as_of": as_of}
    if expected.refused:
        with pytest.raises(AnalysisError) as caught:
            an.state_outcome(*asked, **options)
        assert caught.value.code == expected.refused
        return
    found = keyed(an.state_outcome(*asked, **options), "state")
    assert found.keys() == {(name,) for name in wanted.names}
    for (name,), row in found.items():
        cells = expected.cells[name]
        wanted_cells = [cells[pair] for pair in ((1, 1), (1, 0), (0, 1), (0, 0))]
        assert [row[cell] for cell in ("both", "state_only", "outcome_only", "neither")] == wanted_cells
        assert (row["unknown"], row["outside"]) == (expected.unknown, expected.outside)
        assert row["customers"] == sum(wanted_cells)
    state, group = wanted.names[pick % len(wanted.names)], GROUPS[pick % len(GROUPS)]
    listed_ones = an.state_outcome_customers(*asked, state=state, group=group, **options)
    assert len(records(listed_ones)) == found[(state,)][group]


SHEET = st.builds(
    dict,
    world=shops(),
    wanted=levels(),
    marks=st.dictionaries(st.sampled_from([*NAMES, "z"]), st.sampled_from([None, 0, 1])),
    by_state=st.booleans(),
)


def check_sheet_(engine, world, wanted, marks, by_state):
    day = DAYS[2]
    people, tables = world.frames(engine)
    state = wanted.names[0] if by_state or not wanted.levels else None
    given_marks = {who: mark for who, mark in marks.items() if mark is not None}
    standing = stood(wanted, world, day)
    pairs = {
        who: (mark, standing[who][0][0] if state else standing[who][2])
        for who, mark in given_marks.items()
        if who in standing
    }
    asked, options = (people, wanted, marks), {"as_of": day, "state": state, "tables": tables}
    (row,) = records(an.check_summary(*asked, **options))
    agreements = sum(mark == ruled for mark, ruled in pairs.values())
    assert (row["marked"], row["agreements"], row["disagreements"], row["outside"]) == (
        len(pairs),
        agreements,
        len(pairs) - agreements,
        len(given_marks) - len(pairs),
    )
    assert row["kappa"] == pytest.approx(kappa(list(pairs.values())))
    assert shown(an.check_table(*asked, **options), "mark", "ruled", "customers") == Counter(
        (*pair, n) for pair, n in Counter(pairs.values()).items()
    )
    assert shown(an.check_sheet(*asked, **options), "customer_id", "mark", "ruled") == Counter(
        (who, *pair) for who, pair in pairs.items()
    )
    expected = sorted(who for who, (mark, ruled) in pairs.items() if (mark == ruled) == by_state)
    assert ids(an.check_sheet(*asked, agrees=by_state, **options)) == expected


@engines
@many
@given(drawn=MATRIX)
def test_the_matrix_agrees_with_plain_python(engine, drawn):
    check_matrix(engine, **drawn)


@engines
@few
@given(drawn=LISTS)
def test_lists_are_as_long_as_their_numbers(engine, drawn):
    check_lists(engine, **drawn)


@engines
@few
@given(drawn=MOVEMENT)
def test_movement_agrees_with_plain_python(engine, drawn):
    check_movement(engine, **drawn)


@engines
@some
@given(drawn=OUTCOME)
def test_states_against_an_outcome_agree_with_plain_python(engine, drawn):
    check_outcome(engine, **drawn)


@engines
@few
@given(drawn=SHEET)
def test_the_check_sheet_agrees_with_plain_python(engine, drawn):
    check_sheet_(engine, **drawn)


CHECKS = {
    check_matrix: MATRIX,
    check_lists: LISTS,
    check_movement: MOVEMENT,
    check_outcome: OUTCOME,
    check_sheet_: SHEET,
}


@pytest.mark.long
@engines
@pytest.mark.parametrize("check", CHECKS)
@settings(many, max_examples=24)
@given(data=st.data())
def test_all_of_it_agrees_with_plain_python_at_length(engine, check, data):
    check(engine, **data.draw(CHECKS[check]))
