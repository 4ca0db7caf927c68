"""Notes about a customer: written down by whoever looks after them, with author and time."""

from datetime import datetime
from typing import TYPE_CHECKING

import streamlit as st

from analysis.customer_notes import LONGEST, CustomerNotes, Note
from analysis.errors import AnalysisError
from dashboard import guard
from dashboard.escape import md

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.page import Page

SETTING = "customer_notes"


def kept(page: "Page") -> CustomerNotes:
    """All notes of the workspace."""
    written = page.ws.setting(SETTING, "")
    return CustomerNotes.from_json(written) if written else CustomerNotes()


def show(page: "Page", customer: str | None, merges: "Mapping[str, str]") -> None:
    """The notes about one customer, the newest first, and room for one more."""
    st.subheader(page.t("customer.notes"), anchor=False)
    mine = kept(page).of(customer, merges)
    if page.names_hidden:
        st.caption(page.t("customer.notes_hidden", n=len(mine)))
        return
    for note in mine:
        _note(page, note)
    with st.form(f"new_note_{customer}", clear_on_submit=True, border=False):
        text = st.text_area(
            page.t("customer.new_note"),
            max_chars=LONGEST,
            height=80,
            key=f"note_text_{customer}",
            label_visibility="collapsed",
            placeholder=page.t("customer.new_note"),
        )
        if st.form_submit_button(page.t("customer.add_note"), icon=":material/add:"):
            who, at = _stamp()
            _keep(page, lambda notes: notes.add(customer, text, who=who, at=at))


def _note(page: "Page", note: Note) -> None:
    with st.container(border=True, key=f"note_{note.number}"):
        st.text(note.text)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.caption(_signed(page, note), width="content")
            with st.popover(page.t("customer.change_note"), type="tertiary", key=f"change_{note.number}"):
                _change(page, note)
            with st.popover(page.t("customer.remove_note"), type="tertiary", key=f"remove_{note.number}"):
                st.markdown(page.t("customer.remove_sure"))
                if st.button(page.t("customer.remove_yes"), key=f"remove_yes_{note.number}"):
                    _keep(page, lambda notes: notes.remove(note.number))


def _signed(page: "Page", note: Note) -> str:
    somebody = page.t("customer.somebody")
    words = page.t("customer.by", who=md(note.who or somebody), at=note.at)
    if note.changed_at:
        words += page.t("customer.changed", who=md(note.changed_by or somebody), at=note.changed_at)
    return words


def _change(page: "Page", note: Note) -> None:
    with st.form(f"change_form_{note.number}", border=False):
        text = st.text_area(page.t("customer.note"), note.text, max_chars=LONGEST, key=f"change_text_{note.number}")
        if st.form_submit_button(page.t("customer.save_note")):
            who, at = _stamp()
            _keep(page, lambda notes: notes.change(note.number, text, who=who, at=at))


def _stamp() -> tuple[str | None, str]:
    return guard.who(), f"{datetime.now():%Y-%m-%d %H:%M}"


def _keep(page: "Page", change) -> None:  # type: ignore[no-untyped-def]
    """Keeps the notes as they are after a change, or says in one sentence why not."""
    try:
        notes = change(kept(page))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)))
        return
    page.ws.set_setting(SETTING, notes.to_json())
    st.rerun()
