"""Every planted figure of the contracts of the sample company, counted with plain Python from the written file."""

from collections import Counter, defaultdict
from datetime import date
from functools import cache
from itertools import pairwise

from analysis.exports import read_export
from analysis.exports.propose import propose
from tests.support.parts import AS_OF, DATA, card, counts, day, entry, imported, listed, mapping, sorted_out

YEAR = (date(2025, 4, 1), AS_OF)


def is_good(row):
    start, end = day(row["契約開始日"]), day(row["契約終了日"])
    used = not row["最終利用日"] or day(row["最終利用日"])
    return bool(row["顧客コード"] and start and end and start <= end and used and row["月額（円）"].isdigit())


@cache
def found():
    return sorted_out(listed("contracts", encoding="utf-8-sig"), is_good)


def terms():
    return found()[0]


def under_contract(on):
    return {row["顧客コード"] for row in terms() if day(row["契約開始日"]) <= on <= day(row["契約終了日"])}


def due():
    """Terms that end in the year."""
    return [row for row in terms() if YEAR[0] <= day(row["契約終了日"]) <= YEAR[1]]


def renewed(rows):
    """Those whose customer has a term that begins on the next day."""
    starts = defaultdict(set)
    for row in terms():
        starts[row["顧客コード"]].add(day(row["契約開始日"]).toordinal())
    return [row for row in rows if day(row["契約終了日"]).toordinal() + 1 in starts[row["顧客コード"]]]


def test_manifest_and_card_state_the_rows():
    accepted, duplicates, refused = found()
    read = {"read": 600, "accepted": len(accepted), "duplicates": len(duplicates), "refused": len(refused)}
    assert entry("contracts")["rows"] == read == {"read": 600, "accepted": 595, "duplicates": 0, "refused": 5}
    for line in refused:
        assert f"| {line:,} |" in card("contracts_20260331")


def test_a_workspace_finds_the_same_rows_without_being_told_the_columns(tmp_path):
    assert propose(read_export(DATA / entry("contracts")["file"])).mapping == mapping("contracts")
    ws, landed = imported("contracts", tmp_path)
    assert (landed.kind, landed.as_of, counts(landed)) == ("contracts", AS_OF, entry("contracts")["rows"])
    table = ws.table("contracts")
    assert len(table) == 595
    assert str(table["最終利用日"].dtype).startswith("datetime64")
    refused = ws.refused(landed.id).set_index("line")["reason"].to_dict()
    assert set(refused) == found()[2]
    assert sorted(refused.values()) == ["end_before_start", "footer", "impossible_date", "missing", "missing"]


def test_the_file_is_written_as_the_system_writes_it():
    raw = (DATA / entry("contracts")["file"]).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 601
    assert raw.decode("utf-8-sig").splitlines()[-1].startswith("合計,")


def test_245_of_250_continue_in_march():
    before, after = under_contract(date(2026, 3, 1)), under_contract(date(2026, 4, 1))
    assert (len(before & after), len(before)) == (245, 250)


def test_157_of_200_are_renewed_over_the_year():
    assert (len(renewed(due())), len(due())) == (157, 200)
    assert {row["更新結果"] for row in renewed(due())} == {"更新"}
    assert Counter(row["更新結果"] for row in due()) == {"更新": 157, "解約": 43}


def test_first_renewals_are_69_of_100_and_later_ones_88_of_100():
    first = [row for row in due() if row["更新回数"] == "0"]
    later = [row for row in due() if row["更新回数"] != "0"]
    assert (len(renewed(first)), len(first), len(renewed(later)), len(later)) == (69, 100, 88, 100)


def test_43_ended_and_why():
    ended = [row for row in terms() if row["更新結果"] == "解約"]
    assert Counter(row["解約理由"] for row in ended) == {"予算": 15, "担当変更": 9, "効果": 7, "その他": 4, "": 8}
    assert ended == [row for row in due() if row["更新結果"] == "解約"]
    assert not [row for row in terms() if row["解約理由"] and row["更新結果"] != "解約"]


def test_11_of_15_who_ended_for_the_budget_were_silent_for_60_days():
    def silent(row):
        return (day(row["契約終了日"]) - day(row["最終利用日"])).days >= 60

    ended = [row for row in terms() if row["更新結果"] == "解約"]
    assert Counter((row["解約理由"], silent(row)) for row in ended if row["解約理由"] == "予算") == {
        ("予算", True): 11,
        ("予算", False): 4,
    }
    assert not [row for row in ended if silent(row) and row["解約理由"] != "予算"]


def test_terms_are_years_that_follow_on_one_another():
    by_customer = defaultdict(list)
    for row in terms():
        by_customer[row["顧客コード"]].append(row)
    assert len(by_customer) == 288
    for rows in by_customer.values():
        rows.sort(key=lambda row: day(row["契約開始日"]))
        assert [row["更新回数"] for row in rows] == [str(number) for number in range(len(rows))]
        assert len({(row["契約番号"], row["プラン"], row["月額（円）"]) for row in rows}) == 1
        for row, following in pairwise(rows):
            assert day(following["契約開始日"]).toordinal() == day(row["契約終了日"]).toordinal() + 1
        assert {row["更新結果"] for row in rows[:-1]} <= {"更新"}
        assert rows[-1]["更新結果"] == ("契約中" if day(rows[-1]["契約終了日"]) > AS_OF else "解約")


def test_last_use_lies_within_the_term_and_before_the_day_of_the_list():
    for row in terms():
        if day(row["契約開始日"]) > AS_OF:
            assert row["最終利用日"] == ""
        else:
            assert day(row["契約開始日"]) <= day(row["最終利用日"]) <= min(day(row["契約終了日"]), AS_OF)


def test_card_states_the_planted_figures():
    for said in (
        *("245 / 250 = 98.0%", "157 / 200 = 78.5%", "69 / 100 = 69.0%", "88 / 100 = 88.0%", "解約 43 件"),
        *("予算 15・担当変更 9・効果 7・その他 4・（未記入） 8", "15 件のうち 11 件は、終わる 60 日以上前"),
    ):
        assert said in card("contracts_facts"), said
