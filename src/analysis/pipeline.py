"""Pipeline: deals as they stand, how many came from phase to phase, and how old the open ones are."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.deals import Deals, open_deals, row_frame
from analysis.errors import ChoiceError
from analysis.frames import Frame, names, ratio, whole, wilson
from analysis.rules import Rule

COUNTS = ("deals", "reached", "unknown_path", "undated", "negative", "no_amount")
TIMES = ("mean_days", "median_days", "median_days_here")
RATES = ("step_rate", "rate_low", "rate_high", "overall_rate")
RESULT = ("phase", "position", "outcome", "amount", *COUNTS, *RATES, *TIMES)
BANDS = (30, 90, 180, 365)


def pipeline(
    deals: IntoFrameT,
    phases: Iterable[str] | None = None,
    *,
    by: str | Iterable[str] = (),
    as_of: date | None = None,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    dates: Mapping[str, str] | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Deals and amounts in each phase as they stand, and the rate from phase to phase.

    A deal has reached a phase if it has a date for it or for a later one, or stands at it or beyond: so those who
    reached a phase are among those who reached the one before. A lost deal has come as far as its dates
    say; without any, nobody knows how far (`unknown_path`), and it is in no rate.

    Args:
        deals: one row per deal: `deal_id`, `phase`; optionally `amount`, `created_at`, `closed_at` (timestamps; of an
            open deal a forecast, and not used), a timestamp per phase, and any dimension.
        phases: the order, without lost; won comes last where it is not named. None: the numbers with which the
            open phases begin ("1 アポ", "2 提案"); where they have none there is no order, and no rate.
        by: columns of `deals`; `created_month`, `closed_month`.
        as_of: the last day that is known; None: the day of the last thing that happened.
        won, lost: the phases that mean it; None: by their words (`deals.WON_WORDS`, `LOST_WORDS`: 受注, 成約, won,
            closed won; 失注, 見送り, 消滅, 不成立, lost, closed lost; numbers and brackets aside). `outcomes` tells.
        dates: phase -> its column of dates; None: columns that are called like phases.
        days: "calendar" or `BusinessDays`; whole days.
        where: a `Rule` over deals.

    Returns:
        One row per `by` value and phase, unsorted: `phase` (null: blank), `position` (null: lost, blank, no order),
        `deals` and `amount` that stand there now, `reached`, `step_rate` (reached / reached of the phase before;
        null in the first), `mean_days`, `median_days` (open phases: age since `created_at`; won and lost: from
        `created_at` to `closed_at`); `rate_low`, `rate_high` (Wilson, 95 %), `overall_rate` (to the first phase),
        `outcome` (open, won, lost), `median_days_here` (open deals: since the last movement that has a date),
        and of the deals that stand there `undated`, `negative` (closed before created) — both in no average — and
        `no_amount`; `unknown_path` of the whole group.

    Raises:
        PhaseNameError: open deals stand in a phase that is not named, or `dates` names another.
        OrderCycleError, EmptyOrderError: a phase stands twice, or none is named.
        BothOutcomesError: a phase is won and lost.
        MissingColumnError, MomentTypeError, DuplicateKeyError: the table is not as above.

    Note:
        Source: `definitions.DEFINITIONS["phase_rate"]`.
    """
    opened = open_deals(
        deals,
        phases,
        won=won,
        lost=lost,
        dates=dates,
        by=names(by),
        as_of=as_of,
        days=days,
        where=where,
        reserved=RESULT,
    )
    return _finish(_counted(opened), opened).to_native()


