"""A workspace: imports land whole, the same file is recognised, the disk's refusals are sentences."""

import json
import shutil
import threading
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from engine_data import put
from workspace_files import assert_whole, log, roster, write_csv

import analysis as an
from analysis import errors, frames
from analysis.errors import DuplicateKeyError
from analysis.exports.mapping import Mapping
from analysis.exports.typed import convert
from analysis.workspace import Workspace, catalog, landing
from analysis.workspace.adding import date_in_name
from analysis.workspace.sql import fold, quote

TEN, ELEVEN = "2026-04-01 10:00:00", "2026-04-01 11:00:00"


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "データ [2026] の置き場")
    yield workspace
    workspace.close()


def test_an_import_knows_what_it_came_from(ws, tmp_path):
    export = log(tmp_path, "利用履歴.csv", (TEN, "a", "PC"), (ELEVEN, "b", None), ("unknown", "a", "PC"))
    before = datetime.now(UTC) - timedelta(seconds=2)
    added = ws.add(export, who="山田")
    assert (added.id, added.kind, added.name, added.who) == ("000001", "activity", "利用履歴.csv", "山田")
    assert (added.read, added.accepted, added.duplicates, added.refused) == (3, 2, 0, 1)
    assert (added.first, added.last) == (datetime(2026, 4, 1, 10), datetime(2026, 4, 1, 11))
    assert (added.sha256, added.size, added.columns) == (export.sha256, export.path.stat().st_size, {"c1": "端末"})
    assert before <= added.imported_at <= datetime.now(UTC)
    assert ws.imports() == ws.imports("activity") == [added]
    assert_whole(ws)


def test_refused_rows_say_line_column_value_and_reason(ws, tmp_path):
    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC"), ("unknown", "b", "PC")), kind="activity")
    row = ws.refused(added.id).iloc[0].to_dict()
    assert (row["line"], row["column"], row["value"]) == (3, "日時", "unknown")
    assert json.loads(row["row"]) == ["unknown", "b", "PC"]
    assert row["reason"]


def test_an_import_without_refused_rows_gives_an_empty_table(ws, tmp_path):
    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    assert list(ws.refused(added.id).columns) == ["line", "column", "value", "reason", "fields", "row"]
    assert len(ws.refused(added.id)) == 0


def test_the_same_file_is_refused_politely_and_named(ws, tmp_path):
    ws.add(log(tmp_path, "april.csv", (TEN, "a", "PC")), kind="activity")
    shutil.copy(tmp_path / "april.csv", tmp_path / "copy.csv")
    with pytest.raises(errors.AlreadyImportedError, match=r"“april.csv” is already imported \(number 000001"):
        ws.add(an.read_export(tmp_path / "copy.csv"), kind="activity")
    assert len(ws.imports()) == 1


def test_a_file_that_was_undone_is_offered_for_redo(ws, tmp_path):
    export = log(tmp_path, "april.csv", (TEN, "a", "PC"))
    ws.undo(ws.add(export, kind="activity").id)
    with pytest.raises(errors.UndoneImportError, match="000001") as refused:
        ws.add(export, kind="activity")
    assert ws.redo(refused.value.fields["id"]).active


def test_the_same_file_may_come_in_as_another_kind(ws, tmp_path):
    path = write_csv(tmp_path / "users_20260331.csv", ["ユーザーID", "最終ログイン日時"], [("a", TEN)])
    ws.add(an.read_export(path), mapping=Mapping("users", {"user_id": "ユーザーID"}))
    ws.add(
        an.read_export(path), mapping=Mapping("activity", {"user_id": "ユーザーID", "occurred_at": "最終ログイン日時"})
    )
    assert [each.kind for each in ws.imports()] == ["users", "activity"]


def test_a_file_without_a_good_row_leaves_nothing(ws, tmp_path):
    export = log(tmp_path, "bad.csv", ("unknown", "a", "PC"), ("?", "b", "PC"))
    chosen = Mapping("activity", {"user_id": "ユーザーID", "occurred_at": "日時"}, dimensions=("端末",))
    with pytest.raises(errors.NothingToImportError, match=r"all 2 rows were refused\. Row 2, “日時”") as refused:
        ws.add(export, mapping=chosen)
    assert "2 行とも取り込めませんでした" in refused.value.text("ja")
    assert ws.imports() == []
    assert_whole(ws)


