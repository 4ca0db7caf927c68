"""A workspace saved to one ZIP comes back whole; a ZIP that is not one, or was changed, brings nothing."""

import json
import zipfile

import pytest
from killing import state
from workspace_files import assert_whole, log, roster

import analysis as an
from analysis import errors
from analysis.workspace import Workspace, archive

TEN, ELEVEN, NOON = "2026-04-01 10:00:00", "2026-04-01 11:00:00", "2026-04-01 12:00:00"


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    workspace.add(roster(tmp_path, "users_20260331.csv", ("a", "東"), ("b", "西"), ("", "西")), kind="users")
    first = workspace.add(log(tmp_path, "first.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")), kind="activity")
    workspace.add(
        log(tmp_path, "second.csv", (ELEVEN, "a", "PC"), ("?", "b", "PC"), (NOON, "c", "PC")), kind="activity"
    )
    workspace.add(log(tmp_path, "third.csv", (NOON, "c", "PC"), (NOON, "d", "PC")), kind="activity")
    workspace.undo(first.id)
    workspace.set_setting("goal", 62.5)
    yield workspace
    workspace.close()


@pytest.fixture
def saved(ws, tmp_path):
    ws.save(tmp_path / "保存.zip")
    return tmp_path / "保存.zip"


def changed(saved, change):
    """A copy of the ZIP; `change` gets and returns {name: bytes}."""
    with zipfile.ZipFile(saved) as source:
        files = {name: source.read(name) for name in source.namelist()}
    target = saved.with_name("changed.zip")
    with zipfile.ZipFile(target, "w") as copy:
        for name, content in change(files).items():
            copy.writestr(name, content)
    return target


def refused(tmp_path, path, error, match):
    """Restoring is refused, and the folder stays an empty workspace."""
    with pytest.raises(error, match=match):
        Workspace.restore(path, tmp_path / "there")
    there = Workspace.open(tmp_path / "there")
    assert there.imports() == []
    assert_whole(there)
    there.close()


def test_a_restored_workspace_shows_the_same(ws, saved, tmp_path):
    there = Workspace.restore(saved, tmp_path / "there")
    assert state(there) == state(ws)
    assert there.setting("goal") == 62.5
    assert [each.mapping for each in there.imports()] == [each.mapping for each in ws.imports()]
    assert there.remembered("activity", ws.imports()[1].shape) == ws.imports()[1].mapping
    assert_whole(there)
    there.redo("000002")
    ws.redo("000002")
    assert state(there) == state(ws)
    there.close()


def test_the_zip_holds_neither_derived_nor_unfinished_files(ws, saved):
    ws.prepare()
    with zipfile.ZipFile(saved) as file:
        assert {name.split("/")[0] for name in file.namelist()} == {
            "manifest.json", "catalog.sqlite", "tables", "refused", "originals"
        }  # fmt: skip
        assert file.testzip() is None
    assert not saved.with_name(saved.name + ".part").exists()


def test_saving_again_replaces_the_file(ws, saved, tmp_path):
    ws.add(log(tmp_path, "more.csv", ("2026-05-01", "a", "PC")), kind="activity")
    ws.save(saved)
    there = Workspace.restore(saved, tmp_path / "there")
    assert len(there.imports()) == 5
    there.close()


def test_restoring_into_an_open_empty_workspace_works_and_never_reuses_an_id(ws, saved, tmp_path):
    there = Workspace.open(tmp_path / "there")
    there.add(log(tmp_path, "gone.csv", (TEN, "z", "PC")), kind="activity")
    assert len(there.table("activity")) == 1
    there.erase_all()
    assert Workspace.restore(saved, there.folder) is there
    assert [each.id for each in there.imports()] == ["000002", "000003", "000004", "000005"]
    assert state(there)[1] == state(ws)[1]
    assert_whole(there)
    there.close()


def test_restoring_over_imports_is_refused(ws, saved):
    before = state(ws)
    with pytest.raises(errors.NotEmptyError, match="holds imported data"):
        Workspace.restore(saved, ws.folder)
    assert state(ws) == before


