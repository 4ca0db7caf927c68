"""Who the customers are: one row per customer out of the table that tells of them."""

from collections.abc import Sequence
from datetime import date, timedelta

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.errors import ChoiceError
from analysis.frames import Frame, is_blank, moment, open_frames, require, union
from analysis.tables import ROSTER_DAY

CUSTOMER = "customer_id"
# what a customer's rows are put in order by, where one of them has to stand for all
NEWEST = {
    "customers": (),
    "contracts": ("term_start", "term_end"),
    "cases": ("entered_at", "case_id"),
    "deals": ("created_at", "deal_id"),
    "orders": (),
    "users": (),
}
BASES = tuple(NEWEST)
# of these a row tells of an order or an account; only such columns tell of the customer
TELLS = {"orders": ("customer_name", "owner"), "users": ()}


def customers_of(table: IntoFrameT, kind: str, *, days: Sequence[date] = ()) -> IntoFrameT:
    """One row per customer, for the metrics that take `customers`.

    A list of customers is taken as it is. Of contracts a customer is who has a term on the day, by the term that began
    last; of orders who has ordered up to the day (of several names of one the last in their order); of cases, deals
    and users who stands on the list, by the case or deal that is the newest (`entered_at`, `created_at`, else by its
    number). Rows without a customer are nobody's.

    Args:
        table: of the kind; `customer_id`. Lists may carry their day in `roster_as_of`: customers, cases, deals and
            users are then a history of lists.
        kind: one of `BASES`.
        days: for contracts and orders: on which days; None given: who ever had a term or ordered.

    Returns:
        The columns of the table (of orders the name and the owner, of users nothing more); with `roster_as_of` one row
        per customer and list, or per customer and each of `days`.

    Raises:
        ChoiceError: customers cannot be taken from this kind.
        MissingColumnError: the table does not say whose its rows are.
    """
    if kind not in NEWEST:
        raise ChoiceError("base", kind, BASES)
    (frame,) = open_frames(**{kind: table})
    dated = {"contracts": ("term_start", "term_end"), "orders": ("ordered_at",)}.get(kind, ()) if days else ()
    schema = require(frame, kind, CUSTOMER, *dated, roles=(CUSTOMER, *NEWEST[kind], ROSTER_DAY), moments=dated)
    if kind == "customers":
        return table
    known = frame.filter(~is_blank(frame, CUSTOMER))
    if dated:
        known = union([_on(known, kind, day) for day in dict.fromkeys(days)])
    if kind in TELLS:
        told = {name: nw.col(name).max() for name in TELLS[kind] if name in schema}
        keys = _keys(known)
        return nw.maybe_reset_index(
            known.group_by(*keys).agg(**told) if told else known.select(keys).unique()
        ).to_native()
    return nw.maybe_reset_index(_last(known, [name for name in NEWEST[kind] if name in schema])).to_native()


def on_list(table: IntoFrame, kind: str, day: date | None = None) -> IntoFrame:
    """The rows of one list out of a history, without `roster_as_of`: the latest up to the day, else the first.

    Args:
        table: lists of the kind, with their day in `roster_as_of`; without it, it is one list.
        kind: its name in errors.
        day: None: the latest of all.
    """
    (frame,) = open_frames(**{kind: table})
    if ROSTER_DAY not in frame.collect_schema():
        return table
    found = sorted(row[ROSTER_DAY] for row in frame.select(ROSTER_DAY).unique().lazy().collect().rows(named=True))
    known = [each for each in found if day is None or each.date() <= day] or found[:1]
    chosen = frame.filter(nw.col(ROSTER_DAY) == moment(known[-1])) if known else frame
    return nw.maybe_reset_index(chosen.drop(ROSTER_DAY)).to_native()


def _on(rows: Frame, kind: str, day: date) -> Frame:
    """Those who are customers on a day, which stands in `roster_as_of`."""
    midnight = moment(day + timedelta(days=1))
    if kind == "orders":
        there = rows.filter(nw.col("ordered_at") < midnight)
    else:
        end = nw.col("term_end")
        there = rows.filter(nw.col("term_start") < midnight, end.is_null() | (end >= moment(day)))
    return there.with_columns(moment(day).alias(ROSTER_DAY))


def _last(rows: Frame, order: Sequence[str]) -> Frame:
    """Of several rows of a customer (and list) the last; among equals the one whose other columns come last."""
    keys, columns = _keys(rows), rows.collect_schema().names()
    whole = [*order, *(name for name in columns if name not in (*keys, *order))]
    numbered = rows.with_columns(_one=nw.lit(1)).with_columns(
        _place=nw.col("_one").cum_sum().over(*keys, order_by=whole), _rows=nw.col("_one").sum().over(*keys)
    )
    return numbered.filter(nw.col("_place") == nw.col("_rows")).select(columns)


def _keys(rows: Frame) -> list[str]:
    return [CUSTOMER, *([ROSTER_DAY] if ROSTER_DAY in rows.collect_schema() else [])]
