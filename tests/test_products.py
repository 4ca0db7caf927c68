"""What is bought, what first, what next and what together: literal rows and plain Python, on pandas and DuckDB."""

from datetime import date, datetime

import pytest
from engine_data import put
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import found, rows_of
from products_oracle import (
    FIRST_STATES,
    first_table,
    line,
    measures_table,
    next_table,
    orders,
    pairs_table,
)
from scipy.stats import binomtest
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis import product_lines
from analysis.errors import ChoiceError, DimensionNameError, MissingColumnError
from analysis.workspace import Workspace

engines = pytest.mark.parametrize("engine", ENGINES)
SERUM = {
    "name": "種類",
    "groups": [
        {"name": "美容液", "rules": [{"kind": "prefix", "value": "BE-"}, {"kind": "code", "value": "SP-BE03"}]},
        {"name": "化粧水", "rules": [{"kind": "pattern", "value": "LO-*"}]},
    ],
}


def pick(row, *names):
    return tuple(row[name] for name in names)


SHOP = [
    ("a", "2026-01-01 09:00", "BE-030", 100, "o1"),
    ("a", "2026-01-01 09:00", "LO-150", 40, "o1"),
    ("a", "2026-01-11", "BE-030T", 60, "o2"),
    ("b", "2026-01-05", "SP-BE03", 10, "o3"),
    ("b", "2026-01-20", "X-1", 30, "o4"),
    ("b", "2026-01-21", "X-1", -30, "o4"),  # taken back
    ("c", "2026-01-30", "SP-BE03", 0, "o5"),  # free
    (None, "2026-01-31", None, 50, None),
]


@engines
def test_each_group_and_all_of_them(engine):
    result = found(an.product_measures(orders(*SHOP, engine=engine), groups=SERUM), "product", "level")
    names = ("amount", "orders", "customers", "rows", "returns", "no_customer", "returned")
    assert {where: pick(row, *names) for where, row in result.items()} == {
        ("美容液", 0): (170, 4, 3, 4, 0, 0, 0),
        ("化粧水", 0): (40, 1, 1, 1, 0, 0, 0),
        ("X-1", 0): (0, 1, 1, 1, 1, 0, 30),
        (None, 0): (50, 1, 0, 1, 0, 1, 0),
        (None, 1): (260, 6, 3, 7, 1, 1, 30),
    }
    assert pick(result["美容液", 0], "share", "average_order") == (170 / 260, 170 / 4)


@engines
def test_a_dimension_tells_products_apart_a_blank_one_too(engine):
    rows = [("a", "2026-01-01", "A", 10, "o1", "店"), ("b", "2026-01-01", "A", 20, "o2", None)]
    result = found(an.product_measures(orders(*rows, engine=engine), by="name"), "name", "product", "level")
    assert {where: pick(row, "amount", "share") for where, row in result.items()} == {
        ("店", "A", 0): (10, 1.0),
        ("店", None, 1): (10, 1.0),
        (None, "A", 0): (20, 1.0),
        (None, None, 1): (20, 1.0),
    }


# First bought, with the figures of the sample company

BEGINNERS = {
    "SP-BE03": (288, 2_400),
    "BE-030": (270, 900),
    "BE-030T": (378, 450),
    "BE-SET": (100, 250),
    "LO-150": (1, 3),
}


def beginners():
    """Customers who begin with each code, and those of them who buy the serum, under its usual code, again."""
    rows = []
    for code, (again, customers) in BEGINNERS.items():
        rows += [(f"{code}-{i}", "2026-01-01", code, 10, f"{code}-{i}") for i in range(customers)]
        rows += [(f"{code}-{i}", "2026-02-10", "BE-030", 10, f"{code}-{i}+") for i in range(again)]
    return rows


