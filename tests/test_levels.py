"""Utilisation levels: who is in which state, who stands on which level, and who moved."""

from datetime import date

import pytest
from levels_oracle import Shops, customer, order, used, user
from usage_oracle import ENGINES, keyed, records

import analysis as an
from analysis.errors import (
    ChoiceError,
    DimensionNameError,
    DuplicateKeyError,
    DuplicateLevelError,
    DuplicateStateError,
    LevelsTextError,
    LevelThresholdError,
    MissingColumnError,
    MissingTableError,
    NoStateError,
    PeriodError,
    StateRuleError,
    StateWeightError,
    UnreachableLevelError,
)
from analysis.level_words import describe

engines = pytest.mark.parametrize("engine", ENGINES)
DAY = date(2026, 5, 31)
ORDERED = {"events": "orders", "days": 60}
LEVELS = an.Levels(
    (
        an.State("published", {"filled": "published", "when": "past"}),
        an.State("ordered", ORDERED, 0.1),
        an.State("two users", {"events": "activity", "distinct": "user_id", "at_least": 2}, 0.2),
    ),
    (an.Level("some", 0.3), an.Level("all", 1.3)),
)
SHOPS = Shops(
    {
        None: [
            customer("a", "East", published="2026-05-31"),
            customer("b", "", published="2026-06-01"),
            customer("c"),
            customer("d", "West"),
        ]
    },
    [order("a", "2026-05-31 23:59:59"), order("b", "2026-04-02"), order("c", "2026-04-01 23:59:59")],
    {
        None: [
            user("a1", "a"),
            user("a2", "a"),
            user("b1", "b"),
            user("b2", "b"),
            user("c1", "c"),
            user("c2", "c", "停止中"),
        ]
    },
    [used(who, "2026-05-01") for who in ("a1", "a2", "b1", "b2", "c1", "c2", "c1", "stranger")],
)


@engines
def test_the_matrix_shows_who_lacks_what(engine):
    people, tables = SHOPS.frames(engine)
    rows = keyed(an.level_matrix(people, LEVELS, as_of=DAY, tables=tables), "customer_id")
    assert {who: tuple(row.values()) for (who,), row in rows.items()} == {
        "a": (1, 1, 1, 1.3, "all", 2),
        "b": (0, 1, 1, 0.3, "some", 1),  # 0.1 + 0.2 is 0.3, as on paper
        "c": (0, 0, 0, 0.0, None, 0),
        "d": (0, 0, 0, 0.0, None, 0),
    }
    assert list(rows["a",]) == ["published", "ordered", "two users", "score", "level", "level_position"]


@engines
@pytest.mark.parametrize(
    ("when", "holds"), [("2026-04-01 23:59:59", 0), ("2026-04-02", 1), ("2026-05-31 23:59:59", 1), ("2026-06-01", 0)]
)
def test_the_last_60_days_end_with_the_day_itself(engine, when, holds):
    people, tables = Shops({None: [customer("a")]}, [order("a", when)]).frames(engine)
    (row,) = records(an.level_matrix(people, [an.State("ordered", ORDERED)], as_of=DAY, tables=tables))
    assert (row["ordered"], row["level"]) == (holds, None)


@engines
def test_levels_without_anybody_are_rows_and_a_blank_area_is_one_group(engine):
    people, tables = SHOPS.frames(engine)
    rows = keyed(
        an.level_distribution(people, LEVELS, as_of=DAY, tables=tables, by="area"), "area", "level_position", drop=()
    )
    assert {key: (row["customers"], row["of_customers"]) for key, row in rows.items()} == {
        ("East", 0): (0, 1),
        ("East", 1): (0, 1),
        ("East", 2): (1, 1),
        (None, 0): (1, 2),
        (None, 1): (1, 2),
        (None, 2): (0, 2),
        ("West", 0): (1, 1),
        ("West", 1): (0, 1),
        ("West", 2): (0, 1),
    }
    # Wilson's interval of 1 in 2: (1/2 + z²/4 ∓ z √(1/8 + z²/16)) / (1 + z²/2)
    assert rows[None, 1]["rate_low"] == pytest.approx(0.0945, abs=5e-5)
    assert rows[None, 1]["rate_high"] == pytest.approx(0.9055, abs=5e-5)


