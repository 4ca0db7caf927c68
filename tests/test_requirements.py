"""The requirements files: exact, whole on every system, and of one mind."""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from itertools import product
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools import requirements

ROOT = Path(__file__).resolve().parents[1]
FILES = ["requirements.txt", "requirements-dev.txt", "requirements-notebooks.txt", "requirements-spark.txt"]
SYSTEMS = {"linux": ("Linux", "posix"), "win32": ("Windows", "nt"), "darwin": ("Darwin", "posix")}


def pinned(name: str) -> dict[str, Requirement]:
    """Every package of the file and those it includes."""
    texts = [(ROOT / part).read_text(encoding="utf-8") for part in requirements.with_included(name)]
    lines = [line.split("#")[0].strip() for text in texts for line in text.splitlines()]
    found = [Requirement(line) for line in lines if line and not line.startswith("-r")]
    return {canonicalize_name(requirement.name): requirement for requirement in found}


def test_no_two_files_pin_one_package_differently():
    versions: dict[str, set] = {}
    for name, requirement in [pair for file in FILES for pair in pinned(file).items()]:
        versions.setdefault(name, set()).add((str(requirement.specifier), str(requirement.marker)))
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}


@pytest.mark.parametrize("file", FILES)
def test_the_list_is_whole_on_every_system(file):
    """Nothing is left for pip to choose: what the packages ask for, on each system and Python, is in the list."""
    names = pinned(file)
    for (system, (platform, family)), version in product(SYSTEMS.items(), ("3.11", "3.12", "3.13", "3.14")):
        here = {**default_environment(), "sys_platform": system, "platform_system": platform, "os_name": family}
        here |= {"python_version": version, "python_full_version": f"{version}.0"}
        present = {name for name, found in names.items() if not found.marker or found.marker.evaluate(here)}
        assert {need for name in present for need in needs(name, here)} - present == set(), (system, version)


def needs(name: str, here: dict[str, str]) -> set[str]:
    """What the installed package asks for; nothing where it is not installed here."""
    try:
        asked = [Requirement(text) for text in distribution(name).requires or []]
    except PackageNotFoundError:
        return set()
    return {canonicalize_name(r.name) for r in asked if not r.marker or r.marker.evaluate({**here, "extra": ""})}


def test_the_ranges_in_pyproject_hold_the_pins():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ranges = [
        *project["dependencies"],
        *(text for texts in project["optional-dependencies"].values() for text in texts),
    ]
    pins = {name: found for file in FILES for name, found in pinned(file).items()}
    for wanted in map(Requirement, ranges):
        exact = next(iter(pins[canonicalize_name(wanted.name)].specifier)).version
        assert wanted.specifier.contains(exact), wanted


def test_every_requirement_is_exact():
    for path in ROOT.glob("requirements*.txt"):
        lines = [line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines()]
        loose = [line for line in lines if line and not re.fullmatch(r"-r \S+|[\w.-]+==[\w.]+(; .+)?", line)]
        assert loose == [], path.name
