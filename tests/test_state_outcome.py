"""States against an outcome: the 2x2 table, what it says, and what is refused because it was known too late."""

from datetime import date
from math import exp, sqrt

import pandas as pd
import pytest
from levels_oracle import OUTCOMES, Shops, at, came, customer, order, table
from scipy import stats
from usage_oracle import ENGINES, records

import analysis as an
from analysis.errors import (
    ChoiceError,
    ColumnTypeError,
    DuplicateKeyError,
    LateStatesError,
    LeadError,
    LeakageError,
    NoOutcomeError,
    OneOutcomeError,
    OpenOutcomeError,
    OutcomeValueError,
)

engines = pytest.mark.parametrize("engine", ENGINES)
EAST = an.State("East", {"column": "area", "in": ["East"]})
MAY = date(2026, 5, 1)
CELLS = ("both", "state_only", "outcome_only", "neither")


def of_table(both, state_only, outcome_only, neither):
    """Customers in the East or not, and what came of them in May."""
    cells = [("East", 1.0, both), ("East", 0.0, state_only), ("West", 1.0, outcome_only), ("West", 0.0, neither)]
    pairs = [(area, value) for area, value, n in cells for _ in range(n)]
    people = [customer(f"c{i}", area) for i, (area, _) in enumerate(pairs)]
    return Shops({None: people}), [came(f"c{i}", value, MAY) for i, (_, value) in enumerate(pairs)]


def opened(engine, world, outcomes):
    people, tables = world.frames(engine)
    return people, ENGINES[engine](table(outcomes, OUTCOMES)), tables


def against(engine, world, outcomes, states=(EAST,), **options):
    people, came_about, tables = opened(engine, world, outcomes)
    return records(an.state_outcome(people, list(states), came_about, tables=tables, **options))


@engines
def test_a_2x2_table_says_what_it_says_by_hand(engine):
    """30 of 40 with the state renew, 10 of 40 without it."""
    (row,) = against(engine, *of_table(30, 10, 10, 30))
    assert [row[cell] for cell in CELLS] == [30, 10, 10, 30]
    assert (row["customers"], row["with_state"], row["with_outcome"]) == (80, 40, 40)
    assert (row["base_rate"], row["ppv"], row["npv"]) == (40 / 80, 30 / 40, 30 / 40)
    assert (row["without_state"], row["without_rate"]) == (40, 10 / 40)
    assert row["lift"] == pytest.approx((30 / 40) / (40 / 80))
    assert row["phi"] == pytest.approx((30 * 30 - 10 * 10) / 1600)  # every margin is 40
    assert (row["lead_days"], row["dated"], row["unknown"], row["outside"]) == (1, False, 0, 0)


@engines
@pytest.mark.parametrize("cells", [(12, 5, 7, 29), (3, 9, 8, 2), (1, 1, 1, 2)])
def test_a_2x2_table_says_what_scipy_says(engine, cells):
    (row,) = against(engine, *of_table(*cells))
    a, b, c, d = cells
    n = sum(cells)
    for name, hits, trials in (
        ("base_rate", a + c, n),
        ("ppv", a, a + b),
        ("npv", d, c + d),
        ("without_rate", c, c + d),
    ):
        interval = stats.binomtest(hits, trials).proportion_ci(method="wilson")
        assert (row[f"{name}_low"], row[f"{name}_high"]) == pytest.approx((interval.low, interval.high))
    risk = stats.contingency.relative_risk(a, a + b, c, c + d)
    share = (a + b) / n
    interval = risk.confidence_interval(0.95)
    assert row["lift"] == pytest.approx(1 / (share + (1 - share) / risk.relative_risk))
    for end, bound in (("low", interval.low), ("high", interval.high)):
        assert row[f"lift_{end}"] == pytest.approx(1 / (share + (1 - share) / bound))
    state, outcome = [1] * (a + b) + [0] * (c + d), [1] * a + [0] * b + [1] * c + [0] * d
    pearson = stats.pearsonr(state, outcome)
    interval = pearson.confidence_interval(0.95)
    assert row["phi"] == pytest.approx(pearson.statistic)
    assert (row["phi_low"], row["phi_high"]) == pytest.approx((interval.low, interval.high))