@engines
def test_of_nobody_there_is_no_rate(engine):
    people, tables = Shops({None: []}).frames(engine)
    rows = records(an.level_distribution(people, LEVELS, as_of=DAY, tables=tables))
    assert [(row["customers"], row["of_customers"], row["rate"]) for row in rows] == [(0, 0, None)] * 3
    rows = records(an.state_counts(people, LEVELS, as_of=DAY, tables=tables))
    assert [(row["fulfilled"], row["lacking"], row["rate"]) for row in rows] == [(0, 0, None)] * 3


@engines
def test_many_rows_of_one_customer_are_one_customer(engine):
    people, tables = Shops({None: [customer("a")]}, [order("a", "2026-05-01") for _ in range(50)]).frames(engine)
    (row,) = records(an.state_counts(people, [an.State("ordered", ORDERED)], as_of=DAY, tables=tables))
    assert (row["fulfilled"], row["lacking"], row["customers"]) == (1, 0, 1)


@engines
def test_who_rose_fell_joined_and_left_stand_in_the_matrix_of_levels(engine):
    lists = {
        date(2026, 4, 1): [customer("up"), customer("down"), customer("gone"), customer("same", "East")],
        date(2026, 5, 1): [customer("up"), customer("down"), customer("new"), customer("same", "West")],
    }
    orders = [order("down", "2026-04-10"), order("up", "2026-05-10"), order("gone", "2026-04-10")]
    people, tables = Shops(lists, orders).frames(engine)
    wanted = an.Levels((an.State("ordered", {"events": "orders", "days": 30}),), (an.Level("buys", 1),))
    options = {"as_of": DAY, "previous": date(2026, 4, 30), "tables": tables}
    rows = keyed(an.level_movement(people, wanted, **options), "from_position", "to_position")
    assert {
        cell: (row["move"], row["from_level"], row["to_level"], row["customers"]) for cell, row in rows.items()
    } == {
        (0, 1): ("rose", None, "buys", 1),
        (1, 0): ("fell", "buys", None, 1),
        (1, None): ("left", "buys", None, 1),
        (None, 0): ("joined", None, None, 1),
        (0, 0): ("stayed", None, None, 1),
    }
    by_area = keyed(an.level_movement(people, wanted, by="area", **options), "area", "move")
    assert {key: by_area[key]["customers"] for key in (("East", "left"), ("West", "joined"))} == {
        ("East", "left"): 1,
        ("West", "joined"): 1,
    }
    (gone,) = records(an.level_movers(people, wanted, move="left", **options))
    assert (gone["customer_id"], gone["from_level"], gone["to_position"]) == ("gone", "buys", None)
    assert len(records(an.level_movers(people, wanted, cell=(0, 0), **options))) == 1


@engines
@pytest.mark.parametrize("name", ["_as_of", "_c0", "_u0", "_position", "move"])
def test_a_column_of_customers_may_be_called_like_a_helper(engine, name):
    frame = SHOPS.frames("pandas")[0].rename(columns={"area": name})
    people, tables = ENGINES[engine](frame), SHOPS.frames(engine)[1]
    options = {"as_of": DAY, "tables": tables}
    if name == "move":
        moved = records(an.level_movers(people, LEVELS, previous=date(2026, 5, 1), **options))
        assert {row["customer_id"]: (row["customers.move"] or None, row["move"]) for row in moved}["d"] == (
            "West",
            "stayed",
        )
        return
    rows = keyed(an.state_counts(people, LEVELS, by=name, **options), name, "state")
    assert {key: row["fulfilled"] for key, row in rows.items() if key[1] == "ordered"} == {
        ("East", "ordered"): 1,
        (None, "ordered"): 1,
        ("West", "ordered"): 0,
    }


