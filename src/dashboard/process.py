"""The parts of the page of the process, from the choices to the cases."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.case_forms import BLANKS
from analysis.definitions import DEFINITIONS
from analysis.frames import fold
from analysis.process import NOTES
from analysis.process_plan import SIDES
from dashboard import cells, figures, missing, process_plan_editor, record_list, records, theme, url, workdays
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.process_answers import BY_STEP, Process

if TYPE_CHECKING:
    from dashboard.page import Page

BALL, BLANK = "ball", "blank"
WHOSE = ("ボール", "ball", "どちら待ち", "待ち先", "with whom", "waiting on")  # a column that says whose turn it is
DAYS = ("median_days", "p90_days", "km_median_days", "waiting_max_days")
COUNTED = ("reached", "waiting_now", "done", *DAYS, "repeated", "skipped", *NOTES)
SEEN = ("elsewhere", "not_started")
OF_STEPS = ("missing", "negative", "same_day", "skipped", "backward")
OF_ENTRIES = ("undated", "unlisted", "inferred")


def choose(page: "Page") -> Process:
    """The bar of choices and the order of the steps; stops where there is no case."""
    chosen: dict[str, Any] = {}
    build: Any = lambda *given: partial(Process, *given)(**chosen)  # noqa: E731
    answers: Process = records.choose(
        page, "cases", build, roles=("owner",), most=0, beside=lambda: chosen.update(_counting(page))
    )
    process_plan_editor.show(page, answers)
    if not answers.totals["cases"]:
        missing.no_records(page, answers.chosen, answers.labels)
    return answers


def _counting(page: "Page") -> dict[str, Any]:
    """The popover 「数え方」: which days, whose turn, and what a missing date means."""
    columns = [each.code for each in records.available(page, "cases")]
    balls = [BY_STEP, *columns]
    usual = usual_ball(columns)
    wide = any(each.mapping.steps for each in page.ws.imports("cases") if each.active)

    def named(code: str) -> str:
        return page.t("process.ball_by_step") if code == BY_STEP else page.t("process.ball_by_column", name=md(code))

    said = [page.t(f"workdays.{workdays.asked()}"), named(url.peek_select(balls, BALL, usual))]
    blank = url.peek_select(BLANKS, BLANK, BLANKS[0])
    label = page.t("pickers.counting", choices=page.t("pickers.comma").join(said))
    with st.popover(label, icon=":material/tune:", key="popover_counting"):
        ball = url.url_select(page.t("process.ball"), balls, named, BALL, usual)
        if wide:
            blank = url.url_select(
                page.t("process.blank"), BLANKS, lambda code: page.t(f"process.blank_{code}"), BLANK, BLANKS[0]
            )
        days = workdays.choose(page)
    return {"days": days, "blank": blank, "ball": ball}


def usual_ball(columns: Sequence[str]) -> str:
    """The column that says whose turn it is, as far as its name tells; else the step does."""
    return next((name for name in columns if any(word in fold(name) for word in WHOSE)), BY_STEP)


def side_name(page: "Page", answers: Process, side: Any) -> str:
    """Whose turn it is, in words."""
    if figures.is_missing(side) or side == "":
        return page.t("process.side_unsaid")
    known = answers.ball == BY_STEP and side in SIDES
    return page.t(f"process.side_{side}") if known else value_label(page, side)


def cases(page: "Page", n: float | None) -> str:
    """`36 件`."""
    return figures.NONE if figures.is_missing(n) else page.t("process.cases", n=int(n))  # type: ignore[arg-type]


def headline(page: "Page", answers: Process) -> None:
    """How many cases are where, whose turn it is, and how long the oldest has waited."""
    total = answers.totals
    with st.grid(6, min_column_width=140, key="headline"):
        for state in ("cases", "finished", "waiting"):
            _number(page, answers, state, page.t(f"process.state_{state}"), total[state], partial(answers.cases, state))
        for side, n in answers.waits[["side", "waiting_now"]].head(2).itertuples(index=False):
            name = side_name(page, answers, side)
            plain = None if figures.is_missing(side) else str(side)
            _number(
                page, answers, f"side_{plain}", page.t("process.waits_for", side=md(name)), n,
                partial(answers.waiting_on, plain),
            )  # fmt: skip
        with st.container(gap=None):
            days = total["waiting_max_days"]
            st.metric(page.t("process.oldest"), days_said(page, days))
            st.caption(page.t("process.oldest_note"))
    parts = [page.t(f"process.part_{state}", n=int(total[state])) for state in ("finished", "waiting", *SEEN)]
    kept = [
        part
        for part, state in zip(parts, ("finished", "waiting", *SEEN), strict=True)
        if total[state] or state not in SEEN
    ]
    lines = [page.t("process.equation", n=int(total["cases"]), parts=" ＋ ".join(kept)), answers.on_list()]
    if answers.checks["inferred"]:
        known = [day for day in answers.lists if day <= answers.as_of]
        lines.append(page.t("process.inferred", n=len(known), entries=int(answers.checks["inferred"])))
    if answers.ball == BY_STEP and not answers.sides:
        lines.append(page.t("process.no_sides"))
    st.caption("  \n".join(lines))


def _number(page: "Page", answers: Process, code: str, label: str, n: float, found: Callable[[], pd.DataFrame]) -> None:
    """A number with the way to its cases."""
    with st.container(gap=None):
        st.metric(label, cases(page, n))
        if n and st.button(page.t("process.open"), key=f"open_{code}", type="tertiary", icon=":material/list:"):
            _dialog(page, answers, label.replace("\\", ""), found, code)


def _dialog(page: "Page", answers: Process, name: str, found: Callable[[], pd.DataFrame], code: str) -> None:
    @st.dialog(md(name), width="large")
    def content() -> None:
        with page.mistakes():
            listed(page, answers, found(), name, key=f"dialog_{code}")

    content()


def listed(page: "Page", answers: Process, frame: pd.DataFrame, name: str, *, key: str) -> None:
    """The cases behind a number, with their download."""
    measures = ("stands_in", "stands_since", "waiting_days", "entered_step_at", "visits", "days", "entered_after")
    kept = frame.dropna(axis=1, how="all") if len(frame) else frame
    shown = kept[[column for column in kept.columns if column not in answers.mapping.steps]]
    record_list.show(
        page,
        shown,
        "cases",
        page.t("process.list", name=name, count=cases(page, len(frame))),
        key=key,
        headers={column: page.t(f"process.column_{column}") for column in ("step", *measures)},
        definitions=meanings(page, answers),
        first=("case_id", "step", "entered_at", *measures),
    )


def meanings(page: "Page", answers: Process) -> list[tuple[str, str]]:
    """The sheet of definitions: what was counted, and the choices under which."""
    keys = ("step_waiting", "step_days", "step_km_days", "step_unsure")
    return [*(row for key in keys for row in DEFINITIONS[key].rows(page.lang)), *answers.conditions()]


def steps(page: "Page", answers: Process) -> None:
    """Where cases wait and how long each step usually takes, and every count of every step."""
    st.subheader(page.t("process.where"), anchor=False)
    times = answers.times
    names = [side_name(page, answers, side) for side in answers.waits["side"]]
    parts = answers.parts.assign(side=[side_name(page, answers, side) for side in answers.parts["side"]])
    pieces = parts.groupby(["step", "side"], as_index=False)["waiting_now"].sum()
    order = [name for name in names if name != page.t("process.side_unsaid")]
    of = times.to_csv(index=False) + pieces.to_csv(index=False) + repr(order) + page.lang
    with st.grid(2, min_column_width=320, gap="medium", key="step_charts"):
        with st.container(gap="small"):
            st.markdown(f"**{page.t('process.waiting_chart')}**  \n{_key(page, answers)}")
            theme.show(
                lambda palette: charts.waiting_bars(times, pieces, order, lang=page.lang, palette=palette),
                charts.waiting_finding(times, lang=page.lang),
                of=of,
                key="waiting_chart",
            )
        with st.container(gap="small"):
            st.markdown(f"**{page.t('process.days_chart')}**  \n{page.t('process.days_key')}")
            theme.show(
                lambda palette: charts.typical_days(times, lang=page.lang, palette=palette),
                charts.days_finding(times, lang=page.lang),
                of=f"days{of}",
                key="days_chart",
            )
    said = [charts.waiting_finding(times, lang=page.lang), charts.days_finding(times, lang=page.lang)]
    st.caption("  \n".join([*map(md, said), page.t("warnings.open_cases")]))
    _table(page, answers)


def _key(page: "Page", answers: Process) -> str:
    """Which colour is whose, with the numbers: a legend that can be read as a sentence."""
    waits = answers.waits.to_dict("records")
    colours = iter(("blue", "orange"))
    said = []
    for row in waits:
        unsaid = figures.is_missing(row["side"])
        colour = "gray" if unsaid else next(colours, "gray")
        said.append(f":{colour}[■] {md(side_name(page, answers, row['side']))} {cases(page, row['waiting_now'])}")
    return "　".join(said)


def _table(page: "Page", answers: Process) -> None:
    times = answers.times
    rare = [name for name in ("inferred",) if not times[name].any()]
    columns = [name for name in COUNTED if name not in rare]
    shown = times[["step", *columns]]
    config: dict[str, Any] = {"step": st.column_config.TextColumn(page.t("process.column_step"), pinned=True)}
    for name in columns:
        form = "%.1f" if name in DAYS else "localized"
        config[name] = st.column_config.NumberColumn(page.t(f"process.column_{name}"), format=form)
    opens = [name for name in columns if name not in DAYS]
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="steps_head"
    ):
        st.markdown(f"**{page.t('process.table')}**")
        _download(page, answers, shown, columns)
    opened = cells.show(
        shown, rows=list(shown["step"]), opens=opens, key="cell", config=config, alt=page.t("process.table")
    )
    st.caption(page.t("process.table_note"))
    if opened:
        step, state = opened
        name = page.t("process.of_step", step=step, state=page.t(f"process.column_{state}"))
        listed(page, answers, answers.of_step(step, state), name, key="cell_cases")


def _download(page: "Page", answers: Process, frame: pd.DataFrame, columns: list[str]) -> None:
    from dashboard import downloads

    downloads.button(
        page,
        frame,
        name=page.t("process.file", day=answers.as_of.isoformat()),
        key="download_steps",
        headers={"step": page.t("process.column_step")} | {c: page.t(f"process.column_{c}") for c in columns},
        definitions=meanings(page, answers),
    )


def waiting(page: "Page", answers: Process) -> None:
    """Whom the open cases wait for, with their age."""
    found = answers.waits
    if not len(found):
        return
    st.subheader(page.t("process.sides"), anchor=False)
    rows = [None if figures.is_missing(side) else str(side) for side in found["side"]]
    shown = found.assign(side=[side_name(page, answers, side) for side in found["side"]])
    config: dict[str, Any] = {"side": st.column_config.TextColumn(page.t("process.column_side"), pinned=True)}
    for name in ("waiting_now", "waiting_median_days", "waiting_max_days"):
        config[name] = st.column_config.NumberColumn(page.t(f"process.column_{name}"), format="localized")
    opened = cells.show(shown, rows=rows, opens=["waiting_now"], key="side", config=config, alt=page.t("process.sides"))
    if opened:
        name = page.t("process.waits_for", side=side_name(page, answers, opened[0]))
        listed(page, answers, answers.waiting_on(opened[0]), name, key="side_cases")
    else:
        st.caption(page.t("process.sides_note"))


def days_said(page: "Page", days: float | None) -> str:
    """`74 日`."""
    return figures.NONE if figures.is_missing(days) else page.t("process.days", n=int(days))  # type: ignore[arg-type]


def notes(page: "Page", answers: Process) -> None:
    """What of the list is in no average, and how it was counted."""
    st.subheader(page.t("process.notes"), anchor=False)
    checks, times, total = answers.checks, answers.times, answers.totals
    counts = {name: int(times[name].sum()) for name in OF_STEPS}
    counts |= {name: int(checks[name]) for name in OF_ENTRIES}
    counts |= {name: int(total[name]) for name in SEEN}
    there = [(name, n) for name, n in counts.items() if n]
    if not there:
        st.caption(page.t("process.no_notes", n=int(checks["entries"])))
        return
    frame = pd.DataFrame(
        [{"what": page.t(f"process.note_{name}"), "n": n, "how": page.t(f"process.how_{name}")} for name, n in there]
    )
    config = {
        "what": st.column_config.TextColumn(page.t("process.note_what")),
        "n": st.column_config.NumberColumn(page.t("process.note_n"), format="localized"),
        "how": st.column_config.TextColumn(page.t("process.note_how"), width="large"),
    }
    opened = cells.show(
        frame,
        rows=[name for name, _ in there],
        opens=["n"],
        key="note",
        config=config,
        alt=page.t("process.notes"),
    )
    found = {name for name, _ in there}
    lines = [page.t("process.notes_note", n=int(checks["entries"]))]
    lines += [page.t("process.notes_steps")] if found & {*OF_STEPS} else []
    lines += [page.t("process.notes_entries")] if found & {*OF_ENTRIES} else []
    st.caption("  \n".join(lines))
    if opened:
        _noted(page, answers, opened[0])


def _noted(page: "Page", answers: Process, name: str) -> None:
    """The cases of a note, with the step where it is about one; or its entries, of the whole table."""
    words = page.t(f"process.note_{name}")
    if name in OF_ENTRIES:
        listed(page, answers.whole, answers.entries(name), words, key="note_cases")
    else:
        frame = answers.cases(name) if name in SEEN else answers.of_note(name)
        listed(page, answers, frame, words, key="note_cases")