def test_undoing_twice_changes_nothing_and_an_unknown_id_is_a_sentence(ws, tmp_path):
    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    ws.undo(added.id)
    version = ws.version
    assert ws.undo(added.id).state == "undone"
    assert ws.version == version
    for change in (ws.undo, ws.redo, ws.erase, ws.refused):
        with pytest.raises(errors.UnknownImportError, match="no import with the number 000009"):
            change("000009")


def test_the_version_changes_with_every_change(ws, tmp_path):
    versions = {ws.version}
    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    for change in (None, ws.undo, ws.redo, ws.erase):
        if change:
            change(added.id)
        versions.add(ws.version)
    assert len(versions) == 5


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("users_20260331.csv", date(2026, 3, 31)),
        ("users_2026-03-31.csv", date(2026, 3, 31)),
        ("名簿 2026年3月31日 現在.xlsx", date(2026, 3, 31)),
        ("名簿２０２６０３３１.csv", date(2026, 3, 31)),
        ("users_20260331_093000.csv", date(2026, 3, 31)),
        ("users20260331093000.csv", date(2026, 3, 31)),
        ("users_2026.3.1.csv", date(2026, 3, 1)),
        ("20250401-20260331.csv", date(2026, 3, 31)),
        ("users.csv", None),
        ("users_202603.csv", None),
        ("users_20261399.csv", None),
        ("order_1202603310.csv", None),
        ("2026-03-31.csv", date(2026, 3, 31)),
    ],
)
def test_the_day_of_a_list_is_in_its_name(name, day):
    assert date_in_name(name) == day


def test_a_list_without_a_day_asks_for_it_and_a_given_day_wins(ws, tmp_path):
    with pytest.raises(errors.RosterDateError, match="2026-03-31"):
        ws.add(roster(tmp_path, "users.csv", ("a", "東")), kind="users")
    assert ws.imports() == []
    dated = roster(tmp_path, "users_20260331.csv", ("a", "東"))
    assert ws.add(dated, kind="users", as_of=date(2026, 6, 30)).as_of == date(2026, 6, 30)


def test_rosters_stand_in_the_order_of_their_days(ws, tmp_path):
    for name in ("users_20260630.csv", "users_20260331.csv"):
        ws.add(roster(tmp_path, name, (name, "東")), kind="users")
    assert [each.as_of for each in ws.rosters()] == [date(2026, 3, 31), date(2026, 6, 30)]


def test_two_rosters_compared_say_who_came_left_and_changed(ws, tmp_path):
    old = ws.add(roster(tmp_path, "users_20260331.csv", ("a", "東"), ("b", "西"), ("c", None), ("d", "北")))
    new = ws.add(
        roster(tmp_path, "users_20260630.csv", ("a", "東"), ("b", "東"), ("c", "南"), ("e", "西"), header="ｴﾘｱ")
    )
    changes = ws.compare_rosters(old.id, new.id)
    found = changes.astype(object).where(changes.notna(), None).to_dict("split")["data"]
    assert list(changes.columns) == ["user_id", "change", "column", "before", "after"]
    assert found == [
        ["e", "came", None, None, None],
        ["d", "left", None, None, None],
        ["b", "changed", "ｴﾘｱ", "西", "東"],
        ["c", "changed", "ｴﾘｱ", None, "南"],
    ]


def test_a_roster_and_a_log_cannot_be_compared(ws, tmp_path):
    users = ws.add(roster(tmp_path, "users_20260331.csv", ("a", "東")))
    activity = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    with pytest.raises(errors.ListsError):
        ws.compare_rosters(users.id, activity.id)


