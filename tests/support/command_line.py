"""The command line in this process: what a command writes, as a table or as one sentence."""

import io
from contextlib import redirect_stderr, redirect_stdout
from types import SimpleNamespace

import pandas as pd

from analysis.cli import main


def run(*words: object) -> SimpleNamespace:
    """The command in this process: what it writes and its exit code."""
    written = [io.TextIOWrapper(io.BytesIO(), encoding="ascii") for _ in range(2)]
    with redirect_stdout(written[0]), redirect_stderr(written[1]):
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:
            code = left.code
    for stream in written:
        stream.flush()
    out, err = (stream.buffer.getvalue() for stream in written)
    return SimpleNamespace(code=code or 0, bytes=out, out=out.decode("utf-8", "replace"), err=err.decode("utf-8"))


def table(*words: object) -> pd.DataFrame:
    done = run(*words)
    assert (done.code, done.err) == (0, "")
    return pd.read_csv(io.StringIO(done.out), dtype={"id": str})


def sentence(*words: object) -> str:
    done = run(*words)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1
    return done.err.strip()
