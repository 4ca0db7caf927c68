"""One set-up at a time: a lock on a file that the system lets go when its process ends, however it ends."""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

if os.name == "nt":
    import msvcrt

    def _take(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _take(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextlib.contextmanager
def alone(path: Path, waiting: Callable[[], None], *, pause: float = 0.5) -> Iterator[None]:
    """Holds the lock at `path`; calls `waiting` once where another process has it."""
    with path.open("a") as file:
        if not _free(file.fileno()):
            waiting()
            while not _free(file.fileno()):
                time.sleep(pause)
        yield


def _free(handle: int) -> bool:
    """Takes the lock; a file system that knows no locks counts as free."""
    try:
        _take(handle)
    except OSError as error:
        return error.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)
    return True
