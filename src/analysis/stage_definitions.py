"""Stages as data: a name, a rule and a goal each; what `stages` counts and a workspace keeps."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from analysis.errors import DuplicateStageError, NoStageError, StageGoalError, StageRuleError, StagesTextError
from analysis.words import text

VERSION = 1
MEASURES = ("uses", "days", "weeks", "months", "kinds")
UNITS = {"weeks": "week", "months": "month"}  # counted among those in which the person was valid
GROUPS = ("all", "any")
MILLION = 1_000_000  # goals are held in millionths, so that a gap in people never depends on a float


@dataclass(frozen=True)
class Stage:
    """One stage.

    Args:
        name: as the reader calls it; unique among the stages.
        rule: `{"measure": m, "at_least": n}`, or `{"all": [...]}`, `{"any": [...]}` of such. A measure is
            `uses` (rows of the log), `days`, `weeks`, `months` (with use), `kinds` (of activity, blank is none).
            `"activities": [...]` beside it looks at these kinds only: `{"measure": "uses", "at_least": 5,
            "activities": ["order"]}` is five orders. Weeks and months are those in which the person was valid;
            who was valid in fewer than `n` of them needs all of these.
        goal: the share of valid users (0-1) that is wanted; None: no goal.

    Raises:
        StageRuleError: no rule, or one that cannot be read.
        StageGoalError: the goal is below 0 or above 1.
    """

    name: str
    rule: Mapping[str, Any]
    goal: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise StagesTextError(self.name)
        check_rule(self.name, self.rule)
        check_goal(self.name, self.goal)

    def as_dict(self) -> dict[str, Any]:
        """The stage as plain data; `Stage(**data)` reads it back."""
        return {"name": self.name, "rule": dict(self.rule), "goal": self.goal}


Definitions: TypeAlias = "Stages | Iterable[Stage | Mapping[str, Any]] | str"


@dataclass(frozen=True)
class Stages:
    """Stages in their order, foundation first.

    Raises:
        NoStageError: there is none.
        DuplicateStageError: two have the same name.
    """

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise NoStageError()
        named = set()
        for stage in self.stages:
            if stage.name in named:
                raise DuplicateStageError(stage.name)
            named.add(stage.name)

    def __iter__(self) -> Iterator[Stage]:
        return iter(self.stages)

    def __len__(self) -> int:
        return len(self.stages)

    @property
    def names(self) -> tuple[str, ...]:
        """The stages' names, in order."""
        return tuple(stage.name for stage in self.stages)

    @classmethod
    def of(cls, definitions: Definitions) -> "Stages":
        """Stages from what callers hand over: themselves, their dicts, or their JSON."""
        if isinstance(definitions, Stages):
            return definitions
        if isinstance(definitions, str):
            return cls.from_json(definitions)
        if isinstance(definitions, Mapping):
            raise StagesTextError(dict(definitions))
        return cls(tuple(each if isinstance(each, Stage) else _read(each) for each in definitions))

    @classmethod
    def from_json(cls, written: str) -> "Stages":
        """The stages that `to_json` wrote.

        Raises:
            StagesTextError: the text holds no stages, or those of a later version.
        """
        try:
            tree = json.loads(written)
        except json.JSONDecodeError:
            raise StagesTextError(written) from None
        if not isinstance(tree, dict) or not isinstance(tree.get("stages"), list):
            raise StagesTextError(written)
        if tree.get("version") != VERSION:
            raise StagesTextError(f"version {tree.get('version')}")
        return cls.of(tree["stages"])

    def to_json(self) -> str:
        """The stages with their version, keys in a fixed order."""
        tree = {"version": VERSION, "stages": [stage.as_dict() for stage in self.stages]}
        return json.dumps(tree, ensure_ascii=False, sort_keys=True)


def standard_stages(language: str = "ja", *, months: int = 3, kinds: int = 3) -> Stages:
    """Aware (any use), settled (use in `months` months), making use (`kinds` kinds of activity); 70, 45 and 20 %."""
    rules = {"aware": ("uses", 1, 0.7), "settled": ("months", months, 0.45), "using": ("kinds", kinds, 0.2)}
    made = [
        Stage(text(language, f"stages.name_{key}"), {"measure": measure, "at_least": least}, goal)
        for key, (measure, least, goal) in rules.items()
    ]
    return Stages(tuple(made))


def leaves(rule: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Every condition of a rule on one measure, in order."""
    group, parts = _group(rule)
    return [leaf for part in parts for leaf in leaves(part)] if group else [rule]


def check_rule(name: str, rule: object) -> None:
    """Refuses what is no rule of a stage.

    Raises:
        StageRuleError: a part is neither a group nor a measure with a whole number of at least 1.
    """
    if not isinstance(rule, Mapping) or not rule:
        raise StageRuleError(name, rule)
    group, parts = _group(rule)
    if group and (len(rule) > 1 or not isinstance(parts, list | tuple) or not parts):
        raise StageRuleError(name, dict(rule))
    for part in parts:
        check_rule(name, part)
    if not group and not _is_condition(rule):
        raise StageRuleError(name, dict(rule))


def check_goal(name: str, goal: object) -> None:
    """Refuses a goal that is no share.

    Raises:
        StageGoalError: it is below 0, above 1, or no number.
    """
    if goal is None:
        return
    if isinstance(goal, bool) or not isinstance(goal, int | float) or not 0 <= goal <= 1:
        raise StageGoalError(name, goal)


def millionths(goal: float) -> int:
    """A goal in millionths: 0.7 is 700,000."""
    return round(Fraction(str(float(goal))) * MILLION)


def describe(rule: Mapping[str, Any], language: str) -> str:
    """The rule in words, as a caption says it."""
    group, parts = _group(rule)
    if group:
        return text(language, f"stages.{group}").join(describe(part, language) for part in parts)
    said = text(language, f"stages.rule_{rule['measure']}", n=rule["at_least"])
    kinds = text(language, "stages.comma").join(str(each) for each in rule.get("activities") or ())
    return text(language, "stages.rule_of", rule=said, kinds=kinds) if kinds else said


def _group(rule: Mapping[str, Any]) -> tuple[str, Sequence[Any]]:
    return next(((group, rule[group]) for group in GROUPS if group in rule), ("", ()))


def _is_condition(rule: Mapping[str, Any]) -> bool:
    least, kinds = rule.get("at_least"), rule.get("activities")
    whole = isinstance(least, int) and not isinstance(least, bool) and least >= 1
    listed = "activities" not in rule or (isinstance(kinds, list | tuple) and len(kinds) > 0)
    return whole and listed and rule.get("measure") in MEASURES and set(rule) <= {"measure", "at_least", "activities"}


def _read(data: object) -> Stage:
    if not isinstance(data, Mapping) or not set(data) <= {"name", "rule", "goal"} or "name" not in data:
        raise StagesTextError(data)
    return Stage(data["name"], data.get("rule", {}), data.get("goal"))
