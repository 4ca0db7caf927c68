"""A page about one kind of record (deals, cases, orders …): the bar of choices, and the questions asked under them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd
import streamlit as st

from analysis.frames import fold
from analysis.tables import KINDS
from dashboard import dimensions, figures, filters, missing, url, view
from dashboard.dimensions import Dimension
from dashboard.filters import Chosen

if TYPE_CHECKING:
    from analysis.exports.mapping import Mapping
    from dashboard.page import Page

DAY = "as_of"


@dataclass(frozen=True)
class Records:
    """The choices of one run of a page; a page's own questions are asked by a subclass.

    Attributes:
        kind: of table, see `analysis.tables.KINDS`.
        by: the dimensions to tell apart, as columns of the table.
        chosen: the filters.
        known: every dimension there is.
        as_of: the day of the list that is looked at; of a log its last day.
        lists: the days of all lists; of a log nothing.
    """

    page: "Page"
    kind: str
    by: tuple[str, ...]
    chosen: Chosen
    known: tuple[Dimension, ...]
    as_of: date
    lists: tuple[date, ...]

    @property
    def labels(self) -> dict[str, str]:
        """Column -> what it is called on screen."""
        return {each.code: each.label(self.page) for each in self.known}

    @property
    def mapping(self) -> "Mapping":
        """What the columns of the list in force are; of a log those of the last file."""
        there = [each for each in self.page.ws.imports(self.kind) if each.active]
        known = [each for each in there if each.as_of is None or each.as_of <= self.as_of] or there[:1]
        return max(known, key=lambda each: (str(each.as_of), each.id)).mapping

    @property
    def where(self) -> dict[str, Any] | None:
        """The filters as a rule; None where every record counts."""
        return filters.rule(self.chosen)

    def narrowed(self, **values: object) -> dict[str, Any] | None:
        """The filters and these values (None: blank): for the records of a cell."""
        more = [{"column": column, "in": [value]} for column, value in values.items()]
        return filters.rule(self.chosen, more)

    def ask(self, metric: Callable[..., Any], *args: Any, **options: Any) -> pd.DataFrame:
        """The metric with the filters and the day."""
        return self.page.run(metric, *args, **{"where": self.where, "as_of": self.as_of, **options})

    def on_list(self) -> str:
        """On which list the records stand, in one sentence."""
        key = "records.on_list" if KINDS[self.kind].snapshot else "records.until"
        return self.page.t(key, day=figures.day(self.as_of, self.page.lang))

    def conditions(self) -> list[tuple[str, str]]:
        """The choices in words: for the sheet of definitions in a download."""
        page = self.page
        filtered = filters.plain(page, self.chosen, self.labels) or page.t("records.every")
        by = page.t("pickers.dot").join(self.labels[code] for code in self.by) or page.t("pickers.by_nothing")
        return [
            (page.t("active_rate.as_of"), figures.day(self.as_of, page.lang)),
            (page.t("pickers.rows"), by),
            (page.t("pickers.filter_term"), filtered),
        ]


AnyRecords = TypeVar("AnyRecords", bound=Records)


def choose(
    page: "Page",
    kind: str,
    build: type[AnyRecords],
    *,
    roles: Sequence[str] = (),
    most: int = 1,
    above: Callable[[], None] | None = None,
    beside: Callable[[], list[str] | None] | None = None,
) -> AnyRecords:
    """The bar of choices; stops where the table is missing.

    Args:
        kind: the table that the page is about.
        build: the records of the page.
        roles: roles of the kind that are dimensions too, such as `owner`.
        most: how many dimensions the page has room for; 0: none.
        above, beside: draw the page's own choices: in a row above, and beside the dimensions and filters; the second
            may return what the URL asks of it in vain.
    """
    missing.tables(page, (kind,))
    known = available(page, kind, roles)
    lost = dimensions.unknown(known) if most else []
    with st.container(key="choices"):
        if above:
            above()
        with st.container(horizontal=True, gap="small"):
            day, lists = _day(page, kind)
            by = dimensions.choose(page, known, across=False, most=most)[0] if most else []
            chosen, vain = filters.choose(page, known)
            if beside:
                vain = [*vain, *(beside() or [])]
    view.note(page, [*lost, *vain])
    return build(page, kind, tuple(by), chosen, tuple(known), day, lists)


def available(page: "Page", kind: str, roles: Sequence[str] = ()) -> list[Dimension]:
    """The dimensions of a kind: some of its roles, then its own columns; personal ones are missing while names hide."""
    with page.ws.read() as reader:
        there = reader.columns(kind)
    hidden = {fold(name) for name in masked(page, kind)}
    named = [role for role in roles if role in there and role not in hidden]
    own = [name for name in page.dimensions(kind) if fold(name) not in hidden and not _is_date(page, kind, name)]
    return [Dimension(name, kind, name) for name in [*named, *own]]


def masked(page: "Page", kind: str) -> set[str]:
    """Columns and roles that are not shown while names are hidden."""
    from analysis.tables import NAMES

    return {*page.personal(kind), *NAMES} if page.names_hidden else set()


def _is_date(page: "Page", kind: str, name: str) -> bool:
    return any(name in each.mapping.moments for each in page.ws.imports(kind) if each.active)


def latest(page: "Page", kind: str) -> tuple[date, tuple[date, ...]]:
    """The last day that is known, and the days of all lists; there is a row."""
    if not KINDS[kind].snapshot:
        known = page.ws.span(kind)
        assert known is not None, "`missing` stops the page without a row"
        return known[1], ()
    lists = tuple(sorted({each.as_of for each in page.ws.imports(kind) if each.active and each.as_of}))
    return lists[-1], lists


def _day(page: "Page", kind: str) -> tuple[date, tuple[date, ...]]:
    """The day that is looked at: of several lists the reader chooses one."""
    last, lists = latest(page, kind)
    if len(lists) < 2:
        return last, lists
    days = {day.isoformat(): day for day in reversed(lists)}
    code = url.url_select(
        page.t("records.list"),
        list(days),
        lambda code: page.t("records.list_of", day=figures.day(days[code], page.lang)),
        DAY,
        next(iter(days)),
        label_visibility="collapsed",
        width=260,
    )
    return days[code], lists
