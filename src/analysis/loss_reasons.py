"""Why deals were lost: a Pareto in which what nobody wrote down stays visible."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.deals import Deals, open_deals
from analysis.errors import ChoiceError, MissingColumnError
from analysis.frames import Frame, count_by, fold, names, plain, ratio, rows, text_frame, union, whole
from analysis.rules import Rule

SEVERAL = ("each", "first")
SEPARATORS = ";；,，、|｜\n"
UNKNOWN = frozenset(
    {"", "-", "ー", "―", "不明", "未記入", "未入力", "未設定", "(空白)", "unknown", "n/a", "na", "none", "null"}
)
RESULT = ("reason", "deals", "lost_deals", "share", "cumulative_share", "unknown_share")


def loss_reasons(
    deals: IntoFrameT,
    *,
    by: str | Iterable[str] = (),
    several: str = "each",
    separators: str = SEPARATORS,
    won: Collection[str] | None = None,
    lost: Collection[str] | None = None,
    as_of: date | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """The reasons for which deals were lost, out of all that were lost, those without a reason among them.

    Args:
        deals: `deal_id`, `phase`, `lost_reason` (text); see `pipeline.pipeline`.
        by: columns of `deals`; `closed_month`, `created_month`.
        several: how a cell with several reasons counts: `each` (the deal counts once under each of them, so that the
            shares may add up to more than 1) or `first` (under the one that is named first).
        separators: the characters between reasons; "" takes a cell as one reason.
        won, lost, as_of, where: see `pipeline.pipeline`.

    Returns:
        One row per `by` value and reason, and always one without (`reason` null: blank, 不明, 未記入, unknown …),
        unsorted: `deals`, `lost_deals` (all of the group), `share` = deals / lost_deals, `cumulative_share` (lost deals
        that name this reason or one that is named at least as often; equal reasons have equal shares; the row without a
        reason comes last, at 1), `unknown_share` (of the group, in each of its rows).

    Raises:
        MissingColumnError: no `lost_reason`.
        ChoiceError: `several` is neither `each` nor `first`.
    """
    if several not in SEVERAL:
        raise ChoiceError("several", several, SEVERAL)
    opened = open_deals(deals, won=won, lost=lost, by=names(by), as_of=as_of, where=where, reserved=RESULT)
    lost_deals, named = reasons_of(opened, several, separators)
    return _finish(_pareto(lost_deals, named, ["_all", *opened.labels.values()]), opened).to_native()


def reasons_of(opened: Deals, several: str, separators: str) -> tuple[Frame, Frame]:
    """The lost deals, one row each, and their reasons, one row per deal and reason."""
    if "lost_reason" not in opened.columns:
        raise MissingColumnError("deals", "lost_reason", list(opened.columns))
    schema = opened.frame.collect_schema()
    cell = plain("lost_reason", schema["lost_reason"]).cast(nw.String)
    lost_deals = opened.frame.filter(nw.col("_lost") == 1).select(
        nw.col("deal_id").alias("_deal"), *opened.labels.values(), _cell=cell, _all=nw.lit(0)
    )
    cells = [row["_cell"] for row in rows(lost_deals.group_by("_cell").agg(_rows=nw.len()))]
    pairs = [(text, reason) for text in cells if isinstance(text, str) for reason in _split(text, several, separators)]
    table = text_frame(lost_deals, sorted(pairs), ("_cell", "_reason"))
    return lost_deals, lost_deals.join(table, on="_cell", how="inner")


def _split(cell: str, several: str, separators: str) -> list[str]:
    """The reasons that a cell names, each once, in the order in which they stand there."""
    parts = re.split(f"[{re.escape(separators)}]", cell) if separators else [cell]
    plainly = (unicodedata.normalize("NFKC", part).strip() for part in parts)
    found = list(dict.fromkeys(part for part in plainly if fold(part) not in UNKNOWN))
    return found[:1] if several == "first" else found


def _pareto(lost_deals: Frame, named: Frame, keys: Sequence[str]) -> Frame:
    """Deals of every reason and of none, beside all lost deals and those up to here.

    Every deal stands at the count of its most frequent reason: those who stand at or above the count of a
    reason are the deals that name it or a more frequent one.
    """
    zero, one = nw.lit(0, dtype=nw.Int64), nw.lit(1, dtype=nw.Int64)
    often = named.with_columns(_often=nw.len().over(*keys, "_reason"))
    best = often.group_by("_deal").agg(_best=nw.col("_often").max())
    placed = lost_deals.join(best, on="_deal", how="left").select(
        *keys, _at=nw.col("_best").fill_null(0).cast(nw.Int64)
    )
    text = nw.lit(None, dtype=nw.String)
    deals = placed.with_columns(_weight=one, _row=zero, _reason=text, deals=zero)
    counted = count_by(often, [*keys, "_reason"], deals=nw.len()).with_columns(whole("deals"))
    reasons = counted.with_columns(_at=nw.col("deals"), _weight=zero, _row=one)
    unknown = placed.with_columns(_none=nw.when(nw.col("_at") == 0).then(1).otherwise(0))
    blank = count_by(unknown, keys, deals=nw.col("_none").sum()).with_columns(whole("deals"))
    without = blank.with_columns(_at=zero, _weight=zero, _row=one, _reason=text)
    columns = (*keys, "_reason", "deals", "_at", "_weight", "_row")
    lined = union([part.select(*columns) for part in (deals, reasons, without)]).with_columns(_down=-nw.col("_at"))
    summed = lined.with_columns(
        _upto=nw.col("_weight").cum_sum().over(*keys, order_by=["_down", "_row"]),
        lost_deals=nw.col("_weight").sum().over(*keys),
    )
    unknown_deals = nw.when(nw.col("_reason").is_null() & (nw.col("_row") == 1)).then(nw.col("deals")).otherwise(0)
    beside = summed.with_columns(_unknown=unknown_deals)
    return beside.with_columns(_unknown=nw.col("_unknown").max().over(*keys)).filter(nw.col("_row") == 1)


def _finish(pareto: Frame, opened: Deals) -> Frame:
    shown = [nw.col(helper).alias(name) for name, helper in opened.labels.items()]
    counted = pareto.with_columns(whole("deals", "lost_deals", "_upto", "_unknown"))
    result = counted.select(
        *shown,
        nw.col("_reason").alias("reason"),
        "deals",
        "lost_deals",
        ratio("deals", "lost_deals").alias("share"),
        ratio("_upto", "lost_deals").alias("cumulative_share"),
        ratio("_unknown", "lost_deals").alias("unknown_share"),
    )
    return nw.maybe_reset_index(result)
