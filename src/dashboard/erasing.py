"""Erasing for good: what will go is said before, what went is said after."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import figures, guard, history, incoming, work
from dashboard.desk import desk
from dashboard.escape import md
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import

_ERASED = "_erased"


def show(page: Page) -> None:
    """One import, or everything."""
    _erased(page)
    imports = page.ws.imports()[::-1]
    if not imports:
        st.info(page.t("data.erase_empty"), icon=":material/inbox:")
        return
    st.caption(page.t("data.erase_undo_hint"))
    _one(page, imports)
    _all(page, imports)


def _one(page: Page, imports: list["Import"]) -> None:
    by_id = {each.id: each for each in imports}

    def words(code: str) -> str:
        each = by_id[code]
        return f"{page.t(f'data.kind_{each.kind}')}　{history.covers(each)}　{page.file_name(each)}"

    st.subheader(page.t("data.erase_one"), anchor=False)
    with st.container(border=True):
        code = st.selectbox(page.t("data.erase_one_pick"), list(by_id), format_func=words, key="erase_pick")
        each = by_id[code]
        goes = page.t("data.erase_goes_import", accepted=each.accepted, refused=each.refused)
        st.markdown(f"**{page.t('data.erase_goes')}**　{goes}")
        sure = st.checkbox(page.t("data.erase_tick"), key=f"erase_sure_{code}")
        if st.button(page.t("data.erase_button"), icon=":material/delete:", disabled=not sure, key="erase_one"):
            name = page.file_name(each)
            _do(page, lambda: page.ws.erase(code), page.t("data.erased_import", name=name))


def _all(page: Page, imports: list["Import"]) -> None:
    st.subheader(page.t("data.erase_all"), anchor=False)
    with st.container(border=True):
        size = figures.size(sum(page.ws.disk().values()))
        goes = page.t("data.erase_goes_all", n=len(imports), size=size)
        st.markdown(f"**{page.t('data.erase_goes')}**　{goes}")
        word = page.t("data.erase_all_word")
        typed = st.text_input(page.t("data.erase_all_type", word=word), key="erase_word", autocomplete="off", width=320)
        sure = typed.strip().casefold() == word.casefold()
        label = page.t("data.erase_all_button")
        if st.button(label, icon=":material/delete_forever:", type="primary", disabled=not sure, key="erase_all"):
            _do(page, lambda: _everything(page), "")


def _everything(page: Page) -> Any:
    """The workspace, and the files that wait to be imported."""
    incoming.of(guard.folder()).discard_all()
    return page.ws.erase_all()


def _do(page: Page, task: Any, sentence: str) -> None:
    with page.mistakes():
        erased = work.run(page.t("data.erasing"), task)
    st.cache_data.clear()
    table = desk()
    table.imported = table.mistake = None
    st.session_state[_ERASED] = (sentence, erased)
    st.rerun()


def _erased(page: Page) -> None:
    """What went, said once."""
    if _ERASED not in st.session_state:
        return
    sentence, erased = st.session_state.pop(_ERASED)
    removed = page.t("data.erased_files", n=erased.files, size=figures.size(erased.bytes))
    st.success(f"{md(sentence)} {removed}".strip(), title=page.t("data.erased"), icon=":material/check_circle:")
