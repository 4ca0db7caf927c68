"""Files on their way in: on disk in a folder of this server's own, until they are claimed or thrown away.

A token of the session lets one file in. What is unfinished, unclaimed, or left by a session that
has gone is deleted. What a killed server left behind is swept away by the workspace, as its lock is free.
"""

import hashlib
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from filelock import FileLock

LIMIT = 1_500_000_000  # bytes
GRACE = 600  # seconds that a file waits for a session which lost its connection


@dataclass
class Arrival:
    """A file that has arrived whole. `name` is what the sender calls it: never a path here."""

    key: str
    session: str
    name: str
    path: Path
    size: int
    sha256: str
    last_seen: float = field(default_factory=time.monotonic)

    def discard(self) -> None:
        """Deletes the file; a second call does nothing."""
        self.path.unlink(missing_ok=True)


class Incoming:
    """The files that one server is receiving, and the tokens that let them in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / secrets.token_hex(16)
        self._lock = Lock()
        self._tokens: dict[str, str] = {}
        self._busy: set[str] = set()
        self._arrivals: dict[str, Arrival] = {}
        folder.mkdir(parents=True, exist_ok=True)
        # The lock comes first: the workspace sweeps away every folder that no lock protects.
        self._held = FileLock(_lock_of(self.folder))
        self._held.acquire()
        self.folder.mkdir()

    def token(self, session: str) -> str:
        """The session's token: the same until a file has come in with it."""
        with self._lock:
            for token, owner in self._tokens.items():
                if owner == session:
                    return token
            token = secrets.token_urlsafe(24)
            self._tokens[token] = session
            return token

    def begin(self, token: str) -> str | None:
        """The session behind `token`, or None where the token is unknown, used or in use."""
        with self._lock:
            if token in self._busy or token not in self._tokens:
                return None
            self._busy.add(token)
            return self._tokens[token]

    def end(self, token: str, arrival: Arrival | None) -> None:
        """Frees the token after a failure; uses it up after a success."""
        with self._lock:
            self._busy.discard(token)
            if arrival:
                self._tokens.pop(token, None)
                self._arrivals[arrival.key] = arrival

    def claim(self, key: str, session: str) -> Arrival | None:
        """Hands over a file to the session that sent it, once; the session then deletes it."""
        with self._lock:
            arrival = self._arrivals.get(key)
            return arrival if arrival and arrival.session == session else None

    def discard(self, key: str) -> None:
        """Deletes a file that is no longer needed."""
        with self._lock:
            arrival = self._arrivals.pop(key, None)
        if arrival:
            arrival.discard()

    def aside(self, suffix: str) -> Path:
        """A path for something that is made here and fetched soon; it goes when the server stops."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder / f"{secrets.token_hex(16)}.{suffix}"

    def discard_all(self) -> None:
        """Deletes every file that waits, of every session."""
        with self._lock:
            keys = list(self._arrivals)
        for key in keys:
            self.discard(key)

    def sweep(self, is_active: Callable[[str], bool], now: float | None = None) -> None:
        """Deletes the files and tokens of sessions that have been gone for `GRACE` seconds."""
        now = time.monotonic() if now is None else now
        with self._lock:
            for arrival in list(self._arrivals.values()):
                if is_active(arrival.session):
                    arrival.last_seen = now
                elif now - arrival.last_seen > GRACE:
                    self._arrivals.pop(arrival.key).discard()
            waiting = {a.session for a in self._arrivals.values()}
            self._tokens = {t: s for t, s in self._tokens.items() if is_active(s) or t in self._busy or s in waiting}

    def close(self) -> None:
        """Deletes everything; the server is stopping."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._held.release()
        _lock_of(self.folder).unlink(missing_ok=True)


class Writer:
    """One file being written and hashed; `close` it or `abort` it."""

    def __init__(self, incoming: Incoming) -> None:
        self.key = secrets.token_hex(16)
        self.path = incoming.folder / self.key
        self.size = 0
        incoming.folder.mkdir(parents=True, exist_ok=True)
        self._digest = hashlib.sha256()
        self._file = self.path.open("xb")

    def write(self, chunk: bytes) -> None:
        self._file.write(chunk)
        self._digest.update(chunk)
        self.size += len(chunk)

    def close(self, *, session: str, name: str) -> Arrival:
        self._file.close()
        return Arrival(self.key, session, name, self.path, self.size, self._digest.hexdigest())

    def abort(self) -> None:
        self._file.close()
        self.path.unlink(missing_ok=True)


def _lock_of(folder: Path) -> Path:
    return folder.with_suffix(".lock")


_here: dict[Path, Incoming] = {}
_opening = Lock()


def of(folder: Path) -> Incoming:
    """The one `Incoming` of this process for the workspace `folder`."""
    with _opening:
        if folder not in _here:
            _here[folder] = Incoming(folder / "incoming")
        return _here[folder]


def close_all() -> None:
    """Deletes whatever still waits; called when the server stops."""
    with _opening:
        for waiting in _here.values():
            waiting.close()
        _here.clear()
