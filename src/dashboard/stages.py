"""The parts of the page of the stages, from the choices to the people."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.stage_verdicts import number, verdict_sentence
from dashboard import counting, downloads, figures, missing, stage_editor, stage_goals, theme, url, view
from dashboard.escape import md
from dashboard.ordering import in_order
from dashboard.pivot import value_label
from dashboard.stage_answers import StageAnswers, plain
from dashboard.stage_lists import meanings, show, standing

if TYPE_CHECKING:
    from dashboard.page import Page

STATE = "stage_people"
SMALL = 30  # people: fewer are no ground for a rate


def choose(page: "Page") -> StageAnswers:
    """The bar of choices and the stages themselves; stops where nobody is left."""
    answers = view.choose(page, StageAnswers, across=False)
    stage_editor.show(page, answers)
    if not int(answers.total["valid_users"].max()):
        missing.nobody(page, answers.choices.period, answers.choices.chosen, answers.labels)
    return answers


def bars(page: "Page", answers: StageAnswers) -> None:
    """How many have reached each stage, and how many more its goal needs."""
    total, hide = answers.total, counting.hide_below(page)
    if int(total["valid_users"].max()) < hide:
        st.metric(page.t("stage_page.reached"), figures.HIDDEN)
        st.caption(page.t("active_rate.hidden", n=hide))
        return
    theme.show(
        lambda palette: charts.stage_bars(total, lang=page.lang, palette=palette),
        charts.stage_finding(total, lang=page.lang),
        of=total.to_csv(index=False) + page.lang,
        key="stage_bars",
    )
    lines = [_intervals(page, total), answers.on_roster()]
    skipped = int(total["skipped"].sum())
    lines += [page.t("stage_page.skipped_note", n=skipped)] if skipped else []
    lines += [page.t("stage_page.partial")] if answers.partial else []
    lines += stage_goals.sentences(page, answers)
    st.caption("  \n".join(lines))


def _intervals(page: "Page", total: pd.DataFrame) -> str:
    ranges = [
        f"{number(int(row['position']))} {figures.interval(row['rate_low'], row['rate_high'])}"
        for row in total.to_dict("records")
    ]
    return page.t("stage_page.intervals", ranges="　".join(ranges))


def verdicts(page: "Page", answers: StageAnswers) -> None:
    """For every value of the first dimension how far it has come, in words and figures."""
    if not answers.by:
        return
    name = answers.labels[answers.by[0]]
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="where"):
        st.subheader(page.t("stage_page.where", name=md(name)), anchor=False, width="content")
        frame = _by_place(page, answers)
        headers = {"place": name, "verdict": page.t("stage_page.verdict"), "valid": page.t("stage_page.valid")}
        headers |= {f"s{i}": f"{number(i)}{stage.name}" for i, stage in enumerate(answers.definitions, 1)}
        _download(page, answers, frame, headers)
    shown = frame.copy()
    for i in range(1, len(answers.definitions) + 1):
        shown[f"s{i}"] = [
            figures.percent(rate) + (" ※" if n < SMALL else "")
            for rate, n in zip(frame[f"s{i}"], frame["valid"], strict=True)
        ]
    config: dict[str, Any] = {
        key: st.column_config.TextColumn(words, alignment=None if key == "verdict" else "right")
        for key, words in headers.items()
    }
    config["place"] = st.column_config.TextColumn(name, pinned=True)
    config["valid"] = st.column_config.NumberColumn(headers["valid"], format="localized")
    st.dataframe(
        shown, key="stage_places", hide_index=True, column_config=config, alt=page.t("stage_page.where", name=name)
    )
    if (frame["valid"] < SMALL).any():
        st.caption(page.t("stage_page.small"))


def _by_place(page: "Page", answers: StageAnswers) -> pd.DataFrame:
    by, hide = answers.by[0], counting.hide_below(page)
    rates = answers.parts.assign(**{by: _keys(answers.parts[by])})
    found = answers.verdicts.assign(**{by: _keys(answers.verdicts[by])}).set_index(by)
    rows = []
    for value in in_order(key or None for key in found.index):
        verdict = plain(found.loc[value or ""])
        if verdict["valid_users"] < hide:
            continue
        place = value_label(page, value)
        row = {"place": place, "verdict": verdict_sentence(verdict, answers.definitions, place, page.lang)}
        mine = rates[rates[by] == (value or "")].set_index("position")["rate"]
        rows.append(
            {**row, **{f"s{i}": rate for i, rate in mine.sort_index().items()}, "valid": verdict["valid_users"]}
        )
    columns = ["place", "verdict", *(f"s{i}" for i in range(1, len(answers.definitions) + 1)), "valid"]
    return pd.DataFrame(rows, columns=columns)


def _keys(column: pd.Series) -> pd.Series:
    """Blank values as an empty text, so that they can be looked up."""
    return column.astype(object).where(column.notna(), "")


def _download(page: "Page", answers: StageAnswers, frame: pd.DataFrame, headers: dict[str, str]) -> None:
    downloads.button(
        page,
        frame,
        name=page.t("stage_page.file", span=str(answers.choices.period).replace("..", "_")),
        key="download_stages",
        headers=headers,
        formats={"valid": "count"} | {key: "percent" for key in headers if key.startswith("s")},
        definitions=meanings(page, answers),
    )


def to_do(page: "Page", answers: StageAnswers) -> None:
    """Whom to turn to next: a group a stage, each with its list."""
    if int(answers.total["valid_users"].max()) < counting.hide_below(page):
        return
    groups = _groups(page, answers)
    st.subheader(page.t("stage_page.next"), anchor=False)
    chosen = url.url_select(
        page.t("stage_page.groups"),
        list(groups),
        lambda code: page.t("people.state_count", state=groups[code][0], n=groups[code][1]),
        STATE,
        next(iter(groups)),
        widget=st.segmented_control,
        required=True,
        label_visibility="collapsed",
    )
    position, _, state = chosen.partition("-")
    stage = answers.definitions.names[int(position) - 1]
    gap = answers.total["gap_users"].iloc[int(position) - 1]
    if state == "next" and not pd.isna(gap) and gap:
        st.caption(page.t("stage_page.of_them", n=int(gap), stage=f"{number(int(position))}{md(stage)}"))
    show(page, answers, answers.in_stage(stage, state), groups[chosen][0], key="stage")


def _groups(page: "Page", answers: StageAnswers) -> dict[str, tuple[str, int]]:
    """Code -> its words and how many they are."""
    total = answers.total
    people = [int(total["valid_users"].iloc[0] - total["users"].iloc[0]), *map(int, total["standing"])]
    found: dict[str, tuple[str, int]] = {}
    for i in range(1, len(total) + 1):
        found[f"{i}-next"] = (page.t("stage_page.stand", stage=standing(page, answers, i - 1)), people[i - 1])
    last = len(total)
    found[f"{last}-reached"] = (page.t("stage_page.stand", stage=standing(page, answers, last)), people[last])
    for i, skipped in enumerate(map(int, total["skipped"]), 1):
        if skipped:
            stage = standing(page, answers, i)
            found[f"{i}-skipped"] = (page.t("stage_page.skipped", stage=stage), skipped)
    return found
