"""What the READMEs say is so: commands and snippets are run, links lead somewhere, both languages say the same."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.words import text
from dashboard.navigation import ENTRIES
from tools.commands import COMMANDS

ROOT = Path(__file__).resolve().parents[1]
READMES = ("README.md", "README.ja.md")
BLOCK = re.compile(r"```(sh|python)\n((?:(?!```).)*)```\n\n```text\n((?:(?!```).)*)```", re.S)
each_readme = pytest.mark.parametrize("name", READMES)


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def examples(name: str) -> list[tuple[str, str, str]]:
    return BLOCK.findall(read(name))


@each_readme
def test_every_example_prints_what_stands_below_it(name):
    assert len(examples(name)) == 2
    for language, source, expected in examples(name):
        command = [sys.executable, "-c", source]
        if language == "sh":
            words = shlex.split(source)
            assert words[:3] == ["python", "run.py", "analysis"]
            command = [sys.executable, "-m", "analysis", *words[3:]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", timeout=60, check=False)
        assert (done.returncode, done.stderr, done.stdout) == (0, "", expected)


@each_readme
def test_every_link_to_a_file_leads_somewhere(name):
    links = re.findall(r"\]\((?!http)([^)#]+)\)", read(name))
    assert len(links) >= 7
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_both_languages_show_the_same_examples_and_figures():
    english, japanese = map(examples, READMES)
    assert english == japanese
    figures = [set(re.findall(r"\d[\d,.]*\d", read(name).split("```text")[0])) for name in READMES]
    assert {"744", "1,200", "62.0", "3.11"} <= figures[0] & figures[1]


@each_readme
def test_every_command_of_run_py_that_is_named_exists(name):
    named = set(re.findall(r"run\.py ([a-z][a-z-]+)", read(name)))
    assert {"test", "analysis", "notebooks", "look", "bench"} <= named
    assert named <= set(COMMANDS)


@each_readme
def test_every_page_stands_in_the_table_of_pages_under_its_name(name):
    language = "ja" if ".ja." in name else "en"
    for entry in ENTRIES:
        if entry.name not in ("home", "import_data", "erase_data") and entry.path.is_file():
            assert f"| **{text(language, f'app.nav_{entry.name}')}** |" in read(name)
