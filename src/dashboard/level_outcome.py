"""What goes with what comes after: the states before an outcome, held against it."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.errors import AnalysisError, LeakageError
from analysis.frames import fold
from analysis.level_outcomes import NO, YES
from analysis.period import Period, add_months
from dashboard import cells, dimensions, downloads, figures, levels, theme, url
from dashboard.escape import md
from dashboard.level_answers import LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

KIND, PERIOD, AMOUNT, COLUMN, STATE, LEAD = (
    f"outcome{part}" for part in ("", "_period", "_amount", "_column", "_state", "_lead")
)
KEYS = ("base_rate", "ppv", "npv", "lift", "phi")
OPENS = ("with_state", "both", "without_state", "outcome_only")
MEASURES = ("holds", "outcome", "outcome_at")
LEADS = {"renewal": 30, "amount": 1, "column": 30, "state": 30}


def show(page: "Page", answers: LevelAnswers) -> None:
    """The choices of an outcome, and each state against it."""
    st.subheader(page.t("level_page.outcome"), anchor=False)
    kinds = _kinds(page, answers)
    if not kinds:
        st.caption(page.t("level_page.no_outcome"))
        return
    outcome, lead = _choose(page, answers, kinds)
    try:
        found, late = answers.outcome(outcome, lead)
    except AnalysisError as mistake:
        st.info(md(page.sentence(mistake)), icon=":material/info:")
        return
    _left_out(page, late)
    if len(found):
        _found(page, answers, outcome, lead, found)


def _left_out(page: "Page", late: Sequence[LeakageError]) -> None:
    """Why states are not held against the outcome."""
    if len(late) == 1:
        st.info(md(page.sentence(late[0])), icon=":material/history:")
    elif late:
        names = page.t("pickers.comma").join(str(each.fields["state"]) for each in late)
        said = page.t("level_page.late", names=md(names), day=late[0].fields["recorded"])
        st.info(said, icon=":material/history:")


def _kinds(page: "Page", answers: LevelAnswers) -> list[str]:
    """The outcomes that the tables tell of."""
    with page.ws.read() as reader:
        renewed = bool(reader.imports("contracts")) and "outcome" in reader.columns("contracts")
    there = {
        "renewal": renewed,
        "amount": "orders" in answers.tables,
        "column": bool(_columns(page, answers)),
        "state": len(answers.definitions.states) > 1,
    }
    return [kind for kind, is_there in there.items() if is_there]


def _columns(page: "Page", answers: LevelAnswers) -> list[str]:
    """The columns of the customers that say yes or no."""
    words = {fold(word) for word in (*YES, *NO)}
    found = []
    for each in answers.known:
        values = {fold(str(value)) for value in dimensions.values(page.ws, each)["value"].dropna()} - {""}
        if len(values) == 2 and values <= words:
            found.append(each.code)
    return found


def _choose(page: "Page", answers: LevelAnswers, kinds: list[str]) -> tuple[dict[str, Any], int]:
    """Which outcome, and how long before it the states are looked at."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key="outcome_choices"):
        kind = url.url_select(
            page.t("level_page.which_outcome"),
            kinds,
            lambda code: page.t(f"level_page.outcome_{code}"),
            KIND,
            kinds[0],
            width=220,
        )
        outcome: dict[str, Any] = {"kind": kind, **_details(page, answers, kind)}
        lead = url.url_number(page.t("level_page.lead"), LEAD, LEADS[kind], 1, 730, width=150)
    return outcome, lead


def _details(page: "Page", answers: LevelAnswers, kind: str) -> dict[str, Any]:
    if kind == "renewal":
        return {"period": _period(page, _last_list(page), 12)}
    if kind == "amount":
        last = answers.spans["orders"][1]
        period = _period(page, last, 3)
        least = url.url_number(page.t("level_page.amount"), AMOUNT, 100_000, 1, 999_999_999, width=160)
        return {"period": period, "at_least": least}
    if kind == "column":
        columns = _columns(page, answers)
        column = url.url_select(
            page.t("level_page.which_column"), columns, answers.labels.__getitem__, COLUMN, columns[0], width=200
        )
        return {"column": column, "at": answers.lists[-1] if answers.lists else answers.as_of}
    places = {str(i): state for i, state in enumerate(answers.definitions, 1)}
    place = url.url_select(
        page.t("level_page.which_state"),
        list(places),
        lambda code: places[code].name,
        STATE,
        list(places)[-1],
        width=240,
    )
    return {"state": places[place].as_dict(), "as_of": answers.as_of}


