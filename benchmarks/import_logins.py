"""Importing 200 MB of CP932 against transcoding it and loading it with bare DuckDB; peak memory against pandas."""

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from collections.abc import Callable
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.logins import write_csv
from benchmarks.measure import DATA, Claim, write
from tools.child import surroundings

EXPORT = DATA / "logins_cp932.csv"
RUNS = 3


def ours(path: Path, folder: Path) -> dict[str, float]:
    """Read, typed, validated and stored; then what only makes things faster."""
    from analysis import Workspace, read_export

    ws = Workspace.open(folder / "workspace")
    began = perf_counter()
    added = ws.add(read_export(path), kind="activity")
    took = perf_counter() - began
    assert added.accepted == added.read == 3_000_000, added
    at_import = peak()
    return {"seconds": took, "peak": at_import, "derived": ws.prepare(), "peak_derived": peak()}


def bare(path: Path, folder: Path) -> dict[str, float]:
    """Transcoded to UTF-8 and loaded by `read_csv`, in memory; nothing checked, nothing kept."""
    import duckdb

    began = perf_counter()
    copy = folder / "utf8.csv"
    with path.open(encoding="cp932", newline="") as source, copy.open("w", encoding="utf-8", newline="") as target:
        while block := source.read(1 << 22):
            target.write(block)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE logins AS FROM read_csv(?)", [str(copy)])
    return {"seconds": perf_counter() - began, "peak": peak()}


def pandas(path: Path, folder: Path) -> dict[str, float]:  # noqa: ARG001 - as the others
    """`pandas.read_csv`, as it comes."""
    import pandas as pd

    began = perf_counter()
    frame = pd.read_csv(path, encoding="cp932")
    assert len(frame) == 3_000_000
    return {"seconds": perf_counter() - began, "peak": peak()}


JOBS: dict[str, Callable[[Path, Path], dict[str, float]]] = {"ours": ours, "bare": bare, "pandas": pandas}


def peak() -> float:
    """The most memory this process has held, in MB (on Linux a child takes `ru_maxrss` over from its parent)."""
    import psutil

    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    info = psutil.Process().memory_info()
    if hasattr(info, "peak_wset"):  # Windows
        return info.peak_wset / 2**20
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def child(job: str) -> dict[str, float]:
    """One job in a process of its own, in the environment of the app's server."""
    with TemporaryDirectory(dir=DATA) as folder:
        command = [sys.executable, __file__, "--job", job, folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=surroundings())
        return json.loads(done.stdout)


def main() -> None:
    if not EXPORT.exists():
        write_csv(EXPORT)
    EXPORT.read_bytes()  # warm for all of them
    found: dict[str, list[dict[str, float]]] = {job: [] for job in JOBS}
    for _ in range(RUNS):
        for job, runs in found.items():
            runs.append(child(job))
    times = {job: median(run["seconds"] for run in runs) for job, runs in found.items()}
    peaks = {job: max(run["peak"] for run in runs) for job, runs in found.items()}
    derived = median(run["derived"] for run in found["ours"])
    peak_derived = max(run["peak_derived"] for run in found["ours"])
    size = EXPORT.stat().st_size / 1e6
    text = f"""
{size:.0f} MB of CP932, 3 million rows, 5 columns; each job in a process of its own, in the environment of the
app's server (without Streamlit in it), {RUNS} times.

- import (read, typed, validated, stored): {times["ours"]:.2f} s, peak {peaks["ours"]:.0f} MB
- derived data, after the import has landed: {derived:.2f} s, peak {peak_derived:.0f} MB
- transcoding and bare DuckDB `read_csv`: {times["bare"]:.2f} s, peak {peaks["bare"]:.0f} MB
- `pandas.read_csv`: {times["pandas"]:.2f} s, peak {peaks["pandas"]:.0f} MB
"""
    claims = [
        Claim("import / transcoding and bare `read_csv`", times["ours"] / times["bare"], 4, 2.5),
        Claim("peak memory of the import / of `pandas.read_csv`", peaks["ours"] / peaks["pandas"], 0.5),
    ]
    write("Import", text, claims)


if __name__ == "__main__":
    if "--job" in sys.argv:
        job, folder = sys.argv[-2:]
        print(json.dumps(JOBS[job](EXPORT, Path(folder))))
    else:
        main()
