"""The page's language: from the URL, else what this visit chose before, else from the browser."""

import streamlit as st

from analysis.words import LANGUAGES

NAMES = {"ja": "日本語", "en": "English"}
_CHOSEN = "_language"


def choose() -> str:
    """The language of this run; the URL always carries it, so that a link keeps it."""
    asked = st.query_params.get("lang")
    lang = asked if asked in LANGUAGES else st.session_state.get(_CHOSEN) or _of_browser()
    st.session_state[_CHOSEN] = lang
    if asked != lang:
        st.query_params["lang"] = lang
    return lang


def _of_browser() -> str:
    return "ja" if (st.context.locale or "ja").lower().startswith("ja") else "en"


def switch(lang: str, label: str) -> None:
    """日本語 | English."""
    st.session_state["language"] = lang
    st.segmented_control(
        label,
        LANGUAGES,
        format_func=NAMES.__getitem__,
        key="language",
        required=True,
        label_visibility="collapsed",
        on_change=_switched,
    )


def _switched() -> None:
    st.query_params["lang"] = st.session_state["language"]


def mark_document(lang: str) -> None:
    """Streamlit says `<html lang="en">` whatever the page's language; browsers choose glyphs by it."""
    assert lang in LANGUAGES
    st.html(f"<script>document.documentElement.lang='{lang}'</script>", unsafe_allow_javascript=True)
