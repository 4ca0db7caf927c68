"""Rules against a plain Python reading of them, on pandas and DuckDB."""

from datetime import datetime

import narwhals.stable.v2 as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from usage_oracle import ENGINES, blank
from worlds import PHASES

from analysis.errors import MissingColumnError, RuleError
from analysis.rules import Rule

engines = pytest.mark.parametrize("engine", ENGINES)
TEXTS = [None, "", "East", "West", "West Coast", "5"]
NUMBERS = [None, 0.0, 4.5, 5.0, -1.0]
DAYS = [None, datetime(2026, 4, 1), datetime(2026, 4, 30), datetime(2026, 5, 1)]

tests = st.one_of(
    st.builds(
        lambda test, values: {"column": "area", test: values},
        st.sampled_from(["in", "not_in"]),
        st.lists(st.sampled_from(TEXTS), max_size=3),
    ),
    st.builds(
        lambda test, value: {"column": "area", test: value},
        st.sampled_from(["contains", "starts_with"]),
        st.sampled_from(["West", "st", "("]),
    ),
    st.builds(
        lambda test, value: {"column": "size", test: value},
        st.sampled_from(["at_least", "below"]),
        st.sampled_from([0, 4.5, 5, "5", "4.5"]),
    ),
    st.builds(
        lambda test, value: {"column": "since", test: value},
        st.sampled_from(["at_least", "below"]),
        st.sampled_from(["2026-04-30", "2026-05-01", "2026-04-01 00:00:01"]),
    ),
    st.builds(
        lambda values: {"column": "since", "in": values},
        st.lists(st.sampled_from([None, "2026-04-01", "2026-05-01"]), max_size=2),
    ),
)
trees = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda parts: {"all": parts}, st.lists(inner, max_size=2)),
        st.builds(lambda parts: {"any": parts}, st.lists(inner, max_size=2)),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=4,
)


def holds(tree, row):
    """The rule, read by hand."""
    if "all" in tree:
        return all(holds(part, row) for part in tree["all"])
    if "any" in tree:
        return any(holds(part, row) for part in tree["any"])
    if "not" in tree:
        return not holds(tree["not"], row)
    value = blank(row[tree["column"]])
    (test,) = set(tree) - {"column"}
    wanted = tree[test]
    if tree["column"] == "since":
        wanted = (
            [each and datetime.fromisoformat(each) for each in wanted]
            if test == "in"
            else datetime.fromisoformat(wanted)
        )
    if test in ("in", "not_in"):
        return (value in {blank(each) for each in wanted}) == (test == "in")
    if value is None:
        return False
    if test in ("contains", "starts_with"):
        return wanted in value if test == "contains" else value.startswith(wanted)
    wanted = float(wanted) if tree["column"] == "size" else wanted
    return value >= wanted if test == "at_least" else value < wanted


def frame(rows):
    table = pd.DataFrame(rows, columns=["row", "area", "size", "since"])
    return table.astype({"row": "int64", "area": "str", "size": "float64", "since": "datetime64[us]"})


@engines
@settings(max_examples=60, deadline=None, phases=PHASES)
@given(tree=trees, rows=st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(NUMBERS), st.sampled_from(DAYS))))
def test_a_rule_lets_through_what_it_says(engine, tree, rows):
    table = frame([(i, *row) for i, row in enumerate(rows)])
    opened = nw.from_native(ENGINES[engine](table))
    chosen = opened.filter(Rule(tree).expression(opened.collect_schema(), "users")).select("row")
    found = sorted(row[0] for row in chosen.lazy().collect().rows())
    expected = [i for i, row in enumerate(rows) if holds(tree, dict(zip(("area", "size", "since"), row, strict=True)))]
    assert found == expected


@given(tree=trees)
def test_a_rule_survives_being_written(tree):
    written = Rule(tree).to_json()
    assert Rule.from_json(written).tree == tree
    assert Rule.of(written) == Rule.of(tree) == Rule.of(Rule(tree))


@pytest.mark.parametrize(
    "tree",
    [
        {},
        [],
        {"column": "area"},
        {"in": ["East"]},
        {"column": "area", "in": "East"},
        {"column": "area", "equals": "East"},
        {"column": "area", "in": [], "not_in": []},
        {"column": 3, "in": []},
        {"all": {"column": "area", "in": []}},
        {"all": [], "any": []},
        {"not": [{"column": "area", "in": []}]},
    ],
)
def test_what_is_no_rule_is_refused(tree):
    with pytest.raises(RuleError, match="This condition cannot be used"):
        Rule(tree)


@pytest.mark.parametrize("text", ["", "East", "[]", '{"version": 2, "all": []}'])
def test_a_text_that_is_no_rule_is_refused(text):
    with pytest.raises(RuleError, match="This condition cannot be used"):
        Rule.from_json(text)


def test_a_rule_is_split_by_table():
    mine, theirs = {"column": "area", "in": ["East"]}, {"column": "device", "in": ["pc"]}
    both = Rule({"all": [mine, {"all": [theirs]}]})
    assert both.columns == {"area", "device"}
    assert both.parts(["user_id", "area"]) == (Rule({"all": [mine]}), Rule({"all": [theirs]}))
    assert both.parts(["area", "device"])[1] is None
    with pytest.raises(RuleError, match="area, device"):
        Rule({"any": [mine, theirs]}).parts(["area"])


@pytest.mark.parametrize(
    ("tree", "error", "message"),
    [
        ({"column": "Area", "in": ["East"]}, MissingColumnError, 'no column "Area"'),
        ({"column": "size", "contains": "5"}, RuleError, "size"),
        ({"column": "size", "at_least": "five"}, RuleError, "five"),
        ({"column": "since", "below": "soon"}, RuleError, "soon"),
    ],
)
def test_a_rule_that_does_not_fit_its_table_is_refused(tree, error, message):
    opened = nw.from_native(frame([(0, "East", 1.0, None)]))
    with pytest.raises(error, match=message):
        Rule(tree).expression(opened.collect_schema(), "users")


@pytest.mark.parametrize("values", [["East", None], [5], [5.0]])
@engines
def test_values_are_written_as_the_column_writes_them(engine, values):
    opened = nw.from_native(ENGINES[engine](pd.DataFrame({"area": ["East", "5", "", "5.0"]})))
    rule = Rule({"column": "area", "in": values})
    found = opened.filter(rule.expression(opened.collect_schema(), "users")).lazy().collect().rows()
    assert {row[0] for row in found} == {"" if value is None else str(value) for value in values}


def test_numbers_in_a_column_of_mixed_values_are_compared_as_they_are():
    opened = nw.from_native(pd.DataFrame({"floor": pd.Series([1, "1", "roof"], dtype=object)}))
    rule = Rule({"column": "floor", "in": [1]})
    assert opened.filter(rule.expression(opened.collect_schema(), "users"))["floor"].to_list() == [1]