def test_what_is_no_zip_or_no_workspace_is_refused(tmp_path):
    picture = tmp_path / "picture.zip"
    picture.write_bytes(b"\x89PNG not a zip")
    refused(tmp_path, picture, errors.NotASavedWorkspaceError, "picture.zip")
    other = tmp_path / "other.zip"
    for content in ("{}", "[]", "not json", json.dumps({"format": "another", "files": {}})):
        with zipfile.ZipFile(other, "w") as file:
            file.writestr("manifest.json", content)
        refused(tmp_path, other, errors.NotASavedWorkspaceError, "other.zip")
    with zipfile.ZipFile(other, "w") as file:
        file.writestr("letter.txt", "hello")
    refused(tmp_path, other, errors.NotASavedWorkspaceError, "other.zip")


@pytest.mark.parametrize(
    "name",
    ["../evil.parquet", "/etc/evil", "tables/activity/../../evil", "tables/evil/000001.parquet", "C:\\evil", "run.py",
     "tables/activity/000001.parquet/x", "originals/" + "g" * 64],
)  # fmt: skip
def test_a_name_that_no_workspace_has_is_refused(saved, tmp_path, name):
    def smuggle(files):
        manifest = json.loads(files["manifest.json"])
        manifest["files"][name] = {"size": 4, "sha256": "0" * 64}
        return files | {name: b"evil", "manifest.json": json.dumps(manifest).encode()}

    path = changed(saved, smuggle)
    before = {each for each in tmp_path.rglob("*") if "there" not in each.parts}
    refused(tmp_path, path, errors.DamagedArchiveError, "Nothing was restored")
    assert {each for each in tmp_path.rglob("*") if "there" not in each.parts} == before


def table_of(files):
    return next(name for name in files if name.startswith("tables/activity"))


@pytest.mark.parametrize(
    "change",
    [
        lambda files: files | {table_of(files): files[table_of(files)][:-1] + b"x"},
        lambda files: files | {table_of(files): files[table_of(files)] + b"x" * 3_000_000},
        lambda files: {name: content for name, content in files.items() if name != table_of(files)},
        lambda files: files | {"originals/" + "a" * 64: b"unlisted"},
    ],
    ids=["a byte changed", "longer", "missing", "unlisted"],
)
def test_a_changed_zip_is_refused(saved, tmp_path, change):
    refused(tmp_path, changed(saved, change), errors.DamagedArchiveError, "damaged or has been changed")


def test_a_catalogue_that_names_other_files_is_refused(saved, tmp_path):
    def forget(files):
        manifest = json.loads(files["manifest.json"])
        gone = table_of(files)
        del manifest["files"][gone], files[gone]
        return files | {"manifest.json": json.dumps(manifest).encode()}

    refused(tmp_path, changed(saved, forget), errors.DamagedArchiveError, "catalog.sqlite")


def test_a_cut_off_zip_is_refused(saved, tmp_path):
    cut = tmp_path / "cut.zip"
    cut.write_bytes(saved.read_bytes()[: saved.stat().st_size // 2])
    refused(tmp_path, cut, errors.NotASavedWorkspaceError, "cut.zip")


def test_a_disk_too_small_is_a_sentence(saved, tmp_path, monkeypatch):
    monkeypatch.setattr(archive.shutil, "disk_usage", lambda _path: _Usage())
    refused(tmp_path, saved, errors.DiskFullError, "not enough space")


class _Usage:
    free = 10


def test_the_disk_held_is_told_by_part(ws):
    ws.prepare()
    disk = ws.disk()
    assert set(disk) == {"catalog", "tables", "refused", "originals", "derived", "incoming"}
    on_disk = sum(each.stat().st_size for each in ws.folder.rglob("*") if each.is_file())
    assert sum(disk.values()) == on_disk - (ws.layout.locks / "write.lock").stat().st_size
    assert min(size for part, size in disk.items() if part != "incoming") > 0


def test_the_sample_answers_alike_after_a_move_by_zip(ws, saved, tmp_path):
    there = Workspace.restore(saved, tmp_path / "there")
    period = an.Period.parse("2026-04")
    assert there.run(an.active_rate, period).equals(ws.run(an.active_rate, period))
    there.close()
