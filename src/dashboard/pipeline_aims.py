"""Whom was aimed at, and who came: the aimed part of every segment beside the real one."""

from hashlib import blake2s
from itertools import product
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.aims import Aim, Aims
from analysis.errors import AnalysisError
from dashboard import cells, dimensions, downloads, figures, pipeline
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.ordering import in_order
from dashboard.pipeline_answers import AIMS, Deals

if TYPE_CHECKING:
    from dashboard.page import Page

PERCENT = 100
MOST = 60  # segments that can be typed
FEW = 40  # values that make a segment somebody aims at
ROUNDING = 1e-6


def show(page: "Page", answers: Deals) -> None:
    """The gap of every aimed segment, where there are aims, and the editor."""
    st.subheader(page.t("pipeline.aims"), anchor=False)
    codes = [each.code for each in answers.known if 1 < len(dimensions.values(page.ws, each)) <= FEW]
    aims = answers.aims
    if aims:
        _table(page, answers, aims)
    elif page.ws.setting(AIMS, "") and page.names_hidden:
        st.caption(page.t("pipeline.aims_hidden"))
    else:
        st.caption(page.t("pipeline.no_aims"))
    if codes:
        _editor(page, answers, codes, aims)


def _table(page: "Page", answers: Deals, aims: Aims) -> None:
    found = answers.aimed(aims)
    names = [" × ".join(value_label(page, value) for value in aim.values) for aim in aims.aims]
    rates = ("target_share", "share", "win_rate")
    columns = ["name", "target_share", "share", "gap", "gap_deals", "deals", "won", "closed", "win_rate"]
    out = found.assign(name=names)[columns]
    shown = out.assign(
        **{name: [figures.percent(rate) for rate in out[name]] for name in rates},
        gap=[figures.points(gap) for gap in out["gap"]],
        gap_deals=[_signed(gap) for gap in out["gap_deals"]],
    )
    headers = {"name": " × ".join(answers.labels[code] for code in aims.columns)}
    headers |= {name: page.t(f"pipeline.column_{name}") for name in columns[1:]}
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(words, format="localized")
        if name in ("deals", "won", "closed")
        else st.column_config.TextColumn(words, pinned=name == "name", alignment=None if name == "name" else "right")
        for name, words in headers.items()
    }
    opened = cells.show(
        shown, rows=list(range(len(aims.aims))), opens=["deals"], key="aim", config=config, alt=page.t("pipeline.aims")
    )
    rest = 1 - aims.total
    said = [page.t("pipeline.aims_note")]
    said += [page.t("pipeline.aims_rest", share=figures.percent(rest))] if rest > ROUNDING else []
    said += [page.t("pipeline.aims_over", share=figures.percent(aims.total))] if rest < -ROUNDING else []
    st.caption(" ".join(said))
    downloads.button(
        page,
        out,
        name=page.t("pipeline.aims"),
        key="download_aims",
        headers=headers,
        formats=dict.fromkeys((*rates, "gap"), "percent"),
        definitions=pipeline.meanings(page, answers),
    )
    if opened:
        values = dict(zip(aims.columns, aims.aims[opened[0]].values, strict=True))
        found = answers.deals("all", where=answers.narrowed(**values))
        pipeline.listed(page, answers, found, names[opened[0]], key="aim_deals")


def _signed(gap: float) -> str:
    return figures.NONE if figures.is_missing(gap) else f"{gap:+.1f}"


def _editor(page: "Page", answers: Deals, codes: list[str], aims: Aims | None) -> None:
    """A share for every segment of one column or two."""
    with st.expander(page.t("pipeline.edit_aims"), icon=":material/edit_note:", key="aims", on_change="rerun") as box:
        if not box.open:
            return
        usual = list(aims.columns) if aims else [code for code in codes if code != "owner"][:2]
        columns = st.multiselect(
            page.t("pipeline.aim_columns"),
            codes,
            default=[code for code in usual if code in codes],
            format_func=lambda code: md(answers.labels[code]),
            max_selections=2,
            select_all=False,
            placeholder=page.t("pickers.choose"),
            key="aim_columns",
        )
        if columns:
            _form(page, answers, columns, aims)


def _form(page: "Page", answers: Deals, columns: list[str], aims: Aims | None) -> None:
    kinds = {each.code: each for each in answers.known}
    values = [
        [value or None for value in in_order(dimensions.values(page.ws, kinds[code])["value"])] for code in columns
    ]
    segments = list(product(*values))[:MOST]
    known = {aim.values: aim.share * PERCENT for aim in aims.aims} if aims and list(aims.columns) == columns else {}
    lines = [
        {f"c{i}": value_label(page, value) for i, value in enumerate(segment)} | {"share": known.get(segment)}
        for segment in segments
    ]
    config: dict[str, Any] = {
        f"c{i}": st.column_config.TextColumn(answers.labels[code], disabled=True) for i, code in enumerate(columns)
    }
    config["share"] = st.column_config.NumberColumn(
        page.t("pipeline.column_target_share"), min_value=0, max_value=PERCENT, format="%g %%"
    )
    mark = blake2s(repr((columns, segments, known)).encode(), digest_size=4).hexdigest()
    with st.form("aims_form", border=False):
        edited = st.data_editor(
            pd.DataFrame(lines).astype({"share": "float64"}),
            hide_index=True,
            column_config=config,
            key=f"aims_table_{mark}",
            placeholder="",
        )
        st.caption(page.t("pipeline.aims_editor_note", n=MOST))
        if st.form_submit_button(page.t("pipeline.save_aims"), type="primary"):
            _save(page, columns, segments, edited["share"])


def _save(page: "Page", columns: list[str], segments: list[tuple[Any, ...]], shares: pd.Series) -> None:
    """Keeps the shares that were typed, or says in one sentence what is wrong."""
    typed = [
        Aim(tuple(segment), round(float(share) / PERCENT, 6))
        for segment, share in zip(segments, shares, strict=True)
        if not pd.isna(share)
    ]
    try:
        aims = Aims(tuple(columns), tuple(typed))
    except AnalysisError as mistake:
        st.error(md(page.sentence(mistake)))
        return
    page.ws.set_setting(AIMS, aims.to_json())
    st.rerun()
