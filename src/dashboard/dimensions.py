"""By which dimensions: rows and a column of a pivot, in a popover whose label says the present choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.frames import fold
from analysis.tables import KINDS
from dashboard import url
from dashboard.escape import md

if TYPE_CHECKING:
    from analysis.workspace import Workspace
    from dashboard.page import Page

ROWS, COLUMN, NONE = "rows", "column", "-"
MOST_ROWS = 3
_FEW, _MANY = 8, 40  # values that fit side by side, and one below the other


@dataclass(frozen=True)
class Dimension:
    """A column people can be told apart by: `code` is what a metric and the URL call it."""

    code: str
    kind: str  # of table
    column: str

    def label(self, page: "Page") -> str:
        """As it is called on screen: a role in our words, a column as its file calls it; one of the log says so."""
        if self.kind == "activity":
            role = self.column == "activity"
            return page.t("pickers.activity_role") if role else page.t("pickers.of_activity", column=self.column)
        return page.role(self.kind, self.column) if self.column in KINDS[self.kind].roles else self.column


def available(page: "Page") -> list[Dimension]:
    """The dimensions of users, then those of the log; personal ones are missing while names are hidden."""
    own = page.dimensions("users")
    taken = {fold(name) for name in own}
    of_log = [*page.dimensions("activity"), *(["activity"] if has_activity(page.ws) else [])]
    return [
        *(Dimension(name, "users", name) for name in own),
        *(Dimension(f"activity.{name}" if fold(name) in taken else name, "activity", name) for name in of_log),
    ]


def value_label(page: "Page", value: Any) -> str:
    """A value as a reader sees it: blank in words, and a text that reads like our words in quotes.

    Streamlit tells the options of a list apart by nothing but their labels: of two alike the first would be chosen.
    """
    blank = page.t("pickers.blank")
    if value is None or value == "":
        return blank
    return f"“{value}”" if value in (blank, page.t("active_rate.total")) else str(value)


def has_activity(ws: "Workspace") -> bool:
    """Whether any log says what was done, in a column or for the whole file."""
    mappings = [each.mapping for each in ws.imports("activity") if each.state == "active"]
    return any("activity" in mapping.roles or "activity" in mapping.constants for mapping in mappings)


def values(ws: "Workspace", dimension: Dimension) -> pd.DataFrame:
    """Its values with how often each stands, most frequent first; remembered until the workspace changes."""
    return _values(str(ws.folder), ws.version, dimension.kind, dimension.column, ws)


@st.cache_data(max_entries=256, max_size="50MB", show_spinner=False)
def _values(folder: str, version: str, kind: str, column: str, _ws: Any) -> pd.DataFrame:  # noqa: ARG001 (the key)
    return _ws.values(kind, column).sort_values(["rows", "value"], ascending=[False, True], ignore_index=True)


def suggested(page: "Page", known: Sequence[Dimension]) -> tuple[list[str], str | None]:
    """A first pivot: the first dimension of users with a few values down, another with fewer across."""
    counts = {d.code: len(values(page.ws, d)) for d in known if d.kind == "users"}
    down = next((code for code, n in counts.items() if 2 <= n <= _MANY), None)
    across = [code for code, n in counts.items() if 2 <= n <= _FEW and code != down]
    return ([down] if down else []), (across[-1] if across else None)


def choose(
    page: "Page", known: Sequence[Dimension], *, across: bool = True, most: int = MOST_ROWS
) -> tuple[list[str], str | None]:
    """The popover 「分けて見る」: codes of the rows, and of the column if there is one and the page has room for it.

    Args:
        across: whether the page shows a second dimension side by side.
        most: how many rows it has room for.
    """
    labels = {each.code: each.label(page) for each in known}
    rows, column = suggested(page, known)
    chosen = url.peek_list(list(labels), ROWS, rows, limit=most)
    others = [NONE, *(code for code in labels if code not in chosen and across)]
    first = column if column in others else NONE
    aside = url.peek_select(others, COLUMN, first)
    label = _sentence(page, [labels[code] for code in chosen], labels.get(aside, ""))
    with st.popover(label, icon=":material/pivot_table_chart:", key="popover_dimensions"):
        hint = page.t("pickers.choose")
        name = labels.__getitem__
        chosen = url.url_list(page.t("pickers.rows"), list(labels), name, ROWS, rows, limit=most, placeholder=hint)
        if across:
            named = {**labels, NONE: page.t("pickers.no_column")}
            aside = url.url_select(page.t("pickers.column"), others, named.__getitem__, COLUMN, first)
    return chosen, (None if aside == NONE else aside)


def _sentence(page: "Page", rows: Sequence[str], column: str) -> str:
    """「分けて見る：エリア・支店 × ユーザー区分」."""
    parts = [page.t("pickers.dot").join(map(md, rows)), md(column)]
    shown = " × ".join(part for part in parts if part)
    return page.t("pickers.by", dimensions=shown or page.t("pickers.by_nothing"))


def unknown(known: Sequence[Dimension]) -> list[str]:
    """What the URL asks for and nobody has: for the note that it was left out."""
    codes = {each.code for each in known} | {NONE}
    return [code for code in [*url.read_list(ROWS), *url.read_list(COLUMN)] if code not in codes]
