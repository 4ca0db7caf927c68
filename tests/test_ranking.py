"""Rankings, bands, concentration and changes of rank, against plain Python, on pandas and DuckDB."""

from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ranking_oracle import band, fewest, found, gini, held_by, measures, ranks, rows_of, shares
from usage_oracle import CONNECTION, ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import (
    BandThresholdError,
    ChoiceError,
    ColumnTypeError,
    DimensionNameError,
    DuplicateKeyError,
    KeyTypeError,
    MissingColumnError,
    MixedFramesError,
)

engines = pytest.mark.parametrize("engine", ENGINES)
SHOPS = (("a", 50), ("b", 20), ("c", 20), ("d", 10), ("e", 0), ("f", -5), (None, 7), (None, 4), ("g", None))


@engines
def test_a_ranking_says_place_field_share_and_band(engine):
    got = found(an.rank_customers(measures(*SHOPS[:4], engine=engine)), "customer_id")
    assert {c: (r["rank"], r["of"], r["share"], r["cumulative_share"], r["band"]) for c, r in got.items()} == {
        "a": (1, 4, 0.5, 0.5, "A"),
        "b": (2, 4, 0.2, 0.9, "A"),  # equal values share rank, cumulative share and band
        "c": (2, 4, 0.2, 0.9, "A"),
        "d": (4, 4, 0.1, 1.0, "C"),  # nine tenths are held before: the edge belongs to the next band
    }


@engines
def test_nobody_is_lost_and_who_stands_outside_says_why(engine):
    got = rows_of(an.rank_customers(measures(*SHOPS, engine=engine)))
    assert len(got) == len(SHOPS)
    outside = sorted(
        (str(r["customer_id"]), r["rank"], r["share"], r["band"], r["outside"]) for r in got if r["outside"]
    )
    assert outside == [
        ("None", None, None, None, "no_customer"),
        ("None", None, None, None, "no_customer"),
        ("e", 5, None, None, "not_positive"),
        ("f", 6, None, None, "not_positive"),
        ("g", None, None, None, "no_value"),
    ]
    assert {r["of"] for r in got} == {6}
    assert sum(r["share"] for r in got if r["share"]) == pytest.approx(1)


@engines
def test_the_first_is_in_a_even_if_it_holds_nearly_everything(engine):
    got = found(an.rank_customers(measures(("a", 99), ("b", 1), engine=engine)), "customer_id")
    assert (got["a"]["band"], got["b"]["band"]) == ("A", "C")


@engines
def test_thresholds_are_the_readers(engine):
    table = measures(("a", 50), ("b", 30), ("c", 20), engine=engine)
    got = found(an.rank_customers(table, bands=(0.5, 0.8, 0.9)), "customer_id")
    assert [got[c]["band"] for c in "abc"] == ["A", "B", "C"]
    assert {r["band"] for r in rows_of(an.rank_customers(table, bands=()))} == {"A"}
    assert [r["band"] for r in rows_of(an.rank_bands(table, bands=(0.5, 0.8, 0.9)))].count("D") == 1


@engines
def test_tenths_of_a_yen_make_no_edge_and_break_no_tie(engine):
    """0.1 + 0.2 is not 0.3 to a computer; to a reader two customers are equal."""
    table = measures(("a", 0.1 + 0.2), ("b", 0.3), ("c", 0.4), engine=engine)
    got = found(an.rank_customers(table, bands=(0.4, 0.9)), "customer_id")
    assert [(got[c]["rank"], got[c]["band"], got[c]["cumulative_share"]) for c in "abc"] == [
        (2, "B", 1.0),
        (2, "B", 1.0),
        (1, "A", 0.4),
    ]


@engines
def test_of_days_since_the_last_order_the_fewest_come_first(engine):
    table = ENGINES[engine](pd.DataFrame({"customer_id": ["a", "b", "c"], "recency_days": [30, 0, 30]}))
    got = found(an.rank_customers(table, "recency_days"), "customer_id")
    assert {c: (r["rank"], r["share"], r["band"], r["outside"]) for c, r in got.items()} == {
        "a": (2, None, None, None),
        "b": (1, None, None, None),
        "c": (2, None, None, None),
    }
    highest = found(an.rank_customers(table, "recency_days", ascending=False), "customer_id")
    assert [highest[c]["rank"] for c in "abc"] == [1, 3, 1]


@engines
def test_amounts_in_decimals_count_as_they_are_written(engine):
    frame = pd.DataFrame({"customer_id": ["a", "b"], "amount": [Decimal("0.10"), Decimal("0.30")]})
    if engine == "duckdb":
        made = CONNECTION.sql("select 'a' as customer_id, 0.10::decimal(18,4) as amount union all select 'b', 0.30")
    else:
        made = frame
    assert [found(an.rank_customers(made), "customer_id")[c]["share"] for c in "ab"] == [0.25, 0.75]


