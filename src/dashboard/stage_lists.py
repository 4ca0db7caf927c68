"""The people behind the numbers of the stages, what their standings are called, and what was counted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from analysis.stage_definitions import describe
from analysis.stage_verdicts import number
from dashboard import downloads, figures, filters, people
from dashboard.escape import md
from dashboard.stage_answers import StageAnswers

if TYPE_CHECKING:
    from dashboard.page import Page


def standing(page: "Page", answers: StageAnswers, position: int | None) -> str:
    """A stage with its number; what lies before the first by that."""
    if not position:
        return page.t("stage_page.before", stage=f"①{answers.definitions.names[0]}")
    return f"{number(position)}{answers.definitions.names[position - 1]}"


def show(
    page: "Page",
    answers: StageAnswers,
    frame: pd.DataFrame,
    name: str,
    *,
    key: str,
    by: Sequence[str] = ("last_active", "user_id"),
    definitions: Sequence[tuple[str, str]] | None = None,
) -> None:
    """A list of people with its heading and its download."""
    whole = filters.plain(page, answers.choices.chosen, answers.labels)
    title = page.t(
        "stage_page.list", name=f"{whole} {name}" if whole else name, count=figures.people(len(frame), page.lang)
    )
    ordered = people.arranged(frame, by)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(
            page,
            ordered,
            name=title,
            key=f"download_{key}",
            headers={column: people.header(page, column) for column in ordered.columns},
            definitions=meanings(page, answers) if definitions is None else definitions,
            label=page.t("people.download", count=figures.people(len(frame), page.lang)),
        )
    people.table(page, ordered, key=f"people_{key}")


def meanings(page: "Page", answers: StageAnswers) -> list[tuple[str, str]]:
    """What was counted, each stage in words, and the choices under which."""
    rules = [
        (f"{number(i)}{stage.name}", describe(stage.rule, page.lang)) for i, stage in enumerate(answers.definitions, 1)
    ]
    return [*DEFINITIONS["stage_rate"].rows(page.lang), *rules, *answers.conditions()]
