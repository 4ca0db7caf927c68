"""What each command of the command line does: a table on standard output, or an error that says what to do."""

import os
import sys
import tempfile
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from analysis.active_rate import active_rate as active_rate_of
from analysis.active_rate import active_rate_pivot
from analysis.errors import ChoiceError, CommandError
from analysis.exports import Export, read_export
from analysis.exports.mapping import Mapping, check, fill, parse
from analysis.exports.propose import propose
from analysis.period import Period
from analysis.tables import KINDS
from analysis.trend import active_rate_trend
from analysis.words import text
from analysis.workspace import Workspace
from analysis.workspace.adding import date_in_name

FORMATS = ("table", "csv", "json", "parquet")


def read(options: Namespace) -> None:
    """An export as a plain UTF-8 table; with --findings what was found about it."""
    export = _export(options, _given(options, "file"))
    if options.to:
        _write(export, Path(options.to))
    if options.findings:
        rows = [(finding.code, finding.text(options.language)) for finding in export.findings]
        _emit(pd.DataFrame(rows, columns=["finding", "text"]), options)
    elif not options.to:
        _print_rows(export, options)


def active_rate(options: Namespace) -> None:
    """The active rate of two files, or of a workspace; by dimensions, with totals, or as a trend."""
    period = Period.parse(_given(options, "period"))
    by = _list(options.by)
    choices = {
        "valid": options.valid,
        "activities": _list(options.activities) or None,
        "where": _rule(options.where),
        "as_of": _day(options.as_of, "--as-of"),
    }
    with _data(options, period.last_day) as workspace:
        if options.every:
            result = workspace.run(active_rate_trend, period, every=options.every, by=by, **choices)
            order = ["period_start", *by]
        elif options.totals:
            result = workspace.run(active_rate_pivot, period, rows=by, **choices)
            order = ["row_level", *by]
        else:
            result = workspace.run(active_rate_of, period, by=by, **choices)
            order = list(by)
    _emit(result.sort_values(order, ignore_index=True) if order else result, options)


def add(options: Namespace) -> None:
    """One export into the workspace."""
    export = _export(options, _given(options, "file"))
    said = parse(options.map) if options.map else {}
    mapping = _mapping(export, options.kind, said, with_personal=options.with_personal)
    with _workspace(options) as workspace:
        day = _day(options.as_of, "--as-of") or _list_day(export.name, mapping.kind)
        added = workspace.add(export, kind=mapping.kind, mapping=mapping, as_of=day)
        _emit(_ledger([added]), options)


def imports(options: Namespace) -> None:
    """Everything that was imported, newest last."""
    with _workspace(options) as workspace:
        _emit(_ledger(workspace.imports()), options)


def undo(options: Namespace) -> None:
    """Takes one import out of every number; it stays on disk."""
    with _workspace(options) as workspace:
        _emit(_ledger([workspace.undo(_given(options, "id").zfill(6))]), options)


def redo(options: Namespace) -> None:
    """Brings an undone import back."""
    with _workspace(options) as workspace:
        _emit(_ledger([workspace.redo(_given(options, "id").zfill(6))]), options)


def _given(options: Namespace, name: str) -> str:
    value = getattr(options, name)
    if value is None:
        raise CommandError("missing_option", found=name if name in ("file", "id") else f"--{name}")
    return value


def _list(value: str | None) -> list[str]:
    return [part for part in (value or "").split(",") if part]


def _rule(conditions: list[str] | None) -> dict | None:
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


def _export(options: Namespace, path: str) -> Export:
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


def _mapping(export: Export, kind: str | None, said: dict[str, str], *, with_personal: bool = False) -> Mapping:
    """What was proposed, with what was said outright put over it."""
    if kind is not None and kind not in KINDS:
        raise ChoiceError("--kind", kind, list(KINDS))
    proposed = propose(export, kind).mapping
    kept = {role: header for role, header in proposed.roles.items() if header not in said.values()}
    constants = {role: value for role, value in proposed.constants.items() if role not in said}
    left_out = () if with_personal else tuple(h for h in proposed.left_out if h not in said.values())
    mapping = fill(export, replace(proposed, roles=kept | said, constants=constants, left_out=left_out))
    check(export, mapping)
    return mapping


def _list_day(name: str, kind: str) -> date | None:
    """The day that a list shows: the date in its file's name, else today; None for a log."""
    return (date_in_name(name) or date.today()) if KINDS[kind].snapshot else None  # noqa: DTZ011 the reader's own day


@contextmanager
def _workspace(options: Namespace) -> Iterator[Workspace]:
    yield Workspace.open(_folder(options.workspace))


@contextmanager
def _data(options: Namespace, last_day: date) -> Iterator[Workspace]:
    """The workspace, or, where files are given, one that lives as long as the command."""
    if not (options.users or options.activity):
        with _workspace(options) as workspace:
            yield workspace
        return
    with tempfile.TemporaryDirectory(prefix="genzaichi-", ignore_cleanup_errors=True) as folder:
        workspace = Workspace.open(Path(folder))
        files = {kind: _export(options, _given(options, kind)) for kind in ("users", "activity")}
        said = _split_map(options.map, files)
        for kind, export in files.items():
            mapping = _mapping(export, kind, said[kind])
            workspace.add(export, kind=kind, mapping=mapping, as_of=last_day if kind == "users" else None)
        yield workspace


def _split_map(said: str | None, files: dict[str, Export]) -> dict[str, dict[str, str]]:
    """Each `role=header` goes to the files that have the role and the header; to none is a mistake."""
    parts: dict[str, dict[str, str]] = {kind: {} for kind in files}
    for role, header in (parse(said) if said else {}).items():
        fits = [kind for kind, export in files.items() if role in KINDS[kind].roles and header in export.columns]
        if not fits:
            raise CommandError("map", found=f"{role}={header}")
        for kind in fits:
            parts[kind][role] = header
    return parts


LEDGER = ("id", "kind", "name", "as_of", "read", "accepted", "duplicates", "refused", "state", "imported_at")


def _ledger(imported: list) -> pd.DataFrame:
    return pd.DataFrame([[getattr(one, name) for name in LEDGER] for one in imported], columns=list(LEDGER))


def _write(export: Export, path: Path) -> None:
    """The rows in the file's order, streamed; the ending says how."""
    writers = {".csv": pa.csv.CSVWriter, ".parquet": pa.parquet.ParquetWriter}
    if path.suffix.lower() not in writers:
        raise ChoiceError("--to", path.suffix or path.name, list(writers))
    schema = pa.schema([(name, pa.string()) for name in export.columns])
    with writers[path.suffix.lower()](path, schema) as writer:
        for batch in export.batches():
            writer.write_batch(batch.select(list(export.columns)).cast(schema))


def _print_rows(export: Export, options: Namespace) -> None:
    if options.format != "csv":
        _emit(export.table, options)
        return
    pd.DataFrame(columns=list(export.columns)).to_csv(sys.stdout, index=False, lineterminator="\n")
    for batch in export.batches():
        rows = batch.select(list(export.columns)).to_pandas()
        rows.to_csv(sys.stdout, index=False, header=False, lineterminator="\n")


def _emit(frame: pd.DataFrame, options: Namespace) -> None:
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


def _day(value: str | None, option: str) -> date | None:
    """A day written 2026-06-30, or a sentence that says how to write one."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise CommandError("day", option=option, found=value) from None


def _folder(value: str | None) -> Path:
    """`--workspace`, else GENZAICHI_WORKSPACE, else ./workspace."""
    return Path(value or os.environ.get("GENZAICHI_WORKSPACE") or "workspace")