def test_the_interval_of_a_lift_by_hand():
    """Risk ratio 3, √(1/30 − 1/40 + 1/10 − 1/40) = √(1/12); half of all are in the state."""
    (row,) = against("pandas", *of_table(30, 10, 10, 30))
    low, high = (3 * exp(sign * 1.959964 * sqrt(1 / 12)) for sign in (-1, 1))
    assert (row["lift_low"], row["lift_high"]) == pytest.approx((2 / (1 + 1 / low), 2 / (1 + 1 / high)))


@engines
def test_where_a_side_is_empty_nothing_is_made_up(engine):
    (row,) = against(engine, *of_table(3, 2, 0, 0))
    assert (row["ppv"], row["npv"], row["phi"], row["lift"]) == (3 / 5, None, None, 1.0)
    (row,) = against(engine, *of_table(4, 0, 0, 4))
    assert (row["phi"], row["phi_low"], row["lift"], row["lift_low"]) == (1.0, None, 2.0, None)
    (row,) = against(engine, *of_table(0, 4, 4, 0))
    assert (row["phi"], row["lift"], row["npv"]) == (-1.0, 0.0, 0.0)


@engines
def test_open_outcomes_and_strangers_are_counted_apart_and_listed(engine):
    world, outcomes = of_table(2, 1, 1, 2)
    world.customers[None].append(customer("open", "East"))
    outcomes += [came("open", None, MAY), came("stranger", 1.0, MAY)]
    (row,) = against(engine, world, outcomes)
    assert (row["customers"], row["unknown"], row["outside"]) == (6, 1, 1)
    people, came_about, tables = opened(engine, world, outcomes)
    for group in ("customers", "with_state", "without_state", "with_outcome", *CELLS, "unknown", "outside"):
        listed = an.state_outcome_customers(people, [EAST], came_about, state="East", group=group, tables=tables)
        assert len(records(listed)) == row[group], group
    (who,) = records(an.state_outcome_customers(people, [EAST], came_about, state="East", group="outside"))
    assert (who["customer_id"], who["area"], who["holds"], who["outcome"]) == ("stranger", None, None, 1)


@engines
@pytest.mark.parametrize(("lead", "both"), [(1, 1), (2, 0)])
def test_the_states_are_those_of_the_lead_before_each_outcome(engine, lead, both):
    """An order of April 30 is known one day before May 1, not two; one of the day itself is never."""
    world = Shops({None: [customer("a"), customer("b")]}, [order("a", "2026-04-30 23:59:59"), order("b", "2026-05-01")])
    ordered = an.State("ordered", {"events": "orders"})
    (row,) = against(engine, world, [came("a", 1.0, MAY), came("b", 0.0, MAY)], [ordered], lead_days=lead)
    assert (row["both"], row["with_state"], row["lead_days"], row["dated"]) == (both, both, lead, True)


@engines
def test_a_list_taken_after_the_day_of_the_states_is_leakage(engine):
    world, outcomes = of_table(2, 1, 1, 2)
    (row,) = against(engine, Shops({date(2026, 4, 30): world.customers[None]}), outcomes)
    assert row["dated"] is True
    with pytest.raises(LeakageError, match=r"6 customers was recorded .*2026-05-01"):
        against(engine, Shops({MAY: world.customers[None]}), outcomes)
    with pytest.raises(LeakageError, match="2026-05-01"):
        against(engine, world, outcomes, listed_on=MAY)
    assert against(engine, world, outcomes, listed_on=date(2026, 4, 30))[0]["dated"] is True


@engines
def test_a_state_that_says_itself_that_it_was_written_down_later_is_leakage(engine):
    rows = [customer(who, "East", published=day) for who, day in (("a", "2026-04-30 23:59:59"), ("b", "2026-05-01"))]
    outcomes = [came("a", 1.0, MAY), came("b", 0.0, MAY)]
    state = an.State("East", EAST.rule, recorded_at="published")
    with pytest.raises(LeakageError, match='"East" of 1 customer was recorded'):
        against(engine, Shops({None: rows}), outcomes, [state])
    assert against(engine, Shops({None: rows}), [outcomes[0], came("b", 0.0, "2026-05-02")], [state])


@engines
def test_an_outcome_that_is_not_the_lead_after_the_states_is_refused(engine):
    world, outcomes = of_table(2, 1, 1, 2)
    options = {"as_of": date(2026, 4, 24)}
    assert against(engine, world, outcomes, lead_days=7, **options)[0]["lead_days"] == 7
    with pytest.raises(LateStatesError, match="6 outcomes"):
        against(engine, world, outcomes, lead_days=8, **options)


