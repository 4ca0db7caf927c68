"""Home once there is data: until when it reaches, the questions with their numbers, the state of the data."""

from typing import TYPE_CHECKING

import pandas as pd
import streamlit as st

from analysis.period import Period, add_months
from analysis.tables import KINDS
from dashboard import figures, guard, history, navigation
from dashboard.page import Page

if TYPE_CHECKING:
    from analysis.workspace import Import

MONTHS = 12  # in the small line


def show(page: Page, imports: list["Import"]) -> None:
    """The whole page."""
    as_of = page.ws.as_of
    until = page.t("home.until", day=figures.day(as_of, page.lang)) if as_of else page.t("home.no_activity")
    page.heading(page.t("app.name"), until)
    with st.grid(3, min_column_width=280, gap="medium"):
        _active_rate(page, {each.kind for each in imports})
    _state(page, imports)


def _active_rate(page: Page, kinds: set[str]) -> None:
    with st.container(border=True, key="question_active_rate"):
        st.markdown(f"### {page.t('app.nav_active_rate')}")
        missing = [kind for kind in ("users", "activity") if kind not in kinds]
        if missing or page.ws.as_of is None:
            _needs(page, missing)
            return
        with guard.mistakes(page.lang):
            _numbers(page, last_complete_quarter(page))
        _open(page, "active_rate")


def _needs(page: Page, missing: list[str]) -> None:
    lacking = "、".join(page.t(f"data.kind_{kind}") for kind in missing)
    st.markdown(page.t("home.needs", kinds=lacking))
    _open(page, "import_data")


def _open(page: Page, name: str) -> None:
    if name in {entry.name for entry in navigation.entries()}:
        st.page_link(
            navigation.page(name),
            label=page.t(f"home.open_{name}"),
            icon=":material/arrow_forward:",
            icon_position="right",
            query_params={"lang": page.lang},
        )


def last_complete_quarter(page: Page) -> Period:
    """The quarter that holds the last known day where it is over, else the one before."""
    assert page.ws.as_of is not None
    quarter = Period.unit(page.ws.as_of, "quarter")
    return quarter.previous() if quarter.is_partial(page.ws.as_of) else quarter


def _numbers(page: Page, quarter: Period) -> None:
    from analysis.active_rate import active_rate
    from analysis.trend import active_rate_trend

    months = Period(add_months(quarter.end, -MONTHS), quarter.end)
    trend = page.run(active_rate_trend, months, every="month").sort_values("period_start")
    rate = page.run(active_rate, quarter).iloc[0]
    line = trend["active_rate"].astype("Float64").dropna()
    st.caption(f"{page.t('app.term_active_rate')} · {figures.span(quarter, page.lang)}")
    st.metric(
        page.t("app.term_active_rate"),
        figures.percent(rate["active_rate"]),
        label_visibility="collapsed",
        chart_data=[float(value) for value in line] if len(line) > 1 else None,
    )
    counts = f"{figures.count(rate['active_users'])} / {figures.people(rate['valid_users'], page.lang)}"
    around = figures.interval(rate["rate_low"], rate["rate_high"])
    st.markdown(f"{counts}　:gray[{page.t('home.interval', interval=around)}]")
    st.caption(page.t("home.line", n=len(line)))


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
