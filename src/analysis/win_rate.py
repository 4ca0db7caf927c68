"""Win rate: won out of what is over, with its interval, and how far a small number may be believed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.business_days import CALENDAR, BusinessDays
from analysis.deals import Deals, open_deals
from analysis.errors import AimError, MissingColumnError
from analysis.frames import Frame, count_by, keep, names, ratio, rows, union, whole, wilson
from analysis.rules import Rule, among

COUNTS = ("closed", "won", "lost", "open")
DAYS = ("won_mean_days", "won_median_days", "lost_mean_days", "lost_median_days")
RATES = ("win_rate", "rate_low", "rate_high", "shrunk_rate", "shrunk_low", "shrunk_high", "rank")
RESULT = (*COUNTS, *RATES, *DAYS)
AIMED = (
    *("deals", "all_deals", "share", "rate_low", "rate_high", "target_share", "gap", "gap_deals"),
    *("won", "closed", "win_rate"),
)


def win_rate(
    deals: IntoFrameT,
    *,
    by: str | Iterable[str] = (),
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    as_of: date | None = None,
    days: str | BusinessDays = CALENDAR,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Win rate = won / (won + lost); open deals are neither.

    Args:
        deals, won, lost, as_of, days, where: see `pipeline.pipeline`.
        by: columns of `deals` (owner, source, size …); `closed_month`, `created_month`.

    Returns:
        One row per `by` value, unsorted: `closed` = `won` + `lost`, `open`; `win_rate` (null where nothing is closed),
        `rate_low`, `rate_high` (Wilson, 95 %); `shrunk_rate`, `shrunk_low`, `shrunk_high`: the rate drawn
        towards that of all groups, the more the fewer deals there are (null where nothing is closed);
        `rank` (1, 1, 3) by `shrunk_low`, so that nobody leads by three deals; mean and median days from
        `created_at` to `closed_at` of won and lost.

    Note:
        Shrinking is the beta-binomial empirical Bayes estimate (won + a) / (closed + a + b); a and b by the moments of
        Kleinman, JASA 68 (1973), weights = closed. Groups that differ no more than chance lets them all
        get the common rate. Its interval is Wilson's on won + a of closed + a + b.
        Source: `definitions.DEFINITIONS["win_rate"]`.
    """
    opened = open_deals(deals, won=won, lost=lost, by=names(by), as_of=as_of, days=days, where=where, reserved=RESULT)
    counted = _counted(opened)
    found = rows(counted.select("won", "closed"))
    low, high = wilson("won", "closed")
    rated = counted.with_columns(win_rate=ratio("won", "closed"), rate_low=low, rate_high=high)
    shrunk = _shrunk(rated, prior([(row["won"], row["closed"]) for row in found]))
    shown = [nw.col(helper).alias(name) for name, helper in opened.labels.items()]
    return nw.maybe_reset_index(shrunk.select(*shown, *COUNTS, *RATES, *DAYS)).to_native()


def _counted(opened: Deals) -> Frame:
    """Won, lost and open deals of every group, and how long they took."""
    marked = opened.frame.select(
        *opened.labels.values(),
        won=nw.col("_won"),
        lost=nw.col("_lost"),
        open=nw.col("_open"),
        closed=nw.col("_won") + nw.col("_lost"),
        _won_days=nw.when(nw.col("_won") == 1).then(nw.col("_days")),
        _lost_days=nw.when(nw.col("_lost") == 1).then(nw.col("_days")),
    )
    sums = {name: nw.col(name).sum() for name in COUNTS}
    counted = count_by(
        marked,
        [*opened.labels.values()],
        won_mean_days=nw.col("_won_days").mean(),
        won_median_days=nw.col("_won_days").median(),
        lost_mean_days=nw.col("_lost_days").mean(),
        lost_median_days=nw.col("_lost_days").median(),
        **sums,
    )
    return counted.with_columns(whole(*COUNTS))


def prior(groups: Sequence[tuple[int, int]]) -> tuple[float, float] | None:
    """a and b of the beta distribution that the groups' rates come from, by the moments of Kleinman (1973).

    Args:
        groups: (won, closed) of every group.

    Returns:
        a and b, both 0 where nothing is to be drawn together; None where the groups differ no more than chance
        lets them (or there are not two of them): everybody gets the common rate.
    """
    seen = [(won, closed) for won, closed in groups if closed]
    total, wins = sum(closed for _, closed in seen), sum(won for won, _ in seen)
    if len(seen) < 2 or wins in (0, total):
        return None
    rate = wins / total
    spread = sum(closed * (won / closed - rate) ** 2 for won, closed in seen)
    chance = len(seen) - 1
    weight = total - sum(closed**2 for _, closed in seen) / total
    if weight <= chance:  # one deal a group: no group can be told from chance
        return None
    likeness = (spread - rate * (1 - rate) * chance) / (rate * (1 - rate) * (weight - chance))
    if likeness <= 0:
        return None
    strength = max(1 / likeness - 1, 0.0)
    return rate * strength, (1 - rate) * strength


