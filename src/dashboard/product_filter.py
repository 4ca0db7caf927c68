"""Only some products: groups of a grouping, or bare codes, as a rule over orders."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.frames import fold
from analysis.product_groups import Grouping, Groupings
from dashboard import dimensions, url
from dashboard.dimensions import Dimension
from dashboard.escape import md
from dashboard.filters import MOST_VALUES
from dashboard.product_answers import kept, names_of

if TYPE_CHECKING:
    from dashboard.page import Page

GROUPING, ONLY, BARE = "grouping", "only", "-"
CODE, GROUP = "product_code", "product_group"


@dataclass(frozen=True)
class Only:
    """Products whose orders count.

    Attributes:
        grouping: of products; None: bare codes.
        names: groups of it, or codes; none: all orders count.
    """

    grouping: Grouping | None
    names: tuple[str, ...]

    @property
    def rules(self) -> list[dict[str, Any]]:
        """The conditions on orders that `in_groups` lets a metric take."""
        return [{"column": GROUP, "in": list(self.names)}] if self.names else []


def choose(page: "Page") -> tuple[Only | None, list[str]]:
    """The popover that says of which products orders count (None where orders do not tell products apart), and what
    the URL asks of it in vain."""
    with page.ws.read() as reader:
        columns = [fold(name) for name in reader.columns("orders")]
    asked = url.read_list(ONLY)
    if CODE not in columns or GROUP in columns:
        return None, asked
    groupings = kept(page)
    current = peek(groupings)
    known, called = _names(page, current), _called(page, current)
    vain = [name for name in asked if name not in (*known, url.nothing(known))]
    shown = url.peek_list(known, ONLY)
    dot = page.t("pickers.dot")
    named = dot.join(called.get(name, name) for name in shown[:3])
    words = md(named + ("…" if len(shown) > 3 else "")) if shown else page.t("products.only_all")
    with st.popover(
        page.t("products.only", names=words), icon=":material/category:", key="popover_products", on_change="rerun"
    ):
        grouping = which(page, groupings) if groupings.names else None
        names = url.url_list(
            page.t("products.only_which"),
            _names(page, grouping),
            lambda name: called.get(name, name),
            ONLY,
            placeholder=page.t("products.only_all"),
        )
        st.caption(page.t("products.only_note"))
    return Only(grouping, tuple(names)), vain


def peek(groupings: Groupings) -> Grouping | None:
    """What `which` is about to return: for a label that stands before it."""
    ways = [*groupings.names, BARE]
    chosen = url.peek_select(ways, GROUPING, ways[0])
    return None if chosen == BARE else groupings[chosen]


def which(page: "Page", groupings: Groupings) -> Grouping | None:
    """The field that says how products are grouped; None for bare codes."""
    ways = [*groupings.names, BARE]
    chosen = url.url_select(
        page.t("products.grouping"),
        ways,
        lambda code: page.t("products.codes") if code == BARE else md(code),
        GROUPING,
        ways[0],
        widget=st.radio,
    )
    return None if chosen == BARE else groupings[chosen]


def _names(page: "Page", grouping: Grouping | None) -> list[str]:
    """The groups, or the codes as far as there are few enough to choose from."""
    if grouping is not None:
        return [group.name for group in grouping.groups]
    found = dimensions.values(page.ws, Dimension(CODE, "orders", CODE))["value"].dropna()
    return sorted(found) if len(found) <= MOST_VALUES else []


def _called(page: "Page", grouping: Grouping | None) -> dict[str, str]:
    """Code -> the code with its name behind it, of bare codes that have a name."""
    names = names_of(page) if grouping is None else {}
    return {code: f"{code}　{name}" for code, name in names.items() if name != code}


def conditions(page: "Page", only: Only | None) -> list[tuple[str, str]]:
    """The choice in words, for a download; nothing where all orders count."""
    if only is None or not only.names:
        return []
    of = page.t("products.codes") if only.grouping is None else only.grouping.name
    return [(page.t("products.only_which"), f"{of}: {page.t('pickers.dot').join(only.names)}")]
