"""Everything that the page of the funnel asks a workspace; each answer is remembered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import pandas as pd

from analysis.customer_names import customer_names
from analysis.frames import wilson
from analysis.funnel import funnel
from analysis.funnel_compare import funnel_compare
from analysis.funnel_people import funnel_people
from analysis.funnel_steps import Step
from analysis.period import Period
from analysis.product_funnel import product_funnel, product_funnel_people
from analysis.stage_verdicts import number
from dashboard import figures, periods
from dashboard.dimensions import Dimension, value_label
from dashboard.funnel_source import Source

if TYPE_CHECKING:
    from dashboard.page import Page


COUNTED = ("entered_at", "furthest", "reached_at", "waits_until")


def _listed(users: Any, *, as_of: date) -> Any:  # noqa: ARG001 (which list it is, is chosen by it)
    return users


def _listed_customers(customers: Any, *, as_of: date) -> Any:  # noqa: ARG001 (which list it is, is chosen by it)
    return customers


def _named_in_orders(orders: Any) -> Any:
    """Of each customer the name that stands beside them most often; for want of a list of customers."""
    found = nw.from_native(customer_names(orders))
    frame = (found.collect() if isinstance(found, nw.LazyFrame) else found).to_pandas()
    named = frame.dropna(subset=["customer_name"]).sort_values(["rows", "customer_name"], ascending=[False, True])
    return named.drop_duplicates("customer_id")[["customer_id", "customer_name"]].reset_index(drop=True)


@dataclass(frozen=True)
class FunnelAnswers:
    """The choices of one run of the page, and the numbers under them.

    Attributes:
        period: when an attempt must start.
        steps: in order, each with an activity at least.
        within: the window as a text, see `funnel_steps.window`; None: no limit.
        order: one of `funnel_steps.ORDERS`.
        by: the dimension to tell apart, a column of the log, or of the orders; None: none.
        known: every dimension of it.
        first, as_of: the first and the last day of the log, or of the orders.
        source: what the steps are; None: activities of the log.
    """

    page: "Page"
    period: Period
    steps: tuple[Step, ...]
    within: str | None
    order: str
    by: str | None
    known: tuple[Dimension, ...]
    first: date
    as_of: date
    source: Source | None = None

    @property
    def looks_at(self) -> Source:
        """What the steps are."""
        return self.source or Source(self.page)

    def t(self, key: str, **fields: object) -> str:
        """A sentence of the page, in the words for what is looked at."""
        return self.looks_at.t(key, **fields)

    def hidden(self, below: int) -> str:
        """Why a number is not shown."""
        return self.page.t("active_rate.hidden_orders" if self.looks_at.bought else "active_rate.hidden", n=below)

    @property
    def few(self) -> str:
        """What the mark beside a rate of few people says."""
        return self.page.t("active_rate.small_orders" if self.looks_at.bought else "active_rate.small")

    @property
    def labels(self) -> dict[str, str]:
        """Column -> what it is called on screen."""
        return labels(self.looks_at, self.known)

    @property
    def names(self) -> list[str]:
        """What each step is called; without an order the k-th is any k of them."""
        if self.order == "unordered":
            return [self.page.t("funnel_page.any", n=position) for position in range(1, len(self.steps) + 1)]
        return [f"{number(i)}{step_name(self.looks_at, step, self.labels)}" for i, step in enumerate(self.steps, 1)]

    @cached_property
    def total(self) -> pd.DataFrame:
        """A row a step, in order, with the interval of `overall_rate`."""
        return self._counted(self.period)

    @cached_property
    def before(self) -> pd.DataFrame:
        """The same for the period before."""
        return self._counted(self.previous)

    @property
    def previous(self) -> Period:
        return self.period.previous()

    @property
    def compared(self) -> bool:
        """Whether the data reaches back to the period before."""
        return periods.covered(self.previous, self.first)

    @property
    def partial(self) -> bool:
        return self.period.is_partial(self.as_of)

    @cached_property
    def parts(self) -> pd.DataFrame:
        """A row a value and step, the largest value first; `value` is None for blank."""
        if not self.by:
            return pd.DataFrame()
        counted = self._counted(self.period, by=[self.by]).rename(columns={self.by: "value"})
        plain = counted["value"].astype(object)
        counted["value"] = plain.where(plain.notna() & (plain != ""), None)
        return counted.sort_values(["entered", "position"], ascending=[False, True], kind="stable", ignore_index=True)

    @property
    def values(self) -> list[Any]:
        """The values of the dimension, the one with most people first."""
        first = self.parts[self.parts["position"] == 1] if self.by else pd.DataFrame({"value": []})
        return [None if figures.is_missing(value) else value for value in first["value"]]

    def of_value(self, value: Any) -> pd.DataFrame:
        """The rows of one value, in order."""
        rows = self.parts["value"].isna() if value is None else self.parts["value"] == value
        return self.parts[rows].sort_values("position", ignore_index=True)

    def differ(self, first: pd.DataFrame, second: pd.DataFrame) -> pd.DataFrame:
        """Two results for these steps, side by side, in order."""
        kept = ["step", "position", "entered", "reached"]
        found = funnel_compare(first[kept], second[kept], self.steps)
        return found.sort_values("position", ignore_index=True)

    def people(
        self, position: int, state: str, part: tuple[Any] | None = None, period: Period | None = None
    ) -> pd.DataFrame:
        """The people behind a number, with what the latest list of users says of them.

        Args:
            position: of the step, from 1.
            state: `reached`, `waiting` or `lost`.
            part: the value of the dimension; None: all.
            period: another one than the page's.
        """
        group = {str(self.by): part[0]} if part else None
        options = {**self._options, "period": period or self.period}
        metric, person = product_funnel_people if self.looks_at.bought else funnel_people, self.looks_at.person
        found = self.page.run(metric, list(self.steps), position=position, state=state, group=group, **options)
        roster = self._roster
        return found if roster is None else found.merge(roster, on=person, how="left", validate="one_to_one")

    @cached_property
    def _roster(self) -> pd.DataFrame | None:
        """What the latest list says of each account, or customer; None where no list is there."""
        bought, person = self.looks_at.bought, self.looks_at.person
        if any(each.active and each.accepted for each in self.page.ws.imports("customers" if bought else "users")):
            listed = self.page.run(_listed_customers if bought else _listed, as_of=self.as_of)
        elif bought:
            listed = self.page.run(_named_in_orders)
        else:
            return None
        if listed.empty:
            return None
        left_out = (*COUNTED, person, "valid_from", "valid_to")
        return listed[[person, *(name for name in listed.columns if name not in left_out)]]

    @property
    def _options(self) -> dict[str, Any]:
        return {"within": self.within, "order": self.order, "as_of": self.as_of, **self.looks_at.options}

    def _counted(self, period: Period, **more: Any) -> pd.DataFrame:
        metric = product_funnel if self.looks_at.bought else funnel
        counted = self.page.run(metric, list(self.steps), period=period, **self._options, **more)
        low, high = wilson("reached", "entered")
        rated = nw.from_native(counted).with_columns(rate_low=low, rate_high=high).to_native()
        return rated.sort_values("position", kind="stable", ignore_index=True)

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page, source = self.page, self.looks_at
        steps = [step_name(source, step, self.labels) for step in self.steps]
        return [
            *source.conditions(),
            (page.t("funnel_page.period"), figures.span(self.period, page.lang)),
            (page.t("funnel_page.steps_term"), " → ".join(f"{number(i)}{name}" for i, name in enumerate(steps, 1))),
            (page.t("funnel_page.within"), window_name(page, self.within)),
            (page.t("funnel_page.order"), source.t(f"funnel_page.order_{self.order}")),
            (page.t("funnel_page.by_term"), self.labels[self.by] if self.by else page.t("pickers.by_nothing")),
            (page.t("active_rate.as_of"), figures.day(self.as_of, page.lang)),
        ]


def labels(source: Source, known: Sequence[Dimension]) -> dict[str, str]:
    """What columns of the log, or of the orders, are called, the amount in our words."""
    return {**{each.code: each.column for each in known}, "amount": source.page.role(source.kind, "amount")}


def step_name(source: Source, step: Step, labels: dict[str, str]) -> str:
    """A step in words: its activities or products, what else must hold, and whether it may be skipped."""
    page = source.page
    said = step.name or page.t("funnel_page.or").join(map(source.name, step.activities))
    notes = [_rule_name(page, leaf, labels) for leaf in ([step.rule.tree] if step.rule else [])]
    notes += [page.t("funnel_page.optional_short")] if step.optional else []
    return f"{said}（{page.t('pickers.comma').join(notes)}）" if notes else said


def _rule_name(page: "Page", tree: Any, labels: dict[str, str]) -> str:
    column = labels.get(tree.get("column", ""), tree.get("column", ""))
    if "in" in tree:
        listed = [value_label(page, value) for value in tree["in"]]
        shown = listed if len(listed) <= 3 else [*listed[:2], "…"]
        return f"{column} = {page.t('pickers.dot').join(shown)}"
    if "at_least" in tree:
        return page.t("funnel_page.at_least", column=column, value=tree["at_least"])
    return page.t("funnel_page.other_rule")


def window_name(page: "Page", within: str | None) -> str:
    """A window in words: `30 日`, `12 時間`; what is no window stands as it is written."""
    if within is None:
        return page.t("funnel_page.no_window")
    amount, unit = within[:-1], within[-1:]
    if unit in ("w", "d", "h", "m") and amount.isdecimal():
        return page.t(f"funnel_page.unit_{unit}", n=int(amount))
    return within


def length(page: "Page", days: float | None) -> str:
    """A length of time in the unit that fits it: `3.2 日`, `5.4 時間`, `12 分`."""
    if figures.is_missing(days) or days is None:
        return figures.NONE
    if days >= 1:
        return page.t("funnel_page.days", n=days)
    hours = days * 24
    return page.t("funnel_page.hours", n=hours) if hours >= 1 else page.t("funnel_page.minutes", n=hours * 60)
