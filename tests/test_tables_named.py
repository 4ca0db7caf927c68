"""A metric that looks at the tables which its arguments name gets those that a workspace has."""

from datetime import date, datetime

import pytest
from engine_data import put, use

import analysis as an
from analysis.errors import MissingTableError
from analysis.takes import with_tables
from analysis.workspace import Workspace

MARCH_31 = date(2026, 3, 31)
ORDERED = an.State("ordered", {"events": "orders", "days": 31})
TWO_USERS = an.State("two users", {"events": "activity", "distinct": "user_id", "at_least": 2})


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "作業 場所")
    put(workspace, "customers", [{"customer_id": "a", "area": "West"}, {"customer_id": "b"}], as_of=date(2026, 1, 31))
    put(workspace, "customers", [{"customer_id": "a", "area": "East"}, {"customer_id": "c"}], as_of=MARCH_31)
    yield workspace
    workspace.close()


def sale(customer, on):
    return {"customer_id": customer, "ordered_at": datetime.combine(on, datetime.min.time()), "amount": 100}


def matrix(ws, *states, as_of=MARCH_31, **options):
    found = ws.run(an.level_matrix, list(states), as_of=as_of, **options).set_index("customer_id")
    return {customer: tuple(row) for customer, row in found[[state.name for state in states]].iterrows()}


def test_a_call_says_which_tables_it_wants_each_once_and_in_order():
    @with_tables(lambda call: [call["first"], "orders", *call["more"], "orders"])
    def metric(customers, first, *, more=("visits",), tables=None):
        return customers, first, more, tables

    assert metric.with_tables.kinds(1, "activity") == ["activity", "orders", "visits"]
    assert metric.with_tables.kinds(1, "orders", more=[]) == ["orders"]


def test_the_tables_that_the_states_name_are_handed_over(ws):
    put(ws, "orders", [sale("a", MARCH_31), sale("c", date(2026, 2, 28))])
    assert matrix(ws, ORDERED) == {"a": (1,), "c": (0,)}


def test_users_lead_from_their_use_to_the_customer_by_the_list_of_the_day(ws):
    put(ws, "users", [{"user_id": who, "customer_id": "a"} for who in "xy"], as_of=date(2026, 1, 1))
    put(ws, "users", [{"user_id": "x", "customer_id": "a"}, {"user_id": "y", "customer_id": "c"}], as_of=MARCH_31)
    put(ws, "activity", [use("x", "2026-01-05"), use("y", "2026-01-06")])
    assert matrix(ws, TWO_USERS) == {"a": (0,), "c": (0,)}
    assert matrix(ws, TWO_USERS, as_of=date(2026, 3, 30)) == {"a": (1,), "b": (0,)}


def test_a_state_over_a_table_that_is_not_there_is_named_with_its_table(ws):
    with pytest.raises(MissingTableError, match="orders"):
        matrix(ws, ORDERED)
    with pytest.raises(MissingTableError, match="weather"):
        matrix(ws, an.State("rain", {"events": "weather"}))


def test_tables_of_the_caller_stand_in_place_of_those_of_the_workspace(ws):
    put(ws, "orders", [sale("a", MARCH_31)])
    with pytest.raises(MissingTableError, match="orders"):
        matrix(ws, ORDERED, tables={})


def test_movement_looks_at_the_lists_of_both_days(ws):
    found = ws.run(
        an.level_movement,
        an.Levels((an.State("east", {"column": "area", "in": ["East"]}),), (an.Level("east", 1),)),
        as_of=MARCH_31,
        previous=date(2026, 3, 1),
    )
    assert dict(zip(found["move"], found["customers"], strict=True)) == {"rose": 1, "left": 1, "joined": 1}
