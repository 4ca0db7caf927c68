"""A funnel of five steps over 10 million events: from the file to the first answer, and each answer after it.

The peer is retentioneering, in an environment of its own beside this script; it counts no window, no waiting and no
times. Both run as processes of their own, in turn, over the same file.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import json
import os
import subprocess
from statistics import median
from typing import Any

import duckdb

from benchmarks.measure import DATA, HERE, Claim, write

PEER, VERSION = "retentioneering", "5.2.4"
ENVIRONMENT = HERE / f".venv-{PEER}"
EVENTS, USERS, ROUNDS = 10_000_000, 500_000, 3
ACTIVITIES = ["visit", "search", "cart", "checkout", "order", "review", "return", "help"]
FUNNELS = [
    ["visit", "search", "cart", "checkout", "order"],
    ["search", "cart", "order", "review", "visit"],
    ["visit", "cart", "help", "order", "return"],
]
# Every user's events lie at moments of their own; chance is integer arithmetic, the same everywhere.
EVENT_QUERY = """
WITH mixed AS (SELECT i, (i * 1103515245 + 12345) & 2147483647 AS a FROM range($events) t(i))
SELECT 'U' || lpad((a % $users)::VARCHAR, 7, '0') AS user_id,
  TIMESTAMP '2026-01-01' + to_microseconds(i * 777_600) AS occurred_at,
  list_extract($activities, 1 + ((xor(a, a >> 13) * 1812433253) & 2147483647) % len($activities)) AS activity
FROM mixed
"""
OURS = """
import json, sys
from time import perf_counter
import duckdb
began = perf_counter()
import analysis as an
arrays = an.FunnelArrays.prepare(duckdb.read_parquet(sys.argv[1]))
found, times = [], []
for steps in json.loads(sys.argv[2]):
    answer = arrays.funnel(steps, within="30d")
    times.append(perf_counter() - began)
    began = perf_counter()
    found.append(arrays.funnel(steps)["reached"].tolist())
    began = perf_counter()
print(json.dumps([times, found]))
"""
THEIRS = """
import json, sys
from time import perf_counter
import pandas as pd
began = perf_counter()
from retentioneering import Eventstream
columns = {"path_cols": ["user_id"], "event_col": "activity", "timestamp_col": "occurred_at"}
stream = Eventstream(pd.read_parquet(sys.argv[1]), schema=columns)
found, times = [], []
for steps in json.loads(sys.argv[2]):
    answer = stream.funnel_data(steps=steps)
    times.append(perf_counter() - began)
    found.append([step["unique_paths"] for step in answer["steps"]])
    began = perf_counter()
print(json.dumps([times, found]))
"""


def events() -> Path:
    """The log, made once."""
    DATA.mkdir(exist_ok=True)
    path = DATA / f"funnel_{EVENTS}_{USERS}.parquet"
    if not path.exists():
        fields = {"events": EVENTS, "users": USERS, "activities": ACTIVITIES, "path": str(path)}
        with duckdb.connect() as connection:
            connection.execute(f"COPY ({EVENT_QUERY}) TO $path (FORMAT parquet)", fields)
    return path


def peer() -> Path:
    """The Python of the peer's own environment, made once."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (ENVIRONMENT / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", f"{PEER}=={VERSION}"], check=True)
        (ENVIRONMENT / "ready").touch()
    return python


def timed(python: str | Path, script: str, path: Path) -> tuple[list[float], list[list[int]]]:
    """Seconds to the first answer and of each further one, and how many people reached each step."""
    quiet = {**os.environ, "RETENTIONEERING_NO_TRACK": "1"}
    command: list[Any] = [python, "-c", script, path, json.dumps(FUNNELS)]
    done = subprocess.run(command, env=quiet, stdout=subprocess.PIPE, check=True, encoding="utf-8")
    times, found = json.loads(done.stdout.splitlines()[-1])
    return times, found


def main() -> None:
    path, python = events(), peer()
    ours, theirs = [], []
    for _ in range(ROUNDS):
        mine, found = timed(sys.executable, OURS, path)
        other, counted = timed(python, THEIRS, path)
        if found != counted:
            raise SystemExit(f"the counts differ: {found} and {counted}")
        ours.append(mine)
        theirs.append(other)
    first = median(each[0] for each in ours), median(each[0] for each in theirs)
    further = [median(each[i] for each in side for i in (1, 2)) for side in (ours, theirs)]
    text = f"""
{EVENTS / 1e6:.0f} million events of {USERS:,} people as Parquet; {ROUNDS} rounds in turn, set-up included in the first
answer. Ours with a window of 30 days, the three states and all times; {PEER} {VERSION} without. Without a window the
people who reach each step are the same on both sides in all {len(FUNNELS)} funnels (checked in every round).

- first answer: {first[0]:.2f} s, {PEER} {first[1]:.2f} s
- each further answer: {further[0] * 1000:,.0f} ms, {PEER} {further[1] * 1000:,.0f} ms
"""
    claims = [
        Claim(f"first answer, {PEER} / ours", first[1] / first[0], 5, least=True),
        Claim(f"further answer, ours / {PEER}", further[0] / further[1], 1),
    ]
    write("Funnel", text, claims)


if __name__ == "__main__":
    main()
