"""Does it match how we know them? Some customers marked by hand, and where the rule says something else."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.check_sheet import check_sheet, check_summary, check_table
from analysis.customer_base import CUSTOMER
from analysis.definitions import DEFINITIONS
from dashboard import cells, figures, level_marks, levels, url
from dashboard.escape import md
from dashboard.level_answers import LevelAnswers

if TYPE_CHECKING:
    from dashboard.page import Page

MEASURES = ("mark_level", "ruled_level", "score")
WHAT, LEVEL = "check", "level"
SHEET = 10
MOST_NAMED = 1_000  # customers that a list to choose from can hold


def show(page: "Page", answers: LevelAnswers) -> None:
    """What is marked, the sheet to mark on, and how the rule does."""
    st.subheader(page.t("level_page.check"), anchor=False)
    st.caption(page.t("level_page.check_note", n=SHEET))
    places = {str(i): state.name for i, state in enumerate(answers.definitions, 1)}
    codes = [*([LEVEL] if answers.definitions.levels else []), *places]
    code = url.url_select(
        page.t("level_page.check_what"),
        codes,
        lambda each: page.t("level_page.check_level") if each == LEVEL else places[each],
        WHAT,
        codes[0],
        width=280,
    )
    state = places.get(code)
    words = _words(page, answers, state)
    kept = level_marks.kept(page.ws, answers.kind, state)
    usable = {customer: each for customer, each in kept.items() if each["mark"] in words}
    if len(usable) < len(kept):
        st.caption(page.t("level_page.marks_lost", n=len(kept) - len(usable)))
    _sheet(page, answers, state, words, usable)
    if usable:
        _result(page, answers, state, words, {customer: each["mark"] for customer, each in usable.items()})


def _words(page: "Page", answers: LevelAnswers, state: str | None) -> dict[Any, str]:
    """Mark -> its words, the best first."""
    if state is not None:
        return {1: page.t("level_page.holds"), 0: page.t("level_page.lacks")}
    named = {level.name: level.name for level in reversed(answers.definitions.levels)}
    return {**named, 0: levels.name(page, answers, 0)}


def _sheet(
    page: "Page", answers: LevelAnswers, state: str | None, words: dict[Any, str], usable: dict[str, Any]
) -> None:
    called = _called(answers)
    suggested = [each for each in list(called)[:: max(len(called) // SHEET, 1)] if each not in usable]
    lines = [*usable, *suggested[: max(SHEET - len(usable), 0)]]
    nobody = {"mark": None, "who": None, "at": None}
    rows = [
        {
            "customer": called.get(customer, customer),
            "mark": words.get(usable[customer]["mark"]) if customer in usable else None,
            "who": None if page.names_hidden else (usable.get(customer) or nobody)["who"],
            "at": (usable.get(customer) or nobody)["at"],
        }
        for customer in lines
    ]
    config = st.column_config
    named: Any = config.TextColumn(page.t("level_page.customer"), required=True)
    if len(called) <= MOST_NAMED:
        named = config.SelectboxColumn(
            page.t("level_page.customer"),
            options=sorted({*called.values(), *lines} - {*called}) or list(called),
            required=True,
        )
    with st.form(f"check_form_{state}", border=False):
        edited = st.data_editor(
            pd.DataFrame(rows, columns=["customer", "mark", "who", "at"]).astype(object),
            num_rows="dynamic",
            hide_index=True,
            column_config={
                "customer": named,
                "mark": config.SelectboxColumn(page.t("level_page.column_mark_level"), options=list(words.values())),
                "who": config.TextColumn(page.t("level_page.who"), disabled=True),
                "at": config.TextColumn(page.t("level_page.at"), disabled=True),
            },
            key=f"check_{answers.kind}_{state}_{page.lang}_{len(usable)}",
            height="content",
            placeholder="",
        )
        if st.form_submit_button(page.t("level_page.keep_marks")):
            codes = {label: mark for mark, label in words.items()}
            ids = {label: customer for customer, label in called.items()}
            marks = {
                ids.get(row["customer"], row["customer"]): codes.get(row["mark"])
                for row in edited.to_dict("records")
                if isinstance(row["customer"], str)
            }
            level_marks.keep(page.ws, answers.kind, state, marks)
            st.rerun()


def _called(answers: LevelAnswers) -> dict[str, str]:
    """Customer -> id and name, in the order of the ids."""
    frame = answers.matrix().sort_values(CUSTOMER)
    shown = answers.page.mask(frame, answers.kind)
    named = answers.name_column
    names = shown[named] if named in shown else [None] * len(frame)
    return {
        str(customer): str(code) if figures.is_missing(name) else f"{code}　{name}"
        for customer, code, name in zip(frame[CUSTOMER], shown[CUSTOMER], names, strict=True)
    }


def _result(
    page: "Page", answers: LevelAnswers, state: str | None, words: dict[Any, str], marks: dict[str, Any]
) -> None:
    """How many agree, marks against the rule, and the customers where it says something else."""
    found = answers.check(check_summary, marks, state).iloc[0].to_dict()
    marked = int(found["marked"])
    with st.grid(2, min_column_width=200, key="check_numbers"):
        with st.container(gap=None):
            small = " ※" if 0 < marked < 30 else ""
            st.metric(page.t("level_page.agree"), figures.percent(found["agreement_rate"]) + small)
            around = figures.interval(found["rate_low"], found["rate_high"])
            n = f"{int(found['agreements']):,} / {levels.companies(page, marked)}"
            st.caption(f"{n}  \n{page.t('active_rate.interval', range=around)}")
        with st.container(gap=None):
            st.metric(page.t("level_page.disagree"), levels.counted(page, found["disagreements"]))
            outside = int(found["outside"])
            st.caption(page.t("level_page.marks_outside", n=outside) if outside else page.t("level_page.small_sheet"))
    _table(page, answers, state, words, marks)
    if int(found["disagreements"]):
        frame = answers.check(check_sheet, marks, state, agrees=False).sort_values(CUSTOMER, ignore_index=True)
        levels.listed(
            page, answers, _said(frame, words, state), page.t("level_page.differs"), key="differs", measures=MEASURES
        )
    _how(page, found)


def _said(frame: pd.DataFrame, words: dict[Any, str], state: str | None) -> pd.DataFrame:
    """Marks and rulings in words, at the front."""
    places = _places(words, state)
    said = frame.assign(**{f"{side}_level": [places[int(each)] for each in frame[side]] for side in ("mark", "ruled")})
    first = [CUSTOMER, "mark_level", "ruled_level", "score"]
    rest = [name for name in said.columns if name not in (*first, "mark", "ruled", "agrees")]
    return said[[*first, *rest]]


def _places(words: dict[Any, str], state: str | None) -> dict[int, str]:
    """Position of a level (1 or 0 of a state) -> its words, from the lowest."""
    return dict(enumerate(reversed(words.values()))) if state is None else {1: words[1], 0: words[0]}


def _table(
    page: "Page", answers: LevelAnswers, state: str | None, words: dict[Any, str], marks: dict[str, Any]
) -> None:
    """Marks down, what the rule says across; every cell opens its customers."""
    places = dict(sorted(_places(words, state).items(), reverse=True))
    cells_of = {
        (int(row["mark"]), int(row["ruled"])): int(row["customers"])
        for row in answers.check(check_table, marks, state).to_dict("records")
    }
    shown = pd.DataFrame(
        [{"mark": places[mark], **{f"r{ruled}": cells_of.get((mark, ruled), 0) for ruled in places}} for mark in places]
    )
    config: dict[str, Any] = {"mark": st.column_config.TextColumn(page.t("level_page.mark_rule"), pinned=True)}
    config |= {f"r{place}": st.column_config.NumberColumn(said, format="localized") for place, said in places.items()}
    rows, opens = list(places), [f"r{place}" for place in places]
    opened = cells.show(shown, rows=rows, opens=opens, key="checked", config=config, alt=page.t("level_page.check"))
    st.caption(page.t("level_page.check_table_note"))
    if opened and cells_of.get(cell := (opened[0], int(opened[1][1:]))):
        frame = answers.check(check_sheet, marks, state, cell=cell).sort_values(CUSTOMER, ignore_index=True)
        said = page.t("level_page.marked_as", mark=places[cell[0]], ruled=places[cell[1]])
        levels.listed(page, answers, _said(frame, words, state), said, key="checked_customers", measures=MEASURES)


def _how(page: "Page", found: dict[str, Any]) -> None:
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_check"):
        for key in ("agreement_rate", "kappa"):
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")
        kappa = found["kappa"]
        st.markdown(page.t("level_page.kappa", kappa=figures.NONE if figures.is_missing(kappa) else f"{kappa:.2f}"))
