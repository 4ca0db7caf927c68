"""Customers in the order of a measure: rank, share, cumulative share and ABC band."""

from collections.abc import Sequence
from string import ascii_uppercase

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import BandThresholdError, ChoiceError
from analysis.frames import Frame, plain, text_frame, union, whole
from analysis.ranking_field import CUSTOMER, NOT_POSITIVE, Field, number, open_field, open_measures, placed
from analysis.rules import everywhere

BANDS = (0.7, 0.9)
RESULT = ("rank", "of", "share", "cumulative_share", "band", "outside")
TOP, OTHERS = "top", "others"


def rank_customers(
    measures: IntoFrameT,
    by: str = "amount",
    *,
    ascending: bool | None = None,
    bands: Sequence[float] = BANDS,
) -> IntoFrameT:
    """Customers with their rank by a measure, and how much of the whole those up to them hold.

    Args:
        measures: one row per customer, `customer_id` and any measures and dimensions; rows of nobody (blank id) may be
            among them.
        by: the measure, a number.
        ascending: True: the lowest value is first; None: only where the measure wants it (`recency_days`).
        bands: from which cumulative share on the next band begins, rising, between 0 and 1.

    Returns:
        The rows as they are, and `rank` (ties 1, 1, 3), `of` (how many are ranked), `share` (of the sum of all positive
        values), `cumulative_share` (equal values have equal ones), `band` (A, B, C …: by the cumulative share
        *before* the value, so that the first is always in A), `outside`: `no_customer` and `no_value` have
        no rank; `not_positive` has a rank, and neither share nor band. Of a measure that cannot be added up
        (`recency_days`, `average_order` …, or `ascending`) nobody has a share.

    Raises:
        MissingColumnError: no `customer_id`, or no such measure.
        ColumnTypeError: the measure is no number.
        DuplicateKeyError: a customer stands there twice.
        BandThresholdError: the thresholds do not rise between 0 and 1.
        DimensionNameError: a column is called like one of the result.

    Note:
        Source: `definitions.DEFINITIONS["customer_rank"]`, `["abc_band"]`.
    """
    edges = thresholds(bands)
    field = open_field(measures, by, ascending=ascending, reserved=RESULT)
    ranked = with_rank(field, edges).with_columns(band=_letter(nw.col("band"), len(edges)))
    return nw.maybe_reset_index(ranked.select(*field.columns, *RESULT)).to_native()


def active_customers(measures: IntoFrameT) -> IntoFrameT:
    """Of all customers those who ordered or gave back something: the field of rankings of a period.

    Args:
        measures: a result of `customers.measure_customers`.

    Returns:
        Its rows with orders, or with an amount other than 0; the rows of nobody stay.
    """
    frame, schema = open_measures(measures, ["orders", "amount"])
    nobody = plain(CUSTOMER, schema[CUSTOMER]).is_null()
    orders, amount = (number(name, schema).fill_null(0.0) for name in ("orders", "amount"))
    return nw.maybe_reset_index(frame.filter(nobody | (orders > 0) | (amount != 0))).to_native()


def thresholds(bands: Sequence[float]) -> tuple[float, ...]:
    """The thresholds of the bands.

    Raises:
        BandThresholdError: they do not rise between 0 and 1, or are too many for the letters.
    """
    edges = tuple(bands)
    numbers = all(isinstance(edge, int | float) and not isinstance(edge, bool) for edge in edges)
    if not numbers or len(edges) >= len(ascii_uppercase):
        raise BandThresholdError(edges)
    if any(not low < high for low, high in zip((0, *edges), (*edges, 1), strict=True)):
        raise BandThresholdError(edges)
    return tuple(map(float, edges))


def with_rank(field: Field, edges: Sequence[float]) -> Frame:
    """The field with the columns of `RESULT`; the band as its place, from 0."""
    ranked = placed(field)
    counted = nw.col("_value") > 0 if field.adds_up else everywhere(False, "_value")
    before = (nw.col("_upto") - nw.col("_sum")) / nw.col("_total")
    shared = ranked.with_columns(
        rank=nw.col("_rank"),
        share=nw.when(counted).then(nw.col("_value") / nw.col("_total")),
        cumulative_share=nw.when(counted).then(nw.col("_upto") / nw.col("_total")),
        _before=nw.when(counted).then(before),
    )
    steps = [nw.when(nw.col("_before") >= nw.lit(edge)).then(1).otherwise(0) for edge in edges]
    place = nw.sum_horizontal(*steps) if steps else nw.lit(0)
    banded = shared.with_columns(_steps=place)
    why = nw.coalesce("_outside", nw.when(~counted).then(nw.lit(NOT_POSITIVE))) if field.adds_up else nw.col("_outside")
    whole_field = field.ranked.select(_field=nw.len())
    return (
        banded.join(whole_field, how="cross")
        .with_columns(band=nw.when(~nw.col("_before").is_null()).then(nw.col("_steps")), outside=why)
        .with_columns(of=nw.col("_field").cast(nw.Int64))
    )


