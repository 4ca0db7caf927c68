"""Everything that the page of the levels asks, and under which choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.customer_base import CUSTOMER
from analysis.errors import AnalysisError, LeakageError, MissingColumnError, MomentTypeError
from analysis.level_definitions import Levels, State, leaves
from analysis.level_movement import level_movement, level_movers
from analysis.level_proposals import is_plan, propose_levels
from analysis.level_questions import ask_outcome, customer_states, held, held_columns
from analysis.level_words import describe
from analysis.levels import level_customers, level_distribution, state_counts
from analysis.tables import KINDS, NAMES
from dashboard import cache, figures
from dashboard.records import Records, masked

SETTING = "levels"  # kind that says who the customers are -> its levels, as JSON


@dataclass(frozen=True)
class LevelAnswers(Records):
    """The numbers of one run of the page; `kind` is the table that says who the customers are.

    Attributes:
        previous: the earlier day that is compared with.
        tables: the kinds whose events lead to customers.
        spans: kind of log -> its first and last day.
    """

    previous: date = field(kw_only=True)
    tables: tuple[str, ...] = field(kw_only=True)
    spans: Mapping[str, tuple[date, date]] = field(kw_only=True)

    @cached_property
    def kept(self) -> Levels | None:
        """The levels that the workspace keeps for these customers; None without any that can be read."""
        written = dict(self.page.ws.setting(SETTING, {}) or {}).get(self.kind)
        try:
            return Levels.from_json(written) if written else None
        except AnalysisError:
            return None

    @cached_property
    def proposed(self) -> Levels | None:
        """Levels to begin with; None where nothing tells of a state."""
        dated = KINDS[self.kind].dated
        return propose_levels(
            self.tables,
            lang=self.page.lang,
            planned=[name for name in (self.mapping.dates if dated else ()) if is_plan(name) and name in self.columns],
            reached=[name for name in (self.mapping.steps if dated else ()) if name in self.columns],
        )

    @property
    def definitions(self) -> Levels:
        """The levels that count."""
        found = self.kept or self.proposed
        assert found is not None, "the page stops where there is no state"
        return found

    @cached_property
    def columns(self) -> dict[str, str]:
        """Roles and headers of the table that says who the customers are -> their type."""
        with self.page.ws.read() as reader:
            table = reader.table(self.kind)
            return {name: str(kind) for name, kind in zip(table.columns, table.types, strict=True) if name != CUSTOMER}

    @property
    def name_column(self) -> str | None:
        """The column by which a reader knows a customer; None without any that is shown."""
        shown = [name for name in self.columns if name not in self.hidden]
        own = [name for name in shown if name.endswith("名") or name.casefold().endswith("name")]
        return "customer_name" if "customer_name" in shown else next(iter(own), None)

    @property
    def hidden(self) -> set[str]:
        """Columns that are not shown while names are hidden."""
        return masked(self.page, self.kind)

    def rule(self, state: State) -> str:
        """The rule of a state in words; hidden where it looks at names that are."""
        return self.page.t("app.hidden") if self.hides(state) else describe(state.rule, self.page.lang, self._called)

    def _called(self, table: str, column: str) -> str:
        """A column as the page calls it; of the customers where `table` is empty."""
        kind = table or self.kind
        return self.page.role(kind, column) if kind in KINDS and column in KINDS[kind].roles else column

    def hides(self, state: State) -> bool:
        """Whether the rule of a state looks at names that are hidden."""
        hidden = {*self.page.personal(*KINDS), *NAMES} if self.page.names_hidden else set()
        told = [leaf for each in leaves(state.rule) for leaf in (each, *leaves(each.get("where", {})))]
        return bool(hidden & {leaf.get("column", leaf.get("filled")) for leaf in told})

    def is_moment(self, column: str) -> bool:
        """Whether a column of the table that says who the customers are holds days."""
        return self.columns.get(column, "").startswith("TIMESTAMP")

    def try_out(self, levels: Levels) -> None:
        """Raises the mistake that levels make over the tables that are there."""
        for name in (state.recorded_at for state in levels if state.recorded_at):
            if name not in self.columns:
                raise MissingColumnError(self.kind, name, list(self.columns))
            if not self.is_moment(name):
                raise MomentTypeError(self.kind, name, self.columns[name])
        self._states(levels)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The customers of both days with their states as columns; see `customer_states`."""
        return self._states(self.definitions)

    def _states(self, levels: Levels) -> pd.DataFrame:
        days = [self.previous, self.as_of]
        return self.page.run(customer_states, levels.to_json(), days=days, base=self.kind)

    @property
    def flags(self) -> dict[str, str]:
        """Column of a state -> its name."""
        return dict(zip(held_columns(self.definitions), self.definitions.names, strict=True))

    @cached_property
    def total(self) -> pd.DataFrame:
        """A row a level, those below the first at the front."""
        return self._chosen(level_distribution).sort_values("level_position", ignore_index=True)

    @cached_property
    def before(self) -> pd.DataFrame:
        """The same of the earlier day."""
        return self._chosen(level_distribution, as_of=self.previous).sort_values("level_position", ignore_index=True)

    @property
    def customers(self) -> int:
        return int(self.total["of_customers"].iloc[0])

    @property
    def customers_before(self) -> int:
        return int(self.before["of_customers"].iloc[0])

    @cached_property
    def parts(self) -> pd.DataFrame:
        """The levels of every value of the dimension."""
        return self._chosen(level_distribution, by=list(self.by))

    @cached_property
    def counts(self) -> pd.DataFrame:
        """A row a state, in order."""
        return self._chosen(state_counts).sort_values("position", ignore_index=True)

    def matrix(self) -> pd.DataFrame:
        """Customers and their states, score and level: the highest first, among equals by their ids."""
        found = self._chosen(level_customers)
        return found.sort_values(
            ["level_position", "score", CUSTOMER], ascending=[False, False, True], ignore_index=True
        )

    def standing(self, customers: Sequence[str]) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Customer -> states, score and level, now and on the earlier day; of those who are listed then."""
        days = [self._of(level_customers, as_of=day) for day in (self.as_of, self.previous)]
        now, before = (
            {row[CUSTOMER]: row for row in found[found[CUSTOMER].isin(customers)].to_dict("records")} for found in days
        )
        return {code: now[code] for code in customers if code in now}, before

    def at(self, position: int | None = None, **values: Any) -> pd.DataFrame:
        """The customers who stand on a level, of a value of a dimension."""
        found = self._chosen(level_customers, position=position, where=self.narrowed(**values))
        return found.sort_values(["score", CUSTOMER], ascending=[False, True], ignore_index=True)

    def in_state(self, state: str, holds: bool) -> pd.DataFrame:
        """The customers who are in a state, or lack it."""
        found = self._chosen(level_customers, state=state, holds=holds)
        return found.sort_values(["score", CUSTOMER], ascending=[not holds, True], ignore_index=True)

    @cached_property
    def moves(self) -> pd.DataFrame:
        """The cells of the movement."""
        return self._chosen(level_movement, previous=self.previous)

    def movers(self, cell: tuple[int | None, int | None]) -> pd.DataFrame:
        """The customers of a cell of the movement."""
        return self._chosen(level_movers, previous=self.previous, cell=cell).sort_values(CUSTOMER, ignore_index=True)

    def outcome(self, outcome: Mapping[str, Any], lead_days: int) -> tuple[pd.DataFrame, list[LeakageError]]:
        """The states against an outcome, the closest first, and those that were written down too late.

        Raises:
            See `ask_outcome`; but a state that was written down too late is left out and returned.
        """
        late: list[LeakageError] = []
        while True:
            left = [each.fields["state"] for each in late]
            states = [state.as_dict() for state in self._against(outcome) if state.name not in left]
            if not states:
                return pd.DataFrame(), late
            try:
                found = self._held_against(outcome, states, lead_days)
            except LeakageError as mistake:
                late.append(mistake)
                continue
            order = found.assign(_close=found["phi"].abs()).sort_values(
                ["_close", "position"], ascending=[False, True], ignore_index=True
            )
            return order.drop(columns="_close"), late

    def outcome_customers(self, outcome: Mapping[str, Any], lead_days: int, state: str, group: str) -> pd.DataFrame:
        """The customers behind a number of `outcome`."""
        states = [each.as_dict() for each in self._against(outcome) if each.name == state]
        found = self._held_against(outcome, states, lead_days, state=state, group=group)
        return found.sort_values(CUSTOMER, ignore_index=True)

    def _held_against(
        self, outcome: Mapping[str, Any], states: Sequence[Mapping[str, Any]], lead_days: int, **more: Any
    ) -> pd.DataFrame:
        options = {"base": self.kind, "lead_days": lead_days, "listed_on": self.lists[-1] if self.lists else None}
        return self.page.run(ask_outcome, list(states), dict(outcome), where=self.where, **options, **more)

    def _against(self, outcome: Mapping[str, Any]) -> list[Any]:
        """The states that are held against an outcome: all but itself."""
        own = outcome["state"]["name"] if outcome["kind"] == "state" else None
        return [state for state in self.definitions if state.name != own]

    def check(
        self, metric: Callable[..., Any], marks: Mapping[str, Any], state: str | None, **more: Any
    ) -> pd.DataFrame:
        """`check_sheet`, `check_table` or `check_summary` of all customers, whatever the filters."""
        return self._of(metric, dict(marks), as_of=self.as_of, state=state, **more)

    def _chosen(self, metric: Callable[..., Any], **options: Any) -> pd.DataFrame:
        """A question about the customers that the filters let through, as of the day."""
        return self._of(metric, **{"as_of": self.as_of, "where": self.where, **options})

    def _of(self, metric: Callable[..., Any], *args: Any, **options: Any) -> pd.DataFrame:
        """A question about levels, asked of the states in memory and remembered."""
        of = {
            "base": self.kind,
            "levels": self.definitions.to_json(),
            "days": [self.previous, self.as_of],
            "args": args,
            "options": options,
        }
        answer = lambda: metric(self.frame, held(self.definitions), *args, **options)  # noqa: E731
        return cache.keep(self.page.ws, f"levels.{metric.__name__}", of, answer)

    @property
    def short_of_history(self) -> list[tuple[str, date]]:
        """Tables that begin after a window of the earlier day does, with their first day."""
        found = {}
        for leaf in (leaf for state in self.definitions for leaf in leaves(state.rule) if "days" in leaf):
            first = self.spans.get(leaf["events"], (date.min, date.min))[0]
            if first > self.previous - timedelta(days=leaf["days"] - 1):
                found[leaf["events"]] = first
        return list(found.items())

    def who(self) -> str:
        """Who the customers are, in one sentence."""
        return self.page.t(f"level_page.who_{self.kind}", day=figures.day(self.as_of, self.page.lang))

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words, and every state: for the sheet of definitions in a download."""
        page = self.page
        rules = [(state.name, self.rule(state)) for state in self.definitions]
        levels = [
            (level.name, page.t("level_page.from_score", score=f"{level.at_least:g}"))
            for level in self.definitions.levels
        ]
        return [*rules, *levels, (page.t("level_page.base"), self.who()), *super().conditions()]