def test_values_and_dimensions_of_what_is_active(ws, tmp_path):
    ws.add(roster(tmp_path, "users_20260331.csv", ("a", "東"), ("b", "北")), kind="users")
    ws.add(roster(tmp_path, "users_20260630.csv", ("a", "東"), ("b", None), ("c", "東")), kind="users")
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC"), (ELEVEN, "b", None)), kind="activity")
    assert ws.dimensions("users") == ["エリア"]
    assert ws.dimensions("activity") == ["端末"]
    areas = ws.values("users", "エリア")
    assert dict(zip(areas["value"].fillna("blank"), areas["rows"], strict=True)) == {"東": 2, "blank": 1, "北": 0}
    devices = ws.values("activity", "端末")
    assert dict(zip(devices["value"].fillna("blank"), devices["rows"], strict=True)) == {"PC": 2, "blank": 1}
    with pytest.raises(errors.MissingColumnError, match="端末"):
        ws.values("activity", "端")


def test_the_last_activity_says_how_far_the_data_reaches(ws, tmp_path):
    assert ws.as_of is None
    assert ws.span("activity") is None
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC"), ("2026-05-02 23:59:59", "a", "PC")), kind="activity")
    late = ws.add(log(tmp_path, "b.csv", ("2026-06-01", "a", "PC")), kind="activity")
    assert ws.as_of == date(2026, 6, 1)
    ws.undo(late.id)
    assert ws.as_of == date(2026, 5, 2)
    assert ws.span("activity") == (date(2026, 4, 1), date(2026, 5, 2))


def test_a_mapping_is_remembered_for_the_next_file_of_its_shape(ws, tmp_path):
    roles = {"user_id": "ユーザーID", "occurred_at": "日時"}
    chosen = Mapping("activity", roles, constants={"activity": "order"}, dimensions=("端末",))
    ws.add(log(tmp_path, "april.csv", (TEN, "a", "PC")), mapping=chosen)
    assert ws.add(log(tmp_path, "may.csv", ("2026-05-01", "a", "PC")), kind="activity").mapping == chosen


def test_settings_hold_what_json_holds(ws):
    assert ws.setting("goal", 60) == 60
    ws.set_setting("goal", {"percent": 62.5})
    ws.set_setting("goal", {"percent": 65})
    assert ws.setting("goal") == {"percent": 65}


def test_a_moved_workspace_is_whole(ws, tmp_path):
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    ws.close()
    shutil.move(ws.folder, tmp_path / "moved")
    moved = Workspace.open(tmp_path / "moved")
    assert len(moved.table("activity")) == 1
    assert_whole(moved)
    moved.close()


def test_one_object_a_folder(ws):
    assert Workspace.open(ws.folder) is ws
    assert Workspace.open(str(ws.folder) + "/../" + ws.folder.name) is ws


def test_many_threads_import_and_read_at_once(ws, tmp_path):
    exports = [log(tmp_path, f"{n}.csv", (TEN, "a", "PC"), (ELEVEN, f"u{n}", "PC")) for n in range(6)]
    failures = []

    def work(export):
        try:
            ws.add(export, kind="activity")
            assert len(ws.table("activity")) >= 2
        except Exception as error:  # noqa: BLE001 — a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=work, args=(export,)) for export in exports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(ws.table("activity")) == 7
    assert_whole(ws)


def test_two_threads_with_the_same_file_import_it_once(ws, tmp_path):
    export, outcomes = log(tmp_path, "a.csv", (TEN, "a", "PC")), []

    def work():
        try:
            outcomes.append(ws.add(an.read_export(export.path), kind="activity").id)
        except errors.AlreadyImportedError:
            outcomes.append("already")

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["000001", "already", "already"]
    assert_whole(ws)


# What the disk refuses


