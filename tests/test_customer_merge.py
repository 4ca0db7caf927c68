"""Customers written in two ways: what is proposed and why, what is not, and decisions that are kept and taken back."""

from datetime import datetime

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import analysis as an
from analysis import errors
from analysis.customer_merge import REASONS, STEPS, canonical, reasons
from analysis.merge_decisions import DIFFERENT, SAME


def named(*rows):
    """(id, name, rows, listed) with the last two left out where they do not matter."""
    filled = [(*row, *(1, 1)[len(row) - 2 :]) for row in rows]
    return pd.DataFrame(filled, columns=["customer_id", "customer_name", "rows", "listed"])


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        ("みなと薬品株式会社", "株式会社みなと薬品", ("form",)),
        ("みなと薬品株式会社", "㈱みなと薬品", ("form",)),
        ("みなと薬品(株)", "みなと薬品（株）", ("form",)),
        ("有限会社つばき", "㈲つばき", ("form",)),
        ("つばき合同会社", "つばき", ("form",)),
        ("みなと薬品", "みなと　薬品", ("spaces",)),
        ("みなと薬品", "みなと 薬品", ("spaces",)),
        ("ABC商店", "ＡＢＣ商店", ("width",)),
        ("ABC商店", "abc商店", ("case",)),
        ("ｺｰﾋｰ館", "コーヒー館", ("width",)),
        ("つばき薬局", "ツバキ薬局", ("kana",)),
        ("シヨツプ花", "ショップ花", ("small_kana",)),
        ("コンピューター堂", "コンピュータ堂", ("long_vowel",)),
        ("Acme Co., Ltd.", "Acme", ("form",)),
        ("コーヒー・ハウス", "コーヒーハウス", ("spaces",)),
        ("つばき薬局", "つばき薬局", ("same_name",)),
        ("㈱ツバキ　薬局", "つばき薬局", ("form", "kana", "spaces")),
    ],
)
def test_names_that_differ_only_in_how_they_are_written_are_proposed_with_the_reason(one, other, why):
    (found,) = an.merge_candidates(named(("S1", one), ("S2", other)))
    assert {found.written, found.kept} == {"S1", "S2"}
    assert set(found.reasons) == set(why)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("みなと薬品", "みなと薬局"),
        ("中央店", "中央一店"),
        ("株式会社", "㈱"),  # nothing but a legal form
        ("S-1-11", "S-11-1"),
        ("17850.0", "178500"),
        ("1,234", "12,34"),
        ("ー", "－"),
    ],
)
def test_other_names_are_not_proposed(one, other):
    assert an.merge_candidates(named((one, None), (other, None))) == []


def test_the_listed_one_stays_then_the_one_with_a_name_then_the_one_with_more_rows():
    names = named(("みなと薬品", None, 900, 0), ("S2", "㈱みなと薬品", 3, 0), ("S1", "みなと薬品株式会社", 9, 0))
    assert [(each.written, each.kept) for each in an.merge_candidates(names)] == [("みなと薬品", "S1"), ("S2", "S1")]
    listed = names.assign(listed=[0, 1, 0])
    assert {each.kept for each in an.merge_candidates(listed)} == {"S2"}


def test_what_somebody_decided_is_not_asked_again():
    names = named(("S1", "㈱みなと"), ("S2", "みなと"))
    assert an.merge_candidates(names, decided=[("S2", "S1")]) == []
    assert len(an.merge_candidates(names, decided=[("S2", "S3")])) == 1


def test_ids_are_compared_by_every_name_beside_them():
    names = named(("S1", "みなと", 5), ("S1", "港薬品", 2), ("S2", "ミナト", 1), ("S3", "港 薬品", 1))
    assert {(each.written, each.kept) for each in an.merge_candidates(names)} == {("S2", "S1"), ("S3", "S1")}


NAME = st.text(st.sampled_from("みミなﾅとト ー－株式会社(株)㈱ＡaAｂ.・薬"), max_size=8)


@settings(max_examples=60, deadline=None)
@given(NAME, NAME)
def test_a_proposal_is_of_two_names_of_one_canonical_form_and_says_what_differs(one, other):
    found = an.merge_candidates(named(("S1", one or None), ("S2", other or None)))
    alike = canonical(one or "S1") == canonical(other or "S2") != ""
    assert bool(found) == alike
    for each in found:
        assert set(each.reasons) <= set(REASONS)
        assert each.reasons
    assert canonical(canonical(one)) == canonical(one)


