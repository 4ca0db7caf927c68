"""Funnels under a name: what the workspace keeps, taken up into the URL, kept out of it, forgotten."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from analysis.errors import AnalysisError
from analysis.funnel_definitions import ORDERS, SETTING, Funnel, Funnels, step_text
from analysis.funnel_steps import Step
from dashboard import url
from dashboard.escape import md
from dashboard.funnel_source import OF, Source, offered
from dashboard.product_filter import BARE, GROUPING

if TYPE_CHECKING:
    from dashboard.page import Page

STEP, KEPT, NAME = "step", "funnel_kept", "funnel_name"


def funnels(page: "Page") -> Funnels:
    """Those that the workspace keeps; none where they cannot be read."""
    written = str(page.ws.setting(SETTING, "") or "")
    try:
        return Funnels.from_json(written) if written else Funnels()
    except AnalysisError:
        return Funnels()


def put(steps: Sequence[Step]) -> None:
    """Other steps, for the run that follows."""
    url.write(STEP, [step_text(step) for step in steps])


def show(source: Source, steps: Sequence[Step]) -> None:
    """Funnels under a name: one is taken up, this one is kept, one is forgotten."""
    page, kept = source.page, funnels(source.page)
    there = offered(page)
    usable = [each.name for each in kept.listed if each.of in there]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="funnels"):
        if usable:
            st.selectbox(
                page.t("funnel_page.kept"),
                usable,
                index=None,
                key=KEPT,
                placeholder=page.t("pickers.choose"),
                on_change=_take_up,
                args=(kept,),
                width=220,
            )
        name = str(st.text_input(page.t("funnel_page.name"), key=NAME, width=220) or "").strip()
        st.button(
            page.t("funnel_page.keep"),
            key="funnel_keep",
            disabled=not name or not all(step.activities for step in steps),
            on_click=_kept,
            args=(source, kept, tuple(steps)),
        )
        if name in kept.names:
            st.button(
                page.t("funnel_page.forget"),
                key="funnel_forget",
                type="tertiary",
                on_click=lambda: page.ws.set_setting(SETTING, kept.without(name).to_json()),
            )
    if name in kept.names:
        st.caption(page.t("funnel_page.replaces", name=md(name)))


def _take_up(kept: Funnels) -> None:
    funnel = kept.named(str(st.session_state[KEPT]))
    if funnel:
        put(funnel.steps)
        url.write("within", funnel.within or "none")
        url.write("order", funnel.order)
        url.write(OF, funnel.of)
        if funnel.of == ORDERS:
            url.write(GROUPING, funnel.grouping or BARE)
        st.session_state[NAME] = funnel.name


def _kept(source: Source, kept: Funnels, steps: tuple[Step, ...]) -> None:
    within = url.read("within")
    funnel = Funnel(
        str(st.session_state[NAME]).strip(),
        steps,
        None if within == "none" else within,
        url.read("order") or "in_order",
        source.of,
        source.grouping.name if source.grouping else None,
    )
    source.page.ws.set_setting(SETTING, kept.kept(funnel).to_json())
