"""How often deals are won, told apart by one dimension, and why the others were lost."""

from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis import charts
from analysis.charts.labels import bucket_name
from analysis.deals import MONTHS
from analysis.definitions import DEFINITIONS
from dashboard import cells, downloads, figures, pipeline, theme, url
from dashboard.dimensions import value_label
from dashboard.escape import md
from dashboard.pipeline_answers import Deals

if TYPE_CHECKING:
    from dashboard.page import Page

BY = "by"
MOST = 12  # rows of the chart
LISTED = 200  # rows of the table
COUNTS = ("closed", "won", "lost", "open")
SMALL = 30


def rates(page: "Page", answers: Deals) -> None:
    """The win rate of every value: drawn towards that of all, so that nobody leads by three deals."""
    codes, by = answers.dimensions, ""
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute", key="by_head"):
        st.subheader(page.t("pipeline.rates"), anchor=False, width="content")
        if codes:
            by = url.url_select(
                page.t("process.by_label"),
                codes,
                lambda code: _dimension(page, answers, code),
                BY,
                codes[0],
                label_visibility="collapsed",
                width=220,
            )
    if not by or not answers.whole["closed"]:
        st.caption(page.t("charts.no_closed" if by else "pipeline.no_dimension"))
        return
    _rates(page, answers, by)


def _dimension(page: "Page", answers: Deals, code: str) -> str:
    own = code in MONTHS and code not in answers.labels
    return page.t(f"pipeline.by_{code}") if own else md(answers.labels[code])


def _value(page: "Page", value: Any) -> str:
    return bucket_name(value, "month", page.lang) if isinstance(value, pd.Timestamp) else value_label(page, value)


def _rates(page: "Page", answers: Deals, by: str) -> None:
    found = answers.rates(by).head(LISTED)
    values = [None if figures.is_missing(value) else value for value in found[by]]
    if any(isinstance(value, pd.Timestamp) for value in values):  # months stand in the order of time
        found = found.sort_values(by, ignore_index=True)
        values = [None if figures.is_missing(value) else value for value in found[by]]
    named = found.assign(name=[_value(page, value) for value in values])
    drawn = named[named["closed"] > 0].head(MOST)
    whole = float(answers.whole["win_rate"])
    theme.show(
        lambda palette: charts.rate_rows(drawn, whole, lang=page.lang, palette=palette),
        charts.rate_finding(drawn, whole, lang=page.lang),
        of=drawn.to_csv(index=False) + page.lang,
        key="rate_chart",
    )
    few = int((named["closed"] < SMALL).sum())
    lines = [page.t("pipeline.rates_note", whole=figures.percent(whole))]
    lines += [page.t("pipeline.small", n=few)] if few else []
    lines += [page.t("pipeline.most_rows", n=MOST)] if int((named["closed"] > 0).sum()) > MOST else []
    st.caption("  \n".join(lines))
    _how(page)
    _rate_table(page, answers, named, by, values)


def _how(page: "Page") -> None:
    with st.popover(page.t("app.how"), type="tertiary", icon=":material/menu_book:", key="how_rates"):
        for key in ("win_rate", "shrunk_rate"):
            words = DEFINITIONS[key].words(page.lang)
            st.markdown(f"**{md(words['term'])}**　{md(words['sentence'])}  \n{md(words['formula'])}")


def _rate_table(page: "Page", answers: Deals, named: pd.DataFrame, by: str, values: list[Any]) -> None:
    rates = ("win_rate", "shrunk_rate")
    columns = [*COUNTS, *rates, "won_median_days", "lost_median_days"]
    columns = [name for name in columns if named[name].notna().any()]
    title = _dimension(page, answers, by).replace("\\", "")
    out = named[["name", *columns]]
    shown = out.assign(
        **{
            name: [
                figures.percent(rate) + (" ※" if n < SMALL and n else "")
                for rate, n in zip(out[name], named["closed"], strict=True)
            ]
            for name in rates
            if name in columns
        }
    )
    headers = {"name": title} | {name: page.t(f"pipeline.column_{name}") for name in columns}
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(words, pinned=name == "name", alignment=None if name == "name" else "right")
        if name in ("name", *rates)
        else st.column_config.NumberColumn(words, format="localized")
        for name, words in headers.items()
    }
    codes = [value.isoformat() if isinstance(value, pd.Timestamp) else value for value in values]
    opened = cells.show(shown, rows=codes, opens=COUNTS, key="rate", config=config, alt=page.t("pipeline.rates"))
    downloads.button(
        page,
        out,
        name=page.t("pipeline.rates_file", name=title),
        key="download_rates",
        headers=headers,
        formats=dict.fromkeys((name for name in rates if name in columns), "percent"),
        definitions=pipeline.meanings(page, answers),
    )
    if opened:
        value = values[codes.index(opened[0])]
        found = answers.deals(opened[1], where=answers.of_value(by, value))
        name = f"{_value(page, value)}　{page.t(f'pipeline.column_{opened[1]}')}"
        pipeline.listed(page, answers, found, name, key="rate_deals")


