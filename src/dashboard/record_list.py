"""The records behind a number: a heading, the list, as long as the number says, and its download."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.tables import KINDS
from dashboard import downloads, widths
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

LAZY_FROM = 20_000
DAYS = "%Y/%m/%d"


def show(
    page: "Page",
    frame: pd.DataFrame,
    kind: str,
    title: str,
    *,
    key: str,
    headers: Mapping[str, str] | None = None,
    definitions: Sequence[tuple[str, str]] = (),
    first: Sequence[str] = (),
) -> None:
    """A list with its heading and its download.

    Args:
        frame: the records, in the order in which they are shown.
        kind: of table; its roles get their words.
        title: what they are, with how many, as plain text.
        key: of the elements, unique on the page.
        headers: column -> heading, for columns that are no role and no column of a file.
        definitions: term and meaning, for the download.
        first: the columns that stand at the front.
    """
    ordered = frame[[*(name for name in first if name in frame), *(n for n in frame.columns if n not in first)]]
    named = words(page, ordered, kind, headers or {})
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(page, ordered, name=title, key=f"download_{key}", headers=named, definitions=definitions)
    table(page, ordered, kind, named, key=key, alt=title)


def words(page: "Page", frame: pd.DataFrame, kind: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Column -> heading: ours, a role's, or the file's own."""
    roles = KINDS[kind].roles
    return {
        name: headers[name] if name in headers else page.role(kind, name) if name in roles else name
        for name in frame.columns
    }


def table(page: "Page", frame: pd.DataFrame, kind: str, headers: Mapping[str, str], *, key: str, alt: str) -> None:
    """The list itself: dates as a reader writes them, the first column stays in sight, names as the switch says."""
    shown = page.mask(frame, kind).copy()
    for name in shown.columns:
        if pd.api.types.is_datetime64_any_dtype(shown[name]):
            shown[name] = shown[name].dt.strftime(DAYS).where(shown[name].notna(), "")
    config = {name: _column(shown[name], headers.get(name, name), i == 0) for i, name in enumerate(shown.columns)}
    st.dataframe(
        shown,
        key=key,
        hide_index=True,
        column_config=config,
        placeholder="",
        height="auto",
        lazy=True if len(shown) > LAZY_FROM else None,
        alt=alt,
    )


def _column(values: pd.Series, header: str, pinned: bool) -> Any:
    if pd.api.types.is_float_dtype(values) or pd.api.types.is_integer_dtype(values):
        whole = bool((values.dropna() % 1 == 0).all())
        return st.column_config.NumberColumn(header, format="localized" if whole else "%.1f", pinned=pinned)
    return st.column_config.TextColumn(header, pinned=pinned, width=widths.of_values(values, header))