@engines
def test_codes_merged_for_analysis_keep_every_first_buyer(engine):
    table = orders(*beginners(), engine=engine)
    bare = found(an.first_products(table), "product", "level")
    assert {product: pick(row, "again", "customers") for (product, _), row in bare.items()} == {
        **BEGINNERS,
        None: (1_037, 4_003),
    }
    merged = found(an.first_products(table, groups=SERUM), "product", "level")
    serum = merged["美容液", 0]
    assert pick(serum, "again", "same_again", "customers", "repeat_rate") == (1_036, 1_036, 4_000, 0.259)
    wilson = binomtest(1_036, 4_000).proportion_ci(method="wilson")
    assert pick(serum, "rate_low", "rate_high") == pytest.approx((wilson.low, wilson.high))
    assert pick(merged["化粧水", 0], "again", "same_again", "customers") == (1, 0, 3)
    assert bare["SP-BE03", 0]["same_again"] == 0  # they come back for another code of the same serum
    assert serum["median_days"] == 40.0


@engines
def test_who_begins_with_two_products_stands_at_both_and_once_in_all(engine):
    result = found(an.first_products(orders(*SHOP, engine=engine), groups=SERUM), "product", "level")
    assert {where: pick(row, "customers", "again", "same_again") for where, row in result.items()} == {
        ("美容液", 0): (3, 2, 1),
        ("化粧水", 0): (1, 1, 0),
        (None, 1): (3, 2, 1),
    }


@engines
def test_who_may_still_come_back_is_neither_again_nor_once(engine):
    table = orders(*SHOP, engine=engine)
    result = found(an.first_products(table, groups=SERUM, days=10, as_of=date(2026, 1, 31)), "product", "level")
    assert pick(result["美容液", 0], "customers", "observed", "again", "waiting") == (3, 2, 1, 1)
    assert result["美容液", 0]["repeat_rate"] == 1 / 2
    edge = found(an.first_products(table, groups=SERUM, days=9, as_of=date(2026, 1, 31)), "product", "level")
    assert pick(edge["美容液", 0], "observed", "again", "waiting") == (2, 0, 1)
    told = found(an.first_products(table, groups=SERUM, days=1, as_of=date(2026, 1, 31)), "product", "level")
    assert pick(told["美容液", 0], "observed", "again", "waiting") == (3, 0, 0)


# Next, together


@engines
def test_from_each_product_to_the_next(engine):
    result = found(
        an.next_products(orders(*SHOP, engine=engine), groups=SERUM), "from_product", "to_product", "nothing"
    )
    assert {way: pick(row, "customers", "from_customers", "median_days") for way, row in result.items()} == {
        ("美容液", "美容液", 0): (1, 3, 10.0),
        ("美容液", "X-1", 0): (1, 3, 15.0),
        ("美容液", None, 1): (1, 3, None),
        ("化粧水", "美容液", 0): (1, 1, 10.0),
    }
    later = found(an.next_products(orders(*SHOP, engine=engine), after="any"), "from_product", "to_product", "nothing")
    assert pick(later["X-1", None, 1], "customers", "from_customers") == (1, 1)


@engines
def test_pairs_against_what_chance_would_give(engine):
    rows = [
        (who, "2026-01-01", code, 1, f"{who}{code}")
        for who, codes in {"1": "AB", "2": "AB", "3": "AC", "4": "A", "5": "B", "6": "C", "7": "D", "8": "D"}.items()
        for code in codes
    ]
    result = found(an.combinations(orders(*rows, engine=engine)), "first", "second")
    assert set(result) == {("A", "B"), ("A", "C")}
    assert pick(result["A", "B"], "both", "with_first", "with_second", "total") == (2, 4, 3, 8)
    assert pick(result["A", "B"], "support", "confidence_first", "confidence_second") == (2 / 8, 2 / 4, 2 / 3)
    assert pick(result["A", "B"], "expected", "lift") == (1.5, 2 / 1.5)
    assert rows_of(an.combinations(orders(*rows, engine=engine), together="order")) == []
    assert set(found(an.combinations(orders(*SHOP, engine=engine), together="order"), "first", "second")) == {
        ("BE-030", "LO-150")
    }


