"""Who moved from which stage to which since the period before: a chart of bands, and a matrix whose cells open."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from dashboard import cells, counting, figures, matrix, theme, widths
from dashboard.stage_answers import StageAnswers
from dashboard.stage_lists import show as show_list
from dashboard.stage_lists import standing

if TYPE_CHECKING:
    from dashboard.page import Page

Cell = tuple[int | None, int | None]
OPEN = "moved"
BANDS = "stage_flow"
NARROW = 78  # pixels a column of the matrix has at least


def movement(page: "Page", answers: StageAnswers) -> None:
    """How many rose, stayed and fell; the chart, the matrix, and the people of its open cell."""
    if int(answers.total["valid_users"].max()) < counting.hide_below(page):
        return
    st.subheader(page.t("stage_page.movement"), anchor=False)
    if not answers.compared:
        st.caption(page.t("stage_page.no_movement", span=figures.span(answers.previous, page.lang)))
        return
    moves = answers.moves
    fields = {name: int(moves[name]) for name in ("valid_before", "valid_users", "joined", "left")}
    st.caption(page.t("stage_page.movement_of", span=figures.span(answers.previous, page.lang), **fields))
    with st.grid(3, min_column_width=150, key="stage_moves"):
        for move in ("rose", "stayed", "fell"):
            st.metric(page.t(f"stage_page.{move}"), figures.counted(moves[move], page.lang))
    users: dict[Cell, int] = {
        (_end(r["from_position"]), _end(r["to_position"])): int(r["users"]) for r in answers.matrix.to_dict("records")
    }
    ends: list[int | None] = [*range(len(answers.definitions) + 1), None]
    left, right = st.columns((4, 5), gap="medium")
    with left:
        _bands(page, answers, users, ends)
    with right:
        opened = _matrix(page, answers, users, ends)
    if opened and users.get(opened):
        names = [_end_name(page, answers, end, side) for side, end in enumerate(opened)]
        name = page.t("stage_page.moved", start=names[0], end=names[1])
        show_list(page, answers, answers.movers(opened), name, key="movers")


def _bands(page: "Page", answers: StageAnswers, users: Mapping[Cell, int], places: Sequence[int | None]) -> None:
    """The chart; a band that is clicked stands in the URL as its cell of the matrix does."""
    names = {place: standing(page, answers, place) for place in places}
    ends = (page.t("stage_page.period_before"), page.t("stage_page.period_now"))
    gone = (page.t("stage_page.joined"), page.t("stage_page.left"))
    looks: dict[str, Any] = {"gone": gone, "lang": page.lang}
    event = theme.show(
        lambda palette: charts.flow(users, names, ends, palette=palette, **looks),
        charts.flow_finding(users, lang=page.lang),
        of=repr((sorted(users.items(), key=repr), names, ends, looks)),
        key=cells.marks(OPEN, BANDS),
        picks=charts.PICKED,
    )
    chosen = ((event or {}).get("selection") or {}).get(charts.PICKED) or []
    band = charts.flow_cell(chosen[0]["band"]) if chosen else None
    cells.pick(OPEN, [band[0], f"c{places.index(band[1])}"] if band and band[1] in places else None)
    st.caption(page.t("stage_page.flow_note"))


def _matrix(page: "Page", answers: StageAnswers, users: Mapping[Cell, int], ends: Sequence[int | None]) -> Cell | None:
    columns = [f"c{i}" for i in range(len(ends))]
    table = pd.DataFrame([[users.get((start, end), 0) for end in ends] for start in ends], columns=columns)
    table.insert(0, "label", [_end_name(page, answers, end, 0) for end in ends])
    config: dict[str, Any] = {
        "label": st.column_config.TextColumn(page.t("stage_page.from_to"), pinned=True, width=112)
    }
    heads = [_end_name(page, answers, end, 1) for end in ends]
    config |= {
        name: st.column_config.NumberColumn(head, format="localized", width=widths.of_header(head, NARROW))
        for name, head in zip(columns[:-1], heads, strict=False)
    }
    config[columns[-1]] = st.column_config.NumberColumn(heads[-1], format="localized")  # takes what is left
    opened = cells.show(
        matrix.coloured(table), rows=ends, opens=columns, key=OPEN, config=config, alt=page.t("stage_page.matrix_alt")
    )
    st.caption(page.t("stage_page.matrix_note"))
    return (opened[0], ends[columns.index(opened[1])]) if opened else None


def _end_name(page: "Page", answers: StageAnswers, end: int | None, side: int) -> str:
    if end is None:
        return page.t("stage_page.left" if side else "stage_page.joined")
    return standing(page, answers, end)


def _end(position: Any) -> int | None:
    return None if pd.isna(position) else int(position)
