"""The pivot on screen: labels, heat, signs for few, none and hidden people; a cell opens its people."""

import json
from collections.abc import Mapping, Sequence
from hashlib import blake2s
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd
import streamlit as st

from dashboard import figures, theme, url
from dashboard.dimensions import value_label
from dashboard.grid import Cell, Grid, Key
from dashboard.ordering import in_order

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

    from dashboard.page import Page

CELL, LABEL, PEOPLE = "cell", "label", "people"
ROW, MOST_LINES_IN_SIGHT = 36, 40
INDENT = "\u3000"
SHOWS = ("rate", "people")
NUMBERS = ("valid_users", "active_users", "active_rate", "rate_low", "rate_high")


def show(
    page: "Page", grid: Grid, labels: Mapping[str, str], *, hide_below: int, shows: str, alt: str
) -> tuple[Key, Key] | None:
    """Draws the grid; the cell that the reader has opened, from the URL, a click or Back, or None."""
    key = f"pivot_{_mark(grid)}"
    opened = asked(grid)
    _follow(key, grid, opened)
    event = st.dataframe(
        styled(page, grid, hide_below=hide_below, shows=shows),
        key=key,
        hide_index=True,
        height=_height(grid),
        row_height=ROW,
        on_select="rerun",
        selection_mode="single-cell",
        column_config=_columns(page, grid, labels, shows),
        alt=alt,
    )
    chosen = _chosen(grid, event["selection"]["cells"])
    _settle(key, chosen)
    return chosen


def _height(grid: Grid) -> int | Literal["content"]:
    """As high as it is; a long one scrolls in itself, so that the people below stay near."""
    return "content" if len(grid.lines) <= MOST_LINES_IN_SIGHT else ROW * MOST_LINES_IN_SIGHT // 2


def asked(grid: Grid) -> tuple[Key, Key] | None:
    """The cell in the URL, if this grid has it."""
    try:
        line, column = (tuple(part) for part in json.loads(url.read(CELL) or ""))
    except (ValueError, TypeError, RecursionError):
        return None
    known = line in grid.lines and column in grid.columns
    return (line, column) if known and grid.cell(line, column) else None


def written(cell: tuple[Key, Key]) -> str:
    """The cell as it stands in the URL."""
    return json.dumps([list(cell[0]), list(cell[1])], ensure_ascii=False, separators=(",", ":"), default=str)


def _follow(key: str, grid: Grid, opened: tuple[Key, Key] | None) -> None:
    """Moves the selection where the URL changed under it: first load, pasted link, Back, Forward."""
    seen = st.session_state.get("_cell_seen", object())
    if seen == (key, opened):
        return
    st.session_state["_cell_seen"] = (key, opened)
    cells = [[grid.lines.index(opened[0]), _name(grid.columns.index(opened[1]))]] if opened else []
    st.session_state[key] = {"selection": {"rows": [], "columns": [], "cells": cells}}


def _settle(key: str, chosen: tuple[Key, Key] | None) -> None:
    st.session_state["_cell_seen"] = (key, chosen)
    url.write(CELL, written(chosen) if chosen else None)


def _chosen(grid: Grid, cells: Sequence[Any]) -> tuple[Key, Key] | None:
    """The cell of a click; a click on a line's name or number of people opens the whole line."""
    if not cells:
        return None
    row, name = cells[0]
    if not 0 <= row < len(grid.lines):
        return None
    column = () if name in (LABEL, PEOPLE) else grid.columns[int(name[1:])]
    return (grid.lines[row], column) if grid.cell(grid.lines[row], column) else None


def _name(position: int) -> str:
    """Column names of our own: two values of a file may look alike, or like 「合計」."""
    return f"c{position}"


def _mark(grid: Grid) -> str:
    """A selection is a position: another grid must not inherit it."""
    return blake2s(repr((grid.rows, grid.column, grid.lines, grid.columns)).encode(), digest_size=6).hexdigest()


def _columns(page: "Page", grid: Grid, labels: Mapping[str, str], shows: str) -> dict[str, Any]:
    text = st.column_config.TextColumn
    first = " / ".join(labels[name] for name in grid.rows) or page.t("active_rate.everybody")
    found = {LABEL: text(first, pinned=True, width=_label_width(page, grid, first))}
    for i, column in enumerate(grid.columns):
        found[_name(i)] = text(column_label(page, grid, column, shows), alignment="right", width=104)
    if shows == "rate":
        found[PEOPLE] = text(page.t("active_rate.only_people"), alignment="right", width=132)
    return found


def _label_width(page: "Page", grid: Grid, header: str) -> int:
    names = [header, *(line_label(page, grid, line) for line in grid.lines)]
    longest = max(sum(2 if ord(c) > 255 else 1 for c in name) for name in names)
    return min(220, max(112, longest * 8 + 24))


def line_label(page: "Page", grid: Grid, line: Key) -> str:
    """「東日本　小計」, its parts indented below it, and 「合計」."""
    if not line:
        return page.t("active_rate.total")
    name = value_label(page, line[-1])
    if len(line) < len(grid.rows):
        name = page.t("active_rate.subtotal", name=name)
    return INDENT * (len(line) - 1) + name


def column_label(page: "Page", grid: Grid, column: Key, shows: str) -> str:
    """A value across the top, or 「合計」; where nothing stands beside it, what it is."""
    if column:
        return value_label(page, column[0])
    return page.t("active_rate.total" if grid.column else f"active_rate.only_{shows}")