@engines
@pytest.mark.parametrize(
    ("cells", "error", "said"),
    [
        ((0, 0, 0, 0), NoOutcomeError, "No customer has a known outcome"),
        ((2, 0, 3, 0), OneOutcomeError, "all 5 customers is 1. Both 1"),
        ((0, 0, 0, 1), OneOutcomeError, "the one customer is 0. Both 1"),
    ],
)
def test_an_outcome_without_both_values_is_refused(engine, cells, error, said):
    with pytest.raises(error, match=said):
        against(engine, *of_table(*cells))


def test_outcomes_that_are_no_outcomes_are_refused_in_words():
    world, outcomes = of_table(2, 1, 1, 2)
    with pytest.raises(OutcomeValueError, match=r"0\.5"):
        against("pandas", world, [*outcomes, came("z", 0.5, MAY)])
    with pytest.raises(DuplicateKeyError, match="customer_id"):
        against("pandas", world, [*outcomes, outcomes[0]])
    with pytest.raises(LeadError, match="cannot be 0"):
        against("pandas", world, outcomes, lead_days=0)
    words = table(outcomes, OUTCOMES).assign(outcome="yes")
    with pytest.raises(ColumnTypeError, match="outcome"):
        an.state_outcome(world.frames("pandas")[0], [EAST], words)
    with pytest.raises(ChoiceError, match="everyone"):
        an.state_outcome_customers(
            world.frames("pandas")[0], [EAST], table(outcomes, OUTCOMES), state="East", group="everyone"
        )


@engines
def test_a_renewal_is_read_from_its_words_and_belongs_to_the_period_of_its_end(engine):
    ends = ["2026-04-30 23:59:59", "2026-05-01", "2026-05-31 23:59:59", "2026-06-01", "2026-05-10"]
    words = ["継続", "Renewed ", "解約", "継続", None]
    contracts = pd.DataFrame({"customer_id": list("abcde"), "term_end": [at(end) for end in ends], "outcome": words})
    may = an.Period.parse("2026-05")
    found = records(an.renewal_outcome(ENGINES[engine](contracts), may))
    assert {row["customer_id"]: row["outcome"] for row in found} == {"b": 1, "c": 0, "e": None}
    strange = ENGINES[engine](contracts.assign(outcome="perhaps"))
    with pytest.raises(OutcomeValueError, match="perhaps"):
        an.renewal_outcome(strange, may)
    twice = ENGINES[engine](contracts.assign(customer_id="b"))
    with pytest.raises(DuplicateKeyError, match="customer_id"):
        an.renewal_outcome(twice, may)


@engines
def test_an_amount_is_what_the_orders_of_the_period_add_up_to(engine):
    orders = [("a", "2026-05-01", 60.0), ("a", "2026-05-31 23:59:59", 40.0), ("b", "2026-05-02", 99.0)]
    orders += [("b", "2026-06-01", 1.0), ("b", "2026-04-30 23:59:59", 1.0)]
    world = Shops(
        {None: [customer(who) for who in "abc"]}, [order(who, when, amount=amount) for who, when, amount in orders]
    )
    people, tables = world.frames(engine)
    may = an.Period.parse("2026-05")
    rows = records(an.amount_outcome(people, tables["orders"], may, at_least=100))
    assert {row["customer_id"]: row["outcome"] for row in rows} == {"a": 1, "b": 0, "c": 0}
    assert {row["outcome_at"] for row in rows} == {pd.Timestamp("2026-05-01")}
    with pytest.raises(OpenOutcomeError, match="2026-05-30"):
        an.amount_outcome(people, tables["orders"], may, at_least=100, as_of=date(2026, 5, 30))


@engines
def test_a_column_and_another_state_may_be_the_outcome(engine):
    rows = [customer("a", "有", published="2026-05-03"), customer("b", "無"), customer("c", "")]
    people, tables = Shops({None: rows}, [order("b", "2026-05-02")]).frames(engine)
    found = records(an.column_outcome(people, "area", at="published"))
    assert {row["customer_id"]: row["outcome"] for row in found} == {"a": 1, "b": 0, "c": None}
    ordered = an.State("ordered", {"events": "orders", "days": 30})
    found = records(an.state_as_outcome(people, ordered, as_of=date(2026, 5, 31), tables=tables))
    assert {row["customer_id"]: row["outcome"] for row in found} == {"a": 0, "b": 1, "c": 0}
    assert {row["outcome_at"] for row in found} == {pd.Timestamp("2026-05-02")}
