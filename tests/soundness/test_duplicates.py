"""One event in two exports counts once, two events that look alike count twice, whatever is undone and redone."""

from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workspace_files import assert_whole, log, roster, write_csv

import analysis as an
from analysis.exports.mapping import Mapping
from analysis.workspace import Workspace

NINE, TEN, ELEVEN = "2026-04-01 09:00:00", "2026-04-01 10:00:00", "2026-04-01 11:00:00"


@pytest.fixture
def ws(tmp_path):
    workspace = Workspace.open(tmp_path / "ws")
    yield workspace
    workspace.close()


def counts(ws):
    return [(each.accepted, each.duplicates, each.refused) for each in ws.imports()]


def test_an_event_in_two_exports_counts_once(ws, tmp_path):
    ws.add(log(tmp_path, "april.csv", (NINE, "a", "PC"), (TEN, "a", "PC")))
    ws.add(log(tmp_path, "all.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")))
    assert counts(ws) == [(2, 0, 0), (1, 1, 0)]
    assert sorted(ws.table("activity")["occurred_at"].astype(str)) == [NINE, TEN, ELEVEN]


def test_identical_rows_within_a_log_are_events(ws, tmp_path):
    ws.add(log(tmp_path, "a.csv", (TEN, "a", "PC"), (TEN, "a", "PC"), (TEN, "a", "PC")))
    assert counts(ws) == [(3, 0, 0)]


def test_the_third_identical_row_is_new_where_the_older_export_holds_two(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC"), (TEN, "a", "PC")))
    ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (TEN, "a", "PC"), (TEN, "a", "PC")))
    assert counts(ws) == [(2, 0, 0), (1, 2, 0)]
    assert len(ws.table("activity")) == 3


def test_two_older_exports_do_not_add_up_to_more_occurrences(ws, tmp_path):
    for name in ("one.csv", "two.csv"):
        ws.add(log(tmp_path, name, (TEN, "a", "PC"), (NINE, name, "PC")))
    ws.add(log(tmp_path, "three.csv", (TEN, "a", "PC"), (TEN, "a", "PC")))
    assert counts(ws) == [(2, 0, 0), (1, 1, 0), (1, 1, 0)]


