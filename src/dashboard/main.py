"""Every visit runs this: language, sidebar, and the page that was asked for."""

import streamlit as st

from analysis.words import text
from dashboard import guard, language, mark, navigation

LINKS = "_links"  # the last choices of every page, so that its link leads back to them


def pages(lang: str) -> dict[str, st.Page]:
    """Streamlit's pages by name."""
    return {
        entry.name: st.Page(
            entry.path,
            title=f"{text(lang, f'app.nav_{entry.name}')} – {text(lang, 'app.name')}",
            url_path=entry.url,
            default=entry.name == "home",
        )
        for entry in navigation.entries()
    }


def sidebar(known: dict[str, st.Page], lang: str) -> None:
    """Mark, groups of questions, language, names."""
    links = st.session_state.setdefault(LINKS, {})
    with st.sidebar:
        with st.container(key="navigation", gap=None):
            for group, entries in navigation.groups().items():
                if group:
                    st.caption(text(lang, f"app.group_{group}"))
                for entry in entries:
                    label = text(lang, f"app.nav_{entry.name}")
                    params = links.get(entry.name, {}) | {"lang": lang}
                    st.page_link(known[entry.name], label=label, icon=entry.icon, query_params=params)
        with st.container(key="preferences"):
            language.switch(lang, text(lang, "app.language"))
            with guard.mistakes(lang):
                guard.names_switch(guard.workspace(), lang)


st.set_page_config(page_icon=str(mark.FAVICON), layout="wide", initial_sidebar_state="auto")
lang = language.choose()
guard.dress(lang)
st.logo(mark.logo(lang), size="large")
known = pages(lang)
page = st.navigation(list(known.values()), position="hidden")
sidebar(known, lang)
guard.enter(page.run, lang)
name = next(name for name, candidate in known.items() if candidate == page)
st.session_state[LINKS][name] = st.query_params.to_dict()
