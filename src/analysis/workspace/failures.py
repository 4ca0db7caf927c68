"""What the disk refuses, in words; the workspace is then as it was before."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import sqlalchemy as sa

from analysis.errors import AnalysisError, DiskFullError, NotWritableError, WorkspaceBusyError

FULL = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}


@contextmanager
def in_words(folder: Path) -> Iterator[None]:
    """Turns a full disk, a folder without permission and a locked catalogue into sentences; all else passes through."""
    try:
        yield
    except (OSError, sa.exc.OperationalError, duckdb.Error) as error:
        if sentence := _sentence(error, folder):
            raise sentence from error
        raise


def _sentence(error: Exception, folder: Path) -> AnalysisError | None:
    words = str(error).casefold()
    if getattr(error, "errno", None) in FULL or "disk is full" in words or "no space left" in words:
        return DiskFullError(str(folder))
    if isinstance(error, OSError) and error.errno in READ_ONLY and _is_in(error.filename, folder):
        return NotWritableError(str(folder), error.strerror or str(error))
    if isinstance(error, sa.exc.OperationalError) and "readonly" in words:
        return NotWritableError(str(folder), "catalog.sqlite")
    if isinstance(error, sa.exc.OperationalError) and "locked" in words:
        return WorkspaceBusyError(str(folder))
    return None


def _is_in(name: object, folder: Path) -> bool:
    return isinstance(name, str | Path) and Path(name).is_relative_to(folder)
