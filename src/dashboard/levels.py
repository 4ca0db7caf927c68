"""The parts of the page of the levels: choices, headline, levels and their movement, who lacks what."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.customer_base import CUSTOMER
from analysis.definitions import DEFINITIONS
from analysis.tables import KINDS
from dashboard import cells, figures, level_choices, level_editor, matrix, missing, record_list, theme
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.level_answers import LevelAnswers
from dashboard.ordering import in_order

if TYPE_CHECKING:
    from dashboard.page import Page

MEASURES = ("level", "score", "from_level", "to_level", "move")
KEYS = ("level", "level_score", "state_rate", "level_rate", "level_move")
NOWHERE = -1


def choose(page: "Page") -> LevelAnswers:
    """The bar of choices and the states themselves; stops where nobody is left."""
    answers = level_choices.choose(page)
    level_editor.show(page, answers)
    if not answers.customers:
        missing.no_records(page, answers.chosen, answers.labels)
    return answers


def companies(page: "Page", n: float | None) -> str:
    """`36 社`."""
    return figures.NONE if figures.is_missing(n) else page.t("level_page.companies", n=int(n))  # type: ignore[arg-type]


def counted(page: "Page", n: float | None) -> str:
    """`36 社` as a big number."""
    return figures.NONE if figures.is_missing(n) else page.t("level_page.counted", n=int(n))  # type: ignore[arg-type]


def headline(page: "Page", answers: LevelAnswers) -> None:
    """How many customers there are, how many stand at the top and below the first level, and what most lack."""
    total, counts = answers.total, answers.counts
    top, below = total.iloc[-1].to_dict(), total.iloc[0].to_dict()
    lacking = counts.sort_values(["lacking", "position"], ascending=[False, True]).iloc[0].to_dict()
    named = bool(answers.definitions.levels)
    with st.grid(4, min_column_width=170, key="headline"):
        with st.container(gap=None):
            st.metric(page.t("level_page.customers"), counted(page, answers.customers))
            st.caption(
                page.t("level_page.was_before", n=answers.customers_before, day=figures.day_short(answers.previous))
            )
        with st.container(gap=None):
            st.metric(
                _top_words(page, top) if named else page.t("level_page.no_levels"),
                _rate(top) if named else figures.NONE,
            )
            st.caption(_of(page, top) if named else page.t("level_page.no_levels_note"))
        with st.container(gap=None):
            st.metric(
                page.t("level_page.below", level=answers.definitions.levels[0].name)
                if named
                else page.t("level_page.below_none"),
                counted(page, below["customers"]) if named else figures.NONE,
            )
            st.caption(_of(page, below) if named else page.t("level_page.no_levels_note"))
        with st.container(gap=None):
            st.metric(page.t("level_page.most_lacking"), counted(page, lacking["lacking"]))
            st.caption(page.t("level_page.lack", state=md(lacking["state"])))
    st.caption(answers.who())


def _top_words(page: "Page", top: dict[str, Any]) -> str:
    return page.t("level_page.top", level=md(top["level"]))


def _rate(row: dict[str, Any]) -> str:
    small = " ※" if 0 < row["of_customers"] < 30 else ""
    return figures.percent(row["rate"]) + small


def _of(page: "Page", row: dict[str, Any]) -> str:
    n = f"{int(row['customers']):,} / {companies(page, row['of_customers'])}"
    around = figures.interval(row["rate_low"], row["rate_high"])
    return f"{n}  \n{page.t('active_rate.interval', range=around)}"


def distribution(page: "Page", answers: LevelAnswers) -> None:
    """A bar a level; with a dimension the same for each of its values, every number with its customers."""
    st.subheader(page.t("level_page.distribution"), anchor=False)
    if not answers.definitions.levels:
        st.caption(page.t("level_page.no_levels_note"))
        return
    total, before = answers.total, answers.before if answers.customers_before else None
    theme.show(
        lambda palette: charts.level_bars(total, before, lang=page.lang, palette=palette),
        charts.level_finding(total, lang=page.lang),
        of=total.to_csv(index=False) + ("" if before is None else before.to_csv(index=False)) + page.lang,
        key="level_bars",
    )
    lines = [page.t("level_page.tick", day=figures.day(answers.previous, page.lang)), page.t("warnings.interval")]
    st.caption("  \n".join(lines))
    if answers.by:
        _by_value(page, answers)


def _by_value(page: "Page", answers: LevelAnswers) -> None:
    by, parts = answers.by[0], answers.parts
    levels = answers.definitions.levels
    keyed = {
        (None if figures.is_missing(row[by]) else str(row[by]), int(row["level_position"])): row
        for row in parts.to_dict("records")
    }
    values = in_order([value for value, _ in keyed])
    places = [*range(len(levels), -1, -1)]
    shown = pd.DataFrame(
        [
            {
                "value": value_label(page, value),
                **{f"l{place}": int(keyed[value, place]["customers"]) for place in places},
                "rate": figures.percent(keyed[value, len(levels)]["rate"]),
                "all": int(keyed[value, 0]["of_customers"]),
            }
            for value in values
        ]
    )
    config: dict[str, Any] = {"value": st.column_config.TextColumn(answers.labels[by], pinned=True)}
    for place in places:
        config[f"l{place}"] = st.column_config.NumberColumn(name(page, answers, place), format="localized")
    config["rate"] = st.column_config.TextColumn(
        page.t("level_page.top_rate", level=levels[-1].name), alignment="right"
    )
    config["all"] = st.column_config.NumberColumn(page.t("level_page.customers"), format="localized")
    opens = [f"l{place}" for place in places] + ["all"]
    alt = page.t("level_page.by_value", name=answers.labels[by])
    opened = cells.show(shown, rows=values, opens=opens, key="part", config=config, alt=alt)
    st.caption(page.t("level_page.open_note"))
    if opened:
        value, column = opened
        place = None if column == "all" else int(column[1:])
        said = f"{value_label(page, value)}" + ("" if place is None else f" × {name(page, answers, place)}")
        listed(page, answers, answers.at(place, **{by: value}), said, key="part_customers")


def name(page: "Page", answers: LevelAnswers, position: int) -> str:
    """A level by its position."""
    levels = answers.definitions.levels
    if position:
        return levels[position - 1].name
    return page.t("level_page.below", level=levels[0].name) if levels else page.t("level_page.below_none")


def listed(
    page: "Page",
    answers: LevelAnswers,
    frame: pd.DataFrame,
    said: str,
    *,
    key: str,
    measures: Sequence[str] = MEASURES,
) -> None:
    """The customers behind a number with their states, and their download.

    Args:
        frame: customers, in the order in which they are shown.
        said: who they are, as plain text.
        key: of the elements, unique on the page.
        measures: the columns that were counted; others of such a name are the file's own.
    """
    shown = frame.drop(
        columns=[column for column in ("level_position", "from_position", "to_position") if column in frame]
    )
    shown = shown.dropna(axis=1, how="all") if len(shown) else shown
    if "move" in shown:
        shown = shown.assign(move=[page.t(f"level_page.{move}") for move in shown["move"]])
    record_list.show(
        page,
        shown,
        answers.kind,
        page.t("level_page.list", name=said, count=companies(page, len(frame))),
        key=key,
        headers=headers(page, answers, shown, measures),
        definitions=meanings(page, answers),
        first=[CUSTOMER, *filter(None, [answers.name_column]), *measures, *answers.flags],
    )


def headers(
    page: "Page", answers: LevelAnswers, frame: pd.DataFrame, measures: Sequence[str] = MEASURES
) -> dict[str, str]:
    """Column -> heading of what was counted, a state by its name; the file's own of such a name says so."""
    found = answers.flags | {each: page.t(f"level_page.column_{each}") for each in measures if each in frame}
    for column in frame.columns:
        own = column.removeprefix("customers.")
        if own != column:
            role = page.role(answers.kind, own) if own in KINDS[answers.kind].roles else own
            found[column] = page.t("level_page.of_file", name=role)
    return found


