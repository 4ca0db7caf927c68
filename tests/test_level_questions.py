"""Customers with their states as columns answer as the tables do; states are held against what came after them."""

from datetime import date, timedelta

import pandas as pd
import pytest
from engine_data import put
from levels_oracle import Shops, customer, order, used, user
from usage_oracle import ENGINES, records

import analysis as an
from analysis.errors import ChoiceError, LeakageError, OneOutcomeError
from analysis.level_questions import customer_states, held
from analysis.workspace import Workspace

engines = pytest.mark.parametrize("engine", ENGINES)
DAY, BEFORE = date(2026, 5, 31), date(2026, 3, 31)
LEVELS = an.Levels(
    (
        an.State("published", {"filled": "published", "when": "past"}),
        an.State("ordered", {"events": "orders", "days": 30}, 0.1),
        an.State("two users", {"events": "activity", "distinct": "user_id", "at_least": 2}, 0.2),
    ),
    (an.Level("some", 0.3), an.Level("all", 1.3)),
)
WORLD = Shops(
    {
        BEFORE: [customer("a", "East", published="2026-05-31"), customer("b", None), customer("gone", "West")],
        DAY: [customer("a", "East", published="2026-05-31"), customer("b", "West"), customer("new", "West")],
    },
    [order("a", "2026-03-05"), order("b", "2026-05-31 23:59"), order("new", "2026-06-01")],
    {None: [user("a1", "a"), user("a2", "a"), user("b1", "b")]},
    [used(who, "2026-03-01") for who in ("a1", "a2", "b1")],
)


def asked(engine, *days, definitions=LEVELS):
    people, tables = WORLD.frames(engine)
    return customer_states(definitions, days=days, tables={"customers": people, **tables})


def same(one, other, *keys):
    """Equal rows in any order, whatever the engine."""
    left, right = (sorted(records(each), key=lambda row: [str(row[key]) for key in keys]) for each in (one, other))
    assert [{key: row[key] for key in right[0]} for row in left] == right


@engines
def test_every_question_asked_of_the_states_gives_what_it_gives_of_the_tables(engine):
    people, tables = WORLD.frames(engine)
    frame, now, both = asked(engine, BEFORE, DAY), {"as_of": DAY}, {"as_of": DAY, "previous": BEFORE}
    for metric, options, keys in (
        (an.level_matrix, {**now, "by": "area"}, ["customer_id"]),
        (an.level_distribution, {**now, "by": "area"}, ["area", "level_position"]),
        (an.level_distribution, {"as_of": BEFORE}, ["level_position"]),
        (an.state_counts, {**now, "where": {"column": "area", "in": ["West"]}}, ["position"]),
        (an.level_movement, both, ["from_position", "to_position"]),
        (an.check_table, {**now, "marks": {"a": 2, "b": 1}}, ["mark", "ruled"]),
    ):
        options = dict(options)
        marks = [options.pop("marks")] if "marks" in options else []
        direct = metric(people, LEVELS, *marks, tables=tables, **options)
        same(metric(frame, held(LEVELS), *marks, **options), direct, *keys)


@engines
def test_the_states_are_columns_of_every_day(engine):
    rows = {(row["customer_id"], row["roster_as_of"].date()): row for row in records(asked(engine, BEFORE, DAY))}
    flags = {key: tuple(row[f"_s{i}"] for i in (1, 2, 3)) for key, row in rows.items()}
    assert flags == {
        ("a", BEFORE): (0, 1, 1),
        ("b", BEFORE): (0, 0, 0),
        ("gone", BEFORE): (0, 0, 0),
        ("a", DAY): (1, 0, 1),
        ("b", DAY): (0, 1, 0),
        ("new", DAY): (0, 0, 0),
    }


def test_a_table_of_customers_that_is_not_there_is_named():
    with pytest.raises(ChoiceError, match="contracts"):
        customer_states([an.State("s", {"filled": "plan"})], days=[DAY], base="contracts", tables={})


@pytest.fixture
def ws(tmp_path):
    """40 customers whose terms end on 31 March: who ordered in March renews, and so does one more."""
    workspace = Workspace.open(tmp_path / "作業 場所")
    start, end = pd.Timestamp("2025-04-01"), pd.Timestamp("2026-03-31")
    put(
        workspace,
        "contracts",
        [
            {"customer_id": f"c{i}", "term_start": start, "term_end": end, "outcome": "更新" if i < 21 else "解約"}
            for i in range(40)
        ],
        as_of=DAY,
    )
    put(
        workspace,
        "orders",
        [
            {"customer_id": f"c{i}", "ordered_at": pd.Timestamp("2026-02-15") + timedelta(days=i % 3), "amount": 1000}
            for i in range(20)
        ],
    )
    yield workspace
    workspace.close()


