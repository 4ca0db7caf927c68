"""Product groups as a table that is kept in a spreadsheet: one rule a line, read from any CSV or workbook."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError, GroupDatesError, MissingColumnError
from analysis.exports import Export
from analysis.exports.forms import Refusal
from analysis.exports.values import parse_moment
from analysis.frames import fold
from analysis.product_groups import Grouping, Groupings, ProductGroup
from analysis.product_rules import FIELDS, KINDS, GroupRule
from analysis.words import LANGUAGES, text

COLUMNS = ("grouping", "group", *FIELDS)
OPTIONAL = ("grouping", "valid_from", "valid_to")
LINE, FOOTER = "_line", "_footer"
FORMULA = "=+-@＝＋－＠"  # a spreadsheet is kept from running such a text by an apostrophe in front of it


@dataclass(frozen=True)
class GroupFile:
    """What a table of rules held.

    Attributes:
        groupings: what could be read.
        refused: line of the file -> why it could not.
    """

    groupings: Groupings
    refused: Mapping[int, AnalysisError]


def read_groups(export: Export, *, name: str = "") -> GroupFile:
    """The groupings of a file with the columns of `COLUMNS` in either language, groups in the order of their lines.

    Args:
        export: the file, opened by `read_export`.
        name: of the grouping, where the file has no such column or leaves it empty; else the file's name.

    Raises:
        MissingColumnError: the file has no group, rule or value.
        AnalysisError: the file cannot be read as a table, or not one of its rules can.
    """
    headers = _headers(export.columns)
    for column in COLUMNS:
        if column not in headers and column not in OPTIONAL:
            raise MissingColumnError(export.name, "rule" if column == "kind" else column, list(export.columns))
    usual = name or export.name.rsplit(".", 1)[0]
    lines = [row for batch in export.batches() for row in batch.to_pylist()]
    return group_rules(
        {row[LINE]: {key: _cell(row.get(header)) for key, header in headers.items()} for row in lines}, usual
    )


def group_rules(lines: Mapping[int, Mapping[str, Any]], usual: str) -> GroupFile:
    """Lines with the keys of `COLUMNS` as groupings; a line that cannot be read is refused, the rest still stands.

    Args:
        lines: number of the line -> its values as text; `usual` names a grouping that a line does not name.
    """
    found: dict[str, dict[str, list[GroupRule]]] = {}
    called: dict[str, str] = {}  # by which name the first line called it
    refused: dict[int, AnalysisError] = {}
    for number, line in lines.items():
        try:
            grouping, group, rule = line.get("grouping") or usual, line.get("group") or "", _rule(line)
            ProductGroup(group, (rule,))
        except AnalysisError as mistake:
            refused[number] = mistake
            continue
        outer = called.setdefault(fold(grouping), grouping)
        inner = called.setdefault(f"{fold(grouping)}\n{fold(group)}", group)
        found.setdefault(outer, {}).setdefault(inner, []).append(rule)
    if refused and not found:
        raise next(iter(refused.values()))
    made = [
        Grouping(name, tuple(ProductGroup(group, tuple(rules)) for group, rules in groups.items()))
        for name, groups in found.items()
    ]
    return GroupFile(Groupings(tuple(made)), refused)


def groups_table(groupings: Sequence[Grouping] | Groupings, language: str) -> pd.DataFrame:
    """The rules as `read_groups` reads them back, one a line, under headers of `language`."""
    rows = [
        {
            **dict.fromkeys(COLUMNS, ""),
            "grouping": grouping.name,
            "group": group.name,
            **rule.as_dict(),
            "kind": text(language, f"products.kind_{rule.kind}"),
        }
        for grouping in groupings
        for group in grouping
        for rule in group.rules
    ]
    table = pd.DataFrame(rows, columns=list(COLUMNS), dtype="str")
    return table.rename(columns={column: text(language, f"products.column_{column}") for column in COLUMNS})


def kind_of(word: str) -> str:
    """The kind of rule that a word of either language means; the word itself where it means none."""
    meant = {fold(text(language, f"products.kind_{kind}")): kind for kind in KINDS for language in LANGUAGES}
    return (meant | {kind: kind for kind in KINDS}).get(fold(word), word)


def _headers(columns: Sequence[str]) -> dict[str, str]:
    """Which column of the file holds what."""
    known = {fold(text(language, f"products.column_{key}")): key for key in COLUMNS for language in LANGUAGES}
    known |= {fold(key): key for key in COLUMNS} | {"rule": "kind"}
    return {known[fold(header)]: header for header in reversed(columns) if fold(header) in known}


def _rule(line: Mapping[str, Any]) -> GroupRule:
    value = line.get("value") or ""
    begin, end = (_day(line.get(key) or "", value) for key in ("valid_from", "valid_to"))
    return GroupRule(kind_of(line.get("kind") or ""), value, begin, end)


def _day(written: str, of: str) -> date | None:
    try:
        at = parse_moment(written)
    except Refusal:
        raise GroupDatesError(of, written, None) from None
    return at.date() if at else None


def _cell(value: str | None) -> str:
    """A cell without the apostrophe that keeps a spreadsheet from running it."""
    plain = (value or "").strip()
    return plain[1:] if plain[:1] == "'" and plain[1:2] in FORMULA and len(plain) > 1 else plain