def meanings(page: "Page", answers: LevelAnswers) -> list[tuple[str, str]]:
    """The sheet of definitions: what was counted, every state and level, and the choices under which."""
    return [*(row for key in KEYS for row in DEFINITIONS[key].rows(page.lang)), *answers.conditions()]


def movement(page: "Page", answers: LevelAnswers) -> None:
    """Who rose and who fell since the earlier day, as a matrix whose cells open their customers."""
    if not answers.definitions.levels:
        return
    st.subheader(page.t("level_page.movement"), anchor=False)
    lines = [
        page.t(
            "level_page.between",
            first=figures.day(answers.previous, page.lang),
            last=figures.day(answers.as_of, page.lang),
        )
    ]
    if answers.kind in ("customers", "cases", "deals", "users") and len(answers.lists) < 2:
        lines.append(page.t("level_page.one_list"))
    for table, first in answers.short_of_history:
        lines.append(page.t("level_page.short", table=page.t(f"data.kind_{table}"), day=figures.day(first, page.lang)))
    st.caption("  \n".join(lines))
    moves = answers.moves.groupby("move")["customers"].sum()
    with st.grid(3, min_column_width=150, key="level_moves"):
        for move in ("rose", "stayed", "fell"):
            st.metric(page.t(f"level_page.{move}"), counted(page, int(moves.get(move, 0))))
    _matrix(page, answers)


def _matrix(page: "Page", answers: LevelAnswers) -> None:
    ends: list[int | None] = [*range(len(answers.definitions.levels) + 1), None]
    found = {
        (_end(row["from_position"]), _end(row["to_position"])): int(row["customers"])
        for row in answers.moves.to_dict("records")
    }
    table = pd.DataFrame(
        [[found.get((start, end), 0) for end in ends] for start in ends], columns=[f"c{i}" for i in range(len(ends))]
    )
    names = [name(page, answers, end) for end in ends if end is not None]
    labels, heads = [*names, page.t("level_page.joined")], [*names, page.t("level_page.left")]
    table.insert(0, "label", labels)
    config: dict[str, Any] = {"label": st.column_config.TextColumn(page.t("level_page.from_to"), pinned=True)}
    config |= {f"c{i}": st.column_config.NumberColumn(head, format="localized") for i, head in enumerate(heads)}
    opened = cells.show(
        matrix.coloured(table),
        rows=[NOWHERE if end is None else end for end in ends],
        opens=[f"c{i}" for i in range(len(ends))],
        key="moved",
        config=config,
        alt=page.t("level_page.matrix_alt"),
    )
    st.caption(page.t("level_page.matrix_note"))
    if not opened:
        return
    start, place = opened[0] if opened[0] != NOWHERE else None, int(opened[1][1:])
    cell = (start, ends[place])
    if found.get(cell):
        said = f"{labels[ends.index(start)]} → {heads[place]}"
        listed(page, answers, answers.movers(cell), said, key="movers")


def _end(position: Any) -> int | None:
    return None if pd.isna(position) else int(position)
