"""The stages and their goals, changed by whoever looks after this workspace."""

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.stage_definitions import MEASURES, Stages, describe
from analysis.stage_verdicts import number
from dashboard import counting, dimensions, figures, stage_goals
from dashboard.escape import md
from dashboard.ordering import in_order
from dashboard.stage_answers import SETTING, StageAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

PERCENT = 100
ORDER = ("name", "goal", "measure", "at_least", "activities")


def show(page: "Page", answers: StageAnswers) -> None:
    """A popover: what each stage means in words, the same as a table that can be changed, and goals by group."""
    stages = answers.definitions
    goals = page.t("pickers.dot").join(figures.percent(each.goal, 0) for each in stages if each.goal is not None)
    label = page.t("stage_page.goals", goals=goals) if goals else page.t("stage_page.no_goals")
    with st.popover(label, icon=":material/flag:", key="popover_stages"):
        for position, stage in enumerate(stages, 1):
            st.markdown(f"**{number(position)}{md(stage.name)}**　{md(describe(stage.rule, page.lang))}")
        if not all("measure" in stage.rule for stage in stages):
            st.caption(page.t("stage_page.combined"))
        else:
            _table(page, stages)
        by = answers.by[0] if answers.by and answers.is_of_users(answers.by[0]) else None
        values = [None if pd.isna(value) else value for value in _values(answers, by)] if by else []
        stage_goals.editor(page, stages, by, answers.labels[by] if by else "", values)


def _values(answers: StageAnswers, by: str) -> list[Any]:
    """The values of the dimension, as the list of users has them."""
    dimension = next(each for each in answers.known if each.code == by)
    return in_order(dimensions.values(answers.page.ws, dimension)["value"])


def _table(page: "Page", stages: Stages) -> None:
    with st.form("stages_form", border=False):
        edited = st.data_editor(
            pd.DataFrame([_row(page, each) for each in stages]),
            num_rows="dynamic",
            hide_index=True,
            column_order=ORDER,  # what most readers change stands in sight
            column_config=_columns(page),
            key=f"stages_table_{blake2s(stages.to_json().encode(), digest_size=4).hexdigest()}",
            placeholder="",
        )
        st.caption(page.t("stage_page.editor_note"))
        if st.form_submit_button(page.t("stage_page.save"), type="primary"):
            _save(page, edited)


def _save(page: "Page", edited: pd.DataFrame) -> None:
    """Keeps the stages, or says in one sentence what is wrong with them."""
    words = {page.t(f"stage_page.measure_{code}"): code for code in MEASURES}
    try:
        stages = Stages.of([_stage(row, words) for row in edited.to_dict("records")])
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("stage_page.not_saved"))
        return
    page.ws.set_setting(SETTING, stages.to_json())
    st.rerun()


def _row(page: "Page", stage: Any) -> dict[str, Any]:
    return {
        "name": stage.name,
        "measure": page.t(f"stage_page.measure_{stage.rule['measure']}"),
        "at_least": stage.rule["at_least"],
        "activities": list(stage.rule.get("activities") or ()),
        "goal": None if stage.goal is None else stage.goal * PERCENT,
    }


def _stage(row: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    """A line of the table as `Stage` reads it; what is left empty is what the error names."""
    least = row["at_least"]
    rule: dict[str, Any] = {
        "measure": words.get(str(row["measure"]), ""),
        "at_least": None if pd.isna(least) else int(least),
    }
    kinds = row["activities"]
    if isinstance(kinds, list | tuple) and kinds:
        rule["activities"] = list(kinds)
    goal = None if row["goal"] is None or pd.isna(row["goal"]) else round(float(row["goal"]) / PERCENT, 6)
    return {"name": "" if pd.isna(row["name"]) else str(row["name"]), "rule": rule, "goal": goal}


def _columns(page: "Page") -> dict[str, Any]:
    kinds = [kind for kind in counting.kinds(page) if kind != counting.BLANK]
    config = st.column_config
    columns: dict[str, Any] = {
        "name": config.TextColumn(page.t("stage_page.name"), required=True),
        "measure": config.SelectboxColumn(
            page.t("stage_page.measure"),
            options=[page.t(f"stage_page.measure_{code}") for code in MEASURES],
            required=True,
        ),
        "at_least": config.NumberColumn(page.t("stage_page.at_least"), min_value=1, step=1, required=True),
        "activities": config.MultiselectColumn(page.t("stage_page.activities"), options=kinds),
        "goal": config.NumberColumn(page.t("stage_page.goal"), min_value=0, max_value=PERCENT, format="%g %%"),
    }
    return columns if kinds else {**columns, "activities": None}