@engines
def test_bands_are_shown_even_with_nobody_in_them(engine):
    got = found(an.rank_bands(measures(*SHOPS[:3], engine=engine), bands=(0.7, 0.9)), "band")
    assert got == {
        "A": {"band": "A", "from_share": 0.0, "to_share": 0.7, "customers": 3, "customer_share": 1.0}
        | {"total": 90.0, "share": 1.0},
        "B": {"band": "B", "from_share": 0.7, "to_share": 0.9, "customers": 0, "customer_share": 0.0}
        | {"total": 0.0, "share": 0.0},
        "C": {"band": "C", "from_share": 0.9, "to_share": 1.0, "customers": 0, "customer_share": 0.0}
        | {"total": 0.0, "share": 0.0},
    }


@engines
def test_the_first_and_the_others_add_up_to_everything(engine):
    got = rows_of(an.top_customers(measures(*SHOPS, engine=engine), n=2))
    parts = {(r["part"], r["customer_id"]): (r["customers"], r["total"], r["share"]) for r in got}
    assert parts == {
        ("top", "a"): (1, 50, 0.5),
        ("top", "b"): (1, 20, 0.2),  # two are second: three are listed
        ("top", "c"): (1, 20, 0.2),
        ("others", None): (1, 10, 0.1),
        ("not_positive", None): (2, -5, None),
        ("no_customer", None): (2, 11, None),
        ("no_value", None): (1, parts[("no_value", None)][1], None),
    }
    assert not parts[("no_value", None)][1]
    assert sum(r["total"] or 0 for r in got) == sum(value or 0 for _, value in SHOPS)


@engines
def test_concentration_by_hand(engine):
    (got,) = rows_of(an.concentration(measures(*SHOPS, engine=engine), top=0.25))
    assert got == {
        "customers": 4,
        "not_positive": 2,
        "no_value": 1,
        "no_customer": 2,
        "different": 5,
        "total": 100.0,
        "top_customers": 1,
        "top_total": 50.0,
        "top_share": 0.5,
        "half_customers": 1,
        "most_customers": 3,
        "gini": pytest.approx(0.3),
    }


@engines
def test_a_fifth_of_the_customers_is_counted_exactly(engine):
    table = measures(*((f"c{i}", 1) for i in range(10)), engine=engine)
    for top, customers in ((0.29, 2), (0.3, 3), (0.7, 7), (0.05, 1), (1, 10)):
        (got,) = rows_of(an.concentration(table, top=top))
        assert (got["top_customers"], got["top_share"]) == (customers, customers / 10)
    assert rows_of(an.concentration(table))[0]["gini"] == 0


@engines
def test_one_customer_holds_everything(engine):
    (got,) = rows_of(an.concentration(measures(("a", 3), engine=engine)))
    assert (got["top_customers"], got["top_share"], got["gini"], got["different"]) == (1, 1.0, 0.0, 1)
    (row,) = rows_of(an.rank_customers(measures(("a", 3), engine=engine)))
    assert (row["rank"], row["of"], row["band"]) == (1, 1, "A")


@engines
def test_nothing_is_ranked_without_a_word(engine):
    table = measures(("a", -1), ("b", 0), engine=engine)
    assert [(r["share"], r["band"]) for r in rows_of(an.rank_customers(table))] == [(None, None)] * 2
    (got,) = rows_of(an.concentration(table))
    assert (got["customers"], got["top_share"], got["gini"], got["half_customers"]) == (0, None, None, None)
    assert rows_of(an.rank_customers(measures(engine=engine))) == []


@engines
def test_who_neither_ordered_nor_gave_back_is_not_in_the_field(engine):
    table = measures(
        ("a", 5), ("back", -5), ("even", 0), ("idle", 0), (None, 0), (None, 3), engine=engine, orders=[1, 0, 2, 0, 0, 1]
    )
    kept = rows_of(an.active_customers(table))
    assert sorted(str(row["customer_id"]) for row in kept) == ["None", "None", "a", "back", "even"]


@engines
def test_changes_of_rank(engine):
    now = measures(("a", 30), ("b", 20), ("c", 10), ("new", 5), (None, 99), engine=engine)
    before = measures(("b", 9), ("a", 8), ("c", 7), ("gone", 1), (None, 99), engine=engine)
    got = found(an.rank_changes(now, before), "customer_id")
    assert {c: (r["rank"], r["rank_before"], r["rank_change"], r["change"]) for c, r in got.items()} == {
        "a": (1, 2, 1, "risen"),
        "b": (2, 1, -1, "fallen"),
        "c": (3, 3, 0, "same"),
        "new": (4, None, None, "new"),
        "gone": (None, 4, None, "gone"),
    }
    assert (got["a"]["of"], got["a"]["of_before"], got["gone"]["value_before"]) == (4, 4, 1.0)


