"""How the user list changed: who came, who left, whose entry is another one now."""

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.tables import KINDS
from dashboard import downloads, figures, work
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import

CHANGES = ("came", "left", "changed")
SHOWN = 1000


def show(page: Page) -> None:
    """Two of the lists side by side; nothing where there are not two."""
    lists = [each for each in page.ws.rosters() if each.state == "active"]
    if len(lists) < 2:
        return
    st.subheader(page.t("data.rosters"), anchor=False)
    st.caption(page.t("data.rosters_note"))
    older, newer = _pick(page, lists)
    if older.id == newer.id:
        st.info(page.t("data.same_rosters"))
        return
    with page.mistakes():
        changes = work.run(page.t("data.working"), lambda: page.ws.compare_rosters(older.id, newer.id))
    _counts(page, changes)
    _list(page, changes)


def _pick(page: Page, lists: list["Import"]) -> tuple["Import", "Import"]:
    by_id = {each.id: each for each in lists}
    names = {code: f"{figures.day(each.as_of, page.lang)}　{page.file_name(each)}" for code, each in by_id.items()}
    often = Counter(names.values())

    def words(code: str) -> str:
        """Day and file; the number of the import too where two of one day are called alike."""
        return names[code] + (f"　#{int(code)}" if often[names[code]] > 1 else "")

    codes = list(by_id)
    left, right = st.columns(2)
    older = left.selectbox(page.t("data.older"), codes, index=len(codes) - 2, format_func=words, key="roster_older")
    newer = right.selectbox(page.t("data.newer"), codes, index=len(codes) - 1, format_func=words, key="roster_newer")
    return by_id[older], by_id[newer]


def _counts(page: Page, changes: pd.DataFrame) -> None:
    people = changes.groupby("change")["user_id"].nunique()
    with st.grid(3, min_column_width=150):
        for change in CHANGES:
            st.metric(page.t(f"data.change_{change}"), page.t("data.persons", n=int(people.get(change, 0))))


def _list(page: Page, changes: pd.DataFrame) -> None:
    shown = changes if not page.names_hidden else changes[~changes["column"].isin(page.personal("users"))]
    frame = page.mask(shown).assign(
        change=[page.t(f"data.change_{change}") for change in shown["change"]],
        column=[_column(page, column) for column in shown["column"]],
    )
    is_change = shown["change"] == "changed"
    for side in ("before", "after"):
        frame[side] = frame[side].fillna(is_change.map({True: page.t("data.blank"), False: ""}))
    headers = {
        "user_id": page.t("data.role_user_id"),
        "change": page.t("data.change"),
        "column": page.t("data.column"),
        "before": page.t("data.before"),
        "after": page.t("data.after"),
    }
    table = frame.head(SHOWN).rename(columns=headers)
    st.dataframe(table, hide_index=True, height=300, key="roster_changes", alt=page.t("data.rosters"))
    if len(frame) > SHOWN:
        st.caption(page.t("data.refused_first", n=SHOWN))
    downloads.button(page, frame, name=page.t("data.compare_file"), key="roster_file", headers=headers)


def _column(page: Page, column: str | None) -> str:
    """A role by the page's word for it, any other column by its header."""
    if column is None or pd.isna(column):
        return ""
    return page.t(f"data.role_{column}") if column in KINDS["users"].roles else column
