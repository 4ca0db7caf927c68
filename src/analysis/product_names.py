"""What products are called: the name beside each code."""

from collections.abc import Iterable

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.frames import fold, names, open_frames, plain, require

CODE, NAME = "product_code", "product_name"
ROLES = (CODE, NAME, "ordered_at")


def product_names(orders: IntoFrameT, *, columns: str | Iterable[str] = ()) -> IntoFrameT:
    """The name beside each code: of several the one of the latest line, of those the first in order.

    Args:
        orders: `product_code`, `ordered_at` (timestamp), and `product_name` where there is one.
        columns: further columns that hold names, for lines without one in `product_name`; the first that is filled
            counts, and one that is not there says nothing.

    Returns:
        One row per code that has a name, unsorted: `product_code`, `product_name`.

    Raises:
        MissingColumnError, MomentTypeError: a column named above.
    """
    (frame,) = open_frames(orders=orders)
    schema = require(frame, "orders", CODE, "ordered_at", roles=ROLES, moments=("ordered_at",))
    wanted = {fold(name) for name in (NAME, *names(columns))}
    found = [name for name in schema.names() if fold(name) in wanted]
    ordered = sorted(found, key=lambda name: [fold(NAME), *map(fold, names(columns))].index(fold(name)))
    texts = [plain(name, schema[name]).cast(nw.String) for name in ordered]
    named = nw.coalesce(*texts) if len(texts) > 1 else texts[0] if texts else nw.lit(None, dtype=nw.String)
    lines = frame.select(_code=plain(CODE, schema[CODE]).cast(nw.String), _name=named, _at=nw.col("ordered_at"))
    there = lines.filter(~nw.col("_code").is_null(), ~nw.col("_name").is_null())
    each = there.group_by("_code", "_name").agg(_last=nw.col("_at").max())
    latest = each.group_by("_code").agg(_latest=nw.col("_last").max())
    kept = each.join(latest, on="_code", how="inner").filter(nw.col("_last") == nw.col("_latest"))
    one = kept.group_by("_code").agg(_name=nw.col("_name").min())
    return nw.maybe_reset_index(one.select(**{CODE: nw.col("_code"), NAME: nw.col("_name")})).to_native()
