"""The field of a ranking: who is in it, with which value, and who stands outside and why."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import ColumnTypeError, DimensionNameError, DuplicateKeyError
from analysis.frames import Frame, facts, fold, open_frames, plain, require, whole

CUSTOMER = "customer_id"
LOW_FIRST = frozenset({"recency_days", "interval_days", "days_since_visit"})  # the fewer, the better
# values of which a sum says nothing, so that nobody has a share of it
NO_SUM = frozenset(
    {
        *("average_order", "recency_days", "tenure_days", "interval_days", "interval_change_days"),
        *("active_rate", "days_since_visit", "score"),
    }
)
NO_VALUE, NO_CUSTOMER, NOT_POSITIVE = "no_value", "no_customer", "not_positive"
UNIT = 10_000  # amounts are held in ten-thousandths, so that a tie and the edge of a band never depend on a float


@dataclass(frozen=True)
class Field:
    """Customers in the order of one measure.

    Attributes:
        frame: the table's columns and `_value` (Float64; null: not ranked), `_outside` (why not, else null).
        by: the measure.
        ascending: True where the lowest value comes first.
        unit: `_value` / `unit` is the measure; 1 or `UNIT`.
        columns: of the table.
    """

    frame: Frame
    by: str
    ascending: bool
    unit: int
    columns: tuple[str, ...]

    @property
    def ranked(self) -> Frame:
        """Those who have a rank."""
        return self.frame.filter(~nw.col("_value").is_null())

    @property
    def adds_up(self) -> bool:
        """Whether a sum of the measure says something."""
        return self.by not in NO_SUM and not self.ascending


def open_measures(
    measures: IntoFrame, columns: Iterable[str], *, reserved: Collection[str] = ()
) -> tuple[Frame, Schema]:
    """One row per customer, and any number of rows of nobody.

    Raises:
        MissingColumnError: no `customer_id`, or none of the measures.
        ColumnTypeError: a measure is no number.
        DuplicateKeyError: a customer stands there twice.
        DimensionNameError: a column is called as one of the result.
    """
    (frame,) = open_frames(measures=measures)
    schema = require(frame, "measures", CUSTOMER, *columns)
    for name in schema:
        if fold(name) in reserved:
            raise DimensionNameError(name)
    for name in columns:
        if not (schema[name].is_numeric() or schema[name] == nw.Object):
            raise ColumnTypeError("measures", name, str(schema[name]), "Float64")
    named = frame.select(_customer=plain(CUSTOMER, schema[CUSTOMER]))
    named = named.filter(~nw.col("_customer").is_null())
    found = facts(named.select(rows=nw.len(), keys=nw.col("_customer").n_unique()))
    if int(found["keys"] or 0) != int(found["rows"] or 0):
        raise DuplicateKeyError("measures", CUSTOMER, int(found["rows"]), int(found["keys"]))
    return frame, schema


def number(column: str, schema: Schema) -> nw.Expr:
    """The measure as a number, what is missing as null."""
    return plain(column, schema[column]).cast(nw.Float64)


def open_field(measures: IntoFrame, by: str, *, ascending: bool | None = None, reserved: Collection[str] = ()) -> Field:
    """Opens measures as the field of `by`; see `open_measures` for the errors.

    Args:
        measures: `customer_id` and the measure.
        by: the measure.
        ascending: True: the lowest first; None: as the measure wants it (`LOW_FIRST`).
        reserved: names that no column may have.
    """
    frame, schema = open_measures(measures, [by], reserved=reserved)
    valued, unit = with_value(frame, schema, by)
    nobody = plain(CUSTOMER, schema[CUSTOMER]).is_null()
    outside = (
        nw.when(nobody).then(nw.lit(NO_CUSTOMER)).otherwise(nw.when(nw.col("_value").is_null()).then(nw.lit(NO_VALUE)))
    )
    stood = valued.with_columns(_outside=outside, _all_value=nw.col("_value"))
    placed = stood.with_columns(_value=nw.when(~nobody).then(nw.col("_value")))
    low_first = by in LOW_FIRST if ascending is None else ascending
    return Field(placed, by, low_first, unit, tuple(schema.names()))


def with_value(frame: Frame, schema: Schema, by: str, name: str = "_value") -> tuple[Frame, int]:
    """The frame with the measure in `name`, and its unit: whole ten-thousandths where all values are such."""
    value = number(by, schema)
    scaled = frame.with_columns(_scaled=value * UNIT)
    near = scaled.with_columns(_near=nw.col("_scaled").round() + 0.0)  # no -0.0
    off = near.with_columns(_off=(nw.col("_scaled") - nw.col("_near")).abs(), _size=nw.col("_scaled").abs())
    found = facts(off.select(off=nw.col("_off").max(), size=nw.col("_size").max()))
    off_by, size = (0.0 if x is None or x != x else float(x) for x in (found["off"], found["size"]))
    if off_by <= size * 1e-12:  # what adding up has left behind, no more
        return near.with_columns(nw.col("_near").alias(name)).drop("_scaled", "_near"), UNIT
    return frame.with_columns((value + 0.0).alias(name)), 1


def places(field: Field) -> Frame:
    """One row per different value: `_value`, `_customers`, `_rank` (1, 1, 3), `_last` (the last place of a tie),
    `_middle` (its middle), `_of` (all who are ranked), and of the positive ones `_sum`, `_upto`, `_total`."""
    sign = 1.0 if field.ascending else -1.0
    values = field.ranked.group_by("_value").agg(_customers=nw.len())
    ordered = values.with_columns(
        whole("_customers"), _order=nw.col("_value") * sign, _all=nw.lit(0), _gain=_positive()
    ).with_columns(_sum=nw.col("_gain") * nw.col("_customers"))
    summed = ordered.with_columns(
        _last=nw.col("_customers").cum_sum().over("_all", order_by="_order"),
        _upto=nw.col("_sum").cum_sum().over("_all", order_by="_order"),
        _of=nw.col("_customers").sum().over("_all"),
    )
    ended = summed.with_columns(_total=nw.col("_upto").max().over("_all"))  # not the sum: the last share is exactly 1
    ranked = ended.with_columns(whole("_last", "_of")).with_columns(_rank=nw.col("_last") - nw.col("_customers") + 1)
    middle = (nw.col("_rank") + nw.col("_last")).cast(nw.Float64) / 2
    return ranked.with_columns(_middle=middle).drop("_order", "_gain")


def _positive() -> nw.Expr:
    value = nw.col("_value")
    return nw.when(value > 0).then(value).otherwise(0.0)


def placed(field: Field) -> Frame:
    """The field with the columns of `places` beside each customer; null for those who are not ranked."""
    of: Any = places(field)
    return field.frame.join(of, on="_value", how="left")
