"""The parts of the page of the funnel: the few numbers, the bars, the table, and the people behind each of them."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.funnel_steps import STATES
from analysis.order_lines import AS_WRITTEN
from dashboard import cells, counting, downloads, figures, funnel_lists, order_choices, theme
from dashboard.funnel_answers import FunnelAnswers, length, window_name

if TYPE_CHECKING:
    from dashboard.page import Page

OPEN = "open"
SMALL = 30
TIMES = ("median_days", "p90_days", "median_days_from_start")


def headline(page: "Page", answers: FunnelAnswers) -> bool:
    """Four numbers of the way from the first step to the last; False where nobody may be shown."""
    total = answers.total
    entered, hide = int(total["entered"].max()), counting.hide_below(page)
    if not entered:
        st.info(answers.t("funnel_page.nobody", step=answers.names[0]), icon=":material/info:")
        return False
    if entered < hide:
        st.metric(answers.t("funnel_page.entered"), figures.HIDDEN)
        st.caption(answers.hidden(hide))
        return False
    last = total.iloc[-1]
    with st.grid(4, min_column_width=150, key="headline"):
        with st.container(gap=None):
            label = answers.t("funnel_page.entered")
            label += f" :gray-badge[{page.t('active_rate.partial')}]" if answers.partial else ""
            st.metric(label, answers.looks_at.counted_as(entered))
            st.caption(answers.t(f"funnel_page.entered_{'any' if answers.order == 'unordered' else 'note'}"))
            funnel_lists.opener(page, entered, "open_entered", lambda: _dialog(page, answers, 1, "reached"))
        for state in STATES:
            with st.container(gap=None):
                _state(page, answers, last, state)
    st.caption("  \n".join(_sentences(page, answers)))
    return True


def _state(page: "Page", answers: FunnelAnswers, last: Any, state: str) -> None:
    count, entered = int(last[state]), int(last["entered"])
    if state == "reached":
        small = " ※" if entered < SMALL else ""
        st.metric(page.t("funnel_page.last"), figures.percent(last["overall_rate"]) + small)
        lines = [
            answers.t("funnel_page.of_entered", n=count, of=entered),
            page.t("active_rate.interval", range=figures.interval(last["rate_low"], last["rate_high"])),
        ]
        lines += [answers.few] if small else []
        st.caption("  \n".join(lines))
    else:
        st.metric(page.t(f"funnel_page.{state}"), answers.looks_at.counted_as(count))
        st.caption(answers.t(f"funnel_page.{state}_note"))
    position = int(last["position"])
    funnel_lists.opener(page, count, f"open_{state}", lambda: _dialog(page, answers, position, state))


def _dialog(page: "Page", answers: FunnelAnswers, position: int, state: str) -> None:
    funnel_lists.dialog(page, answers, position, state)


def _sentences(page: "Page", answers: FunnelAnswers) -> list[str]:
    """How to read the numbers, as far as it holds here."""
    waiting = int(answers.total["waiting"].iloc[-1])
    window = window_name(page, answers.within)
    written = answers.looks_at.counted.get(order_choices.RETURNS) == AS_WRITTEN
    known = "funnel_page.known_written" if written else "funnel_page.known"
    lines = [answers.t(known, day=figures.day(answers.as_of, page.lang))]
    if answers.within is None:
        lines.append(answers.t("funnel_page.no_window_note"))
    elif waiting:
        lines.append(answers.t("funnel_page.may_rise", n=waiting, window=window))
    if answers.order == "strict":
        lines.append(answers.t("funnel_page.strict_note"))
    if answers.order == "unordered":
        lines.append(answers.t("funnel_page.unordered_note"))
    return lines


def bars(page: "Page", answers: FunnelAnswers) -> None:
    """A bar a step; a click on a piece of it opens its people below the table."""
    total, names, unit = answers.total, answers.names, answers.looks_at.people_are
    st.subheader(page.t("funnel_page.bars"), anchor=False)
    event = theme.show(
        lambda palette: charts.funnel_bars(total, names, lang=page.lang, palette=palette, of=unit),
        charts.funnel_finding(total, names, lang=page.lang, of=unit),
        of=total.to_csv(index=False) + page.lang + repr(names) + unit,
        key=cells.marks(OPEN, "funnel_bars"),
        picks=charts.PICKED,
    )
    _picked(event)
    st.caption(_legend(answers))


def _picked(event: Any) -> None:
    """A click on a bar stands in the URL as a click on its cell does."""
    chosen = ((event or {}).get("selection") or {}).get(charts.PICKED) or []
    cells.pick(OPEN, [int(chosen[0]["position"]), str(chosen[0]["state"])] if chosen else None)


def _legend(answers: FunnelAnswers) -> str:
    worst = charts.steepest(answers.total)
    lines = [answers.t("funnel_page.legend")]
    if worst is not None and answers.order != "unordered":
        row = answers.total.set_index("position").loc[worst]
        name, rate = answers.names[worst - 1], figures.percent(row["step_rate"])
        lines.append(answers.t("funnel_page.worst", step=funnel_lists.md(name), rate=rate))
    return "  \n".join(lines)


def table(page: "Page", answers: FunnelAnswers) -> None:
    """The same as numbers, with times; a cell opens its people."""
    total = answers.total
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="steps_head"
    ):
        st.subheader(answers.t("funnel_page.table"), anchor=False, width="content")
        download(page, answers, total.assign(step=answers.names), answers.t("funnel_page.table"), "download_funnel")
    shown = pd.DataFrame({"step": answers.names})
    for state in STATES:
        shown[state] = [int(n) for n in total[state]]
    shown["step_rate"] = [figures.percent(rate) for rate in total["step_rate"]]
    shown["overall_rate"] = [figures.percent(rate) for rate in total["overall_rate"]]
    shown["range"] = [figures.interval(*pair) for pair in zip(total["rate_low"], total["rate_high"], strict=True)]
    for name in TIMES:
        shown[name] = [length(page, days) for days in total[name]]
    shown.loc[0, ["step_rate", "range", *TIMES]] = ""  # of who enters all have entered, at once
    opened = cells.show(
        shown,
        rows=[int(position) for position in total["position"]],
        opens=STATES,
        key=OPEN,
        config=columns(page, shown),
        alt=charts.funnel_finding(total, answers.names, lang=page.lang, of=answers.looks_at.people_are),
    )
    st.caption(answers.t("funnel_page.table_note"))
    if opened:
        position, state = opened
        counts = {each: int(total.set_index("position").loc[position, each]) for each in STATES}
        funnel_lists.states(page, counts, position, state, OPEN)
        if counts[state]:
            frame = answers.people(position, state)
            name = funnel_lists.title(page, answers, position, state, len(frame))
            funnel_lists.show(page, answers, frame, state, name, key=f"steps_{state}")


def columns(page: "Page", shown: pd.DataFrame) -> dict[str, Any]:
    """Every column of a table of steps in words: counts as numbers, the rest as text on the right."""
    config: dict[str, Any] = {}
    for name in shown.columns:
        words = page.t(f"funnel_page.{name}")
        if pd.api.types.is_integer_dtype(shown[name]):
            config[name] = st.column_config.NumberColumn(words, format="localized")
        else:
            config[name] = st.column_config.TextColumn(
                words, alignment="left" if name == "step" else "right", pinned=name == "step"
            )
    return config


def download(page: "Page", answers: FunnelAnswers, frame: pd.DataFrame, name: str, key: str) -> None:
    """A result of the funnel as CSV or XLSX, rates as 0-1 and times in days."""
    numbers = [
        *("step", "entered", *STATES, "step_rate", "overall_rate", "rate_low", "rate_high"),
        *("median_days", "p90_days", "median_days_from_start", "p90_days_from_start"),
    ]
    kept = [*(["value"] if "value" in frame else []), *numbers]
    headers = {each: answers.t(f"funnel_page.file_{each}") for each in numbers}
    headers |= {"value": answers.labels[answers.by]} if answers.by and "value" in frame else {}
    downloads.button(
        page,
        frame[kept],
        name=f"{name}_{str(answers.period).replace('..', '_')}",
        key=key,
        headers=headers,
        formats=dict.fromkeys(("step_rate", "overall_rate", "rate_low", "rate_high"), "percent"),
        definitions=funnel_lists.meanings(page, answers, "funnel_step_rate", "funnel_days"),
    )
