"""RFM: scores against R and plain Python, segments and why, migration, on pandas and DuckDB."""

import json
from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_oracle import found, rows_of
from rfm_oracle import orders, score, table
from usage_oracle import CONNECTION, ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import (
    BeforeFirstOrderError,
    ChoiceError,
    CurrenciesError,
    DuplicateSegmentError,
    MissingColumnError,
    RuleError,
    ScoreCutsError,
    SegmentsTextError,
)
from analysis.rfm import SCORE
from analysis.rfm_segments import describe, why
from analysis.words import LANGUAGES

engines = pytest.mark.parametrize("engine", ENGINES)
KNOWN = date(2026, 6, 30)
JUNE = an.Period(date(2026, 6, 1), date(2026, 7, 1))


def scores(result):
    return {c: (r["r"], r["f"], r["m"]) for c, r in found(result, "customer_id").items()}


@engines
def test_the_scores_of_the_r_package(engine, shared_data):
    """rfm 0.3.0, rfm_table_order, 5 bins, 2006-12-31."""
    expected = pd.read_csv(shared_data / "rfm" / "expected_scores_r.csv").set_index("customer_id")
    lines = pd.read_csv(shared_data / "rfm" / "rfm_data_orders.csv", parse_dates=["order_date"])
    lines = lines.rename(columns={"order_date": "ordered_at", "revenue": "amount"})
    lines["ordered_at"] = lines["ordered_at"].astype("datetime64[us]")
    result = an.rfm(ENGINES[engine](lines), as_of=date(2006, 12, 31), cuts="r")
    got = pd.DataFrame(rows_of(result)).set_index("customer_id").loc[expected.index]
    assert len(rows_of(result)) == len(expected) == 995
    names = {"recency_days": "recency_days", "frequency": "transaction_count", "monetary": "amount"}
    names |= {"r": "recency_score", "f": "frequency_score", "m": "monetary_score"}
    for mine, theirs in names.items():
        assert (got[mine] == expected[theirs]).all(), mine
    assert set(got["frequency_of"]) == {"rows"}


TEN = [(f"c{i}", datetime(2026, 6, i), 10 * i) for i in range(1, 11)]


