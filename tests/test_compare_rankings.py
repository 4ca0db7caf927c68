"""Rankings against each other, surprises and weighted scores, against plain Python and SciPy, on pandas and DuckDB."""

from fractions import Fraction
from math import atanh, sqrt, tanh

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_oracle import found, middle_ranks, ranks, rows_of
from scipy import stats
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import (
    ChoiceError,
    EqualValuesError,
    MissingColumnError,
    RankingCountError,
    TooFewCustomersError,
    WeightError,
    ZeroWeightsError,
)
from analysis.rank_correlation import inversions, kendall, kendall_pairs, spearman

engines = pytest.mark.parametrize("engine", ENGINES)


def table(engine="pandas", ids=None, **columns):
    """Measures by name; customers are c0, c1, …"""
    n = len(next(iter(columns.values())))
    frame = pd.DataFrame({"customer_id": ids or [f"c{i}" for i in range(n)], **columns})
    return ENGINES[engine](frame.astype({"customer_id": "str"} | dict.fromkeys(columns, "float64")))


@engines
def test_of_the_first_three_two_are_the_same(engine):
    made = table(engine, amount=[50, 40, 30, 20, 10], orders=[5, 1, 4, 3, 2])
    (got,) = rows_of(an.compare_rankings(made, ["amount", "orders"], top=3))
    assert (got["a"], got["b"], got["customers"], got["left_out"]) == ("amount", "orders", 5, 0)
    assert (got["top"], got["in_a"], got["in_b"], got["both"]) == (3, 3, 3, 2)
    assert (got["spearman"], got["tau"]) == pytest.approx((0.4, 0.4))
    half = 1.959963984540054 * sqrt((1 + 0.4**2 / 2) / 2)
    assert (got["spearman_low"], got["spearman_high"]) == pytest.approx(
        (tanh(atanh(0.4) - half), tanh(atanh(0.4) + half))
    )
    half = 1.959963984540054 * sqrt(0.437)
    assert (got["tau_low"], got["tau_high"]) == pytest.approx((tanh(atanh(0.4) - half), tanh(atanh(0.4) + half)))


@engines
def test_a_tie_over_the_edge_counts_and_the_last_of_all_are_no_first(engine):
    made = table(engine, amount=[6, 5, 4, 3, 2, 1], inquiries=[2, 1, 1, 0, 0, 0], visits=[3, 2, 1, 0, 0, 0])
    got = found(an.compare_rankings(made, ["amount", "inquiries", "visits"], top=2), "a", "b")
    assert {k: (r["in_a"], r["in_b"], r["both"]) for k, r in got.items()} == {
        ("amount", "inquiries"): (2, 3, 2),  # two share the second place
        ("amount", "visits"): (2, 2, 2),
        ("inquiries", "visits"): (3, 2, 2),
    }
    wide = found(an.compare_rankings(made, ["amount", "inquiries"], top=5), "a", "b")["amount", "inquiries"]
    assert (wide["in_a"], wide["in_b"], wide["both"]) == (5, 3, 3)  # nobody who asked nothing is among the first
    every = found(an.compare_rankings(made, ["amount", "inquiries"], top=6), "a", "b")["amount", "inquiries"]
    assert (every["in_a"], every["in_b"], every["both"]) == (6, 6, 6)


@engines
def test_who_has_one_measure_only_is_left_out_and_counted(engine):
    made = table(engine, amount=[3, 2, 1, None, 9], orders=[1, 2, 3, 4, None])
    (got,) = rows_of(an.compare_rankings(made, ["amount", "orders"]))
    assert (got["customers"], got["left_out"], got["spearman"], got["tau"]) == (3, 2, -1, -1)
    assert (got["spearman_low"], got["tau_high"]) == (None, None)  # of the plain contrary there is no interval
    nobody = table(engine, ids=["a", "b", "c", None, None], amount=[3, 2, 1, 0, 0], orders=[1, 2, 3, 99, 0])
    (same,) = rows_of(an.compare_rankings(nobody, ["amount", "orders"]))
    assert (same["customers"], same["left_out"], same["tau"]) == (3, 0, -1)


@engines
def test_where_those_with_both_are_equal_there_is_an_overlap_and_no_correlation(engine):
    made = table(engine, amount=[3, 2, 1], orders=[2, 2, 2], visits=[None, 1, 5])
    mixed = table(engine, amount=[3, 2, 1], orders=[1, 2, 2], visits=[None, 1, 5])
    with pytest.raises(EqualValuesError, match="orders"):
        an.compare_rankings(made, ["orders", "visits"])
    (got,) = rows_of(an.compare_rankings(mixed, ["orders", "visits"], top=1))
    assert (got["customers"], got["left_out"], got["spearman"], got["tau"], got["tau_low"]) == (2, 1, None, None, None)
    assert got["in_b"] == 1


