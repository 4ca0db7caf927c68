"""Customers written in two ways: proposals with their reason, decisions with who and when, and the way back."""

import json
from datetime import datetime
from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.customer_merge import Candidate, merge_candidates
from analysis.customer_names import customer_names
from analysis.errors import AnalysisError
from analysis.merge_decisions import DIFFERENT, SAME, SETTING, Decision, Decisions
from dashboard import guard
from dashboard.escape import md

if TYPE_CHECKING:
    from dashboard.page import Page

MOST = 10  # proposals that are shown at once


def decisions(page: "Page") -> Decisions:
    """What somebody decided about ways of writing; nothing where it cannot be read."""
    written = page.ws.setting(SETTING, "")
    try:
        return Decisions.from_json(written) if written else Decisions()
    except AnalysisError:
        return Decisions()


def show(page: "Page") -> None:
    """The section 「名寄せ」: what is proposed, what is decided."""
    made = decisions(page)
    key = json.dumps([str(page.ws.layout.root), page.ws.version, sorted(made.decided)])
    open_now = _candidates(key, page.run(customer_names), made.decided)
    st.subheader(page.t("customer.merges"), anchor=False)
    st.caption(page.t("customer.merges_note"))
    if page.names_hidden:
        st.caption(page.t("customer.merges_hidden", n=len(open_now), decided=len(made.standing)))
        return
    if not open_now and not made.standing:
        st.caption(page.t("customer.no_proposals"))
    if open_now:
        st.markdown(f"**{page.t('customer.proposals', n=len(open_now))}**")
        for each in open_now[:MOST]:
            _proposal(page, each)
        if len(open_now) > MOST:
            st.caption(page.t("customer.more_proposals", n=MOST))
    if made.standing:
        with st.expander(page.t("customer.decided", n=len(made.standing)), key="decided_merges"):
            for number, decision in enumerate(reversed(made.standing)):
                _decided(page, decision, number)


@st.cache_data(max_entries=4, show_spinner=False)
def _candidates(
    key: str,  # noqa: ARG001 (what it is remembered by)
    _named: pd.DataFrame,
    _decided: list[tuple[str, str]],
) -> list[Candidate]:
    return merge_candidates(_named, decided=_decided)


def _proposal(page: "Page", each: Candidate) -> None:
    """Two ways of writing, why they may be one, and what to do about it."""
    mark = f"{each.written}\n{each.kept}"
    with st.container(border=True):
        one, other = (_named(page, *pair) for pair in _both(each))
        st.markdown(f"{one} ・ {other}")
        why = page.t("pickers.comma").join(page.t(f"customer.reason_{reason}") for reason in each.reasons)
        st.caption(page.t("customer.why", why=why))
        with st.container(horizontal=True, gap="small"):
            for choice, kind in ((SAME, "secondary"), (DIFFERENT, "tertiary")):
                st.button(
                    page.t(f"customer.decide_{choice}", kept=md(each.kept_name)),
                    key=f"{choice}_{mark}",
                    type=kind,  # type: ignore[arg-type]
                    on_click=_decide,
                    args=(page, each, choice),
                )
            st.button(
                page.t("customer.decide_turned", kept=md(each.name)),
                key=f"turned_{mark}",
                type="tertiary",
                on_click=_decide,
                args=(page, each, SAME, True),
            )


def _both(each: Candidate) -> tuple[tuple[str, str, int], tuple[str, str, int]]:
    return (each.name, each.written, each.rows), (each.kept_name, each.kept, each.kept_rows)


def _named(page: "Page", name: str, code: str, rows: int) -> str:
    called = f"**{md(name)}**"
    if name != code:
        called = page.t("customer.named", name=called, code=md(code))
    return page.t("customer.with_rows", name=called, n=rows)


def _decide(page: "Page", each: Candidate, choice: str, turned: bool = False) -> None:
    """Keeps a decision; what leads back to itself is said, and nothing is kept."""
    written, kept = (each.kept, each.written) if turned else (each.written, each.kept)
    who, at = guard.who(), f"{datetime.now():%Y-%m-%d %H:%M}"
    try:
        made = decisions(page).add(Decision(written, kept, choice, who, at, each.reasons))
    except AnalysisError as mistake:
        st.toast(md(page.sentence(mistake)), icon=":material/error:")
        return
    page.ws.set_setting(SETTING, made.to_json())


def _decided(page: "Page", decision: Decision, number: int) -> None:
    """One decision, who took it and when, and the button that takes it back."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        words = page.t(f"customer.is_{decision.choice}", written=md(decision.written), kept=md(decision.kept))
        by = page.t("customer.by", who=md(decision.who or page.t("customer.somebody")), at=decision.at)
        st.markdown(f"{words}　:gray[{by}]")
        st.button(
            page.t("customer.reverse"),
            key=f"reverse_{number}",
            type="tertiary",
            icon=":material/undo:",
            on_click=_reverse,
            args=(page, decision),
        )


def _reverse(page: "Page", decision: Decision) -> None:
    at = f"{datetime.now():%Y-%m-%d %H:%M}"
    made = decisions(page).reverse(decision.written, decision.kept, who=guard.who(), at=at)
    page.ws.set_setting(SETTING, made.to_json())