def _last_list(page: "Page") -> date:
    days = [each.as_of for each in page.ws.imports("contracts") if each.active and each.as_of]
    return max(days)


def _period(page: "Page", last: date, months: int) -> Period:
    """A period; at first so many months up to a day."""
    end = last + timedelta(days=1)
    usual = Period(add_months(end, -months), end)
    return url.url_dates(
        page.t("level_page.outcome_period"),
        PERIOD,
        usual,
        width=240,
        min_value=date(1970, 1, 1),
        max_value=date(2100, 1, 1),
    )


def came(page: "Page", outcome: Mapping[str, Any]) -> str:
    """What came about, in words: 「更新」."""
    fields = {
        "renewal": {},
        "amount": {"amount": f"{outcome.get('at_least', 0):,}"},
        "column": {"column": outcome.get("column", "")},
        "state": {"state": (outcome.get("state") or {}).get("name", "")},
    }[outcome["kind"]]
    return page.t(f"level_page.came_{outcome['kind']}", **fields)


def _found(page: "Page", answers: LevelAnswers, outcome: dict[str, Any], lead: int, found: pd.DataFrame) -> None:
    said = came(page, outcome)
    first = found.iloc[0].to_dict()
    _heading(page, answers, outcome, lead, found)
    st.markdown(sentence(page, first, said))
    theme.show(
        lambda palette: charts.outcome_dots(found, lang=page.lang, palette=palette),
        charts.outcome_finding(found, lang=page.lang),
        of=found.to_csv(index=False) + page.lang,
        key="outcome_dots",
    )
    _table(page, answers, outcome, lead, found)
    cautions = ["level_page.chance", "level_page.no_cause", "warnings.interval"]
    st.caption("  \n".join([*_apart(page, first), *(page.t(key) for key in cautions)]))
    _outside(page, answers, outcome, lead, first)
    _how(page, found)


def sentence(page: "Page", row: Mapping[str, Any], said: str) -> str:
    """「直近 60 日に注文」の会社は 88.0%（44 / 50）が更新、ない会社は 71.0%（71 / 100）。"""
    fields = {"state": md(row["state"]), "came": md(said)}
    for side, (rate, hits, trials) in {
        "with": ("ppv", "both", "with_state"),
        "without": ("without_rate", "outcome_only", "without_state"),
    }.items():
        fields[side] = figures.percent(row[rate])
        fields[f"{side}_n"], fields[f"{side}_of"] = (figures.count(row[key]) for key in (hits, trials))
    return page.t("level_page.sentence", **fields)


def _heading(page: "Page", answers: LevelAnswers, outcome: Any, lead: int, found: pd.DataFrame) -> None:
    row = found.iloc[0].to_dict()
    whole = page.t(
        "level_page.whole",
        n=figures.count(row["with_outcome"]),
        of=figures.count(row["customers"]),
        rate=figures.percent(row["base_rate"]),
        came=md(came(page, outcome)),
        lead=lead,
    )
    with st.container(
        horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="outcome_heading"
    ):
        st.markdown(whole, width="content")
        words = {
            name: page.t(f"level_page.measure_{name}") for name in found.columns if not name.endswith(("_low", "_high"))
        }
        ends = {
            name: page.t(f"level_page.end{name[name.rindex('_') :]}", name=words[name.rsplit("_", 1)[0]])
            for name in found.columns
            if name not in words
        }
        downloads.button(
            page,
            found,
            name=page.t("level_page.outcome_file"),
            key="download_outcome",
            headers=words | ends,
            formats={
                name: "percent"
                for name in found.columns
                if name.startswith(("base_rate", "ppv", "npv", "without_rate"))
            },
            definitions=[*(line for key in KEYS for line in DEFINITIONS[key].rows(page.lang)), *answers.conditions()],
        )


