"""Comparisons, plus, minus, and, or of the metrics are flipped, every third of them: a test must notice."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

MUTANTS = Path(__file__).with_name("mutants.py")
# What may be flipped without changing any result, and why.
HARMLESS = {
    ("frames", "return nw.concat(list(parts)) if len(parts) > 1 else parts[0]"): "one part joined to nothing is itself",
    ("roster", "if len(cuts) > 1:"): "with one cut both ways keep the same accounts",
    (
        "roster",
        "within = [roster for roster in latest if when.start < roster.date() < when.end]",
    ): "a roster of the first day is the first one already, which is left out of the rest",
    (
        "trend",
        "return nw.when(start < first).then(first).otherwise(start) if cut else start",
    ): "where the two are equal it does not matter which is taken",
    (
        "people",
        "question = ask(users, activity, period, valid=valid, activities=activities, where=where, as_of=as_of or period.end)",  # noqa: E501
    ): "a list has no mark for a partial period; the day only spares a look at all events",
    ("people", "as_of=as_of or period.end,"): "nor has an overlap",
    (
        "people",
        'return strangers if question.strangers else strangers.filter(nw.col("days_active") < 0)',
    ): "nobody is left with 0 days either",
    (
        "movement",
        "question = _ask(users, activity, period, (), valid, activities, where, as_of or period.end, ())",
    ): "nor has a list of movers a mark",
}


@pytest.mark.long
def test_a_flipped_operator_of_a_metric_fails_a_test():
    some = {**os.environ, "GENZAICHI_FLIP_EACH": "3"}
    done = subprocess.run([sys.executable, MUTANTS], env=some, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr[-4000:]
    results = [json.loads(line) for line in done.stdout.splitlines()]
    untouched = [survived for _, number, _, survived in results if number == -1]
    assert untouched == [True], "the tests fail without any flip"
    survivors = {(module, line) for module, number, line, survived in results if survived and number != -1}
    assert survivors - HARMLESS.keys() == set()
    assert len(results) > 70
