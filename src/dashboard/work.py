"""Work that takes longer than a click: in a thread of its own, so that a rerun cannot cut it short."""

from collections.abc import Callable
from threading import Lock, Thread
from typing import Any

import streamlit as st

from analysis.errors import AnalysisError

Progress = Callable[[int, float], None]


class Job:
    """One piece of work: how far it is, and what came of it.

    `work` is called with `progress(rows, fraction)`. A mistake of the reader is kept in `mistake`,
    any other exception in `failure`.
    """

    def __init__(self, work: Callable[[Progress], Any]) -> None:
        self._work = work
        self._lock = Lock()
        self._rows, self._fraction = 0, 0.0
        self.result: Any = None
        self.mistake: AnalysisError | None = None
        self.failure: Exception | None = None
        self._thread = Thread(target=self._run, name="job", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._work(self._progress)
        except AnalysisError as mistake:
            self.mistake = mistake
        except Exception as failure:  # noqa: BLE001 (raised again where the reader is)
            self.failure = failure

    def _progress(self, rows: int, fraction: float) -> None:
        with self._lock:
            self._rows, self._fraction = rows, min(max(fraction, 0.0), 1.0)

    @property
    def state(self) -> tuple[int, float]:
        """Rows done and the part of the whole, 0-1."""
        with self._lock:
            return self._rows, self._fraction

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    def outcome(self) -> Any:
        """What came of it; a mistake or a failure is raised here."""
        for error in (self.mistake, self.failure):
            if error:
                raise error
        return self.result

    def wait(self, seconds: float) -> bool:
        """Waits for the end at most `seconds`; True where it has come."""
        self._thread.join(seconds)
        return not self.running


def watch(job: Job, words: Callable[[int, float], str]) -> bool:
    """True while the job runs: its progress is shown, and the page runs again at its end. Short work shows none."""
    if job.wait(0.4):
        return False
    _bar(job, words)
    return True


@st.fragment(run_every=0.5)
def _bar(job: Job, words: Callable[[int, float], str]) -> None:
    if not job.running:
        st.rerun(scope="app")
    rows, fraction = job.state
    st.progress(fraction, text=words(rows, fraction))


def run(words: str, task: Callable[[], Any]) -> Any:
    """Short work with a spinner; it too is finished whatever the reader clicks meanwhile."""
    job = Job(lambda _progress: task())
    with st.spinner(words, show_time=True):
        while not job.wait(0.2):
            pass
    return job.outcome()