def test_a_full_disk_is_a_sentence_and_leaves_the_workspace_as_it_was(ws, tmp_path, monkeypatch):
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    before = ws.imports()

    def no_space(_source, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(landing, "copy", no_space)
    with pytest.raises(errors.DiskFullError, match="not enough space"):
        ws.add(log(tmp_path, "b.csv", (ELEVEN, "a", "PC")), kind="activity")
    assert ws.imports() == before
    assert_whole(ws)


def test_a_disk_that_fills_up_while_rows_are_written_is_a_sentence(ws, tmp_path, monkeypatch):
    full = tmp_path / "full"
    full.symlink_to("/dev/full")
    opened = landing.Sink.__init__
    monkeypatch.setattr(landing.Sink, "__init__", lambda sink, _path: opened(sink, full))
    with pytest.raises(errors.DiskFullError):
        ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    assert ws.imports() == []
    assert_whole(ws)


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    with pytest.raises(errors.NotWritableError, match="Nothing can be written"):
        Workspace.open(tmp_path / "file")


def test_a_folder_without_permission_is_a_sentence(tmp_path, monkeypatch):
    def refuse(path, *_args, **_options):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(errors.NotWritableError, match="Permission denied"):
        Workspace.open(tmp_path / "ws")


def test_a_folder_with_other_files_is_not_taken_for_a_workspace(tmp_path):
    kept = tmp_path / "tables" / "000001.parquet"
    kept.parent.mkdir()
    kept.write_text("mine", encoding="utf-8")
    (tmp_path / "budget.xlsx").write_text("mine", encoding="utf-8")
    with pytest.raises(errors.NotAWorkspaceError, match=r"budget\.xlsx"):
        Workspace.open(tmp_path)
    assert kept.exists()


def test_a_version_1_catalogue_is_brought_up_to_date(tmp_path):
    made = Workspace.open(tmp_path / "ws")
    made.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    with catalog.writing(made.engine).begin() as connection:
        for statement in (
            "ALTER TABLE imports DROP COLUMN sheet",
            "ALTER TABLE imports DROP COLUMN shape",
            "PRAGMA user_version = 1",
        ):
            connection.exec_driver_sql(statement)
    made.close()
    ws = Workspace.open(tmp_path / "ws")
    assert catalog.schema_version(ws.engine) == catalog.SCHEMA_VERSION
    assert [(each.name, each.sheet, each.shape) for each in ws.imports()] == [("a.csv", None, None)]
    assert ws.add(log(tmp_path, "b.csv", (ELEVEN, "a", "PC")), kind="activity").id == "000002"
    ws.close()


def test_a_migrated_catalogue_has_the_columns_of_a_new_one(tmp_path):
    engines = [catalog.connect(tmp_path / name) for name in ("new.sqlite", "old.sqlite")]
    for engine in engines:
        catalog.prepare(engine, tmp_path)
    with catalog.writing(engines[1]).begin() as connection:
        for statement in (
            "ALTER TABLE imports DROP COLUMN sheet",
            "ALTER TABLE imports DROP COLUMN shape",
            "PRAGMA user_version = 1",
        ):
            connection.exec_driver_sql(statement)
    catalog.prepare(engines[1], tmp_path)
    columns = [{column["name"] for column in sa.inspect(engine).get_columns("imports")} for engine in engines]
    assert columns[0] == columns[1]
    for engine in engines:
        engine.dispose()


def test_a_newer_workspace_is_left_alone(tmp_path):
    ws = Workspace.open(tmp_path / "ws")
    with catalog.writing(ws.engine).begin() as connection:
        connection.exec_driver_sql("PRAGMA user_version = 99")
    ws.close()
    with pytest.raises(errors.NewerWorkspaceError, match="newer Genzaichi"):
        Workspace.open(tmp_path / "ws")


def test_the_catalogue_itself_refuses_counts_that_do_not_add_up(ws, tmp_path):
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    lost = catalog.imports.update().values(accepted=0)
    with pytest.raises(sa.exc.IntegrityError, match="nothing_lost"), ws.engine.begin() as connection:
        connection.execute(lost)


def test_the_catalogue_is_written_through(ws):
    with ws.engine.begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA secure_delete").scalar() == 1


# The original


def test_the_original_is_kept_unless_a_column_was_left_out_of_it(ws, tmp_path):
    kept = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    assert kept.original
    assert ws.layout.original(kept.sha256).read_bytes() == (tmp_path / "a.csv").read_bytes()
    path = write_csv(tmp_path / "users_20260331.csv", ["ユーザーID", "氏名"], [("a", "山田 太郎"), ("b", "佐藤 花子")])
    stripped = ws.add(an.read_export(path), kind="users")
    assert stripped.mapping.left_out == ("氏名",)
    assert not stripped.original
    assert not ws.layout.original(stripped.sha256).exists()


def test_the_original_is_kept_or_not_where_the_user_says_so(ws, tmp_path):
    path = write_csv(tmp_path / "users_20260331.csv", ["ユーザーID", "氏名"], [("a", "山田 太郎"), ("b", "佐藤 花子")])
    assert ws.add(an.read_export(path), kind="users", keep_original=True).original
    assert not ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity", keep_original=False).original
    assert_whole(ws)


def test_a_failure_while_reading_leaves_nothing(ws, tmp_path, monkeypatch):
    def breaks(*arguments, **options):
        yield next(convert(*arguments, **options))
        raise errors.PeriodError("the file broke off")

    monkeypatch.setattr("analysis.workspace.adding.convert", breaks)
    with pytest.raises(errors.PeriodError):
        ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    assert ws.imports() == []
    assert_whole(ws)


@pytest.mark.parametrize("name", ['a"b', "select", "日時", 'x"; DROP TABLE y; --', ""])
def test_a_quoted_name_is_one_identifier(name):
    import duckdb

    if name:
        assert duckdb.sql(f"SELECT 1 AS {quote(name)}").columns == [name]
    else:
        assert quote(name) == '""'


def test_width_and_case_do_not_tell_headers_apart():
    assert fold("ＥリアＡ") == fold("eリアa")
    assert fold("ｴﾘｱ") == fold("エリア")
    assert fold("エリア") != fold("エリヤ")


def test_a_failure_at_the_last_moment_leaves_no_file(ws, tmp_path, monkeypatch):
    def breaks(_connection):
        raise OSError(28, "No space left on device")

    added = ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC")), kind="activity")
    ws.add(log(tmp_path, "b.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")), kind="activity")
    before = ws.imports()
    monkeypatch.setattr(catalog, "touch", breaks)
    for change in (
        lambda: ws.add(
            log(tmp_path, "c.csv", (TEN, "a", "PC"), ("?", "b", "PC"), (ELEVEN, "c", "PC")), kind="activity"
        ),
        lambda: ws.undo(added.id),
        lambda: ws.erase(added.id),
        ws.erase_all,
    ):
        with pytest.raises(errors.DiskFullError):
            change()
        assert ws.imports() == before
        assert_whole(ws)