def test_one_other_value_makes_another_event_and_a_blank_is_no_value(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC"), (TEN, "b", None)))
    ws.add(log(tmp_path, "new.csv", (TEN, "a", "Phone"), (TEN, "b", "PC"), (TEN, "a", None), (TEN, "b", None)))
    assert counts(ws) == [(2, 0, 0), (3, 1, 0)]


def test_a_column_that_only_one_export_has_parts_events_only_where_it_holds_a_value(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", None), (NINE, "a", "PC")))
    plain = write_csv(tmp_path / "plain.csv", ["日時", "ユーザーID"], [(TEN, "a"), (NINE, "a")])
    ws.add(an.read_export(plain))
    assert counts(ws) == [(2, 0, 0), (1, 1, 0)]


def test_headers_in_another_width_or_case_are_the_same_column(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC"), device="Ｄｅｖｉｃｅ"))
    ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (NINE, "a", "PC"), device="DEVICE"))
    assert counts(ws) == [(1, 0, 0), (1, 1, 0)]


def test_a_name_in_one_export_and_not_in_the_other_does_not_make_two_events(ws, tmp_path):
    header = ["日時", "ユーザーID", "氏名"]
    named = an.read_export(write_csv(tmp_path / "named.csv", header, [(TEN, "a", "山田 太郎")]))
    mapping = Mapping(
        "activity", {"user_id": "ユーザーID", "occurred_at": "日時"}, dimensions=("氏名",), personal=("氏名",)
    )
    ws.add(named, mapping=mapping)
    plain = write_csv(tmp_path / "plain.csv", header[:2], [(TEN, "a"), (NINE, "a")])
    ws.add(an.read_export(plain), mapping=Mapping("activity", dict(mapping.roles)))
    assert counts(ws) == [(1, 0, 0), (1, 1, 0)]


def test_an_amount_is_compared_as_a_number_not_as_text(ws, tmp_path):
    header = ["日時", "ユーザーID", "金額"]
    for name, amounts in (("old.csv", ("1000", "5")), ("new.csv", ("1000.00", "6"))):
        rows = [(TEN, "a", amount) for amount in amounts]
        mapping = Mapping("activity", {"user_id": "ユーザーID", "occurred_at": "日時", "amount": "金額"})
        ws.add(an.read_export(write_csv(tmp_path / name, header, rows)), mapping=mapping)
    assert counts(ws) == [(2, 0, 0), (1, 1, 0)]


def test_an_account_that_stays_on_the_roster_is_no_duplicate(ws, tmp_path):
    ws.add(roster(tmp_path, "users_20260331.csv", ("a", "東"), ("b", "西")))
    ws.add(roster(tmp_path, "users_20260630.csv", ("a", "東"), ("b", "西"), ("c", "西")))
    assert counts(ws) == [(2, 0, 0), (3, 0, 0)]


def test_a_second_row_of_an_account_is_a_duplicate_if_identical_else_both_are_refused(ws, tmp_path):
    rows = [("a", "東"), ("a", "東"), ("b", "東"), ("b", "西"), ("c", "東"), (None, "東")]
    added = ws.add(roster(tmp_path, "users_20260331.csv", *rows))
    assert (added.read, added.accepted, added.duplicates, added.refused) == (6, 2, 1, 3)
    assert sorted(ws.table("users")["user_id"]) == ["a", "c"]


def test_undoing_the_older_export_lets_the_younger_ones_events_count(ws, tmp_path):
    old = ws.add(log(tmp_path, "old.csv", (NINE, "a", "PC"), (TEN, "a", "PC")))
    ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")))
    undone = ws.undo(old.id)
    assert (undone.state, undone.accepted, undone.duplicates) == ("undone", 2, 0)
    assert counts(ws)[1] == (2, 0, 0)
    ws.redo(old.id)
    assert counts(ws) == [(2, 0, 0), (1, 1, 0)]


def test_undoing_the_younger_export_gives_it_back_the_rows_it_shared(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC")))
    new = ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")))
    assert counts(ws)[1] == (1, 1, 0)
    ws.undo(new.id)
    assert counts(ws) == [(1, 0, 0), (2, 0, 0)]
    assert len(ws.table("activity")) == 1
    ws.redo(new.id)
    assert counts(ws) == [(1, 0, 0), (1, 1, 0)]


def test_erasing_the_older_export_lets_the_younger_ones_events_count(ws, tmp_path):
    old = ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC")))
    ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")))
    ws.erase(old.id)
    assert counts(ws) == [(2, 0, 0)]
    assert len(ws.table("activity")) == 2


def test_a_lost_file_of_duplicates_is_computed_again(ws, tmp_path):
    ws.add(log(tmp_path, "old.csv", (TEN, "a", "PC")))
    new = ws.add(log(tmp_path, "new.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC")))
    ws.layout.overlap(new.overlap).unlink()
    assert len(ws.table("activity")) == 2


MOMENTS = st.sampled_from(["2026-04-01 09:00:00", "2026-04-01 10:00:00", "2026-04-02 00:00:00", "unknown"])
ROWS = st.lists(
    st.tuples(MOMENTS, st.sampled_from(["a", "b", None]), st.sampled_from(["PC", None])), min_size=1, max_size=6
).filter(lambda rows: any(is_good(row) for row in rows))
LOGS = st.lists(st.tuples(ROWS, st.sampled_from(["Device", "ＤＥＶＩＣＥ"])), min_size=2, max_size=4)


def is_good(row):
    return row[0] != "unknown" and row[1] is not None


def expected(logs, active):
    """The rows that count and the counts of every import, by plain counting."""
    held: Counter = Counter()
    numbers = []
    for position, (rows, _device) in enumerate(logs):
        mine = Counter(filter(is_good, rows))
        new = mine - held if position in active else mine
        refused = len(rows) - sum(mine.values())
        numbers.append((sum(new.values()), sum(mine.values()) - sum(new.values()), refused))
        held |= mine if position in active else Counter()
    return held, numbers


def effective(ws):
    table = ws.table("activity")
    devices = [column for column in table.columns if column not in ("user_id", "occurred_at", "activity")]
    shown = table[["occurred_at", "user_id", *devices]].astype(object)
    rows = shown.where(shown.notna(), None).itertuples(index=False)
    return Counter((f"{row[0]:%Y-%m-%d %H:%M:%S}", row[1], row[2] if devices else None) for row in rows)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS, st.lists(st.integers(0, 3), max_size=5))
def test_undo_and_redo_in_any_order_equal_a_fresh_import_of_the_rest(logs, flips):
    undo_and_redo(logs, flips)


@pytest.mark.long
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(LOGS, st.lists(st.integers(0, 3), max_size=8))
def test_undo_and_redo_in_any_order_equal_a_fresh_import_of_the_rest_300_times(logs, flips):
    undo_and_redo(logs, flips)


def undo_and_redo(logs, flips):
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        files = [write(Path(folder), number, *each) for number, each in enumerate(logs)]
        ws = Workspace.open(Path(folder, "ws"))
        ids = [ws.add(an.read_export(path), mapping=mapping).id for path, mapping in files]
        active = set(range(len(logs)))
        for flip in (flip for flip in flips if flip < len(logs)):
            (ws.undo if flip in active else ws.redo)(ids[flip])
            active ^= {flip}
            assert counts(ws) == expected(logs, active)[1]
        fresh = Workspace.open(Path(folder, "fresh"))
        for position in sorted(active):
            fresh.add(an.read_export(files[position][0]), mapping=files[position][1])
        assert effective(ws) == effective(fresh) == expected(logs, active)[0]
        assert counts(fresh) == [expected(logs, active)[1][position] for position in sorted(active)]
        assert_whole(ws)
        ws.close()
        fresh.close()


def write(folder, number, rows, device):
    """A log whose bytes are its own: two logs of the same rows are two files, not one."""
    path = write_csv(folder / f"{number}.csv", ["日時", "ユーザーID", device], rows)
    path.write_text(path.read_text(encoding="utf-8") + "\n" * number, encoding="utf-8")
    return path, Mapping("activity", {"user_id": "ユーザーID", "occurred_at": "日時"}, dimensions=(device,))
