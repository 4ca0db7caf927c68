"""Product groups as data: several codes that are one product to a reader, by rules; what a workspace keeps."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from analysis.errors import (
    DuplicateGroupError,
    DuplicateGroupingError,
    EmptyGroupError,
    GroupNameError,
    NoGroupError,
    ProductGroupsTextError,
    UnknownGroupingError,
)
from analysis.frames import fold
from analysis.product_rules import GroupRule, read_rule

VERSION = 1
SETTING = "product_groups"  # under which a workspace keeps its groupings, as `Groupings.to_json` writes them
SIGNS = ("-", "+")  # no grouping, and a new one, wherever one is chosen
OTHER = "(other)"  # the line of what no group catches, where it is one line


@dataclass(frozen=True)
class ProductGroup:
    """A group: its name, unique in its grouping, and the rules of which each will do."""

    name: str
    rules: tuple[GroupRule, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or fold(self.name) == fold(OTHER):
            raise GroupNameError(self.name)
        if not self.rules:
            raise EmptyGroupError(self.name)

    def as_dict(self) -> dict[str, Any]:
        """The group as plain data."""
        return {"name": self.name, "rules": [rule.as_dict() for rule in self.rules]}


@dataclass(frozen=True)
class Grouping:
    """One way to group products: groups in order, and what two of them catch belongs to the first.

    Raises:
        NoGroupError: it has no group.
        DuplicateGroupError: two have the same name (width and letter case set aside).
    """

    name: str
    groups: tuple[ProductGroup, ...]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip() or fold(self.name) in SIGNS:
            raise GroupNameError(self.name)
        if not self.groups:
            raise NoGroupError(self.name)
        if twice := _twice(self.names):
            raise DuplicateGroupError(self.name, twice)

    def __iter__(self) -> Iterator[ProductGroup]:
        return iter(self.groups)

    @property
    def names(self) -> tuple[str, ...]:
        """The groups' names, in order."""
        return tuple(group.name for group in self.groups)

    @property
    def dated(self) -> bool:
        """Whether some rule holds on some days only."""
        return any(rule.valid_from or rule.valid_to for group in self for rule in group.rules)

    @classmethod
    def of(cls, groups: "Groups") -> "Grouping":
        """A grouping from what callers hand over: itself, its dict or its JSON."""
        if isinstance(groups, Grouping):
            return groups
        if isinstance(groups, str):
            tree = _tree(groups)
            if tree.pop("version", None) != VERSION:
                raise ProductGroupsTextError(groups)
            return _grouping(tree)
        return _grouping(groups)

    def as_dict(self) -> dict[str, Any]:
        """The grouping as plain data."""
        return {"name": self.name, "groups": [group.as_dict() for group in self]}

    def to_json(self) -> str:
        """The grouping with its version, keys in a fixed order."""
        return json.dumps({"version": VERSION, **self.as_dict()}, ensure_ascii=False, sort_keys=True)


Groups: TypeAlias = Grouping | Mapping[str, Any] | str


@dataclass(frozen=True)
class Groupings:
    """Groupings side by side, each name once."""

    groupings: tuple[Grouping, ...] = ()

    def __post_init__(self) -> None:
        if twice := _twice(self.names):
            raise DuplicateGroupingError(twice)

    def __iter__(self) -> Iterator[Grouping]:
        return iter(self.groupings)

    def __len__(self) -> int:
        return len(self.groupings)

    def __getitem__(self, name: str) -> Grouping:
        """The grouping of that name. Raises: UnknownGroupingError."""
        for each in self:
            if each.name == name:
                return each
        raise UnknownGroupingError(name, self.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The groupings' names, in order."""
        return tuple(each.name for each in self)

    def put(self, grouping: Grouping) -> "Groupings":
        """These and `grouping`, in the place of the one that had its name."""
        if grouping.name not in self.names:
            return Groupings((*self, grouping))
        return Groupings(tuple(grouping if each.name == grouping.name else each for each in self))

    def without(self, name: str) -> "Groupings":
        """These but one."""
        return Groupings(tuple(each for each in self if each.name != name))

    @classmethod
    def from_json(cls, written: str) -> "Groupings":
        """The groupings that `to_json` wrote.

        Raises:
            ProductGroupsTextError: the text holds none, or those of a later version.
        """
        tree = _tree(written)
        if tree.get("version") != VERSION or not isinstance(tree.get("groupings"), list):
            raise ProductGroupsTextError(written)
        return cls(tuple(_grouping(each) for each in tree["groupings"]))

    def to_json(self) -> str:
        """The groupings with their version, keys in a fixed order."""
        tree = {"version": VERSION, "groupings": [each.as_dict() for each in self]}
        return json.dumps(tree, ensure_ascii=False, sort_keys=True)


def _twice(names: Sequence[str]) -> str | None:
    """The first name that stands there a second time."""
    seen = set()
    for name in names:
        if fold(name) in seen:
            return name
        seen.add(fold(name))
    return None


def _tree(written: str) -> dict[str, Any]:
    try:
        tree = json.loads(written)
    except (json.JSONDecodeError, RecursionError):
        raise ProductGroupsTextError(written) from None
    if not isinstance(tree, dict):
        raise ProductGroupsTextError(written)
    return tree


def _grouping(data: object) -> Grouping:
    if not isinstance(data, Mapping) or set(data) != {"name", "groups"} or not isinstance(data["groups"], list | tuple):
        raise ProductGroupsTextError(data)
    return Grouping(data["name"], tuple(_group(each) for each in data["groups"]))


def _group(data: object) -> ProductGroup:
    if isinstance(data, ProductGroup):
        return data
    if not isinstance(data, Mapping) or set(data) != {"name", "rules"} or not isinstance(data["rules"], list | tuple):
        raise ProductGroupsTextError(data)
    return ProductGroup(data["name"], tuple(read_rule(each) for each in data["rules"]))


def rules_of(grouping: Grouping) -> Iterable[tuple[int, int, GroupRule]]:
    """Every rule with the place of its group and its own place in the group, from 1."""
    for place, group in enumerate(grouping, 1):
        for number, rule in enumerate(group.rules, 1):
            yield place, number, rule
