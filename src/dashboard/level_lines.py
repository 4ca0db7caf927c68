"""States as lines of a table: what each cell says of a state, and the states that lines say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.customer_base import CUSTOMER
from analysis.errors import StatePartError
from analysis.frames import fold
from analysis.level_definitions import DEEPEST, Levels, State, group_of
from analysis.tables import KINDS

if TYPE_CHECKING:
    from dashboard.level_answers import LevelAnswers
    from dashboard.page import Page

ORDER = ("name", "test", "place", "days", "at_least", "values", "parts", "weight", "recorded_at")
OF_COLUMN = ("filled", "past", "future", "in", "at_least")  # tests of a column of the customers …
OF_TABLE = ("rows", "users")  # … of the rows of a table …
OF_STATES = ("all_of", "any_of", "none_of")  # … and of other states
KEPT = "kept"  # a rule that the table cannot show
TESTS = (*OF_COLUMN, *OF_TABLE, *OF_STATES, KEPT)
USER = "user_id"

Row = dict[str, Any]
Rule = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """What the cells of the table are called.

    Attributes:
        tests: code of a condition -> its words.
        places: where a state can look, (`column` or `table`, name) -> its words.
        moments: columns that may say when a value was written down -> their words.
    """

    tests: Mapping[str, str]
    places: Mapping[tuple[str, str], str]
    moments: Mapping[str, str]


def words(page: "Page", answers: "LevelAnswers", levels: Levels | None) -> Words:
    """The cells over these customers; a column that a state already goes by is among the choices."""
    shown = [name for name in answers.columns if name not in answers.hidden and name != CUSTOMER]
    called = {name: page.role(answers.kind, name) if name in KINDS[answers.kind].roles else name for name in shown}
    tables = {("table", kind): page.t("level_page.table", name=page.t(f"data.kind_{kind}")) for kind in answers.tables}
    used = [state.recorded_at for state in levels or () if state.recorded_at not in (None, *answers.hidden)]
    return Words(
        {code: page.t(f"level_page.test_{code}") for code in TESTS},
        {("column", name): page.t("level_page.column", name=said) for name, said in called.items()} | tables,
        {name: said for name, said in called.items() if answers.is_moment(name)}
        | {name: called.get(name, name) for name in used if name},
    )


def rows(levels: Levels | None, words: Words) -> list[Row]:
    """The states as lines."""
    return [_row(state, levels, words) for state in levels or ()]


def states(lines: Sequence[Row], words: Words, before: Levels | None) -> tuple[State, ...]:
    """The states that lines say; what does not fit together is what the error names.

    What the table cannot show stays as it was, under whatever name.

    Args:
        lines: by the columns of `ORDER`, in the words of the table; empty cells are None. `was`: the name of the state
            that the line showed before it was edited; None for a new line.
        words: of the cells.
        before: the states that the lines are made from.

    Raises:
        StatePartError: a line is put together of a state that no other line says, or of itself.
        StateRuleError, StateWeightError, LevelsTextError: see `State`.
    """
    found = _Lines(lines, words, before)
    return tuple(map(found.state, lines))


def plain(row: Mapping[Any, Any]) -> Row:
    """A line as the widget gives it, with None for what is empty."""
    return {str(name): _cell(value) for name, value in row.items()}


def _cell(value: Any) -> Any:
    if isinstance(value, str) or value is None:
        return value or None
    if hasattr(value, "__len__"):
        return list(value) or None
    return None if pd.isna(value) else value


def _row(state: State, levels: Levels | None, words: Words) -> Row:
    test, place, more = _read(state.rule, levels.states if levels else ())
    if place and place not in words.places:
        test, place, more = KEPT, None, {}
    empty: Row = {"days": None, "at_least": None, "values": "", "parts": None}
    return empty | {
        "name": state.name,
        "test": words.tests[test],
        "place": words.places[place] if place else None,
        "weight": float(state.weight),
        "recorded_at": words.moments.get(state.recorded_at or ""),
        **more,
    }


def _read(rule: Rule, known: Sequence[State]) -> tuple[str, tuple[str, str] | None, Row]:
    """A rule as test, place and the rest of a line; `KEPT` where a line has no room for it.

    Args:
        rule: of a state.
        known: all states, of which it may be put together.
    """
    if "filled" in rule:
        return rule.get("when", "filled"), ("column", rule["filled"]), {}
    if {*rule} == {"column", "in"} and all(map(_is_listed, rule["in"])):
        return "in", ("column", rule["column"]), {"values": "、".join(each or "" for each in rule["in"])}
    if {*rule} == {"column", "at_least"} and isinstance(rule["at_least"], int | float):
        return "at_least", ("column", rule["column"]), {"at_least": float(rule["at_least"])}
    if (
        "events" in rule
        and {*rule} <= {"events", "days", "at_least", "distinct"}
        and rule.get("distinct", USER) == USER
    ):
        more = {"days": rule.get("days"), "at_least": float(rule.get("at_least", 1))}
        return ("users" if "distinct" in rule else "rows"), ("table", rule["events"]), more
    return _read_group(rule, known)


def _is_listed(value: Any) -> bool:
    """True for a value that a list within a cell gives back as it was."""
    return value is None or (isinstance(value, str) and _values(value) == [value])


def _read_group(rule: Rule, known: Sequence[State]) -> tuple[str, None, Row]:
    """A rule of rules, where each of these is that of a state."""
    group, parts = group_of(rule)
    if group == "not":
        inner, within = group_of(parts[0])
        group, parts = "none", within if inner == "any" and _named(parts[0], known) is None else parts
    names = [_named(part, known) for part in parts]
    if not group or None in names or len({*names}) < len(names):
        return KEPT, None, {}
    return f"{group}_of", None, {"parts": names}


def _named(rule: Rule, known: Sequence[State]) -> str | None:
    """The first state of this rule."""
    return next((state.name for state in known if state.rule == rule), None)


class _Lines:
    """Lines on their way to states: one that is put together of others takes over their rules."""

    def __init__(self, lines: Sequence[Row], words: Words, before: Levels | None) -> None:
        turned = list(reversed(lines))  # of two lines of a name the first counts
        self.named = {fold(line["name"]): line for line in turned if line["name"]}
        # a line that has been given another name is still meant by the one before
        self.lines = {fold(line["was"]): line for line in turned if line["was"]} | self.named
        self.tests = {said: code for code, said in words.tests.items()}
        self.places = {said: place for place, said in words.places.items()}
        self.moments = {said: name for name, said in words.moments.items()}
        self.earlier = {state.name: state for state in before or ()}

    def state(self, line: Row) -> State:
        """The state of a line."""
        before = self.earlier.get(line["was"] or "")
        weight = 1 if line["weight"] is None else line["weight"]
        recorded_at = self.moments.get(line.get("recorded_at") or "")
        if before and before.recorded_at not in self.moments.values():  # a column that is not among the choices
            recorded_at = recorded_at or before.recorded_at
        return State(line["name"] or "", self.rule(line), _whole(weight), recorded_at)

    def rule(self, line: Row, way: tuple[str, ...] = ()) -> Rule:
        """The rule of a line; none where it does not fit together.

        Args:
            line: of the table.
            way: the lines that this one is a part of.
        """
        test = self.tests.get(str(line["test"]), "")
        where, name = self.places.get(str(line["place"]), ("", ""))
        before = self.earlier.get(line["was"] or "")
        if test == KEPT:
            return dict(before.rule) if before else {}
        if test in OF_COLUMN and where == "column":
            return _of_column(test, name, line)
        if test in OF_TABLE and where == "table":
            rule: Row = {"events": name, **({"distinct": USER} if test == "users" else {})}
            rule |= {"days": int(line["days"])} if line["days"] is not None else {}
            return rule | ({"at_least": _whole(line["at_least"])} if line["at_least"] is not None else {})
        return self._of_states(test, line, way) if test in OF_STATES else {}

    def _of_states(self, test: str, line: Row, way: tuple[str, ...]) -> Rule:
        way = (*way, fold(line["name"] or ""))
        parts = [self._part(line, name, way) for name in line["parts"] or ()]
        if test == "none_of":
            return {"not": parts[0] if len(parts) == 1 else {"any": parts}} if parts else {}
        return {"all" if test == "all_of" else "any": parts}

    def _part(self, line: Row, name: str, way: tuple[str, ...]) -> Rule:
        found = self.lines.get(fold(name))
        if found is None or fold(found["name"] or "") in way:
            others = [str(each["name"]) for key, each in self.named.items() if key not in way]
            raise StatePartError(str(line["name"] or ""), name, others[::-1])
        return self.rule(found, way) if len(way) <= DEEPEST else {}


def _of_column(test: str, name: str, line: Row) -> Rule:
    if test == "in":
        return {"column": name, "in": _values(line["values"] or "")}
    if test == "at_least":
        return {"column": name, "at_least": line["at_least"]} if line["at_least"] is not None else {}
    return {"filled": name, **({"when": test} if test != "filled" else {})}


def _values(written: str) -> list[str | None]:
    """The values of a list within a cell; nothing between two commas is blank."""
    parts = written.replace("，", "、").replace(",", "、").split("、")
    return [part.strip() or None for part in parts]


def _whole(value: float) -> Any:
    return int(value) if float(value).is_integer() else value