@engines
def test_of_days_the_fewest_come_first(engine):
    made = table(engine, amount=[3, 2, 1], recency_days=[1, 5, 9])
    assert rows_of(an.compare_rankings(made, ["amount", "recency_days"]))[0]["tau"] == 1


@engines
def test_gaps_are_places_in_the_whole_field(engine):
    made = table(engine, amount=[4, 3, 2, 1], inquiries=[0, 0, 5, 0])
    got = found(an.rank_gaps(made, "amount", "inquiries"), "customer_id")
    assert {c: (r["value_a"], r["rank_a"], r["value_b"], r["rank_b"], r["of"], r["gap"]) for c, r in got.items()} == {
        "c0": (4, 1, 0, 2, 4, 0.5),
        "c1": (3, 2, 0, 2, 4, 0.25),
        "c2": (2, 3, 5, 1, 4, -0.5),
        "c3": (1, 4, 0, 2, 4, -0.25),
    }


@engines
def test_surprises_say_the_places_they_are_about(engine):
    n = 40
    amount = [n - i for i in range(n)]
    asked = [0] + [n - i for i in range(1, n - 1)] + [99]
    got = found(an.surprises(table(engine, amount=amount, inquiries=asked)), "customer_id")
    assert got == {
        "c0": {"customer_id": "c0", "kind": "quiet", "actual_value": 40, "actual_rank": 1, "noticed_value": 0}
        | {"noticed_rank": 40, "of": 40, "gap": 39 / 40},
        "c39": {"customer_id": "c39", "kind": "loud", "actual_value": 1, "actual_rank": 40, "noticed_value": 99}
        | {"noticed_rank": 1, "of": 40, "gap": 39 / 40},
    }


@engines
def test_a_silence_that_nearly_all_share_makes_nobody_loud(engine):
    """All but one asked nothing and share the second place: the last by amount does not stand out by that."""
    got = rows_of(an.surprises(table(engine, amount=list(range(20)), inquiries=[0] * 19 + [1])))
    assert {r["kind"] for r in got} <= {"quiet"}


@engines
def test_scores_by_rank_add_up_to_the_last_digit(engine):
    made = table(engine, amount=[30, 20, 10], orders=[1, 2, 2], recency_days=[5, 1, 9])
    weights = {"amount": 2, "orders": 1, "recency_days": 1, "unused": 0}
    got = found(an.composite(made, weights), "customer_id")
    # places 1 2 3 · 3 1.5 1.5 · 2 1 3 as points of 100
    assert {c: (r["score"], r["rank"], r["of"]) for c, r in got.items()} == {
        "c0": (50 + 0 + 12.5, 2, 3),
        "c1": (25 + 18.75 + 25, 1, 3),
        "c2": (0 + 18.75 + 0, 3, 3),
    }
    parts = rows_of(an.composite_parts(made, weights))
    assert len(parts) == 9
    first = {r["measure"]: r for r in parts if r["customer_id"] == "c1"}
    assert {
        m: (r["value"], r["measure_rank"], r["weight"], r["scaled"], r["contribution"]) for m, r in first.items()
    } == {
        "amount": (20, 2, 0.5, 50, 25),
        "orders": (2, 1, 0.25, 75, 18.75),
        "recency_days": (1, 1, 0.25, 100, 25),
    }


@engines
def test_standard_scores_are_in_deviations_from_the_mean(engine):
    made = table(engine, amount=[1, 2, 3, 4], complaints=[0, 0, 0, 4])
    got = found(an.composite(made, {"amount": 1, "complaints": -1}, scale="standard"), "customer_id")
    z = {
        c: ((i - 2.5) / sqrt(1.25) - ((4 if i == 4 else 0) - 1) / sqrt(3)) / 2
        for i, c in enumerate(("c0", "c1", "c2", "c3"), 1)
    }
    assert {c: r["score"] for c, r in got.items()} == pytest.approx(z, abs=0.0001)


@engines
def test_who_lacks_a_measure_has_no_score_and_says_so(engine):
    made = table(engine, ids=["a", "b", "c", None], amount=[1, 2, 3, 4], orders=[1, None, 2, 9])
    got = found(an.composite(made, {"amount": 1, "orders": 1}), "customer_id")
    assert {c: (r["score"], r["of"], r["outside"]) for c, r in got.items() if r["outside"]} == {
        "b": (None, None, "no_value"),
        None: (None, None, "no_customer"),
    }
    assert (got["c"]["rank"], got["c"]["of"]) == (1, 2)


