"""The history of imports: every row accounted for; undo, redo, refused rows of the one that is selected."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.tables import KINDS
from dashboard import downloads, figures, refused, widths, work
from dashboard.escape import md
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import


def equation(page: Page, imported: "Import") -> str:
    """読んだ行 ＝ 取り込んだ行 ＋ 重複 ＋ 取り込めなかった行, with the numbers."""
    return page.t(
        "data.equation",
        read=imported.read,
        accepted=imported.accepted,
        duplicates=imported.duplicates,
        refused=imported.refused,
    )


def show(page: Page) -> None:
    """The history, newest first."""
    st.subheader(page.t("data.history"), anchor=False)
    imports = page.ws.imports()[::-1]
    if not imports:
        st.caption(page.t("data.history_empty"))
        return
    st.caption(page.t("data.history_note"))
    frame = table(page, imports)
    chosen = st.dataframe(
        frame,
        hide_index=True,
        key=f"history_{page.ws.version}",  # another state of the workspace begins without a selection
        on_select="rerun",
        selection_mode="single-row",
        height="content" if len(frame) < 12 else 440,
        alt=page.t("data.history"),
        column_config={
            page.t("data.kind"): st.column_config.TextColumn(width=widths.of_values(frame[page.t("data.kind")])),
            page.t("data.file"): st.column_config.TextColumn(width="medium"),
            **dict.fromkeys(_counts(page), st.column_config.NumberColumn(format="localized")),
        },
    )
    rows = chosen["selection"]["rows"]
    with st.container(horizontal=True, vertical_alignment="center"):
        if rows:
            _change(page, imports[rows[0]])
        else:
            st.caption(page.t("data.history_select"), width="stretch")
        downloads.button(page, frame, name=page.t("data.history_file"), key="history_file")
    if rows and imports[rows[0]].refused:
        refused.show(page, imports[rows[0]], key="history_refused")


def table(page: Page, imports: list["Import"]) -> pd.DataFrame:
    """The history as a table; the columns stand in the order of the equation."""
    frame = pd.DataFrame(
        {
            page.t("data.when"): [figures.moment(each.imported_at.astimezone()) for each in imports],
            page.t("data.kind"): [page.t(f"data.kind_{each.kind}") for each in imports],
            **dict(zip(_counts(page), zip(*map(_numbers, imports), strict=True), strict=True)),
            page.t("data.state"): [page.t(f"data.state_{each.state}") for each in imports],
            page.t("data.covers"): [covers(each) for each in imports],
            page.t("data.file"): [page.file_name(each) for each in imports],
        }
    )
    return frame if page.names_hidden else frame.assign(**{page.t("data.who"): [each.who or "" for each in imports]})


def _counts(page: Page) -> list[str]:
    return [page.t("data.read"), page.t("data.accepted"), page.t("data.duplicates"), page.t("data.refused_rows")]


def _numbers(each: "Import") -> tuple[int, int, int, int]:
    return each.read, each.accepted, each.duplicates, each.refused


def covers(each: "Import") -> str:
    """The day of a list, or the days that a log reaches over."""
    if KINDS[each.kind].snapshot:
        return figures.day_short(each.as_of)
    if each.first is None or each.last is None:
        return figures.NONE
    return f"{figures.day_short(each.first)} – {figures.day_short(each.last)}"


def _change(page: Page, chosen: "Import") -> None:
    """Undo or redo of the selected import."""
    undoing = chosen.active
    label = page.t("data.undo") if undoing else page.t("data.redo")
    icon = ":material/undo:" if undoing else ":material/redo:"
    if st.button(label, icon=icon, key="change_state"):
        with page.mistakes():
            work.run(page.t("data.working"), lambda: (page.ws.undo if undoing else page.ws.redo)(chosen.id))
        st.rerun()
    st.caption(f"{md(page.file_name(chosen))}　{page.t('data.undo_note') if undoing else ''}", width="stretch")
