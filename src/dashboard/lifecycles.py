"""Over the months: who was new, came again, came back or stopped, and how those stayed who began together."""

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.lifecycle import LIFECYCLE
from analysis.period import Period
from dashboard import cells, counting, downloads, figures, retentions, theme, url
from dashboard.stage_answers import StageAnswers
from dashboard.stage_lists import show as show_list

if TYPE_CHECKING:
    from dashboard.page import Page

VIEW, LIFE, COHORTS = "over", "life", "cohorts"
OPEN = "month"
ACTIVE = "active_users"


def show(page: "Page", answers: StageAnswers) -> None:
    """One of the two views; the other is not counted."""
    if int(answers.total["valid_users"].max()) < counting.hide_below(page):
        return
    st.subheader(page.t("life.title"), anchor=False)
    if answers.months is None:
        st.caption(page.t("life.nothing"))
        return
    view = url.url_select(
        page.t("life.title"),
        (LIFE, COHORTS),
        lambda code: page.t(f"life.view_{code}"),
        VIEW,
        LIFE,
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    if view == COHORTS:
        retentions.show(page, answers)
    else:
        _lifecycle(page, answers)


def _lifecycle(page: "Page", answers: StageAnswers) -> None:
    life = answers.life
    theme.show(
        lambda palette: charts.lifecycle_bars(life, lang=page.lang, palette=palette),
        charts.lifecycle_finding(life, lang=page.lang),
        of=life.to_csv(index=False) + page.lang,
        key="lifecycle",
    )
    st.caption("  \n".join(_notes(page, answers)))
    opened = _table(page, answers)
    if opened:
        month, state = date.fromisoformat(opened[0]), opened[1]
        frame = answers.of_month(Period.unit(month, "month"), state)
        name = page.t(f"life.list_{state}", month=_month(page, month))
        by = ("days_active", "last_active", "user_id") if state in ("new", "returning", "resurrected", ACTIVE) else None
        show_list(
            page,
            answers,
            frame,
            name,
            key=f"life_{state}",
            definitions=meanings(page, answers),
            **({"by": by} if by else {}),
        )


def _notes(page: "Page", answers: StageAnswers) -> list[str]:
    """How to read it, as far as it holds here."""
    lines = [page.t("life.note")]
    lines += [page.t("life.no_history")] if answers.life["no_history"].any() else []
    lines += (
        [page.t("life.partial", day=figures.day(answers.as_of, page.lang))] if answers.life["partial"].any() else []
    )
    often = answers.often[~answers.often["partial"].astype(bool)].dropna(subset=["stickiness"])
    if len(often):
        last = often.iloc[-1]
        lines.append(
            page.t(
                "life.often",
                month=_month(page, last["period_start"]),
                days=_days(last),
                share=figures.percent(last["stickiness"]),
            )
        )
    return lines


def _days(row: Any) -> str:
    """Days of use of one person on average."""
    return f"{row['user_units'] / row['active_users']:.1f}" if row["active_users"] else figures.NONE


def _table(page: "Page", answers: StageAnswers) -> tuple[Any, str] | None:
    life = answers.life.merge(answers.often[["period_start", "user_units", "stickiness"]], on="period_start")
    life = life.sort_values("period_start", ascending=False, ignore_index=True)
    months = [pd.Timestamp(each).date() for each in life["period_start"]]
    shown = pd.DataFrame({"month": [_month(page, m) for m in months]})
    shown["month"] += [f" {page.t('life.so_far')}" if each else "" for each in life["partial"]]
    for name in (ACTIVE, *LIFECYCLE):
        shown[name] = [int(n) for n in life[name]]
    shown["days"] = [_days(row) for row in life.to_dict("records")]
    unknown = life["no_history"].astype(bool)
    for name in ("new", "returning", "resurrected", "dormant"):
        shown[name] = shown[name].astype("Int64").mask(unknown)  # who was there before the data begins, nobody knows
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(page.t(f"life.{name}"), format="localized") for name in (ACTIVE, *LIFECYCLE)
    }
    config["month"] = st.column_config.TextColumn(page.t("life.month"), pinned=True)
    config["days"] = st.column_config.TextColumn(page.t("life.days"), alignment="right")
    opened = cells.show(
        shown,
        rows=[each.isoformat() for each in months],
        opens=[ACTIVE, *LIFECYCLE],
        key=OPEN,
        config=config,
        alt=charts.lifecycle_finding(answers.life, lang=page.lang),
    )
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="life_note"):
        st.caption(page.t("life.table_note"), width="content")
        _download(page, answers, life)
    return opened


def _download(page: "Page", answers: StageAnswers, life: pd.DataFrame) -> None:
    names = ["period_start", "valid_users", ACTIVE, *LIFECYCLE, "user_units", "stickiness", "no_history", "partial"]
    downloads.button(
        page,
        life[names],
        name=page.t("life.file", span=str(answers.months).replace("..", "_")),
        key="download_life",
        headers={name: page.t(f"life.file_{name}") for name in names},
        formats={"stickiness": "percent"},
        definitions=meanings(page, answers),
    )


def meanings(page: "Page", answers: StageAnswers) -> list[tuple[str, str]]:
    """What was counted, and the choices under which."""
    said = [row for key in (*LIFECYCLE, "stickiness") for row in DEFINITIONS[key].rows(page.lang)]
    return [*said, *answers.conditions()]


def _month(page: "Page", start: Any) -> str:
    return charts.bucket_name(pd.Timestamp(start).date(), "month", page.lang)
