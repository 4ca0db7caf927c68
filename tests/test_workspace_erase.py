"""Erasing is real: afterwards no byte of the file is anywhere below the workspace's folder."""

import pytest
from workspace_files import assert_whole, leaks, log, write_csv

import analysis as an
from analysis.exports.mapping import Mapping
from analysis.workspace import Workspace

TEN, ELEVEN = "2026-04-01 10:00:00", "2026-04-01 11:00:00"
MARKS = ["縞馬ユーザー", "縞馬の見出し", "縞馬の値", "縞馬ファイル", "縞馬の担当", "縞馬の不明"]


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def marked(tmp_path):
    """A log with a marker in every place: file name, header, id, value, refused value, another event."""
    rows = [(TEN, "縞馬ユーザー", "縞馬の値"), (TEN, "a", "PC"), ("縞馬の不明", "縞馬ユーザー", "縞馬の値")]
    return an.read_export(write_csv(tmp_path / "縞馬ファイル.csv", ["日時", "ユーザーID", "縞馬の見出し"], rows))


def add_marked(ws, tmp_path):
    added = ws.add(marked(tmp_path), kind="activity", who="縞馬の担当")
    ws.prepare()
    ws.values("activity", "縞馬の見出し")
    return added


def found(ws):
    return {mark: places for mark in MARKS if (places := leaks(ws.folder, mark))}


def test_the_markers_are_there_before(ws, tmp_path):
    add_marked(ws, tmp_path)
    places = found(ws)
    assert sorted(places) == sorted(MARKS)
    everywhere = {place.partition("/")[0] for each in places.values() for place in each}
    assert {"tables", "refused", "originals", "derived"} < everywhere


def test_nothing_of_an_erased_import_is_left(ws, tmp_path):
    ws.add(log(tmp_path, "other.csv", (TEN, "a", "PC"), (ELEVEN, "b", "PC")), kind="activity")
    erased = ws.erase(add_marked(ws, tmp_path).id)
    assert found(ws) == {}
    assert erased.names == ("縞馬ファイル.csv",)
    assert erased.rows == 3
    assert erased.files == 5  # table, refused rows, original, keys, days
    assert erased.bytes == sum(erased.parts.values()) > 0
    assert [each.name for each in ws.imports()] == ["other.csv"]
    assert len(ws.table("activity")) == 2
    assert_whole(ws)


def test_nothing_is_left_after_undo_redo_and_erase_by_a_later_process(ws, tmp_path):
    added = add_marked(ws, tmp_path)
    ws.undo(added.id)
    ws.redo(added.id)
    ws.close()
    later = Workspace.open(ws.folder)
    later.erase(added.id)
    assert found(later) == {}
    later.close()
    assert found(later) == {}


def test_an_undone_import_can_be_erased(ws, tmp_path):
    added = add_marked(ws, tmp_path)
    ws.undo(added.id)
    ws.erase(added.id)
    assert found(ws) == {}
    assert ws.imports() == []


def test_nothing_is_left_after_erasing_everything(ws, tmp_path):
    add_marked(ws, tmp_path)
    ws.add(log(tmp_path, "other.csv", (TEN, "a", "PC"), ("?", "b", "PC")), kind="activity")
    ws.set_setting("filter", ["縞馬の値"])
    erased = ws.erase_all()
    assert found(ws) == {}
    assert leaks(ws.folder, "other.csv") == []
    assert erased.names == ("縞馬ファイル.csv", "other.csv")
    assert ws.imports() == []
    assert ws.setting("filter") is None
    assert {part for part, size in ws.disk().items() if size} == {"catalog"}
    assert ws.as_of is None
    assert_whole(ws)


def test_a_mapping_stays_while_another_import_has_the_same_headers(ws, tmp_path):
    first = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC"), device="縞馬の見出し"), kind="activity")
    second = ws.add(log(tmp_path, "b.csv", (ELEVEN, "a", "PC"), device="縞馬の見出し"), kind="activity")
    ws.erase(first.id)
    assert ws.remembered("activity", second.shape) == second.mapping
    ws.erase(second.id)
    assert ws.remembered("activity", second.shape) is None
    assert leaks(ws.folder, "縞馬") == []


def test_an_original_that_another_import_shares_stays(ws, tmp_path):
    path = write_csv(tmp_path / "users_20260331.csv", ["ユーザーID", "日時"], [("a", TEN)])
    users = ws.add(an.read_export(path), mapping=Mapping("users", {"user_id": "ユーザーID"}))
    usage = ws.add(an.read_export(path), mapping=Mapping("activity", {"user_id": "ユーザーID", "occurred_at": "日時"}))
    ws.erase(users.id)
    assert ws.layout.original(usage.sha256).exists()
    ws.erase(usage.id)
    assert not ws.layout.original(usage.sha256).exists()


def test_an_id_is_never_given_twice(ws, tmp_path):
    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    ws.erase_all()
    assert ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity").id > added.id


def test_a_left_out_column_is_nowhere(ws, tmp_path):
    rows = [("a", "縞馬 太郎", "東"), ("b", "縞馬 花子", "西"), ("", "縞馬 次郎", "西"), ("c", "縞馬 三郎", "東")]
    path = write_csv(tmp_path / "users_20260331.csv", ["ユーザーID", "氏名", "エリア"], rows)
    added = ws.add(an.read_export(path), kind="users")
    assert (added.accepted, added.refused) == (3, 1)
    ws.table("users")
    assert leaks(ws.folder, "縞馬") == []
