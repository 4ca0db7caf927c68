"""The guard every page starts with: language, workspace, names hidden; no page runs without the door."""

import getpass
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from analysis.errors import AnalysisError
from analysis.words import text
from dashboard import language, theme
from dashboard.escape import md
from dashboard.navigation import ROOT

if TYPE_CHECKING:
    from analysis.workspace import Workspace
    from dashboard.page import Page

_DOOR = "_door"
_HIDDEN = "_names_hidden"
TELLING = ("name", "file", "value", "table")  # fields of an error that may hold a name


def folder() -> Path:
    """Where the data lives: `GENZAICHI_WORKSPACE`, else ./workspace beside app.py."""
    return Path(os.environ.get("GENZAICHI_WORKSPACE") or ROOT / "workspace").expanduser().resolve()


def workspace() -> "Workspace":
    """The workspace of this server; `Workspace.open` keeps one per folder and process."""
    from analysis.workspace import Workspace

    return Workspace.open(folder())


def who() -> str | None:
    """Who is asking: on one's own computer, the account one is signed in with."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name, as in some containers
        return None


def enter(run: Callable[[], None], lang: str) -> None:
    """Runs the chosen page; only inside this call does `open_page` open."""
    st.session_state[_DOOR] = lang
    try:
        run()
    finally:
        st.session_state.pop(_DOOR, None)


def open_page(name: str) -> "Page":
    """The page `name`: its words, its workspace, its looks; stops the script where it may not run."""
    from dashboard.page import Page

    lang = st.session_state.get(_DOOR)
    if lang is None:
        st.error(text(language.choose(), "app.no_door"))
        st.stop()
    with mistakes(lang):
        ws = workspace()
    return Page(name=name, lang=lang, ws=ws, names_hidden=names_hidden(ws))


def names_hidden(ws: "Workspace") -> bool:
    """Whether names are hidden; the workspace remembers it, so that a reload does not show them."""
    if _HIDDEN not in st.session_state:
        st.session_state[_HIDDEN] = bool(ws.setting("names_hidden", False))
    return bool(st.session_state[_HIDDEN])


def names_switch(ws: "Workspace", lang: str) -> None:
    """「名前を隠す」."""

    def switched() -> None:
        st.session_state[_HIDDEN] = st.session_state["names_hidden"]
        ws.set_setting("names_hidden", st.session_state["names_hidden"])

    st.session_state["names_hidden"] = names_hidden(ws)
    st.toggle(text(lang, "app.hide_names"), key="names_hidden", on_change=switched, help=text(lang, "app.hide_help"))


@contextmanager
def mistakes(lang: str, names_hidden: bool = False) -> Iterator[None]:
    """A mistake of a reader or a file becomes one sentence, and the page stops there."""
    try:
        yield
    except AnalysisError as error:
        st.error(md(sentence(error, lang, names_hidden)), icon=":material/error:")
        st.stop()


def sentence(error: AnalysisError, lang: str, names_hidden: bool = False) -> str:
    """The error in words. While names are hidden, file names and values from files are not among them."""
    if names_hidden:
        error = copy(error)
        error.fields = {
            name: text(lang, "app.hidden") if name in TELLING and isinstance(value, str) else value
            for name, value in error.fields.items()
        }
    return error.text(lang)


def dress(lang: str) -> None:
    """The looks and the language of the document."""
    theme.apply()
    language.mark_document(lang)