def cell_text(cell: Cell | None, shows: str, hide_below: int) -> str:
    """`62.0%`, `42.9% ※` for few people, `–` for none, `—` for hidden ones."""
    if cell is None:
        return figures.NONE
    if cell.valid < hide_below:
        return figures.HIDDEN
    text = figures.percent(cell.rate) if shows == "rate" else f"{cell.active:,} / {cell.valid:,}"
    return f"{text} ※" if cell.is_small else text


def styled(page: "Page", grid: Grid, *, hide_below: int, shows: str = "rate") -> "Styler":
    """The grid as texts with their looks: heat, muted small cells, bold totals on surface."""
    colours = theme.tokens()
    steps = grid.steps()
    texts = pd.DataFrame({LABEL: [line_label(page, grid, line) for line in grid.lines]})
    looks = pd.DataFrame({LABEL: [_label_look(grid, line, colours) for line in grid.lines]})
    for i, column in enumerate(grid.columns):
        cells = [grid.cell(line, column) for line in grid.lines]
        texts[_name(i)] = [cell_text(cell, shows, hide_below) for cell in cells]
        looks[_name(i)] = [
            _look(cell, grid.is_part(line, column), steps.get((line, column)), colours, hide_below)
            for line, cell in zip(grid.lines, cells, strict=True)
        ]
    if shows == "rate":  # no rate without its people
        wholes = [grid.cell(line, ()) for line in grid.lines]
        texts[PEOPLE] = [cell_text(cell, "people", hide_below) for cell in wholes]
        looks[PEOPLE] = [_look(cell, False, None, colours, hide_below) for cell in wholes]
    return texts.style.apply(lambda _: looks, axis=None)


def _label_look(grid: Grid, line: Key, colours: Mapping[str, Any]) -> str:
    folded = len(line) < len(grid.rows) or not line
    return f"font-weight:700;background-color:{colours['surface']}" if folded else ""


def _look(cell: Cell | None, part: bool, step: int | None, colours: Mapping[str, Any], hide_below: int) -> str:
    shown = cell is not None and cell.valid >= hide_below
    ink = colours["text"] if shown and cell and not cell.is_small else colours["muted"]
    if not part:
        return f"font-weight:700;color:{ink};background-color:{colours['surface']}"
    heat = f";background-color:{colours['seq'][step - 1]}" if shown and step else ""
    return f"color:{ink}{heat}"


def legend(page: "Page", grid: Grid, hide_below: int) -> str:
    """One line under the table that explains only the signs that stand in it."""
    found = [grid.cell(line, column) for line in grid.lines for column in grid.columns]
    lines = [page.t("active_rate.legend_open")]
    if any(cell and cell.is_small and cell.valid >= hide_below for cell in found):
        lines.append(page.t("active_rate.legend_small"))
    if any(cell is None for cell in found):
        lines.append(page.t("active_rate.legend_none"))
    if any(cell and cell.valid < hide_below for cell in found):
        lines.append(page.t("active_rate.legend_hidden", n=hide_below))
    if len(grid.lines) > 1:
        lines.append(page.t("active_rate.legend_total"))
    if grid.left_out:
        lines.append(page.t("active_rate.legend_left_out", n=grid.left_out))
    return INDENT.join(lines) if page.lang == "ja" else " ".join(lines)


def table(page: "Page", frame: pd.DataFrame, grid: Grid, *, hide_below: int) -> pd.DataFrame:
    """The pivot for a download, in the order of the page; hidden cells without numbers.

    `d0`, `d1` … are the dimensions; counts stand beside rates.
    """
    names = [*grid.rows, *([grid.column] if grid.column else [])]
    folds = [_folded(frame, i, len(grid.rows)) for i in range(len(names))]
    levels = {f"d{i}": _level_names(page, frame[name], folds[i]) for i, name in enumerate(names)}
    hidden = frame["valid_users"] < hide_below
    numbers_of = {name: frame[name].mask(hidden) for name in NUMBERS}
    listed = pd.DataFrame({**levels, **numbers_of}, index=frame.index)
    if not names:
        return listed
    tops = {0, len(grid.rows)}  # totals come last there; a subtotal stands before its parts
    ranks = {f"d{i}": _ranks(frame[name], folds[i], last=i in tops) for i, name in enumerate(names)}
    order = pd.DataFrame(ranks, index=frame.index).sort_values(list(ranks)).index
    return listed.loc[order].reset_index(drop=True)


def _folded(frame: pd.DataFrame, position: int, rows: int) -> "pd.Series[bool]":
    """Where the dimension at this position is folded into a total."""
    return frame["row_level"] >= rows - position if position < rows else frame["column_level"] >= 1


def _level_names(page: "Page", values: "pd.Series[Any]", folded: "pd.Series[bool]") -> list[str]:
    """The dimension as text; folded ones say 「合計」, which a blank value must not be taken for."""
    return [
        page.t("active_rate.total") if fold else value_label(page, None if pd.isna(value) else value)
        for fold, value in zip(folded, values, strict=True)
    ]


def _ranks(values: "pd.Series[Any]", folded: "pd.Series[bool]", *, last: bool) -> list[int]:
    """The place of each value among all, as on the page."""
    known = [None if pd.isna(value) else value for value in values]
    place = {value: i for i, value in enumerate(in_order(known))}
    return [(len(place) if last else -1) if fold else place[value] for fold, value in zip(folded, known, strict=True)]
