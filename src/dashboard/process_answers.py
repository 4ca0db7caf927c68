"""Everything that the page of the process asks, and under which choices."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.business_days import BusinessDays
from analysis.case_lists import (
    case_checks_of_lists,
    case_entries_of_lists,
    case_totals_of_lists,
    cases_in_state_of_lists,
    step_cases_of_lists,
    step_times_of_lists,
    steps_of_lists,
    waiting_of_lists,
)
from analysis.cases import START_MONTH
from analysis.errors import AnalysisError
from analysis.process_plan import SIDES, Plan, proposed
from dashboard import workdays
from dashboard.records import Records

SETTING = "process"
BY_STEP = "-steps"  # whose turn it is follows from the step, not from a column


@dataclass(frozen=True)
class Process(Records):
    """The choices of one run of the page, and its questions.

    Attributes:
        days: of the calendar, or of the office.
        blank: what a missing date before a later one means.
        ball: a column that says whose turn it is, or `BY_STEP`.
    """

    days: str | BusinessDays = field(kw_only=True)
    blank: str = field(kw_only=True)
    ball: str = field(kw_only=True)

    @cached_property
    def kept(self) -> Plan | None:
        """The plan as the workspace keeps it; None where it keeps none that can be read."""
        written = self.page.ws.setting(SETTING, "")
        try:
            return Plan.from_json(written) if written else None
        except AnalysisError:
            return None

    @property
    def is_wide(self) -> bool:
        """Whether the list has a date per step."""
        return bool(self.mapping.steps)

    @cached_property
    def known_steps(self) -> tuple[str, ...]:
        """The steps of the list: its columns in their order, else those that cases have been in, as a proposal."""
        if self.is_wide:
            return self.mapping.steps
        return proposed(self.page.run(steps_of_lists, as_of=self.as_of).to_dict("records"))

    @cached_property
    def plan(self) -> Plan | None:
        """The order that counts: as it was given, or as the file has its columns; None: nobody has given it yet."""
        if self.kept and set(self.kept.steps) & {*self.known_steps}:
            return self.kept
        return Plan(self.known_steps) if self.is_wide else None

    @property
    def unlisted(self) -> list[str]:
        """Steps that cases have been in and that have no place in the order."""
        return [step for step in self.known_steps if self.plan is None or step not in self.plan.steps]

    @property
    def absent(self) -> list[str]:
        """Steps of the order that no case has been in."""
        return [step for step in self.plan.steps if step not in self.known_steps] if self.plan else []

    @property
    def _counted(self) -> dict[str, Any]:
        assert self.plan is not None, "the page stops without an order"
        return self.plan.among(self.known_steps)

    @property
    def steps(self) -> list[str]:
        """The steps that are counted, in order."""
        return list(self._counted["steps"])

    @property
    def sides(self) -> Mapping[str, str] | str:
        """Step -> side, or the column that says it."""
        return self._counted["sides"] if self.ball == BY_STEP else self.ball

    def of_cases(self, metric: Any, **options: Any) -> pd.DataFrame:
        """The metric with everything that all of the family share."""
        counted = self._counted
        shared = {"ends": counted["ends"], "days": self.days, "blank": self.blank}
        return self.ask(metric, counted["steps"], **shared, **options)

    @cached_property
    def times(self) -> pd.DataFrame:
        """A row a step, in order."""
        return self.of_cases(step_times_of_lists).sort_values("position", ignore_index=True)

    def times_by(self, dimension: str) -> pd.DataFrame:
        """A row a value of the dimension and step."""
        return self.of_cases(step_times_of_lists, by=[dimension])

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Every case once."""
        found: dict[str, Any] = self.of_cases(case_totals_of_lists).to_dict("records")[0]
        return found

    @cached_property
    def waits(self) -> pd.DataFrame:
        """A row a side that has to act, those of our own words first, then by how many wait; blank last."""
        found = self.of_cases(waiting_of_lists, sides=self.sides)
        place = {side: i for i, side in enumerate(SIDES)} if self.ball == BY_STEP else {}
        order = found.assign(
            _blank=found["side"].isna(), _at=[place.get(side, len(place)) for side in found["side"]]
        ).sort_values(["_blank", "_at", "waiting_now", "side"], ascending=[True, True, False, True])
        return order.drop(columns=["_blank", "_at"]).reset_index(drop=True)

    @cached_property
    def parts(self) -> pd.DataFrame:
        """`step`, `side`, `waiting_now`: who has to act for the cases that wait in each step."""
        if self.ball != BY_STEP:
            found = self.times_by(self.ball)
            return found.assign(side=found[self.ball])[["step", "side", "waiting_now"]]
        sides = self._counted["sides"]
        return self.times.assign(side=[sides.get(step) for step in self.times["step"]])[["step", "side", "waiting_now"]]

    @cached_property
    def checks(self) -> dict[str, Any]:
        """What of the whole table stands where, whatever is filtered."""
        found = self.page.run(case_checks_of_lists, self.steps, as_of=self.as_of, blank=self.blank)
        counted: dict[str, Any] = found.to_dict("records")[0]
        return counted

    def cases(self, state: str, **more: Any) -> pd.DataFrame:
        """The cases behind a number of the whole: those that have waited longest first."""
        found = self.of_cases(cases_in_state_of_lists, state=state, **more)
        return found.sort_values(["waiting_days", "case_id"], ascending=[False, True], ignore_index=True)

    def waiting_on(self, side: str | None) -> pd.DataFrame:
        """The cases that wait for one side."""
        return self.cases("waiting", sides=self.sides, side=side)

    def of_step(self, step: str, state: str, group: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The cases behind a number of one step."""
        more = {"group": dict(group)} if group else {}
        found = self.of_cases(step_cases_of_lists, step=step, state=state, **more)
        by = "waiting_days" if state == "waiting_now" else "days"
        return found.sort_values([by, "case_id"], ascending=[False, True], ignore_index=True)

    def of_note(self, state: str) -> pd.DataFrame:
        """The cases behind a count of `times` over all steps: a row a case and step."""
        counted = self.times[self.times[state] > 0]
        return pd.concat([self.of_step(step, state).assign(step=step) for step in counted["step"]], ignore_index=True)

    @property
    def whole(self) -> "Process":
        """The same without filters: what `checks` is about."""
        return replace(self, chosen={})

    def entries(self, state: str) -> pd.DataFrame:
        """The entries behind a count of `checks`."""
        found = self.page.run(case_entries_of_lists, self.steps, state=state, as_of=self.as_of, blank=self.blank)
        return found.sort_values(["case_id", "entered_at"], ignore_index=True)

    @property
    def dimensions(self) -> list[str]:
        """What cases can be told apart by: the columns of the list, and the month in which they started."""
        return [*(each.code for each in self.known if each.code != self.ball), START_MONTH]

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page, plan = self.page, self.plan
        as_of, _, filtered = super().conditions()
        steps = page.t("process.arrow").join(plan.steps) if plan else ""
        ends = page.t("pickers.dot").join(plan.finals) if plan else ""
        blank = [(page.t("process.blank"), page.t(f"process.blank_{self.blank}"))] if self.is_wide else []
        order = [(page.t("process.order"), steps), (page.t("process.ends"), ends)]
        return [*order, workdays.words(page, self.days), *blank, as_of, filtered]
