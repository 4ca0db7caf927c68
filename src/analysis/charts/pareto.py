"""How much the first customers hold: the cumulative share, and where the bands begin."""

from collections.abc import Sequence

import altair as alt
import numpy as np
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.charts.trend import _pixels
from analysis.words import text

HEIGHT = 260
MOST_POINTS = 300  # of the curve; more cannot be told apart
PHONE, LINE = 300, 0.09  # how wide the curve is on a phone in pixels, and how high a line of names


def pareto(
    ranked: pd.DataFrame, bands: pd.DataFrame, top: tuple[float, int, float], *, lang: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    """The curve over the bands.

    Args:
        ranked: a result of `rank_customers`.
        bands: a result of `rank_bands` with the same thresholds.
        top: which share of the customers, how many these are, and which share of the measure they hold.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    curve = _curve(ranked)
    share = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("held:Q", scale=share, title=None).axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], grid=True)
    x = alt.X("part:Q", scale=share, title=text(lang, "charts.pareto_x")).axis(format=".0%", tickCount=5)
    areas = _areas(bands, lang)
    filled = areas[areas["end"] > areas["start"]]
    shades = [palette["band"], palette["stay"], palette["bg"]]
    back = (
        alt.Chart(filled)
        .mark_rect(opacity=1)
        .encode(
            x=alt.X("start:Q", scale=share, title=text(lang, "charts.pareto_x")).axis(format=".0%", tickCount=5),
            x2="end:Q",
            y=alt.value(0),
            y2=alt.value("height"),
            color=alt.Color("band:N", scale=alt.Scale(domain=["A", "B", "C"], range=shades), legend=None),
        )
    )
    edges = areas[(areas["to_share"] < 1)]
    rules = alt.Chart(edges).mark_rule(strokeDash=[2, 3], color=palette["axis"], opacity=1)
    line = alt.Chart(curve).mark_line(color=palette["main"], opacity=1).encode(x=x, y=y)
    names = (
        alt.Chart(filled)
        .mark_text(align="left", baseline="bottom", dx=6, dy=-4, fontWeight="bold", color=palette["text"])
        .encode(x=alt.X("start:Q", scale=share), y=alt.Y("floor:Q", scale=share), text="said:N")
    )
    point = pd.DataFrame({"part": [top[1] / max(len(curve.attrs["all"]), 1)], "held": [top[2]]})
    point["said"] = text(lang, "charts.pareto_top", share=percent(top[0], 0), n=top[1], held=percent(top[2]))
    dot = alt.Chart(point).mark_point(size=70, color=palette["target"], opacity=1).encode(x=x, y=y)
    said = (
        alt.Chart(point)
        .mark_text(align="left", baseline="top", dx=10, dy=8, fontWeight="bold", color=palette["target"])
        .encode(x=x, y=y, text="said:N")
    )
    layers = [back, rules.encode(y=alt.Y("to_share:Q", scale=share)), line, names, dot, said]
    return alt.layer(*(layer for layer in layers if len(layer.data))).properties(height=HEIGHT)


def pareto_finding(bands: pd.DataFrame, top: tuple[float, int, float], *, lang: str) -> str:
    """What the curve shows, in one sentence."""
    said = text(lang, "charts.comma").join(_areas(bands, lang)["said"])
    first = text(lang, "charts.pareto_top", share=percent(top[0], 0), n=top[1], held=percent(top[2]))
    return f"{first}　{said}"


def _curve(ranked: pd.DataFrame) -> pd.DataFrame:
    """Share of the customers and what they hold; equal values lie on a straight line."""
    shares = np.sort(ranked["share"].dropna().to_numpy(dtype=float))[::-1]
    held = np.concatenate([[0.0], np.cumsum(shares)])
    part = np.arange(len(held)) / max(len(shares), 1)
    kept = np.unique(np.linspace(0, len(held) - 1, min(len(held), MOST_POINTS)).astype(int))
    curve = pd.DataFrame({"part": part[kept], "held": np.minimum(held[kept], 1.0)})
    curve.attrs["all"] = shares
    return curve


def _areas(bands: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Where each band begins and ends among the customers."""
    ordered = bands.sort_values("band", ignore_index=True)
    ends = ordered["customer_share"].fillna(0).cumsum()
    said: Sequence[str] = [
        text(lang, "charts.pareto_band", band=row.band, n=int(row.customers)) for row in ordered.itertuples()
    ]
    starts = ends.shift(fill_value=0.0)
    return ordered.assign(start=starts, end=ends, said=said, floor=_floors(starts, said))


def _floors(starts: Sequence[float], said: Sequence[str]) -> list[float]:
    """How high each name stands: one line up where it would run into the one before."""
    floors: list[float] = []
    taken: list[float] = []  # where each line ends
    for start, name in zip(starts, said, strict=True):
        line = next((i for i, end in enumerate(taken) if start * PHONE >= end), len(taken))
        taken[line : line + 1] = [start * PHONE + _pixels(name) + 12]
        floors.append(line * LINE)
    return floors
