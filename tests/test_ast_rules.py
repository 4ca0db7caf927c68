"""The syntax of every metric: what gives a wrong number on one engine without a word must not be written.

On pandas, Narwhals drops a condition inside `agg` and `over`; on Spark a bare datetime is shifted by
the session's zone. So inside `agg`, `over` and `count_by` stands only `nw.col("x").<one function>()` or `nw.len()`,
and moments are compared through `moment()`. There `truncate` gives a timestamp with a zone: it stands in `start_of()`.
"""

import ast
from pathlib import Path

import pytest

import analysis

FOLDER = Path(analysis.__file__).parent
METRICS = sorted(path for path in FOLDER.glob("*.py") if "narwhals" in path.read_text(encoding="utf-8"))
ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def is_nw(node, name):
    """`nw.<name>(…)`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == f"nw.{name}"


def is_plain(node):
    """`nw.len()` or `nw.col(…).<one function>()`."""
    if is_nw(node, "len"):
        return True
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    return is_nw(node.func.value, "col") and not node.args


def assigned(function, name):
    """What a name is set to inside a function."""
    found = (node for node in ast.walk(function) if isinstance(node, ast.Assign))
    return [node.value for node in found if any(isinstance(t, ast.Name) and t.id == name for t in node.targets)]


def aggregates(call, function):
    """The expressions that are aggregated, with those behind `**name`."""
    found = [arg for arg in call.args if is_nw(arg, "len") or "nw." in ast.unparse(arg)]
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg is None and isinstance(value, ast.Name):
            parameters = [function.args.kwarg] if function.args.kwarg else []
            if any(value.id == p.arg for p in parameters):
                continue  # handed on: looked at where it was written
            values = assigned(function, value.id)
            assert values, f"line {value.lineno}: where does {value.id} come from?"
            found += [each.value if isinstance(each, ast.DictComp) else each for each in values]
        else:
            found.append(value.value if isinstance(value, ast.DictComp) else value)
    return found


def functions(tree):
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]


def conditions_in_aggregates(tree):
    """Where something stands inside `agg`, `count_by` or before `over` that an engine may drop."""
    for function in functions(tree):
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call)):
            name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
            if name in ("agg", "count_by"):
                yield from (each for each in aggregates(call, function) if not is_plain(each))
            elif name == "over" and not is_plain(call.func.value):
                yield call.func.value


def bare_moments(tree):
    """Where an expression is ordered against something that may be a bare date."""
    for function in functions(tree):
        for compare in (node for node in ast.walk(function) if isinstance(node, ast.Compare)):
            sides = [compare.left, *compare.comparators]
            if isinstance(compare.ops[0], ORDERS) and any("nw.col" in ast.unparse(side) for side in sides):
                yield from (side for side in sides if not is_safe(side, function))


def is_safe(side, function):
    """An expression of Narwhals, `moment(…)`, a number, or a name that stands for one of these."""
    if isinstance(side, ast.Constant):
        return not isinstance(side.value, str)
    if isinstance(side, ast.Name):
        arguments = [*function.args.args, *function.args.kwonlyargs]
        typed = any(a.arg == side.id and "Expr" in ast.unparse(a.annotation or ast.Constant("")) for a in arguments)
        values = assigned(function, side.id)
        return typed or (bool(values) and all(is_safe(value, function) for value in values))
    text = ast.unparse(side)
    return text.startswith(("moment(", "nw.")) or "nw.col(" in text


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_aggregates_hold_one_function_of_one_column(path):
    found = list(conditions_in_aggregates(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, [f"{path.name}:{node.lineno}: {ast.unparse(node)}" for node in found]


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_moments_are_compared_through_moment(path):
    found = list(bare_moments(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, [f"{path.name}:{node.lineno}: {ast.unparse(node)}" for node in found]


@pytest.mark.parametrize("path", METRICS, ids=lambda path: path.stem)
def test_moments_are_cut_through_start_of(path):
    source = path.read_text(encoding="utf-8")
    assert source.count(".truncate(") == (path.stem == "frames")
    assert "dt.date(" not in source


def test_the_metric_modules_are_looked_at():
    assert {"active_rate", "trend", "people", "movement", "question", "roster", "frames", "rules"} <= {
        path.stem for path in METRICS
    }


@pytest.mark.parametrize(
    "line",
    [
        "f.group_by('g').agg(n=nw.when(nw.col('x') > 1).then(nw.col('x')).sum())",
        "f.group_by('g').agg((nw.col('x') * 2).sum())",
        "f.group_by('g').agg(n=nw.col('x').clip(0).sum())",
        "count_by(f, by, n=(nw.col('x') > 1).sum())",
        "f.with_columns(n=nw.when(nw.col('x') > 1).then(1).sum().over('g'))",
        "f.with_columns(n=nw.col('x').shift(1).cum_sum().over('g'))",
    ],
)
def test_a_condition_in_an_aggregate_is_found(line):
    assert list(conditions_in_aggregates(ast.parse(f"def metric(f, by):\n    return {line}")))


@pytest.mark.parametrize(
    "line",
    [
        "nw.col('occurred_at') >= period.start",
        "nw.col('occurred_at') < datetime(2026, 4, 1)",
        "nw.col('occurred_at') < limit",
        "nw.col('occurred_at') < nowhere",
    ],
)
def test_a_bare_moment_is_found(line):
    assert list(bare_moments(ast.parse(f"def metric(f, period):\n    limit = period.end\n    return f.filter({line})")))


def test_what_is_allowed_is_not_found():
    tree = ast.parse(
        "def metric(f, period, end: nw.Expr):\n"
        "    sums = {name: nw.col(name).sum() for name in 'ab'}\n"
        "    first = moment(period.start)\n"
        "    f.group_by('g').agg(nw.col('x').max(), n=nw.len(), **sums)\n"
        "    f.filter(nw.col('t') >= first, nw.col('t') < moment(period.end), nw.col('t') < end, nw.col('n') > 0)\n"
    )
    assert not [*conditions_in_aggregates(tree), *bare_moments(tree)]
