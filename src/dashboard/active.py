"""The parts of the page of the active rate, from the choices to the people."""

from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.period import Period
from dashboard import (
    cautions,
    counting,
    figures,
    filters,
    missing,
    moves,
    people,
    theme,
    trends,
    url,
    view,
)
from dashboard import headline as top
from dashboard import pivot as table
from dashboard.answers import Answers
from dashboard.cautions import Caution
from dashboard.downloads import button as download_button
from dashboard.escape import md
from dashboard.grid import Key

if TYPE_CHECKING:
    from dashboard.page import Page


def choose(page: "Page") -> Answers:
    """The bar of choices; stops where nobody is left."""
    answers = view.choose(page, Answers)
    if not answers.total:
        missing.nobody(page, answers.choices.period, answers.choices.chosen, answers.labels)
    return answers


def headline(page: "Page", answers: Answers) -> None:
    """The four numbers, which roster they are counted on, and what to know before reading them."""
    found, hide = answers.headline(), counting.hide_below(page)
    opens = lambda state: people.dialog(page, everybody(page, answers), state)  # noqa: E731
    top.show(page, found, hide_below=hide, opens=opens, roster=answers.on_roster())
    if not _hidden(page, answers):
        _more(page, answers)


def _hidden(page: "Page", answers: Answers) -> bool:
    return answers.total is not None and answers.total.valid < counting.hide_below(page)


def _more(page: "Page", answers: Answers) -> None:
    """The cautions that hold here, behind one line."""
    with st.expander(page.t("warnings.title"), key="cautions", on_change="rerun", type="compact") as more:
        if not more.open:
            return
        kinds = counting.kinds(page)
        cautions.listed(
            page,
            [
                Caution("interval"),
                *cautions.change(answers.compared),
                *cautions.regression(answers.compared, answers.grid),
                *cautions.shared_ids(answers.busiest()),
                Caution("automatic"),
                *cautions.goal(answers.choices.counting.goal, answers.choices.counting.activities, kinds),
            ],
        )


def movement(page: "Page", answers: Answers) -> None:
    """Who began and who stopped, where the period before is known."""
    if not answers.movement or _hidden(page, answers):
        return
    span = figures.span(answers.previous, page.lang)
    st.subheader(page.t("active_rate.movement"), anchor=False)
    st.caption(page.t("active_rate.movement_of", span=span))
    cautions.captions(page, cautions.mix(answers.mix))
    moves.show(page, answers.movement, lambda move: people.dialog(page, moved(page, answers), move))


def trend(page: "Page", answers: Answers) -> None:
    """The rate over time: in total, or a line for each value of the first dimension."""
    if _hidden(page, answers):
        return
    names = answers.labels
    first = answers.choices.rows[0] if answers.choices.rows else None
    every = trends.bucket(answers.choices.period)
    st.subheader(page.t(f"active_rate.trend_{every}"), anchor=False)
    split = _split(page, names[first]) if first else False
    found = answers.trend(first if split else None)
    if found is None:
        return
    frame, every, span = found
    options: dict[str, Any] = {"every": every, "by": first if split else None, "target": answers.choices.counting.goal}
    looks = {"lang": page.lang, "as_of": answers.as_of, **options}
    theme.show(
        lambda palette: charts.trend(frame, palette=palette, **looks),
        charts.trend_finding(frame, lang=page.lang, **options),
        of=frame.to_csv(index=False) + repr(looks),
        key="trend",
    )
    st.caption(_under_trend(page, answers, every, span, frame[first].nunique(dropna=False) if split and first else 0))