# Against plain Python

CODES = ["BE-030", "SP-BE03", "LO-150", "X", None]
AMOUNTS = [-5, 0, 3, 10, None]
PERIODS = [None, an.Period(date(2026, 1, 2), date(2026, 1, 6))]
LINES = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 9)).map(
            lambda at: at.replace(minute=0, second=0, microsecond=0, hour=at.hour // 12 * 12)
        ),
        st.sampled_from(CODES),
        st.sampled_from(AMOUNTS),
        st.sampled_from(["1", "2", "3", "C4", None]),
    ),
    min_size=1,
    max_size=10,
)
OPTIONS = st.fixed_dictionaries(
    {"as_of": st.sampled_from([None, date(2026, 1, 9)])},
    optional={"grouping": st.just(SERUM), "rest": st.just("other")},
)


def asked(options):
    """The options of the oracle as those of the metrics."""
    return {("groups" if name == "grouping" else name): value for name, value in options.items()}


def same(result, expected, *names):
    assert result.keys() == expected.keys()
    for where, row in expected.items():
        assert pick(result[where], *names) == pytest.approx(pick(row, *names), nan_ok=True), where


def some(expected, every):
    """The rows whose lists are looked at: all, or the last one."""
    return [*expected.items()] if every else [*expected.items()][-1:]


def check_measures(table, rows, period, options, every):
    expected = measures_table(rows, period=period, **options)
    result = found(an.product_measures(table, period=period, **asked(options)), "product", "level")
    same(result, expected, *expected[None, 1])
    for (product, level), row in some(result, every):
        listed = rows_of(an.product_customers(table, product=product, level=level, period=period, **asked(options)))
        assert len(listed) == row["customers"]
        assert sum(each["rows"] for each in listed) == row["rows"] - row["no_customer"]


def check_first(table, rows, period, days, options, every):
    expected = first_table(rows, period=period, days=days, **options)
    result = found(an.first_products(table, period=period, days=days, **asked(options)), "product", "level")
    same(
        result,
        expected,
        "customers",
        "observed",
        "again",
        "same_again",
        "waiting",
        "repeat_rate",
        "same_rate",
        "share",
        "median_days",
    )
    for (product, level), row in some(expected, every):
        for state in FIRST_STATES if every else ("same_again", "once"):
            choice = {"product": product, "level": level, "state": state, "period": period, "days": days}
            listed = rows_of(an.first_product_customers(table, **choice, **asked(options)))
            assert sorted(each["customer_id"] for each in listed) == sorted(row["who"][state]), state


def check_next(table, rows, period, after, options, every):
    most = 2 if after == "any" else None
    expected = next_table(rows, after=after, period=period, most=most, **options)
    names = ("from_product", "to_product", "nothing")
    result = found(an.next_products(table, after=after, period=period, most=most, **asked(options)), *names)
    same(result, expected, "customers", "from_customers", "share", "median_days")
    for way, row in some(expected, every):
        choice = {**dict(zip(names, way, strict=True)), "after": after, "period": period, "most": most}
        listed = rows_of(an.next_product_customers(table, **choice, **asked(options)))
        assert sorted(each["customer_id"] for each in listed) == sorted(row["who"])


def check_pairs(table, rows, period, together, options, every):
    expected = pairs_table(rows, together=together, period=period, most=2, **options)
    result = found(
        an.combinations(table, together=together, period=period, most=2, **asked(options)), "first", "second"
    )
    same(
        result,
        expected,
        "both",
        "with_first",
        "with_second",
        "total",
        "support",
        "confidence_first",
        "confidence_second",
        "expected",
        "lift",
    )
    for (first, second), row in some(expected, every):
        choice = {"first": first, "second": second, "together": together, "period": period}
        assert len(rows_of(an.combination_customers(table, **choice, **asked(options)))) == len(row["who"])


