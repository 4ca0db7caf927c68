"""A process killed anywhere leaves the workspace as before the change or as after it, and others undisturbed."""

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest
from killing import kill_somewhere, start, state, told
from workspace_files import assert_whole, leaks, log, roster

import analysis as an
from analysis.workspace import Workspace, catalog

BEFORE = {
    "add": [
        "room.locked",
        "add.chunk",
        "add.table",
        "add.refused",
        "add.original",
        "add.overlap",
        "add.row",
        "add.placed.table",
        "add.placed.refused",
        "add.placed.original",
        "add.before_commit",
    ],
    "undo": ["state.overlap", "undo.resolved", "undo.before_commit"],
    "redo": ["state.overlap", "redo.resolved", "redo.before_commit"],
    "erase": ["state.overlap", "erase.resolved", "erase.before_commit"],
    "erase_all": ["erase.all_before_commit"],
    "restore": ["restore.unpacked", "restore.placed", "restore.before_commit"],
}
AFTER = {
    "add": ["add.committed"],
    "undo": ["undo.committed", "undo.swept"],
    "redo": ["redo.committed"],
    "erase": ["erase.committed", "erase.files", "erase.scrubbed"],
    "erase_all": ["erase.all_committed"],
    "restore": ["restore.committed"],
}
POINTS = [(operation, point, "before") for operation, points in BEFORE.items() for point in points]
POINTS += [(operation, point, "after") for operation, points in AFTER.items() for point in points]