@engines
def test_quantile_bins_are_of_one_size(engine):
    got = scores(an.rfm(orders(*TEN, engine=engine), as_of=KNOWN))
    assert got == {f"c{i}": (-(-i // 2), 1, -(-i // 2)) for i in range(1, 11)}


@engines
def test_yen_and_thousands_of_yen_give_the_same_scores(engine):
    large = [(c, at, amount * 1000) for c, at, amount in TEN]
    one, other = (an.rfm(orders(*rows, engine=engine), as_of=KNOWN) for rows in (TEN, large))
    assert scores(one) == scores(other)
    # which the rule of the R package does not: its cuts lie 1 above
    one, other = (
        an.rfm(orders(*rows, engine=engine), as_of=KNOWN, cuts="r")
        for rows in ([(c, at, amount / 1000) for c, at, amount in TEN], TEN)
    )
    assert scores(one) != scores(other)


@engines
def test_own_thresholds_hold_their_edges(engine):
    rows = [("a", datetime(2026, 6, 20), 100), ("b", datetime(2026, 6, 19), 99.99), ("c", datetime(2026, 5, 1), 500)]
    cuts = {"recency_days": [10, 30], "monetary": [100], "frequency": [2]}
    got = scores(an.rfm(orders(*rows, engine=engine), as_of=KNOWN, cuts=cuts))
    assert got == {"a": (3, 1, 2), "b": (2, 1, 1), "c": (1, 1, 2)}


@engines
def test_equal_values_never_fall_apart_and_collapsed_bins_are_said(engine):
    rows = [(f"c{i}", datetime(2026, 6, 1), 5) for i in range(6)] + [("d", datetime(2026, 6, 1), 9)]
    result = an.rfm(orders(*rows, engine=engine), as_of=KNOWN)
    assert {c: m for c, (_, _, m) in scores(result).items()} == {**{f"c{i}": 1 for i in range(6)}, "d": 5}
    held = {k: r["customers"] for k, r in found(an.rfm_bins(result), "measure", "score").items()}
    assert held == {
        **{("recency_days", s): 7 if s == 5 else 0 for s in range(1, 6)},
        **{("frequency", s): 7 if s == 1 else 0 for s in range(1, 6)},
        **{("monetary", s): {1: 6, 5: 1}.get(s, 0) for s in range(1, 6)},
    }
    edges = found(an.rfm_bins(result), "measure", "score")
    assert (edges["monetary", 1]["low"], edges["monetary", 1]["high"], edges["monetary", 2]["low"]) == (5, 5, None)


@engines
def test_floats_that_were_added_up_break_no_tie(engine):
    at = datetime(2026, 6, 1)
    rows = [("a", at, 0.1), ("a", at, 0.2), ("b", at, 0.3), ("b", at, 0.0), ("c", at, 0.4)]
    got = found(an.rfm(orders(*rows, engine=engine, numbers=False), as_of=KNOWN, bins=3), "customer_id")
    assert (got["a"]["monetary"], got["a"]["m"]) == (got["b"]["monetary"], got["b"]["m"]) == (0.3, 1)


@engines
def test_frequency_says_what_it_counts(engine):
    at = datetime(2026, 6, 1)
    rows = [("a", at, 5, "o1"), ("a", at, 6, "o1"), ("a", at, 7, "o2"), ("b", at, 1, None), ("b", at, 1, None)]
    numbered = found(an.rfm(orders(*rows, engine=engine), as_of=KNOWN), "customer_id")
    assert {c: (r["frequency"], r["frequency_of"]) for c, r in numbered.items()} == {
        "a": (2, "order_id"),
        "b": (2, "order_id"),  # a line without a number is an order
    }
    lines = found(an.rfm(orders(*rows, engine=engine, numbers=False), as_of=KNOWN), "customer_id")
    assert {c: (r["frequency"], r["frequency_of"]) for c, r in lines.items()} == {"a": (3, "rows"), "b": (2, "rows")}


@engines
def test_who_has_no_scores_says_why(engine):
    rows = [
        ("a", datetime(2026, 6, 30, 23, 59), 5),
        ("late", datetime(2026, 7, 1), 5),  # not known yet
        ("before", datetime(2026, 5, 31, 23, 59), 5),
        ("back", datetime(2026, 6, 2), -5),
        (None, datetime(2026, 6, 2), 5),
    ]
    got = found(an.rfm(orders(*rows, engine=engine, numbers=False), period=JUNE), "customer_id")
    assert {c: (r["frequency"], r["r"], r["segment"] is None, r["outside"]) for c, r in got.items()} == {
        "a": (1, 5, False, None),
        "before": (0, None, True, "no_order"),
        "back": (0, None, True, "no_order"),
        None: (1, None, True, "no_customer"),
    }
    assert got["a"]["recency_days"] == 0


@engines
def test_returns_lower_the_amount_as_the_rule_says(engine):
    rows = [("a", datetime(2026, 6, 1), 100, "1"), ("a", datetime(2026, 6, 5), -30, "C2")]
    got = {
        rule: found(an.rfm(orders(*rows, engine=engine), as_of=KNOWN, cancellations=rule), "customer_id")["a"]
        for rule in ("net", "without", "as_written")
    }
    assert {rule: (r["monetary"], r["frequency"], r["recency_days"]) for rule, r in got.items()} == {
        "net": (70, 1, 29),
        "without": (100, 1, 29),
        "as_written": (70, 2, 25),
    }


@engines
def test_the_first_segment_that_fits_and_why(engine):
    segments = [
        {"name": "best", "rule": {"all": [{"column": "m", "at_least": 5}, {"column": "r", "at_least": 4}]}},
        {"name": "dear", "rule": {"column": "monetary", "at_least": 60}},
        {"name": "nobody", "rule": {"column": "f", "at_least": 99}},
    ]
    got = found(an.rfm(orders(*TEN, engine=engine), as_of=KNOWN, segments=segments), "customer_id")
    named = {c: (r["segment"], r["segment_place"]) for c, r in got.items()}
    assert named == {
        **{f"c{i}": (None, None) for i in range(1, 6)},
        **{f"c{i}": ("dear", 2) for i in range(6, 9)},
        **{f"c{i}": ("best", 1) for i in (9, 10)},
    }
    table = an.Segments.of(segments)
    assert why(got["c9"], table, "en") == (
        "R 5, F 1, M 5: the first segment whose rule fits: M at least 5, R at least 4"
    )
    assert why(got["c1"], table, "ja") == "R 1・F 1・M 1：どのグループの条件にも当てはまらない"
    assert why({"segment": None, "r": None, "f": None, "m": None}, table, "en").startswith("No orders")


@pytest.mark.parametrize("bins", range(2, 11))
def test_every_score_is_in_one_of_the_standard_segments(bins):
    """A grid of all scores, each a customer: nobody is left over."""
    frame = pd.DataFrame(
        [(r, f, m) for r in range(1, bins + 1) for f in range(1, bins + 1) for m in range(1, bins + 1)],
        columns=["r", "f", "m"],
    )
    import narwhals.stable.v2 as nw

    opened = nw.from_native(frame)
    fits = [s.condition.expression(opened.collect_schema(), "rfm") for s in an.standard_segments("en", bins=bins)]
    assert opened.filter(nw.any_horizontal(*fits, ignore_nulls=True)).shape[0] == len(frame)


@pytest.mark.parametrize("language", LANGUAGES)
def test_segments_are_data(language):
    segments = an.standard_segments(language)
    assert an.Segments.from_json(segments.to_json()) == segments
    assert all(describe(segment, language) for segment in segments)
    rule = {"not": {"any": [{"column": "f", "in": [1, 2]}, {"all": [{"column": "r", "below": 2}]}]}}
    assert "1・2" in describe(an.Segment("x", rule), language)


@pytest.mark.parametrize(
    ("made", "error"),
    [
        ("{}", SegmentsTextError),
        ("nonsense", SegmentsTextError),
        (json.dumps({"version": 9, "segments": []}), SegmentsTextError),
        (json.dumps({"version": 1, "segments": []}), SegmentsTextError),
        ([{"name": "a"}], SegmentsTextError),
        ({"name": "a"}, SegmentsTextError),
        ([{"name": "", "rule": {"column": "r", "at_least": 1}}], SegmentsTextError),
        ([{"name": "a", "rule": {"column": "area", "in": ["x"]}}], MissingColumnError),
        ([{"name": "a", "rule": {"column": "r"}}], RuleError),
        ([{"name": n, "rule": {"column": "r", "at_least": 1}} for n in ("Ａ", "a")], DuplicateSegmentError),
    ],
)
def test_what_holds_no_segments_is_refused(made, error):
    with pytest.raises(error, match=r"\w"):
        an.Segments.of(made)


@engines
def test_from_segment_to_segment(engine):
    segments = [
        {"name": "high", "rule": {"column": "m", "at_least": 2}},
        {"name": "low", "rule": {"column": "r", "at_least": 2}},
    ]
    may = datetime(2026, 5, 30)
    rows = [("a", may, 9), ("b", may, 1), ("gone", may, 5), ("a", datetime(2026, 6, 29), 1)]
    rows += [("b", datetime(2026, 6, 29), 9), ("new", datetime(2026, 6, 29), 5), ("x", may, -1), (None, may, 3)]
    table = orders(*rows, engine=engine, numbers=False)
    options = {"segments": segments, "cuts": {"monetary": [6], "recency_days": [10], "frequency": [9]}}
    before = an.rfm(table, period=an.Period(date(2026, 5, 1), date(2026, 6, 1)), **options)
    now = an.rfm(table, period=JUNE, **options)
    movers = {
        r["customer_id"]: (r["from_segment"], r["to_segment"], r["move"]) for r in rows_of(an.rfm_movers(before, now))
    }
    assert movers == {
        "a": ("high", "low", "down"),
        "b": ("low", "high", "up"),
        "gone": ("low", None, "gone"),
        "new": (None, "low", "new"),
    }
    matrix = {
        (r["from_segment"], r["to_segment"]): (r["customers"], r["move"])
        for r in rows_of(an.rfm_migration(before, now))
    }
    assert matrix == {
        ("high", "low"): (1, "down"),
        ("low", "high"): (1, "up"),
        ("low", None): (1, "gone"),
        (None, "low"): (1, "new"),
    }
    row = found(an.rfm_movers(before, now), "customer_id")["b"]
    assert (row["monetary_before"], row["monetary"], row["m_before"], row["m"]) == (1, 9, 1, 2)
    stayed = rows_of(an.rfm_migration(now, now))
    assert {(r["move"], r["customers"]) for r in stayed} == {("same", 1), ("same", 2)}


days = st.sampled_from([datetime(2026, 6, d, 12) for d in (1, 1, 10, 20, 29, 30)] + [datetime(2026, 6, 30, 23, 59)])
lines = st.lists(
    st.tuples(
        st.sampled_from([*"abcdefg", None]),
        days,
        st.sampled_from([1, 2, 2, 5, 0.1, 0.2, -1, 1000]),
        st.sampled_from(["1", "2", "3", None]),
    ),
    min_size=1,
    max_size=16,
)


def check(engine, rows, bins, as_r):
    result = an.rfm(orders(*rows, engine=engine), as_of=KNOWN, bins=bins, cuts="r" if as_r else "quantile")
    expected = table(rows, KNOWN)
    got = {r["customer_id"]: r for r in rows_of(result) if r["outside"] is None}
    assert got.keys() == expected.keys()
    for place, (measure, name) in enumerate(SCORE.items()):
        values = [row[place] for row in expected.values()]
        for customer, row in expected.items():
            assert got[customer][measure] == pytest.approx(float(row[place]))
            wanted = score(row[place], values, bins, plus=int(as_r), days=measure == "recency_days")
            assert got[customer][name] == wanted, (customer, name)
    counted = found(an.rfm_bins(result, bins=bins), "measure", "score")
    assert sum(r["customers"] for r in counted.values()) == 3 * len(expected)


@engines
@settings(max_examples=8, phases=PHASES)
@given(rows=lines, bins=st.sampled_from([2, 3, 5]), as_r=st.booleans())
def test_agrees_with_plain_python(engine, rows, bins, as_r):
    check(engine, rows, bins, as_r)


@pytest.mark.long
@engines
@settings(max_examples=48, phases=PHASES)
@given(rows=lines, bins=st.sampled_from([2, 3, 5, 10]), as_r=st.booleans())
def test_agrees_with_plain_python_at_length(engine, rows, bins, as_r):
    check(engine, rows, bins, as_r)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"bins": 1}, ChoiceError),
        ({"bins": 11}, ChoiceError),
        ({"bins": True}, ChoiceError),
        ({"cuts": "R"}, ChoiceError),
        ({"cuts": {"amount": [1]}}, ScoreCutsError),
        ({"cuts": {"monetary": []}}, ScoreCutsError),
        ({"cuts": {"monetary": [2, 1]}}, ScoreCutsError),
        ({"cuts": {"monetary": [1, 1]}}, ScoreCutsError),
        ({"cuts": {"monetary": ["1"]}}, ScoreCutsError),
        ({"cuts": {"monetary": "12"}}, ScoreCutsError),
        ({"as_of": date(2026, 5, 31)}, BeforeFirstOrderError),
    ],
)
def test_what_cannot_be_scored_says_so(options, error):
    with pytest.raises(error, match=r"\w"):
        an.rfm(orders(*TEN), **{"as_of": KNOWN, **options})


