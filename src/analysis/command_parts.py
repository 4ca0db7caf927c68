"""What the commands share: options read, files opened, a table written."""

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import ChoiceError, CommandError
from analysis.exports import Export, read_export
from analysis.exports.mapping import Mapping, check, fill, parse
from analysis.exports.propose import propose
from analysis.merge_decisions import SETTING, Decisions
from analysis.tables import KINDS
from analysis.words import text
from analysis.workspace import Workspace
from analysis.workspace.adding import date_in_name

FORMATS = ("table", "csv", "json", "parquet")


def given(options: Namespace, name: str) -> Any:
    """What was said for an option that the command cannot do without."""
    value = getattr(options, name)
    if value is None:
        raise CommandError("missing_option", found=name if name in ("file", "id") else f"--{name}")
    return value


def listed(value: str | None) -> list[str]:
    """`a,b` as its parts."""
    return [part.strip() for part in (value or "").split(",") if part.strip()]


def rule_of(conditions: list[str] | None) -> dict | None:
    """`エリア=関東,近畿` twice or more: all must hold; an empty part means blank."""
    if not conditions:
        return None
    parts = []
    for condition in conditions:
        column, found, values = condition.partition("=")
        if not found:
            raise CommandError("where", found=condition)
        parts.append({"column": column, "in": [value or None for value in values.split(",")]})
    return {"all": parts}


def export_of(options: Namespace, path: str) -> Export:
    """A file, read as the options say."""
    header = getattr(options, "header", None)
    if header is not None and not header.isdigit():
        raise CommandError("number", option="--header", found=header)
    delimiter = getattr(options, "delimiter", None)
    return read_export(
        Path(path),
        encoding=getattr(options, "encoding", None),
        delimiter={"tab": "\t", "\\t": "\t"}.get(delimiter or "", delimiter),
        header=int(header) if header else None,
        sheet=getattr(options, "sheet", None),
    )


def mapping_of(
    export: Export,
    kind: str | None,
    said: dict[str, str],
    *,
    with_personal: bool = False,
    with_names: bool = False,
    steps: Sequence[str] = (),
) -> Mapping:
    """What was proposed, with what was said outright put over it.

    Args:
        with_personal: keep the columns that hold a person's data.
        with_names: of these the ones that a role is made for, such as the owner of a deal.
        steps: columns that are said to be steps.
    """
    if kind is not None and kind not in KINDS:
        raise ChoiceError("--kind", kind, list(KINDS))
    proposed = _in_form(propose(export, kind, with_names=with_names or with_personal).mapping, export, said, steps)
    kept = {role: header for role, header in proposed.roles.items() if header not in said.values()}
    constants = {role: value for role, value in proposed.constants.items() if role not in said}
    left_out = () if with_personal else tuple(h for h in proposed.left_out if h not in said.values())
    mapping = fill(export, replace(proposed, roles=kept | said, constants=constants, left_out=left_out))
    check(export, mapping)
    return mapping


def _in_form(proposed: Mapping, export: Export, said: dict[str, str], steps: Sequence[str]) -> Mapping:
    """A row per entry where its roles are said outright; a date per step where all `steps` are columns."""
    kind = KINDS[proposed.kind]
    forms = (kind.wide, kind.time)
    if kind.wide and {*forms} & {*said}:
        return replace(proposed, steps=())
    if not steps or not set(steps) <= set(export.columns) or set(steps) <= set(proposed.steps):
        return proposed
    roles = {role: h for role, h in proposed.roles.items() if role not in forms and h not in steps}
    dates = tuple(header for header in (*proposed.steps, *proposed.dates) if header not in steps)
    left_out = tuple(header for header in proposed.left_out if header not in steps)
    return replace(proposed, roles=roles, steps=tuple(steps), dates=dates, left_out=left_out)


def list_day(name: str, kind: str) -> date | None:
    """The day that a list shows: the date in its file's name, else today; None for a log."""
    return (date_in_name(name) or date.today()) if KINDS[kind].snapshot else None  # noqa: DTZ011 the reader's own day


