"""The parts of the page of the pipeline: choices, headline, phases, deals that stall, and their age."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.loss_reasons import SEVERAL
from dashboard import cells, figures, missing, pipeline_editor, record_list, records, theme, url, workdays
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.pipeline_answers import TIMES, Deals

if TYPE_CHECKING:
    from dashboard.page import Page

REASONS, STALLED = "several", "over"
MEASURES = ("days_here", "usual_days", "days_over", "usual_deals", "days")
FRONT = ("deal_id", "customer_id", "owner", "phase", "amount", "days_here", "usual_days", "days_over", "days")
PHASE = ("deals", "amount", "reached", "step_rate", "median_days", "median_days_here")
AGE = ("deals", "amount")


def choose(page: "Page") -> Deals:
    """The bar of choices and what the phases mean; stops where there is no deal."""
    chosen: dict[str, Any] = {}
    build: Any = lambda *given: partial(Deals, *given)(**chosen)  # noqa: E731
    answers: Deals = records.choose(
        page, "deals", build, roles=("owner", "source"), most=0, beside=lambda: chosen.update(_counting(page))
    )
    pipeline_editor.show(page, answers)
    if not answers.total:
        missing.no_records(page, answers.chosen, answers.labels)
    return answers


def _counting(page: "Page") -> dict[str, Any]:
    """The popover 「数え方」: which days, and how a cell with several reasons counts."""
    several = url.peek_select(SEVERAL, REASONS, SEVERAL[0])
    said = page.t("pickers.comma").join([page.t(f"workdays.{workdays.asked()}"), page.t(f"pipeline.short_{several}")])
    with st.popover(page.t("pickers.counting", choices=said), icon=":material/tune:", key="popover_counting"):
        several = url.url_select(
            page.t("pipeline.several"), SEVERAL, lambda code: page.t(f"pipeline.several_{code}"), REASONS, SEVERAL[0]
        )
        days = workdays.choose(page)
    return {"days": days, "several": several}


def deals(page: "Page", n: float | None) -> str:
    """`36 件`."""
    return figures.NONE if figures.is_missing(n) else page.t("pipeline.deals", n=int(n))  # type: ignore[arg-type]


def headline(page: "Page", answers: Deals) -> None:
    """What is open, how often deals are won and how long that takes, and how many stall."""
    whole = answers.whole
    with st.grid(4, min_column_width=170, key="headline"):
        with st.container(gap=None):
            st.metric(page.t("pipeline.open"), deals(page, whole["open"]))
            st.caption(_amount(page, answers))
            _opener(page, answers, "open", whole["open"], page.t("pipeline.open"), page.t("process.open"))
        with st.container(gap=None):
            small = " ※" if 0 < whole["closed"] < 30 else ""
            st.metric(page.t("pipeline.win_rate"), figures.percent(whole["win_rate"]) + small)
            around = figures.interval(whole["rate_low"], whole["rate_high"])
            said = page.t("pipeline.won_of", won=int(whole["won"]), closed=int(whole["closed"]))
            st.caption(f"{said}  \n{page.t('active_rate.interval', range=around)}")
            _opener(page, answers, "won", whole["won"], page.t("pipeline.won"), page.t("pipeline.open_won"))
        with st.container(gap=None):
            days = whole["won_median_days"]
            st.metric(page.t("pipeline.won_days"), _days(page, days))
            st.caption(page.t("pipeline.lost_days", days=_days(page, whole["lost_median_days"])))
            _opener(page, answers, "lost", whole["lost"], page.t("pipeline.lost"), page.t("pipeline.open_lost"))
        with st.container(gap=None):
            known = answers.stalled["days_over"].notna().any()
            n = len(answers.beyond(TIMES[0]))
            st.metric(page.t("pipeline.stalled"), deals(page, n) if known else figures.NONE)
            st.caption(page.t("pipeline.stalled_of", n=int(whole["open"])) if known else page.t("pipeline.no_dates"))
    st.caption(f"{_equation(page, answers)}  \n{answers.on_list()}")


def _amount(page: "Page", answers: Deals) -> str:
    amount = answers.open_amount
    if amount is None:
        return page.t("pipeline.no_amounts")
    said = page.t("pipeline.amount", amount=figures.amount(amount, page.lang))
    n = answers.without_amount
    return f"{said}  \n{page.t('pipeline.without_amount', n=n)}" if n else said


def _days(page: "Page", days: float | None) -> str:
    return figures.NONE if figures.is_missing(days) else page.t("pipeline.days", n=f"{days:g}")


def _equation(page: "Page", answers: Deals) -> str:
    whole = answers.whole
    counts = {name: int(whole[name]) for name in ("open", "won", "lost")}
    return page.t("pipeline.equation", n=answers.total, **counts)


def _opener(page: "Page", answers: Deals, state: str, n: float, title: str, label: str) -> None:
    """The way from a number to its deals."""
    if n and st.button(label, key=f"open_{state}", type="tertiary", icon=":material/list:"):

        @st.dialog(md(title), width="large")
        def content() -> None:
            with page.mistakes():
                listed(page, answers, answers.deals(state), title, key=f"dialog_{state}")

        content()


def listed(page: "Page", answers: Deals, frame: pd.DataFrame, name: str, *, key: str) -> None:
    """The deals behind a number, with their download."""
    kept = frame.dropna(axis=1, how="all") if len(frame) else frame
    shown = kept.drop(columns=[column for column in ("usual_from",) if column in kept])
    record_list.show(
        page,
        shown,
        "deals",
        page.t("process.list", name=name, count=deals(page, len(frame))),
        key=key,
        headers={column: page.t(f"pipeline.column_{column}") for column in MEASURES},
        definitions=meanings(page, answers),
        first=FRONT,
    )


def meanings(page: "Page", answers: Deals) -> list[tuple[str, str]]:
    """The sheet of definitions: what was counted, and the choices under which."""
    keys = ("phase_rate", "win_rate", "shrunk_rate", "deal_days", "days_over", "loss_share")
    return [*(row for key in keys for row in DEFINITIONS[key].rows(page.lang)), *answers.conditions()]


def phases(page: "Page", answers: Deals) -> None:
    """How far deals have come, with the rule of the rate in words, and what stands in each phase now."""
    st.subheader(page.t("pipeline.funnel"), anchor=False)
    placed = answers.placed
    if len(placed):
        standing = [_standing(page, row) for row in placed.to_dict("records")]
        rows = placed.assign(standing=standing)
        theme.show(
            lambda palette: charts.phase_bars(rows, lang=page.lang, palette=palette),
            charts.phase_finding(rows, lang=page.lang),
            of=rows.to_csv(index=False) + page.lang,
            key="phase_chart",
        )
        lines = [page.t("pipeline.rule")]
        unknown = int(answers.stand["unknown_path"].max())
        lines += [page.t("pipeline.unknown_path", n=unknown)] if unknown else []
        lines += [page.t("pipeline.no_phase_dates")] if not answers.dates else []
        st.caption("  \n".join(lines))
    else:
        st.caption(page.t("pipeline.no_order"))
    _table(page, answers)


def _standing(page: "Page", row: dict[str, Any]) -> str:
    """「いま 23 件・1,832 万円」."""
    won = row["outcome"] == "won"
    if figures.is_missing(row["amount"]):
        return page.t("pipeline.standing_won" if won else "pipeline.standing", n=int(row["deals"]))
    key = "pipeline.standing_won_amount" if won else "pipeline.standing_amount"
    return page.t(key, n=int(row["deals"]), amount=figures.amount(row["amount"], page.lang))


def _table(page: "Page", answers: Deals) -> None:
    stand = answers.stand
    columns = [name for name in PHASE if stand[name].notna().any()]
    rows = [None if figures.is_missing(phase) else str(phase) for phase in stand["phase"]]
    shown = stand[["phase", *columns]].assign(phase=[value_label(page, phase) for phase in rows])
    if "step_rate" in shown:
        shown["step_rate"] = [figures.percent(rate) for rate in shown["step_rate"]]
    config: dict[str, Any] = {"phase": st.column_config.TextColumn(page.t("pipeline.column_phase"), pinned=True)}
    for name in columns:
        words = page.t("pipeline.column_now" if name == "deals" else f"pipeline.column_{name}")
        text = name == "step_rate"
        config[name] = (
            st.column_config.TextColumn(words, alignment="right")
            if text
            else st.column_config.NumberColumn(words, format="localized")
        )
    opens = [name for name in ("deals", "reached") if name in columns]
    opened = cells.show(shown, rows=rows, opens=opens, key="cell", config=config, alt=page.t("pipeline.funnel"))
    st.caption(page.t("pipeline.table_note"))
    if opened:
        phase, state = opened
        name = page.t(f"pipeline.list_{state}", phase=value_label(page, phase))
        listed(page, answers, answers.deals(state, phase=phase), name, key="cell_deals")


def stalled(page: "Page", answers: Deals) -> None:
    """The open deals that have not moved for longer than is usual: the first to be called."""
    st.subheader(page.t("pipeline.call_first"), anchor=False)
    if not answers.stalled["days_over"].notna().any():
        st.caption(page.t("pipeline.no_dates"))
        return
    found = {str(times): answers.beyond(times) for times in TIMES}
    times = url.url_select(
        page.t("pipeline.stalled"),
        list(found),
        lambda code: page.t("people.state_count", state=page.t(f"pipeline.over_{code}"), n=len(found[code])),
        STALLED,
        "1",
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
        wrap=False,
    )
    st.caption(_usual(page, answers))
    listed(page, answers, found[times], page.t(f"pipeline.list_over_{times}"), key="stalled_deals")


def _usual(page: "Page", answers: Deals) -> str:
    """What is usual in each phase, and who says so."""
    parts = [
        page.t(
            "pipeline.usual_moved" if row["usual_from"] == "moved" else "pipeline.usual_open",
            phase=value_label(page, None if figures.is_missing(row["phase"]) else row["phase"]),
            days=f"{row['usual_days']:g}",
            n=int(row["usual_deals"]),
        )
        for row in answers.usual.to_dict("records")
    ]
    return page.t("pipeline.usual", parts=md(page.t("pickers.comma").join(parts)))


def ages(page: "Page", answers: Deals) -> None:
    """The open deals by their age since they were created."""
    st.subheader(page.t("pipeline.ages"), anchor=False)
    found = answers.ages[(answers.ages["band"] > 0) | (answers.ages["deals"] > 0)]
    if not int(found["deals"].sum()):
        st.caption(page.t("pipeline.no_open"))
        return
    rows = [int(band) for band in found["band"]]
    names = [_band(page, row) for row in found.to_dict("records")]
    columns = [name for name in AGE if found[name].notna().any()]
    shown = found[columns].assign(name=names)[["name", *columns]].reset_index(drop=True)
    config: dict[str, Any] = {"name": st.column_config.TextColumn(page.t("pipeline.column_age"), pinned=True)}
    for name in columns:
        config[name] = st.column_config.NumberColumn(page.t(f"pipeline.column_{name}"), format="localized")
    bars = pd.DataFrame(
        {
            "name": names,
            "value": found["deals"].astype(float).to_list(),
            "said": [deals(page, n) for n in found["deals"]],
            "part": ["other" if not band else "code" for band in rows],
        }
    )
    with st.grid(2, min_column_width=320, gap="medium", key="ages"):
        theme.show(
            lambda palette: charts.product_bars(bars, palette=palette),
            charts.product_finding(bars, lang=page.lang),
            of=bars.to_csv(index=False),
            key="age_chart",
        )
        with st.container(gap="small"):
            opened = cells.show(
                shown, rows=rows, opens=["deals"], key="age", config=config, alt=page.t("pipeline.ages")
            )
            st.caption(page.t("pipeline.ages_note"))
    if opened:
        row = found.iloc[rows.index(opened[0])]
        name = page.t("pipeline.list_age", age=names[rows.index(opened[0])])
        listed(page, answers, answers.of_band(row["from_days"], row["to_days"]), name, key="age_deals")


def _band(page: "Page", row: dict[str, Any]) -> str:
    """「30〜89 日」; the end of a band is the day before the next begins."""
    if not row["band"]:
        return page.t("pipeline.age_unknown")
    if figures.is_missing(row["to_days"]):
        return page.t("pipeline.age_from", start=int(row["from_days"]))
    return page.t("pipeline.age_between", start=int(row["from_days"]), last=int(row["to_days"]) - 1)
