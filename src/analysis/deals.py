"""Deals as they stand: which phases mean won and lost, how far each has come, how long it has taken."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.business_days import CALENDAR, BusinessDays, with_days
from analysis.case_forms import is_known
from analysis.errors import DimensionNameError, MissingColumnError, MomentTypeError, PhaseNameError
from analysis.frames import (
    Frame,
    facts,
    fold,
    is_moment,
    moment,
    open_frames,
    plain,
    require,
    require_key,
    rows,
    start_of,
    union,
)
from analysis.phases import LOST, OPEN, WON, Phase, outcomes_of, phases_of
from analysis.rules import Rule

ROLES = ("deal_id", "phase", "amount", "created_at", "closed_at", "lost_reason")
MOMENTS = ("created_at", "closed_at")
MONTHS = {"created_month": "created_at", "closed_month": "closed_at"}


@dataclass(frozen=True)
class Deals:
    """Deals, ready to be counted.

    Attributes:
        frame: one row per deal: the table's columns (without those that begin with an underscore), `_row` (its row in
            `phases`), `_won`, `_lost`, `_open` (1 or 0), `_far` (the furthest place reached; null: not known),
            `_amount`, `_days`, `_negative`, `_undated`, `_here` (days since its last movement; null: not known, or
            after the last known day), the dimensions `_d0`, … and the dates of phases `_t0`, …
        phases: in order; won, lost and blank at the end.
        labels: dimension as it was asked for -> its helper name.
        dated: helper name of a date -> the place of its phase.
        known: the last day that is known.
        columns: of the table.
    """

    frame: Frame
    phases: tuple[Phase, ...]
    labels: Mapping[str, str]
    dated: Mapping[str, int]
    known: date | None
    columns: tuple[str, ...]


def open_deals(
    deals: IntoFrame,
    phases: Iterable[str] | None = None,
    *,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    dates: Mapping[str, str] | None = None,
    by: Sequence[str] = (),
    as_of: date | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
    reserved: Collection[str] = (),
) -> Deals:
    """Opens deals; see `pipeline.pipeline` for the arguments and errors."""
    (frame,) = open_frames(deals=deals)
    schema = require(frame, "deals", "deal_id", "phase", roles=ROLES, moments=MOMENTS)
    require_key(frame, "deals", "deal_id")
    found = rows(frame.select(_p=_phase(schema)).group_by("_p").agg(_rows=nw.len()))
    values = sorted(row["_p"] for row in found if isinstance(row["_p"], str))
    blank = any(not isinstance(row["_p"], str) for row in found)
    listed = phases_of(values, blank, phases, outcomes_of(values, won, lost))
    dated = _dates(schema, listed, dates)
    labels = _labels(by, schema, reserved)
    rule = Rule.of(where)
    chosen = frame.filter(rule.expression(schema, "deals")) if rule else frame
    known = as_of or _last_day(frame, schema, listed, dated)
    months = {helper: _month(name, schema) for name, helper in labels.items() if name not in schema}
    dimensions = {helper: plain(name, schema[name]) for name, helper in labels.items() if name in schema}
    entered = {f"_t{i}": column for i, column in enumerate(dated)}
    kept = dimensions | {helper: nw.col(column) for helper, column in entered.items()}
    # all at once, and without the columns that a helper, or DuckDB under any case, could be taken for
    labelled = chosen.select(*(name for name in schema if not name.startswith("_")), **kept)
    places = {helper: dated[column] for helper, column in entered.items()}
    placed = _with_place(labelled, schema, listed, places, known)
    timed = _with_times(placed.with_columns(_one=nw.lit(1), **months), schema, known, days)
    return Deals(timed, listed, labels, places, known, tuple(schema.names()))


def _phase(schema: Schema) -> nw.Expr:
    return plain("phase", schema["phase"]).cast(nw.String)


def _dates(schema: Schema, listed: Sequence[Phase], dates: Mapping[str, str] | None) -> dict[str, int]:
    """Column of dates -> the place of its phase."""
    places = {phase.name: phase.place for phase in listed if phase.name and phase.place}
    if dates is None:
        return {name: place for name, place in places.items() if name in schema and is_moment(schema[name])}
    unknown = [phase for phase in dates if phase not in places]
    if unknown:
        raise PhaseNameError(unknown, list(places))
    for column in dates.values():
        if column not in schema:
            raise MissingColumnError("deals", column, schema.names())
        if not is_moment(schema[column]):
            raise MomentTypeError("deals", column, str(schema[column]))
    return {column: places[phase] for phase, column in dates.items()}


def _labels(by: Sequence[str], schema: Schema, reserved: Collection[str]) -> dict[str, str]:
    taken = {*map(fold, reserved)}
    for name in by:  # folded: DuckDB would give the values of one for both
        if fold(name) in taken:
            raise DimensionNameError(name)
        if name not in schema and name not in MONTHS:
            raise MissingColumnError("deals", name, [*schema.names(), *MONTHS])
        taken.add(fold(name))
    return {name: f"_d{i}" for i, name in enumerate(by)}


def _month(name: str, schema: Schema) -> nw.Expr:
    """The first day of the month; of closing only for deals that are over, for others it is a forecast."""
    column = MONTHS[name]
    if column not in schema:
        raise MissingColumnError("deals", column, schema.names())
    over = (nw.col("_won") == 1) | (nw.col("_lost") == 1)
    month = start_of(nw.col(column), "1mo")
    return nw.when(over).then(month) if column == "closed_at" else month


def _last_day(frame: Frame, schema: Schema, listed: Sequence[Phase], dated: Collection[str]) -> date | None:
    """The day of the last thing that happened; the closing date of an open deal is a forecast."""
    closed = [phase.name for phase in listed if phase.outcome != OPEN]
    over = _phase(schema).is_in(closed)
    columns = [nw.col(name).max().alias(name) for name in ("created_at", *dated) if name in schema]
    found = [*facts(frame.select(*columns)).values()] if columns else []
    if "closed_at" in schema and closed:
        found.append(facts(frame.filter(over).select(last=nw.col("closed_at").max()))["last"])
    return max((at.date() for at in found if at is not None and at == at), default=None)


def _with_place(
    frame: Frame, schema: Schema, listed: Sequence[Phase], dated: Mapping[str, int], known: date | None
) -> Frame:
    """Where each deal stands, how far it has come and when it last moved."""
    phase = nw.col("_phase")
    index = [nw.when(phase == each.name).then(nw.lit(i, dtype=nw.Int64)) for i, each in enumerate(listed) if each.name]
    blank = next((i for i, each in enumerate(listed) if each.name is None), -1)
    outcomes = {
        f"_{outcome}": nw.when(phase.is_in([each.name for each in listed if each.name and each.outcome == outcome]))
        .then(1)
        .otherwise(0)
        for outcome in (WON, LOST)
    }
    known_date = {column: is_known(column, known) for column in dated}
    steps = [(each.place, phase == each.name) for each in listed if each.place]
    steps += [(place, known_date[column]) for column, place in dated.items()]
    far = [nw.when(there).then(nw.lit(place, dtype=nw.Int64)) for place, there in sorted(steps, key=lambda s: -s[0])]
    moved = [nw.when(there).then(nw.col(column)) for column, there in known_date.items()]
    created = [nw.col("created_at")] if "created_at" in schema else []
    moves = [*moved, *created] or [nw.lit(None, dtype=nw.Datetime("us"))]
    latest = nw.max_horizontal(*moves) if len(moves) > 1 else moves[0]  # Spark has no greatest of one
    return frame.with_columns(_phase=_phase(schema)).with_columns(
        _row=nw.coalesce(*index, nw.lit(blank, dtype=nw.Int64)),
        _far=nw.coalesce(*far) if far else nw.lit(None, dtype=nw.Float64),
        _moved=latest,
        **outcomes,
    )


def _with_times(frame: Frame, schema: Schema, known: date | None, days: str | BusinessDays) -> Frame:
    """How long each deal has taken: to its closing, or up to now where it is open; in whole days."""
    over = (nw.col("_won") == 1) | (nw.col("_lost") == 1)
    nothing = nw.lit(None, dtype=nw.Datetime("us"))
    created = start_of(nw.col("created_at"), "1d") if "created_at" in schema else nothing
    closed = start_of(nw.col("closed_at"), "1d") if "closed_at" in schema else nothing
    today = moment(known) if known else nothing
    amount = plain("amount", schema["amount"]) if "amount" in schema else nw.lit(None, dtype=nw.Float64)
    if schema.get("amount") == nw.Object:
        amount = amount.cast(nw.Float64)
    dated = frame.with_columns(
        _begin=created, _today=today, _closed=closed, _last_move=start_of(nw.col("_moved"), "1d"), _amount=amount
    ).with_columns(_end=nw.when(over).then(nw.col("_closed")).otherwise(nw.col("_today")))
    spans = with_days(dated, days, start="_begin", end="_end", name="_span")
    still = with_days(spans, days, start="_last_move", end="_today", name="_still")
    backwards = nw.col("_end") < nw.col("_begin")
    return still.with_columns(
        _open=1 - nw.col("_won") - nw.col("_lost"),
        _negative=nw.when(backwards).then(1).otherwise(0),
        _undated=nw.when(nw.col("_span").is_null()).then(1).otherwise(0),
        _days=nw.when(~backwards).then(nw.col("_span")),
        _here=nw.when(~over & (nw.col("_still") >= 0)).then(nw.col("_still")),
    )


def row_frame(like: Frame, values: Sequence[Mapping[str, int]]) -> Frame:
    """A small frame of whole numbers on the engine of `like`."""
    one = like.select(_rows=nw.len())
    made = [one.with_columns(**{name: nw.lit(n, dtype=nw.Int64) for name, n in row.items()}) for row in values]
    return union(made).drop("_rows")
