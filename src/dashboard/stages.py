"""The parts of the page of the stages, from the choices to the people."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.definitions import DEFINITIONS
from analysis.stage_definitions import describe
from analysis.stage_verdicts import number, verdict_sentence
from dashboard import counting, downloads, figures, filters, missing, people, stage_editor, theme, url, view
from dashboard.escape import md
from dashboard.ordering import in_order
from dashboard.pivot import value_label
from dashboard.stage_answers import StageAnswers, plain

if TYPE_CHECKING:
    from dashboard.page import Page

STATE = "stage_people"


def choose(page: "Page") -> StageAnswers:
    """The bar of choices and the stages themselves; stops where nobody is left."""
    answers = view.choose(page, StageAnswers, across=False)
    stage_editor.show(page, answers.definitions)
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
        shown[f"s{i}"] = [figures.percent(rate) for rate in frame[f"s{i}"]]
    config: dict[str, Any] = {key: st.column_config.TextColumn(words) for key, words in headers.items()}
    config["place"] = st.column_config.TextColumn(name, pinned=True)
    config["valid"] = st.column_config.NumberColumn(headers["valid"], format="localized")
    st.dataframe(
        shown, key="stage_places", hide_index=True, column_config=config, alt=page.t("stage_page.where", name=name)
    )
    if (frame["valid"] < 30).any():
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


def meanings(page: "Page", answers: StageAnswers) -> list[tuple[str, str]]:
    """What was counted, each stage in words, and the choices under which."""
    rules = [
        (f"{number(i)}{stage.name}", describe(stage.rule, page.lang)) for i, stage in enumerate(answers.definitions, 1)
    ]
    return [*DEFINITIONS["stage_rate"].rows(page.lang), *rules, *answers.conditions()]


def movement(page: "Page", answers: StageAnswers) -> None:
    """Who rose and who fell since the period before, as a matrix whose cells open their people."""
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
    _matrix(page, answers)


def _matrix(page: "Page", answers: StageAnswers) -> None:
    ends: list[int | None] = [*range(len(answers.definitions) + 1), None]
    names = [_standing(page, answers, end) for end in ends]
    users = {
        (_end(r["from_position"]), _end(r["to_position"])): int(r["users"]) for r in answers.matrix.to_dict("records")
    }
    froms, tos = [*ends[:-1], None], [*ends[:-1], None]
    table = pd.DataFrame(
        [[users.get((start, end), 0) for end in tos] for start in froms], columns=[f"c{i}" for i in range(len(tos))]
    )
    labels = [*names[:-1], page.t("stage_page.joined")]
    table.insert(0, "label", labels)
    heads = [*names[:-1], page.t("stage_page.left")]
    config: dict[str, Any] = {"label": st.column_config.TextColumn(page.t("stage_page.from_to"), pinned=True)}
    config |= {f"c{i}": st.column_config.NumberColumn(head, format="localized") for i, head in enumerate(heads)}
    event = st.dataframe(
        _coloured(table),
        key=f"matrix_{page.lang}_{answers.choices.period}",
        hide_index=True,
        height="content",
        column_config=config,
        on_select="rerun",
        selection_mode="single-cell",
        alt=page.t("stage_page.matrix_alt"),
    )
    st.caption(page.t("stage_page.matrix_note"))
    cells = event["selection"]["cells"]
    if cells and cells[0][1] != "label":
        cell = (froms[cells[0][0]], tos[int(cells[0][1][1:])])
        if users.get(cell):
            name = page.t("stage_page.moved", start=labels[cells[0][0]], end=heads[int(cells[0][1][1:])])
            _list(page, answers, answers.movers(cell), name, key="movers")


def _coloured(table: pd.DataFrame) -> Any:
    """Up, down and stayed as the theme has them; nothing where nobody stands."""
    colours, last = theme.tokens(), len(table) - 1

    def paint(row: pd.Series) -> list[str]:
        at = int(row.name)
        found = [""]
        for column in range(last + 1):
            code = "stay" if at == column or last in (at, column) else "up" if column > at else "down"
            colour = f"background-color:{colours[code]};color:{colours['text']}"
            found.append(colour if row[f"c{column}"] else f"color:{colours['muted']}")
        return found

    return table.style.apply(paint, axis=1)


def _end(position: Any) -> int | None:
    return None if pd.isna(position) else int(position)


def _standing(page: "Page", answers: StageAnswers, position: int | None) -> str:
    if not position:
        return page.t("stage_page.before", stage=f"①{answers.definitions.names[0]}")
    return f"{number(position)}{answers.definitions.names[position - 1]}"


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
    _list(page, answers, answers.people(stage, state), groups[chosen][0], key="stage")


def _groups(page: "Page", answers: StageAnswers) -> dict[str, tuple[str, int]]:
    """Code -> its words and how many they are."""
    total = answers.total
    standing = [int(total["valid_users"].iloc[0] - total["users"].iloc[0]), *map(int, total["standing"])]
    found: dict[str, tuple[str, int]] = {}
    for i in range(1, len(total) + 1):
        found[f"{i}-next"] = (page.t("stage_page.stand", stage=_standing(page, answers, i - 1)), standing[i - 1])
    last = len(total)
    found[f"{last}-reached"] = (page.t("stage_page.stand", stage=_standing(page, answers, last)), standing[last])
    for i, skipped in enumerate(map(int, total["skipped"]), 1):
        if skipped:
            stage = _standing(page, answers, i)
            found[f"{i}-skipped"] = (page.t("stage_page.skipped", stage=stage), skipped)
    return found


def _list(page: "Page", answers: StageAnswers, frame: pd.DataFrame, name: str, *, key: str) -> None:
    """A list of people with its heading and its download."""
    whole = filters.plain(page, answers.choices.chosen, answers.labels)
    title = page.t(
        "stage_page.list", name=f"{whole} {name}" if whole else name, count=figures.people(len(frame), page.lang)
    )
    ordered = people.arranged(frame)
    with st.container(horizontal=True, vertical_alignment="bottom", key=f"{key}_heading"):
        st.markdown(f"**{md(title)}**")
        downloads.button(
            page,
            ordered,
            name=title,
            key=f"download_{key}",
            headers={column: people.header(page, column) for column in ordered.columns},
            definitions=meanings(page, answers),
            label=page.t("people.download", count=figures.people(len(frame), page.lang)),
        )
    people.table(page, ordered, key=f"people_{key}")
