"""Movement between utilisation levels: which customers rose and fell between two days."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.errors import ChoiceError, PeriodError
from analysis.frames import Frame, count_by, union, whole
from analysis.level_definitions import Definitions
from analysis.level_events import CUSTOMER
from analysis.level_states import Opened, level_name, named_tables, open_levels
from analysis.levels import check_position, listed, shown_dimensions
from analysis.question import day_of
from analysis.rules import Rule
from analysis.takes import over_lists, with_tables

LEVEL_MOVES = ("rose", "fell", "stayed", "joined", "left")
CELLS = ("from_level", "from_position", "to_level", "to_position", "move", "customers")
ENDS = ("from_level", "from_position", "to_level", "to_position", "move")


@over_lists("customers", "users")
@with_tables(named_tables)
def level_movement(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    previous: date,
    tables: Mapping[str, IntoFrame] | None = None,
    by: str | Iterable[str] = (),
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The matrix of levels: where customers stood on an earlier day, and where they stand now.

    Args:
        customers, definitions, as_of, tables, where: see `level_matrix`. Only a history of lists (`roster_as_of`)
            tells of customers who joined or left, and of columns that changed.
        previous: the earlier day, included like `as_of`.
        by: columns of customers; who changed them between two lists left one part and joined another.

    Returns:
        One row per `by` value and cell that anybody stands in, unsorted: `from_level`, `from_position`, `to_level`,
        `to_position` (position 0: below the first level, its name null; position null: not on the list then), `move`
        (`rose`, `fell`, `stayed`, `joined`, `left`), `customers`.

    Raises:
        PeriodError: `previous` is not before `as_of`. Else as `level_matrix`.
    """
    opened = _open(customers, definitions, as_of, previous, {"tables": tables, "by": by, "where": where})
    moved = _moved(opened, as_of, previous)
    cells = count_by(moved, [*opened.labels.values(), "_from", "_to", "move"], customers=nw.len())
    named = cells.with_columns(**_ends(opened)).with_columns(whole("customers"))
    return nw.maybe_reset_index(named.select(*shown_dimensions(opened), *CELLS)).to_native()


@over_lists("customers", "users")
@with_tables(named_tables)
def level_movers(
    customers: IntoFrameT,
    definitions: Definitions,
    *,
    as_of: date,
    previous: date,
    move: str | None = None,
    cell: tuple[int | None, int | None] | None = None,
    tables: Mapping[str, IntoFrame] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The customers behind a number of `level_movement`.

    Args:
        customers, definitions, as_of, previous, tables, where: see `level_movement`.
        move: one of `rose`, `fell`, `stayed`, `joined`, `left`; None: every one.
        cell: (`from_position`, `to_position`), None for who was not on the list then; None: every cell.

    Returns:
        One row per customer, unsorted: the columns of customers (of the later list that knew them),
        `from_level`, `from_position`, `to_level`, `to_position`, `move`.
    """
    if move is not None and move not in LEVEL_MOVES:
        raise ChoiceError("move", move, LEVEL_MOVES)
    opened = _open(customers, definitions, as_of, previous, {"tables": tables, "where": where})
    moved = _moved(opened, as_of, previous)
    if move is not None:
        moved = moved.filter(nw.col("move") == move)
    if cell is not None:
        for position in cell:
            check_position(opened, "cell", position)
        start, end = (0 if position is None else position + 1 for position in cell)
        moved = moved.filter(nw.col("_from") == nw.lit(start), nw.col("_to") == nw.lit(end))
    moved = moved.select(CUSTOMER, "_from", "_to", _move=nw.col("move"))  # customers may have a column called so
    now = moved.filter(nw.col("_to") > 0).join(opened.placed(as_of), on=CUSTOMER, how="inner")
    gone = moved.filter(nw.col("_to") == 0).join(opened.placed(previous), on=CUSTOMER, how="inner")
    kept = [*opened.given, "_from", "_to", "_move"]
    rows = union([part.select(*kept) for part in (now, gone)])
    ends = {**_ends(opened), "move": nw.col("_move")}
    return listed(opened, rows, {name: ends[name] for name in ENDS}).to_native()


def _open(
    customers: IntoFrameT, definitions: Definitions, as_of: date, previous: date, options: Mapping[str, Any]
) -> Opened:
    if day_of(previous) >= day_of(as_of):
        raise PeriodError(f"{previous}..{as_of}")
    return open_levels(customers, definitions, reserved=CELLS, **options)


def _moved(opened: Opened, as_of: date, previous: date) -> Frame:
    """One row per customer (and part it was in): `_from`, `_to` (0: not on the list, else position + 1), `move`."""
    keys = (CUSTOMER, *opened.labels.values())
    at, none = (nw.col("_position") + 1).cast(nw.Int64), nw.lit(0, dtype=nw.Int64)
    sides = [
        opened.stood(previous).select(*keys, _from=at, _to=none),
        opened.stood(as_of).select(*keys, _from=none, _to=at),
    ]
    both = count_by(union(sides), keys, _from=nw.col("_from").sum(), _to=nw.col("_to").sum())
    return both.with_columns(whole("_from", "_to")).with_columns(move=_move())


def _move() -> nw.Expr:
    start, end = nw.col("_from"), nw.col("_to")
    found = nw.when(end > start).then(nw.lit("rose")).otherwise(nw.lit("stayed"))
    found = nw.when(end < start).then(nw.lit("fell")).otherwise(found)
    found = nw.when(start == 0).then(nw.lit("joined")).otherwise(found)
    return nw.when(end == 0).then(nw.lit("left")).otherwise(found)


def _ends(opened: Opened) -> dict[str, nw.Expr]:
    """Names and positions of both ends of a cell."""
    found: dict[str, nw.Expr] = {}
    for end in ("from", "to"):
        place = nw.col(f"_{end}")
        found[f"{end}_position"] = nw.when(place > 0).then(place - 1)
        found[f"{end}_level"] = level_name(opened.levels, place - 1)
    return found
