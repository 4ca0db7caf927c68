"""What a reader sees where the app itself is at fault: one sentence in their language, never a traceback."""

import logging

import streamlit as st

from analysis.words import text
from dashboard import language

log = logging.getLogger("genzaichi")


def show(error: Exception) -> bool:
    """Writes the traceback to the log and the sentence to the page. True: Streamlit adds nothing of its own."""
    log.error("a page failed", exc_info=error)
    st.error(text(language.choose(), "app.mishap", kind=type(error).__name__), icon=":material/error:")
    return True
