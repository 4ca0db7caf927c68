"""How one call of a metric is answered: over events, over days of use, or over arrays."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from inspect import Parameter, signature
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa

from analysis.tables import KINDS
from analysis.takes import Needs, Takes
from analysis.usage import Source, Usage
from analysis.workspace.imports import Import
from analysis.workspace.reader import Reader, day_of
from analysis.workspace.rosters import Rosters

SLOTS = 100_000_000  # more ids times activities than this, and events are cheaper than arrays


class Call:
    """A metric, its arguments, and the tables of one reader.

    The metric says in `metric.takes` which tables it wants and what it looks at; without it, its leading
    parameters that are named like a kind of table are its tables, and it gets them as they are.
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
        return self.metric(*map(self._table, self._kinds()), *self.args, **self.options)

    def days(self, usage: Usage) -> Any | None:
        """Over the days of use in place of the events; None where times of day or other columns of the log matter."""
        if not self.needs or not self.whole_days or self._slots(usage, self.needs) > SLOTS:
            return None
        table = self.reader.cursor.from_arrow(self._pieces(usage, self.needs))
        tables = [table if kind == "activity" else self._table(kind) for kind in self._kinds()]
        return self.metric(*tables, *self.args, **self.options)

    def arrays(self, usage: Usage, rosters: Rosters) -> pd.DataFrame | None:
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
        )
        return fast(source, *self.args, **self.options)

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

    def _table(self, kind: str) -> duckdb.DuckDBPyRelation:
        if not KINDS[kind].snapshot:
            return self.reader.table(kind)
        if self.needs is None or kind != "users":
            return self.reader.table(kind)
        return self.reader.table(kind, as_of=self.needs.roster, history=self.needs.roster is None)


def tables_of(metric: Callable[..., Any]) -> list[str]:
    """The leading parameters of a metric that are named like a kind of table."""
    found = []
    for name, parameter in signature(metric).parameters.items():
        if name not in KINDS or parameter.kind is Parameter.KEYWORD_ONLY:
            break
        found.append(name)
    return found


def last_day(imports: Sequence[Import]) -> date | None:
    """The day of the last event; None without any."""
    return max((each.last.date() for each in imports if isinstance(each.last, datetime)), default=None)
