"""The command of utilisation levels: who is in which state, and how many stand where."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.command_parts import data, day_of, emit, listed, rule_of
from analysis.customer_base import BASES
from analysis.errors import ChoiceError, CommandError, LevelsTextError
from analysis.level_definitions import Levels
from analysis.level_questions import customer_states, held
from analysis.levels import level_distribution, level_matrix, state_counts
from analysis.tables import KINDS as TABLES
from analysis.workspace import Workspace
from analysis.workspace.adding import date_in_name
from analysis.workspace.imports import Import

LOGS = ("orders", "activity", "visits", "inquiries")
KINDS = ("customers", "contracts", "cases", "deals", "users", *LOGS)
SETTING = "levels"  # where a workspace keeps the levels of its page, by kind
# what is shown -> its metric, and what its rows are put in order by
SHOWN: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "matrix": (level_matrix, ["level_position", "score", "customer_id"]),
    "levels": (level_distribution, ["level_position"]),
    "states": (state_counts, ["position"]),
}


def levels(options: Namespace) -> None:
    """Customers and their states, the levels or the states, from files or a workspace."""
    if options.what not in SHOWN:
        raise ChoiceError("--what", options.what, list(SHOWN))
    by, where, day = listed(options.by), rule_of(options.where), day_of(options.as_of, "--as-of")
    named = tuple(kind for kind in KINDS if getattr(options, kind))
    written = _file(options.definitions) if options.definitions else None
    with data(options, named or KINDS[:1]) as workspace:
        there = [each for each in workspace.imports() if each.active]
        base = _base(options, there)
        definitions = written or _kept(workspace, base)
        as_of = day or _last_day(there, named)
        states = workspace.run(customer_states, definitions.to_json(), days=[as_of], base=base)
    metric, order = SHOWN[options.what]
    result = metric(states, held(definitions), as_of=as_of, by=by, where=where)
    emit(_ordered(result, options.what, by, order), options)


def _ordered(result: pd.DataFrame, what: str, by: Sequence[str], order: Sequence[str]) -> pd.DataFrame:
    """The highest level first where customers are listed, else by group and place."""
    if what == "matrix":
        return result.sort_values([*order], ascending=[False, False, True], ignore_index=True)
    return result.sort_values([*by, *order], ignore_index=True)


def _base(options: Namespace, there: Sequence[Import]) -> str:
    """The kind that says who the customers are: the one that was named, else the first that is there."""
    if options.base is not None and options.base not in BASES:
        raise ChoiceError("--base", options.base, list(BASES))
    found = [kind for kind in BASES if any(each.kind == kind for each in there)]
    if options.base not in (None, *found) or not found:
        raise CommandError("missing_option", found=f"--{options.base or BASES[0]}")
    return str(options.base or found[0])


def _kept(workspace: Workspace, base: str) -> Levels:
    """The levels that the workspace keeps for its page."""
    kept = dict(workspace.setting(SETTING, {}) or {}).get(base)
    if not kept:
        raise CommandError("missing_option", found="--definitions")
    return Levels.from_json(kept)


def _file(path: str) -> Levels:
    """The levels of a file."""
    try:
        return Levels.from_json(Path(path).read_bytes().decode("utf-8-sig"))
    except (UnicodeDecodeError, LevelsTextError, RecursionError):
        raise CommandError("levels", found=path) from None


def _last_day(there: Sequence[Import], named: Sequence[str]) -> date:
    """The last day that anything is known of: of a log its last row, of a list its day, where that is said."""
    days = [each.last.date() for each in there if each.last is not None and not TABLES[each.kind].snapshot]
    lists = [each for each in there if each.as_of is not None]
    days += [each.as_of for each in lists if each.as_of and (not named or date_in_name(each.name))]
    if not days:
        raise CommandError("missing_option", found="--as-of")
    return max(days)


def ask(verb: ArgumentParser, t: Callable[[str], str]) -> None:
    """The options of `levels`."""
    for kind in KINDS:
        words = t(kind if kind in ("users", "activity", "orders", "cases") else f"of_{kind}")
        verb.add_argument(f"--{kind}", action="append" if kind in LOGS else "store", metavar="FILE", help=words)
    verb.add_argument("--definitions", metavar="FILE.json", help=t("definitions_levels"))
    verb.add_argument("--base", metavar="|".join(BASES[:3]) + "|…", help=t("base"))
    verb.add_argument("--what", default="matrix", metavar="|".join(SHOWN), help=t("what"))
    verb.add_argument("--by", metavar="A,B", help=t("by"))
    verb.add_argument("--where", action="append", metavar="COLUMN=A,B", help=t("where"))
    verb.add_argument("--as-of", metavar="DATE", help=t("as_of_levels"))
    verb.add_argument("--map", metavar="ROLE=HEADER,…", help=t("map"))