# Against plain Python and SciPy

points = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=25)


def pairs_by_hand(points):
    """tau-b by its definition: every pair looked at."""
    agree = by_x = by_y = 0
    for i, (a, b) in enumerate(points):
        for c, d in points[:i]:
            x, y = (a > c) - (a < c), (b > d) - (b < d)
            agree, by_x, by_y = agree + x * y, by_x + abs(x), by_y + abs(y)
    return agree / sqrt(by_x * by_y) if by_x and by_y else None


@settings(max_examples=80, phases=PHASES)
@given(points=points)
def test_correlations_are_those_of_scipy_and_of_every_pair(points):
    x, y = (np.array(each, dtype=float) for each in zip(*points, strict=True))
    expected = pairs_by_hand(points)
    if expected is None:
        assert kendall(x, y) is None
        assert spearman(x, y) is None
        return
    assert kendall(x, y) == pytest.approx(expected, abs=1e-12)
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-12)
    assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


@engines
@settings(max_examples=6, phases=PHASES)
@given(points=points)
def test_every_pair_on_an_engine_is_what_sorting_says(engine, points):
    check_pairs(engine, points)


@pytest.mark.long
@engines
@settings(max_examples=60, phases=PHASES)
@given(points=points)
def test_every_pair_on_an_engine_is_what_sorting_says_at_length(engine, points):
    check_pairs(engine, points)


def check_pairs(engine, points):
    frame = nw.from_native(ENGINES[engine](pd.DataFrame(points, columns=["x", "y"])))
    x, y = (np.array(each, dtype=float) for each in zip(*points, strict=True))
    by_pairs = kendall_pairs(frame, "x", "y")
    assert (by_pairs is None) == (kendall(x, y) is None)
    if by_pairs is not None:
        assert by_pairs == pytest.approx(kendall(x, y), abs=1e-12)


@given(st.lists(st.integers(0, 9), max_size=40))
def test_inversions_by_hand(codes):
    expected = sum(a > b for i, a in enumerate(codes) for b in codes[i:])
    assert inversions(np.array(codes, dtype=np.int64)) == expected


def test_many_customers_with_many_ties_are_exact():
    """Counts of pairs beyond what a float or 32 bits hold."""
    random = np.random.default_rng(7)
    x, y = random.integers(0, 400, 120_000).astype(float), random.integers(0, 90_000, 120_000).astype(float)
    assert kendall(x, y) == pytest.approx(stats.kendalltau(x, y).statistic, abs=1e-9)
    assert kendall(x, x) == 1


measures_of = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 6)), st.one_of(st.none(), st.integers(0, 6))), min_size=4, max_size=14
)


def check_surprises(engine, rows, top, gap):
    made = table(engine, amount=[a for a, _ in rows], inquiries=[b for _, b in rows])
    both = [(f"c{i}", a, b) for i, (a, b) in enumerate(rows) if a is not None and b is not None]
    amounts, asked = [a for _, a, _ in both], [b for _, _, b in both]
    if len(both) < 2 or len(set(amounts)) == 1 or len(set(asked)) == 1:
        with pytest.raises((TooFewCustomersError, EqualValuesError), match=r"\w"):
            an.surprises(made, top=top, gap=gap)
        return
    n, first = len(both), max(Fraction(str(top)) * len(both), 1)
    expected = {}
    places = zip(both, middle_ranks(amounts), middle_ranks(asked), ranks(amounts), ranks(asked), strict=True)
    for (customer, *_), a, b, rank_a, rank_b in places:
        apart = float((b - a) / n)
        if a <= first and apart >= gap:
            expected[customer] = ("quiet", rank_a, rank_b, n, apart)
        elif b <= first and -apart >= gap:
            expected[customer] = ("loud", rank_a, rank_b, n, -apart)
    got = found(an.surprises(made, top=top, gap=gap), "customer_id")
    fields = ("kind", "actual_rank", "noticed_rank", "of", "gap")
    assert {c: tuple(r[name] for name in fields) for c, r in got.items()} == {
        c: (*row[:4], pytest.approx(row[4])) for c, row in expected.items()
    }


@engines
@settings(max_examples=10, phases=PHASES)
@given(rows=measures_of, top=st.sampled_from([0.1, 0.25]), gap=st.sampled_from([0.3, 0.55]))
def test_surprises_are_found_in_the_whole_field(engine, rows, top, gap):
    check_surprises(engine, rows, top, gap)


