"""Every planted figure of お店の物語 in the sample company, counted with plain Python from the written workbook."""

from collections import Counter
from datetime import datetime
from functools import cache
from itertools import pairwise

import openpyxl

from analysis.exports import read_export
from analysis.exports.propose import propose
from tests.support.parts import AS_OF, DATA, card, counts, day, entry, imported, listed, mapping, sorted_out

STEPS = ("アサイン", "日程確定", "取材", "執筆", "編集", "提出", "校正", "公開")
CUSTOMER, US = "お客さま", "当社"
SIDES = dict.fromkeys(("アサイン", "日程確定", "校正"), CUSTOMER) | dict.fromkeys(("取材", "執筆", "編集", "提出"), US)


def is_good(row):
    return bool(row["管理番号"]) and all(day(row[name]) for name in (*STEPS, "公開予定日") if row[name])


@cache
def found():
    return sorted_out(listed("production", header=2), is_good, "管理番号")


def shops():
    return found()[0]


def step_of(row):
    """The last step that has a date."""
    return [step for step in STEPS if row[step]][-1]


def still_open():
    return [row for row in shops() if step_of(row) != "公開"]


def test_manifest_and_card_state_the_rows():
    accepted, duplicates, refused = found()
    read = {"read": 65, "accepted": len(accepted), "duplicates": len(duplicates), "refused": len(refused)}
    assert entry("production")["rows"] == read == {"read": 65, "accepted": 60, "duplicates": 1, "refused": 4}
    for line in duplicates | refused:
        assert f"| {line:,} |" in card("production_20260331")


def test_a_workspace_finds_the_same_rows_without_being_told_the_columns(tmp_path):
    proposed = propose(read_export(DATA / entry("production")["file"]), with_names=True).mapping
    assert proposed == mapping("production")
    assert proposed.steps == STEPS
    ws, landed = imported("production", tmp_path)
    assert (landed.kind, landed.as_of, counts(landed)) == ("cases", AS_OF, entry("production")["rows"])
    table = ws.table("cases").set_index("case_id")
    expected = {row["管理番号"]: [day(row[step]) for step in STEPS] for row in shops()}
    got = {
        case: [None if cell != cell else cell.date() for cell in row]
        for case, row in zip(table.index, table[[*STEPS]].itertuples(index=False), strict=True)
    }
    assert got == expected
    assert set(ws.refused(landed.id)["line"]) == found()[2]


def test_the_sheet_is_kept_as_a_team_keeps_it():
    sheet = openpyxl.load_workbook(DATA / entry("production")["file"]).active
    assert sheet.title == "進行表"
    assert sheet["A1"].value == "お店の物語 進行表"
    assert [cell.value for cell in sheet[3]][5:13] == list(STEPS)
    cells = [row["日程確定"] for row in shops() if row["日程確定"]]
    assert Counter(isinstance(cell, datetime) for cell in cells)[False] == 5


def test_60_shops_of_which_24_are_published_and_36_open():
    assert (len(shops()), len(still_open())) == (60, 36)
    assert len({row["店舗コード"] for row in shops()}) == 60


def test_where_the_36_wait_and_with_whom_the_ball_is():
    waiting = Counter(map(step_of, still_open()))
    assert waiting == {"アサイン": 14, "日程確定": 6, "取材": 1, "執筆": 3, "編集": 2, "提出": 2, "校正": 8}
    assert Counter(SIDES[step_of(row)] for row in still_open()) == {CUSTOMER: 28, US: 8}
    assert all(row["ボール"] == SIDES.get(step_of(row), "") for row in shops())


def test_25_of_36_have_a_planned_day_and_16_truly():
    planned = [day(row["公開予定日"]) for row in still_open() if row["公開予定日"]]
    assert (len(planned), sum(at < AS_OF for at in planned), sum(at > AS_OF for at in planned)) == (25, 9, 16)


def test_what_is_odd_about_the_dates():
    published = [row for row in shops() if step_of(row) == "公開"]
    assert Counter(step for row in published for step in STEPS if not row[step]) == {"提出": 3}
    assert not [row for row in still_open() if not all(row[s] for s in STEPS[: STEPS.index(step_of(row))])]
    backwards, same_day = [], []
    for row in shops():
        dated = [(step, day(row[step])) for step in STEPS if row[step]]
        for (step, at), (following, then) in pairwise(dated):
            backwards += [(step, following)] * (then < at)
            same_day += [(step, following)] * (then == at)
    assert backwards == [("執筆", "編集")]
    assert same_day == [("編集", "提出")] * 4


def test_no_step_lies_after_the_day_of_the_list():
    assert max(day(row[step]) for row in shops() for step in STEPS if row[step]) <= AS_OF


def test_card_states_the_planted_figures():
    for said in (
        *("60 店舗：公開済み 24、制作中 36", "お客さま待ち 28、当社の作業 8", "| アサイン | お客さま | 14 |"),
        *("36 のうち 25", "9 は過ぎた日付", "本当に予定があるのは 16"),
    ):
        assert said in card("production_facts"), said
