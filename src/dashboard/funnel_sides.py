"""Two funnels side by side: period against period or group against group, and how far chance may move them."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.definitions import DEFINITIONS
from dashboard import cells, counting, downloads, figures, funnel_lists, url
from dashboard.escape import md
from dashboard.funnel import SMALL
from dashboard.funnel_answers import FunnelAnswers
from dashboard.funnel_parts import MOST
from dashboard.pivot import value_label

if TYPE_CHECKING:
    from dashboard.page import Page

COMPARE, FIRST, SECOND, OPEN = "compare", "first", "second", "side"
PERIODS, GROUPS = "periods", "groups"
SIDES = ("first", "second")
RATES = ("overall_rate", "step_rate")


@dataclass(frozen=True)
class Side:
    """One of the two: what it is called, its funnel, and who reached a step of it."""

    name: str
    frame: pd.DataFrame
    reached: Callable[[int], pd.DataFrame]


def show(page: "Page", answers: FunnelAnswers) -> None:
    """The same funnel of two periods or two values, step by step."""
    st.subheader(page.t("funnel_page.compare"), anchor=False)
    kinds = [PERIODS, *([GROUPS] if len(answers.values) > 1 else [])]
    kind = url.peek_select(kinds, COMPARE, PERIODS)
    if len(kinds) > 1:
        kind = url.url_select(
            page.t("funnel_page.compare"),
            kinds,
            lambda code: page.t(f"funnel_page.compare_{code}"),
            COMPARE,
            PERIODS,
            widget=st.segmented_control,
            required=True,
            label_visibility="collapsed",
        )
    if kind == GROUPS:
        _groups(page, answers)
    elif answers.compared:
        _periods(page, answers)
    else:
        span, first = figures.span(answers.previous, page.lang), figures.day(answers.first, page.lang)
        st.caption(page.t("funnel_page.no_before", span=span, first=first))


def _periods(page: "Page", answers: FunnelAnswers) -> None:
    before, period = answers.previous, answers.period
    sides = (
        Side(
            figures.span(before, page.lang),
            answers.before,
            lambda position: answers.people(position, "reached", period=before),
        ),
        Side(figures.span(period, page.lang), answers.total, lambda position: answers.people(position, "reached")),
    )
    waiting = int(answers.total["waiting"].iloc[-1])
    notes = [answers.t("funnel_page.same_people")]
    notes += [answers.t("funnel_page.still_open", n=waiting)] if waiting and answers.within is not None else []
    _side_by_side(page, answers, sides, notes, may_rise=waiting > 0)


def _groups(page: "Page", answers: FunnelAnswers) -> None:
    codes = {json.dumps(value, ensure_ascii=False): value for value in answers.values[:MOST]}
    words = {code: value_label(page, value) for code, value in codes.items()}
    with st.container(horizontal=True, gap="small", key="groups"):
        listed = list(codes)
        one = url.url_select(page.t("funnel_page.first"), listed, words.__getitem__, FIRST, listed[0], width=240)
        others = [code for code in listed if code != one]
        two = url.url_select(page.t("funnel_page.second"), others, words.__getitem__, SECOND, others[0], width=240)

    def side(code: str) -> Side:
        part = (codes[code],)
        return Side(words[code], answers.of_value(part[0]), lambda position: answers.people(position, "reached", part))

    sides = (side(one), side(two))
    waiting = sum(int(each.frame["waiting"].iloc[-1]) for each in sides)
    notes = [answers.t("funnel_page.groups_open", n=waiting)] if waiting and answers.within is not None else []
    _side_by_side(page, answers, sides, notes, may_rise=False)


def _side_by_side(
    page: "Page", answers: FunnelAnswers, sides: tuple[Side, Side], notes: Sequence[str], *, may_rise: bool
) -> None:
    """The sentence about the last step, the table of all, and the people of an open cell."""
    entered = [int(side.frame["entered"].max()) if len(side.frame) else 0 for side in sides]
    if min(entered) < max(counting.hide_below(page), 1):
        st.caption(answers.t("funnel_page.too_few"))
        return
    found = answers.differ(sides[0].frame, sides[1].frame)
    _sentence(page, answers, sides, found.iloc[-1], may_rise=may_rise)
    opened = _table(page, answers, sides, found)
    said = [*notes, *([answers.few] if min(entered) < SMALL else [])]
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", key="side_note"):
        st.caption("  \n".join([*said, answers.t("funnel_page.interval_note")]), width="content")
        _download(page, answers, sides, found)
    if opened:
        position, which = opened
        side = sides[SIDES.index(which)]
        frame = side.reached(position)
        name = funnel_lists.title(page, answers, position, "reached", len(frame), side.name)
        funnel_lists.show(page, answers, frame, "reached", name, key=f"side_{which}")


def _sentence(page: "Page", answers: FunnelAnswers, sides: tuple[Side, Side], last: Any, *, may_rise: bool) -> None:
    fields = {side: md(each.name) for side, each in zip(SIDES, sides, strict=True)}
    rates = {
        name: figures.percent(last[f"overall_rate_{side}"]) for name, side in zip(("one", "two"), SIDES, strict=True)
    }
    said = verdict(answers, last, "overall_rate", may_rise=may_rise)
    st.markdown(
        page.t(
            "funnel_page.differs",
            step=md(answers.names[-1]),
            verdict=said,
            **fields,
            **rates,
            **spread(last, "overall_rate"),
        )
    )


def _table(
    page: "Page", answers: FunnelAnswers, sides: tuple[Side, Side], found: pd.DataFrame
) -> tuple[Any, str] | None:
    rows = found.to_dict("records")
    shown = pd.DataFrame({"step": answers.names})
    for side in SIDES:
        shown[side] = [
            f"{figures.count(row[f'reached_{side}'])}　{figures.percent(row[f'overall_rate_{side}'])}" for row in rows
        ]
    for rate in RATES:
        shown[rate] = [difference(page, row, rate) if row["position"] > 1 else "" for row in rows]
    heads = {"step": page.t("funnel_page.step")}
    heads |= {side: each.name for side, each in zip(SIDES, sides, strict=True)}
    heads |= {rate: page.t(f"funnel_page.{rate}_difference") for rate in RATES}
    config: dict[str, Any] = {
        key: st.column_config.TextColumn(words, alignment="left" if key == "step" else "right", pinned=key == "step")
        for key, words in heads.items()
    }
    return cells.show(
        shown,
        rows=[int(row["position"]) for row in rows],
        opens=SIDES,
        key=OPEN,
        config=config,
        alt=page.t("funnel_page.compare"),
    )


def _download(page: "Page", answers: FunnelAnswers, sides: tuple[Side, Side], found: pd.DataFrame) -> None:
    numbers = ("entered", "reached", *RATES)
    headers = {"step": page.t("funnel_page.step")}
    headers |= {
        f"{number}_{side}": f"{answers.t(f'funnel_page.file_{number}')} ({each.name})"
        for number in numbers
        for side, each in zip(SIDES, sides, strict=True)
    }
    changes = [f"{rate}_{part}" for rate in RATES for part in ("difference", "low", "high")]
    headers |= {change: page.t(f"funnel_page.file_{change}") for change in changes}
    rates = [*(f"{rate}_{side}" for rate in RATES for side in SIDES), *changes]
    downloads.button(
        page,
        found.assign(step=answers.names)[list(headers)],
        name=page.t("funnel_page.compare"),
        key="download_compare",
        headers=headers,
        formats=dict.fromkeys(rates, "percent"),
        definitions=[*DEFINITIONS["funnel_difference"].rows(page.lang), *answers.conditions()],
    )


def difference(page: "Page", row: Any, rate: str) -> str:
    """「+4.2 pt（−1.0〜+9.3）」."""
    return page.t("funnel_page.difference", **spread(row, rate))


def spread(row: Any, rate: str) -> dict[str, str]:
    """A difference and the ends of its interval, with a minus that is as wide as the plus."""
    said = {part: figures.points(row[f"{rate}_{part}"]).replace("-", "−") for part in ("difference", "low", "high")}
    return said | {end: said[end].removesuffix(" pt") for end in ("low", "high")}


def verdict(answers: FunnelAnswers, row: Any, rate: str, *, may_rise: bool) -> str:
    """Whether chance alone could have made the difference; who may still come can only raise the second rate."""
    low, high = row[f"{rate}_low"], row[f"{rate}_high"]
    if figures.is_missing(low) or low <= 0 <= high:
        return answers.t("funnel_page.undecided")
    if low > 0:
        return answers.t("funnel_page.rises")
    return answers.t("funnel_page.not_yet" if may_rise else "funnel_page.falls")
