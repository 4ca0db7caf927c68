"""Everything that the page of the stages asks a workspace; each answer is remembered."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.lifecycle import lifecycle, lifecycle_people, stickiness
from analysis.people import people
from analysis.period import Period
from analysis.retention import retention, retention_curve, retention_people
from analysis.stage_definitions import Stages, standard_stages
from analysis.stage_movement import STAGE_MOVES, stage_movement, stage_movers
from analysis.stage_people import stage_people
from analysis.stage_verdicts import stage_verdicts
from analysis.stages import stages, stages_with_total
from dashboard import stage_goals, trends
from dashboard.view import View

if TYPE_CHECKING:
    from dashboard.page import Page

SETTING = "stages"


def definitions(page: "Page") -> Stages:
    """The stages that the workspace keeps, else the usual three."""
    written = page.ws.setting(SETTING, "")
    try:
        return Stages.from_json(written) if written else standard_stages(page.lang)
    except AnalysisError:
        return standard_stages(page.lang)


class StageAnswers(View):
    """The numbers of one run of the page."""

    @cached_property
    def definitions(self) -> Stages:
        """As the workspace keeps them; the usual three where it keeps none, or none that can be read."""
        return definitions(self.page)

    @cached_property
    def targets(self) -> list[dict[str, Any]]:
        """Goals by group and period; those of the definitions count where none of them holds."""
        return stage_goals.rows(self.page, self.as_of)

    @property
    def by(self) -> list[str]:
        """The first dimension, if any is chosen."""
        return list(self.choices.rows[:1])

    @cached_property
    def counted(self) -> pd.DataFrame:
        if not self.by:
            return self._of_stages(stages, targets=self.targets).assign(level=1)
        return self._of_stages(stages_with_total, by=self.by, targets=self.targets)

    @property
    def total(self) -> pd.DataFrame:
        """A row a stage for everybody, in order."""
        return self.counted[self.counted["level"] == 1].sort_values("position", ignore_index=True)

    @property
    def parts(self) -> pd.DataFrame:
        return self.counted[self.counted["level"] == 0]

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        return self._of_stages(stage_verdicts, by=self.by, targets=self.targets)

    @property
    def moves(self) -> dict[str, int]:
        """The matrix added up, as `stage_moves` adds it."""
        users = self.matrix["users"]
        found = {move: int(users[self.matrix["move"] == move].sum()) for move in STAGE_MOVES}
        there = {"valid_before": "from_position", "valid_users": "to_position"}
        return found | {name: int(users[self.matrix[end].notna()].sum()) for name, end in there.items()}

    @cached_property
    def matrix(self) -> pd.DataFrame:
        return self._of_stages(stage_movement)

    def in_stage(self, stage: str, state: str) -> pd.DataFrame:
        return self._of_stages(stage_people, stage=stage, state=state)

    def movers(self, cell: tuple[int | None, int | None]) -> pd.DataFrame:
        return self._of_stages(stage_movers, cell=cell)

    @cached_property
    def months(self) -> Period | None:
        """About a year of whole months up to the period's end; None where the data begins after it."""
        fiscal = self.choices.fiscal_start
        return trends.around(self.choices.period, "month", self.first, self.as_of, fiscal)

    @cached_property
    def life(self) -> pd.DataFrame:
        """A row a month: who was new, came again, came back, stopped."""
        return self.ask(lifecycle, self.months, every="month").sort_values("period_start", ignore_index=True)

    @cached_property
    def often(self) -> pd.DataFrame:
        """A row a month: on how many days of it people came."""
        return self.ask(stickiness, self.months, every="month").sort_values("period_start", ignore_index=True)

    def of_month(self, month: Period, state: str) -> pd.DataFrame:
        """The people of a number of `life`; `active_users` are all who came in the month."""
        if state == "active_users":
            return self.ask(people, month, state="active")
        return self.ask(lifecycle_people, month, state=state)

    @cached_property
    def triangle(self) -> pd.DataFrame:
        """A row a month of beginning and age; whoever was valid at some time counts, or leavers would flatter it."""
        return self.ask(retention, self.months, every="month", valid="any")

    @cached_property
    def curve(self) -> pd.DataFrame:
        return self.ask(retention_curve, self.months, every="month", valid="any").sort_values("age", ignore_index=True)

    def of_cohort(self, cohort: date, age: int, state: str) -> pd.DataFrame:
        """The people of a cell of `triangle`."""
        return self.ask(retention_people, self.months, cohort=cohort, age=age, state=state, every="month", valid="any")

    def _of_stages(self, metric: Any, **options: Any) -> pd.DataFrame:
        return self.ask(metric, self.choices.period, self.definitions.to_json(), **options)


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as Python's own, missing ones as None."""
    return {name: None if pd.isna(value) else value for name, value in row.items()}
