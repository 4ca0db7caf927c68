"""Home once there is data: until when it reaches, the questions with their numbers, the state of the data."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.errors import AnalysisError
from analysis.tables import KINDS
from dashboard import figures, history, home_cards, navigation
from dashboard.escape import md
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import


def show(page: Page, imports: list["Import"]) -> None:
    """The whole page."""
    as_of = page.ws.as_of
    until = page.t("home.until", day=figures.day(as_of, page.lang)) if as_of else page.t("home.no_activity")
    page.heading(page.t("app.name"), until)
    kinds = {each.kind for each in imports if each.accepted}
    there = home_cards.known(page, kinds)
    boxes = _boxes(page, there)
    _state(page, imports)  # before the numbers, which take a moment after an import
    if "active_rate" not in there:
        with boxes["active_rate"]:
            _needs(page, [kind for kind in ("users", "activity") if kind not in kinds])
    for name, build in there.items():
        with boxes[name]:
            _card(page, name, build)


def _boxes(page: Page, there: Mapping[str, home_cards.Build]) -> dict[str, Any]:
    """A box a page whose data is there, in their order; of the first question also where it is not."""
    pages = [entry.name for entry in navigation.entries() if entry.name in {"active_rate", *there}]
    boxes = {}
    with st.grid(3, min_column_width=280, gap="medium", key="cards"):
        for name in pages:
            boxes[name] = st.container(border=True, height="stretch", key=f"question_{name}")
            boxes[name].markdown(f"### {page.t(f'app.nav_{name}')}")
    return boxes


def _card(page: Page, name: str, build: home_cards.Build) -> None:
    """The number of a page; a mistake in its data is a sentence in its box and takes no other away."""
    try:
        card = build(page)
    except AnalysisError as mistake:
        st.caption(md(page.sentence(mistake)))
        _open(page, name)
        return
    if card:
        st.caption(card.term)
        if card.value is not None:
            st.metric(
                card.term,
                card.value,
                label_visibility="collapsed",
                chart_data=list(card.line) if len(card.line) > 1 else None,
            )
        first, *rest = card.lines or ("",)
        if first:
            st.markdown(first)
        if rest:
            st.caption("  \n".join(rest))
    _open(page, name, card.choices if card else {})


def _needs(page: Page, missing: list[str]) -> None:
    lacking = page.t("pickers.comma").join(page.t(f"data.kind_{kind}") for kind in missing)
    st.markdown(page.t("home.needs", kinds=lacking))
    _open(page, "import_data")


def _open(page: Page, name: str, choices: Mapping[str, str] | None = None) -> None:
    st.page_link(
        navigation.page(name),
        label=page.t(f"home.open_{name}"),
        icon=":material/arrow_forward:",
        icon_position="right",
        query_params={"lang": page.lang, **(choices or {})},
    )


def _state(page: Page, imports: list["Import"]) -> None:
    st.subheader(page.t("home.state"), anchor=False)
    rows = [_row(page, kind, [each for each in imports if each.kind == kind]) for kind in _listed(imports)]
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        height="content",
        key="state",
        alt=page.t("home.state"),
        column_config={page.t("home.rows"): st.column_config.NumberColumn(format="localized")},
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(page.t("data.title"), icon=":material/upload_file:", key="more_data"):
            st.switch_page(navigation.page("import_data"), query_params={"lang": page.lang})
        st.caption(f":material/lock: {page.t('home.local')}")


def _listed(imports: list["Import"]) -> list[str]:
    """Kinds that are there, and the two that the main question needs."""
    there = {each.kind for each in imports}
    return [kind for kind in KINDS if kind in there or kind in ("users", "activity")]


def _row(page: Page, kind: str, imports: list["Import"]) -> dict[str, object]:
    latest = max(imports, key=lambda each: each.imported_at, default=None)
    counted = _newest_list(imports) if KINDS[kind].snapshot else imports
    when = figures.moment(latest.imported_at.astimezone()) if latest else page.t("home.none_yet")
    return {
        page.t("data.kind"): page.t(f"data.kind_{kind}"),
        page.t("home.rows"): sum(each.accepted for each in counted) if counted else None,
        page.t("data.covers"): _covers(page, kind, imports),
        page.t("home.imports"): len(imports),
        page.t("home.last_import"): when,
    }


def _newest_list(imports: list["Import"]) -> list["Import"]:
    newest = max(imports, key=lambda each: (each.as_of, each.id), default=None)
    return [newest] if newest else []


def _covers(page: Page, kind: str, imports: list["Import"]) -> str:
    if not imports:
        return figures.NONE
    if KINDS[kind].snapshot:
        return page.t("home.as_of", day=history.covers(_newest_list(imports)[0]))
    first = min(each.first for each in imports if each.first)
    last = max(each.last for each in imports if each.last)
    return f"{figures.day_short(first)} – {figures.day_short(last)}"
