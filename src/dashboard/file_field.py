"""A file field of our own: it streams to disk, speaks the page's language and works from the keyboard."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard import figures, guard, incoming

if TYPE_CHECKING:
    from dashboard.page import Page

_HERE = Path(__file__).parent
_WORDS = ("label", "choose", "hint", "cancel", "sending", "checking", "too_large", "failed", "refused")
_field = st.components.v2.component(
    "file_field",
    html=(_HERE / "file_field.html").read_text(encoding="utf-8"),
    css=(_HERE / "file_field.css").read_text(encoding="utf-8"),
    js=(_HERE / "file_field.js").read_text(encoding="utf-8"),
)


def session_id() -> str:
    """Streamlit's id of this visit."""
    context = get_script_run_ctx()
    return context.session_id if context else ""


def file_field(page: "Page", *, key: str = "file_field", label: str | None = None) -> incoming.Arrival | None:
    """The field, under its usual label or another; a file that has just arrived whole, else None."""
    store = incoming.of(guard.folder())
    limit = figures.size(incoming.LIMIT)
    answer = _field(
        key=key,
        data={
            "token": store.token(session_id()),
            "limit": incoming.LIMIT,
            "words": {word: _word(page, word, limit) for word in _WORDS} | ({"label": label} if label else {}),
        },
        on_arrived_change=lambda: None,
    )
    return store.claim(answer.arrived, session_id()) if answer.arrived else None


def _word(page: "Page", word: str, limit: str) -> str:
    """A word with the limit filled in; the other fields are filled in by the browser."""
    return page.t(f"data.field_{word}").replace("{limit}", limit)
