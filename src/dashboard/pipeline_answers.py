"""Everything that the page of the pipeline asks, and under which choices."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.aims import Aims
from analysis.business_days import BusinessDays
from analysis.deal_people import pipeline_deals
from analysis.deals import MONTHS
from analysis.errors import AnalysisError
from analysis.loss_reasons import loss_reasons
from analysis.period import step
from analysis.phase_dates import phase_dates
from analysis.phase_plan import PhasePlan
from analysis.phases import LOST, OPEN, WON
from analysis.pipeline import open_ages, outcomes, pipeline
from analysis.stalled_deals import stalled_deals
from analysis.win_rate import aimed_share, win_rate
from dashboard import figures, filters, workdays
from dashboard.records import Records

PHASES, AIMS = "phases", "aimed_shares"
TIMES = (1, 2, 3)  # how many times what is usual makes a deal one to call


@dataclass(frozen=True)
class Deals(Records):
    """The choices of one run of the page, and its questions.

    Attributes:
        days: of the calendar, or of the office.
        several: how a cell with several reasons counts, see `loss_reasons`.
    """

    days: str | BusinessDays = field(kw_only=True)
    several: str = field(kw_only=True)

    @cached_property
    def columns(self) -> set[str]:
        """Roles and headers that the lists have."""
        with self.page.ws.read() as reader:
            return {*reader.columns("deals")}

    @cached_property
    def kept(self) -> PhasePlan | None:
        """What the phases mean as the workspace keeps it; None where it keeps nothing that can be read."""
        written = self.page.ws.setting(PHASES, "")
        try:
            return PhasePlan.from_json(written) if written else None
        except AnalysisError:
            return None

    @cached_property
    def meanings(self) -> pd.DataFrame:
        """`phase`, `outcome`, `deals`: every phase of the list, by what is kept, else by its words."""
        asked = {"won": list(self.kept.won), "lost": list(self.kept.lost)} if self.kept else {}
        return self.page.run(outcomes, as_of=self.as_of, **asked)

    @cached_property
    def found(self) -> list[str]:
        """The phases of the list that are no blank."""
        return sorted(str(each) for each in self.meanings["phase"].dropna())

    @property
    def left_out(self) -> list[str]:
        """Open phases that the kept order does not have, so that it does not hold."""
        return self.kept.left_out(self.found) if self.kept else []

    @cached_property
    def phases(self) -> dict[str, Any]:
        """`phases`, `won` and `lost` as the metrics take them."""
        return self.kept.asked(self.found) if self.kept else {"phases": None, "won": None, "lost": None}

    @property
    def outcome(self) -> dict[str, Any]:
        """Which phases mean won and lost."""
        return {name: self.phases[name] for name in (WON, LOST)}

    @cached_property
    def dates(self) -> dict[str, str] | None:
        """Phase -> its column of dates."""
        asked = {"phases": self.phases["phases"], **self.outcome, "as_of": self.as_of}
        return phase_dates(self.page.run, self.mapping, **asked)

    @property
    def path(self) -> dict[str, Any]:
        """Everything that says how far a deal has come, and how long it took."""
        return {**self.phases, "dates": self.dates, "days": self.days}

    @cached_property
    def stand(self) -> pd.DataFrame:
        """A row a phase, in order; those without a place at the end."""
        found = self.ask(pipeline, **self.path)
        last = [(OPEN, WON, LOST).index(each) for each in found["outcome"]]
        blank = found["phase"].isna()
        ordered = found.assign(_blank=blank, _last=last).sort_values(
            ["_blank", "position", "_last", "phase"], na_position="last", ignore_index=True
        )
        return ordered.drop(columns=["_blank", "_last"])

    @property
    def placed(self) -> pd.DataFrame:
        """The phases that have a place in an order."""
        return self.stand.dropna(subset=["position"])

    @cached_property
    def whole(self) -> dict[str, Any]:
        """Won, lost and open of all, with the rate."""
        found: dict[str, Any] = self.ask(win_rate, **self.outcome, days=self.days).to_dict("records")[0]
        return found

    @property
    def total(self) -> int:
        return int(self.whole["closed"] + self.whole["open"])

    @property
    def open_amount(self) -> float | None:
        """What stands in the open deals; None where the list has no amounts."""
        amounts = self.stand.loc[self.stand["outcome"] == OPEN, "amount"]
        return None if "amount" not in self.columns else float(amounts.sum())

    @property
    def without_amount(self) -> int:
        return int(self.stand.loc[self.stand["outcome"] == OPEN, "no_amount"].sum())

    @property
    def dimensions(self) -> list[str]:
        """What deals can be told apart by: columns of the list, and months."""
        return [*(each.code for each in self.known), *(name for name, of in MONTHS.items() if of in self.columns)]

    def rates(self, by: str) -> pd.DataFrame:
        """A row a value: by the lower end of the rate with regard to its numbers, those without a closed deal last."""
        found = self.ask(win_rate, by=[by], **self.outcome, days=self.days)
        return found.sort_values(["rank", "open", by], ascending=[True, False, True], ignore_index=True)

    @cached_property
    def ages(self) -> pd.DataFrame:
        """A row a band of age, the youngest first, of unknown age last."""
        found = self.ask(open_ages, **self.outcome, days=self.days)
        return found.assign(_last=found["band"] == 0).sort_values(["_last", "band"], ignore_index=True)

    @cached_property
    def stalled(self) -> pd.DataFrame:
        """Every open deal beside what is usual, the longest over it first."""
        found = self.ask(stalled_deals, **self.path)
        return found.sort_values(["days_over", "deal_id"], ascending=[False, True], ignore_index=True)

    def beyond(self, times: int) -> pd.DataFrame:
        """The open deals that have not moved for longer than so many times what is usual."""
        return self.stalled[self.stalled["days_here"] > times * self.stalled["usual_days"]].reset_index(drop=True)

    @cached_property
    def usual(self) -> pd.DataFrame:
        """`phase`, `usual_days`, `usual_deals`, `usual_from`: what is usual in each phase in which deals stand."""
        columns = ["phase", "usual_days", "usual_deals", "usual_from"]
        place = {phase: i for i, phase in enumerate(self.stand["phase"])}
        once = self.stalled[columns].drop_duplicates("phase").dropna(subset=["usual_days"])
        return once.assign(_at=once["phase"].map(place)).sort_values("_at").drop(columns="_at")

    @cached_property
    def reasons(self) -> pd.DataFrame:
        """A row a reason, the most frequent first, those without one last."""
        found = self.ask(loss_reasons, **self.outcome, several=self.several)
        return found.assign(_none=found["reason"].isna()).sort_values(
            ["_none", "deals", "reason"], ascending=[True, False, True], ignore_index=True
        )

    @cached_property
    def aims(self) -> Aims | None:
        """Whom was aimed at, as the workspace keeps it; None without, or where a column is not shown now."""
        written = self.page.ws.setting(AIMS, "")
        try:
            aims = Aims.from_json(written) if written else None
        except AnalysisError:
            return None
        known = {each.code for each in self.known}
        return aims if aims and aims.aims and {*aims.columns} <= known else None

    def aimed(self, aims: Aims) -> pd.DataFrame:
        """A row an aim, in their order."""
        found = self.ask(aimed_share, aims.segments(), **self.outcome)
        return found.sort_values("segment", ignore_index=True)

    def deals(self, state: str, where: dict[str, Any] | None = None, **more: Any) -> pd.DataFrame:
        """The deals behind a number, the largest first."""
        options = {"where": where or self.where, "state": state, **self.path, **more}
        found = self.ask(pipeline_deals, **options)
        by = ["amount"] if "amount" in found else []
        ascending = [False] * len(by) + [True]
        return found.sort_values([*by, "deal_id"], ascending=ascending, ignore_index=True)

    def of_band(self, start: float | None, end: float | None) -> pd.DataFrame:
        """The open deals of a band of age; without a start those whose age is not known."""
        found = self.deals("open")
        days = found["days"].astype(float)
        if figures.is_missing(start):
            return found[days.isna()].reset_index(drop=True)
        below = True if figures.is_missing(end) else days < end
        return found[(days >= start) & below].sort_values(
            ["days", "deal_id"], ascending=[False, True], ignore_index=True
        )

    def of_value(self, by: str, value: Any) -> dict[str, Any] | None:
        """The filters and this value of a dimension (None: blank); a month by the days it has."""
        if by not in MONTHS or by in self.labels:
            return self.narrowed(**{by: value})
        column = MONTHS[by]
        if value is None:
            return self.narrowed(**{column: None})
        first = value.date() if isinstance(value, pd.Timestamp) else date.fromisoformat(str(value)[:10])
        bounds = [
            {"column": column, "at_least": first.isoformat()},
            {"column": column, "below": step(first, "month").isoformat()},
        ]
        return filters.rule(self.chosen, bounds)

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page = self.page
        as_of, _, filtered = super().conditions()
        said = [(page.t(f"pipeline.means_{name}"), self._named(name)) for name in (OPEN, WON, LOST)]
        reasons = (page.t("pipeline.several"), page.t(f"pipeline.several_{self.several}"))
        return [*said, workdays.words(page, self.days), reasons, as_of, filtered]

    def _named(self, outcome: str) -> str:
        phases = self.stand.loc[self.stand["outcome"] == outcome, "phase"]
        words = [self.page.t("pickers.blank") if figures.is_missing(phase) else str(phase) for phase in phases]
        return self.page.t("pickers.dot").join(words)