def _table(page: "Page", answers: LevelAnswers, outcome: dict[str, Any], lead: int, found: pd.DataFrame) -> None:
    shown = found[["state", *OPENS]].copy()
    shown.insert(3, "ppv", _ranges(page, found, "ppv"))
    shown["without_rate"] = _ranges(page, found, "without_rate")
    shown["reading"] = [page.t(f"level_page.reading_{reading(row)}") for row in found.to_dict("records")]
    config: dict[str, Any] = {
        column: st.column_config.NumberColumn(page.t(f"level_page.column_{column}"), format="localized")
        if column in OPENS
        else st.column_config.TextColumn(
            page.t(f"level_page.column_{column}"),
            pinned=column == "state",
            alignment=None if column in ("state", "reading") else "right",
        )
        for column in shown.columns
    }
    rows = list(found["state"])
    opened = cells.show(shown, rows=rows, opens=OPENS, key="against", config=config, alt=page.t("level_page.outcome"))
    st.caption(page.t("level_page.open_note"))
    if opened:
        state, group = opened
        frame = answers.outcome_customers(outcome, lead, state, group)
        said = page.t(f"level_page.group_{group}", state=state, came=came(page, outcome))
        levels.listed(page, answers, frame, said, key="outcome_customers", measures=MEASURES)


def _ranges(page: "Page", found: pd.DataFrame, name: str) -> list[str]:
    """Rates with their intervals; small numbers say so."""
    trials = {"ppv": "with_state", "without_rate": "without_state"}[name]
    return [_range(page, row, name, trials) for row in found.to_dict("records")]


def _range(page: "Page", row: Mapping[str, Any], name: str, trials: str) -> str:
    if figures.is_missing(row[name]):
        return figures.NONE
    small = " ※" if row[trials] < 30 else ""
    around = figures.interval(row[f"{name}_low"], row[f"{name}_high"])
    return page.t("level_page.rate_range", rate=figures.percent(row[name]) + small, range=around)


def reading(row: Mapping[str, Any]) -> str:
    """`more`, `fewer` or `unclear`: on which side the outcome is more frequent, where the interval says so."""
    low, high = row["phi_low"], row["phi_high"]
    if pd.isna(low) or pd.isna(high) or low <= 0 <= high:
        return "unclear"
    return "more" if low > 0 else "fewer"


def _apart(page: "Page", row: Mapping[str, Any]) -> list[str]:
    """What is in no count."""
    counts = {name: int(row[name]) for name in ("unknown", "outside")}
    return [page.t(f"level_page.apart_{name}", n=n) for name, n in counts.items() if n]


def _outside(page: "Page", answers: LevelAnswers, outcome: dict[str, Any], lead: int, row: dict[str, Any]) -> None:
    """The lists of those who are in no count."""
    for group in ("unknown", "outside"):
        said = page.t(f"level_page.group_{group}")
        if row[group] and st.button(said, key=f"open_{group}", type="tertiary", icon=":material/list:"):

            @st.dialog(md(said), width="large")
            def content(group: str = group, said: str = said) -> None:
                with page.mistakes():
                    frame = answers.outcome_customers(outcome, lead, row["state"], group)
                    kept = frame.drop(columns="holds")
                    levels.listed(page, answers, kept, said, key=f"dialog_{group}", measures=MEASURES)

            content()


def _how(page: "Page", found: pd.DataFrame) -> None:
    """The measures of the field, behind 「計算のしかた」."""
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_outcome"):
        for key in KEYS:
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")
        rows = found.to_dict("records")
        table = pd.DataFrame(
            {
                page.t("level_page.column_state"): [md(row["state"]) for row in rows],
                "φ": [_coefficient(page, row, "phi") for row in rows],
                "PPV": [figures.percent(row["ppv"]) for row in rows],
                "NPV": [figures.percent(row["npv"]) for row in rows],
                page.t("level_page.measure_lift"): [_coefficient(page, row, "lift") for row in rows],
            }
        )
        st.table(table, border="horizontal", hide_index=True)


def _coefficient(page: "Page", row: Mapping[str, Any], name: str) -> str:
    if figures.is_missing(row[name]):
        return figures.NONE
    digits = 3 if name == "phi" else 2
    value, *ends = (row[key] for key in (name, f"{name}_low", f"{name}_high"))
    if any(map(figures.is_missing, ends)):
        return f"{value:.{digits}f}"
    low, high = (f"{end:.{digits}f}" for end in ends)
    return page.t("level_page.value_range", value=f"{value:.{digits}f}", low=low, high=high)
