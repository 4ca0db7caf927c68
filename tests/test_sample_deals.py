"""Every planted figure of the deals of the sample company, counted with plain Python from the written file."""

from collections import Counter
from datetime import timedelta
from functools import cache

import pytest

from analysis.exports import read_export
from analysis.exports.phases import dates_of
from analysis.exports.propose import propose
from tests.support.parts import AS_OF, DATA, card, counts, day, entry, imported, listed, mapping, sorted_out

STEPS = ("アプローチ", "ヒアリング", "提案", "見積")
DATES = [f"{step}日" for step in STEPS]
DAYS = ["作成日", *DATES, "完了予定日", "完了日", "最終更新日"]
WON, LOST = "5 受注", "6 失注"


def is_good(row):
    amount = row["金額"].replace(",", "")
    dates = all(day(row[name]) for name in DAYS if row[name])
    return bool(row["商談番号"] and row["フェーズ"]) and dates and (not amount or amount.isdigit())


@cache
def found():
    return sorted_out(listed("deals", encoding="cp932"), is_good, "商談番号")


def deals(**where):
    return [row for row in found()[0] if all(row[column] == value for column, value in where.items())]


def closed(rows):
    return [row for row in rows if row["フェーズ"] in (WON, LOST)]


def test_manifest_and_card_state_the_rows():
    accepted, duplicates, refused = found()
    read = {"read": 307, "accepted": len(accepted), "duplicates": len(duplicates), "refused": len(refused)}
    assert entry("deals")["rows"] == read == {"read": 307, "accepted": 300, "duplicates": 1, "refused": 6}
    for line in duplicates | refused:
        assert f"| {line:,} |" in card("deals_20260331")
    assert "読んだ行 307 ＝ 取り込む 300 ＋ 重複 1 ＋ 取り込めない 6" in card("deals_20260331")


def test_a_workspace_finds_the_same_rows_without_being_told_the_columns(tmp_path):
    assert propose(read_export(DATA / entry("deals")["file"]), with_names=True).mapping == mapping("deals")
    ws, landed = imported("deals", tmp_path)
    assert (landed.kind, landed.as_of, counts(landed)) == ("deals", AS_OF, entry("deals")["rows"])
    table = ws.table("deals")
    assert sorted(table["deal_id"]) == sorted(row["商談番号"] for row in deals())
    assert [str(table[name].dtype)[:10] for name in (*DATES, "完了予定日")] == ["datetime64"] * 5
    assert table["提案日"].count() == sum(bool(row["提案日"]) for row in deals())
    assert set(ws.refused(landed.id)["line"]) == found()[2]


def test_the_file_is_written_as_the_system_writes_it():
    raw = (DATA / entry("deals")["file"]).read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.count(b"\r\n") == raw.count(b"\n") == 308
    assert raw.decode("cp932").startswith('"商談番号","商談名"')
    assert "～" in raw.decode("cp932")


def test_72_of_200_closed_deals_are_won():
    phases = Counter(row["フェーズ"] for row in deals())
    assert len(deals()) == 300
    assert (phases[WON], len(closed(deals()))) == (72, 200)
    assert phases == {"1 アプローチ": 34, "2 ヒアリング": 28, "3 提案": 23, "4 見積": 15, WON: 72, LOST: 128}


def test_oka_wins_3_of_3_and_saeki_18_of_40():
    def of(owner):
        mine = closed(deals(商談所有者=owner))
        return sum(row["フェーズ"] == WON for row in mine), len(mine)

    assert (of("岡 直人"), of("佐伯 由香")) == ((3, 3), (18, 40))
    owners = {row["商談所有者"] for row in deals()}
    assert sum(of(owner)[0] for owner in owners) == 72
    assert all(f"| {owner} | {of(owner)[0]} / {of(owner)[1]} = " in card("deals_facts") for owner in owners)


def test_reasons_of_the_128_that_are_lost():
    lost = deals(フェーズ=LOST)
    assert Counter(row["失注理由"] for row in lost) == {"価格": 38, "時期": 26, "競合": 14, "途絶": 10, "": 40}
    assert not [row for row in deals() if row["失注理由"] and row["フェーズ"] != LOST]


def test_deals_that_reached_each_phase():
    def reached(row, step):
        stands = {f"{number} {name}": number for number, name in enumerate((*STEPS, "受注"), 1)}.get(row["フェーズ"], 0)
        dated = max((number for number, name in enumerate(DATES, 1) if row[name]), default=0)
        return max(stands, dated) >= step

    got = [sum(reached(row, step) for row in deals()) for step in range(1, 6)]
    assert got == [300, 220, 154, 105, 72]
    for name, count in zip(("1 アプローチ", "2 ヒアリング", "3 提案", "4 見積", WON), got, strict=True):
        assert f"| {name} | {count} |" in card("deals_facts")


def test_dates_run_forward_and_end_before_the_day_of_the_list():
    for row in deals():
        days = [day(row[name]) for name in ("作成日", *DATES, "完了日") if row[name]]
        assert days == sorted(days)
        assert days[-1] <= AS_OF
        assert bool(row["完了日"]) == (row["フェーズ"] in (WON, LOST))
        assert day(row["最終更新日"]) == days[-1]


def test_nine_closed_deals_lack_a_date_between_others():
    def gaps(row):
        dated = [bool(row[name]) for name in DATES]
        last = max(place for place, there in enumerate(dated) if there)
        return dated[:last].count(False)

    assert Counter(map(gaps, closed(deals()))) == {0: 191, 1: 9}
    assert {gaps(row) for row in deals() if row not in closed(deals())} == {0}


def test_open_deals_that_stand_still_are_overdue_or_have_no_amount():
    still_open = [row for row in deals() if not row["完了日"]]
    assert len(still_open) == 100
    assert sum(AS_OF - day(row["最終更新日"]) > timedelta(days=90) for row in still_open) == 31
    assert sum(day(row["完了予定日"]) < AS_OF for row in still_open) == 44
    assert sum(not row["金額"] for row in still_open) == 22
    assert all(row["金額"] for row in closed(deals()))


def test_source_and_size_stand_in_the_card_cell_by_cell():
    cells = {(row["主リードソース"], row["従業員規模"]) for row in deals()}
    assert len(cells) == 15
    for source, size in cells:
        mine = deals(主リードソース=source, 従業員規模=size)
        over = closed(mine)
        said = f"{len(mine)} | {sum(row['フェーズ'] == WON for row in over)} / {len(over)} ="
        (line,) = [x for x in card("deals_facts").splitlines() if x.startswith(f"| {source} | {size} |")]
        assert said in line
    middle = [deals(主リードソース=source, 従業員規模="100～299名") for source in ("展示会", "紹介", "既存顧客")]
    assert [len(rows) for rows in middle] == [28, 20, 24]


def test_phases_find_their_columns_of_dates():
    phases = {row["フェーズ"] for row in deals()}
    assert dates_of(sorted(phases), mapping("deals").steps) == {
        f"{number} {step}": f"{step}日" for number, step in enumerate(STEPS, 1)
    }


def test_card_states_the_planted_figures():
    for said in ("72 / 200 = 36.0%", "72 / 300 = 24.0%", "3 / 3 = 100.0%", "18 / 40 = 45.0%", "220 / 300 = 73.3%"):
        assert said in card("deals_facts"), said
    assert "価格 38・時期 26・競合 14・途絶 10・（空欄） 40" in card("deals_facts")
