"""A file that is read hardly ahead of its reader: on its own, Arrow keeps 32 blocks ready."""

import threading
from collections.abc import Iterable, Iterator
from typing import Protocol

import pyarrow as pa

AHEAD = 3  # blocks handed out and not yet taken as rows
PATIENCE = 1.0  # seconds; rows that are forgotten half-way keep no thread waiting for good
GRACE = 0.005  # seconds; longer than a block takes to parse: what is there makes no batch, more is needed


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Gate:
    """Hands out a block once the last ones have been taken.

    A block need not make a batch (all of its rows may be ragged): while rows are waited for, it holds no block long.
    """

    closed = False  # `pa.PythonFile` asks

    def __init__(self, file: Readable) -> None:
        self._file = file
        self._changed = threading.Condition()
        self._ahead = 0
        self._in_use = self._ended = False

    def read(self, size: int = -1) -> bytes:
        """For Arrow's thread: the next bytes; none once no more rows are wanted."""
        with self._changed:
            self._hold()
            if self._ended:
                return b""
            self._ahead += 1
        return self._file.read(size)

    def _hold(self) -> None:
        while self._ahead >= AHEAD and not self._ended:
            if not self._changed.wait(PATIENCE if self._in_use else GRACE):
                return

    def batches(self, reader: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What `reader` makes of the file."""
        try:
            for batch in reader:
                with self._changed:
                    self._in_use = True
                    self._ahead -= 1
                    self._changed.notify_all()
                yield batch
                with self._changed:
                    self._in_use = False
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._ended = True
                self._changed.notify_all()
