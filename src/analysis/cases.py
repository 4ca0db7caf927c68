"""Cases on their way through steps: their entries in order, as far as they are known."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.case_forms import LONG_AGO, ROLES, in_order, is_wide, wide_entries
from analysis.errors import BlankKeyError, DimensionNameError, MissingColumnError, StepNameError
from analysis.frames import (
    Frame,
    facts,
    fold,
    is_blank,
    moment,
    open_frames,
    plain,
    require,
    require_key,
    rows,
    start_of,
)
from analysis.rules import Rule, everywhere

START_MONTH = "start_month"
UNLISTED = 1_000_000  # stands behind every listed step at the same moment


@dataclass(frozen=True)
class Log:
    """Entries of cases, in order, as far as they are known.

    Attributes:
        entries: one row per entry: the table's own columns, `_step`, `_pos` (1, 2, … in the given order;
            null: not listed), `_next_at`, `_last` (the case stands here), `_from_pos` (the listed step
            before), the dimensions `_d0`, … and `_chosen` of the entry; `_g0`, … a column that a helper may have
            taken the name of.
        steps: the order.
        labels: dimension as it was asked for -> its helper name.
        known: the last day that is known; None where no entry has a date.
        columns: what the table says of a case besides its steps.
    """

    entries: Frame
    steps: tuple[str, ...]
    labels: Mapping[str, str]
    known: date | None
    columns: tuple[str, ...]

    def latest(self) -> Frame:
        """One row per case: its latest entry, if the rule lets it through."""
        return self.entries.filter(nw.col("_last") == 1, nw.col("_chosen"))

    def given(self) -> list[nw.Expr]:
        """The columns of `columns`, as the table had them."""
        copies = _copies(self.columns)
        return [nw.col(copies.get(name, name)).alias(name) for name in self.columns]


def open_log(
    cases: IntoFrame,
    steps: Iterable[str],
    *,
    as_of: date | None = None,
    by: Sequence[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
    blank: str = "skipped",
    reserved: Sequence[str] = (),
) -> Log:
    """Opens cases of either form; see `process.step_times` for the arguments and errors."""
    order = in_order(steps)
    (frame,) = open_frames(cases=cases)
    if is_wide(frame, order):
        frame = wide_entries(frame, order, blank, as_of)
        present = set(order)
    else:
        present = _steps_of(frame)
    schema = require(frame, "cases", "case_id", "step", "entered_at", roles=ROLES, moments=("entered_at",))
    _refuse_blank_ids(frame)
    unknown = [step for step in order if step not in present]
    if unknown and present:
        raise StepNameError(unknown, sorted(present))
    if "entry_no" in schema:
        require_key(frame, "cases", "case_id", "entry_no")
    known = as_of or last_entry(frame)
    labels = _labels(by, schema, reserved)
    seen = _known_entries(_with_helpers(frame, schema, order, labels, where), known)
    ordered = _in_sequence(seen, "entry_no" in schema)
    own = tuple(name for name in schema if name not in ROLES)
    return Log(ordered, order, labels, known, own)


def _copies(columns: Sequence[str]) -> dict[str, str]:
    """Columns that a helper may take the name of -> the helper that keeps them."""
    return {name: f"_g{i}" for i, name in enumerate(columns) if name.startswith("_")}


def last_entry(frame: Frame) -> date | None:
    """The day of the last entry that has a date."""
    last = facts(frame.select(last=nw.col("entered_at").max()))["last"]
    return last.date() if last is not None and last == last else None


def _steps_of(frame: Frame) -> set[str]:
    schema = require(frame, "cases", "case_id", "step", "entered_at", roles=ROLES, moments=("entered_at",))
    found = rows(frame.select(_step=_text("step", schema)).group_by("_step").agg(_rows=nw.len()))
    return {row["_step"] for row in found if isinstance(row["_step"], str)}


def _text(column: str, schema: Schema) -> nw.Expr:
    return plain(column, schema[column]).cast(nw.String)


def _refuse_blank_ids(frame: Frame) -> None:
    blank = frame.select(_blank=nw.when(is_blank(frame, "case_id")).then(1).otherwise(0))
    found = facts(blank.select(n=nw.col("_blank").sum()))["n"]
    if found and found == found:
        raise BlankKeyError("cases", "case_id", int(found))


def _labels(by: Sequence[str], schema: Schema, reserved: Sequence[str]) -> dict[str, str]:
    taken = {*map(fold, reserved)}
    for name in by:  # folded: DuckDB would give the values of one for both
        if fold(name) in taken:
            raise DimensionNameError(name)
        if name not in schema and name != START_MONTH:
            raise MissingColumnError("cases", name, [*schema.names(), START_MONTH])
        taken.add(fold(name))
    return {name: f"_d{i}" for i, name in enumerate(by)}


def _with_helpers(
    frame: Frame,
    schema: Schema,
    order: Sequence[str],
    labels: Mapping[str, str],
    where: Rule | Mapping[str, Any] | None,
) -> Frame:
    rule = Rule.of(where)
    step = _text("step", schema)
    places = [nw.when(step == name).then(nw.lit(i, dtype=nw.Int64)) for i, name in enumerate(order, 1)]
    chosen = rule.expression(schema, "cases") if rule else everywhere(True, "case_id")
    dimensions = {helper: plain(name, schema[name]) for name, helper in labels.items() if name in schema}
    inferred = nw.when(nw.col("inferred")).then(1).otherwise(0) if "inferred" in schema else nw.lit(0)
    copies = {helper: nw.col(name) for name, helper in _copies([n for n in schema if n not in ROLES]).items()}
    kept = dimensions | copies
    marked = frame.with_columns(
        _step=step, _pos=nw.coalesce(*places), _one=nw.lit(1), _chosen=chosen, _inferred=inferred, **kept
    )
    if START_MONTH in labels and START_MONTH not in schema:
        marked = marked.with_columns(_begun=nw.col("entered_at").min().over("case_id"))
        marked = marked.with_columns(start_of(nw.col("_begun"), "1mo").alias(labels[START_MONTH]))
    return marked


def _known_entries(entries: Frame, known: date | None) -> Frame:
    """Without what lies after the last known day (a plan), and without entries of which nothing is known."""
    said = entries.filter(~(nw.col("entered_at").is_null() & nw.col("_pos").is_null()))
    if known is None:
        return said
    return said.filter(nw.col("entered_at").is_null() | (nw.col("entered_at") < moment(known + timedelta(days=1))))


def _in_sequence(entries: Frame, numbered: bool) -> Frame:
    """Each entry beside the one before and the one after it."""
    order = ["entry_no"] if numbered else ["_sort", "_place", "_undated", "_step"]
    sorted_by = entries if numbered else _sortable(entries)
    lined = sorted_by.with_columns(
        _next_at=nw.col("entered_at").shift(n=-1).over("case_id", order_by=order),
        _next=nw.col("_one").shift(n=-1).over("case_id", order_by=order),
        _listed=nw.col("_pos").fill_null(strategy="forward").over("case_id", order_by=order),
    )
    before = lined.with_columns(_from_pos=nw.col("_listed").shift(n=1).over("case_id", order_by=order))
    return before.with_columns(_last=nw.when(nw.col("_next").is_null()).then(1).otherwise(0))


def _sortable(entries: Frame) -> Frame:
    """Entries by date; one without stands behind the latest dated entry of its step or an earlier one."""
    flagged = entries.with_columns(
        _place=nw.col("_pos").fill_null(UNLISTED),
        _undated=nw.when(nw.col("entered_at").is_null()).then(1).otherwise(0),
    )
    if not facts(flagged.select(n=nw.col("_undated").sum()))["n"]:
        return flagged.with_columns(_sort=nw.col("entered_at"))
    dated = flagged.filter(nw.col("_undated") == 0).select(
        "case_id", nw.col("_place").alias("_there"), nw.col("entered_at").alias("_then")
    )
    undated = flagged.filter(nw.col("_undated") == 1).select("case_id", "_place")
    before = undated.join(dated, on="case_id", how="inner").filter(nw.col("_there") <= nw.col("_place"))
    anchors = before.group_by("case_id", "_place").agg(_anchor=nw.col("_then").max())
    beside = flagged.join(anchors, on=["case_id", "_place"], how="left")
    return beside.with_columns(_sort=nw.coalesce(nw.col("entered_at"), nw.col("_anchor"), moment(LONG_AGO)))
