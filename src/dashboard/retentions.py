"""How those stayed who began together: the curve, and a triangle whose cells open their people."""

from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.retention import KEPT
from dashboard import cells, counting, downloads, figures, theme, url
from dashboard.stage_answers import StageAnswers
from dashboard.stage_lists import show as show_list

if TYPE_CHECKING:
    from dashboard.page import Page

OPEN = "cohort"
SMALL, STEPS = 30, 6


def show(page: "Page", answers: StageAnswers) -> None:
    """The curve, the triangle, and the people of the open cell."""
    triangle, curve = answers.triangle, answers.curve
    if triangle.empty or not len(curve[curve["age"] > 0]):
        st.caption(page.t("life.no_cohorts"))
        return
    theme.show(
        lambda palette: charts.retention_curve(curve, lang=page.lang, palette=palette),
        charts.retention_finding(curve, lang=page.lang),
        of=curve.to_csv(index=False) + page.lang,
        key="retention",
    )
    st.caption(page.t("life.curve_note", n=int(curve["cohorts"].max())))
    opened = _triangle(page, answers, triangle)
    if opened:
        _people(page, answers, triangle, date.fromisoformat(opened[0]), opened[1])


def _triangle(page: "Page", answers: StageAnswers, triangle: pd.DataFrame) -> tuple[Any, str] | None:
    hide = counting.hide_below(page)
    wide = triangle.pivot(index="cohort_start", columns="age").sort_index(ascending=False)
    cohorts = [pd.Timestamp(each).date() for each in wide.index]
    ages = sorted({int(age) for age in triangle["age"]} - {0})
    cell = {(pd.Timestamp(row["cohort_start"]).date(), int(row["age"])): row for row in triangle.to_dict("records")}
    sizes = {cohort: int(cell[cohort, 0]["cohort_users"]) for cohort in cohorts}
    rows = []
    for cohort in cohorts:
        line: dict[str, Any] = {"cohort": charts.bucket_name(cohort, "month", page.lang)}
        hidden = sizes[cohort] < hide
        line["size"] = (
            figures.HIDDEN if hidden else figures.count(sizes[cohort]) + (" ※" if sizes[cohort] < SMALL else "")
        )
        for age in ages:
            line[f"a{age}"] = "" if (cohort, age) not in cell else _said(page, cell[cohort, age], hidden)
        rows.append(line)
    config: dict[str, Any] = {
        f"a{age}": st.column_config.TextColumn(page.t("life.age", n=age), alignment="right") for age in ages
    }
    config["cohort"] = st.column_config.TextColumn(page.t("life.cohort"), pinned=True)
    config["size"] = st.column_config.TextColumn(page.t("life.size"), alignment="right")
    opened = cells.show(
        _heat(pd.DataFrame(rows), cohorts, ages, cell),
        rows=[each.isoformat() for each in cohorts],
        opens=["size", *(f"a{age}" for age in ages)],
        key=OPEN,
        config=config,
        alt=charts.retention_finding(answers.curve, lang=page.lang),
    )
    with st.container(
        horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="cohort_note"
    ):
        st.caption("  \n".join(_notes(page, answers, cohorts, sizes)), width="content")
        _download(page, answers, triangle)
    there = opened and (opened[1] == "size" or (date.fromisoformat(opened[0]), int(opened[1][1:])) in cell)
    return opened if there and sizes[date.fromisoformat(opened[0])] >= max(hide, 1) else None  # type: ignore[index]


def _said(page: "Page", row: dict[str, Any], hidden: bool) -> str:
    if hidden:
        return figures.HIDDEN
    rate = figures.percent(row["retention_rate"])
    return page.t("life.partial_cell", rate=rate) if row["partial"] else rate


def _heat(shown: pd.DataFrame, cohorts: list[date], ages: list[int], cell: dict[tuple[date, int], Any]) -> Any:
    """Deeper blue where more stayed; cells that are not over, and small cohorts, stay pale."""
    tones, muted = theme.tokens()["seq"], f"color:{theme.tokens()['muted']}"

    def paint(line: pd.Series) -> list[str]:
        found = ["", ""]
        for age in ages:
            row = cell.get((cohorts[int(line.name)], age))
            if row is None:
                found.append("")
            elif row["partial"] or row["cohort_users"] < SMALL:
                found.append(muted)
            else:
                step = min(STEPS - 1, int(float(row["retention_rate"]) * STEPS))
                found.append(f"background-color:{tones[step]};color:{theme.tokens()['text']}")
        return found

    return shown.style.apply(paint, axis=1)


def _notes(page: "Page", answers: StageAnswers, cohorts: list[date], sizes: dict[date, int]) -> list[str]:
    lines = [page.t("life.triangle_note")]
    lines += [page.t("life.partial_note")] if answers.triangle["partial"].any() else []
    lines += [page.t("active_rate.small")] if any(0 < n < SMALL for n in sizes.values()) else []
    if (answers.first.year, answers.first.month) in {(each.year, each.month) for each in cohorts}:
        lines.append(
            page.t("life.first_cohort", month=charts.bucket_name(answers.first.replace(day=1), "month", page.lang))
        )
    return lines


def _people(page: "Page", answers: StageAnswers, triangle: pd.DataFrame, cohort: date, column: str) -> None:
    """The people of a cell: those who came, those who did not, or all of the cohort."""
    age = 0 if column == "size" else int(column[1:])
    mine = triangle[(pd.to_datetime(triangle["cohort_start"]).dt.date == cohort) & (triangle["age"] == age)].iloc[0]
    size, kept = int(mine["cohort_users"]), int(mine["retained_users"])
    counts = {"retained": kept, "lost": size - kept, "cohort": size}
    states = [state for state in ("retained", "lost", "cohort") if age or state == "cohort"]
    state = url.url_select(
        page.t("people.states"),
        states,
        lambda each: page.t("people.state_count", state=page.t(f"life.{each}"), n=counts[each]),
        "kept",
        states[0],
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    assert state in KEPT
    fields = {"cohort": charts.bucket_name(cohort, "month", page.lang), "age": age}
    name = page.t(f"life.people_{state}", **fields)
    definitions = [*DEFINITIONS["retention_rate"].rows(page.lang), *answers.conditions()]
    show_list(
        page, answers, answers.of_cohort(cohort, age, state), name, key=f"cohort_{state}", definitions=definitions
    )


def _download(page: "Page", answers: StageAnswers, triangle: pd.DataFrame) -> None:
    names = ["cohort_start", "age", "period_start", "cohort_users", "retained_users", "retention_rate"]
    names += ["rate_low", "rate_high", "partial"]
    hide = counting.hide_below(page)
    downloads.button(
        page,
        triangle[triangle["cohort_users"] >= hide].sort_values(["cohort_start", "age"])[names],
        name=page.t("life.file_cohorts", span=str(answers.months).replace("..", "_")),
        key="download_cohorts",
        headers={name: page.t(f"life.file_{name}") for name in names},
        formats=dict.fromkeys(("retention_rate", "rate_low", "rate_high"), "percent"),
        definitions=[*DEFINITIONS["retention_rate"].rows(page.lang), *answers.conditions()],
    )
