"""One test for each way in which a number of products could be wrong without anyone noticing."""

from datetime import date

import pandas as pd
import pytest
from process_oracle import found, rows_of
from products_oracle import orders
from usage_oracle import ENGINES

import analysis as an
from analysis.errors import CurrenciesError

engines = pytest.mark.parametrize("engine", ENGINES)
JANUARY = an.Period.parse("2026-01")


def pick(row, *names):
    return tuple(row[name] for name in names)


def grouping(**groups):
    rules = {name: [{"kind": "code", "value": code} for code in codes] for name, codes in groups.items()}
    return {"name": "g", "groups": [{"name": name, "rules": each} for name, each in rules.items()]}


def measured(table, **options):
    return found(an.product_measures(table, **options), "product", "level")


def begun(table, **options):
    return found(an.first_products(table, **options), "product", "level")


# Parts and the whole


@engines
def test_a_code_in_two_groups_is_counted_once(engine):
    table = orders(("a", "2026-01-01", "A", 10), ("a", "2026-01-02", "B", 1), engine=engine)
    result = measured(table, groups=grouping(x="AB", y="B"))
    assert {where: row["amount"] for where, row in result.items()} == {("x", 0): 11, (None, 1): 11}


@engines
def test_groups_and_the_rest_add_up_to_the_bare_codes(engine):
    rows = [("a", "2026-01-01", code, amount) for code, amount in zip("ABCD", (1, 2, 4, 8), strict=True)]
    table = orders(*rows, (None, "2026-01-01", None, 16), engine=engine)
    for options in ({}, {"groups": grouping(x="A")}, {"groups": grouping(x="A"), "rest": "other"}):
        result = measured(table, **options)
        assert sum(row["amount"] for (_, level), row in result.items() if not level) == 31
        assert pick(result[None, 1], "amount", "rows") == (31, 5)


@engines
def test_a_customer_and_an_order_with_two_products_stand_once_in_all(engine):
    """Added up they would be two."""
    table = orders(("a", "2026-01-01", "A", 1, "o"), ("a", "2026-01-01", "B", 1, "o"), engine=engine)
    result = measured(table)
    assert [pick(result[where], "orders", "customers") for where in (("A", 0), ("B", 0), (None, 1))] == [(1, 1)] * 3
    assert begun(table)[None, 1]["customers"] == 1


@engines
def test_two_codes_of_a_group_in_one_order_are_one_order_and_one_customer(engine):
    table = orders(("a", "2026-01-01", "A", 1, "o"), ("a", "2026-01-01", "B", 1, "o"), engine=engine)
    assert pick(measured(table, groups=grouping(x="AB"))["x", 0], "orders", "customers", "rows") == (1, 1, 2)
    assert begun(table, groups=grouping(x="AB"))["x", 0]["customers"] == 1


@engines
def test_rows_of_nobody_and_rows_without_a_code_are_told(engine):
    table = orders((None, "2026-01-01", "A", 5), ("", "2026-01-01", "A", 5), ("a", "2026-01-01", "", 7), engine=engine)
    result = measured(table)
    assert pick(result["A", 0], "amount", "customers", "no_customer") == (10, 0, 2)
    assert pick(result[None, 0], "amount", "customers", "no_customer") == (7, 1, 0)
    assert begun(table).keys() == {(None, 0), (None, 1)}


@engines
def test_the_line_of_others_is_not_the_line_without_a_code(engine):
    table = orders(("a", "2026-01-01", "B", 5), ("a", "2026-01-01", None, 7), engine=engine)
    result = measured(table, groups=grouping(x="A"), rest="other")
    assert {where: row["amount"] for where, row in result.items()} == {("(other)", 0): 5, (None, 0): 7, (None, 1): 12}


# Returns


@engines
def test_a_return_lowers_the_amount_and_is_no_purchase(engine):
    table = orders(
        ("a", "2026-01-01", "A", 10), ("a", "2026-01-05", "A", -4), ("b", "2026-01-05", "A", -3), engine=engine
    )
    assert pick(measured(table)["A", 0], "amount", "orders", "customers", "returns", "returned") == (3, 1, 1, 2, 7)
    assert pick(begun(table)["A", 0], "customers", "again") == (1, 0)
    assert len(rows_of(an.product_customers(table, product="A"))) == 1


