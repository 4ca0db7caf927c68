"""A table whose cells open: which one is open stands in the URL."""

import json
from collections.abc import Collection, Mapping, Sequence
from hashlib import blake2s
from typing import Any

import pandas as pd
import streamlit as st

from dashboard import figures, theme, url

ROW, IN_SIGHT = 36, 14


def show(
    shown: Any,
    *,
    rows: Sequence[Any],
    opens: Collection[str],
    key: str,
    config: Mapping[str, Any],
    alt: str,
) -> tuple[Any, str] | None:
    """Draws the table; the row and the column of the cell that is open, or None.

    Args:
        shown: a frame or a styled one, its columns by names of our own.
        rows: what each row stands for, as JSON can hold it; no two alike.
        opens: the columns whose cells open.
        key: of the table, and of the open cell in the URL.
        config: of the columns.
        alt: what the table shows, for a reader who cannot see it.
    """
    widget = f"{key}_{blake2s(repr(rows).encode(), digest_size=6).hexdigest()}"  # a selection is a position
    opened = asked(rows, opens, key)
    if st.session_state.get(f"_{key}_seen", object()) != (widget, opened):
        st.session_state[f"_{key}_seen"] = (widget, opened)
        cells = [[list(rows).index(opened[0]), opened[1]]] if opened else []
        st.session_state[widget] = {"selection": {"rows": [], "columns": [], "cells": cells}}
    event = st.dataframe(
        shown,
        key=widget,
        hide_index=True,
        height="content" if len(rows) <= IN_SIGHT else ROW * IN_SIGHT,
        row_height=ROW,
        on_select="rerun",
        selection_mode="single-cell",
        column_config=config,
        placeholder=figures.NONE,
        alt=alt,
    )
    chosen = _chosen(rows, opens, event["selection"]["cells"])
    st.session_state[f"_{key}_seen"] = (widget, chosen)
    st.session_state[f"_{key}_drawn"] = _plain(event["selection"]["cells"])
    url.write(key, _written(chosen) if chosen else None)
    return chosen


def marks(key: str, chart: str) -> str:
    """The element's key of a chart that is drawn above the table `key` and whose marks open cells of it.

    It is another one once another cell is open: a mark that stayed picked would not answer a second click.
    """
    widget, _ = st.session_state.get(f"_{key}_seen", (key, None))
    now = _plain(st.session_state.get(widget, {}).get("selection", {}).get("cells", []))
    chosen_in_table = now != st.session_state.get(f"_{key}_drawn", now)
    bar, turn = st.session_state.get(f"_{key}_bar"), f"_{chart}_turn"
    if bar and (chosen_in_table or url.read(key) != _written((bar[0], bar[1]))):
        st.session_state[turn] = st.session_state.get(turn, 0) + 1
        st.session_state[f"_{key}_bar"] = None
    return f"{chart}_{st.session_state.get(turn, 0)}"


def _plain(selected: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(each) for each in selected]


def pick(key: str, cell: Sequence[Any] | None) -> None:
    """A bar that has been clicked stands in the URL as its cell does; the table below then shows it open.

    Args:
        key: of the table.
        cell: row and column; None where no bar is picked.
    """
    seen, now = f"_{key}_bar", list(cell) if cell else None
    if now != st.session_state.get(seen):
        st.session_state[seen] = now
        if now:
            url.write(key, _written((now[0], now[1])))


def with_total(shown: pd.DataFrame) -> Any:
    """The table with its last row as a total."""
    last, surface = len(shown) - 1, theme.tokens()["surface"]

    def paint(row: pd.Series) -> list[str]:
        return [f"font-weight:700;background-color:{surface}" if row.name == last else ""] * len(row)

    return shown.style.apply(paint, axis=1)


def asked(rows: Sequence[Any], opens: Collection[str], key: str) -> tuple[Any, str] | None:
    """The cell in the URL, if the table has it."""
    try:
        row, column = json.loads(url.read(key) or "")
    except (ValueError, TypeError, RecursionError):
        return None
    return (row, column) if row in rows and isinstance(column, str) and column in opens else None


def _written(cell: tuple[Any, str]) -> str:
    return json.dumps(list(cell), ensure_ascii=False, separators=(",", ":"))


def _chosen(rows: Sequence[Any], opens: Collection[str], cells: Sequence[Any]) -> tuple[Any, str] | None:
    if not cells or not 0 <= cells[0][0] < len(rows) or cells[0][1] not in opens:
        return None
    return rows[cells[0][0]], cells[0][1]
