"""What a page gets from the guard: its words, its workspace, cached numbers, masked tables."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.words import catalogue, text
from dashboard import cache, guard, masking

if TYPE_CHECKING:
    from analysis.workspace import Workspace


@dataclass(frozen=True)
class Page:
    """One run of a page, for one reader.

    `lang` is "ja" or "en"; `ws` the workspace; `names_hidden` says that no personal column, mail
    address or file name may be shown: send every table through `mask`.
    """

    name: str
    lang: str
    ws: "Workspace"
    names_hidden: bool

    def t(self, key: str, **fields: object) -> str:
        """The words of `key` in the page's language."""
        return text(self.lang, key, **fields)

    def role(self, kind: str, role: str) -> str:
        """What a role is called; a kind of table may have a word of its own for it."""
        own = f"data.role_{kind}_{role}"
        return self.t(own if own in catalogue(self.lang) else f"data.role_{role}")

    def heading(self, title: str, sentence: str | None = None) -> None:
        """The title of a page, and under it what it does in one sentence of Markdown."""
        st.title(title, anchor=False)
        if sentence:
            st.markdown(sentence)

    def title(self, definition: str) -> None:
        """Question, term, one sentence and 「計算のしかた」, from the definition of that key."""
        from dashboard import definition as head  # it needs this module's Page

        head.title(self, definition)

    def mistakes(self) -> AbstractContextManager[None]:
        """`with page.mistakes():` turns an AnalysisError into one sentence and stops the page."""
        return guard.mistakes(self.lang, self.names_hidden)

    def sentence(self, error: AnalysisError) -> str:
        """An error in the page's language, without names of files while names are hidden."""
        return guard.sentence(error, self.lang, self.names_hidden)

    def run(self, metric: Callable[..., Any], *args: Any, **kwargs: Any) -> pd.DataFrame:
        """`ws.run(metric, …)`, remembered until the workspace changes."""
        return cache.run(self.ws, metric, args, kwargs)

    def personal(self, *kinds: str) -> set[str]:
        """Columns of these kinds that hold names, mail addresses or phone numbers."""
        return masking.personal(self.ws, kinds)

    def dimensions(self, kind: str) -> list[str]:
        """Columns to choose from; personal ones are not among them while names are hidden."""
        hidden = self.personal(kind) if self.names_hidden else set()
        return [name for name in self.ws.dimensions(kind) if name not in hidden]

    def mask(self, frame: pd.DataFrame, *kinds: str) -> pd.DataFrame:
        """`frame` as it may be shown and downloaded: unchanged, or without names while they are hidden."""
        return masking.mask(frame, self.ws, kinds or tuple(masking.KINDS)) if self.names_hidden else frame

    def file_name(self, imported: Any) -> str:
        """A file's name, or 「取り込み 3」 while names are hidden."""
        if self.names_hidden:
            return self.t("app.import_number", number=int(imported.id))
        return str(imported.name)
