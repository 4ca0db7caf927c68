"""The segments of RFM, changed by whoever looks after this workspace: a line each, from which score to which."""

from collections.abc import Mapping
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.rfm_segments import SCORES, Segment, Segments, standard_segments
from analysis.rules import conjuncts
from dashboard.escape import md
from dashboard.ranking_answers import SEGMENTS

if TYPE_CHECKING:
    from dashboard.page import Page

BINS = 5
ENDS = ("from", "to")
LIMITS = [f"{score}_{end}" for score in SCORES for end in ENDS]


def show(page: "Page", segments: Segments) -> None:
    """A popover with the rules as a table that can be changed, and the way back to the usual ones."""
    with st.popover(page.t("ranking.edit_segments"), icon=":material/edit:", key="popover_segments"):
        rows = [as_row(each) for each in segments]
        if any(row is None for row in rows):
            st.caption(page.t("ranking.segments_combined"))
        else:
            _table(page, segments, pd.DataFrame(rows, columns=["name", *LIMITS]))
        if segments != standard_segments(page.lang):
            label = page.t("ranking.usual_segments")
            st.button(label, key="usual_segments", on_click=page.ws.set_setting, args=(SEGMENTS, ""))


def _table(page: "Page", segments: Segments, frame: pd.DataFrame) -> None:
    config: dict[str, Any] = {"name": st.column_config.TextColumn(page.t("ranking.column_segment"), required=True)}
    config |= {
        limit: st.column_config.NumberColumn(
            page.t(f"ranking.limit_{limit[2:]}", score=limit[0].upper()), min_value=1, max_value=BINS, step=1
        )
        for limit in LIMITS
    }
    with st.form("segments_form", border=False):
        edited = st.data_editor(
            frame.astype(dict.fromkeys(LIMITS, "Int64")),
            num_rows="dynamic",
            hide_index=True,
            column_config=config,
            key=f"segments_{blake2s(segments.to_json().encode(), digest_size=4).hexdigest()}",
            placeholder="",
        )
        st.caption(page.t("ranking.segments_editor"))
        if st.form_submit_button(page.t("stage_page.save"), type="primary"):
            _save(page, edited)


def _save(page: "Page", edited: pd.DataFrame) -> None:
    """Keeps the segments, or says in one sentence what is wrong with them."""
    try:
        kept = Segments.of([of_row(row) for row in edited.to_dict("records")])
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)), title=page.t("stage_page.not_saved"))
        return
    page.ws.set_setting(SEGMENTS, kept.to_json())
    st.rerun()


def as_row(segment: Segment) -> dict[str, Any] | None:
    """The segment as a line of the table; None where its rule is more than from and to."""
    row: dict[str, Any] = {"name": segment.name} | dict.fromkeys(LIMITS)
    for part in conjuncts(segment.condition.tree):
        limit = next((end for test, end in (("at_least", "from"), ("below", "to")) if test in part), None)
        value = part.get("at_least", part.get("below"))
        if limit is None or part["column"] not in SCORES or not isinstance(value, int):
            return None
        row[f"{part['column']}_{limit}"] = value if limit == "from" else value - 1
    return row


def of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the table as `Segment` reads it; without limits everybody fits."""
    tests = []
    for limit in LIMITS:
        score, _, end = limit.partition("_")
        if not pd.isna(row[limit]):
            value = int(row[limit])
            tests.append(
                {"column": score, "at_least": value} if end == "from" else {"column": score, "below": value + 1}
            )
    name = "" if pd.isna(row["name"]) else str(row["name"])
    return {"name": name, "rule": {"all": tests or [{"column": "r", "at_least": 1}]}}
