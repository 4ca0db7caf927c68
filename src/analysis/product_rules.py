"""One rule of a product group: a code, the beginning or the pattern of codes, or another column of the orders."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from analysis.errors import GroupDatesError, GroupRuleError, RuleError
from analysis.frames import fold
from analysis.rules import Rule

KINDS = ("code", "prefix", "pattern", "attribute")
ANY, ONE = "*", "?"
LAST_DAY = date(9998, 12, 31)  # engines know a day after it
FIELDS = ("kind", "value", "valid_from", "valid_to")


@dataclass(frozen=True)
class GroupRule:
    """One rule of a group.

    Codes are compared without regard to width (Ａ is A), letter case and spaces at their ends.

    Args:
        kind: `code` (exactly this one), `prefix` (codes that begin so), `pattern` (the whole code, `*` for any
            letters and `?` for one), `attribute` (another column of the orders, see `attribute`).
        value: the code, its beginning, the pattern, or the attribute as `attribute` reads it.
        valid_from: the first day on which it holds, by the day of the order; None: since ever.
        valid_to: the last day on which it holds; None: without end.

    Raises:
        GroupRuleError: no such kind, nothing to look for, or no attribute.
        GroupDatesError: it ends before it begins, or a day that no calendar of an engine has.
    """

    kind: str
    value: str
    valid_from: date | None = None
    valid_to: date | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS or not isinstance(self.value, str) or not fold(self.value):
            raise GroupRuleError(self.kind, self.value)
        if self.kind == "attribute":
            attribute(self.value)
        for day in (self.valid_from, self.valid_to):
            if day is not None and (type(day) is not date or day > LAST_DAY):
                raise GroupDatesError(self.value, self.valid_from, self.valid_to)
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise GroupDatesError(self.value, self.valid_from, self.valid_to)

    @property
    def rule(self) -> Rule | None:
        """The condition on other columns; None for a rule about codes."""
        return attribute(self.value) if self.kind == "attribute" else None

    @property
    def sought(self) -> str:
        """What is looked for in a code, as codes are compared."""
        return fold(self.value)

    def catches(self, code: str) -> bool:
        """Whether a rule about codes catches this one, its days set aside."""
        if self.kind == "code":
            return fold(code) == self.sought
        if self.kind == "prefix":
            return fold(code).startswith(self.sought)
        return self.kind == "pattern" and fits(fold(code), self.sought)

    def as_dict(self) -> dict[str, Any]:
        """The rule as plain data."""
        days = {name: getattr(self, name) for name in ("valid_from", "valid_to")}
        return {"kind": self.kind, "value": self.value} | {name: day.isoformat() for name, day in days.items() if day}


def fits(code: str, pattern: str) -> bool:
    """Whether the whole code is as the pattern says; its time grows with the product of both lengths, never faster."""
    at = i = 0
    star, mark = -1, 0
    while at < len(code):
        if i < len(pattern) and pattern[i] == ANY:
            star, mark, i = i, at, i + 1
        elif i < len(pattern) and pattern[i] in (ONE, code[at]):
            at, i = at + 1, i + 1
        elif star >= 0:  # the last * takes one letter more
            mark, at, i = mark + 1, mark + 1, star + 1
        else:
            return False
    return set(pattern[i:]) <= {ANY}


def attribute(written: str) -> Rule:
    """The condition that a text states on a column of the orders.

    `商品名=美容液` (this value), `店=東,西` (one of these; nothing between commas is blank), `店!=東` (its contrary),
    `商品名=美容*` (begins so), `商品名=*美容*` (holds it), or a `Rule` as JSON.

    Raises:
        GroupRuleError: the text states nothing of the kind.
    """
    text = written.strip()
    if text.startswith("{"):
        try:
            return Rule.from_json(text)
        except (RuleError, RecursionError):
            raise GroupRuleError("attribute", written) from None
    parts = re.split("[=＝]", text, maxsplit=1)
    against = parts[0].endswith(("!", "！"))
    column = parts[0][:-1].strip() if against else parts[0].strip()
    if len(parts) < 2 or not column:
        raise GroupRuleError("attribute", written)
    return Rule(_condition(column, parts[1].strip(), against, written))


def attribute_text(rule: Rule) -> str:
    """The rule as `attribute` reads it: short where that says the same, else JSON."""
    tree = dict(rule.tree)
    short = _short(tree)
    try:
        return short if short and attribute(short).tree == tree else rule.to_json()
    except GroupRuleError:
        return rule.to_json()


def _condition(column: str, values: str, against: bool, written: str) -> dict[str, Any]:
    text = values.replace("＊", ANY)
    if ANY not in text:
        listed = [value.strip() or None for value in values.split(",")]
        return {"column": column, "not_in" if against else "in": listed}
    inner = text.strip(ANY)
    if not inner or ANY in inner or not text.endswith(ANY) or "," in inner:
        raise GroupRuleError("attribute", written)
    test = {"column": column, "contains" if text.startswith(ANY) else "starts_with": inner}
    return {"not": test} if against else test


def _short(tree: Mapping[str, Any]) -> str:
    """A test of one column in short; empty where there is no short form."""
    inner = tree.get("not", tree)
    if not isinstance(inner, Mapping) or "column" not in inner:
        return ""
    column, against = inner["column"], "!" if inner is not tree or "not_in" in inner else ""
    listed = inner.get("in", inner.get("not_in"))
    if listed is not None:
        return f"{column}{against}={','.join(str(value or '') for value in listed)}"
    if "contains" in inner:
        return f"{column}{against}=*{inner['contains']}*"
    return f"{column}{against}={inner['starts_with']}*" if "starts_with" in inner else ""


def read_rule(data: object) -> GroupRule:
    """A rule from plain data; its value may be a `Rule` on other columns, or the dict of one."""
    if isinstance(data, GroupRule):
        return data
    if not isinstance(data, Mapping) or not set(data) <= set(FIELDS) or "kind" not in data:
        raise GroupRuleError("–", data)
    value = data.get("value")
    return GroupRule(data["kind"], _value(value), *(_day(data.get(name), value) for name in FIELDS[2:]))


def _value(value: object) -> Any:
    if isinstance(value, Rule | Mapping):
        return attribute_text(Rule.of(value))  # type: ignore[arg-type]
    return value


def _day(value: object, of: object) -> date | None:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise GroupDatesError(of, value, None) from None