def check(engine, lines, period, options, *, every):
    rows, table = [line(row) for row in lines], orders(*lines, engine=engine)
    check_measures(table, rows, period, options, every)
    for days in (None, 3):
        check_first(table, rows, period, days, options, every)
    for after in ("first", "any"):
        check_next(table, rows, period, after, options, every)
    for together in ("customer", "order"):
        check_pairs(table, rows, period, together, options, every)


worlds = given(lines=LINES, period=st.sampled_from(PERIODS), options=OPTIONS)


@engines
@settings(max_examples=3, phases=PHASES)
@worlds
def test_agrees_with_one_line_at_a_time(engine, lines, period, options):
    check(engine, lines, period, options, every=False)


@pytest.mark.long
@engines
@settings(max_examples=12, phases=PHASES)
@worlds
def test_agrees_with_one_line_at_a_time_at_length(engine, lines, period, options):
    check(engine, lines, period, options, every=True)


def answers(run, period, options):
    """What every question of the page gives, and its customers: (question, rows in a fixed order)."""
    one, other = ("化粧水", "美容液") if "groups" in options else ("BE-030", "LO-150")
    questions = [
        ("first", an.first_products, {"days": 2}),
        *(
            ("next", an.next_products, {"after": after, "most": most})
            for after in ("first", "any")
            for most in (None, 1)
        ),
        *(("pairs", an.combinations, {"together": together}) for together in ("customer", "order")),
        *(("begun", an.first_product_customers, {"product": one, "state": state}) for state in FIRST_STATES),
        ("gone", an.next_product_customers, {"from_product": one, "to_product": other, "after": "any"}),
        *(
            ("both", an.combination_customers, {"first": one, "second": other, "together": together})
            for together in ("customer", "order")
        ),
    ]
    for name, metric, own in questions:
        rows = rows_of(run(metric, period=period, **own, **options))
        yield name, own, sorted((sorted(row.items()) for row in rows), key=str)


@pytest.mark.parametrize("most", [product_lines.MOST_KEPT, pytest.param(0, marks=pytest.mark.long)])
@settings(max_examples=3, phases=PHASES)
@worlds
def test_what_a_workspace_keeps_agrees_with_the_table(tmp_path_factory, most, lines, period, options):
    options = asked(options)
    ws = Workspace.open(tmp_path_factory.mktemp("products") / "workspace")
    put(ws, "orders", [line(row) for row in [*lines, ("z", datetime(2025, 1, 1), "BE-030", 1, "e")]])
    table = ws.table("orders")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(product_lines, "MOST_KEPT", most)
        there = list(answers(ws.run, period, options))
    ws.close()
    assert repr(there) == repr(list(answers(lambda metric, **asked: metric(table, **asked), period, options)))


@engines
def test_without_any_line_there_is_nothing(engine):
    table = orders(engine=engine)
    assert [pick(row, "product", "level", "amount", "customers") for row in rows_of(an.product_measures(table))] in (
        [],
        [(None, 1, 0, 0)],
    )
    assert (
        rows_of(an.first_products(table)) == rows_of(an.next_products(table)) == rows_of(an.combinations(table)) == []
    )


def test_mistakes_are_said_in_a_sentence():
    table = orders(*SHOP)
    with pytest.raises(MissingColumnError, match="店"):
        an.product_measures(table, by="店")
    with pytest.raises(DimensionNameError, match="amount"):
        an.product_measures(table, by="amount")
    with pytest.raises(ChoiceError, match="before"):
        an.next_products(table, after="before")
    with pytest.raises(ChoiceError, match="0"):
        an.next_products(table, most=0)
    with pytest.raises(ChoiceError, match="basket"):
        an.combinations(table, together="basket")
    with pytest.raises(ChoiceError, match="1"):
        an.combinations(table, most=1)
    with pytest.raises(ChoiceError, match="0"):
        an.first_products(table, days=0)
    with pytest.raises(ChoiceError, match="never"):
        an.first_product_customers(table, state="never")
    with pytest.raises(MissingColumnError, match="order_id"):
        an.combinations(table.drop(columns="order_id"), together="order")