@pytest.mark.long
@engines
@settings(max_examples=60, phases=PHASES)
@given(rows=measures_of, top=st.sampled_from([0.1, 0.25]), gap=st.sampled_from([0.3, 0.55]))
def test_surprises_are_found_in_the_whole_field_at_length(engine, rows, top, gap):
    check_surprises(engine, rows, top, gap)


def check_score(engine, rows, weights, scale):
    made = table(engine, amount=[a for a, _ in rows], orders=[b for _, b in rows])
    chosen = {"amount": weights[0], "orders": weights[1]}
    got = found(an.composite(made, chosen, scale=scale), "customer_id")
    parts = {}
    for row in rows_of(an.composite_parts(made, chosen, scale=scale)):
        parts.setdefault(row["customer_id"], []).append(Fraction(str(row["contribution"])))
    whole = sum(abs(w) for w in weights)
    expected = [0.0] * len(rows)
    for column, weight in zip(zip(*rows, strict=True), weights, strict=True):
        values = np.array(column, dtype=float)
        middles = np.array([float(m) for m in middle_ranks(column)])
        scaled = (len(rows) - middles) * 100 / (len(rows) - 1) if scale == "rank" else stats.zscore(values)
        expected = expected + scaled * weight / whole
    for i in range(len(rows)):
        row = got[f"c{i}"]
        assert row["score"] == pytest.approx(expected[i], abs=0.00011)
        assert sum(parts[f"c{i}"]) == Fraction(str(row["score"]))  # exactly
    scores = [got[f"c{i}"]["score"] for i in range(len(rows))]
    assert [got[f"c{i}"]["rank"] for i in range(len(rows))] == ranks(scores)


varied = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=2, max_size=10).filter(
    lambda rows: all(len(set(column)) > 1 for column in zip(*rows, strict=True))
)
weights_of = st.sampled_from([(1, 1), (3, -1), (0.7, 0.1), (1, 2)])


@engines
@settings(max_examples=8, phases=PHASES)
@given(rows=varied, weights=weights_of, scale=st.sampled_from(["rank", "standard"]))
def test_parts_add_up_exactly(engine, rows, weights, scale):
    check_score(engine, rows, weights, scale)


@pytest.mark.long
@engines
@settings(max_examples=48, phases=PHASES)
@given(rows=varied, weights=weights_of, scale=st.sampled_from(["rank", "standard"]))
def test_parts_add_up_exactly_at_length(engine, rows, weights, scale):
    check_score(engine, rows, weights, scale)


# What cannot be said


@engines
def test_what_cannot_be_compared_says_so(engine):
    made = table(engine, amount=[1, 2, 3], orders=[5, 5, 5], visits=[1, None, None])
    for metric in (
        lambda: an.compare_rankings(made, ["amount", "orders"]),
        lambda: an.surprises(made, "amount", "orders"),
        lambda: an.composite(made, {"amount": 1, "orders": 1}),
    ):
        with pytest.raises(EqualValuesError, match="orders"):
            metric()
    for metric in (
        lambda: an.compare_rankings(made, ["amount", "visits"]),
        lambda: an.surprises(made, "amount", "visits"),
        lambda: an.composite(made, {"amount": 1, "visits": 1}),
    ):
        with pytest.raises(TooFewCustomersError, match="1"):
            metric()
    with pytest.raises(MissingColumnError, match="sales"):
        an.surprises(made, "sales")
    with pytest.raises(RankingCountError, match="amount"):
        an.compare_rankings(made, ["amount", "amount"])
    with pytest.raises(ChoiceError, match="top"):
        an.compare_rankings(made, ["amount", "visits"], top=0)
    with pytest.raises(ChoiceError, match="gap"):
        an.surprises(made, gap=1, noticed="visits")


@pytest.mark.parametrize("weights", [{}, {"amount": 0}, {"amount": 0, "orders": 0.0}])
def test_weights_that_are_all_zero_say_so(weights):
    with pytest.raises(ZeroWeightsError, match="All weights are 0"):
        an.composite(table(amount=[1, 2]), weights)


@pytest.mark.parametrize("weight", [float("nan"), float("inf"), "2", None, True])
def test_a_weight_is_a_number(weight):
    with pytest.raises(WeightError, match="amount"):
        an.composite(table(amount=[1, 2]), {"amount": weight})
    with pytest.raises(ChoiceError, match="scale"):
        an.composite(table(amount=[1, 2]), {"amount": 1}, scale="percent")