def test_the_key_of_a_list_is_looked_at_once_until_an_import_changes(tmp_path, monkeypatch):
    looked, look = [], frames._look_at_key

    def counted(frame, table, *keys):
        looked.append((table, keys))
        look(frame, table, *keys)

    monkeypatch.setattr(frames, "_look_at_key", counted)
    ws = Workspace.open(tmp_path / "ws")
    first = put(ws, "deals", [{"deal_id": "d1", "phase": "受注"}], as_of=date(2026, 3, 1))
    once = [("deals", ("deal_id",))]
    assert [ws.run(an.pipeline)["deals"].sum() for _ in range(2)] == [1, 1]
    assert looked == once
    put(ws, "deals", [{"deal_id": each, "phase": "受注"} for each in ("d1", "d2")], as_of=date(2026, 4, 1))
    assert [ws.run(an.pipeline)["deals"].sum() for _ in range(2)] == [2, 2]
    assert looked == once * 2
    assert ws.run(an.pipeline, as_of=date(2026, 3, 5))["deals"].sum() == 1  # another list of the same version
    assert looked == once * 3
    ws.undo(first.id)
    assert ws.run(an.pipeline)["deals"].sum() == 2
    assert looked == once * 4
    ws.close()


def test_a_key_that_stands_twice_is_refused_every_time(tmp_path):
    ws = Workspace.open(tmp_path / "ws")
    with ws.read() as reader:
        twice = reader.cursor.sql("SELECT 'd1' AS deal_id, '受注' AS phase FROM range(2)")
        frames.know_keys(twice, sound := set())
        for _ in range(2):
            with pytest.raises(DuplicateKeyError):
                an.pipeline(twice)
        assert sound == set()
    ws.close()
