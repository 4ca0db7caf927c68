"""The steps of a funnel: which activities, under which condition, in which order; kept under a name where wanted."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from analysis.errors import AnalysisError
from analysis.funnel_definitions import step_of, step_text
from analysis.funnel_steps import Step
from analysis.rules import Rule
from analysis.stage_verdicts import number
from dashboard import dimensions, funnel_keeping, url
from dashboard.dimensions import NONE, Dimension
from dashboard.escape import md
from dashboard.funnel_answers import labels, step_name
from dashboard.funnel_keeping import STEP, funnels, put
from dashboard.funnel_source import Source

if TYPE_CHECKING:
    from dashboard.page import Page

ADD, OPEN = "step_add", "steps"
IS_OPEN = "_steps_open"
SOURCE = "_steps_of"
FIRST, FIRST_BOUGHT = 3, 2  # steps that stand there before anybody chooses
MOST = 500  # kinds and values that a list offers
AMOUNT, OTHER = "amount", "-other-"


def choose(source: Source, known: Sequence[Dimension]) -> list[Step]:
    """The steps with an activity, or a product, each; stops where none is left."""
    page, kinds = source.page, source.kinds()
    steps = _of_source(source, kinds) or usual(source, kinds)
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="steps_row"):
        sentence = st.empty()
        is_open = _switch(page)
    if is_open:
        with st.container(border=True, key=OPEN):
            steps = [_row(source, steps, place, kinds, known) for place in range(len(steps))]
            _add(source, steps, kinds)
            funnel_keeping.show(source, steps)
    sentence.markdown(_sentence(source, steps, labels(source, known)), width="content")
    url.write(STEP, [step_text(step) for step in steps])
    counted = [_settled(step) for step in steps if step.activities]
    if not counted:
        st.info(source.t("funnel_page.no_steps"), icon=":material/info:")
        st.stop()
    return counted


def _switch(page: "Page") -> bool:
    """Opens and closes the editor; True while it is open."""
    is_open = bool(st.session_state.get(IS_OPEN))

    def turn() -> None:
        st.session_state[IS_OPEN] = not is_open

    words = page.t("funnel_page.close_steps" if is_open else "funnel_page.change_steps")
    icon = ":material/expand_less:" if is_open else ":material/edit:"
    st.button(words, key="steps_switch", icon=icon, type="tertiary", on_click=turn)
    return is_open


def read() -> list[Step]:
    """The steps in the URL, those that can be read."""
    return [step for text in url.read_list(STEP) if (step := _read(text)) is not None]


def unknown() -> list[str]:
    """Texts in the URL that are no steps."""
    return [text for text in url.read_list(STEP) if _read(text) is None]


def usual(source: Source, kinds: Sequence[str]) -> list[Step]:
    """The first funnel that is kept, else the most frequent kinds; of a single kind, whether it comes again."""
    grouping = source.grouping.name if source.grouping else None
    kept = [each for each in funnels(source.page).listed if (each.of, each.grouping) == (source.of, grouping)]
    if kept:
        return list(kept[0].steps)
    most = FIRST_BOUGHT if source.bought else FIRST
    return [Step(kind) for kind in (kinds[:most] if len(kinds) > 1 else [*kinds, *kinds])]


def first_steps(source: Source) -> list[Step]:
    """The steps that are counted before anybody chooses."""
    return [_settled(step) for step in usual(source, source.kinds()) if step.activities]


def _settled(step: Step) -> Step:
    """Without a condition whose values are still to be chosen."""
    unsaid = step.rule is not None and step.rule.tree.get("in") == []
    return replace(step, where=None) if unsaid else step


def _read(text: str) -> Step | None:
    try:
        return step_of(text)
    except AnalysisError:
        return None


def _of_source(source: Source, kinds: Sequence[str]) -> list[Step]:
    """The steps in the URL; once the reader looks at something else, those that are still there."""
    steps, now = read(), [source.of, source.grouping.name if source.grouping else None]
    before = st.session_state.get(SOURCE)
    st.session_state[SOURCE] = now
    if before in (None, now):
        return steps
    known = {*kinds}
    return [step for step in steps if known & {*step.activities}]


def _sentence(source: Source, steps: Sequence[Step], named: dict[str, str]) -> str:
    """「ステップ：①ログイン → ②カタログ閲覧 → ③注文」."""
    said = [f"{number(i)}{step_name(source, _settled(step), named)}" for i, step in enumerate(steps, 1)]
    return source.t("funnel_page.steps", steps=md(" → ".join(said)))


def _row(source: Source, steps: Sequence[Step], place: int, kinds: Sequence[str], known: Sequence[Dimension]) -> Step:
    """One step: its activities, and behind a button its condition and its place."""
    page, step, key = source.page, steps[place], f"step_{place}_kinds"
    choices = [*kinds[:MOST], *(kind for kind in step.activities if kind not in kinds[:MOST])]
    url.follow(key, list(step.activities))
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"step_{place}"):
        st.markdown(f"**{number(place + 1)}**", width="content")
        chosen = st.multiselect(
            source.t("funnel_page.step_kinds", n=place + 1),
            choices,
            format_func=source.name,
            key=key,
            label_visibility="collapsed",
            placeholder=source.t("funnel_page.choose_kind"),
            select_all=False,
            width="stretch",
        )
        url.followed(key, list(chosen))
        with st.popover(_more_label(page, step), key=f"step_{place}_more", type="tertiary"):
            rule, optional = _more(source, step, place, known)
            _place(page, steps, place)
    return Step(chosen, where=rule, optional=optional, name=step.name if chosen == list(step.activities) else None)


def _more_label(page: "Page", step: Step) -> str:
    said = [page.t("funnel_page.has_rule")] if _settled(step).rule else []
    said += [page.t("funnel_page.optional_short")] if step.optional else []
    return page.t("pickers.dot").join(said) or page.t("funnel_page.more")


def _more(source: Source, step: Step, place: int, known: Sequence[Dimension]) -> tuple[Rule | None, bool]:
    """What the events must be besides, and whether the step may be skipped."""
    page, optional = source.page, step.optional
    if place:
        key = f"step_{place}_optional"
        url.follow(key, step.optional)
        optional = bool(st.toggle(page.t("funnel_page.optional"), key=key))
        url.followed(key, optional)
    return _rule(source, step, place, known), optional


def _rule(source: Source, step: Step, place: int, known: Sequence[Dimension]) -> Rule | None:
    """A condition on one column of the log, or of the orders: values, or of the amount a least one."""
    page, tree = source.page, step.rule.tree if step.rule else {}
    named = {NONE: page.t("funnel_page.no_rule"), **labels(source, known)}
    if not _has_amount(source):
        del named[AMOUNT]
    test = "at_least" if tree.get("column") == AMOUNT else "in"
    ours = not tree or (tree.get("column") in named and test in tree)
    named |= {} if ours else {OTHER: page.t("funnel_page.other_rule")}
    key = f"step_{place}_column"
    url.follow(key, str(tree.get("column", NONE)) if ours else OTHER)
    column = st.selectbox(page.t("funnel_page.rule"), list(named), format_func=named.__getitem__, key=key)
    url.followed(key, column)
    if column in (NONE, OTHER):
        return step.rule if column == OTHER else None
    same = tree.get("column") == column
    if column == AMOUNT:
        return _least(page, place, tree.get("at_least", 0) if same else 0)
    dimension = next(each for each in known if each.code == column)
    return _among(page, place, dimension, list(tree.get("in", ())) if same else [])


def _least(page: "Page", place: int, wanted: Any) -> Rule:
    key = f"step_{place}_least"
    url.follow(key, float(wanted) if isinstance(wanted, int | float) else 0.0)
    least = float(st.number_input(page.t("funnel_page.least"), step=1.0, format="%g", key=key))
    url.followed(key, least)
    return Rule({"column": AMOUNT, "at_least": int(least) if least.is_integer() else least})


def _among(page: "Page", place: int, dimension: Dimension, wanted: list[str | None]) -> Rule:
    key = f"step_{place}_values_{dimension.code}"
    found = [value or "" for value in dimensions.values(page.ws, dimension)["value"][:MOST]]
    listed = [value or "" for value in wanted]
    url.follow(key, listed)
    chosen = st.multiselect(
        md(dimension.column),
        [*found, *(value for value in listed if value not in found)],
        format_func=lambda value: dimensions.value_label(page, value),
        key=key,
        placeholder=page.t("pickers.choose"),
        select_all=False,
    )
    url.followed(key, list(chosen))
    return Rule({"column": dimension.code, "in": [value or None for value in chosen]})


def _has_amount(source: Source) -> bool:
    with source.page.ws.read() as reader:
        return AMOUNT in reader.columns(source.kind)


def _place(page: "Page", steps: Sequence[Step], place: int) -> None:
    """Up, down, away."""
    with st.container(horizontal=True, gap="small"):
        for move, icon, other in (("up", "arrow_upward", place - 1), ("down", "arrow_downward", place + 1)):
            if 0 <= other < len(steps):
                st.button(
                    page.t(f"funnel_page.{move}"),
                    key=f"step_{place}_{move}",
                    icon=f":material/{icon}:",
                    on_click=_swap,
                    args=(place, other),
                )
        if len(steps) > 1:
            st.button(
                page.t("funnel_page.remove"),
                key=f"step_{place}_remove",
                icon=":material/delete:",
                on_click=_remove,
                args=(place,),
            )


def _swap(one: int, other: int) -> None:
    steps = read()
    steps[one], steps[other] = steps[other], steps[one]
    put(steps)


def _remove(place: int) -> None:
    put([step for i, step in enumerate(read()) if i != place])


def _add(source: Source, steps: Sequence[Step], kinds: Sequence[str]) -> None:
    """A list that adds what is picked as the next step."""
    page = source.page

    def added() -> None:
        kind = st.session_state[ADD]
        if kind:
            put([*read(), Step(kind)])
        st.session_state[ADD] = None

    st.selectbox(
        page.t("funnel_page.add"),
        list(kinds[:MOST]),
        index=None,
        format_func=source.name,
        key=ADD,
        placeholder=page.t("funnel_page.add_kind", n=len(steps) + 1),
        label_visibility="collapsed",
        on_change=added,
        width=420,
    )
    if not all(step.activities for step in steps):
        st.caption(source.t("funnel_page.empty_step"))
    if len(kinds) > MOST:
        st.caption(page.t("funnel_page.most_kinds", n=MOST, of=len(kinds)))