@engines
def test_two_currencies_are_never_added_up(engine):
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "a"],
            "ordered_at": [datetime(2026, 6, 1)] * 2,
            "amount": [1.0, 2.0],
            "currency": ["JPY", "USD"],
        }
    ).astype({"ordered_at": "datetime64[us]"})
    with pytest.raises(CurrenciesError, match="JPY, USD"):
        an.rfm(ENGINES[engine](frame), as_of=KNOWN)
    assert found(an.rfm(ENGINES[engine](frame), as_of=KNOWN, currency="usd"), "customer_id")["a"]["monetary"] == 2


@engines
def test_one_customer_and_none(engine):
    assert scores(an.rfm(orders(TEN[0], engine=engine), as_of=KNOWN)) == {"c1": (5, 1, 1)}
    assert rows_of(an.rfm(orders(engine=engine), as_of=KNOWN)) == []


def test_decimals_of_a_workspace_are_compared_as_they_are_written():
    made = CONNECTION.sql(
        "select * from (values ('a', timestamp '2026-06-01', 0.10::decimal(18,4)), ('a', timestamp '2026-06-01', 0.20),"
        " ('b', timestamp '2026-06-01', 0.30)) t(customer_id, ordered_at, amount)"
    )
    assert {m for _, _, m in scores(an.rfm(made, as_of=KNOWN)).values()} == {1}
