"""The median that counts open cases, against lifelines and against the product-limit in fractions."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from narwhals.stable.v2 import from_native
from process_oracle import found, km
from usage_oracle import ENGINES
from worlds import PHASES

from analysis.survival import km_median

engines = pytest.mark.parametrize("engine", ENGINES)
spans = st.lists(
    st.tuples(st.sampled_from(["x", "y", None]), st.integers(0, 6), st.sampled_from([0, 1, 1])), max_size=25
)


def medians(rows, engine):
    table = pd.DataFrame(rows, columns=["group", "days", "left"]).astype(
        {"group": "str", "days": "float64", "left": "int64"}
    )
    result = km_median(from_native(ENGINES[engine](table)), ["group"], days="days", left="left", name="median")
    return {group: row["median"] for group, row in found(result.to_native(), "group").items()}


def check_medians(engine, rows):
    groups = {group for group, _, _ in rows}
    expected = {
        group: km(*([days for g, days, left in rows if g == group and left == gone] for gone in (1, 0)))
        for group in groups
    }
    assert medians(rows, engine) == {group: median for group, median in expected.items() if median is not None}


@engines
@settings(max_examples=8, phases=PHASES)
@given(rows=spans)
def test_agrees_with_the_product_limit_in_fractions(engine, rows):
    check_medians(engine, rows)


@pytest.mark.long
@engines
@settings(max_examples=24, phases=PHASES)
@given(rows=spans)
def test_agrees_with_the_product_limit_in_fractions_at_length(engine, rows):
    check_medians(engine, rows)


@settings(max_examples=8, phases=PHASES)
@given(rows=spans.filter(bool))
@pytest.mark.filterwarnings("ignore")  # of its own dependencies, while it loads
def test_agrees_with_lifelines(rows):
    from lifelines import KaplanMeierFitter

    days, left = [days for _, days, _ in rows], [gone for _, _, gone in rows]
    curve = KaplanMeierFitter().fit(days, left).survival_function_["KM_estimate"]
    if any(abs(value - 0.5) < 1e-9 and value != 0.5 for value in curve):
        return  # its last digit decides there
    theirs = KaplanMeierFitter().fit(days, left).median_survival_time_
    ours = medians([("x", *row[1:]) for row in rows], "pandas")
    assert ours == ({} if theirs == float("inf") else {"x": theirs})


@engines
def test_who_leaves_goes_before_who_stays_at_the_same_time(engine):
    # at 4 days one of two leaves and one is only seen so long: the curve is 1/2 at 4
    assert medians([("x", 4, 1), ("x", 4, 0)], engine) == {"x": 4.0}


@engines
def test_the_curve_of_a_textbook(engine):
    # Freireich et al., Blood 21 (1963), weeks of remission with 6-MP; half are still in it until week 23
    left = [6, 6, 6, 7, 10, 13, 16, 22, 23]
    still = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    assert medians([("x", d, 1) for d in left] + [("x", d, 0) for d in still], engine) == {"x": 23.0}
