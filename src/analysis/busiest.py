"""Busiest ids: how much of the use a few ids hold, the sign of a shared id or of orders for others."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.frames import count_by, is_blank
from analysis.period import Period
from analysis.question import ask, needs_of, within
from analysis.rules import Rule
from analysis.takes import takes


@takes("users", "activity", days=False, needs=needs_of)
def busiest(
    users: IntoFrameT,
    activity: IntoFrameT,
    period: Period,
    *,
    top: int = 3,
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
) -> IntoFrameT:
    """How many actions of the period the `top` busiest ids hold.

    Args:
        users, activity, period, valid, activities, where, as_of: see `active_rate`.
        top: how many ids.

    Returns:
        One row: `ids` with any action, `actions`, `top_actions` (those of the `top` ids with the most).
    """
    question = ask(users, activity, period, valid=valid, activities=activities, where=where, as_of=as_of or period.end)
    rows = question.uses.filter(*within(period), ~is_blank(question.uses, "user_id"))
    each = rows.group_by("user_id").agg(_actions=nw.len())
    ranked = each.sort("_actions", "user_id", descending=[True, False])
    whole = count_by(each, (), ids=nw.len(), actions=nw.col("_actions").sum())
    first = count_by(ranked.head(top), (), top_actions=nw.col("_actions").sum())
    return whole.join(first, how="cross").to_native()