def _split(page: "Page", name: str) -> bool:
    words = {"total": page.t("active_rate.whole"), "parts": page.t("active_rate.parts_of", name=md(name))}
    chosen = url.url_select(
        page.t("active_rate.trend_split"),
        list(words),
        words.__getitem__,
        "trend_of",
        "total",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    return chosen == "parts"


def _under_trend(page: "Page", answers: Answers, every: str, span: Period, parts: int) -> str:
    """How to read the chart, in one paragraph."""
    buckets = list(span.split(every, answers.choices.fiscal_start))
    lines = [page.t("active_rate.band")] if not parts else []
    lines += [c.text(page) for c in cautions.period_length(every, answers.choices.period.days)]
    lines += [c.text(page) for c in cautions.working_days([each.start for each in buckets], every)]
    if parts > charts.MOST_LINES:
        lines.append(page.t("active_rate.most_lines", n=charts.MOST_LINES))
    if trends.before_first(buckets[0], answers.rosters):
        lines.append(page.t("active_rate.roster_trend", day=figures.day(min(answers.rosters), page.lang)))
    return (" " if page.lang == "en" else "").join(lines)


def pivot(page: "Page", answers: Answers) -> None:
    """The table, what to know about it, its download, and the people of the open cell."""
    names, hide = answers.labels, counting.hide_below(page)
    heading = st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="pivot_heading"
    )
    with heading:
        st.subheader(page.t("active_rate.where"), anchor=False, width="content")
        _download(page, answers, names, hide)
    shows = url.url_select(
        page.t("active_rate.shows"),
        table.SHOWS,
        lambda code: page.t(f"active_rate.show_{code}"),
        "show",
        "rate",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    opened = table.show(page, answers.grid, names, hide_below=hide, shows=shows, alt=page.t("active_rate.table_alt"))
    st.caption(table.legend(page, answers.grid, hide))
    cautions.captions(page, cautions.many_cells(answers.grid))
    if answers.overlap:
        st.caption(page.t("active_rate.overlap", n=answers.overlap))
    _people(page, answers, opened, hide)


def _download(page: "Page", answers: Answers, names: dict[str, str], hide: int) -> None:
    frame = table.table(page, answers.pivot, answers.grid, hide_below=hide)
    codes = [*answers.choices.rows, *([answers.choices.column] if answers.choices.column else [])]
    headers = {f"d{i}": names[code] for i, code in enumerate(codes)}
    headers |= {name: page.t(f"active_rate.column_{name}") for name in table.NUMBERS}
    formats = {"valid_users": "count", "active_users": "count"}
    download_button(
        page,
        frame,
        name=page.t("active_rate.file", span=str(answers.choices.period).replace("..", "_")),
        key="download_pivot",
        headers=headers,
        formats=formats | dict.fromkeys(("active_rate", "rate_low", "rate_high"), "percent"),
        definitions=meanings(page, answers),
        label=page.t("active_rate.download_table"),
    )


def meanings(page: "Page", answers: Answers) -> list[tuple[str, str]]:
    """The sheet of definitions: what was counted, and the choices under which."""
    return [
        *DEFINITIONS["active_rate"].rows(page.lang),
        *(_sentence(page, key) for key in ("inactive", "never", "invalid", "outside")),
        *answers.conditions(),
    ]


def _sentence(page: "Page", key: str) -> tuple[str, str]:
    words = DEFINITIONS[key].words(page.lang)
    return words["term"], words["sentence"]


def _people(page: "Page", answers: Answers, opened: tuple[Key, Key] | None, hide: int) -> None:
    cell = answers.grid.cell(*opened) if opened else answers.total
    if cell is None:
        return
    if cell.valid < hide:
        st.caption(page.t("active_rate.hidden", n=hide))
        return
    scope = of_cell(page, answers, *opened) if opened and opened != ((), ()) else everybody(page, answers)
    people.section(page, scope, default=("inactive" if cell.active < cell.valid else "active") if opened else None)


def everybody(page: "Page", answers: Answers) -> people.Scope:
    """All whom the headline counts, the ids beside them too."""
    total, equation = answers.total, answers.equation
    assert total is not None
    counts = {
        "active": total.active,
        "inactive": total.valid - total.active,
        "never": answers.never(),
        "invalid": int(equation["invalid"]),
        "outside": int(equation["outside"]),
    }
    name = filters.plain(page, answers.choices.chosen, answers.labels) or page.t("active_rate.whole")
    return people.Scope(name, answers.choices.period, answers.options, answers.where, counts, meanings(page, answers))


def moved(page: "Page", answers: Answers) -> people.Scope:
    """The same people, by what became of them since the period before."""
    assert answers.movement is not None
    counts = {move: int(answers.movement[move]) for move in moves.SHOWN}
    scope = everybody(page, answers)
    return people.Scope(scope.name, scope.period, scope.options, scope.where, counts, scope.definitions)


def of_cell(page: "Page", answers: Answers, line: Key, column: Key) -> people.Scope:
    """The people of one cell, subtotal or total."""
    cell = answers.grid.cell(line, column)
    assert cell is not None
    more = answers.of_cell(line, column)
    counts = {"active": cell.active, "inactive": cell.valid - cell.active, "never": answers.never(more)}
    parts = [table.value_label(page, value) for value in (*line, *column)]
    where = filters.rule(answers.choices.chosen, more)
    return people.Scope(
        " × ".join(parts), answers.choices.period, answers.options, where, counts, meanings(page, answers)
    )
