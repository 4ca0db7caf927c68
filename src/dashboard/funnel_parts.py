"""The funnel by one dimension of the log: a row a value, whose numbers open their people."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from dashboard import cells, counting, figures, funnel_lists
from dashboard.escape import md
from dashboard.funnel import SMALL, download
from dashboard.funnel_answers import FunnelAnswers
from dashboard.pivot import value_label

if TYPE_CHECKING:
    from dashboard.page import Page

PART = "part"
MOST = 60


def by_value(page: "Page", answers: FunnelAnswers) -> None:
    """A row a value of the dimension: how many reached each step, and what became of the rest."""
    if not answers.by:
        return
    name, hide = answers.labels[answers.by], counting.hide_below(page)
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="parts_head"
    ):
        st.subheader(page.t("funnel_page.by", name=md(name)), anchor=False, width="content")
        open_parts = answers.parts[answers.parts["entered"] >= hide]
        named = [answers.names[int(position) - 1] for position in open_parts["position"]]
        whole = open_parts.assign(step=named, value=[value_label(page, value) for value in open_parts["value"]])
        download(page, answers, whole, page.t("funnel_page.by", name=name), "download_parts")
    values = answers.values[:MOST]
    shown = pd.DataFrame([_line(page, answers, value, hide) for value in values])
    config: dict[str, Any] = {"value": st.column_config.TextColumn(name, pinned=True)}
    heads = {f"s{i}": step for i, step in enumerate(answers.names, 1)}
    heads |= {state: page.t(f"funnel_page.{state}") for state in ("waiting", "lost")}
    config |= {key: st.column_config.TextColumn(words, alignment="right") for key, words in heads.items()}
    opened = cells.show(
        shown, rows=values, opens=list(heads), key=PART, config=config, alt=page.t("funnel_page.by", name=name)
    )
    st.caption("  \n".join(_under(answers, shown, hide)))
    if opened:
        _people(page, answers, *opened, hide)


def _line(page: "Page", answers: FunnelAnswers, value: Any, hide: int) -> dict[str, Any]:
    rows = answers.of_value(value)
    last, entered = rows.iloc[-1], int(rows["entered"].max())
    places = range(1, len(rows) + 1)
    line = {"value": value_label(page, value)}
    if entered < hide:
        return line | dict.fromkeys([*(f"s{i}" for i in places), "waiting", "lost"], figures.HIDDEN)
    small = " ※" if entered < SMALL else ""
    line |= {"s1": figures.count(entered) + small}
    for i in places[1:]:
        row = rows.iloc[i - 1]
        line[f"s{i}"] = f"{figures.count(row['reached'])}　{figures.percent(row['overall_rate'])}{small}"
    return line | {state: figures.count(last[state]) for state in ("waiting", "lost")}


def _under(answers: FunnelAnswers, shown: pd.DataFrame, hide: int) -> list[str]:
    lines = [answers.t("funnel_page.by_note"), answers.t("funnel_page.parts_note")]
    if any("※" in str(cell) for cell in shown["s1"]):
        lines.append(answers.few)
    if hide:
        lines.append(answers.hidden(hide))
    if len(answers.values) > MOST:
        lines.append(answers.t("funnel_page.most_values", n=MOST, of=len(answers.values)))
    return lines


def _people(page: "Page", answers: FunnelAnswers, value: Any, column: str, hide: int) -> None:
    if int(answers.of_value(value)["entered"].max()) < hide:
        st.caption(answers.hidden(hide))
        return
    state = column if column in ("waiting", "lost") else "reached"
    position = int(column[1:]) if state == "reached" else len(answers.steps)
    frame = answers.people(position, state, (value,))
    place = value_label(page, value)
    name = funnel_lists.title(page, answers, position, state, len(frame), place)
    funnel_lists.show(page, answers, frame, state, name, key=f"part_{state}")
