"""The looks of the pages: colours of the reader's theme, and the little CSS that Streamlit's theme cannot say."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from analysis.charts.theme import DARK, LIGHT, Palette, styled


def tokens() -> Palette:
    """The colours of the theme that the reader sees."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def apply() -> None:
    """Puts the CSS of `CSS` on the page, in the colours of the theme."""
    colours = tokens()
    variables = {
        "--gz-muted": colours["muted"],
        "--gz-surface": colours["surface"],
        "--gz-tag": colours["band"],
        "--gz-text": colours["text"],
        "--gz-border": colours["border"],
        "--gz-on-primary": colours["bg"],
    }
    root = ";".join(f"{name}:{value}" for name, value in variables.items())
    st.html(f"<style>:root{{{root}}}{CSS}</style>")


def show(
    build: Callable[[Palette], Any], finding: str, *, of: str, key: str | None = None, picks: str | None = None
) -> Any:
    """A chart in our looks.

    Args:
        build: makes the chart in the colours it is given.
        finding: what the chart shows in one sentence, for readers who cannot see it.
        of: everything that the chart is made of, as text: building it takes longer than all numbers in it.
        key: the element's key.
        picks: the chart's parameter that a click sets; what is picked is returned.
    """
    spec = _spec(of, tokens()["bg"], build)
    # theme=None: Streamlit's own theme would win over fonts and gridlines.
    chosen: dict[str, Any] = {"on_select": "rerun", "selection_mode": picks} if picks else {}
    return st.vega_lite_chart(spec, theme=None, width="stretch", alt=finding, key=key, **chosen)


@st.cache_data(max_entries=256, max_size="50MB", show_spinner=False)
def _spec(of: str, background: str, _build: Callable[[Palette], Any]) -> dict[str, Any]:  # noqa: ARG001 (the key)
    # Tests hold charts to Vega-Lite's schema; checking it here would double the time.
    spec = styled(_build(tokens()), tokens()).to_dict(validate=False)
    # Streamlit lays a padding of its own (20 pixels below, none above) over one that only the config names;
    # none at the sides: what is drawn ends where the tables end.
    return {**spec, "padding": {**spec["config"]["padding"], "left": 0, "right": 0}}


CSS = """
.stMain .stMainBlockContainer{max-width:72rem;padding-left:2rem;padding-right:2rem}
.stMarkdown p,.stMarkdown li{line-height:1.75}
[data-testid=stCaptionContainer] p{line-height:1.65}
[data-testid=stCaptionContainer],[data-testid=stCaptionContainer] p{color:var(--gz-muted);opacity:1!important}
h1,h2,h3{line-height:1.4!important;text-wrap:balance}
h2{padding-top:.5rem!important}
.stMain h1{padding-bottom:.25rem!important}
[data-testid=stBaseButton-primary]:not(:disabled),
[data-testid=stBaseButton-primary]:not(:disabled) p{color:var(--gz-on-primary)!important}
[data-testid=stElementContainer]:has(.stHtml script){display:none}
[data-testid=stElementToolbar] button[aria-label^="Copy Vega"]{display:none}
[data-tag]{background:var(--gz-tag)!important;color:var(--gz-text)!important}
[data-testid=stMetricValue],.num,table{font-variant-numeric:tabular-nums}
.st-key-navigation{gap:.125rem!important}
.st-key-navigation [data-testid=stCaptionContainer]{padding:1.125rem 0 .25rem}
.st-key-navigation [data-testid=stPageLink] a{padding-top:.25rem;padding-bottom:.25rem}
.st-key-preferences{border-top:1px solid var(--gz-border);margin-top:.75rem;padding-top:1.25rem}
.st-key-choices{background:var(--gz-surface);border-radius:8px;padding:.75rem 1rem}
.st-key-choices,.st-key-choices .stHorizontalBlock{row-gap:.5rem}
.st-key-choices .stPopover,.st-key-choices .stMarkdown{align-self:flex-end}
@media(max-width:640px){[data-testid=stElementToolbar]{display:none}
.st-key-choices{padding:.75rem}
.stMain .stMainBlockContainer{padding:4.25rem 1rem 4rem}
.stMain h1{font-size:1.5rem!important}}
"""
