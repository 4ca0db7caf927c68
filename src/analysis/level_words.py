"""The rule of a state in words, as a caption says it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from analysis.level_definitions import group_of
from analysis.words import catalogue, text

USER = "user_id"
Called = Callable[[str, str], str]  # from a table ("": of the customers) and a column to what a reader calls it


def describe(rule: Mapping[str, Any], language: str, called: Called = lambda _, column: column) -> str:
    """The rule of a state in words.

    Args:
        rule: see `State`.
        language: one of `words.LANGUAGES`.
        called: what columns are called; by their names, where nobody says so.
    """
    return _Words(language, called).of(rule)


class _Words:
    """The words of rules over the columns of one table."""

    def __init__(self, language: str, called: Called, table: str = "") -> None:
        self.language, self.called, self.table = language, called, table

    def of(self, rule: Mapping[str, Any]) -> str:
        group, parts = group_of(rule)
        if group == "not":
            return self._text("not", rule=self.of(parts[0]))
        if group:
            return self._text(group).join(map(self._inner, parts))
        if "events" in rule:
            return self._events(rule)
        if "filled" in rule:
            when = f"_{rule['when']}" if "when" in rule else ""
            return self._text(f"filled{when}", column=self.called(self.table, rule["filled"]))
        return self._test(rule)

    def _text(self, key: str, **fields: Any) -> str:
        return text(self.language, f"levels.{key}", **fields)

    def _inner(self, part: Mapping[str, Any]) -> str:
        said = self.of(part)
        return self._text("inner", rule=said) if group_of(part)[0] in ("all", "any") else said

    def _events(self, rule: Mapping[str, Any]) -> str:
        table, distinct = rule["events"], rule.get("distinct")
        what = "rows" if distinct is None else "users" if distinct == USER else "distinct"
        column = self.called(table, distinct) if distinct else ""
        said = self._text(what, column=column, table=_table(table, self.language), n=rule.get("at_least", 1))
        if "days" in rule:
            said = self._text("days", rule=said, n=rule["days"])
        if "where" in rule:
            where = _Words(self.language, self.called, table).of(rule["where"])
            said = self._text("where", rule=said, where=where)
        return said

    def _test(self, rule: Mapping[str, Any]) -> str:
        test = next(key for key in rule if key != "column")
        column = self.called(self.table, rule["column"])
        return self._text(f"test_{test}", column=column, value=self._value(rule[test]))

    def _value(self, value: object) -> str:
        if not isinstance(value, Sequence) or isinstance(value, str):
            return str(value)
        blank = self._text("blank")
        return self._text("comma").join(blank if each in (None, "") else str(each) for each in value)


def _table(name: str, language: str) -> str:
    """The table as the reader calls it; one without a word keeps its name."""
    key = f"exports.kind_{name}"
    return text(language, key) if key in catalogue(language) else name
