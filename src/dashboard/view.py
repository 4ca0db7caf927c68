"""A page about users and what they did: the bar of choices, and every question asked under them."""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import streamlit as st

from analysis.period import Period
from dashboard import counting, dimensions, figures, filters, missing, periods, trends, url
from dashboard.counting import Counting
from dashboard.dimensions import Dimension
from dashboard.escape import md
from dashboard.filters import Chosen

if TYPE_CHECKING:
    from dashboard.page import Page


@dataclass(frozen=True)
class Choices:
    """What the reader has chosen."""

    period: Period
    rows: tuple[str, ...]
    column: str | None
    chosen: Chosen
    counting: Counting
    fiscal_start: int


@dataclass(frozen=True)
class View:
    """The choices of one run of a page; a page's own questions are asked by a subclass."""

    page: "Page"
    choices: Choices
    known: tuple[Dimension, ...]
    as_of: date
    first: date
    rosters: tuple[date, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Code of a dimension -> what it is called on screen."""
        return {each.code: each.label(self.page) for each in self.known}

    @property
    def where(self) -> dict[str, Any] | None:
        return filters.rule(self.choices.chosen)

    @property
    def options(self) -> dict[str, Any]:
        return {**self.choices.counting.options, "as_of": self.as_of}

    def ask(self, metric: Any, *args: Any, **options: Any) -> pd.DataFrame:
        """The metric with every choice that all of the family share."""
        return self.page.run(metric, *args, **{"where": self.where, **self.options, **options})

    @property
    def previous(self) -> Period:
        return self.choices.period.previous()

    @property
    def partial(self) -> bool:
        return self.choices.period.is_partial(self.as_of)

    @property
    def compared(self) -> bool:
        """Whether a change may be shown: both periods complete, and the data reaches back to the first."""
        return not self.partial and periods.covered(self.previous, self.first)

    def is_of_users(self, code: str) -> bool:
        return any(each.code == code and each.kind == "users" for each in self.known)

    @property
    def narrowed(self) -> bool:
        """Whether people are filtered by columns that an id outside the roster does not have."""
        return any(self.is_of_users(code) for code in self.choices.chosen)

    @property
    def roster(self) -> date | None:
        """The day of the list of users that counts."""
        return trends.roster_of(self.choices.period, self.choices.counting.valid, self.rosters)

    def on_roster(self) -> str:
        """On which list the users are counted, in one sentence."""
        key = "active_rate.roster_any" if self.choices.counting.valid == "any" else "active_rate.roster"
        key = "active_rate.roster_first" if trends.before_first(self.choices.period, self.rosters) else key
        return self.page.t(key, day=figures.day(self.roster, self.page.lang))

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page, counted = self.page, self.choices.counting
        activities = counted.activities
        listed = page.t("pickers.comma").join(a or page.t("pickers.blank") for a in activities or ())
        everybody = page.t("pickers.everyone")
        return [
            (page.t("pickers.period"), figures.span(self.choices.period, page.lang)),
            (page.t("pickers.valid"), page.t(f"pickers.valid_{counted.valid}")),
            (page.t("active_rate.roster_term"), figures.day(self.roster, page.lang)),
            (page.t("pickers.activities"), listed if activities else page.t("pickers.every_activity")),
            (page.t("pickers.filter_term"), filters.plain(page, self.choices.chosen, self.labels) or everybody),
            (page.t("active_rate.as_of"), figures.day(self.as_of, page.lang)),
        ]


AnyView = TypeVar("AnyView", bound=View)


def choose(page: "Page", build: type[AnyView], *, across: bool = True) -> AnyView:
    """The bar of choices; stops where users or activity are missing, or the period lies outside the data.

    Args:
        build: the view of the page.
        across: whether the page shows a second dimension side by side.
    """
    missing.tables(page, ("users", "activity"))
    span = page.ws.span("activity")
    assert span is not None, "`missing` stops the page without activity"
    first, as_of = span
    fiscal = counting.fiscal_start(page)
    known = dimensions.available(page)
    lost = [*dimensions.unknown(known), *counting.unknown(page), *_bad_period()]
    with st.container(key="choices"):
        period = periods.choose(page, as_of, first, fiscal)
        with st.container(horizontal=True, gap="small"):
            rows, column = dimensions.choose(page, known, across=across)
            chosen, vain = filters.choose(page, known)
            counted = counting.choose(page)
    note(page, [*lost, *vain])
    days = sorted({each.as_of for each in page.ws.rosters() if each.as_of})
    choices = Choices(period, tuple(rows), column, chosen, counted, fiscal)
    if period.start > as_of or period.end <= first:
        missing.no_data(page, period, first, as_of)
    return build(page, choices, tuple(known), as_of, first, tuple(days))


def _bad_period() -> list[str]:
    asked = url.read(periods.KEY)
    return [asked] if asked and not periods.asked() else []


def note(page: "Page", lost: list[str]) -> None:
    """What the URL asked for in vain; said until the reader chooses something else."""
    if lost:
        st.session_state["_lost"] = (lost, st.query_params.to_dict())
    noted, then = st.session_state.get("_lost", ([], None))
    if noted and st.query_params.to_dict() == then:
        st.info(page.t("pickers.unknown", names=page.t("pickers.comma").join(md(each[:40]) for each in noted)))
