"""Every planted figure of the sample company's own site, counted with plain Python from the written file."""

from collections import Counter, defaultdict
from datetime import date, datetime
from functools import cache

from analysis.exports import read_export
from analysis.exports.propose import propose
from tests.support.parts import AS_OF, DATA, card, counts, entry, imported, listed, mapping, sorted_out

FIRST = {"SP-BE03": (288, 2400), "BE-030": (270, 900), "BE-030T": (378, 450), "ST-BE01": (100, 250)}


def at(row):
    try:
        return datetime.strptime(row["注文日時"], "%Y/%m/%d %H:%M")
    except ValueError:
        return None


@cache
def found():
    return sorted_out(listed("ec", encoding="utf-8-sig"), lambda row: at(row) and row["金額"].isdigit())


@cache
def histories():
    """Member -> orders, oldest first: (moment, codes)."""
    members = defaultdict(lambda: defaultdict(set))
    for row in found()[0]:
        members[row["会員ID"]][at(row), row["注文番号"]].add(row["商品コード"])
    return {member: [(when, codes) for (when, _), codes in sorted(own.items())] for member, own in members.items()}


@cache
def beginners():
    """Members whose first order is a code of the serum: member -> (that code, its moment, later orders)."""
    firsts = {member: (min(own[0][1]), own[0][0], own[1:]) for member, own in histories().items()}
    return {member: first for member, first in firsts.items() if first[0] in FIRST}


def test_manifest_and_card_state_the_rows():
    accepted, duplicates, refused = found()
    read = {"read": 9131, "accepted": len(accepted), "duplicates": len(duplicates), "refused": len(refused)}
    assert entry("ec")["rows"] == read == {"read": 9131, "accepted": 9128, "duplicates": 0, "refused": 3}
    for line in refused:
        assert f"| {line:,} |" in card("ec_orders")


def test_a_workspace_finds_the_same_rows_without_being_told_the_columns(tmp_path):
    assert propose(read_export(DATA / entry("ec")["file"])).mapping == mapping("ec")
    ws, landed = imported("ec", tmp_path)
    assert (landed.kind, landed.as_of, counts(landed)) == ("orders", None, entry("ec")["rows"])
    assert set(ws.refused(landed.id)["line"]) == found()[2]


def test_members_are_ids_without_names():
    assert {*found()[0][0]} == {
        *("注文番号", "注文日時", "会員ID", "商品コード", "商品名", "数量", "金額", "流入元"),
    }
    assert all(len(member) == 7 and member[1:].isdigit() for member in histories())


def test_4000_begin_with_one_of_four_codes_and_1036_buy_the_serum_again():
    begun = Counter(code for code, _, _ in beginners().values())
    assert begun == {code: buyers for code, (_, buyers) in FIRST.items()}
    again = Counter(code for code, _, later in beginners().values() if any(codes & set(FIRST) for _, codes in later))
    assert again == {code: repeats for code, (repeats, _) in FIRST.items()}
    assert (sum(again.values()), sum(begun.values())) == (1036, 4000)
    assert f"{1036 / 4000:.1%}" == "25.9%"


def test_the_first_order_is_one_line_and_who_does_not_return_buys_nothing_else():
    assert all(len(own[0][1]) == 1 for own in histories().values())
    assert sum(bool(later) for _, _, later in beginners().values()) == 1036


def test_everybody_who_returns_does_so_within_85_days_and_everybody_had_90():
    gaps = [(later[0][0].date() - first.date()).days for _, first, later in beginners().values() if later]
    assert (min(gaps) >= 14, max(gaps)) == (True, 85)
    assert all(codes & set(FIRST) for _, _, later in beginners().values() for _, codes in later)
    firsts = [own[0][0].date() for own in histories().values()]
    assert (min(firsts), max(firsts)) == (date(2025, 4, 1), date(2025, 9, 30))
    assert (AS_OF - max(firsts)).days > 90
    assert max(when.date() for own in histories().values() for when, _ in own) <= AS_OF


def test_others_begin_with_another_product_and_never_buy_the_serum():
    others = [own for member, own in histories().items() if member not in beginners()]
    assert (len(histories()), len(others)) == (5400, 1400)
    assert not [codes for own in others for _, codes in own if codes & set(FIRST)]


def test_members_are_no_shops():
    shops = {row["得意先コード"] for _, row in listed("shop_orders_fy2025", encoding="cp932")}
    assert not shops & set(histories())


def test_card_states_the_planted_figures():
    for said in (
        *("1,036 / 4,000 = 25.9%", "288 / 2,400 = 12.0%", "270 / 900 = 30.0%", "378 / 450 = 84.0%"),
        *("100 / 250 = 40.0%", "5,400 人・9,128 行", "1,400 人", "85 日以内"),
    ):
        assert said in card("ec_facts"), said
