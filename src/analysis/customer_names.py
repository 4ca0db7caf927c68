"""How customers are written in all tables: every id with every name that stands beside it."""

from collections.abc import Mapping

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.customer_ids import CUSTOMER
from analysis.frames import Frame, open_frames, plain, require, union, whole

NAME = "customer_name"


def customer_names(
    orders: IntoFrameT,
    *,
    customers: IntoFrame | None = None,
    inquiries: IntoFrame | None = None,
    visits: IntoFrame | None = None,
    contracts: IntoFrame | None = None,
    deals: IntoFrame | None = None,
) -> IntoFrameT:
    """Every id of a customer and the names beside it, for `merge_candidates` and for a search.

    Args:
        orders, customers: `customer_id`, and `customer_name` where there is one.
        inquiries, visits, contracts, deals: `customer_id`; one without such a column says nothing.

    Returns:
        One row per id and name (null: no name), unsorted: `customer_id` (as text), `customer_name`, `rows` (of all
        tables), `listed` (1 where it stands in `customers`). Rows without a customer are left out.

    Raises:
        MissingColumnError: `orders` or `customers` has no `customer_id`.
    """
    given: dict[str, IntoFrame] = {"orders": orders}
    others = {"customers": customers, "inquiries": inquiries, "visits": visits, "contracts": contracts, "deals": deals}
    given |= {name: table for name, table in others.items() if table is not None}
    frames = dict(zip(given, open_frames(**given), strict=True))
    for table in ("orders", "customers"):
        if table in frames:
            require(frames[table], table, CUSTOMER)
    parts = [part for table, part in _parts(frames).items() if part is not None]
    together = union(parts).group_by(CUSTOMER, NAME).agg(rows=nw.col("rows").sum(), listed=nw.col("listed").max())
    return nw.maybe_reset_index(together.with_columns(whole("rows", "listed"))).to_native()


def _parts(frames: Mapping[str, Frame]) -> dict[str, Frame | None]:
    return {table: _written(frame, listed=table == "customers") for table, frame in frames.items()}


def _written(frame: Frame, *, listed: bool) -> Frame | None:
    schema = frame.collect_schema()
    if CUSTOMER not in schema:
        return None
    nothing = nw.lit(None, dtype=nw.String)
    name = plain(NAME, schema[NAME]).cast(nw.String) if NAME in schema else nothing
    texts = frame.with_columns(_id=plain(CUSTOMER, schema[CUSTOMER]).cast(nw.String), _name=name)
    counted = texts.filter(~nw.col("_id").is_null()).group_by("_id", "_name").agg(rows=nw.len())
    marked = counted.with_columns(whole("rows"), listed=nw.lit(1 if listed else 0, dtype=nw.Int64))
    return marked.select(
        "rows", "listed", **{CUSTOMER: nw.col("_id").cast(nw.String), NAME: nw.col("_name").cast(nw.String)}
    )
