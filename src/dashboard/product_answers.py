"""Everything that the page of products asks a workspace, and under which choices; each answer is remembered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from analysis.first_products import first_product_customers, first_products
from analysis.next_products import next_product_customers, next_products
from analysis.period import Period
from analysis.product_groups import OTHER, SETTING, Grouping, Groupings
from analysis.product_names import product_names
from analysis.product_pairs import combination_customers, combinations
from analysis.products import product_customers, product_measures
from dashboard import figures, order_choices
from dashboard.dimensions import value_label
from dashboard.records import Records

if TYPE_CHECKING:
    from dashboard.page import Page

SURE = 0.5  # from here on a header says that names of products stand under it
IN_MATRIX = 8  # products that the matrix tells apart; all others share a line


@dataclass(frozen=True)
class Products(Records):
    """The choices of one run of the page, and its questions.

    Attributes:
        period: the orders that count.
        grouping: of products; None: bare codes.
        rest: what the products in no group are called, see `with_groups`.
        counted: see `order_choices`.
    """

    period: Period = field(kw_only=True)
    grouping: Grouping | None = field(kw_only=True)
    rest: str = field(kw_only=True)
    counted: Mapping[str, Any] = field(kw_only=True)

    def of_products(self, metric: Callable[..., Any], **options: Any) -> pd.DataFrame:
        """The metric with every choice of the page."""
        choices = {"groups": self.grouping, "rest": self.rest, "period": self.period, **self.counted}
        return self.ask(metric, **choices, **options)

    @property
    def partial(self) -> bool:
        """Whether the period reaches past what is known."""
        return self.period.is_partial(self.as_of)

    @cached_property
    def measures(self) -> pd.DataFrame:
        """Of each product, the one with the largest amount first."""
        found = self.of_products(product_measures)
        return found.sort_values(["level", "amount", "product"], ascending=[True, False, True], ignore_index=True)

    @cached_property
    def total(self) -> dict[str, Any]:
        """Of all products together."""
        found = self.measures[self.measures["level"] == 1].to_dict("records")
        return dict(found[0]) if found else {}

    @property
    def each(self) -> pd.DataFrame:
        """Of each product, without the row of all."""
        return self.measures[self.measures["level"] == 0].reset_index(drop=True)

    def begun(self, days: int | None) -> pd.DataFrame:
        """What customers began with, the most frequent first, all of them last."""
        found = self.of_products(first_products, days=days)
        return found.sort_values(["level", "customers", "product"], ascending=[True, False, True], ignore_index=True)

    def following(self, after: str) -> pd.DataFrame:
        """What was bought next, among the most bought products."""
        return self.of_products(next_products, after=after, most=IN_MATRIX)

    def together(self, how: str) -> pd.DataFrame:
        """Pairs, those of the most customers or orders first."""
        found = self.of_products(combinations, together=how)
        return found.sort_values(
            ["both", "lift", "first", "second"], ascending=[False, False, True, True], ignore_index=True
        )

    def customers(self, product: str | None, level: int) -> pd.DataFrame:
        """Who bought it, the largest amount first."""
        found = self.of_products(product_customers, product=product, level=level)
        return found.sort_values(["amount", "customer_id"], ascending=[False, True], ignore_index=True)

    def beginners(self, product: str | None, level: int, state: str, days: int | None) -> pd.DataFrame:
        """Who began with it, and is in that state."""
        found = self.of_products(first_product_customers, product=product, level=level, state=state, days=days)
        return found.sort_values(["first_order", "customer_id"], ignore_index=True)

    def movers(self, way: tuple[Any, Any, int], after: str) -> pd.DataFrame:
        """Who went from one product to the next."""
        ends = dict(zip(("from_product", "to_product", "nothing"), way, strict=True))
        found = self.of_products(next_product_customers, after=after, most=IN_MATRIX, **ends)
        return found.sort_values(["from_order", "customer_id"], ignore_index=True)

    def buyers(self, first: str, second: str, how: str) -> pd.DataFrame:
        """Who, or which orders, hold both products."""
        found = self.of_products(combination_customers, first=first, second=second, together=how)
        return found.sort_values([*found.columns], ignore_index=True)

    def name(self, product: Any, level: int = 0) -> str:
        """A product as a reader sees it: a code with its name behind it."""
        code, name = self.code(product, level), self.called(product, level)
        return f"{code}　{name}" if name else code

    def code(self, product: Any, level: int = 0) -> str:
        """A product by its code or group alone, as a spreadsheet looks it up."""
        if level:
            return self.page.t("products.all")
        if product == OTHER:
            return self.page.t("products.other")
        return value_label(self.page, product if isinstance(product, str) else None)

    def called(self, product: Any, level: int = 0) -> str | None:
        """The name of a code; None for a group, and for a code whose name says no more than itself."""
        if level or not isinstance(product, str) or product in (self.grouping.names if self.grouping else ()):
            return None
        name = self.names.get(product)
        return None if name == product else name

    @cached_property
    def names(self) -> dict[str, str]:
        """Code -> name, of those that have one."""
        return names_of(self.page)

    def named(self, frame: pd.DataFrame, *columns: str) -> pd.DataFrame:
        """For a download: these columns as codes, and beside each the names where there are any."""
        found = frame
        for column in columns:
            levels = frame["level"] if "level" in frame else [0] * len(frame)
            products = [(each if isinstance(each, str) else None) for each in frame[column]]
            told = list(zip(products, levels, strict=True))
            found = found.assign(**{column: [self.code(*each) for each in told]})
            if any(map(self.called, products)):
                found.insert(found.columns.get_loc(column) + 1, f"{column}_name", [self.called(*each) for each in told])
        return found

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page = self.page
        rest = page.t(f"products.rest_{self.rest}")
        grouped = page.t("products.codes") if self.grouping is None else f"{self.grouping.name}　{rest}"
        own = [
            (page.t("pickers.period"), figures.span(self.period, page.lang)),
            (page.t("products.grouping"), grouped),
            *order_choices.conditions(page, dict(self.counted)),
        ]
        as_of, _, filtered = super().conditions()
        return [*own, as_of, filtered]


def names_of(page: "Page") -> dict[str, str]:
    """Code -> name as the orders write it; in a column that was brought in before there was a place for it, too."""
    from analysis.exports import synonyms

    headers = [name for name in page.dimensions("orders") if synonyms.score("product_name", name, "orders") >= SURE]
    found = page.run(product_names, columns=headers)
    return dict(zip(found["product_code"], found["product_name"], strict=True))


def kept(page: Any) -> Groupings:
    """The groupings of this workspace."""
    written = page.ws.setting(SETTING)
    return Groupings.from_json(written) if written else Groupings()
