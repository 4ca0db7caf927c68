"""Segments of RFM as data: a name and a rule over the scores each, the first that fits; what a workspace keeps."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any, TypeAlias

from analysis.errors import DuplicateSegmentError, MissingColumnError, SegmentsTextError
from analysis.frames import fold
from analysis.rules import Rule, conjuncts
from analysis.words import text

VERSION = 1
SCORES = ("r", "f", "m")
COLUMNS = ("recency_days", "frequency", "monetary", *SCORES)


@dataclass(frozen=True)
class Segment:
    """One segment.

    Args:
        name: as the reader calls it; unique among the segments.
        rule: a `Rule` (or its dict) over `r`, `f`, `m`, `recency_days`, `frequency`, `monetary`.

    Raises:
        SegmentsTextError: no name.
        RuleError: the rule cannot be read.
        MissingColumnError: it names anything else.
    """

    name: str
    rule: Mapping[str, Any]

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise SegmentsTextError(self.name)
        for column in sorted(self.condition.columns):
            if column not in COLUMNS:
                raise MissingColumnError("rfm", column, COLUMNS)

    @property
    def condition(self) -> Rule:
        """The rule, ready to be an expression."""
        return self.rule if isinstance(self.rule, Rule) else Rule(self.rule)

    def as_dict(self) -> dict[str, Any]:
        """The segment as plain data; `Segment(**data)` reads it back."""
        return {"name": self.name, "rule": dict(self.condition.tree)}


Definitions: TypeAlias = "Segments | Iterable[Segment | Mapping[str, Any]] | str"


@dataclass(frozen=True)
class Segments:
    """Segments from the best down: a customer belongs to the first whose rule fits, or to none.

    Raises:
        SegmentsTextError: there is none.
        DuplicateSegmentError: two have the same name (letter case and width set aside).
    """

    segments: tuple[Segment, ...]

    def __post_init__(self) -> None:
        if not self.segments:
            raise SegmentsTextError("–")
        named = set()
        for name in self.names:
            if fold(name) in named:
                raise DuplicateSegmentError(name)
            named.add(fold(name))

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def __len__(self) -> int:
        return len(self.segments)

    @property
    def names(self) -> tuple[str, ...]:
        """The segments' names, in order."""
        return tuple(segment.name for segment in self.segments)

    @classmethod
    def of(cls, definitions: Definitions) -> "Segments":
        """Segments from what callers hand over: themselves, their dicts, or their JSON."""
        if isinstance(definitions, Segments):
            return definitions
        if isinstance(definitions, str):
            return cls.from_json(definitions)
        if isinstance(definitions, Mapping):
            raise SegmentsTextError(dict(definitions))
        return cls(tuple(each if isinstance(each, Segment) else _read(each) for each in definitions))

    @classmethod
    def from_json(cls, written: str) -> "Segments":
        """The segments that `to_json` wrote.

        Raises:
            SegmentsTextError: the text holds no segments, or those of a later version.
        """
        try:
            tree = json.loads(written)
        except json.JSONDecodeError:
            raise SegmentsTextError(written) from None
        if not isinstance(tree, dict) or not isinstance(tree.get("segments"), list):
            raise SegmentsTextError(written)
        if tree.get("version") != VERSION:
            raise SegmentsTextError(f"version {tree.get('version')}")
        return cls.of(tree["segments"])

    def to_json(self) -> str:
        """The segments with their version, keys in a fixed order."""
        tree = {"version": VERSION, "segments": [segment.as_dict() for segment in self.segments]}
        return json.dumps(tree, ensure_ascii=False, sort_keys=True)


def standard_segments(language: str = "ja", *, bins: int | Mapping[str, int] = 5) -> Segments:
    """Eight segments, every score in one of them; of five bins 4 and 5 are high, 3 is in the middle.

    Args:
        language: of the names.
        bins: how many scores there are, or how many of `r`, `f`, `m`.
    """
    each = dict.fromkeys(SCORES, bins) if isinstance(bins, int) else dict(bins)

    def at(column: str, share: float) -> dict[str, Any]:
        return {"column": column, "at_least": ceil(share * each[column])}

    def below(column: str, share: float) -> dict[str, Any]:
        return {"column": column, "below": ceil(share * each[column])}

    rules = {
        "champions": {"all": [at("r", 0.8), at("f", 0.8), at("m", 0.8)]},
        "regulars": {"all": [at("r", 0.6), at("f", 0.8)]},
        "spenders": {"all": [at("r", 0.6), at("m", 0.8)]},
        "new": {"all": [at("r", 0.8), below("f", 0.6)]},
        "occasional": at("r", 0.6),
        "slipping": {"all": [at("f", 0.6), at("m", 0.6)]},
        "quiet": at("r", 0.4),
        "gone": {"column": "r", "at_least": 1},
    }
    return Segments(tuple(Segment(text(language, f"rfm.segment_{key}"), rule) for key, rule in rules.items()))


def describe(segment: Segment, language: str) -> str:
    """The rule of a segment in words."""
    parts = [_part(part, language) for part in conjuncts(segment.condition.tree)]
    return text(language, "rfm.and").join(parts)


def why(row: Mapping[str, Any], segments: Segments, language: str) -> str:
    """Why a customer is in their segment, in one sentence.

    Args:
        row: of the result of `rfm.rfm`.
        segments: with which it was made.
    """
    found = next((segment for segment in segments if segment.name == row["segment"]), None)
    scores = {score: int(row[score]) for score in SCORES if row[score] == row[score] and row[score] is not None}
    if len(scores) < len(SCORES):
        return text(language, "rfm.why_outside")
    if found is None:
        return text(language, "rfm.why_none", **scores)
    return text(language, "rfm.why", rule=describe(found, language), **scores)


def _part(tree: Mapping[str, Any], language: str) -> str:
    for group, word in (("any", "rfm.or"), ("all", "rfm.and")):
        if group in tree:
            return text(language, "rfm.group", parts=text(language, word).join(_part(p, language) for p in tree[group]))
    if "not" in tree:
        return text(language, "rfm.not", part=_part(tree["not"], language))
    test = next(name for name in tree if name != "column")
    column = text(language, f"rfm.column_{tree['column']}")
    value = tree[test]
    listed = "・".join(map(str, value)) if isinstance(value, list | tuple) else value
    return text(language, f"rfm.test_{test}", column=column, value=listed)


def _read(data: object) -> Segment:
    if not isinstance(data, Mapping) or set(data) != {"name", "rule"} or not isinstance(data["rule"], Mapping):
        raise SegmentsTextError(data)
    return Segment(data["name"], data["rule"])