@contextmanager
def workspace_of(options: Namespace) -> Iterator[Workspace]:
    """The workspace that the options or the environment name."""
    yield Workspace.open(_folder(options.workspace))


@contextmanager
def data(
    options: Namespace,
    kinds: Sequence[str],
    *,
    also: Sequence[str] = (),
    last_day: date | None = None,
    steps: Sequence[str] = (),
) -> Iterator[Workspace]:
    """The workspace, or, where files are given, one that lives as long as the command.

    Args:
        options: what was said; a file or several for each kind.
        kinds: the tables that the command needs.
        also: those that it takes where a file is given.
        last_day: the day of a list; None: the date in its name.
        steps: columns that are said to be the steps of a list.
    """
    if not any(getattr(options, kind) for kind in kinds):
        with workspace_of(options) as workspace:
            yield workspace
        return
    with tempfile.TemporaryDirectory(prefix="genzaichi-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace.open(Path(folder))
        needed = [*kinds, *(kind for kind in also if getattr(options, kind))]
        files = [(kind, export_of(options, path)) for kind in needed for path in _paths(options, kind)]
        for (kind, export), said in zip(files, _split_map(options.map, files), strict=True):
            mapping = mapping_of(export, kind, said, with_names=True, steps=steps)  # kept nowhere
            day = (last_day or list_day(export.name, kind)) if KINDS[kind].snapshot else None
            workspace.add(export, kind=kind, mapping=mapping, as_of=day)
        yield workspace


def merges_of(workspace: Workspace, language: str) -> dict[str, str]:
    """The ways of writing a customer that the workspace counts as one, as its pages do; told on standard error."""
    written = workspace.setting(SETTING, "")
    merges = Decisions.from_json(written).merges if written else {}
    if merges:
        print(text(language, "customer.counted_as_one", n=len(merges)), file=sys.stderr)
    return merges


def _paths(options: Namespace, kind: str) -> list[str]:
    found = given(options, kind)
    return [found] if isinstance(found, str) else found


def _split_map(said: str | None, files: Sequence[tuple[str, Export]]) -> list[dict[str, str]]:
    """Each `role=header` goes to the files that have the role and the header; to none is a mistake."""
    parts: list[dict[str, str]] = [{} for _ in files]
    for role, header in (parse(said) if said else {}).items():
        fits = [part for part, (kind, export) in zip(parts, files, strict=True) if _fits(role, header, kind, export)]
        if not fits:
            raise CommandError("map", found=f"{role}={header}")
        for part in fits:
            part[role] = header
    return parts


def _fits(role: str, header: str, kind: str, export: Export) -> bool:
    return role in KINDS[kind].roles and header in export.columns


def emit(frame: pd.DataFrame, options: Namespace) -> None:
    """The table on standard output, in the form that was asked for."""
    if options.format == "csv":
        frame.to_csv(sys.stdout, index=False, lineterminator="\n")
    elif options.format == "json":
        print(frame.to_json(orient="records", force_ascii=False, date_format="iso"))
    elif options.format == "parquet":
        sys.stdout.buffer.write(frame.to_parquet(index=False))
    elif options.format == "table":
        empty = text(options.language, "cli.no_rows")
        print(frame.to_string(index=False, na_rep="") if len(frame) else empty)
    else:
        raise ChoiceError("--format", options.format, list(FORMATS))


def day_of(value: str | None, option: str) -> date | None:
    """A day written 2026-06-30, or a sentence that says how to write one."""
    if value is None:
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise CommandError("day", option=option, found=value) from None
    if found == date.max:  # has no midnight after it
        raise CommandError("day", option=option, found=value)
    return found


def _folder(value: str | None) -> Path:
    """`--workspace`, else GENZAICHI_WORKSPACE, else ./workspace."""
    return Path(value or os.environ.get("GENZAICHI_WORKSPACE") or "workspace")
