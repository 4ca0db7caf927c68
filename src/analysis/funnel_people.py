"""The people behind every bar of a funnel: who reached a step, who waits before it, who is lost."""

from collections.abc import Iterable, Mapping
from datetime import date

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrameT

from analysis.errors import ChoiceError
from analysis.frames import moment
from analysis.funnel import Journeys, journeys
from analysis.funnel_arrays import FunnelArrays
from analysis.funnel_steps import STATES, Step, Within, blank, check_position, columns_read
from analysis.period import Period
from analysis.takes import over_log


@over_log(lambda log, *args, **options: FunnelArrays(log).people(*args, **options), columns=columns_read)
def funnel_people(
    activity: IntoFrameT,
    steps: Iterable[str | Step],
    *,
    position: int,
    state: str,
    group: Mapping[str, object] | None = None,
    period: Period | None = None,
    within: Within = None,
    order: str = "in_order",
    as_of: date | None = None,
) -> IntoFrameT:
    """The people behind a number of `funnel`; as many as it says.

    Args:
        activity, steps, period, within, order, as_of: see `funnel`.
        position: of the step, from 1.
        state: `reached`, `waiting` (some attempt could still make it) or `lost`.
        group: a dimension and its value each (None: blank), for the people of one row of `funnel(…, by=…)`.

    Returns:
        One row a person, unsorted: `user_id`; of the attempt that reaches furthest `entered_at`, `furthest` (the
        last position it reached), `reached_at` (when it reached this step; null: it did not);
        `waits_until` (the last moment at which one who waits can still make it; null: no window, or no waiting).

    Raises:
        ChoiceError: no such position or state; and what `funnel` raises.
    """
    group = group or {}
    found = journeys(activity, steps, period=period, within=within, by=list(group), order=order, as_of=as_of)
    check_position(found.plan, position)
    chosen = found.frame.filter(_in_state(position, state))
    for name, helper in found.labels.items():
        chosen = chosen.filter(_is(helper, blank(group[name])))
    listed = chosen.select(
        "user_id",
        entered_at=nw.col("_t1"),
        furthest=nw.col("_far").cast(nw.Int64),
        reached_at=nw.col(f"_t{position}"),
        waits_until=_waits_until(found, position),
    )
    return nw.maybe_reset_index(listed).to_native()


def _in_state(position: int, state: str) -> nw.Expr:
    reached, waiting = nw.col(f"_r{position}") == 1, nw.col(f"_w{position}") == 1
    states = {"reached": reached, "waiting": waiting, "lost": ~reached & ~waiting}
    if state not in states:
        raise ChoiceError("state", state, STATES)
    return states[state]


def _is(helper: str, value: object) -> nw.Expr:
    """True where the dimension holds the value."""
    if value is None:
        return nw.col(helper).is_null()
    return nw.col(helper) == (moment(value) if isinstance(value, date) else value)


def _waits_until(found: Journeys, position: int) -> nw.Expr:
    none = nw.lit(None, dtype=nw.Datetime("us"))
    if found.plan.within is None or position == 1:
        return none
    return nw.when(nw.col(f"_w{position}") == 1).then(nw.col(f"_open{position}") + found.plan.within)
