"""Open deals beside what is usual: days since their last movement, against the days that deals stay in that phase."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays, with_days
from analysis.case_forms import is_known
from analysis.deals import Deals, open_deals
from analysis.errors import DimensionNameError
from analysis.frames import Frame, fold, open_frames, start_of, union, whole
from analysis.phases import OPEN, WON, Phase
from analysis.rules import Rule

MEASURES = ("days_here", "usual_days", "days_over", "usual_deals", "usual_from")
MOVED, STILL = "moved", "open"


def stalled_deals(
    deals: IntoFrameT,
    phases: Iterable[str] | None = None,
    *,
    as_of: date | None = None,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    dates: Mapping[str, str] | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Every open deal: how long it has not moved, and how long deals usually stay in its phase.

    Usual is the median of the deals that have left the phase, whatever became of them: from its date to the date of
    the very next phase; from the last phase before won, and of a lost deal from the last phase it came to, to
    `closed_at`. The first phase begins with `created_at` where no column of dates is its own. A deal that skips the
    date of the next phase says nothing. A phase that nobody is known to have left is compared with the median of the
    deals that stand in it now.

    Args:
        deals, phases, as_of, won, lost, dates, days, where: see `pipeline.pipeline`; what is usual is that of the deals
            that `where` lets through.

    Returns:
        One row per open deal, unsorted: the columns of `deals`, `days_here` (whole days since the last movement that
        has a date; null: there is none), `usual_days`, `days_over` (days_here - usual_days; below 0: not yet due),
        `usual_deals` (how many deals say what is usual; those without days, or that left before they entered, say
        nothing), `usual_from` (`moved`: deals that have left the phase; `open`: those that stand in it now).

    Raises:
        DimensionNameError: a column is called like one of the result.
        PhaseNameError, OrderCycleError, …: see `pipeline.pipeline`.

    Note:
        Deals that still stand there are in no usual of those that have left: where many wait, usual is short.
        Source: `definitions.DEFINITIONS["days_over"]`.
    """
    opened = open_deals(deals, phases, won=won, lost=lost, dates=dates, as_of=as_of, days=days, where=where)
    for name in opened.columns:
        if fold(name) in MEASURES:
            raise DimensionNameError(name)
    still = opened.frame.filter(nw.col("_open") == 1).select("deal_id", "_row", "_here")
    here = still.group_by("_row").agg(_now=nw.col("_here").median(), _standing=nw.col("_here").count())
    beside = still.join(here, on="_row", how="left").join(_left(opened, days), on="_row", how="left")
    known = beside.with_columns(whole("_standing", "_gone")).with_columns(
        _by_moved=nw.when(nw.col("_gone") > 0).then(1).otherwise(0)
    )
    moved = nw.col("_by_moved") == 1
    compared = known.with_columns(
        days_here=nw.col("_here"),
        usual_days=nw.when(moved).then(nw.col("_stay")).otherwise(nw.col("_now")),
        usual_deals=nw.when(moved).then(nw.col("_gone")).otherwise(nw.col("_standing")),
        usual_from=nw.when(moved).then(nw.lit(MOVED)).otherwise(nw.lit(STILL)),
    ).with_columns(days_over=nw.col("days_here") - nw.col("usual_days"))
    # the columns as they were given: a helper may have taken the name of one
    (given,) = open_frames(deals=deals)
    return nw.maybe_reset_index(
        given.join(compared.select("deal_id", *MEASURES), on="deal_id", how="inner")
    ).to_native()


def _left(opened: Deals, days: str | BusinessDays) -> Frame:
    """One row per phase that deals are known to have left: `_row`, `_stay` (median of days), `_gone` (deals)."""
    stays = [part for row, phase in enumerate(opened.phases) for part in _stays(opened, row, phase)]
    nothing = opened.frame.filter(nw.col("_one") == 0).select("_row", "_begin", _end=nw.col("_begin"))
    spans = with_days(union([nothing, *stays]), days, start="_begin", end="_end", name="_stay")
    return (
        spans.filter(nw.col("_stay") >= 0)
        .group_by("_row")
        .agg(_gone=nw.len(), _median=nw.col("_stay").median())
        .select("_row", nw.col("_median").alias("_stay"), "_gone")
    )


def _stays(opened: Deals, row: int, phase: Phase) -> list[Frame]:
    """From entering to leaving a phase, of every deal of which both days are known; none where no column says so."""
    following = next((each for each in opened.phases if each.before == phase.place and each.place), None)
    columns = {place: helper for helper, place in opened.dated.items()}
    if phase.outcome != OPEN or not phase.place or not following:
        return []
    entered = columns.get(phase.place, "created_at" if phase.before is None else None)
    goes_on = columns.get(following.place or 0)
    present = opened.frame.collect_schema().names()
    if entered not in present or not (goes_on or following.outcome == WON):
        return []
    over = [(nw.col("_lost") == 1) & (nw.col("_far") == phase.place)]
    over += [nw.col("_won") == 1] if following.outcome == WON else []
    closing = (
        []
        if "closed_at" not in present
        else [nw.when(ended & is_known("closed_at", opened.known)).then(nw.col("closed_at")) for ended in over]
    )
    moved = [nw.when(is_known(goes_on, opened.known)).then(nw.col(goes_on))] if goes_on else []
    leaving = [*moved, *closing]
    if not leaving:
        return []
    begun = opened.frame.filter(is_known(entered, opened.known))
    timed = begun.with_columns(
        _row=nw.lit(row, dtype=nw.Int64),
        _begin=start_of(nw.col(entered), "1d"),
        _end=start_of(nw.coalesce(*leaving), "1d"),
    )
    return [timed.select("_row", "_begin", "_end").filter(~nw.col("_end").is_null())]
