"""One line that counts packages, out of pip's wall of lines."""

import re
import sys
import time

from tools.say import show, text

FETCHED = re.compile(r"\s*(Collecting|Processing|Requirement already satisfied:)\s")
INSTALLING = "Installing collected packages:"


class Progress:
    """Counts what pip says it fetches, then what has arrived in the environment."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.fetched = 0
        self.installing = 0
        self.shown = ("", -1, 0.0)

    def read(self, line: str) -> None:
        if FETCHED.match(line):
            self.fetched = min(self.fetched + 1, self.total)
        elif line.startswith(INSTALLING):
            self.installing = len(line.removeprefix(INSTALLING).split(","))

    def show(self, arrived: int) -> None:
        """The line as it stands: redrawn on a terminal, a new line every ten seconds elsewhere."""
        installing = self.installing
        if self.shown[0] != "setup.installing":  # pip may fetch it all between two looks
            self._line("setup.fetching", self.fetched, self.total)
        if installing:
            self._line("setup.installing", min(arrived, installing), installing)

    def _line(self, key: str, done: int, total: int) -> None:
        last_key, last_done, at = self.shown
        if (key, done) == (last_key, last_done):
            return
        if sys.stderr.isatty():
            show("\r" + text(key, done=done, total=total) + " " * 8)
        elif key == last_key and done < total and time.monotonic() - at < 10:
            return
        else:
            show(text(key, done=done, total=total) + "\n")
        self.shown = (key, done, time.monotonic())

    def close(self) -> None:
        if sys.stderr.isatty() and self.shown[0]:
            show("\n")
