"""The requirements files: which packages they name, and a fingerprint that changes when any of them does."""

import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LINE = re.compile(r"([A-Za-z0-9._-]+)==[^\s;#]+(\s*;)?")


def with_included(name: str, root: Path = ROOT) -> list[str]:
    """The file and those that it includes with `-r`, itself first."""
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    return [name, *(line[2:].strip() for line in lines if line.startswith("-r"))]


def fingerprint(name: str, root: Path = ROOT) -> str:
    """A hash of what the file asks for, whatever its line ends."""
    texts = [(root / part).read_text(encoding="utf-8") for part in with_included(name, root)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def packages(names: list[str], root: Path = ROOT, *, everywhere: bool = False) -> list[str]:
    """The names of the packages; `everywhere` adds those that only some systems need."""
    parts = dict.fromkeys(part for name in names for part in with_included(name, root))
    lines = [line for part in parts for line in (root / part).read_text(encoding="utf-8").splitlines()]
    found = [match for line in lines if (match := LINE.match(line))]
    return list(dict.fromkeys(match[1] for match in found if everywhere or not match[2]))
