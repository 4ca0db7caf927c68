"""Flips every comparison, plus, minus, and, or of the metric modules, one at a time, and asks whether a test fails.

Run by hand: `python tests/long/mutants.py [module …]` prints what nobody noticed. With `GENZAICHI_FLIP_EACH=3` every
third operator is flipped, which is what the long run has time for.
Every mutant lives in a forked process; no file is touched.
"""

import ast
import importlib.abc
import importlib.util
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path

import duckdb  # noqa: F401  (loaded once, before the forks)
import pandas  # noqa: F401
import pytest

import analysis

TESTS = Path(__file__).resolve().parents[1]
MODULES = ("period", "frames", "roster", "rules", "question", "active_rate", "trend", "people", "movement")
# the tests that are nearest to a module, which see most of its flips at once, and then the others
NEAREST = {
    "period": "test_period.py",
    "frames": "test_frames.py",
    "rules": "test_rules.py",
    "movement": "test_movement.py",
}
# array forms, by name only (`mutants.py case_cells`): one test file holds each of them to the portable form
ARRAYS = dict.fromkeys(
    ("case_arrays", "case_cells", "case_counts", "case_order", "case_rows", "case_stays"), "test_case_arrays.py"
)
SOUNDNESS = "soundness/test_active_rate.py"
CASES = (SOUNDNESS, *NEAREST.values(), "test_active_rate.py")
NONE = -1  # no flip: what must survive, or the tests fail anyway
FLIPS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.And: ast.Or, ast.Or: ast.And, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


def operators(tree):
    """Every place of the tree that can be flipped, in order: (node, which of its operators)."""
    hints = {id(node) for node in annotations(tree)}
    for node in ast.walk(tree):
        if id(node) in hints:
            continue
        if isinstance(node, ast.Compare):
            yield from ((node, i) for i, operator in enumerate(node.ops) if type(operator) in FLIPS)
        elif isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in FLIPS:
            yield node, None


def annotations(tree):
    """Type hints: `A | B` there computes nothing."""
    for node in ast.walk(tree):
        hints = [getattr(node, "annotation", None), getattr(node, "returns", None)]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "isinstance":
            hints += node.args[1:]
        for hint in filter(None, hints):
            yield from ast.walk(hint)


def mutate(source, number):
    """The tree with one operator flipped, and the line it stands in; `NONE`: as it is."""
    tree = ast.parse(source)
    if number == NONE:
        return tree, ""
    node, place = list(operators(tree))[number]
    if place is None:
        node.op = FLIPS[type(node.op)]()
    else:
        node.ops[place] = FLIPS[type(node.ops[place])]()
    return tree, source.splitlines()[node.lineno - 1].strip()


class Mutant(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module with one operator flipped."""

    def __init__(self, module, number):
        self.name = f"analysis.{module}"
        self.path = Path(analysis.__file__).with_name(f"{module}.py")
        self.number = number

    def find_spec(self, name, path=None, target=None):
        return importlib.util.spec_from_file_location(name, self.path, loader=self) if name == self.name else None

    def exec_module(self, module):
        tree, _ = mutate(self.path.read_text(encoding="utf-8"), self.number)
        exec(compile(tree, str(self.path), "exec"), module.__dict__)  # noqa: S102


def survives(job):
    """The mutant, and whether every test passes although its operator is flipped."""
    module, number = job
    for name in [name for name in sys.modules if name == "analysis" or name.startswith("analysis.")]:
        del sys.modules[name]
    sys.meta_path.insert(0, Mutant(module, number))
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, 1)
    os.dup2(devnull, 2)
    if module in ARRAYS:
        return module, number, passes([ARRAYS[module]], "")
    first = NEAREST.get(module, SOUNDNESS)
    rest = [name for name in CASES if name != first]
    quick = passes([first], "not duckdb") and passes(rest, "not duckdb")
    return module, number, quick and passes([*NEAREST.values(), SOUNDNESS], "duckdb")


def passes(names, chosen):
    """Do these tests pass?"""
    files = [str(TESTS / name) for name in names]
    options = ["-x", "-q", "-p", "no:cacheprovider", "-k", chosen, f"--rootdir={TESTS.parent}"]
    ignored = ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return pytest.main([*options, *ignored, *files]) == pytest.ExitCode.OK


def main(modules):
    """Prints one line of JSON a mutant: module, the line it changes, has it survived?"""
    folder = Path(analysis.__file__).parent
    sources = {name: (folder / f"{name}.py").read_text(encoding="utf-8") for name in modules}
    jobs = [(name, i) for name, source in sources.items() for i in range(len(list(operators(ast.parse(source)))))]
    jobs = jobs[:: int(os.environ.get("GENZAICHI_FLIP_EACH", "1"))]
    one_of_each = {name in ARRAYS: name for name in reversed(modules)}
    jobs[:0] = [(name, NONE) for name in one_of_each.values()]
    with tempfile.TemporaryDirectory() as scratch:
        os.environ |= {"HYPOTHESIS_STORAGE_DIRECTORY": scratch, "GENZAICHI_SHRINK": "no"}
        with multiprocessing.get_context("fork").Pool(2, maxtasksperchild=1) as pool:
            for module, number, survived in pool.imap_unordered(survives, jobs):
                line = mutate(sources[module], number)[1]
                print(json.dumps([module, number, line, survived], ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or MODULES)
