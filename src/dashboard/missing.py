"""Nothing to show: what the page needs and which part is there, or which condition lets nobody through."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from analysis.period import Period
from dashboard import figures, filters
from dashboard.navigation import ROOT

if TYPE_CHECKING:
    from dashboard.page import Page


def tables(page: "Page", kinds: Sequence[str]) -> None:
    """Stops the page where a table it needs is not there, and says which and what that is."""
    found = {kind: [each for each in page.ws.imports(kind) if each.active and each.accepted] for kind in kinds}
    absent = [kind for kind in kinds if not found[kind]]
    if not absent:
        return
    with st.container(border=True, key="missing"):
        st.markdown(f"**{page.t('missing.needs', n=len(kinds))}**")
        for kind in kinds:
            st.markdown(_line(page, kind, sum(each.accepted for each in found[kind]), has=kind not in absent))
        with st.container(horizontal=True, gap="small"):
            label = page.t(f"missing.import_{absent[0]}")
            if st.button(label, type="primary", icon=":material/upload_file:", key="missing_import"):
                st.switch_page(
                    str(ROOT / "pages" / "import_data.py"), query_params={"lang": page.lang, "kind": absent[0]}
                )
            if len(absent) == len(kinds) and st.button(
                page.t("missing.try_sample"), type="tertiary", key="missing_sample"
            ):
                st.switch_page(str(ROOT / "pages" / "home.py"), query_params={"lang": page.lang})
    st.stop()


def _line(page: "Page", kind: str, rows: int, *, has: bool) -> str:
    name = page.t(f"missing.table_{kind}")
    if has:
        return f":green[:material/check_circle: {name}]\u3000{figures.rows(rows, page.lang)}"
    return f":material/radio_button_unchecked: **{name}**\u3000{page.t(f'missing.table_{kind}_is')}"


def nobody(page: "Page", period: Period, chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> None:
    """The conditions in words, and buttons that lift the last of them or all; stops the page."""
    with st.container(border=True, key="nobody"):
        st.markdown(f"**{page.t('missing.nobody')}**")
        parts = [page.t("missing.nobody_period", span=figures.span(period, page.lang))]
        parts += [filters.sentence(page, chosen, labels)] if chosen else []
        st.markdown("\u3000".join(parts))
        _lift(page, chosen, labels)
    st.stop()


def no_records(page: "Page", chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> None:
    """No record fits the filters: they in words, and buttons that lift them; stops the page."""
    with st.container(border=True, key="nobody"):
        st.markdown(f"**{page.t('missing.no_records')}**")
        if chosen:
            st.markdown(filters.sentence(page, chosen, labels))
        _lift(page, chosen, labels)
    st.stop()


def _lift(page: "Page", chosen: Mapping[str, Sequence[str]], labels: Mapping[str, str]) -> None:
    """Buttons that lift the last filter, or all."""
    with st.container(horizontal=True, gap="small"):
        if chosen:
            last = list(chosen)[-1]
            one = page.t("missing.lift", name=filters.md(labels.get(last, last)))
            st.button(one, key="lift_one", on_click=filters.write, args=(filters.without(chosen, last),))
            st.button(page.t("missing.lift_all"), key="lift_all", type="tertiary", on_click=filters.write, args=({},))


def no_data(page: "Page", period: Period, first: date, last: date) -> None:
    """A period outside the data: from when to when there is any."""
    with st.container(border=True, key="no_data"):
        st.markdown(f"**{page.t('missing.no_data', span=figures.span(period, page.lang))}**")
        st.markdown(page.t("missing.data_span", first=figures.day(first, page.lang), last=figures.day(last, page.lang)))
    st.stop()
