"""What each command of the command line does: a table on standard output, or an error that says what to do."""

import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from analysis.active_rate import active_rate as active_rate_of
from analysis.active_rate import active_rate_pivot
from analysis.command_parts import (
    data,
    day_of,
    emit,
    export_of,
    given,
    list_day,
    listed,
    mapping_of,
    rule_of,
    workspace_of,
)
from analysis.errors import ChoiceError
from analysis.exports import Export
from analysis.exports.mapping import parse
from analysis.period import Period
from analysis.trend import active_rate_trend


def read(options: Namespace) -> None:
    """An export as a plain UTF-8 table; with --findings what was found about it."""
    export = export_of(options, given(options, "file"))
    if options.to:
        _write(export, Path(options.to))
    if options.findings:
        rows = [(finding.code, finding.text(options.language)) for finding in export.findings]
        emit(pd.DataFrame(rows, columns=["finding", "text"]), options)
    elif not options.to:
        _print_rows(export, options)


def active_rate(options: Namespace) -> None:
    """The active rate of two files, or of a workspace; by dimensions, with totals, or as a trend."""
    period = Period.parse(given(options, "period"))
    by = listed(options.by)
    choices = {
        "valid": options.valid,
        "activities": listed(options.activities) or None,
        "where": rule_of(options.where),
        "as_of": day_of(options.as_of, "--as-of"),
    }
    with data(options, ("users", "activity"), last_day=period.last_day) as workspace:
        if options.every:
            result = workspace.run(active_rate_trend, period, every=options.every, by=by, **choices)
            order = ["period_start", *by]
        elif options.totals:
            result = workspace.run(active_rate_pivot, period, rows=by, **choices)
            order = ["row_level", *by]
        else:
            result = workspace.run(active_rate_of, period, by=by, **choices)
            order = list(by)
    emit(result.sort_values(order, ignore_index=True) if order else result, options)


def add(options: Namespace) -> None:
    """One export into the workspace."""
    export = export_of(options, given(options, "file"))
    said = parse(options.map) if options.map else {}
    mapping = mapping_of(export, options.kind, said, with_personal=options.with_personal)
    with workspace_of(options) as workspace:
        day = day_of(options.as_of, "--as-of") or list_day(export.name, mapping.kind)
        added = workspace.add(export, kind=mapping.kind, mapping=mapping, as_of=day)
        emit(_ledger([added]), options)


def imports(options: Namespace) -> None:
    """Everything that was imported, newest last."""
    with workspace_of(options) as workspace:
        emit(_ledger(workspace.imports()), options)


def undo(options: Namespace) -> None:
    """Takes one import out of every number; it stays on disk."""
    with workspace_of(options) as workspace:
        emit(_ledger([workspace.undo(given(options, "id").zfill(6))]), options)


def redo(options: Namespace) -> None:
    """Brings an undone import back."""
    with workspace_of(options) as workspace:
        emit(_ledger([workspace.redo(given(options, "id").zfill(6))]), options)


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
        emit(export.table, options)
        return
    pd.DataFrame(columns=list(export.columns)).to_csv(sys.stdout, index=False, lineterminator="\n")
    for batch in export.batches():
        rows = batch.select(list(export.columns)).to_pandas()
        rows.to_csv(sys.stdout, index=False, header=False, lineterminator="\n")
