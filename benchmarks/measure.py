"""How the benchmarks measure, and how they write it down: medians, ratios, machine and versions."""

import gc
import platform
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

import psutil

HERE = Path(__file__).parent
DATA = HERE / "data"
RESULTS = HERE / "RESULTS.md"
PACKAGES = ("duckdb", "pandas", "pyarrow", "narwhals", "numpy", "streamlit")
HEAD = """# What was measured

Every figure is a median of one run of its script, beside its peer in the same process; `python run.py bench` writes
this file anew, `python benchmarks/pivot.py` one part of it. Other machines give other times: read the ratios, and the
load at the end of each part: above the number of cores others were at work, and what uses every core waited longest.
"""


@dataclass(frozen=True)
class Claim:
    """A target and what was found; `least` where more is better (times faster), else at most."""

    what: str
    found: float
    target: float
    aim: float | None = None
    least: bool = False
    unit: str = "×"
    why: str = ""

    def row(self) -> str:
        word = "≥" if self.least else "≤"
        aim = f" (aim {self.aim:g})" if self.aim is not None else ""
        return f"| {self.what} | {self.found:.2f} {self.unit} | {word} {self.target:g}{aim} | {self.verdict()} |"

    def reached(self, bound: float) -> bool:
        return self.found >= bound if self.least else self.found <= bound

    def verdict(self) -> str:
        if not self.reached(self.target):
            return f"**not reached**{': ' + self.why if self.why else ''}"
        return "reached" if self.aim is None or self.reached(self.aim) else "reached, the aim not"


def medians(peers: Mapping[str, Callable[[], object]], runs: int = 7, warm: int = 1) -> dict[str, float]:
    """Seconds of each peer, in turn, so that whatever else the machine does meets all of them."""
    times: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(warm + runs):
        for name, peer in peers.items():
            gc.collect()
            began = perf_counter()
            peer()
            if number >= warm:
                times[name].append(perf_counter() - began)
    return {name: median(each) for name, each in times.items()}


def write(title: str, text: str, claims: list[Claim]) -> None:
    """Puts a part into RESULTS.md in place of what stood there under the same title, and prints it."""
    table = "\n".join(["| what | found | target | |", "|---|---|---|---|", *(claim.row() for claim in claims)])
    part = f"## {title}\n\n{text.strip()}\n\n{table}\n\n{machine()}\n"
    print(part)
    found = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    parts = {each.partition("\n")[0]: each for each in re.split(r"^## ", found, flags=re.MULTILINE)[1:]}
    parts[title] = part.removeprefix("## ")
    body = "\n".join(f"## {each.strip()}\n" for _, each in sorted(parts.items()))
    RESULTS.write_text(f"{HEAD}\n{body}", encoding="utf-8", newline="\n")


def machine() -> str:
    """Where and with what, in one line."""
    memory = psutil.virtual_memory().total / 2**30
    versions = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    cores, load = psutil.cpu_count(), psutil.getloadavg()[0]
    where = f"{platform.system()} {platform.machine()}, {cores} shared cores (load {load:.0f}), {memory:.0f} GB"
    return f"{datetime.now():%Y-%m-%d}: {where}, Python {sys.version.split()[0]}, {versions}."


def milliseconds(times: Mapping[str, float]) -> str:
    """The times as a list."""
    return "\n".join(f"- {name}: {seconds * 1000:,.1f} ms" for name, seconds in times.items())