def outcomes(
    deals: IntoFrameT,
    *,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """Which phase counts as open, won or lost: what stands behind every rate of deals.

    Args:
        deals, won, lost, as_of: see `pipeline`; the day says which list is meant, where there are several.

    Returns:
        One row per phase, unsorted: `phase` (null: blank), `outcome`, `deals`.
    """
    opened = open_deals(deals, won=won, lost=lost, as_of=as_of)
    return nw.maybe_reset_index(_finish(_counted(opened), opened).select("phase", "outcome", "deals")).to_native()


def open_ages(
    deals: IntoFrameT,
    *,
    by: str | Iterable[str] = (),
    bands: Sequence[int] = BANDS,
    as_of: date | None = None,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Open deals by their age since `created_at`.

    Args:
        deals, by, as_of, won, lost, days, where: see `pipeline`.
        bands: days at which a new band begins, rising.

    Returns:
        One row per `by` value and band, unsorted: `band` (1, 2, …; 0: age not known), `from_days` (included), `to_days`
        (excluded; null: no end), `deals`, `amount`.
    """
    edges = [0, *bands]
    if any(later <= earlier for earlier, later in pairwise(edges)):
        raise ChoiceError("bands", list(bands), [str(band) for band in BANDS])
    opened = open_deals(deals, by=names(by), as_of=as_of, won=won, lost=lost, days=days, where=where)
    table = row_frame(opened.frame, [{"_row": i} for i in range(len(edges) + 1)])
    age = nw.col("_days")
    tests = [nw.when(age >= edge).then(nw.lit(i, dtype=nw.Int64)) for i, edge in reversed([*enumerate(edges, 1)])]
    still_open = opened.frame.filter(nw.col("_open") == 1)
    banded = still_open.with_columns(_band=nw.coalesce(*tests, nw.lit(0, dtype=nw.Int64)))
    here = nw.col("_band") == nw.col("_row")
    crossed = (
        banded.drop("_row")
        .join(table, how="cross")
        .with_columns(deals=nw.when(here).then(1).otherwise(0), amount=nw.when(here).then(nw.col("_amount")))
    )
    keys = [*opened.labels.values(), "_row"]
    counted = crossed.group_by(*keys).agg(nw.col("deals", "amount").sum())
    if not opened.labels:
        counted = table.join(counted, on="_row", how="left")
    starts = nw.coalesce(*(nw.when(nw.col("_row") == i).then(nw.lit(edge)) for i, edge in enumerate(edges, 1)))
    ends = nw.coalesce(*(nw.when(nw.col("_row") == i).then(nw.lit(edge)) for i, edge in enumerate(bands, 1)))
    shown = [nw.col(helper).alias(name) for name, helper in opened.labels.items()]
    result = counted.select(
        *shown,
        nw.col("_row").alias("band"),
        from_days=starts,
        to_days=ends if bands else nw.lit(None, dtype=nw.Float64),
        deals=nw.col("deals").fill_null(0).cast(nw.Int64),
        amount=_amount(opened),
    )
    return nw.maybe_reset_index(result).to_native()


def _counted(opened: Deals) -> Frame:
    """Sums and times of every group and row of the pipeline."""
    table = row_frame(
        opened.frame,
        [{"_row": i, "_pos": p.place or 0, "_prev": p.before or 0} for i, p in enumerate(opened.phases)]
        or [{"_row": 0}],
    )
    if not opened.phases:
        table = table.with_columns(_pos=nw.lit(0), _prev=nw.lit(0)).filter(nw.col("_row") < 0)
    own = (*opened.labels.values(), "_far", "_amount", "_days", "_here", "_undated", "_negative")
    here = nw.col("_at") == nw.col("_row")
    flags = {
        "deals": here,
        "reached": (nw.col("_pos") > 0) & (nw.col("_far") >= nw.col("_pos")),
        "_before": (nw.col("_prev") > 0) & (nw.col("_far") >= nw.col("_prev")),
        "_started": nw.col("_far") >= 1,
        "unknown_path": nw.col("_far").is_null(),
        "undated": here & (nw.col("_undated") == 1),
        "negative": here & (nw.col("_negative") == 1),
        "no_amount": here & nw.col("_amount").is_null(),
    }
    crossed = opened.frame.select(nw.col("_row").alias("_at"), *own).join(table, how="cross")
    marked = crossed.with_columns(
        **{name: nw.when(test).then(1).otherwise(0) for name, test in flags.items()},
        amount=nw.when(here).then(nw.col("_amount")),
        _days=nw.when(here).then(nw.col("_days")),
        _here=nw.when(here).then(nw.col("_here")),
    )
    sums = {name: nw.col(name).sum() for name in (*flags, "amount")}
    counted = marked.group_by(*opened.labels.values(), "_row").agg(
        mean_days=nw.col("_days").mean(),
        median_days=nw.col("_days").median(),
        median_days_here=nw.col("_here").median(),
        **sums,
    )
    if not opened.labels:  # a row per phase, even of no deal
        return table.join(counted, on="_row", how="left").with_columns(whole(*flags))
    return counted.join(table, on="_row", how="left").with_columns(whole(*flags))


def _finish(counted: Frame, opened: Deals) -> Frame:
    """Rates beside the counts, the columns under their names."""
    low, high = wilson("reached", "_before")
    placed = nw.col("_pos") > 0
    shown = [nw.col(helper).alias(name) for name, helper in opened.labels.items()]
    result = counted.select(
        *shown,
        _named([phase.name for phase in opened.phases]).alias("phase"),
        nw.when(placed).then(nw.col("_pos")).alias("position"),
        "deals",
        _amount(opened).alias("amount"),
        nw.when(placed).then(nw.col("reached")).alias("reached"),
        ratio("reached", "_before").alias("step_rate"),
        *TIMES[:2],
        low.alias("rate_low"),
        high.alias("rate_high"),
        nw.when(placed & (nw.col("_started") > 0)).then(nw.col("reached") / nw.col("_started")).alias("overall_rate"),
        _named([phase.outcome for phase in opened.phases]).alias("outcome"),
        TIMES[2],
        "undated",
        "negative",
        "no_amount",
        "unknown_path",
    )
    return nw.maybe_reset_index(result)


def _named(words: Sequence[str | None]) -> nw.Expr:
    """The word of each row of the pipeline."""
    said = [nw.when(nw.col("_row") == i).then(nw.lit(word)) for i, word in enumerate(words) if word is not None]
    return nw.coalesce(*said) if said else nw.lit(None, dtype=nw.String)


def _amount(opened: Deals) -> nw.Expr:
    """The sum of amounts: null where the table has none, whole numbers as such, 0 of nothing."""
    if "amount" not in opened.columns:
        return nw.lit(None, dtype=nw.Float64)
    filled = nw.col("amount").fill_null(0)
    return filled.cast(nw.Int64) if opened.frame.collect_schema()["_amount"].is_integer() else filled