@pytest.mark.parametrize(
    ("wrong", "error", "said"),
    [
        (lambda: an.Levels(()), NoStateError, "There is no state"),
        (lambda: an.State("x", {}), StateRuleError, 'state "x" cannot be read'),
        (lambda: an.State("x", {"events": "orders", "days": 0}), StateRuleError, "days"),
        (lambda: an.State("x", {"filled": "a", "when": "soon"}), StateRuleError, "soon"),
        (lambda: an.State("x", {"all": []}), StateRuleError, "all"),
        (lambda: an.State("x", ORDERED, float("nan")), StateWeightError, "nan"),
        (lambda: an.State("x", ORDERED, True), StateWeightError, "True"),
        (lambda: an.State(" ", ORDERED), LevelsTextError, "cannot be read"),
        (lambda: an.Levels((an.State("x", ORDERED), an.State("Ｘ", ORDERED))), DuplicateStateError, "Ｘ"),
        (lambda: an.Levels(LEVELS.states, (an.Level("l", 0), an.Level("L", 1))), DuplicateLevelError, '"L"'),
        (lambda: an.Levels(LEVELS.states, (an.Level("l", 1), an.Level("m", 1))), LevelThresholdError, '"m"'),
        (lambda: an.Levels(LEVELS.states, (an.Level("l", 1.4),)), UnreachableLevelError, "give 1.3"),
        (lambda: an.Levels.of("{"), LevelsTextError, "cannot be read"),
        (lambda: an.Levels.of('{"version": 2, "states": []}'), LevelsTextError, "version 2"),
    ],
)
def test_a_definition_that_means_nothing_is_refused_in_words(wrong, error, said):
    with pytest.raises(error, match=said):
        wrong()


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"tables": {}}, MissingTableError, "needs the table orders"),
        ({"by": "place"}, MissingColumnError, "place"),
        ({"form": "round"}, ChoiceError, "round"),
        ({"definitions": [an.State("x", {"filled": "plan"})]}, MissingColumnError, "plan"),
        ({"definitions": [an.State("score", ORDERED)]}, DimensionNameError, "score"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_in_words(options, error, said):
    people, tables = SHOPS.frames("pandas")
    definitions = options.pop("definitions", LEVELS)
    with pytest.raises(error, match=said):
        an.level_matrix(people, definitions, **{"as_of": DAY, "tables": tables, **options})


def test_a_customer_who_stands_twice_is_refused():
    people, tables = Shops({None: [customer("a"), customer("a")]}).frames("pandas")
    with pytest.raises(DuplicateKeyError, match="customer_id"):
        an.level_matrix(people, LEVELS, as_of=DAY, tables=tables)


def test_days_in_the_wrong_order_and_unknown_places_are_refused():
    people, tables = SHOPS.frames("pandas")
    with pytest.raises(PeriodError, match="2026-05-31"):
        an.level_movement(people, LEVELS, as_of=DAY, previous=DAY, tables=tables)
    with pytest.raises(ChoiceError, match="3"):
        an.level_customers(people, LEVELS, as_of=DAY, position=3, tables=tables)
    with pytest.raises(ChoiceError, match="unheard"):
        an.level_customers(people, LEVELS, as_of=DAY, state="unheard", tables=tables)


def test_levels_come_back_from_json_as_they_were():
    assert an.Levels.of(LEVELS.to_json()) == LEVELS
    assert LEVELS.tables == ("orders", "activity")


def test_a_rule_calls_columns_as_the_reader_does_and_users_users():
    called = {("", "plan"): "プラン", ("orders", "status"): "状態"}
    rule = {
        "all": [
            {"filled": "plan"},
            {"events": "orders", "where": {"column": "status", "in": ["売上"]}},
            {"events": "activity", "distinct": "user_id", "at_least": 2, "days": 60},
        ]
    }
    assert describe(rule, "ja", lambda table, column: called[table, column] if column != "user_id" else column) == (
        "「プラン」が入っている、かつ「注文」が 1 件以上（「状態」が 売上 に限る）、かつ"
        "直近 60 日に「利用履歴（ログイン・注文など）」に出てくるユーザーが 2 人以上"
    )


@pytest.mark.parametrize("language", ["ja", "en"])
def test_the_rule_of_a_state_is_said_in_words(language):
    rule = {"any": [ORDERED, {"not": {"column": "area", "in": ["East", None]}}]}
    assert (
        describe(rule, language)
        == {
            "ja": "直近 60 日に「注文」が 1 件以上、または「「area」が East・（空白）」ではない",
            "en": 'at least 1 row in Orders in the last 60 days, or not: "area" is East, (blank)',
        }[language]
    )
