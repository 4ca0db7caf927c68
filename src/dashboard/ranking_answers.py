"""Everything that the page of the rankings asks, and under which choices."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import pandas as pd

from analysis.compare_rankings import compare_rankings
from analysis.composite import composite, composite_parts
from analysis.concentration import concentration
from analysis.customers import measure_customers
from analysis.errors import AnalysisError
from analysis.order_checks import customer_lines
from analysis.period import Period
from analysis.product_catch import in_groups
from analysis.rank_changes import rank_changes
from analysis.ranking import active_customers, rank_bands, rank_customers
from analysis.rfm import rfm
from analysis.rfm_segments import Segments, standard_segments
from analysis.surprises import surprises
from dashboard import cache, figures, filters, order_choices, periods, product_filter
from dashboard.product_filter import Only
from dashboard.records import Records

CUSTOMER, NAME = "customer_id", "customer_name"
# measures that customers can be put in order of, those that most readers look for first
BOARD = (
    *("amount", "orders", "inquiries", "visits", "active_users", "recency_days", "average_order", "products"),
    *("complaints", "open_amount", "open_deals", "interval_days", "tenure_days"),
)
NOTICED = ("inquiries", "visits", "complaints", "active_users", "orders", "products")
SEGMENTS = "rfm_segments"
TOP = 0.2
AMONG = 20  # the first of two rankings that are compared


@dataclass(frozen=True)
class Rankings(Records):
    """The choices of one run of the page, and its questions.

    Attributes:
        period: the orders that count.
        counted: see `order_choices`.
        first: the first day of the data.
        only: the products whose orders count; None: orders do not tell products apart.
    """

    period: Period = field(kw_only=True)
    counted: Mapping[str, Any] = field(kw_only=True)
    first: date = field(kw_only=True)
    only: Only | None = field(kw_only=True, default=None)

    @property
    def where(self) -> dict[str, Any] | None:
        """The filters and the products as a rule over orders; None where every order counts."""
        return filters.rule(self.chosen, self.only.rules if self.only else [])

    @property
    def partial(self) -> bool:
        """Whether the period reaches past what is known."""
        return self.period.is_partial(self.as_of)

    @property
    def previous(self) -> Period:
        return self.period.previous()

    @property
    def compared(self) -> bool:
        """Whether a change may be shown: both periods complete, and the data reaches back to the first."""
        return not self.partial and periods.covered(self.previous, self.first)

    def of_orders(self, metric: Any, period: Period, **options: Any) -> pd.DataFrame:
        """The metric over the orders of a period, up to its last day or that of the data."""
        as_of = min(period.last_day, self.as_of)
        if self.only and self.only.names:
            metric, options = in_groups(metric), {**options, "groups": self.only.grouping}
        return self.ask(metric, as_of=as_of, period=period, **self.counted, **options)

    def everybody(self, period: Period) -> pd.DataFrame:
        """All customers of all tables, and nobody, with what was measured in the period."""
        return self.of_orders(measure_customers, period)

    @cached_property
    def whole(self) -> pd.DataFrame:
        return self.everybody(self.period)

    @cached_property
    def field(self) -> pd.DataFrame:
        """Those who ordered or gave back something in the period: who is ranked."""
        return _somebody(active_customers(self.whole))

    @cached_property
    def measures(self) -> list[str]:
        """The measures of `BOARD` that there are and that differ among the customers."""
        there = [name for name in BOARD if name in self.field]
        return [name for name in there if self.field[name].nunique() > 1]

    @property
    def nobody(self) -> pd.DataFrame:
        """The line of the orders without a customer."""
        return self.whole[self.whole[CUSTOMER].isna()]

    @cached_property
    def plain(self) -> pd.DataFrame:
        """The field as the metrics take it: no column of a file, whatever it is called."""
        numbers = [name for name in BOARD if name in self.field]
        return self.field[[CUSTOMER, *numbers]]

    @cached_property
    def before(self) -> pd.DataFrame:
        """The field of the period before."""
        found = _somebody(active_customers(self.everybody(self.previous)))
        return found[[CUSTOMER, *(name for name in BOARD if name in found)]]

    def kept(self, name: str, compute: Callable[[], pd.DataFrame], **of: Any) -> pd.DataFrame:
        """What is made out of the measures, remembered with every choice that they depend on."""
        choices = {"period": self.period, "counted": dict(self.counted), "where": self.where, "as_of": self.as_of}
        choices["groups"] = self.only.grouping if self.only and self.only.names else None
        return cache.keep(self.page.ws, f"rankings.{name}", {**choices, **of}, compute)

    def ranked(self, by: str, bands: Sequence[float]) -> pd.DataFrame:
        """Customers in the order of a measure."""

        def compute() -> pd.DataFrame:
            found = rank_customers(self.plain[[CUSTOMER, by]], by, bands=bands)
            return found.sort_values(["rank", CUSTOMER], ignore_index=True)

        return self.kept("ranked", compute, by=by, bands=list(bands))

    def places(self, columns: Sequence[str]) -> pd.DataFrame:
        """Customer -> rank by each of the measures, in the order of the first."""
        found = {name: self.ranked(name, ()).set_index(CUSTOMER)["rank"] for name in columns}
        return pd.DataFrame(found).loc[found[columns[0]].index]  # which sorts the ids of unlike indexes

    def bands(self, edges: Sequence[float], by: str = "amount") -> pd.DataFrame:
        def compute() -> pd.DataFrame:
            return rank_bands(self.plain[[CUSTOMER, by]], by, bands=edges).sort_values("band", ignore_index=True)

        return self.kept("bands", compute, by=by, bands=list(edges))

    @cached_property
    def held(self) -> dict[str, Any]:
        """What the first hold."""
        counted = self.kept("held", lambda: concentration(self.plain[[CUSTOMER, "amount"]], top=TOP))
        found: dict[str, Any] = counted.to_dict("records")[0]
        return found

    def changes(self, by: str) -> pd.DataFrame:
        """Ranks against those of the period before."""
        now, then = self.plain[[CUSTOMER, by]], self.before[[CUSTOMER, by]]
        return self.kept("changes", lambda: rank_changes(now, then, by), by=by)

    def surprises(self, by: str, noticed: str) -> pd.DataFrame:
        """Customers whose ranks differ most: those first who are nearest to the top of one of the two."""
        found = self.kept("surprises", lambda: surprises(self.plain, by, noticed), by=by, noticed=noticed)
        best = found[["actual_rank", "noticed_rank"]].min(axis=1)
        ordered = found.assign(_best=best).sort_values(["_best", "gap", CUSTOMER], ascending=[True, False, True])
        return ordered.drop(columns="_best").reset_index(drop=True)

    def compared_rankings(self, columns: Sequence[str]) -> pd.DataFrame:
        compute = lambda: compare_rankings(self.plain, columns, top=AMONG)  # noqa: E731
        return self.kept("compared", compute, columns=list(columns))

    def scored(self, weights: Mapping[str, float], scale: str) -> pd.DataFrame:
        """Customers in the order of their overall score."""

        def compute() -> pd.DataFrame:
            found = composite(self.plain, weights, scale=scale)
            return found.sort_values(["rank", CUSTOMER], ignore_index=True)

        return self.kept("scored", compute, weights=dict(weights), scale=scale)

    def score_parts(self, weights: Mapping[str, float], scale: str) -> pd.DataFrame:
        compute = lambda: composite_parts(self.plain, weights, scale=scale)  # noqa: E731
        return self.kept("score_parts", compute, weights=dict(weights), scale=scale)

    @cached_property
    def segments(self) -> Segments:
        """As the workspace keeps them; the usual ones where it keeps none, or none that can be read."""
        written = self.page.ws.setting(SEGMENTS, "")
        try:
            return Segments.from_json(written) if written else standard_segments(self.page.lang)
        except AnalysisError:
            return standard_segments(self.page.lang)

    def rfm(self, period: Period) -> pd.DataFrame:
        found = self.of_orders(rfm, period, segments=self.segments.to_json())
        return found.sort_values(["monetary", CUSTOMER], ascending=[False, True], ignore_index=True)

    def lines(self, customer: str) -> pd.DataFrame:
        """The order lines behind a customer's amount."""
        found = self.of_orders(customer_lines, self.period, of=[customer])
        return found.sort_values("ordered_at", ascending=False, ignore_index=True)

    @cached_property
    def names(self) -> pd.Series:
        """Customer -> what a reader calls them, as far as names may be shown."""
        shown = self.page.mask(self.whole.dropna(subset=[CUSTOMER]), "customers", "orders")
        ids = self.whole.dropna(subset=[CUSTOMER])[CUSTOMER]
        named = shown[NAME] if NAME in shown else shown[CUSTOMER]
        label = named.where(named.notna() & (named != ""), shown[CUSTOMER]).astype(str)
        return pd.Series(label.to_numpy(), index=ids.to_numpy())

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page = self.page
        own = [
            (page.t("pickers.period"), figures.span(self.period, page.lang)),
            *product_filter.conditions(page, self.only),
            *order_choices.conditions(page, dict(self.counted)),
        ]
        as_of, _, filtered = super().conditions()
        return [*own, as_of, filtered]


def _somebody(found: pd.DataFrame) -> pd.DataFrame:
    return found[found[CUSTOMER].notna()].reset_index(drop=True)