def _letter(place: nw.Expr, edges: int) -> nw.Expr:
    letters = [nw.when(place == i).then(nw.lit(ascii_uppercase[i])) for i in range(edges + 1)]
    return nw.coalesce(*letters) if len(letters) > 1 else letters[0]


def rank_bands(measures: IntoFrameT, by: str = "amount", *, bands: Sequence[float] = BANDS) -> IntoFrameT:
    """How many customers each band holds, and how much of the whole.

    Args:
        measures, by, bands: see `rank_customers`.

    Returns:
        One row per band, also of a band with nobody in it, unsorted: `band`, `from_share`, `to_share` (the thresholds),
        `customers`, `customer_share` (of those in a band), `total` (of the measure), `share`.

    Raises:
        ChoiceError: a measure that cannot be added up has no bands.
    """
    edges = thresholds(bands)
    field = open_field(measures, by)
    if not field.adds_up:
        raise ChoiceError("by", by, [name for name in field.columns if name not in (CUSTOMER, by)])
    counted = with_rank(field, edges).filter(~nw.col("band").is_null())
    summed = counted.group_by("band").agg(customers=nw.len(), _sum=nw.col("_value").sum())
    ends = list(zip((0.0, *edges), (*edges, 1.0), strict=True))
    listed = [(str(i), ascii_uppercase[i], repr(low), repr(high)) for i, (low, high) in enumerate(ends)]
    table = text_frame(field.frame, listed, ("_place", "_letter", "_from", "_to"))
    lined = table.with_columns(_place=nw.col("_place").cast(nw.Int64))
    keyed = summed.with_columns(_place=nw.col("band").cast(nw.Int64)).drop("band")
    joined = lined.join(keyed, on="_place", how="left").with_columns(
        whole("customers"), _sum=nw.col("_sum").fill_null(0.0), _all=nw.lit(0)
    )
    every = joined.with_columns(
        _customers=nw.col("customers").sum().over("_all"), _total=nw.col("_sum").sum().over("_all")
    )
    return nw.maybe_reset_index(
        every.select(
            band=nw.col("_letter"),
            from_share=nw.col("_from").cast(nw.Float64),
            to_share=nw.col("_to").cast(nw.Float64),
            customers=nw.col("customers"),
            customer_share=nw.when(nw.col("_customers") > 0).then(nw.col("customers") / nw.col("_customers")),
            total=nw.col("_sum") / field.unit,
            share=nw.when(nw.col("_total") > 0).then(nw.col("_sum") / nw.col("_total")),
        )
    ).to_native()


def top_customers(measures: IntoFrameT, by: str = "amount", *, n: int = 20) -> IntoFrameT:
    """The first customers by a measure, and everybody else in one line.

    Args:
        measures, by: see `rank_customers`.
        n: ranks up to this one are listed: more customers than `n` where the last of them is a tie.

    Returns:
        Unsorted: a row per customer (`part` is `top`), and a row each for `others`, `not_positive` (those without a
        share, unless they are listed), `no_value` and `no_customer`, where there are such: `part`, `customer_id`,
        `customers`, `rank`, `of`, `total` (of the measure; all rows add up to the whole table, where it can be added
        up), `share` (of the sum of all positive values; top and others add up to 1).

    Raises:
        ChoiceError: `n` is below 1; see also `rank_customers`.
    """
    if n < 1:
        raise ChoiceError("n", n, ["1", "20"])
    field = open_field(measures, by)
    ranked = with_rank(field, ()).with_columns(_one=nw.lit(1), _kept=nw.col("_all_value") / field.unit)
    ranked = ranked.with_columns(_blank=nw.when(nw.col("_one") == 0).then(nw.col(CUSTOMER)))
    rest = nw.when(nw.col("outside").is_null()).then(nw.lit(OTHERS)).otherwise(nw.col("outside"))
    parted = ranked.with_columns(part=nw.when(nw.col("rank") <= nw.lit(n)).then(nw.lit(TOP)).otherwise(rest))
    columns = ("part", CUSTOMER, "customers", "rank", "of", "total", "share")
    top = parted.filter(nw.col("part") == TOP)
    first = top.with_columns(customers=nw.col("_one").cast(nw.Int64), total=nw.col("_kept")).select(*columns)
    below = (
        parted.filter(nw.col("part") != TOP)
        .group_by("part")
        .agg(
            nw.col("of").max(),
            nw.col("share").sum(),
            customers=nw.len(),
            total=nw.col("_kept").sum(),
            customer_id=nw.col("_blank").max(),
        )
    )
    counted = below.with_columns(whole("customers"), share=nw.when(nw.col("part") == OTHERS).then(nw.col("share")))
    if not field.adds_up:
        counted = counted.with_columns(total=nw.when(nw.col("customers") == 0).then(nw.col("total")))
    unranked = counted.with_columns(rank=nw.when(nw.col("customers") == 0).then(nw.col("customers")))
    return nw.maybe_reset_index(union([first, unranked.select(*columns)])).to_native()
