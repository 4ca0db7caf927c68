"""Utilisation levels as data: states with a rule and a weight each, and levels by threshold; what a workspace keeps."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from analysis import rules
from analysis.errors import (
    AnalysisError,
    DuplicateLevelError,
    DuplicateStateError,
    LevelsTextError,
    LevelThresholdError,
    NoStateError,
    RuleError,
    StateRuleError,
    StateWeightError,
    UnreachableLevelError,
)
from analysis.frames import fold

VERSION = 1
MILLION = 1_000_000  # scores are added up in millionths, so that a threshold never depends on a float
WHEN = ("past", "future")
EVENT_KEYS = {"events", "at_least", "days", "where", "distinct", "at"}
LONGEST = 36_500  # days: a window that begins before any calendar of an engine is a slip of the pen
LARGEST = 1_000_000_000  # of a weight, a threshold or a count: every engine can add up millionths of it
DEEPEST = 10  # groups within groups


@dataclass(frozen=True)
class State:
    """One state that a customer is in (1) or not (0).

    Args:
        name: as the reader calls it; unique among the states.
        rule: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`, or one of
            - a test of a column of customers, as in `Rule`: `{"column": "プラン", "in": ["標準"]}`;
            - `{"filled": "公開日"}`: the column holds a value; with `"when": "past"` a day up to `as_of`, with
              `"future"` a day after it;
            - `{"events": "orders", "days": 60, "at_least": 1}`: so many rows of a table in the `days` days that end
              with `as_of` (without `days`: ever until then). `"where"`: a `Rule` on that table's columns;
              `"distinct": "user_id"`: different values instead of rows (active users); `"at"`: the column of its
              moment, where it is not the usual one.
        weight: what it adds to the score; 0 shows it without counting it, below 0 lowers the score.
        recorded_at: a column of customers that says when the values behind the rule were written down.

    Raises:
        StateRuleError: no rule, or one that cannot be read.
        StateWeightError: the weight is no number.
    """

    name: str
    rule: Mapping[str, Any]
    weight: float = 1
    recorded_at: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise LevelsTextError(self.name)
        if not isinstance(self.recorded_at, str | None):
            raise StateRuleError(self.name, self.recorded_at)
        check_rule(self.name, self.rule)
        if not is_number(self.weight):
            raise StateWeightError(self.name, self.weight)

    def as_dict(self) -> dict[str, Any]:
        """The state as plain data; `State(**data)` reads it back."""
        more = {"recorded_at": self.recorded_at} if self.recorded_at else {}
        return {"name": self.name, "rule": dict(self.rule), "weight": self.weight, **more}


@dataclass(frozen=True)
class Level:
    """One level: its name, and the score from which on a customer stands in it."""

    name: str
    at_least: float

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise LevelsTextError(self.name)
        if not is_number(self.at_least):
            raise LevelThresholdError(self.name, self.at_least)

    def as_dict(self) -> dict[str, Any]:
        """The level as plain data; `Level(**data)` reads it back."""
        return {"name": self.name, "at_least": self.at_least}


Definitions: TypeAlias = "Levels | Iterable[State | Mapping[str, Any]] | Mapping[str, Any] | str"


@dataclass(frozen=True)
class Levels:
    """States in the order in which they are shown, and levels from the lowest up (none: the matrix alone is wanted).

    Raises:
        NoStateError: there is no state.
        DuplicateStateError, DuplicateLevelError: two have the same name (letter case and width set aside).
        LevelThresholdError: a threshold is not above the one before.
        UnreachableLevelError: a threshold above what all states together give.
    """

    states: tuple[State, ...]
    levels: tuple[Level, ...] = ()

    def __post_init__(self) -> None:
        if not self.states:
            raise NoStateError()
        if twice := _twice(self.names):
            raise DuplicateStateError(twice)
        if twice := _twice([level.name for level in self.levels]):
            raise DuplicateLevelError(twice)
        for before, level in zip(self.levels, self.levels[1:], strict=False):
            if millionths(level.at_least) <= millionths(before.at_least):
                raise LevelThresholdError(level.name, level.at_least)
        most = sum(max(millionths(state.weight), 0) for state in self.states)
        for level in self.levels:
            if millionths(level.at_least) > most:
                raise UnreachableLevelError(level.name, level.at_least, most / MILLION)

    def __iter__(self) -> Iterator[State]:
        return iter(self.states)

    @property
    def names(self) -> tuple[str, ...]:
        """The states' names, in order."""
        return tuple(state.name for state in self.states)

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that a state looks at besides customers, in order (`users` leads from a user to a customer)."""
        return tuple(dict.fromkeys(leaf["events"] for state in self for leaf in leaves(state.rule) if "events" in leaf))

    @classmethod
    def of(cls, definitions: Definitions) -> "Levels":
        """Levels from what callers hand over: themselves, their dict or JSON, or states alone."""
        if isinstance(definitions, Levels):
            return definitions
        if isinstance(definitions, str):
            return cls.from_json(definitions)
        if isinstance(definitions, Mapping):
            return cls._of_tree(definitions)
        return cls(tuple(each if isinstance(each, State) else _state(each) for each in definitions))

    @classmethod
    def from_json(cls, written: str) -> "Levels":
        """The levels that `to_json` wrote.

        Raises:
            LevelsTextError: the text holds no levels, or those of a later version.
        """
        try:
            tree = json.loads(written)
            if isinstance(tree, dict) and tree.get("version") == VERSION:
                return cls._of_tree(tree)
        except AnalysisError:
            raise
        except (ValueError, RecursionError):  # no JSON, or lists within lists without end
            tree = None
        raise LevelsTextError(f"version {tree.get('version')}" if isinstance(tree, dict) else written)

    @classmethod
    def _of_tree(cls, tree: Mapping[str, Any]) -> "Levels":
        states, levels = tree.get("states"), tree.get("levels", [])
        if not isinstance(states, list | tuple) or not isinstance(levels, list | tuple):
            raise LevelsTextError(dict(tree))
        return cls(cls.of(states).states, tuple(each if isinstance(each, Level) else _level(each) for each in levels))

    def to_json(self, indent: int | None = None) -> str:
        """The levels with their version, keys in a fixed order; indented for a reader where that is asked for."""
        states, levels = ([each.as_dict() for each in part] for part in (self.states, self.levels))
        tree = {"version": VERSION, "states": states, "levels": levels}
        return json.dumps(tree, ensure_ascii=False, sort_keys=True, default=str, indent=indent)


def leaves(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every condition in the rule of a state, in order."""
    group, parts = group_of(rule)
    return [leaf for part in parts for leaf in leaves(part)] if group else [rule]


def group_of(rule: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    """`all`, `any` or `not` and what stands in it; nothing for a single condition."""
    group = next((each for each in rules.GROUPS if each in rule), "")
    return group, ([rule[group]] if group == "not" else rule[group]) if group else ()


def check_rule(name: str, rule: object, depth: int = 0) -> None:
    """Refuses what is no rule of a state.

    Raises:
        StateRuleError: a part is no group of conditions and no condition, or lies too deep.
    """
    if not isinstance(rule, Mapping) or not rule or depth > DEEPEST:
        raise StateRuleError(name, rule)
    group, parts = group_of(rule)
    if group and (len(rule) > 1 or not isinstance(parts, list | tuple) or not parts):
        raise StateRuleError(name, dict(rule))
    for part in parts:
        check_rule(name, part, depth + 1)
    if not group and not _is_condition(rule):
        raise StateRuleError(name, dict(rule))


def millionths(value: float) -> int:
    """A weight or a threshold in millionths: 0.5 is 500,000."""
    return round(Fraction(str(value)) * MILLION)


def is_number(value: object) -> bool:
    """True for a number that engines can add up, and no truth value."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def _is_condition(rule: Mapping[str, Any]) -> bool:
    if "events" in rule:
        return _is_event(rule)
    if "filled" in rule:
        return isinstance(rule["filled"], str) and set(rule) <= {"filled", "when"} and rule.get("when", "past") in WHEN
    return _is_rule(rule)


def _is_event(rule: Mapping[str, Any]) -> bool:
    texts = all(isinstance(rule.get(key, ""), str) for key in ("events", "distinct", "at"))
    windowed = "days" not in rule or (_is_count(rule["days"]) and rule["days"] <= LONGEST)
    counted = _is_count(rule.get("at_least", 1)) and windowed
    return texts and counted and set(rule) <= EVENT_KEYS and ("where" not in rule or _is_rule(rule["where"]))


def _is_count(value: object) -> bool:
    return isinstance(value, int) and is_number(value) and value >= 1


def _is_rule(tree: object) -> bool:
    try:
        rules.check(tree)
    except RuleError:
        return False
    tests: Any = rules.leaves(tree)  # type: ignore[arg-type]
    return all(_is_value(each) for leaf in tests for each in _values(leaf))


def _is_value(value: object) -> bool:
    """True for what a column can be compared with."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return is_number(value)
    return not isinstance(value, list | tuple | Mapping)


def _values(leaf: Mapping[str, Any]) -> list[Any]:
    """What a test compares a column with."""
    found = [value for name, value in leaf.items() if name != "column"]
    return [each for value in found for each in (value if isinstance(value, list | tuple) else [value])]


def _twice(names: Sequence[str]) -> str:
    """The first name that an engine or a reader may take for an earlier one."""
    folded = [fold(name) for name in names]
    return next((name for i, name in enumerate(names) if folded[i] in folded[:i]), "")


def _state(data: object) -> State:
    if (
        not isinstance(data, Mapping)
        or not set(data) <= {"name", "rule", "weight", "recorded_at"}
        or "name" not in data
    ):
        raise LevelsTextError(data)
    return State(data["name"], data.get("rule", {}), data.get("weight", 1), data.get("recorded_at"))


def _level(data: object) -> Level:
    if not isinstance(data, Mapping) or set(data) != {"name", "at_least"}:
        raise LevelsTextError(data)
    return Level(data["name"], data["at_least"])
