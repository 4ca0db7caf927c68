"""How unevenly a measure is spread over customers: what the first of them hold."""

from fractions import Fraction

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError
from analysis.frames import facts, whole
from analysis.ranking_field import CUSTOMER, NO_CUSTOMER, NO_VALUE, open_field, places

HELD = {"half_customers": 50, "most_customers": 80}  # per cent of the whole
COUNTS = ("customers", "not_positive", "no_value", "no_customer", "different")


def concentration(measures: IntoFrameT, by: str = "amount", *, top: float = 0.2) -> IntoFrameT:
    """What the first customers hold of the whole.

    Args:
        measures, by: see `ranking.rank_customers`.
        top: which share of the customers is looked at, 0-1.

    Returns:
        One row: `customers` (with a positive value: only they are counted here), `not_positive`, `no_value`,
        `no_customer` (rows that stand outside), `different` (different values among all who are ranked), `total` (of
        the positive values), `top_customers` (`top` of the customers, rounded down, at least one), `top_total`,
        `top_share` (null where nobody is counted), `half_customers`, `most_customers` (the fewest who hold
        50 % and 80 %), `gini` (0: all hold the same; near 1: one holds everything).

    Raises:
        ChoiceError: `top` is not between 0 and 1, or the measure cannot be added up; see also `rank_customers`.

    Note:
        Gini = sum of (2 i - n - 1) x_i / (n sum of x_i), x_i rising, i from 1 (half the relative mean difference,
        without the correction n / (n - 1)). Source: `definitions.DEFINITIONS["concentration"]`.
    """
    if isinstance(top, bool) or not 0 < top <= 1:
        raise ChoiceError("top", top, ["0.1", "0.2"])
    field = open_field(measures, by)
    if not field.adds_up:
        raise ChoiceError("by", by, [name for name in field.columns if name not in (CUSTOMER, by)])
    positive = nw.col("_value") > 0
    marks = {"_customers": positive, "_not_positive": nw.col("_value") <= 0}
    marks |= {f"_{why}": nw.col("_outside") == why for why in (NO_VALUE, NO_CUSTOMER)}
    marked = field.frame.with_columns(**{name: nw.when(true).then(1).otherwise(0) for name, true in marks.items()})
    counts = {name: nw.col(f"_{name}").sum() for name in COUNTS[:-1]}
    counted = marked.select(**counts).with_columns(whole(*COUNTS[:-1]))
    n = int(facts(counted)["customers"])
    first = max(int(n * Fraction(str(top))), min(n, 1))
    values = places(field)
    before = nw.col("_rank") - 1
    taken = nw.min_horizontal(nw.col("_customers"), nw.max_horizontal(first - before, nw.lit(0)))
    rest = {name: nw.col("_total") * held - (nw.col("_upto") - nw.col("_sum")) * 100 for name, held in HELD.items()}
    more = {
        name: nw.when(positive & (rest[name] > 0) & (nw.col("_upto") * 100 >= nw.col("_total") * held)).then(
            before + (rest[name] / (nw.col("_value") * 100)).ceil()
        )
        for name, held in HELD.items()
    }
    apart = values.with_columns(
        **more,
        _top=nw.when(positive).then(nw.col("_value") * taken).otherwise(0.0),
        _tilt=(n + 1 - nw.col("_middle") * 2) * nw.col("_sum"),
    )
    found = apart.select(
        nw.col("_total").max(),
        nw.col("_top").sum(),
        nw.col("_tilt").sum(),
        nw.col(*HELD).min(),
        different=nw.len(),
    )
    total = nw.col("_total")
    return nw.maybe_reset_index(
        counted.join(found, how="cross")
        .with_columns(whole("different"), top_customers=nw.lit(first))
        .select(
            *COUNTS,
            total=nw.col("_total").fill_null(0.0) / field.unit,
            top_customers=nw.col("top_customers").cast(nw.Int64),
            top_total=nw.col("_top").fill_null(0.0) / field.unit,
            top_share=nw.when(total > 0).then(nw.col("_top") / total),
            half_customers=nw.col("half_customers"),
            most_customers=nw.col("most_customers"),
            gini=nw.when(total > 0).then(nw.col("_tilt") / (total * max(n, 1))),
        )
    ).to_native()