ORDERED = {"name": "ordered", "rule": {"events": "orders", "days": 30}}
RENEWAL = {"kind": "renewal", "period": an.Period.parse("2026-03")}
ALL = {"base": "contracts", "listed_on": DAY}


def cells(frame):
    (row,) = frame[["both", "state_only", "outcome_only", "neither"]].to_numpy().tolist()
    return row


def test_states_before_each_renewal_are_those_of_the_lead(ws):
    assert cells(ws.run(an.ask_outcome, [ORDERED], RENEWAL, lead_days=30, **ALL)) == [20, 0, 1, 19]
    assert cells(ws.run(an.ask_outcome, [ORDERED], RENEWAL, lead_days=60, **ALL)) == [0, 0, 21, 19]
    listed = ws.run(an.ask_outcome, [ORDERED], RENEWAL, lead_days=30, state="ordered", group="outcome_only", **ALL)
    assert listed["customer_id"].tolist() == ["c20"]


def test_a_column_of_a_list_that_is_younger_than_its_day_is_refused(ws):
    with pytest.raises(LeakageError, match="plan"):
        ws.run(an.ask_outcome, [{"name": "plan", "rule": {"filled": "outcome"}}], RENEWAL, lead_days=30, **ALL)


def test_amounts_and_later_states_are_held_against_the_states_before_them(ws):
    february = an.Period.parse("2026-02")
    amount = {"kind": "amount", "period": february, "at_least": 1000, "as_of": DAY}
    known = {"name": "term", "rule": {"events": "contracts", "at": "term_start"}}
    assert cells(ws.run(an.ask_outcome, [known], amount, **ALL)) == [20, 20, 0, 0]
    later = {"kind": "state", "state": ORDERED, "as_of": date(2026, 2, 28)}
    assert cells(ws.run(an.ask_outcome, [known], later, **ALL)) == [20, 20, 0, 0]


def test_a_column_of_the_customers_is_an_outcome(ws):
    put(
        ws,
        "customers",
        [{"customer_id": f"c{i}", "stays": "はい" if i < 10 else "いいえ"} for i in range(20)],
        as_of=date(2026, 1, 31),
    )
    came = {"kind": "column", "column": "stays", "at": date(2026, 4, 30)}
    assert cells(ws.run(an.ask_outcome, [ORDERED], came, lead_days=60)) == [10, 10, 0, 0]
    with pytest.raises(ChoiceError, match="weather"):
        ws.run(an.ask_outcome, [ORDERED], {"kind": "weather"})


def test_who_came_after_the_day_of_the_states_is_no_customer_of_it(ws):
    put(ws, "orders", [{"customer_id": "late", "ordered_at": pd.Timestamp("2026-03-10"), "amount": 5000}])
    came = {"kind": "amount", "period": an.Period.parse("2026-03"), "at_least": 1000, "as_of": DAY}
    with pytest.raises(OneOutcomeError):
        ws.run(an.ask_outcome, [ORDERED], came, base="orders")


def test_two_lists_of_contracts_or_deals_count_once_and_the_later_one_counts(ws):
    again = {"term_start": pd.Timestamp("2026-04-01"), "term_end": pd.Timestamp("2027-03-31"), "outcome": "契約中"}
    put(ws, "contracts", [{"customer_id": f"c{i}", **again} for i in range(5)], as_of=date(2026, 6, 30))
    one = {"deal_id": "d", "phase": "提案", "customer_id": "c0", "created_at": pd.Timestamp("2026-03-01")}
    for day in (DAY, date(2026, 6, 30)):
        put(ws, "deals", [one], as_of=day)
    twice = [{"name": "two", "rule": {"events": "deals", "at_least": 2}}]
    for day, there in ((date(2026, 3, 31), 40), (date(2026, 6, 30), 5)):
        found = ws.run(an.customer_states, twice, days=[day], base="contracts")
        assert (len(found), found["customer_id"].is_unique, found["_s1"].sum()) == (there, True, 0)
