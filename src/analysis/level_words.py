"""The rule of a state in words, as a caption says it."""

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.level_definitions import group_of
from analysis.words import catalogue, text


def describe(rule: Mapping[str, Any], language: str) -> str:
    """The rule of a state in words.

    Args:
        rule: see `State`.
        language: one of `words.LANGUAGES`.
    """
    group, parts = group_of(rule)
    if group == "not":
        return text(language, "levels.not", rule=describe(parts[0], language))
    if group:
        return text(language, f"levels.{group}").join(_inner(part, language) for part in parts)
    if "events" in rule:
        return _events(rule, language)
    if "filled" in rule:
        when = f"_{rule['when']}" if "when" in rule else ""
        return text(language, f"levels.filled{when}", column=rule["filled"])
    return _test(rule, language)


def _inner(part: Mapping[str, Any], language: str) -> str:
    said = describe(part, language)
    return text(language, "levels.inner", rule=said) if group_of(part)[0] in ("all", "any") else said


def _events(rule: Mapping[str, Any], language: str) -> str:
    what = "distinct" if "distinct" in rule else "rows"
    fields = {"table": _table(rule["events"], language), "n": rule.get("at_least", 1)}
    said = text(language, f"levels.{what}", column=rule.get("distinct", ""), **fields)
    if "days" in rule:
        said = text(language, "levels.days", rule=said, n=rule["days"])
    if "where" in rule:
        said = text(language, "levels.where", rule=said, where=describe(rule["where"], language))
    return said


def _test(rule: Mapping[str, Any], language: str) -> str:
    test = next(key for key in rule if key != "column")
    return text(language, f"levels.test_{test}", column=rule["column"], value=_value(rule[test], language))


def _value(value: object, language: str) -> str:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return str(value)
    blank = text(language, "levels.blank")
    return text(language, "levels.comma").join(blank if each in (None, "") else str(each) for each in value)


def _table(name: str, language: str) -> str:
    """The table as the reader calls it; one without a word keeps its name."""
    key = f"exports.kind_{name}"
    return text(language, key) if key in catalogue(language) else name
