"""Named points inside a transaction, where a test may kill the process."""

import os
import signal

STOP_AT = "GENZAICHI_STOP_AT"


def checkpoint(name: str) -> None:
    """Does nothing, unless the environment names this point: then the process dies here, at once and uncleanly.

    tests/test_kill.py stops at each point in turn and looks at what is left behind.
    """
    if os.environ.get(STOP_AT) == name:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
