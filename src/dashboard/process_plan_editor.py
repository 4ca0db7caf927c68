"""The order of the steps, whose turn it is in each, and where a case is finished: given by somebody, never guessed."""

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.process_plan import SIDES, Plan
from dashboard.escape import md
from dashboard.process_answers import BY_STEP, SETTING, Process

if TYPE_CHECKING:
    from dashboard.page import Page


def show(page: "Page", answers: Process) -> None:
    """The order behind a popover; where nobody has given one yet, the proposal, and the page stops there."""
    if answers.plan is None:
        _ask(page, answers)
        st.stop()
    ends = page.t("pickers.dot").join(map(md, answers.plan.finals))
    label = page.t("process.plan", n=len(answers.plan.steps), ends=ends)
    with st.popover(label, icon=":material/format_list_numbered:", key="popover_plan"):
        _form(page, answers, answers.plan, page.t("process.save"))
    for key, names in (("unlisted", answers.unlisted), ("absent", answers.absent)):
        if names:
            st.caption(page.t(f"process.{key}_steps", names=page.t("pickers.comma").join(map(md, names))))


def _ask(page: "Page", answers: Process) -> None:
    """The order of first appearance, clearly called a proposal."""
    with st.container(border=True, key="proposal"):
        st.markdown(f"**{page.t('process.confirm')}**")
        st.markdown(page.t("process.confirm_note"))
        if answers.known_steps:
            _form(page, answers, Plan(answers.known_steps), page.t("process.take"))
        else:
            st.caption(page.t("process.no_steps"))


def _form(page: "Page", answers: Process, plan: Plan, save: str) -> None:
    with st.form("plan_form", border=False):
        edited = st.data_editor(
            pd.DataFrame(_lines(page, answers, plan)),
            hide_index=True,
            column_config=_columns(page),
            height="content",
            key=f"plan_table_{blake2s(plan.to_json().encode(), digest_size=4).hexdigest()}_{page.lang}",
            placeholder="",
        )
        st.caption(page.t("process.editor_note" if answers.ball == BY_STEP else "process.editor_column"))
        if st.form_submit_button(save, type="primary"):
            _save(page, edited)


def _lines(page: "Page", answers: Process, plan: Plan) -> list[dict[str, Any]]:
    words = {side: page.t(f"process.side_{side}") for side in SIDES}
    rest = [step for step in answers.known_steps if step not in plan.steps]
    placed = [*enumerate(plan.steps, 1), *((None, step) for step in rest)]
    return [
        {
            "place": place,
            "step": step,
            "side": words.get(plan.sides.get(step, "")),
            "end": place is not None and step in plan.finals,
        }
        for place, step in placed
    ]


def _columns(page: "Page") -> dict[str, Any]:
    config = st.column_config
    return {
        "place": config.NumberColumn(page.t("process.column_place"), min_value=1, step=1, width="small"),
        "step": config.TextColumn(page.t("process.column_step"), disabled=True),
        "side": config.SelectboxColumn(
            page.t("process.column_ball"), options=[page.t(f"process.side_{side}") for side in SIDES]
        ),
        "end": config.CheckboxColumn(page.t("process.column_end"), width="small"),
    }


def _save(page: "Page", edited: pd.DataFrame) -> None:
    """Keeps the order, or says in one sentence what is wrong with it."""
    places = edited["place"].dropna()
    if places.duplicated().any():
        st.error(page.t("process.same_place", place=int(places[places.duplicated()].iloc[0])))
        return
    rows = edited.dropna(subset=["place"]).sort_values("place").to_dict("records")
    codes = {page.t(f"process.side_{side}"): side for side in SIDES}
    sides = {row["step"]: codes[row["side"]] for row in rows if row["side"] in codes}
    try:
        plan = Plan(tuple(row["step"] for row in rows), sides, tuple(row["step"] for row in rows if row["end"]))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)))
        return
    page.ws.set_setting(SETTING, plan.to_json())
    st.rerun()