def _shrunk(rated: Frame, drawn: tuple[float, float] | None) -> Frame:
    """The rates drawn together, with their intervals."""
    if drawn is None:
        pooled = rated.select(_won=nw.col("won").sum(), _closed=nw.col("closed").sum())
        both = rated.join(pooled, how="cross").with_columns(whole("_won", "_closed"))
    else:
        a, b = drawn
        both = rated.with_columns(_won=nw.col("won") + a, _closed=nw.col("closed") + (a + b))
    low, high = wilson("_won", "_closed")
    known = {"shrunk_rate": ratio("_won", "_closed"), "shrunk_low": low, "shrunk_high": high}
    drawn_together = both.with_columns(
        _is_over=nw.when(nw.col("closed") > 0).then(1).otherwise(0),
        **{name: nw.when(nw.col("closed") > 0).then(each) for name, each in known.items()},
    )
    ranked = drawn_together.with_columns(
        _rank=nw.col("shrunk_low").rank(method="min", descending=True).over("_is_over")
    )
    return ranked.with_columns(rank=nw.when(nw.col("_is_over") == 1).then(nw.col("_rank")))


def aimed_share(
    deals: IntoFrameT,
    aims: Sequence[Mapping[str, Any]],
    *,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    as_of: date | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The deals that were aimed at, and those that came: share of every aimed segment, and the gap.

    Args:
        deals, won, lost, as_of, where: see `pipeline.pipeline`.
        aims: one mapping a segment: column -> value (null: blank), and `share`, the part of all deals (0-1)
            that it should make up: `{"source": "紹介", "size": "大", "share": 0.4}`.

    Returns:
        One row per aim, unsorted: `segment` (its place in `aims`, from 1), `deals` in it of `all_deals`, `share`,
        `rate_low`, `rate_high` (Wilson, 95 %), `target_share`, `gap` (share - target_share), `gap_deals` (deals -
        target share of all deals, not rounded), `won` of `closed`, `win_rate`; null rates where there is no deal.

    Raises:
        AimError: an aim names no segment, or its share is no number from 0 to 1.
        MissingColumnError: an aim names a column that is not there.
    """
    columns = dict.fromkeys(column for aim in aims for column in _named(aim))
    opened = open_deals(deals, won=won, lost=lost, by=[*columns], as_of=as_of, where=where)
    for column in columns:
        if column not in opened.columns:
            raise MissingColumnError("deals", column, list(opened.columns))
    parts = [_segment(opened, aim, number) for number, aim in enumerate(aims, 1)]
    if not parts:
        raise AimError("")
    counted = union(parts).with_columns(whole("deals", "all_deals", "won", "closed"))
    low, high = wilson("deals", "all_deals")
    rated = counted.with_columns(
        share=ratio("deals", "all_deals"), rate_low=low, rate_high=high, win_rate=ratio("won", "closed")
    ).with_columns(
        gap=nw.col("share") - nw.col("target_share"),
        gap_deals=nw.col("deals") - nw.col("target_share") * nw.col("all_deals"),
    )
    return nw.maybe_reset_index(rated.select("segment", *AIMED)).to_native()


def _named(aim: Mapping[str, Any]) -> dict[str, Any]:
    """The segment of an aim: column -> value."""
    return {column: value for column, value in aim.items() if column != "share"}


def _segment(opened: Deals, aim: Mapping[str, Any], number: int) -> Frame:
    """What there is of one segment."""
    share, named = aim.get("share"), _named(aim)
    if not named or isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise AimError(dict(aim))
    schema = opened.frame.collect_schema()
    inside = [among(opened.labels[name], schema[opened.labels[name]], [value]) for name, value in named.items()]
    here = (
        keep(opened.frame, inside)
        .select("_won", _closed=nw.col("_won") + nw.col("_lost"))
        .select(won=nw.col("_won").sum(), closed=nw.col("_closed").sum(), deals=nw.len())
    )
    counted = here.join(opened.frame.select(all_deals=nw.len()), how="cross")
    return counted.with_columns(segment=nw.lit(number, dtype=nw.Int64), target_share=nw.lit(float(share))).select(
        "segment", "target_share", whole("deals", "all_deals", "won", "closed")
    )