def reasons(page: "Page", answers: Deals) -> None:
    """Why deals were lost, most frequent first; those of which nobody wrote it down stay in sight."""
    st.subheader(page.t("pipeline.reasons"), anchor=False)
    if "lost_reason" not in answers.columns or not answers.whole["lost"]:
        st.caption(page.t("pipeline.no_reasons" if answers.whole["lost"] else "pipeline.none_lost"))
        return
    found = answers.reasons
    rows = [None if figures.is_missing(reason) else str(reason) for reason in found["reason"]]
    names = [page.t("pipeline.no_reason") if reason is None else value_label(page, reason) for reason in rows]
    bars = _bars(page, found, names).head(MOST) if len(found) <= MOST else _shortened(page, found, names)
    unknown = found["unknown_share"].iloc[0]
    lost = int(found["lost_deals"].iloc[0])
    with st.grid(2, min_column_width=320, gap="medium", key="reasons"):
        with st.container(gap="small"):
            theme.show(
                lambda palette: charts.product_bars(bars, palette=palette, beside=110),
                charts.product_finding(bars, lang=page.lang),
                of=bars.to_csv(index=False),
                key="reason_chart",
            )
        with st.container(gap="small"):
            opened = _reason_table(page, answers, found, rows, names)
    st.caption(
        page.t("pipeline.unknown_share", share=figures.percent(unknown), n=int(found["deals"].iloc[-1]), lost=lost)
        + page.t(f"pipeline.rule_{answers.several}")
    )
    if opened is not None:
        reason = rows[opened]
        listed = answers.deals("reason", reason=reason, several=answers.several)
        pipeline.listed(page, answers, listed, page.t("pipeline.list_reason", reason=names[opened]), key="reason_deals")


def _bars(page: "Page", found: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    said = [
        page.t("pipeline.reason_bar", n=int(n), share=figures.percent(share))
        for n, share in zip(found["deals"], found["share"], strict=True)
    ]
    parts = ["other" if figures.is_missing(reason) else "code" for reason in found["reason"]]
    return pd.DataFrame({"name": names, "value": found["deals"].astype(float), "said": said, "part": parts})


def _shortened(page: "Page", found: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """The first reasons, and none at the end: it never falls out of sight."""
    bars = _bars(page, found, names)
    return pd.concat([bars.head(MOST - 1), bars.tail(1)], ignore_index=True)


def _reason_table(
    page: "Page", answers: Deals, found: pd.DataFrame, rows: list[str | None], names: list[str]
) -> int | None:
    """The reasons with their shares; the place of the row that is open."""
    rates = ("share", "cumulative_share")
    out = found[["deals", *rates]].assign(name=names)[["name", "deals", *rates]]
    shown = out.assign(**{name: [figures.percent(rate) for rate in out[name]] for name in rates})
    headers = {"name": page.role("deals", "lost_reason")} | {
        name: page.t(f"pipeline.column_{name}") for name in ("deals", *rates)
    }
    config: dict[str, Any] = {
        name: st.column_config.NumberColumn(words, format="localized")
        if name == "deals"
        else st.column_config.TextColumn(words, pinned=name == "name", alignment=None if name == "name" else "right")
        for name, words in headers.items()
    }
    opened = cells.show(shown, rows=rows, opens=["deals"], key="reason", config=config, alt=page.t("pipeline.reasons"))
    downloads.button(
        page,
        out,
        name=page.t("pipeline.reasons"),
        key="download_reasons",
        headers=headers,
        formats=dict.fromkeys(rates, "percent"),
        definitions=pipeline.meanings(page, answers),
    )
    return rows.index(opened[0]) if opened else None
