"""The command of products: what is bought, first, next and together, by code or by group."""

import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.command_parts import data, day_of, emit, given, listed, merges_of, rule_of
from analysis.errors import ChoiceError, CommandError, GroupLineError, NoGroupError
from analysis.exports import read_export
from analysis.first_products import first_products
from analysis.next_products import next_products
from analysis.period import Period
from analysis.product_group_files import read_groups
from analysis.product_groups import SETTING, Grouping, Groupings
from analysis.product_pairs import combinations
from analysis.product_preview import RULE, preview
from analysis.products import product_measures
from analysis.words import text
from analysis.workspace import Workspace

SHOWN: dict[str, tuple[Callable[..., Any], list[str]]] = {
    "measures": (product_measures, ["level", "amount", "product"]),
    "first": (first_products, ["level", "customers", "product"]),
    "next": (next_products, ["from_customers", "from_product", "customers", "to_product"]),
    "pairs": (combinations, ["both", "first", "second"]),
}
FALLING = {"amount", "customers", "from_customers", "both"}
ONLY = {"by": "measures", "days": "first"}


def products(options: Namespace) -> None:
    """What is bought of each product or group, from files or a workspace."""
    if options.show not in (*SHOWN, "preview"):
        raise ChoiceError("--show", options.show, [*SHOWN, "preview"])
    for option, show in ONLY.items():
        if getattr(options, option) is not None and options.show != show:
            raise CommandError("only_with", option=f"--{option}", other=f"--show {show}")
    choices = _choices(options)
    with data(options, ("orders",)) as workspace:
        groups = groups_of(options, workspace)
        if options.show == "preview":
            result = _preview(workspace, groups or _wanted(options))
        else:
            tell(workspace, groups, options.language)
            choices["merges"] = merges_of(workspace, options.language)
            result = _shown(workspace, groups, options.show, choices)
    emit(result, options)


def _choices(options: Namespace) -> dict[str, Any]:
    found: dict[str, Any] = {
        "period": Period.parse(options.period) if options.period else None,
        "as_of": day_of(options.as_of, "--as-of"),
        "where": rule_of(options.where),
        "cancellations": options.cancellations,
        "currency": options.currency,
        "rest": options.rest,
    }
    if options.by is not None:
        found["by"] = listed(options.by)
    if options.days is not None:
        if not options.days.isdigit():
            raise CommandError("number", option="--days", found=options.days)
        found["days"] = int(options.days)
    return found


def _shown(workspace: Workspace, groups: Grouping | None, show: str, choices: dict[str, Any]) -> pd.DataFrame:
    metric, order = SHOWN[show]
    result = workspace.run(metric, groups=groups, **choices)
    order = [*choices.get("by", ()), *order]
    return result.sort_values(order, ascending=[name not in FALLING for name in order], ignore_index=True)


def _preview(workspace: Workspace, groups: Grouping) -> pd.DataFrame:
    result = workspace.run(preview, groups)
    places = {RULE: 0, "all": 1, "one": 2, "several": 3, "none": 4, "blank": 5}
    names = {name: place for place, name in enumerate(groups.names)}
    keyed = result.assign(_part=result["part"].map(places), _group=result["group"].map(names))
    return keyed.sort_values(["_part", "_group", "number"], ignore_index=True).drop(columns=["_part", "_group"])


def tell(workspace: Workspace, groups: Grouping | None, language: str) -> None:
    """Says on standard error which rules catch nothing, and how many codes two groups want."""
    if groups is None:
        return
    told = workspace.run(preview, groups)
    for row in told[(told["part"] == RULE) & (told["rows"] == 0)].to_dict("records"):
        fields = {name: row[name] for name in ("group", "value")}
        print(text(language, "products.catches_nothing", **fields), file=sys.stderr)
    several = int(told.loc[told["part"] == "several", "codes"].sum())
    if several:
        print(text(language, "products.caught_by_two", n=several), file=sys.stderr)


def groups_of(options: Namespace, workspace: Workspace) -> Grouping | None:
    """The grouping of the file, else that of the workspace; None where bare codes are wanted."""
    if options.groups is None:
        return _kept(workspace)[options.grouping] if options.grouping else None
    file = read_groups(read_export(Path(options.groups)))
    for line, mistake in file.refused.items():
        raise GroupLineError(options.groups, line, mistake)
    if options.grouping:
        return file.groupings[options.grouping]
    if not file.groupings:
        raise NoGroupError(options.groups)
    if len(file.groupings) > 1:
        raise ChoiceError("--grouping", "", file.groupings.names)
    return next(iter(file.groupings))


def _kept(workspace: Workspace) -> Groupings:
    written = workspace.setting(SETTING)
    return Groupings.from_json(written) if written else Groupings()


def _wanted(options: Namespace) -> Grouping:
    given(options, "groups")
    raise AssertionError
