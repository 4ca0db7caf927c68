"""The check sheet: where the rule says something else than those who know the customers."""

from datetime import date

import pytest
from levels_oracle import Shops, customer
from usage_oracle import ENGINES, keyed, records

import analysis as an
from analysis.errors import ChoiceError, MarkError

engines = pytest.mark.parametrize("engine", ENGINES)
DAY = date(2026, 5, 31)
EAST = an.State("East", {"column": "area", "in": ["East"]})
LEVELS = an.Levels(
    (EAST, an.State("staffed", {"column": "staff", "at_least": 2})), (an.Level("low", 1), an.Level("high", 2))
)


def marked(pairs):
    """Customers as the rule has them, and marks: (mark, ruled) -> how many."""
    both = [pair for pair, n in pairs.items() for _ in range(n)]
    people = [customer(f"c{i}", "East" if ruled else "West") for i, (_, ruled) in enumerate(both)]
    return Shops({None: people}), {f"c{i}": mark for i, (mark, _) in enumerate(both)}


@engines
def test_kappa_is_that_of_the_textbook(engine):
    """Two readers and 50 proposals, yes or no: both yes 20, both no 15, one only 5 and 10; by chance 0.5, kappa 0.4."""
    world, marks = marked({(1, 1): 20, (1, 0): 5, (0, 1): 10, (0, 0): 15})
    people, _ = world.frames(engine)
    (row,) = records(an.check_summary(people, [EAST], {**marks, "stranger": 1, "c0": 1}, as_of=DAY, state="East"))
    assert (row["marked"], row["agreements"], row["disagreements"], row["outside"]) == (50, 35, 15, 1)
    assert row["agreement_rate"] == 35 / 50
    assert row["expected_rate"] == pytest.approx((25 / 50) * (30 / 50) + (25 / 50) * (20 / 50))
    assert row["kappa"] == pytest.approx(0.4)
    # Wilson's interval of 35 in 50
    assert (row["rate_low"], row["rate_high"]) == pytest.approx((0.5625, 0.8090), abs=5e-5)
    cells = keyed(an.check_table(people, [EAST], marks, as_of=DAY, state="East"), "mark", "ruled")
    assert {cell: counted["customers"] for cell, counted in cells.items()} == {
        (1, 1): 20,
        (1, 0): 5,
        (0, 1): 10,
        (0, 0): 15,
    }
    for (mark, ruled), counted in cells.items():
        listed = an.check_sheet(people, [EAST], marks, as_of=DAY, state="East", cell=(mark, ruled))
        assert len(records(listed)) == counted["customers"]
    assert len(records(an.check_sheet(people, [EAST], marks, as_of=DAY, state="East", agrees=False))) == 15


@engines
@pytest.mark.parametrize(
    ("pairs", "rate", "kappa"),
    [({(1, 1): 3}, 1.0, None), ({(1, 0): 3}, 0.0, 0.0), ({(1, 0): 2, (0, 1): 2}, 0.0, -1.0), ({}, None, None)],
)
def test_where_there_is_nothing_to_tell_apart_kappa_says_nothing(engine, pairs, rate, kappa):
    world, marks = marked(pairs)
    (row,) = records(an.check_summary(world.frames(engine)[0], [EAST], marks, as_of=DAY, state="East"))
    assert (row["agreement_rate"], row["kappa"]) == (rate, kappa)


@engines
def test_the_sheet_shows_mark_and_rule_side_by_side(engine):
    rows = [customer("a", "East", 2), customer("b", "East", 1), customer("c"), customer("d", "East", 2)]
    people, _ = Shops({None: rows}).frames(engine)
    marks = {"a": "high", "b": 2, "c": "low", "d": None}
    sheet = keyed(an.check_sheet(people, LEVELS, marks, as_of=DAY), "customer_id")
    columns = ("mark", "ruled", "mark_level", "ruled_level", "agrees", "score")
    assert {who: tuple(row[name] for name in columns) for (who,), row in sheet.items()} == {
        "a": (2, 2, "high", "high", 1, 2.0),
        "b": (2, 1, "high", "low", 0, 1.0),
        "c": (1, 0, "low", None, 0, 0.0),
    }


@pytest.mark.parametrize(
    ("mark", "state"),
    [("middle", None), (3, None), (-1, None), (True, None), (2, "East"), ("low", "East"), (0.5, None)],
)
def test_a_mark_that_names_nothing_is_refused(mark, state):
    people, _ = Shops({None: [customer("a")]}).frames("pandas")
    with pytest.raises(MarkError, match=str(mark)):
        an.check_sheet(people, LEVELS, {"a": mark}, as_of=DAY, state=state)


def test_a_state_that_is_none_is_refused():
    people, _ = Shops({None: [customer("a")]}).frames("pandas")
    with pytest.raises(ChoiceError, match="West"):
        an.check_sheet(people, LEVELS, {"a": 1}, as_of=DAY, state="West")
