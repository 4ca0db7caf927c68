"""Funnels as data: what is kept and what a link carries reads back as it was, and nothing else is taken for one."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import FunnelsTextError
from analysis.funnel_definitions import ORDERS as BOUGHT
from analysis.funnel_definitions import Funnel, Funnels, step_of, step_text
from analysis.funnel_steps import ORDERS, Step

PLAIN = {"name": "a", "steps": [["a"]], "within": None, "order": "in_order"}
ON_PC = {"column": "端末", "in": ["PC", None]}
TEXTS = st.text(min_size=1, max_size=8)
STEPS = st.builds(
    Step,
    st.lists(TEXTS, min_size=1, max_size=3),
    where=st.sampled_from([None, ON_PC, {"all": [ON_PC]}]),
    optional=st.booleans(),
    name=st.none() | TEXTS,
)
FUNNELS = st.builds(
    Funnel,
    TEXTS.filter(str.strip),
    st.lists(STEPS, min_size=1, max_size=12).map(tuple),
    st.sampled_from([None, "30d", "12h"]),
    st.sampled_from(ORDERS),
)
OF_PRODUCTS = st.builds(
    lambda funnel, grouping: replace(funnel, of=BOUGHT, grouping=grouping), FUNNELS, st.none() | TEXTS
)


@given(STEPS)
def test_a_step_reads_back_from_a_link_as_it_was(step):
    assert step_of(step_text(step)) == step


@given(st.lists(FUNNELS | OF_PRODUCTS, max_size=3, unique_by=lambda each: each.name))
def test_funnels_read_back_as_they_were(listed):
    found = Funnels.from_json(Funnels(tuple(listed)).to_json())
    assert found == Funnels(tuple(listed))


def test_a_funnel_that_was_kept_before_there_were_products_is_over_the_log_and_written_as_then():
    written = '{"version": 1, "funnels": [{"name": "a", "steps": [["x"]], "within": "30d", "order": "in_order"}]}'
    found = Funnels.from_json(written)
    assert found.listed == (Funnel("a", (Step("x"),), "30d"),)
    assert found.to_json() == written


def test_a_plain_step_is_a_short_text():
    assert step_text(Step("ログイン")) == '["ログイン"]'
    assert step_text(Step(["a", "b"], optional=True)) == '{"any_of":["a","b"],"optional":true}'


def test_a_funnel_takes_the_place_of_its_namesake():
    first, other, again = Funnel("a", (Step("x"),)), Funnel("b", (Step("y"),)), Funnel("a", (Step("z"),))
    kept = Funnels().kept(first).kept(other).kept(again)
    assert kept.listed == (again, other)
    assert kept.named("a") == again
    assert kept.without("a").names == ("b",)
    assert kept.named("c") is None


@pytest.mark.parametrize(
    "written",
    [
        "",
        "{",
        "3",
        "null",
        '"ログイン"',
        "[1]",
        '{"any_of": "a"}',
        '{"any_of": ["a"], "if": 1}',
        '{"any_of": ["a"], "optional": 1}',
        '{"any_of": ["a"], "name": 1}',
        '{"any_of": ["a"], "where": {"column": "c"}}',
        '{"any_of": ["a"], "where": 3}',
        "[" * 100_000,
    ],
)
def test_what_is_no_step_is_refused(written):
    with pytest.raises(FunnelsTextError, match="cannot be read as steps"):
        step_of(written)


@pytest.mark.parametrize(
    "tree",
    [
        {"version": 2, "funnels": []},
        {"version": 1},
        {"version": 1, "funnels": {}},
        {"version": 1, "funnels": ["a"]},
        {"version": 1, "funnels": [{"name": " ", "steps": [["a"]], "within": None, "order": "in_order"}]},
        {"version": 1, "funnels": [{"name": "a", "steps": [["a"]], "within": 30, "order": "in_order"}]},
        {"version": 1, "funnels": [{"name": "a", "steps": [["a"]], "within": None, "order": "any"}]},
        {"version": 1, "funnels": [{"name": "a", "steps": "a", "within": None, "order": "in_order"}]},
        {"version": 1, "funnels": [{**PLAIN, "of": "orders"}]},
        {"version": 1, "funnels": [{**PLAIN, "of": "deals", "grouping": None}]},
        {"version": 1, "funnels": [{**PLAIN, "of": "orders", "grouping": 3}]},
    ],
)
def test_what_holds_no_funnels_is_refused(tree):
    with pytest.raises(FunnelsTextError, match="cannot be read as steps"):
        Funnels.from_json(json.dumps(tree))