values = st.one_of(st.none(), st.integers(-3, 12), st.sampled_from([0.1, 0.2, 0.3, 0.30000000000000004, 2.5]))
tables = st.lists(values, max_size=12)
edges_of = st.sampled_from([(0.7, 0.9), (0.5,), (0.25, 0.5, 0.75), (0.1, 0.2)])


def check(engine, values, edges):
    table = measures(*((f"c{i}", value) for i, value in enumerate(values)), engine=engine)
    got = found(an.rank_customers(table, bands=edges), "customer_id")
    seen = [(f"c{i}", round(value, 6)) for i, value in enumerate(values) if value is not None]
    plain = [value for _, value in seen]
    for (name, _), rank, share in zip(seen, ranks(plain), shares(plain), strict=True):
        row = got[name]
        assert (row["rank"], row["of"]) == (rank, len(plain))
        if share is None:
            assert (row["share"], row["cumulative_share"], row["band"]) == (None, None, None)
        else:
            assert (row["share"], row["cumulative_share"]) == pytest.approx(tuple(map(float, share[:2])))
            assert row["band"] == band(share[2], edges), name
    check_whole(table, [value for value in plain if value > 0], edges)


def check_whole(table, positive, edges):
    """What is said of all customers agrees with what is said of each."""
    (whole,) = rows_of(an.concentration(table, top=0.3))
    assert whole["customers"] == len(positive)
    if positive:
        assert (whole["top_customers"], whole["top_share"]) == pytest.approx(held_by(positive, 0.3))
        assert whole["gini"] == pytest.approx(gini(positive), abs=1e-12)
        half, most = fewest(positive, Fraction(1, 2)), fewest(positive, Fraction(4, 5))
        assert (whole["half_customers"], whole["most_customers"]) == (half, most)
    bands = rows_of(an.rank_bands(table, bands=edges))
    letters = [row["band"] for row in rows_of(an.rank_customers(table, bands=edges))]
    assert {row["band"]: row["customers"] for row in bands} == {
        row["band"]: letters.count(row["band"]) for row in bands
    }
    assert sum(row["total"] for row in bands) == pytest.approx(sum(positive))


@engines
@settings(max_examples=6, phases=PHASES)
@given(values=tables, edges=edges_of)
def test_agrees_with_plain_python(engine, values, edges):
    check(engine, values, edges)


@pytest.mark.long
@engines
@settings(max_examples=60, phases=PHASES)
@given(values=tables, edges=edges_of)
def test_agrees_with_plain_python_at_length(engine, values, edges):
    check(engine, values, edges)


@pytest.mark.parametrize(
    "bands", [(0.9, 0.7), (0,), (1,), (0.5, 0.5), (-0.1, 0.5), ("x",), (True,), tuple(i / 30 for i in range(1, 28))]
)
def test_thresholds_rise_between_0_and_1(bands):
    with pytest.raises(BandThresholdError, match="rising order"):
        an.rank_customers(measures(("a", 1)), bands=bands)


@engines
def test_what_cannot_be_ranked_says_so(engine):
    table = measures(*SHOPS, engine=engine)
    with pytest.raises(MissingColumnError, match="amount"):
        an.rank_customers(table, "amuont")
    with pytest.raises(ColumnTypeError, match="area"):
        an.rank_customers(measures(("a", 1), engine=engine, area=["x"]), "area")
    with pytest.raises(DuplicateKeyError, match="customer_id"):
        an.rank_customers(measures(("a", 1), ("a", 2), engine=engine))
    with pytest.raises(DimensionNameError, match="Rank"):
        an.rank_customers(measures(("a", 1), engine=engine, Rank=[1]))
    with pytest.raises(ChoiceError, match="top"):
        an.concentration(table, top=0)
    with pytest.raises(ChoiceError, match="n"):
        an.top_customers(table, n=0)
    days = ENGINES[engine](pd.DataFrame({"customer_id": ["a"], "recency_days": [3]}))
    for metric in (an.concentration, an.rank_bands):
        with pytest.raises(ChoiceError, match="recency_days"):
            metric(days, "recency_days")


def test_two_tables_of_changes_are_of_one_kind():
    numbers = pd.DataFrame({"customer_id": [1], "amount": [2.0]})
    with pytest.raises(KeyTypeError, match="customer_id"):
        an.rank_changes(measures(("a", 1)), numbers)
    with pytest.raises(MixedFramesError, match="engine"):
        an.rank_changes(measures(("a", 1)), measures(("a", 1), engine="duckdb"))
