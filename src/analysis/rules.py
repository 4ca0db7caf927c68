"""Rules: a condition over columns, kept as JSON, used as a Narwhals expression."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema

from analysis.errors import MissingColumnError, RuleError
from analysis.frames import is_moment, is_text, moment, plain

VERSION = 1
GROUPS = ("all", "any", "not")
TESTS = ("in", "not_in", "at_least", "below", "contains", "starts_with")


@dataclass(frozen=True)
class Rule:
    """A condition over the columns of a table.

    `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`, or a test of one column:
    `{"column": "エリア", "in": ["関東", null]}` (null is blank), `not_in` (its contrary, so that
    blank belongs to it unless null is listed), `at_least` (from this number or day on), `below`
    (before it), `contains`, `starts_with`. Blank fulfils none of the last four.
    """

    tree: Mapping[str, Any]

    def __post_init__(self) -> None:
        check(self.tree)

    @classmethod
    def of(cls, rule: "Rule | Mapping[str, Any] | str | None") -> "Rule | None":
        """A rule from what callers hand over: a rule, its dict or its JSON; None stays None."""
        if rule is None or isinstance(rule, Rule):
            return rule
        return cls.from_json(rule) if isinstance(rule, str) else cls(dict(rule))

    @classmethod
    def from_json(cls, text: str) -> "Rule":
        """The rule that `to_json` wrote.

        Raises:
            RuleError: the text is no rule, or one of a later version.
        """
        try:
            tree = json.loads(text)
        except json.JSONDecodeError:
            raise RuleError(text) from None
        if not isinstance(tree, dict):
            raise RuleError(text)
        version = tree.pop("version", VERSION)
        if version != VERSION:
            raise RuleError(f"version {version}")
        return cls(tree)

    def to_json(self) -> str:
        """The rule with its version, keys in a fixed order."""
        return json.dumps({"version": VERSION, **self.tree}, ensure_ascii=False, sort_keys=True, default=str)

    @property
    def columns(self) -> frozenset[str]:
        """Every column it names."""
        return frozenset(leaf["column"] for leaf in leaves(self.tree))

    def parts(self, first: Collection[str]) -> "tuple[Rule | None, Rule | None]":
        """The rule in two: what is about the columns `first`, and the rest.

        Raises:
            RuleError: one `any` or `not` names columns of both.
        """
        mine: list[Mapping[str, Any]] = []
        others: list[Mapping[str, Any]] = []
        for part in conjuncts(self.tree):
            named = {leaf["column"] in first for leaf in leaves(part)}
            if len(named) > 1:
                raise RuleError(", ".join(sorted(leaf["column"] for leaf in leaves(part))))
            (mine if named == {True} else others).append(part)
        return tuple(Rule({"all": part}) if part else None for part in (mine, others))  # type: ignore[return-value]

    def expression(self, schema: Schema, table: str, names: Mapping[str, str] | None = None) -> nw.Expr:
        """The rule as an expression that is true or false for every row, never null.

        Args:
            schema: of the frame.
            table: its name in errors.
            names: column of the rule -> column of the frame, where they differ.
        """
        return _expression(self.tree, schema, table, names or {})


def check(tree: object) -> None:
    """Refuses what is no rule.

    Raises:
        RuleError: a part is neither a group of rules nor a test of one column.
    """
    if not isinstance(tree, Mapping):
        raise RuleError(tree)
    group, parts = _group(tree)
    if group:
        for part in parts:
            check(part)
    elif not _is_test(tree):
        raise RuleError(dict(tree))


def leaves(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every test of a column in the rule."""
    group, parts = _group(tree)
    return [leaf for part in parts for leaf in leaves(part)] if group else [tree]