def test_a_reason_is_a_step_without_which_the_names_differ():
    for step in STEPS:
        assert step in REASONS
    assert reasons("ＡＢＣ", "abc") == ("width", "case")


def orders(*rows):
    frame = pd.DataFrame(rows, columns=["customer_id", "customer_name", "amount"])
    return frame.assign(ordered_at=pd.Timestamp(2026, 3, 1))


def test_every_id_of_every_table_is_named():
    sold = orders(("S1", "みなと", 1), ("S1", "みなと", 2), ("S1", "㈱みなと", 3), (None, "だれか", 4), ("S2", "", 5))
    listed = pd.DataFrame({"customer_id": ["S1", "S9"], "customer_name": ["みなと", "つばき"]})
    deals = pd.DataFrame({"customer_id": ["みなと薬品", "S2"], "deal_id": ["1", "2"]})
    expected = [
        ("S1", "みなと", 3, 1),
        ("S1", "㈱みなと", 1, 0),
        ("S2", None, 2, 0),
        ("S9", "つばき", 1, 1),
        ("みなと薬品", None, 1, 0),
    ]
    found = an.customer_names(sold, customers=listed, deals=deals)
    assert sorted(map(_plain, found.itertuples(index=False)), key=repr) == sorted(expected, key=repr)
    with duckdb.connect() as connection:
        given = {name: connection.from_df(each) for name, each in (("customers", listed), ("deals", deals))}
        rows = an.customer_names(connection.from_df(sold), **given).fetchall()
    assert sorted(rows, key=repr) == sorted(expected, key=repr)


def _plain(row):
    return tuple(None if pd.isna(value) else value for value in row)


def decision(written, kept, choice=SAME, who="sato", at="2026-04-01 10:00"):
    return an.Decision(written, kept, choice, who, at, ("form",))


def test_a_decision_is_kept_with_who_and_when_and_can_be_taken_back():
    made = an.Decisions().add(decision("㈱みなと", "S1")).add(decision("S3", "S4", DIFFERENT))
    assert made.merges == {"㈱みなと": "S1"}
    assert made.decided == [("㈱みなと", "S1"), ("S3", "S4")]
    again = an.Decisions.from_json(made.to_json())
    assert again == made
    assert again.history[0].who == "sato"
    back = again.reverse("㈱みなと", "S1", who="oka", at="2026-04-02 09:00")
    assert (back.merges, back.decided) == ({}, [("S3", "S4")])
    assert [each.choice for each in back.history] == ["same", "different", "open"]
    assert back.history[-1].who == "oka"


def test_the_last_word_about_a_way_of_writing_counts():
    made = an.Decisions().add(decision("a", "b")).add(decision("a", "c"))
    assert made.merges == {"a": "c"}
    assert made.decided == [("a", "c")]
    turned = made.add(decision("c", "a"))
    assert turned.merges == {"c": "a"}
    assert turned.add(decision("a", "c", DIFFERENT)).merges == {}


def test_decisions_that_lead_back_are_refused():
    made = an.Decisions().add(decision("a", "b")).add(decision("b", "c"))
    assert made.merges == {"a": "b", "b": "c"}
    with pytest.raises(errors.MergeError):
        made.add(decision("c", "a"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"version": 2, "decisions": []}',
        '{"version": 1}',
        '{"version": 1, "decisions": [{"written": "a"}]}',
        '{"version": 1, "decisions": [{"written": "a", "kept": "b", "choice": "maybe", "who": null, "at": "x"}]}',
        '{"version": 1, "decisions": [{"written": "", "kept": "b", "choice": "same", "who": null, "at": "x"}]}',
    ],
)
def test_a_text_that_holds_no_decisions_is_refused(text):
    with pytest.raises(errors.MergesTextError):
        an.Decisions.from_json(text)


def test_a_merge_of_decisions_is_what_the_measures_take():
    sold = orders(("㈱みなと", "x", 10), ("S1", "x", 20))
    made = an.Decisions().add(decision("㈱みなと", "S1"))
    found = an.measure_customers(sold, merges=made.merges, measures="amount")
    assert found.to_dict("list") == {"customer_id": ["S1"], "amount": [30]}
    assert sold["customer_id"].tolist() == ["㈱みなと", "S1"]
    assert datetime.fromisoformat(made.history[0].at) == datetime(2026, 4, 1, 10)
