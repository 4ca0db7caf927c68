"""Ways in which a ranking could be wrong without anyone noticing."""

from datetime import date

import pandas as pd
import pytest

import analysis as an

KNOWN = date(2026, 6, 30)


def measures(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"customer_id": [f"c{i}" for i in range(n)], **columns})


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"])
    return frame.assign(ordered_at=pd.to_datetime(frame["ordered_at"], format="ISO8601").astype("datetime64[us]"))


def test_the_order_of_the_rows_changes_nothing():
    table = measures(amount=[5, 3, 3, 9, 0], inquiries=[1, 0, 4, 2, 2])
    turned = table.iloc[::-1].reset_index(drop=True)
    for metric in (
        an.rank_customers,
        lambda t: an.rank_gaps(t, "amount", "inquiries"),
        lambda t: an.composite(t, {"amount": 1, "inquiries": 2}),
        lambda t: an.surprises(t, top=0.3, gap=0.2),
    ):
        one, other = (metric(t).sort_values("customer_id", ignore_index=True) for t in (table, turned))
        pd.testing.assert_frame_equal(one, other)


def test_a_band_is_never_split_between_equals():
    table = measures(amount=[40, 20, 20, 20])
    for edge in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9):
        bands = an.rank_customers(table, bands=[edge])["band"]
        assert bands[1:].nunique() == 1, edge


def test_a_customer_who_gave_back_more_lowers_nobodys_share():
    alone = an.rank_customers(measures(amount=[60, 40]))["share"].tolist()
    beside = an.rank_customers(measures(amount=[60, 40, -50]))
    assert beside["share"].tolist()[:2] == alone == [0.6, 0.4]
    assert beside["outside"].tolist()[2] == "not_positive"


def test_the_line_of_nobody_is_in_no_rank_share_top_or_pair():
    table = pd.DataFrame({"customer_id": ["a", "b", None, ""], "amount": [2, 1, 99, 98], "orders": [1, 2, 99, 98]})
    ranked = an.rank_customers(table)
    assert ranked["of"].tolist() == [2, 2, 2, 2]
    assert ranked["share"].tolist()[:2] == [2 / 3, 1 / 3]
    assert an.concentration(table)["total"].item() == 3
    assert an.compare_rankings(table, ["amount", "orders"])["tau"].item() == -1
    assert an.surprises(table, "amount", "orders", top=0.5, gap=0.4)["of"].tolist() == [2, 2]
    assert an.composite(table, {"amount": 1})["of"].dropna().unique().tolist() == [2]


def test_numbers_in_text_are_refused_and_never_put_in_order_as_text():
    """As text 9 comes before 10."""
    with pytest.raises(an.AnalysisError, match="amount"):
        an.rank_customers(measures(amount=["9", "10"]))


def test_a_small_measure_is_not_rounded_away():
    """Amounts are compared in ten-thousandths where all are such, and only there."""
    assert an.rank_customers(measures(amount=[1e-9, 2e-9, 3e-9]))["rank"].tolist() == [3, 2, 1]
    assert an.rank_customers(measures(amount=[1 / 3, 0.33333, 0.3333333333]))["rank"].tolist() == [1, 3, 2]


def test_one_more_unit_of_money_is_one_place():
    """Large amounts stay apart although they are held as floats."""
    large = 900_000_000_000
    assert an.rank_customers(measures(amount=[large, large + 1, large - 1]))["rank"].tolist() == [2, 1, 3]


def test_scores_do_not_depend_on_who_else_is_outside():
    """A customer without an order in the period shifts nobody's score."""
    rows = [(f"c{i}", f"2026-06-{i:02}", i * 10) for i in range(1, 11)]
    june = an.Period(date(2026, 6, 1), date(2026, 7, 1))
    alone = an.rfm(orders(*rows), period=june)
    crowd = an.rfm(
        orders(*rows, *((f"x{i}", "2026-05-01", 10**6) for i in range(50)), (None, "2026-06-05", 10**7)), period=june
    )
    inside = crowd[crowd["outside"].isna()]
    columns = ["customer_id", "r", "f", "m", "segment"]
    one, other = (t[columns].sort_values("customer_id", ignore_index=True) for t in (alone, inside))
    pd.testing.assert_frame_equal(one, other, check_dtype=False)


def test_an_order_of_tomorrow_is_not_known_today():
    rows = [("a", "2026-06-30 23:59:59", 5), ("a", "2026-07-01", 500), ("b", "2026-06-01", 6)]
    got = an.rfm(orders(*rows), as_of=KNOWN).set_index("customer_id")
    assert got.loc["a", ["recency_days", "frequency", "monetary"]].tolist() == [0, 1, 5]


def test_who_changed_only_in_the_field_did_not_rise():
    """A customer stays second although three others are gone below."""
    now, before = measures(amount=[9, 8]), measures(amount=[9, 8, 7, 6, 5])
    got = an.rank_changes(now, before).set_index("customer_id")
    assert got.loc["c1", ["rank", "of", "rank_before", "of_before"]].tolist() == [2, 2, 2, 5]
    assert got.loc["c1", "change"] == "same"


def test_the_first_twenty_are_not_everybody_who_asked_nothing():
    table = measures(amount=list(range(100, 0, -1)), inquiries=[1, 2, 3] + [0] * 97)
    got = an.compare_rankings(table, ["amount", "inquiries"])
    assert got[["in_a", "in_b", "both"]].iloc[0].tolist() == [20, 3, 3]