TEN, ELEVEN, NOON = "2026-04-01 10:00:00", "2026-04-01 11:00:00", "2026-04-01 12:00:00"
ACCOUNTS = [("a", "東"), ("b", "西"), ("b", "西"), ("", "東")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A workspace of a roster and two logs that share an event, one more log, and the workspace as a ZIP."""
    folder = tmp_path_factory.mktemp("made")
    ws = Workspace.open(folder / "ws")
    ws.add(roster(folder, "users_20260331.csv", *ACCOUNTS))
    ws.add(log(folder, "first.csv", (TEN, "a", "PC"), (ELEVEN, "a", "PC"), ("unknown", "a", "PC")), kind="activity")
    ws.add(log(folder, "second.csv", (ELEVEN, "a", "PC"), (NOON, "a", "PC")), kind="activity")
    log(folder, "third.csv", (NOON, "a", "PC"), (NOON, "b", "PC"), ("2026-04-02", "zebra", "PC"), ("?", "a", "PC"))
    ws.save(folder / "saved.zip")
    ws.close()
    return folder


@pytest.fixture
def copy(made, tmp_path):
    """Makes a workspace of its own, wherever the original lay, ready for an operation."""

    def make(operation, name="ws"):
        target = tmp_path / name
        if operation == "restore":
            return target, str(made / "saved.zip"), str(target)
        shutil.copytree(made / "ws", target)
        if operation == "redo":
            with_undone = Workspace.open(target)
            with_undone.undo("000002")
            with_undone.close()
        argument = {"add": (str(made / "third.csv"),), "erase_all": (), "prepare": ()}.get(operation, ("000002",))
        return target, *argument

    return make


def carry_out(folder, operation, *arguments):
    ws = Workspace.open(folder)
    ws.add(an.read_export(arguments[0])) if operation == "add" else getattr(ws, operation)(*arguments)
    after = state(ws)
    ws.close()
    return after


def test_there_are_at_least_20_points():
    assert len(set(POINTS)) >= 20


def _soon_or_long(points):
    """The quick run kills the first operations where they are half done, the long one everywhere."""
    middle = {operation: [each for each in points if each[0] == operation] for operation, *_ in points}
    quick = {mine[len(mine) // 2] for mine in [*middle.values()][:3]}
    return [each if each in quick else pytest.param(*each, marks=pytest.mark.long) for each in points]


@pytest.mark.parametrize(("operation", "point", "expected"), _soon_or_long(POINTS), ids=lambda value: str(value))
def test_a_kill_leaves_before_or_after(copy, operation, point, expected):
    folder, *arguments = copy(operation)
    ws = Workspace.open(folder)
    before = state(ws)
    ws.close()
    after = carry_out(*copy(operation, "unkilled")[:1], operation, *_elsewhere(arguments, folder))
    assert before != after

    process, pipe = start(folder, operation, *arguments, stop_at=point)
    assert told(pipe) == ["begin"], "it should have died on the way"
    process.join()
    assert process.exitcode not in (0, 1)

    ws = Workspace.open(folder)
    assert_whole(ws)
    assert state(ws) == (before if expected == "before" else after)
    ws.close()
    if expected == "before":
        assert carry_out(folder, operation, *arguments) == after
    elif operation.startswith("erase"):
        assert leaks(folder, "first.csv") == []


def _elsewhere(arguments, folder):
    """The same operation on the copy beside it."""
    return [str(folder.with_name("unkilled")) if each == str(folder) else each for each in arguments]


@pytest.mark.parametrize(
    "point", ["derived.keys", *(pytest.param(each, marks=pytest.mark.long) for each in ("room.locked", "derived.days"))]
)
def test_a_kill_while_derived_data_is_built_changes_no_answer(copy, point):
    folder, *_ = copy("prepare")
    process, pipe = start(folder, "prepare", stop_at=point)
    assert told(pipe) == ["begin"]
    process.join()
    ws = Workspace.open(folder)
    assert_whole(ws)
    period = an.Period.parse("2026-04")
    assert ws.run(an.active_rate, period)["active_users"].tolist() == [1]
    assert_whole(ws)
    ws.close()


def test_a_killed_import_can_be_repeated_and_a_running_one_goes_on(copy, made):
    folder, path = copy("add")
    running, pipe = start(folder, "add", path, delay=1)
    assert [pipe.recv(), pipe.recv()] == ["begin", "running"]
    killed, other = start(folder, "add", path, stop_at="add.before_commit")
    assert told(other) == ["begin"]
    killed.join()

    ws = Workspace.open(folder)  # sweeps what the killed one left
    assert len([each for each in ws.layout.incoming.iterdir() if each.is_dir()]) == 1
    ws.undo("000002")
    assert len([each for each in ws.layout.incoming.iterdir() if each.is_dir()]) == 1
    pipe.send("go on")
    assert "end" in told(pipe)
    running.join()
    assert running.exitcode == 0
    assert [(each.name, each.state) for each in ws.imports()][1:] == [
        ("first.csv", "undone"), ("second.csv", "active"), ("third.csv", "active")
    ]  # fmt: skip
    assert_whole(ws)
    ws.close()


@pytest.mark.long
def test_300_kills_in_the_middle_leave_nothing_half_and_others_running(copy, made):
    landed = outcomes = 0
    usual: dict[str, float] = {}  # how long each operation takes, as it was last carried out
    while landed < 300:
        folder, path = copy("add", f"round{outcomes}")
        running, pipe = start(folder, "add", path, delay=1)
        assert [pipe.recv(), pipe.recv()] == ["begin", "running"]
        before = seen(folder)
        for _ in range(20):
            in_the_middle, before = kill_once(folder, made, before, usual)
            landed += in_the_middle
        rooms = [each for each in folder.joinpath("incoming").iterdir() if each.is_dir()]
        assert len(rooms) == 1, "the running import keeps its room"
        pipe.send("go on")
        assert "end" in told(pipe)
        running.join()
        ws = Workspace.open(folder)
        assert "third.csv" in [each.name for each in ws.imports()]
        assert_whole(ws)
        ws.close()
        shutil.rmtree(folder)
        outcomes += 1


def seen(folder):
    """What a reader sees who comes now."""
    ws = Workspace.open(folder)
    found = state(ws)
    assert len([each for each in ws.layout.incoming.iterdir() if each.is_dir()]) == 1
    ws.close()
    return found


def kill_once(folder, made, before, usual):
    """One operation on the workspace as it is, killed at a random moment; before or after, and whole.

    Returns whether that was in the middle of it, and what a reader sees then.
    """
    operation, arguments = choose(folder, made)
    twin = folder.with_name("twin")
    shutil.copytree(folder, twin, ignore=shutil.ignore_patterns("incoming"))

    def carried_out():
        began = time.perf_counter()
        after = carry_out(twin, operation, *arguments)
        usual[operation] = time.perf_counter() - began
        return after

    after = None if operation in usual else carried_out()
    process, pipe = start(folder, operation, *arguments)
    in_the_middle = kill_somewhere(process, pipe, usual[operation])
    now = seen(folder)
    if now != before:
        after = after or carried_out()
        assert now == after, f"{operation} {arguments}: {before[0]} -> {after[0]}, but {now[0]}"
    shutil.rmtree(twin)
    return in_the_middle, now


def choose(folder, made):
    """An operation that the workspace allows now; adding is the likeliest."""
    ws = Workspace.open(folder)
    imports = ws.imports()
    ws.close()
    undo = [("undo", (each.id,)) for each in imports if each.active]
    redo = [("redo", (each.id,)) for each in imports if not each.active]
    erase = [("erase", (each.id,)) for each in imports]
    path = made / f"more{random.getrandbits(40):x}.csv"
    rows = [(f"2026-04-01 {random.randrange(24):02d}:00:00", random.choice("abcd"), "PC") for _ in range(200)]
    add = ("add", (str(log(made, path.name, *rows).path),))
    return random.choice([add, add, add, ("prepare", ()), *undo[:2], *redo[:2], *erase[:1]])


UNSEEN = """
import pathlib, sys, sqlite3
shm, catalogue = pathlib.Path(sys.argv[1] + "-shm"), sqlite3.connect(sys.argv[1], isolation_level=None)
catalogue.execute("UPDATE settings SET value = '1'")
before = shm.read_bytes()[:136]
catalogue.execute("UPDATE settings SET value = '2'")
with shm.open("r+b") as file:
    file.write(before)
    file.flush()
    __import__("os")._exit(0)
"""


def test_a_commit_killed_while_it_was_synced_never_comes_back_later(tmp_path):
    """The log holds the commit, its index does not: what a kill between the two leaves (index put back by hand)."""
    ws = Workspace.open(tmp_path / "ws")
    ws.set_setting("goal", 1)
    subprocess.run([sys.executable, "-c", UNSEEN, str(ws.layout.catalog)], check=True)
    assert ws.setting("goal") == 1
    assert recovered(ws, tmp_path / "undecided") == "2", "without a write it would come back"
    catalog.decide(ws.engine)
    assert ws.setting("goal") == 1
    assert recovered(ws, tmp_path / "decided") == "1"
    ws.close()


def recovered(ws, folder):
    """What SQLite finds in the catalogue and its log when nobody has them open."""
    folder.mkdir()
    for name in ("catalog.sqlite", "catalog.sqlite-wal"):
        # in a process of its own: closing a file drops the locks that SQLite holds on it in this one
        copy = [sys.executable, "-c", "import shutil, sys; shutil.copyfile(*sys.argv[1:])"]
        subprocess.run([*copy, str(ws.folder / name), str(folder / name)], check=True)
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        return connection.execute("SELECT value FROM settings").fetchone()[0]
