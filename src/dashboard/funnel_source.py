"""What a funnel looks at: what users did, or what customers bought; and the words for either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from analysis.frames import fold
from analysis.funnel_definitions import LOG, ORDERS
from analysis.product_funnel import bought_products
from analysis.product_groups import Grouping
from analysis.words import catalogue
from dashboard import dimensions, figures, order_choices
from dashboard.dimensions import Dimension
from dashboard.product_answers import kept, names_of
from dashboard.product_filter import CODE, GROUP

if TYPE_CHECKING:
    from dashboard.page import Page

OF = "of"


@dataclass(frozen=True)
class Source:
    """What steps are made of, and who takes them.

    Attributes:
        of: `LOG` (activities of users) or `ORDERS` (products of customers).
        grouping: of products; None: bare codes.
        counted: see `order_choices`.
    """

    page: "Page"
    of: str = LOG
    grouping: Grouping | None = None
    counted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bought(self) -> bool:
        """Whether it looks at purchases."""
        return self.of == ORDERS

    @property
    def kind(self) -> str:
        """The table."""
        return "orders" if self.bought else "activity"

    @property
    def person(self) -> str:
        """The column that says who."""
        return "customer_id" if self.bought else "user_id"

    @property
    def options(self) -> dict[str, Any]:
        """What the metric takes beside the question."""
        return {"groups": self.grouping, **self.counted} if self.bought else {}

    def kinds(self) -> list[str]:
        """What can be a step, the most frequent first, groups before codes; a blank one is no step."""
        if not self.bought:
            values = dimensions.values(self.page.ws, Dimension("activity", "activity", "activity"))["value"]
            return [value for value in values if isinstance(value, str) and value]
        span = self.page.ws.span(self.kind)  # the day as the funnel says it, so that both are asked of the same arrays
        found = self.page.run(bought_products, **self.options, as_of=span[1] if span else None)
        groups = set(self.grouping.names if self.grouping else ())
        ordered = found.assign(_code=~found["product"].isin(groups)).sort_values(
            ["_code", "customers", "product"], ascending=[True, False, True]
        )
        return [str(product) for product in ordered["product"]]

    def name(self, kind: str) -> str:
        """A kind as a reader sees it: of a product code its name stands behind it."""
        if not self.bought or kind in (self.grouping.names if self.grouping else ()):
            return kind
        called = self._names.get(kind)
        return f"{kind}　{called}" if called and called != kind else kind

    @cached_property
    def _names(self) -> dict[str, str]:
        return names_of(self.page)

    def t(self, key: str, **fields: object) -> str:
        """A sentence of the page, in the words for customers and products where there are some."""
        own = f"{key}_orders"
        return self.page.t(own if self.bought and own in catalogue(self.page.lang) else key, **fields)

    def counted_as(self, n: float | None) -> str:
        """How many they are, as a big number."""
        if not self.bought or figures.is_missing(n) or n is None:
            return figures.counted(n, self.page.lang)
        return self.page.t("ranking.companies", n=int(n))

    @property
    def people_are(self) -> str:
        """What the charts call them."""
        return "customers" if self.bought else "people"

    def people(self, n: int) -> str:
        """How many they are, in a sentence."""
        return self.page.t("charts.customers", n=n) if self.bought else figures.people(n, self.page.lang)

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page = self.page
        own = [(page.t("funnel_page.of"), page.t(f"funnel_page.of_{self.of}"))]
        if not self.bought:
            return own
        grouped = self.grouping.name if self.grouping else page.t("products.codes")
        returns = page.t(f"funnel_page.returns_{self.counted[order_choices.RETURNS]}")
        _, *others = order_choices.conditions(page, dict(self.counted))
        return [*own, (page.t("products.grouping"), grouped), (page.t("funnel_page.returns"), returns), *others]


def offered(page: "Page") -> list[str]:
    """What the workspace has for a funnel."""
    there = {each.kind for each in page.ws.imports() if each.active and each.accepted}
    found = [LOG] if "activity" in there and dimensions.has_activity(page.ws) else []
    return [*found, ORDERS] if "orders" in there and _told_apart(page) else found


def first(page: "Page") -> Source | None:
    """What the page looks at before anybody chooses; None where it has nothing to look at."""
    there = offered(page)
    if not there or there[0] == LOG:
        return Source(page) if there else None
    return Source(page, ORDERS, next(iter(kept(page)), None), order_choices.usual(page))


def _told_apart(page: "Page") -> bool:
    """Whether orders say what was bought, and have no column of their own that is called like the groups."""
    with page.ws.read() as reader:
        columns: Sequence[str] = [fold(name) for name in reader.columns("orders")]
    return CODE in columns and GROUP not in columns