@engines
def test_an_invoice_of_a_cancellation_lowers_even_where_its_amount_is_written_above_zero(engine):
    table = orders(("a", "2026-01-01", "A", 10, "1"), ("a", "2026-01-05", "A", 4, "C2"), engine=engine)
    assert pick(measured(table)["A", 0], "amount", "orders") == (6, 1)
    assert begun(table)["A", 0]["again"] == 0


@engines
def test_a_product_that_only_came_back_is_still_a_row(engine):
    result = measured(orders(("a", "2026-01-01", "A", -10), ("a", "2026-01-01", "B", 4), engine=engine))
    assert pick(result["A", 0], "amount", "rows", "returns", "average_order", "share") == (-10, 0, 1, None, None)
    assert result[None, 1]["share"] is None  # of an amount below 0 there are no shares


@engines
def test_a_free_sample_is_a_purchase(engine):
    table = orders(("a", "2026-01-01", "S", 0), ("a", "2026-01-09", "A", 10), engine=engine)
    assert pick(begun(table)["S", 0], "customers", "again") == (1, 1)


# First, again, next


@engines
def test_a_first_purchase_is_that_of_the_whole_history_not_of_the_period(engine):
    """Whoever bought in December is no beginner of January."""
    table = orders(
        ("a", "2025-12-31 23:59", "A", 1), ("a", "2026-01-05", "B", 1), ("b", "2026-01-05", "B", 1), engine=engine
    )
    assert pick(begun(table, period=JANUARY)["B", 0], "customers") == (1,)
    ways = found(an.next_products(table, period=JANUARY), "from_product", "to_product")
    assert ways.keys() == {("B", None)}


@engines
def test_what_is_bought_after_the_period_is_again_too(engine):
    table = orders(("a", "2026-01-31", "A", 1), ("a", "2026-02-01", "A", 1), engine=engine)
    assert begun(table, period=JANUARY)["A", 0]["again"] == 1


@engines
def test_another_line_at_the_same_moment_is_not_again(engine):
    table = orders(("a", "2026-01-01", "A", 1, "1"), ("a", "2026-01-01", "A", 1, "2"), engine=engine)
    assert begun(table)["A", 0]["again"] == 0


@engines
def test_lines_of_one_order_are_one_purchase_whatever_their_times(engine):
    rows = [("a", "2026-01-01 10:00", "A", 1, "1"), ("a", "2026-01-01 10:05", "B", 1, "1")]
    result = begun(orders(*rows, engine=engine))
    assert {where: pick(row, "customers", "again") for where, row in result.items()} == {
        ("A", 0): (1, 0),
        ("B", 0): (1, 0),
        (None, 1): (1, 0),
    }


@engines
def test_the_same_group_again_counts_whatever_the_code(engine):
    table = orders(("a", "2026-01-01", "A", 1), ("a", "2026-01-02", "B", 1), engine=engine)
    assert begun(table)["A", 0]["same_again"] == 0
    assert begun(table, groups=grouping(x="AB"))["x", 0]["same_again"] == 1


@engines
def test_whose_days_have_not_passed_lowers_no_rate(engine):
    table = orders(("a", "2026-01-01", "A", 1), ("a", "2026-01-02", "A", 1), ("b", "2026-01-30", "A", 1), engine=engine)
    assert pick(begun(table, days=7)["A", 0], "repeat_rate", "observed", "waiting") == (1.0, 1, 1)
    assert pick(begun(table)["A", 0], "repeat_rate", "observed", "waiting") == (1 / 2, 2, 0)


@engines
def test_nothing_after_as_of_is_known(engine):
    table = orders(("a", "2026-01-01", "A", 1), ("a", "2026-02-01", "A", 1), engine=engine)
    assert begun(table, as_of=date(2026, 1, 31))["A", 0]["again"] == 0
    assert measured(table, as_of=date(2026, 1, 31))["A", 0]["rows"] == 1


