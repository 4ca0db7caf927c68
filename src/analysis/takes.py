"""What a metric takes: which tables, and how much of them, so that a workspace can hand it the cheapest right form."""

from collections.abc import Callable, Collection, Iterable, Mapping
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


@dataclass(frozen=True)
class OverLog:
    """Hangs on a metric as `metric.over_log`: the same metric over a log sorted by person and time, its only table.

    Attributes:
        columns: from the call's arguments to the columns of `activity` that it reads besides `user_id`,
            `occurred_at` and `activity`.
        answer: takes the sorted log (`funnel_sorted.Log`) in place of the table.
    """

    columns: Callable[[Mapping[str, Any]], frozenset[str]]
    answer: Callable[..., Any]
    _metric: Callable[..., Any]

    def read(self, *args: object, **options: object) -> frozenset[str]:
        """The columns that the call `metric(<table>, *args, **options)` reads."""
        call = signature(self._metric).bind(None, *args, **options)
        call.apply_defaults()
        return self.columns(call.arguments)


@dataclass(frozen=True)
class OverOrders:
    """Hangs on a metric as `metric.over_orders`: the same metric over order lines sorted by customer, once for all.

    Attributes:
        answer: takes the sorted lines (`order_arrays.Orders`), a function that makes a table of the engine out of an
            Arrow table, then the call's arguments without the tables; None where it does not cover the call.
    """

    answer: Callable[..., Any]


@dataclass(frozen=True)
class OverCases:
    """Hangs on a metric as `metric.over_cases`: the same metric over cases whose entries are in order, once for all.

    Attributes:
        arrange: takes every list of cases, the steps, `as_of` and `blank`, and puts the entries in order
            (`case_arrays.Cases`); None where arrays do not cover them.
        answer: takes these, then the call's options besides `as_of` and `blank`; None where it does not cover the call.
    """

    arrange: Callable[..., Any]
    answer: Callable[..., Any]


@dataclass(frozen=True)
class Kept:
    """What one call wants of a table that is put in order once for many calls.

    Attributes:
        key: every choice on which the order and the rows depend, as one text.
        reads: what else is read of the rows; more than this does no harm.
        arrange: takes the table and what is read, and puts the rows in order; None of a table too large to keep.
    """

    key: str
    reads: frozenset[tuple[str, str]]
    arrange: Callable[[Any, frozenset[tuple[str, str]]], Any]


@dataclass(frozen=True)
class OverKept:
    """Hangs on a metric as `metric.over_kept`: the same metric over its only table as a workspace keeps it in order.

    Attributes:
        answer: takes what `Kept.arrange` makes in place of the table.
    """

    answer: Callable[..., Any]
    _metric: Callable[..., Any]
    _kept: Callable[[Mapping[str, Any]], Kept]

    def kept(self, *args: object, **options: object) -> Kept:
        """What the call `metric(<table>, *args, **options)` wants."""
        call = signature(self._metric).bind(None, *args, **options)
        call.apply_defaults()
        return self._kept(call.arguments)


def over_kept(
    kept: Callable[[Mapping[str, Any]], Kept], answer: Callable[..., Any] | None = None
) -> Callable[[Metric], Metric]:
    """Writes `metric.over_kept`; without an `answer` the metric itself takes what is kept in place of its table."""

    def mark(metric: Metric) -> Metric:
        metric.over_kept = OverKept(answer or metric, metric, kept)  # type: ignore[attr-defined]
        return metric

    return mark


def over_cases(arrange: Callable[..., Any], answer: Callable[..., Any]) -> Callable[[Metric], Metric]:
    """Writes `metric.over_cases`."""

    def mark(metric: Metric) -> Metric:
        metric.over_cases = OverCases(arrange, answer)  # type: ignore[attr-defined]
        return metric

    return mark


def over_orders(answer: Callable[..., Any]) -> Callable[[Metric], Metric]:
    """Writes `metric.over_orders`."""

    def mark(metric: Metric) -> Metric:
        metric.over_orders = OverOrders(answer)  # type: ignore[attr-defined]
        return metric

    return mark


def over_log(
    answer: Callable[..., Any], *, columns: Callable[[Mapping[str, Any]], frozenset[str]]
) -> Callable[[Metric], Metric]:
    """Writes `metric.over_log`."""

    def mark(metric: Metric) -> Metric:
        metric.over_log = OverLog(columns, answer, metric)  # type: ignore[attr-defined]
        return metric

    return mark


def over_lists(*kinds: str) -> Callable[[Metric], Metric]:
    """Writes `metric.over_lists`: of these kinds it takes every list, with its day in `roster_as_of`.

    Args:
        kinds: of table, each a list as of a day.
    """

    def mark(metric: Metric) -> Metric:
        metric.over_lists = frozenset(kinds)  # type: ignore[attr-defined]
        return metric

    return mark


@dataclass(frozen=True)
class WithTables:
    """Hangs on a metric as `metric.with_tables`: which kinds a call wants as its keyword `tables`, kind -> frame."""

    _metric: Callable[..., Any]
    _named: Callable[[Mapping[str, Any]], Iterable[str]]

    def kinds(self, leading: int, *args: object, **options: object) -> list[str]:
        """The kinds that the call `metric(<leading tables>, *args, **options)` wants, each once, in order."""
        call = signature(self._metric).bind(*(None for _ in range(leading)), *args, **options)
        call.apply_defaults()
        return list(dict.fromkeys(self._named(call.arguments)))


def with_tables(named: Callable[[Mapping[str, Any]], Iterable[str]]) -> Callable[[Metric], Metric]:
    """Writes `metric.with_tables`: a workspace hands over the named tables that it has, as `tables={kind: frame}`.

    Args:
        named: from the call's arguments to kinds of table.
    """

    def mark(metric: Metric) -> Metric:
        metric.with_tables = WithTables(metric, named)  # type: ignore[attr-defined]
        return metric

    return mark
