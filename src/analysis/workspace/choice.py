"""How one call of a metric is answered: over events, over days of use, over arrays, or over the sorted log."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from inspect import Parameter, signature
from typing import Any

import duckdb
import narwhals.stable.v2 as nw
import pyarrow as pa

from analysis.case_arrays import Cases
from analysis.funnel_sorted import Log
from analysis.order_arrays import Orders
from analysis.roster import beside_users
from analysis.tables import KINDS
from analysis.takes import Kept, Needs, OverCases, OverKept, OverLog, OverOrders, Takes, WithTables
from analysis.usage import Source, Usage
from analysis.workspace.imports import Import
from analysis.workspace.reader import Reader, day_of
from analysis.workspace.rosters import Rosters

SLOTS = 100_000_000  # more ids times activities than this, and events are cheaper than arrays


class Call:
    """A metric, its arguments, and the tables of one reader.

    The metric says in `metric.takes` which tables it wants and what it looks at; without it, its leading
    parameters that are named like a kind of table are its tables, and it gets them as they are. Keyword-only
    parameters of such a name that may be None are tables that it can do without: it gets those that are there.
    `metric.over_lists` names the kinds of which it wants every list, with its day. A metric that says in
    `metric.with_tables` which tables its arguments name gets those that are there as `tables={kind: frame}`.
    """

    def __init__(
        self, reader: Reader, metric: Callable[..., Any], args: Sequence[Any], options: Mapping[str, Any]
    ) -> None:
        self.reader = reader
        self.metric = metric
        self.args = args
        self.takes: Takes | None = getattr(metric, "takes", None)
        self.known = last_day(reader.imports("activity"))
        self.options = self._with_known_day(options)
        self.columns = [*reader.columns("users")]
        self.needs: Needs | None = self.takes.needs(self.columns, *args, **self.options) if self.takes else None

    def _with_known_day(self, options: Mapping[str, Any]) -> dict[str, Any]:
        """The catalogue knows the last day; a metric that is not told would look at every event for it."""
        takes_day = self.takes and "as_of" in signature(self.metric).parameters
        given = dict(options)
        if takes_day and self.known and given.get("as_of") is None:
            given["as_of"] = self.known
        return given

    def events(self) -> Any:
        """Over the tables as they are."""
        return self.metric(*map(self._table, self._kinds()), *self.args, **self._beside(), **self.options)

    def days(self, usage: Usage) -> Any | None:
        """Over the days of use in place of the events; None where times of day or other columns of the log matter."""
        if not self.needs or not self.whole_days or self._slots(usage, self.needs) > SLOTS:
            return None
        table = self.reader.cursor.from_arrow(self._pieces(usage, self.needs))
        tables = [table if kind == "activity" else self._table(kind) for kind in self._kinds()]
        return self.metric(*tables, *self.args, **self._beside(), **self.options)

    def arrays(self, usage: Usage, rosters: Rosters) -> Any | None:
        """Over arrays; None where the metric has no such form, or it does not cover this call."""
        fast = self.takes.fast if self.takes and self.whole_days else None
        imports = {day_of(each): each for each in self.reader.imports("users", history=True)}
        if fast is None or not imports:
            return None
        of_day = {day.date(): each for day, each in imports.items()}
        source = Source(
            usage=usage,
            rosters=list(imports),
            roster=lambda day: rosters.roster(imports[day], usage),
            place=lambda one, other: rosters.place(of_day[one.as_of], of_day[other.as_of]),
            columns=self.columns,
            known=self.known,
            beside=self._beside_users,
        )
        return fast(source, *self.args, **self._beside(), **self.options)

    def _beside_users(self, day: date, listed: pa.Table) -> Any:
        users = nw.from_native(self.reader.table("users", as_of=day))
        return beside_users(users, nw.from_native(self.reader.cursor.from_arrow(listed))).to_native()

    def sorted_log(self, log: Callable[[frozenset[str]], Log]) -> Any | None:
        """Over the log sorted by person and time, with the columns that the call reads; None where it has no such form.

        A metric that is about no more than the log, and asks of every row who, when and in which order.
        """
        form: OverLog | None = getattr(self.metric, "over_log", None)
        if form is None:
            return None
        return form.answer(log(form.read(*self.args, **self.options)), *self.args, **self.options)

    def sorted_orders(self, orders: Callable[[], Orders | None]) -> Any | None:
        """Over order lines sorted by customer; None where the metric has no such form, or does not cover this call."""
        form: OverOrders | None = getattr(self.metric, "over_orders", None)
        if form is None or (found := orders()) is None:
            return None
        wanted = [kind for kind in tables_beside(self.metric) if kind not in self.options]
        beside = {kind: kind for kind in self._there(wanted)}
        return form.answer(found, self.reader.cursor.from_arrow, *self.args, **beside, **self.options)

    def sorted_cases(self, kept: Callable[[OverCases, Sequence[str], date | None, str], Cases | None]) -> Any | None:
        """Over cases in order; None where the metric has no such form, or it does not cover this call."""
        form: OverCases | None = getattr(self.metric, "over_cases", None)
        if form is None or len(self.args) != 1:
            return None
        rest = dict(self.options)
        found = kept(form, self.args[0], rest.pop("as_of", None), rest.pop("blank", "skipped"))
        return form.answer(found, **rest) if found else None

    def kept(self, arrays: Callable[[Kept], Any]) -> Any | None:
        """Over what the workspace keeps in order for calls like this; None where the metric has no such form, or there
        is too much to keep."""
        form: OverKept | None = getattr(self.metric, "over_kept", None)
        if form is None or (found := arrays(form.kept(*self.args, **self.options))) is None:
            return None
        return form.answer(found, *self.args, **self.options)

    @property
    def whole_days(self) -> bool:
        """True where the days of use answer this call: no time of day, no other column of the log."""
        if not self.takes or not self.needs or not self.takes.days:
            return False
        return self.needs.columns <= {"activity"} & self.reader.columns("activity").keys()

    @staticmethod
    def _slots(usage: Usage, needs: Needs) -> int:
        return len(usage.ids) * (len(usage.kinds) if needs.columns else 1)

    @staticmethod
    def _pieces(usage: Usage, needs: Needs) -> pa.Table:
        return usage.pieces(
            needs.edges,
            days=(needs.days.start, needs.days.end) if needs.days else None,
            since=needs.since or date.min,
            until=needs.until,
            kinds=bool(needs.columns),
        )

    def _kinds(self) -> Sequence[str]:
        return self.takes.tables if self.takes else tables_of(self.metric)

    def _beside(self) -> dict[str, Any]:
        """Tables that the metric can do without, and those that its arguments name, as far as they are there."""
        there = {
            kind: self._table(kind) for kind in self._there(tables_beside(self.metric)) if kind not in self.options
        }
        named: WithTables | None = getattr(self.metric, "with_tables", None)
        if named is None or "tables" in self.options:
            return there
        kinds = self._there(named.kinds(len(self._kinds()), *self.args, **self.options))
        return {**there, "tables": {kind: self._table(kind) for kind in kinds}}

    def _there(self, kinds: Sequence[str]) -> list[str]:
        """Those of which anything is imported; a name that is no kind is none of them."""
        return [kind for kind in kinds if kind in KINDS and self.reader.imports(kind)]

    def _table(self, kind: str) -> duckdb.DuckDBPyRelation:
        if not KINDS[kind].snapshot:
            return self.reader.table(kind)
        if kind in getattr(self.metric, "over_lists", ()):
            return self.reader.table(kind, history=True)
        if self.needs is None or kind != "users":
            return self.reader.table(kind, as_of=self.options.get("as_of"))
        return self.reader.table(kind, as_of=self.needs.roster, history=self.needs.roster is None)


def tables_of(metric: Callable[..., Any]) -> list[str]:
    """The leading parameters of a metric that are named like a kind of table."""
    found = []
    for name, parameter in signature(metric).parameters.items():
        if name not in KINDS or parameter.kind is Parameter.KEYWORD_ONLY:
            break
        found.append(name)
    return found


def tables_beside(metric: Callable[..., Any]) -> list[str]:
    """The keyword-only parameters of a metric that are named like a kind of table and may be None."""
    parameters = signature(metric).parameters.items()
    return [
        name
        for name, each in parameters
        if name in KINDS and each.kind is Parameter.KEYWORD_ONLY and each.default is None
    ]


def last_day(imports: Sequence[Import]) -> date | None:
    """The day of the last event; None without any."""
    return max((each.last.date() for each in imports if isinstance(each.last, datetime)), default=None)
