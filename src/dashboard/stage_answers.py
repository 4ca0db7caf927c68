"""Everything that the page of the stages asks a workspace; each answer is remembered."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.errors import AnalysisError
from analysis.stage_definitions import Stages, standard_stages
from analysis.stage_movement import stage_movement, stage_movers, stage_moves
from analysis.stage_people import stage_people
from analysis.stage_verdicts import stage_verdicts
from analysis.stages import stages, stages_with_total
from dashboard.view import View

SETTING = "stages"


class StageAnswers(View):
    """The numbers of one run of the page."""

    @cached_property
    def definitions(self) -> Stages:
        """As the workspace keeps them; the usual three where it keeps none, or none that can be read."""
        written = self.page.ws.setting(SETTING, "")
        try:
            return Stages.from_json(written) if written else standard_stages(self.page.lang)
        except AnalysisError:
            return standard_stages(self.page.lang)

    @property
    def by(self) -> list[str]:
        """The first dimension, if any is chosen."""
        return list(self.choices.rows[:1])

    @cached_property
    def counted(self) -> pd.DataFrame:
        if not self.by:
            return self._of_stages(stages).assign(level=1)
        return self._of_stages(stages_with_total, by=self.by)

    @property
    def total(self) -> pd.DataFrame:
        """A row a stage for everybody, in order."""
        return self.counted[self.counted["level"] == 1].sort_values("position", ignore_index=True)

    @property
    def parts(self) -> pd.DataFrame:
        return self.counted[self.counted["level"] == 0]

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        return self._of_stages(stage_verdicts, by=self.by)

    @cached_property
    def moves(self) -> dict[str, Any]:
        return self._of_stages(stage_moves).iloc[0].to_dict()

    @cached_property
    def matrix(self) -> pd.DataFrame:
        return self._of_stages(stage_movement)

    def people(self, stage: str, state: str) -> pd.DataFrame:
        return self._of_stages(stage_people, stage=stage, state=state)

    def movers(self, cell: tuple[int | None, int | None]) -> pd.DataFrame:
        return self._of_stages(stage_movers, cell=cell)

    def _of_stages(self, metric: Any, **options: Any) -> pd.DataFrame:
        return self.ask(metric, self.choices.period, self.definitions.to_json(), **options)


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a row as Python's own, missing ones as None."""
    return {name: None if pd.isna(value) else value for name, value in row.items()}
