"""The phases: their order, and which of them mean won and lost; shown, and changed by whoever knows them."""

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.phase_plan import PhasePlan
from analysis.phases import LOST, OPEN, WON
from dashboard import figures
from dashboard.escape import md
from dashboard.pipeline_answers import PHASES, Deals

if TYPE_CHECKING:
    from dashboard.page import Page

MEANINGS = (OPEN, WON, LOST)


def show(page: "Page", answers: Deals) -> None:
    """A popover that says which phases are won and lost; in it the table that changes them."""
    said = {
        outcome: page.t("pickers.dot").join(
            md(str(phase)) for phase in answers.meanings.loc[answers.meanings["outcome"] == outcome, "phase"].dropna()
        )
        or page.t("pipeline.none")
        for outcome in (WON, LOST)
    }
    with st.popover(page.t("pipeline.phases", **said), icon=":material/flag:", key="popover_phases"):
        _form(page, answers)
    if answers.left_out:
        names = page.t("pickers.comma").join(map(md, answers.left_out))
        st.warning(page.t("pipeline.left_out", names=names), icon=":material/warning:")


def _form(page: "Page", answers: Deals) -> None:
    lines = _lines(page, answers)
    mark = blake2s(repr((lines, page.lang)).encode(), digest_size=4).hexdigest()
    with st.form("phases_form", border=False):
        edited = st.data_editor(
            pd.DataFrame(lines, columns=["place", "phase", "meaning", "deals"]),
            hide_index=True,
            column_config=_columns(page),
            height="content",
            key=f"phases_table_{mark}",
            placeholder="",
        )
        st.caption(page.t("pipeline.editor_note"))
        with st.container(horizontal=True, gap="small"):
            save = st.form_submit_button(page.t("pipeline.save"), type="primary")
            back = st.form_submit_button(page.t("pipeline.by_words"), type="tertiary") if answers.kept else False
    if back:
        page.ws.set_setting(PHASES, "")
        st.rerun()
    if save:
        _save(page, edited)


def _lines(page: "Page", answers: Deals) -> list[dict[str, Any]]:
    """The phases in their order, those without a place after them."""
    places = {row["phase"]: int(row["position"]) for row in answers.placed.to_dict("records") if row["outcome"] == OPEN}
    rows = []
    for row in answers.meanings.to_dict("records"):
        if figures.is_missing(row["phase"]):
            continue
        words = page.t(f"pipeline.means_{row['outcome']}")
        place = places.get(row["phase"])
        rows.append({"place": place, "phase": row["phase"], "meaning": words, "deals": int(row["deals"])})
    return sorted(rows, key=lambda row: (row["place"] is None, row["place"] or 0, str(row["phase"])))


def _columns(page: "Page") -> dict[str, Any]:
    config = st.column_config
    return {
        "place": config.NumberColumn(page.t("process.column_place"), min_value=1, step=1, width="small"),
        "phase": config.TextColumn(page.t("pipeline.column_phase"), disabled=True),
        "meaning": config.SelectboxColumn(
            page.t("pipeline.column_meaning"),
            options=[page.t(f"pipeline.means_{code}") for code in MEANINGS],
            required=True,
        ),
        "deals": config.NumberColumn(page.t("pipeline.column_deals"), disabled=True, format="localized"),
    }


def _save(page: "Page", edited: pd.DataFrame) -> None:
    """Keeps what the phases mean, or says in one sentence what is wrong with it."""
    codes = {page.t(f"pipeline.means_{code}"): code for code in MEANINGS}
    named = edited.assign(_code=edited["meaning"].map(codes))
    still = named[named["_code"] == OPEN]
    placed = still.dropna(subset=["place"]).sort_values("place")
    if placed["place"].duplicated().any():
        st.error(page.t("process.same_place", place=int(placed.loc[placed["place"].duplicated(), "place"].iloc[0])))
        return
    if 0 < len(placed) < len(still):
        st.error(page.t("pipeline.every_place"))
        return
    lists = (placed["phase"], *(named.loc[named["_code"] == code, "phase"] for code in (WON, LOST)))
    try:
        plan = PhasePlan(*(tuple(map(str, each)) for each in lists))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)))
        return
    page.ws.set_setting(PHASES, plan.to_json())
    st.rerun()
