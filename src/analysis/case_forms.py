"""Cases in other forms: a date per step, or a list uploaded again and again, as one row per entry."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError, EmptyOrderError, OrderCycleError, StepNameError
from analysis.frames import Frame, literal_rows, moment, names, open_frames, plain, require, require_key, rows, union
from analysis.tables import ROSTER_DAY

ROLES = ("case_id", "step", "entered_at", "entry_no", "inferred", "entered_after")
BLANKS = ("skipped", "missing")
LONG_AGO = date(1900, 1, 1)


def in_order(steps: Iterable[str]) -> tuple[str, ...]:
    """The steps, once each.

    Raises:
        EmptyOrderError: there are none.
        OrderCycleError: one stands twice, so that the order would run in a circle.
    """
    order = names(steps)
    if not order:
        raise EmptyOrderError
    twice = [step for step in order if order.count(step) > 1]
    if twice:
        raise OrderCycleError(twice[0], order)
    return order


def is_wide(frame: Frame, steps: Sequence[str]) -> bool:
    """True where the steps are columns of dates, not the values of one."""
    columns = frame.collect_schema().names()
    return not {"step", "entered_at"} & set(columns) and any(step in columns for step in steps)


def long_cases(
    cases: IntoFrameT, steps: Iterable[str], *, blank: str = "skipped", as_of: date | None = None
) -> IntoFrameT:
    """A list with a date per step as one row per case and step.

    Args:
        cases: one row per case: `case_id`, a timestamp per step, anything else.
        steps: the columns of dates, in order.
        blank: what a blank before a dated later step means: `skipped` (the case went past the step) or
            `missing` (it was there, nobody wrote down when: an entry without `entered_at`).
        as_of: the last day that is known; dates after it are plans and no entries. None: every date counts.

    Returns:
        `case_id`, the other columns, `step`, `entered_at`, `entry_no` (the position of the step). Entries
        run by `entry_no`: a date before that of an earlier step gives a negative time, not a way back.

    Raises:
        StepNameError: a step is no column.
        DuplicateKeyError: a case stands twice.
    """
    (frame,) = open_frames(cases=cases)
    return nw.maybe_reset_index(wide_entries(frame, in_order(steps), blank, as_of)).to_native()


def wide_entries(frame: Frame, order: Sequence[str], blank: str, as_of: date | None) -> Frame:
    """One row per case and dated step; see `long_cases`."""
    if blank not in BLANKS:
        raise ChoiceError("blank", blank, BLANKS)
    columns = frame.collect_schema().names()
    unknown = [step for step in order if step not in columns]
    if unknown:
        raise StepNameError(unknown, columns)
    require(frame, "cases", "case_id", roles=ROLES, moments=order)
    require_key(frame, "cases", "case_id")
    dated = [nw.when(is_known(step, as_of)).then(nw.lit(i)) for i, step in reversed([*enumerate(order, 1)])]
    far = nw.coalesce(*dated)
    others = [name for name in columns if name not in order]
    parts = []
    for i, step in enumerate(order, 1):
        there = is_known(step, as_of)
        kept = frame.filter(there | (far > nw.lit(i)) if blank == "missing" else there)
        known = nw.when(there).then(nw.col(step))
        placed = kept.with_columns(step=nw.lit(step), entered_at=known, entry_no=nw.lit(i, dtype=nw.Int64))
        parts.append(placed.select(*others, "step", "entered_at", "entry_no"))
    return union(parts)


def is_known(column: str, as_of: date | None) -> nw.Expr:
    """True where there is a date that is no plan."""
    if as_of is None:
        return ~nw.col(column).is_null()
    return nw.col(column) < moment(as_of + timedelta(days=1))


def cases_from_snapshots(
    snapshots: IntoFrameT, *, case: str = "case_id", step: str = "step", at: str = ROSTER_DAY
) -> IntoFrameT:
    """What happened, inferred from a list of states that was uploaded again and again.

    Args:
        snapshots: one row per case and list: the case, its step, the day of the list, anything else.
        case, step, at: the names of these three columns (`deal_id` and `phase`, say).

    Returns:
        One row per change: `case_id`, `step`, `entered_at` (the day of the first list that shows it),
        `entered_after` (the list before, which still showed something else: the truth lies between), `entry_no`,
        `inferred` (True), the other columns. What the first list shows was entered before it, nobody knows
        when: `entered_at` is null. A case that a list no longer has leaves to no step (`step` null).

    Raises:
        MissingColumnError, MomentTypeError: a column is absent or no timestamp.
        DuplicateKeyError: a case stands twice in one list.
    """
    (frame,) = open_frames(snapshots=snapshots)
    schema = require(frame, "snapshots", case, step, at, moments=(at,))
    require_key(frame, "snapshots", case, at)
    others = [name for name in schema if name not in (case, step, at)]
    days = sorted(row[at] for row in rows(frame.group_by(at).agg(_rows=nw.len())))
    states = frame.select(
        nw.col(case).alias("case_id"), plain(step, schema[step]).alias("step"), nw.col(at).alias("_at"), *others
    )
    return nw.maybe_reset_index(_changes(_beside(states, days), others)).to_native()


def _beside(states: Frame, days: Sequence[Any]) -> Frame:
    """Beside each state the lists before and after it, and those of the same case."""
    pairs = list(zip(days[1:], days[:-1], strict=True))
    edges = pairs or [(LONG_AGO, LONG_AGO)]
    later, earlier = literal_rows(states, edges, ["_n", "_at"]), literal_rows(states, edges, ["_at", "_p"])
    joined = states.join(later, on="_at", how="left").join(earlier, on="_at", how="left")
    own = joined.with_columns(
        _own_before=nw.col("_at").shift(n=1).over("case_id", order_by=["_at"]),
        _own_after=nw.col("_at").shift(n=-1).over("case_id", order_by=["_at"]),
        _step_before=nw.col("step").shift(n=1).over("case_id", order_by=["_at"]),
    )
    return own.rename({"_n": "_list_after", "_p": "_list_before"})


def _changes(states: Frame, others: Sequence[str]) -> Frame:
    """One row where a case shows another step than in the list before, and one where it is gone."""
    stayed = (nw.col("_own_before") == nw.col("_list_before")) & (
        (nw.col("step") == nw.col("_step_before")) | (nw.col("step").is_null() & nw.col("_step_before").is_null())
    )
    same = nw.when(stayed).then(1).otherwise(0)
    goes_on = nw.when(nw.col("_own_after") == nw.col("_list_after")).then(1).otherwise(0)
    marked = states.with_columns(_same=same, _goes_on=goes_on)
    begins = marked.filter(nw.col("_same") == 0).with_columns(
        entered_at=nw.when(~nw.col("_list_before").is_null()).then(nw.col("_at")),
        entered_after=nw.col("_list_before"),
        _when=nw.col("_at"),
    )
    gone = marked.filter(~nw.col("_list_after").is_null(), nw.col("_goes_on") == 0).with_columns(
        step=nw.when(nw.col("_goes_on") == 1).then(nw.col("step")),
        entered_at=nw.col("_list_after"),
        entered_after=nw.col("_at"),
        _when=nw.col("_list_after"),
    )
    columns = ("case_id", "step", "entered_at", "entered_after", "_when", *others)
    both = union([begins.select(*columns), gone.select(*columns)])
    numbered = both.with_columns(_one=nw.lit(1), inferred=nw.lit(True)).with_columns(
        entry_no=nw.col("_one").cum_sum().over("case_id", order_by=["_when"])
    )
    counted = numbered.with_columns(nw.col("entry_no").cast(nw.Int64))
    return counted.select("case_id", "step", "entered_at", "entered_after", "entry_no", "inferred", *others)