def conjuncts(tree: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The parts that must all hold."""
    group, parts = _group(tree)
    return [inner for part in parts for inner in conjuncts(part)] if group == "all" else [tree]


def among(column: str, dtype: Any, values: Sequence[object]) -> nw.Expr:
    """True where the column holds one of `values`; null and "" among them stand for blank. Never null itself."""
    listed = [_fit(value, dtype, column) for value in values if value not in (None, "")]
    value = plain(column, dtype)
    # a bare datetime among the values would be shifted on Spark
    found = [value == moment(each) for each in listed] if is_moment(dtype) else [value.is_in(listed)]
    if len(listed) < len(values):
        found.append(value.is_null())
    if not found:
        return everywhere(False, column)
    return nw.when(nw.any_horizontal(*found, ignore_nulls=True)).then(nw.lit(True)).otherwise(nw.lit(False))


def everywhere(truth: bool, column: str) -> nw.Expr:
    """True or false for every row; a bare literal is no filter to Narwhals."""
    blank = nw.col(column).is_null()
    return blank | ~blank if truth else blank & ~blank


def _group(tree: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    for group in GROUPS:
        if group in tree:
            parts = [tree[group]] if group == "not" else tree[group]
            if len(tree) > 1 or not isinstance(parts, list | tuple):
                raise RuleError(dict(tree))
            return group, parts
    return "", ()


def _is_test(tree: Mapping[str, Any]) -> bool:
    test = _test(tree)
    listed = test not in ("in", "not_in") or isinstance(tree[test], list | tuple)
    return set(tree) == {"column", test} and isinstance(tree["column"], str) and listed


def _test(tree: Mapping[str, Any]) -> str:
    return next((test for test in TESTS if test in tree), "")


def _expression(tree: Mapping[str, Any], schema: Schema, table: str, names: Mapping[str, str]) -> nw.Expr:
    group, parts = _group(tree)
    if not group:
        return _leaf(tree, schema, table, names)
    inner = [_expression(part, schema, table, names) for part in parts]
    if group == "not":
        return ~inner[0]
    if not inner:
        return everywhere(group == "all", next(iter(schema)))
    together = nw.all_horizontal if group == "all" else nw.any_horizontal
    return together(*inner, ignore_nulls=False)


def _leaf(tree: Mapping[str, Any], schema: Schema, table: str, names: Mapping[str, str]) -> nw.Expr:
    column = names.get(tree["column"], tree["column"])
    if column not in schema:
        raise MissingColumnError(table, tree["column"], list(schema))
    test, dtype = _test(tree), schema[column]
    wanted = tree[test]
    if test in ("in", "not_in"):
        found = among(column, dtype, wanted)
        return ~found if test == "not_in" else found
    value = plain(column, dtype)
    if test in ("contains", "starts_with"):
        if not is_text(dtype):
            raise RuleError(f"{tree['column']}: {dtype}")
        holds = value.str.contains(wanted, literal=True) if test == "contains" else value.str.starts_with(wanted)
    else:
        bound = _bound(wanted, dtype, column)
        holds = value >= bound if test == "at_least" else value < bound
    return nw.when(holds).then(nw.lit(True)).otherwise(nw.lit(False))


def _fit(value: object, dtype: Any, column: str) -> Any:
    """The value as the column writes it."""
    if is_text(dtype):
        return value if dtype == nw.Object else str(value)
    if is_moment(dtype):
        return value if isinstance(value, date) else _day(value)
    return _number(value, column) if dtype.is_numeric() else value


def _bound(value: object, dtype: Any, column: str) -> Any:
    """What an ordered column is compared with."""
    if is_moment(dtype):
        return moment(value if isinstance(value, date) else _day(value))
    return str(value) if is_text(dtype) else _number(value, column)


def _day(value: object) -> datetime:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise RuleError(value) from None


def _number(value: object, column: str) -> float | int:
    if isinstance(value, int | float):
        return value
    try:
        return int(str(value)) if str(value).lstrip("-").isdigit() else float(str(value))
    except ValueError:
        raise RuleError(f"{column}: {value}") from None
