"""Everything that the page of the active rate asks a workspace, and in which order; each answer is remembered."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.active_rate import active_rate, active_rate_pivot
from analysis.busiest import busiest
from analysis.movement import mix_effect, movement
from analysis.people import id_equation, overlap, people
from analysis.period import Period
from analysis.trend import active_rate_trend
from dashboard import figures, filters, periods, trends
from dashboard.grid import Cell, Grid, Key, lay_out
from dashboard.headline import Headline
from dashboard.view import View


class Answers(View):
    """The numbers of one run of the page; each is asked for where it is first needed."""

    @cached_property
    def pivot(self) -> pd.DataFrame:
        across = [self.choices.column] if self.choices.column else []
        return self.ask(active_rate_pivot, self.choices.period, rows=list(self.choices.rows), columns=across)

    @cached_property
    def grid(self) -> Grid:
        return lay_out(self.pivot, self.choices.rows, self.choices.column)

    @property
    def total(self) -> Cell | None:
        return self.grid.total

    @cached_property
    def movement(self) -> dict[str, Any] | None:
        """Who began and who stopped, with the rate before; None where the periods cannot be compared."""
        return _only(self.ask(movement, self.choices.period)) if self.compared else None

    @cached_property
    def mix(self) -> dict[str, Any] | None:
        """The change, split by the first dimension of users that tells anybody apart; None where there is none."""
        shown = [*self.choices.rows, *([self.choices.column] if self.choices.column else [])]
        own = [c for c in shown if self.is_of_users(c) and len(self.choices.chosen.get(c, ())) != 1][:1]
        return _only(self.ask(mix_effect, self.choices.period, by=own)) if own and self.compared else None

    @cached_property
    def equation(self) -> dict[str, Any]:
        return _only(self.ask(id_equation, self.choices.period))

    def never(self, more: Sequence[Mapping[str, Any]] = ()) -> int:
        """Valid users without any use in the history up to the end of the period."""
        where = filters.rule(self.choices.chosen, more)
        period = self.choices.period
        if self.choices.counting.valid != "end":
            return len(self.ask(people, period, state="never", where=where))
        # Counted, not listed: whoever is valid on the last day and never active since the data begins.
        history = Period(min(self.first, period.start), period.end)
        found = _only(self.ask(active_rate, history, where=where))
        return int(found["valid_users"] - found["active_users"])

    @cached_property
    def before(self) -> Cell | None:
        """The total of the period before, on its own roster; None where the data does not hold all of it."""
        before = self.previous
        if before.is_partial(self.as_of) or not periods.covered(before, self.first):
            return None
        return _cell(_only(self.ask(active_rate, before)))

    def trend(self, by: str | None) -> tuple[pd.DataFrame, str, Period] | None:
        """The rates of the buckets around the period, which buckets, and their span."""
        every = trends.bucket(self.choices.period)
        span = trends.around(self.choices.period, every, self.first, self.as_of, self.choices.fiscal_start)
        if span is None:
            return None
        options = {"by": [by] if by else [], "every": every, "fiscal_start": self.choices.fiscal_start}
        return self.ask(active_rate_trend, span, **options), every, span

    @cached_property
    def overlap(self) -> int:
        """Active users who stand in more than one part; 0 where parts cannot overlap."""
        across = [self.choices.column] if self.choices.column else []
        shared = [code for code in [*self.choices.rows, *across] if not self.is_of_users(code)]
        return len(self.ask(overlap, self.choices.period, shared)) if shared else 0

    def busiest(self) -> dict[str, Any]:
        return _only(self.ask(busiest, self.choices.period))

    def headline(self) -> Headline:
        """The numbers on top of the page."""
        assert self.total is not None
        return Headline(
            total=self.total,
            partial=self.partial,
            before=self.before.rate if self.before and self.compared else None,
            why_not=self.why_not(),
            goal=self.choices.counting.goal,
            complete=(self.previous, self.before) if self.partial and self.before else None,
            never=self.never(),
            ids=int(self.equation["ids_in_log"]),
            invalid=int(self.equation["invalid"]),
            outside=int(self.equation["outside"]),
            narrowed=self.narrowed,
            valid=self.choices.counting.valid,
        )

    def why_not(self) -> str:
        """Why there is no change beside the rate."""
        if self.compared:
            return ""
        span = figures.span(self.previous, self.page.lang)
        key = "active_rate.no_change_partial" if self.partial else "active_rate.no_change_data"
        return self.page.t(key, span=span, first=figures.day(self.first, self.page.lang))

    def of_cell(self, line: Key, column: Key) -> list[dict[str, Any]]:
        """The conditions that make up a cell, for its list of people."""
        named = [*zip(self.choices.rows, line, strict=False), *([(self.choices.column, column[0])] if column else [])]
        return [{"column": code, "in": [value]} for code, value in named]


def _only(frame: pd.DataFrame) -> dict[str, Any]:
    return frame.iloc[0].to_dict()


def _cell(row: Mapping[str, Any]) -> Cell:
    return Cell(
        int(row["valid_users"]), int(row["active_users"]), row["active_rate"], row["rate_low"], row["rate_high"]
    )
