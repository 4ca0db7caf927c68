"""One writer at a time, and a lock for every import that is still running."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from filelock import FileLock, Timeout

from analysis.errors import WorkspaceBusyError
from analysis.workspace.checkpoints import checkpoint
from analysis.workspace.layout import Layout

PATIENCE_SECONDS = 600
ROOM = re.compile(r"[0-9a-f]{32}")


@contextmanager
def writer(layout: Layout) -> Iterator[None]:
    """Nobody else changes what the workspace holds inside this block: no other thread, no other process."""
    lock = FileLock(layout.locks / "write.lock", timeout=PATIENCE_SECONDS)
    try:
        lock.acquire()
    except Timeout:
        raise WorkspaceBusyError(str(layout.root)) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def try_writer(layout: Layout) -> Iterator[bool]:
    """True inside the block where nobody writes right now; never waits."""
    lock = FileLock(layout.locks / "write.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def room(layout: Layout) -> Iterator[Path]:
    """A folder aside for one running import, protected by a lock as long as its process lives.

    The lock is taken under the writer's lock, as the sweep is, so that a sweep can never see the
    folder without its lock.
    """
    folder = layout.incoming / uuid4().hex
    lock = FileLock(folder.with_suffix(".lock"))
    with writer(layout):
        lock.acquire()
        checkpoint("room.locked")
        folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with writer(layout):
            lock.release()
            folder.with_suffix(".lock").unlink(missing_ok=True)


@contextmanager
def scratch(layout: Layout) -> Iterator[Path]:
    """A folder aside for work done under the writer's lock, which protects it from the sweep."""
    folder = layout.incoming / uuid4().hex
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def unprotected(layout: Layout) -> Iterator[Path]:
    """What imports left behind that run no more: their folder and lock (call it under the writer's lock)."""
    for name in sorted({path.stem for path in layout.incoming.iterdir()}):
        if not ROOM.fullmatch(name):
            continue
        folder = layout.incoming / name
        lock = FileLock(folder.with_suffix(".lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        try:
            yield folder
        finally:
            lock.release()
            folder.with_suffix(".lock").unlink(missing_ok=True)
