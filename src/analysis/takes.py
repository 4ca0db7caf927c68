"""What a metric takes: which tables, and how much of them, so that a workspace can hand it the cheapest right form."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from inspect import signature
from typing import Any, TypeVar

from analysis.period import Period

Metric = TypeVar("Metric", bound=Callable[..., Any])


@dataclass(frozen=True)
class Needs:
    """What one call of a metric looks at.

    Attributes:
        roster: the day whose roster is enough, `r.table("users", as_of=roster)`; None: the call
            looks at several rosters, `r.table("users", history=True)`. A history is always right too.
        edges: days in order. Between two neighbouring edges (and before the first, and from the
            last on) the metric only asks *whether* a user was active, not how often or when: one row per user,
            `activity` and piece may stand for all events of a piece that crosses no edge, its
            `occurred_at` the last day of use in the piece. The same user and piece twice does no harm.
        days: inside this period every day of use must be a row of its own (days are counted);
            None: pieces are enough everywhere.
        since: events before this day are not looked at; None: all history.
        until: events from this day on are not looked at.
        columns: columns of `activity` that are read besides `user_id` (`activity`, dimensions, columns of
            a rule; `occurred_at` where a rule or a dimension is about the moment itself). Anything
            else but `occurred_at` may be missing.

    `since` and `until` do not hold for the default of `as_of`, the day of the last event:
    who hands over less than everything passes `as_of`.
    """

    roster: date | None
    edges: tuple[date, ...]
    days: Period | None
    since: date | None
    until: date
    columns: frozenset[str]


@dataclass(frozen=True)
class Takes:
    """Hangs on a metric as `metric.takes`.

    Attributes:
        tables: the tables it wants as first arguments, in order.
        days: True where times of day never matter: `needs` says which reduced form is right.
        fast: the same metric over arrays of days of use (`usage.Source`, then the arguments without the
            tables), None for a call that it does not cover; None: there is no such form.
    """

    tables: tuple[str, ...]
    days: bool
    _metric: Callable[..., Any]
    _rule: Callable[[Collection[str], Mapping[str, Any]], Needs]
    fast: Callable[..., Any] | None = None

    def needs(self, user_columns: Collection[str], *args: object, **options: object) -> Needs:
        """What the call `metric(<tables>, *args, **options)` looks at.

        Args:
            user_columns: columns of the users table (a dimension is theirs before it is the activity's).
            args: as the metric is called, without the tables.
            options: as the metric is called.
        """
        call = signature(self._metric).bind(*(None for _ in self.tables), *args, **options)
        call.apply_defaults()
        return self._rule(user_columns, call.arguments)


def takes(
    *tables: str,
    days: bool,
    needs: Callable[[Collection[str], Mapping[str, Any]], Needs],
    fast: Callable[..., Any] | None = None,
) -> Callable[[Metric], Metric]:
    """Writes `metric.takes`.

    Args:
        tables: the tables the metric takes, in order.
        days: True where whole days of use are enough.
        needs: from the users' columns and the call's arguments to its `Needs`.
        fast: the form over arrays, where there is one.
    """

    def mark(metric: Metric) -> Metric:
        metric.takes = Takes(tables, days, metric, needs, fast)  # type: ignore[attr-defined]
        return metric

    return mark
