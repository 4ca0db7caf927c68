"""The process told apart by one dimension: a row a value, a column a step."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.cases import START_MONTH
from analysis.charts.labels import bucket_name
from dashboard import cells, downloads, figures, process, url
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.ordering import in_order
from dashboard.process_answers import Process

if TYPE_CHECKING:
    from dashboard.page import Page

BY, SHOWS = "by", "show"
COUNTS = ("waiting_now", "done", "reached", "repeated", "skipped")
DAYS = ("median_days", "km_median_days", "waiting_max_days")
MOST = 200  # values of a dimension that make a table somebody reads


def show(page: "Page", answers: Process) -> None:
    """Which value, and what is shown of it, each chosen; behind a number its cases."""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="by_head"):
        st.subheader(page.t("process.by"), anchor=False, width="content")
        codes = answers.dimensions
        by = url.url_select(
            page.t("process.by_label"),
            codes,
            lambda code: _dimension(page, answers, code),
            BY,
            codes[0],
            label_visibility="collapsed",
            width=220,
        )
    shows = url.url_select(
        page.t("active_rate.shows"),
        [*COUNTS[:2], *DAYS, *COUNTS[2:]],
        lambda code: page.t(f"process.column_{code}"),
        SHOWS,
        "waiting_now",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        wrap=False,
    )
    frame, values = _table(page, answers, by, shows)
    _grid(page, answers, frame, values, by, shows)


def _dimension(page: "Page", answers: Process, code: str) -> str:
    return page.t("process.start_month") if code == START_MONTH else md(answers.labels[code])


def _value(page: "Page", value: Any) -> str:
    """A value of the dimension, months as such."""
    return bucket_name(value, "month", page.lang) if isinstance(value, pd.Timestamp) else value_label(page, value)


def _table(page: "Page", answers: Process, by: str, shows: str) -> tuple[pd.DataFrame, list[Any]]:
    """A row a value in order, a column a step (`s0`, `s1`, …), and the values."""
    found = answers.times_by(by)
    plain = [None if figures.is_missing(value) else value for value in found[by]]
    months = any(isinstance(value, pd.Timestamp) for value in plain)
    known = list(dict.fromkeys(plain))
    values = sorted(known, key=lambda v: (v is None, v)) if months else list(in_order(known))
    numbers = {(value, step): number for value, step, number in zip(plain, found["step"], found[shows], strict=True)}
    rows = [
        {"value": _value(page, value)} | {f"s{i}": numbers.get((value, step)) for i, step in enumerate(answers.steps)}
        for value in values[:MOST]
    ]
    return pd.DataFrame(rows), values[:MOST]


def _grid(page: "Page", answers: Process, frame: pd.DataFrame, values: list[Any], by: str, shows: str) -> None:
    headers = {"value": _dimension(page, answers, by).replace("\\", "")}
    headers |= {f"s{i}": step for i, step in enumerate(answers.steps)}
    form = "%.1f" if shows in DAYS else "localized"
    config: dict[str, Any] = {key: st.column_config.NumberColumn(words, format=form) for key, words in headers.items()}
    config["value"] = st.column_config.TextColumn(headers["value"], pinned=True)
    title = page.t("process.by_title", name=headers["value"], shows=page.t(f"process.column_{shows}"))
    opened = cells.show(
        frame,
        rows=[value.isoformat() if isinstance(value, pd.Timestamp) else value for value in values],
        opens=[key for key in headers if key != "value"] if shows in COUNTS else [],
        key=f"by_{shows}",
        config=config,
        alt=title,
    )
    downloads.button(
        page,
        frame,
        name=title,
        key="download_by",
        headers=headers,
        definitions=process.meanings(page, answers),
    )
    st.caption(page.t("process.by_note"))
    if opened and shows in COUNTS:
        value = next(v for v in values if (v.isoformat() if isinstance(v, pd.Timestamp) else v) == opened[0])
        step = answers.steps[int(opened[1][1:])]
        group = {by: value.to_pydatetime() if isinstance(value, pd.Timestamp) else value}
        name = page.t("process.of_step", step=step, state=page.t(f"process.column_{shows}"))
        listed = answers.of_step(step, shows, group)
        process.listed(page, answers, listed, f"{_value(page, value)}　{name}", key="by_cases")
