"""The deals behind every number of a pipeline."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.deals import Deals, open_deals
from analysis.errors import ChoiceError, DimensionNameError, PhaseNameError
from analysis.frames import Frame, fold, open_frames
from analysis.loss_reasons import SEPARATORS, SEVERAL, reasons_of
from analysis.rules import Rule

OUTCOMES = ("open", "won", "lost", "closed")
IN_PHASE = ("deals", "reached", "undated", "negative", "no_amount")
STATES = ("all", *OUTCOMES, *IN_PHASE, "unknown_path", "reason")
MEASURES = ("days", "days_here")


def pipeline_deals(
    deals: IntoFrameT,
    phases: Iterable[str] | None = None,
    *,
    state: str,
    phase: str | None = None,
    reason: str | None = None,
    several: str = "each",
    separators: str = SEPARATORS,
    as_of: date | None = None,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    dates: Mapping[str, str] | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The deals behind a number of `pipeline`, `win_rate`, `open_ages` or `loss_reasons`: as many as the number says.

    Args:
        deals, phases, as_of, won, lost, dates, days, where: see `pipeline`. The deals of a cell are those of a `where`
            that names its values.
        state: `all`, `open`, `won`, `lost`, `closed`; of one `phase`: `deals` (they stand there), `reached`,
            `undated`, `negative`, `no_amount`; `unknown_path`; `reason` (lost for this `reason`).
        phase: a phase of the pipeline; None: the blank one.
        reason: a reason of `loss_reasons`; None: without a reason.
        several, separators: see `loss_reasons`.

    Returns:
        One row per deal, unsorted: the columns of `deals`, `days` (open: age; closed: from created to closed; null:
        not known, or closed before created) and `days_here` (open: since the last movement that has a date).
    """
    if state not in STATES:
        raise ChoiceError("state", state, STATES)
    opened = open_deals(deals, phases, won=won, lost=lost, dates=dates, as_of=as_of, days=days, where=where)
    for name in opened.columns:
        if fold(name) in MEASURES:
            raise DimensionNameError(name)
    if state == "reason":
        listed = _with_reason(opened, reason, several, separators)
    else:
        listed = opened.frame.filter(_test(opened, state, phase))
    measured = listed.select("deal_id", nw.col("_days").alias("days"), nw.col("_here").alias("days_here"))
    # the columns as they were given: a helper may have taken the name of one
    (given,) = open_frames(deals=deals)
    return nw.maybe_reset_index(given.join(measured, on="deal_id", how="inner")).to_native()


def _test(opened: Deals, state: str, phase: str | None) -> nw.Expr:
    """What a deal of this state fulfils."""
    outcomes = {name: nw.col(f"_{name}") == 1 for name in ("open", "won", "lost")}
    plain = outcomes | {
        "all": nw.col("_one") == 1,
        "closed": nw.col("_open") == 0,
        "unknown_path": nw.col("_far").is_null(),
    }
    if state in plain:
        return plain[state]
    names = [each.name for each in opened.phases]
    if phase not in names:
        raise PhaseNameError([str(phase)], [name for name in names if name])
    place = opened.phases[names.index(phase)].place
    if state == "reached":
        return nw.col("_far") >= nw.lit(place) if place else nw.col("_one") == 0
    here = nw.col("_row") == names.index(phase)
    more = {
        "undated": nw.col("_undated") == 1,
        "negative": nw.col("_negative") == 1,
        "no_amount": nw.col("_amount").is_null(),
    }
    return here & more[state] if state in more else here


def _with_reason(opened: Deals, reason: str | None, several: str, separators: str) -> Frame:
    """The lost deals that name the reason, or none."""
    if several not in SEVERAL:
        raise ChoiceError("several", several, SEVERAL)
    _, named = reasons_of(opened, several, separators)
    lost_deals = opened.frame.filter(nw.col("_lost") == 1)
    if reason is None:
        return lost_deals.join(named.select("_deal"), left_on="deal_id", right_on="_deal", how="anti")
    chosen = named.filter(nw.col("_reason") == reason).select("_deal")
    return lost_deals.join(chosen, left_on="deal_id", right_on="_deal", how="semi")
