"""States and levels, shown in words and changed by whoever knows the customers."""

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.level_definitions import Levels, State
from analysis.level_proposals import usual_levels
from dashboard import level_files, level_lines
from dashboard.escape import md
from dashboard.level_answers import SETTING, LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page


def show(page: "Page", answers: LevelAnswers) -> None:
    """What each state means in words, and the table that changes them; stops where there is no state."""
    levels = answers.kept or answers.proposed
    states = page.t("level_page.n_states", n=len(levels.states) if levels else 0)
    steps = page.t("level_page.n_levels", n=len(levels.levels) if levels else 0)
    label = page.t("pickers.comma").join([states, steps])
    with st.expander(label, expanded=levels is None, icon=":material/edit_note:", key="edit_levels"):
        lines = [f"- **{md(state.name)}**　{md(answers.rule(state))}" for state in levels or ()]
        st.markdown("\n".join(lines))
        _form(page, answers, levels)
        if taken := level_files.show(page, answers, levels):
            keep(page, answers, taken)
    if levels is None:
        st.info(page.t("level_page.no_state"), icon=":material/checklist:")
        st.stop()
    if answers.kept is None:
        st.caption(page.t("level_page.proposed"))


def _form(page: "Page", answers: LevelAnswers, levels: Levels | None) -> None:
    words = level_lines.words(page, answers, levels)
    text = (levels.to_json() if levels else "") + page.lang + answers.kind
    mark = blake2s(text.encode(), digest_size=4).hexdigest()
    with st.form("levels_form", border=False):
        states = st.data_editor(
            _states(levels, words),
            num_rows="dynamic",
            hide_index=True,
            column_config=_columns(page, levels, words),
            key=f"states_{mark}",
            placeholder="",
        )
        notes = ["editor_note", "editor_parts", *(["editor_recorded"] if words.moments else [])]
        st.caption("  \n".join(page.t(f"level_page.{note}") for note in notes))
        steps = st.data_editor(
            pd.DataFrame(
                [(level.name, level.at_least) for level in (levels.levels if levels else ())],
                columns=["name", "at_least"],
            ).astype({"at_least": float}),
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "name": st.column_config.TextColumn(page.t("level_page.level"), required=True),
                "at_least": st.column_config.NumberColumn(page.t("level_page.threshold"), required=True, format="%g"),
            },
            key=f"steps_{mark}",
            placeholder="",
        )
        st.caption(page.t("level_page.levels_note"))
        with st.container(horizontal=True, gap="small"):
            save = st.form_submit_button(page.t("level_page.save"), type="primary")
            back = st.form_submit_button(page.t("level_page.back"), type="tertiary") if answers.kept else False
    if back:
        keep(page, answers, None)
    if save:
        _save(page, answers, levels, words, states, steps)


def _save(
    page: "Page",
    answers: LevelAnswers,
    before: Levels | None,
    words: level_lines.Words,
    states: pd.DataFrame,
    steps: pd.DataFrame,
) -> None:
    """Keeps the levels, or says in one sentence what is wrong with them."""
    was = dict(enumerate(before.names if before else ()))
    try:
        lines = [level_lines.plain(row) | {"was": was.get(at)} for at, row in _numbered(states)]
        found = level_lines.states([line for line in lines if line["name"] or line["test"]], words, before)
        tree = {"states": found, "levels": [level_lines.plain(row) for row in steps.to_dict("records")]}
        levels = Levels.of(tree if tree["levels"] else {**tree, "levels": _usual(page, found)})
        answers.try_out(levels)
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("level_page.not_saved"))
        return
    keep(page, answers, levels)


def keep(page: "Page", answers: LevelAnswers, levels: Levels | None) -> None:
    """Keeps the levels of these customers, or none of their own, and begins anew."""
    kept = dict(page.ws.setting(SETTING, {}) or {})
    kept.pop(answers.kind, None)
    page.ws.set_setting(SETTING, kept | ({answers.kind: levels.to_json()} if levels else {}))
    st.rerun()


def _numbered(states: pd.DataFrame) -> list[tuple[Any, dict[Any, Any]]]:
    """The lines with the place that each had before; a new one has one of its own."""
    return list(zip(states.index.tolist(), states.to_dict("records"), strict=True))


def _usual(page: "Page", states: tuple[State, ...]) -> list[Any]:
    """Levels for states that have none: by one point each; with other weights nobody can know them."""
    points = sum(state.weight == 1 for state in states)
    return list(usual_levels(points, page.lang)) if points and all(s.weight in (0, 1) for s in states) else []


def _states(levels: Levels | None, words: level_lines.Words) -> pd.DataFrame:
    """The states as the table shows them: without a column that no state can fill."""
    order = [name for name in level_lines.ORDER if name != "recorded_at" or words.moments]
    frame = pd.DataFrame(level_lines.rows(levels, words), columns=order)
    return frame.astype({"days": "Int64", "at_least": float, "weight": float, "parts": object})


def _columns(page: "Page", levels: Levels | None, words: level_lines.Words) -> dict[str, Any]:
    # together as wide as the page: what stands outside of it nobody looks for
    widths = {"test": 184, "place": 125, "days": 94, "at_least": 104, "values": 128, "parts": 160, "weight": 72}
    config = st.column_config

    def head(name: str) -> dict[str, Any]:
        return {"label": page.t(f"level_page.{name}"), "width": widths.get(name)}

    found = {
        "name": config.TextColumn(page.t("level_page.state"), required=True, pinned=True),
        "test": config.SelectboxColumn(**head("test"), options=list(words.tests.values()), required=True),
        "place": config.SelectboxColumn(**head("place"), options=list(words.places.values())),
        "days": config.NumberColumn(**head("days"), min_value=1, step=1),
        "at_least": config.NumberColumn(**head("at_least"), format="%g"),
        "values": config.TextColumn(**head("values")),
        "parts": config.MultiselectColumn(
            **head("parts"), options=list(levels.names if levels else ()), accept_new_options=True
        ),
        "weight": config.NumberColumn(**head("weight"), format="%g"),
    }
    moments = config.SelectboxColumn(**head("recorded_at"), options=list(words.moments.values()))
    return found | ({"recorded_at": moments} if words.moments else {})
