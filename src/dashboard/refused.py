"""Refused rows: line, reason, value, column; all of them as CSV."""

import json
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from dashboard import downloads
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import

SHOWN = 200


def show(page: Page, imported: "Import", key: str) -> None:
    """The refused rows of an import: one sentence, a table, a download."""
    if not imported.refused:
        st.caption(page.t("data.refused_none"))
        return
    shown = page.mask(table(page, imported, SHOWN))
    st.warning(page.t("data.refused_note", n=imported.refused), icon=":material/rule:")
    st.dataframe(
        shown,
        hide_index=True,
        key=f"{key}_table",
        height="content" if len(shown) < 10 else 380,
        alt=page.t("data.refused"),
        column_config={
            page.t("data.line"): st.column_config.NumberColumn(width="small", format="localized"),
            page.t("data.reason"): st.column_config.TextColumn(width="large"),
        },
    )
    if imported.refused > SHOWN:
        st.caption(page.t("data.refused_first", n=SHOWN))
    downloads.csv_button(
        page,
        page.t("data.refused_csv", n=imported.refused),
        lambda: table(page, imported),
        name=f"{page.t('data.refused_file')}_{int(imported.id)}",
        key=f"{key}_csv",
        of=(imported.id, imported.sha256),
    )


def table(page: Page, imported: "Import", most: int | None = None) -> pd.DataFrame:
    """Line, reason, value, column and the row as written, in the page's words; all rows, or the first `most`.

    While names are hidden, values of personal columns are masked and the row as written, which
    may hold anything, is left away.
    """
    rows = page.ws.refused(imported.id)[:most]
    personal = rows["column"].isin(imported.mapping.personal) if page.names_hidden else False
    blank = rows["value"].isna() | (rows["value"] == "")
    shown = pd.DataFrame(
        {
            page.t("data.line"): rows["line"],
            page.t("data.reason"): _reasons(page, rows),
            page.t("data.value"): rows["value"]
            .mask(~blank & personal, page.t("app.hidden"))
            .mask(blank, page.t("data.blank")),
            page.t("data.column"): rows["column"],
        }
    )
    return shown if page.names_hidden else shown.assign(**{page.t("data.raw"): rows["row"].map(_as_written)})


def _reasons(page: Page, rows: pd.DataFrame) -> list[str]:
    """Each reason in words; a file may refuse a hundred thousand rows for the same one."""
    pairs = list(zip(rows["reason"], rows["fields"], strict=True))
    words = {pair: page.t(f"reasons.{pair[0]}", **json.loads(pair[1] or "{}")) for pair in set(pairs)}
    return [words[pair] for pair in pairs]


def _as_written(row: str | None) -> str:
    return ", ".join("" if cell is None else str(cell) for cell in json.loads(row or "[]"))
