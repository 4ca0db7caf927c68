"""Goals of stages by group and period: from the imported list, and those set on the page, which count first."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.period import Period
from analysis.stage_definitions import MILLION, Stages
from analysis.stage_targets import ROLES, Goal, goal_for, goals, period_of
from analysis.stage_verdicts import number
from dashboard import figures
from dashboard.escape import md
from dashboard.pivot import value_label

if TYPE_CHECKING:
    from dashboard.page import Page
    from dashboard.stage_answers import StageAnswers

SETTING = "stage_goals"
SOURCE, LIST, PAGE = "_source", "list", "page"
ANY = Period(date(2000, 1, 1), date(2000, 2, 1))  # goals that always hold are held against each other in it
PERCENT = 100
MOST = 5


def rows(page: "Page", as_of: Any) -> list[dict[str, Any]]:
    """Every goal with where it comes from; one set on the page takes the place of its like in the list."""
    mine = [{**row, SOURCE: PAGE} for row in kept(page)]
    taken = {_key(row) for row in mine}
    return [*mine, *(row for row in _listed(page, as_of) if _key(row) not in taken)]


def kept(page: "Page") -> list[dict[str, Any]]:
    """The goals set on the page; none where they cannot be read."""
    try:
        found = json.loads(str(page.ws.setting(SETTING, "") or "[]"))
    except ValueError:
        return []
    fits = isinstance(found, list) and all(isinstance(row, dict) and set(ROLES) <= set(row) for row in found)
    return found if fits else []


def _listed(page: "Page", as_of: Any) -> list[dict[str, Any]]:
    if not any(each.active for each in page.ws.imports("targets")):
        return []
    frame = page.run(_targets, as_of=as_of)
    plain = frame.astype(object).where(frame.notna(), None)
    return [{**row, SOURCE: LIST} for row in plain.to_dict("records")]


def _targets(targets: Any, *, as_of: Any) -> Any:  # noqa: ARG001 (which list it is, is chosen by it)
    return targets


def _key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    """The stage, the period and the group of a goal."""
    group = sorted((c, str(v)) for c, v in row.items() if c not in ROLES and not c.startswith("_") and v)
    return row["metric"], str(row["period"] or ""), *group


def sentences(page: "Page", answers: "StageAnswers") -> list[str]:
    """Where the goals come from: of everybody, and of the groups whose goals are others."""
    listed = goals(answers.targets, answers.definitions, answers.choices.period, ())
    whole = {name: goal_for(found, {}) for name, found in listed.items()}
    named = [_said(page, i, goal, name) for i, (name, goal) in enumerate(whole.items(), 1) if goal]
    if not answers.targets or not named:
        return []
    lines = [page.t("stage_page.goal_from", goals=page.t("pickers.dot").join(named))]
    return lines + _of_groups(page, answers, whole) if answers.by else lines


def _of_groups(page: "Page", answers: "StageAnswers", whole: Mapping[str, Goal | None]) -> list[str]:
    by = answers.by[0]
    listed = goals(answers.targets, answers.definitions, answers.choices.period, [by])
    lines = []
    for value in answers.parts[by].drop_duplicates():
        group = None if pd.isna(value) or value == "" else value
        own = {name: goal_for(found, {by: group}) for name, found in listed.items()}
        named = [
            _said(page, i, goal, name)
            for i, (name, goal) in enumerate(own.items(), 1)
            if goal and goal.group and (whole[name] is None or goal.row is not whole[name].row)  # type: ignore[union-attr]
        ]
        if named:
            goals_of = page.t("pickers.dot").join(named)
            lines.append(page.t("stage_page.goal_of", place=md(value_label(page, group)), goals=goals_of))
    more = [page.t("stage_page.goal_more", n=len(lines) - MOST)] if len(lines) > MOST else []
    return [*lines[:MOST], *more]


def _said(page: "Page", position: int, goal: Goal, name: str) -> str:
    """「①認知 70%（目標の一覧：2026年度）」."""
    share = figures.percent(goal.value / MILLION, 0 if goal.value % 10_000 == 0 else 1)
    if goal.row is None:
        source = page.t("stage_page.goal_stages")
    else:
        when = str(goal.row["period"] or "") or page.t("stage_page.always")
        source = page.t(f"stage_page.goal_{goal.row.get(SOURCE, LIST)}", when=md(when))
    return page.t("stage_page.goal_said", stage=f"{number(position)}{md(name)}", share=share, source=source)


def editor(page: "Page", stages: Stages, by: str | None, name: str, values: Sequence[str | None]) -> None:
    """Goals as a table: the stage, when, which value of the dimension, how much."""
    known = {*ROLES, *([by] if by else [])}
    mine = [row for row in kept(page) if {c for c, v in row.items() if v not in (None, "")} <= known]
    others = [row for row in kept(page) if row not in mine]
    words = {value_label(page, value): value for value in values if value is not None}
    config = st.column_config
    columns: dict[str, Any] = {
        "metric": config.SelectboxColumn(page.t("stage_page.name"), options=list(stages.names), required=True),
        "period": config.TextColumn(page.t("stage_page.goal_when"), help=page.t("stage_page.goal_when_help")),
        "group": config.SelectboxColumn(name or " ", options=list(words)),
        "target": config.NumberColumn(page.t("stage_page.goal"), min_value=0, max_value=PERCENT, format="%g %%"),
    }
    shown = pd.DataFrame([_shown(page, row, by) for row in mine], columns=["metric", "period", "group", "target"])
    with st.form("goals_form", border=False):
        st.markdown(f"**{page.t('stage_page.goals_by')}**")
        edited = st.data_editor(
            shown.astype({"metric": object, "period": object, "group": object, "target": float}),
            num_rows="dynamic",
            hide_index=True,
            column_order=["metric", "period", *(["group"] if by else []), "target"],
            column_config=columns,
            key=f"goals_table_{by}_{len(mine)}",
            placeholder="",
        )
        notes = [page.t("stage_page.goals_note" if by else "stage_page.goals_note_whole")]
        notes += [page.t("stage_page.goals_others", n=len(others))] if others else []
        st.caption("  \n".join(notes))
        if st.form_submit_button(page.t("stage_page.save_goals")):
            _save(page, stages, [*others, *(_row(row, by, words) for row in edited.to_dict("records"))], by)


def _shown(page: "Page", row: Mapping[str, Any], by: str | None) -> dict[str, Any]:
    group = row.get(by) if by else None
    return {
        "metric": row["metric"],
        "period": row["period"] or "",
        "group": value_label(page, group) if group else None,
        "target": None if row["target"] is None else row["target"] * PERCENT,
    }


def _row(row: Mapping[str, Any], by: str | None, words: Mapping[str, Any]) -> dict[str, Any]:
    blank = {key: value is None or value != value or value == "" for key, value in row.items()}
    found = {
        "metric": "" if blank["metric"] else str(row["metric"]),
        "period": "" if blank["period"] else str(row["period"]).strip(),
        "target": None if blank["target"] else round(float(row["target"]) / PERCENT, 6),
    }
    return found if not by or blank["group"] else {**found, by: words[row["group"]]}


def _save(page: "Page", stages: Stages, edited: Sequence[dict[str, Any]], by: str | None) -> None:
    """Keeps the goals, or says in one sentence what is wrong with them."""
    kept_rows = [row for row in edited if row["metric"] and row["target"] is not None]
    try:
        for row in kept_rows:
            goals(kept_rows, stages, period_of(row["period"]) or ANY, [by] if by else [])
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("stage_page.goals_not_saved"))
        return
    page.ws.set_setting(SETTING, json.dumps(kept_rows, ensure_ascii=False))
    st.rerun()
