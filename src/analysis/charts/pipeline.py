"""How far deals have come, and how often they are won: rows on one scale."""

from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.words import text

ROW = 66  # pixels a phase takes, its words above the bar included
THICK = 24
RATE_ROW = 38
NAMES = 130
ROOM = 0.6  # beside 100 %, for the counts: on a phone they take a third of the width


def phase_bars(rows: pd.DataFrame, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """Deals that have come as far as each phase, and those that stand there now.

    Args:
        rows: those rows of a result of `pipeline` that have a place, and `standing`: what stands there now, in words.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    drawn = _phases(rows, lang)
    share = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0.4, paddingOuter=0.3))
    base = alt.Chart(drawn).encode(y=y)
    tips = [alt.Tooltip("phase:N", title=" "), alt.Tooltip("tip:N", title=" ")]
    track = base.mark_bar(size=THICK, color=palette["stay"], opacity=1).encode(
        x=alt.X("whole:Q", scale=share, axis=None)
    )
    bars = base.mark_bar(size=THICK, color=palette["main"], opacity=1).encode(
        x=alt.X("part:Q", scale=share, axis=None), tooltip=tips
    )
    above: dict[str, Any] = {"baseline": "bottom", "dy": -THICK // 2 - 5, "fontSize": 13}
    names = base.mark_text(align="left", fontWeight="bold", limit=alt.expr("width * 0.66"), **above).encode(
        x=alt.value(0), text="name:N", color=alt.value(palette["text"])
    )
    said = base.mark_text(align="right", **above).encode(
        x=alt.value("width"), text="standing:N", color=alt.value(palette["muted"])
    )
    return alt.layer(track, bars, names, said).properties(height=ROW * len(drawn))


def phase_finding(rows: pd.DataFrame, *, lang: str) -> str:
    """How many came how far, in one sentence."""
    return text(lang, "charts.comma").join(_phases(rows, lang)["name"])


def rate_rows(rows: pd.DataFrame, whole: float, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """Rates with their intervals, a row a group, the rate of all as a line.

    Args:
        rows: `name` (unique), `won`, `closed`, `win_rate`, `shrunk_rate`, `shrunk_low`, `shrunk_high` of groups with a
            closed deal, in the order in which they are drawn.
        whole: the rate of all of them.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    drawn = rows.assign(
        said=[
            f"{percent(r)}（{w} / {n}）" if lang == "ja" else f"{percent(r)} ({w} / {n})" for r, w, n in _counts(rows)
        ]
    )
    share = alt.Scale(domain=[0, 1 + ROOM], nice=False)
    y = alt.Y("name:N", sort=None, title=None, scale=alt.Scale(domain=list(rows["name"]), paddingInner=0.35))
    base = alt.Chart(drawn).encode(
        y=y.axis(ticks=False, domain=False, grid=False, labelFontSize=13, labelLimit=NAMES, labelOverlap=False)
    )
    x = alt.X("shrunk_rate:Q", scale=share, title=None).axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], grid=True)
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" ")]
    band = base.mark_bar(size=14, color=palette["band"], opacity=1).encode(
        x=alt.X("shrunk_low:Q", scale=share, title=None), x2="shrunk_high:Q", tooltip=tips
    )
    line = (
        alt.Chart(pd.DataFrame({"whole": [whole]}))
        .mark_rule(strokeDash=[6, 4], color=palette["axis"], opacity=1)
        .encode(x=alt.X("whole:Q", scale=share, title=None))
    )
    raw = base.mark_point(size=50, filled=False, strokeWidth=1.5, color=palette["axis"], opacity=1).encode(
        x=alt.X("win_rate:Q", scale=share, title=None), tooltip=tips
    )
    dot = base.mark_point(size=80, color=palette["main"], opacity=1).encode(x=x, tooltip=tips)
    said = base.mark_text(align="right").encode(
        x=alt.value("width"), text="said:N", color=alt.value(palette["text"]), tooltip=tips
    )
    return alt.layer(band, line, raw, dot, said).properties(height=RATE_ROW * len(drawn) + 30)


def rate_finding(rows: pd.DataFrame, whole: float, *, lang: str) -> str:
    """The rate of all, and between which two the groups lie, in one sentence."""
    if not len(rows):
        return text(lang, "charts.no_closed")
    first, last = rows.iloc[0], rows.iloc[-1]
    return text(
        lang,
        "charts.rates",
        whole=percent(whole),
        first=first["name"],
        first_rate=percent(first["shrunk_rate"]),
        last=last["name"],
        last_rate=percent(last["shrunk_rate"]),
    )


def _counts(rows: pd.DataFrame) -> list[tuple[float, int, int]]:
    return [(float(r), int(w), int(n)) for r, w, n in rows[["win_rate", "won", "closed"]].itertuples(index=False)]


def _phases(rows: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Plain columns for Vega."""
    ordered = rows.sort_values("position", ignore_index=True)
    first = max(int(ordered["reached"].iloc[0]), 1)
    names, tips = [], []
    for row in ordered.to_dict("records"):
        came = text(lang, "charts.came", phase=row["phase"], n=int(row["reached"]))
        rate = "" if pd.isna(row["step_rate"]) else text(lang, "charts.from_phase", rate=percent(row["step_rate"]))
        names.append(came + rate)
        tips.append(row["standing"])
    return pd.DataFrame(
        {
            "place": ordered["position"].astype(int),
            "phase": ordered["phase"],
            "part": ordered["reached"].astype(float) / first,
            "whole": 1.0,
            "name": names,
            "standing": ordered["standing"],
            "tip": tips,
        }
    )
