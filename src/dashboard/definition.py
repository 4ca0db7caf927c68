"""The head of a page: the question, the term with its one sentence, and 「計算のしかた」."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

HEAD = ("term", "sentence", "formula")


def title(page: "Page", key: str) -> None:
    """Question, term and sentence of the definition `key`; the rest of it opens beside them."""
    definition = DEFINITIONS[key]
    words = definition.words(page.lang)
    st.title(page.t(f"app.nav_{page.name}"), anchor=False)
    with st.container(horizontal=True, gap="small", vertical_alignment="center", key="definition"):
        st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}", width="content")
        with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how"):
            st.markdown(f"**{md(words['term'])}**  \n{md(words['formula'])}")
            parts = zip(definition.parts, definition.rows(page.lang), strict=True)
            rest = [[md(left), md(right)] for part, (left, right) in parts if part not in HEAD]
            st.table(pd.DataFrame(rest), border="horizontal", hide_index=True, hide_header=True)