@engines
def test_next_is_the_following_purchase_not_any_later_one(engine):
    rows = [("a", "2026-01-01", "A", 1), ("a", "2026-01-02", "B", 1), ("a", "2026-01-03", "C", 1)]
    ways = found(an.next_products(orders(*rows, engine=engine), after="any"), "from_product", "to_product")
    assert {way: row["customers"] for way, row in ways.items()} == {("A", "B"): 1, ("B", "C"): 1, ("C", None): 1}


@engines
def test_two_rare_products_bought_next_are_one_customer_of_the_others(engine):
    rows = [("a", "2026-01-01", "A", 1), ("b", "2026-01-01", "A", 1)] + [("a", "2026-01-02", code, 1) for code in "BC"]
    ways = found(an.next_products(orders(*rows, engine=engine), most=1), "from_product", "to_product", "nothing")
    assert {way: row["customers"] for way, row in ways.items()} == {("A", "(other)", 0): 1, ("A", None, 1): 1}


@engines
def test_a_customer_who_goes_the_same_way_twice_counts_once(engine):
    rows = [("a", f"2026-01-0{day}", code, 1) for day, code in enumerate("ABABAB", 1)]
    ways = found(an.next_products(orders(*rows, engine=engine), after="any"), "from_product", "to_product")
    assert {way: pick(row, "customers", "share") for way, row in ways.items()} == {
        ("A", "B"): (1, 1.0),
        ("B", "A"): (1, 1.0),
    }


@engines
def test_bought_nothing_next_is_not_a_product_without_a_code(engine):
    table = orders(
        ("a", "2026-01-01", "A", 1), ("a", "2026-01-02", None, 1), ("b", "2026-01-01", "A", 1), engine=engine
    )
    ways = found(an.next_products(table), "from_product", "to_product", "nothing")
    assert {way: row["customers"] for way, row in ways.items()} == {("A", None, 0): 1, ("A", None, 1): 1}


# Together


@engines
def test_a_pair_bought_ten_times_by_one_customer_is_one_customer(engine):
    rows = [("a", f"2026-01-{day:02}", code, 1, f"{day}") for day in range(1, 11) for code in "AB"]
    table = orders(*rows, engine=engine)
    (pair,) = rows_of(an.combinations(table))
    assert pick(pair, "both", "with_first", "total") == (1, 1, 1)
    (pair,) = rows_of(an.combinations(table, together="order"))
    assert pick(pair, "both", "with_first", "total") == (10, 10, 10)


@engines
def test_an_order_number_of_two_customers_is_two_orders(engine):
    table = orders(("a", "2026-01-01", "A", 1, "1"), ("b", "2026-01-01", "B", 1, "1"), engine=engine)
    assert rows_of(an.combinations(table, together="order")) == []
    assert measured(table)[None, 1]["orders"] == 2


@engines
def test_whoever_bought_neither_is_in_the_whole_of_a_pair(engine):
    """Without them two products that everybody buys would look as if they belonged together."""
    rows = [("a", "2026-01-01", code, 1) for code in "AB"] + [(who, "2026-01-01", None, 1) for who in "bcd"]
    (pair,) = rows_of(an.combinations(orders(*rows, engine=engine)))
    assert pick(pair, "total", "expected", "lift") == (4, 1 / 4, 4.0)


@engines
def test_equal_products_at_the_edge_are_all_looked_at(engine):
    rows = [("a", "2026-01-01", code, 1) for code in "ABC"]
    assert len(rows_of(an.combinations(orders(*rows, engine=engine), most=2))) == 3


# Money


@engines
def test_two_currencies_are_asked_for_and_never_added_up(engine):
    table = orders(("a", "2026-01-01", "A", 1), engine="pandas").assign(currency="JPY")
    both = ENGINES[engine](pd.concat([table, table.assign(currency="usd")]))
    with pytest.raises(CurrenciesError, match="JPY"):
        an.product_measures(both)
    assert measured(both, currency="USD")[None, 1]["amount"] == 1
