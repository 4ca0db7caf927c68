"""States and levels as a file: out for a colleague or a copy to keep, and in again once a reader has seen them."""

from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.errors import AnalysisError, LevelsTextError
from analysis.level_definitions import Levels
from dashboard import downloads, guard, incoming
from dashboard.escape import md
from dashboard.file_field import file_field
from dashboard.level_answers import LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

FILE = "_levels_file"
LARGEST = 1_000_000  # bytes: thousands of states


def show(page: "Page", answers: LevelAnswers, levels: Levels | None) -> Levels | None:
    """The way out and the way in; the levels of a file that the reader has taken."""
    st.markdown(f"**{page.t('level_page.as_file')}**")
    st.caption(page.t("level_page.as_file_note"))
    if levels:
        _download(page, answers, levels)
    arrived = file_field(page, key="levels_field", label=page.t("level_page.upload"))
    if arrived:
        found = _opened(page, answers, arrived)
        st.session_state[FILE] = {"kind": answers.kind, "levels": found.to_json()} if found else None
    held: dict[str, Any] = st.session_state.get(FILE) or {}
    return _offered(page, answers, Levels.of(held["levels"])) if held.get("kind") == answers.kind else None


def _download(page: "Page", answers: LevelAnswers, levels: Levels) -> None:
    if any(map(answers.hides, levels)):
        st.caption(page.t("level_page.file_hidden"))
        return
    downloads.text_button(
        page.t("level_page.download"),
        levels.to_json(indent=2),
        name=page.t("level_page.file_name"),
        suffix="json",
        key="download_levels",
    )


def _opened(page: "Page", answers: LevelAnswers, arrived: incoming.Arrival) -> Levels | None:
    """The file that has just come in, read and deleted; None with a sentence where it holds no levels that fit."""
    try:
        levels = Levels.from_json(_text(arrived))
        answers.try_out(levels)
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("level_page.not_saved"))
        return None
    finally:
        incoming.of(guard.folder()).discard(arrived.key)
    return levels


def _text(arrived: incoming.Arrival) -> str:
    written = arrived.path.read_bytes()[: LARGEST + 1]
    try:
        text = written.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LevelsTextError(arrived.name) from None
    if len(written) > LARGEST:
        raise LevelsTextError(text)
    return text


def _offered(page: "Page", answers: LevelAnswers, levels: Levels) -> Levels | None:
    """What the file holds, in words; the levels once the button is pressed."""
    states = page.t("level_page.n_states", n=len(levels.states))
    steps = page.t("level_page.n_levels", n=len(levels.levels))
    lines = [f"- **{md(state.name)}**　{md(answers.rule(state))}" for state in levels]
    scores = {each.name: page.t("level_page.from_score", score=f"{each.at_least:g}") for each in levels.levels}
    lines += [f"- {md(name)}　{score}" for name, score in scores.items()]
    said = page.t("level_page.in_file", what=page.t("pickers.comma").join([states, steps]))
    st.info("\n".join([said, "", *lines]), icon=":material/description:")
    mark = blake2s(levels.to_json().encode(), digest_size=4).hexdigest()
    with st.container(horizontal=True, gap="small"):
        taken = st.button(page.t("level_page.take"), key=f"take_levels_{mark}")
        left = st.button(page.t("level_page.leave"), type="tertiary", key=f"leave_levels_{mark}")
    if taken or left:
        st.session_state.pop(FILE)
    if left:
        st.rerun()
    return levels if taken else None
