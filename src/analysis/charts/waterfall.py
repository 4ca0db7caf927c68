"""Why a score is what it is: what each measure adds or takes away, up to the whole."""

from itertools import pairwise

import altair as alt
import pandas as pd

from analysis.charts.theme import Palette
from analysis.words import text

ROW = 40


def waterfall(parts: pd.DataFrame, *, lang: str, palette: Palette, digits: int = 1) -> alt.LayerChart | alt.FacetChart:
    """Bars from nothing to the score, one measure after the other.

    Args:
        parts: `label`, `contribution`, `said` of one customer, in order; `contribution` adds up to the score.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
        digits: after the decimal point; the numbers shown add up to the one below them.
    """
    rows = _rows(parts, lang, digits)
    y = alt.Y("label:N", sort=list(rows["label"]), title=None).axis(
        ticks=False, domain=False, labelFontSize=13, labelLimit=130, grid=False
    )
    low, high = min(0.0, rows[["start", "end"]].min().min()), max(0.0, rows[["start", "end"]].max().max())
    room = (high - low or 1) * 0.3
    scale = alt.Scale(domain=[low - (room if low < 0 else 0), high + room], nice=False)
    x = alt.X("start:Q", scale=scale, title=None).axis(tickCount=4)
    colour = alt.Color(
        "kind:N",
        scale=alt.Scale(domain=["more", "less", "whole"], range=[palette["main"], palette["target"], palette["soft"]]),
        legend=None,
    )
    tips = [alt.Tooltip("label:N", title=" "), alt.Tooltip("said:N", title=" ")]
    base = alt.Chart(rows).encode(y=y)
    bars = base.mark_bar(size=20, opacity=1).encode(x=x, x2="end:Q", color=colour, tooltip=tips)
    texts = base.mark_text(align="left", dx=6, fontWeight="bold", color=palette["text"]).encode(
        x=alt.X("right:Q", scale=scale), text="number:N"
    )
    return alt.layer(bars, texts).properties(height=ROW * len(rows) + 30)


def waterfall_finding(parts: pd.DataFrame, *, lang: str, digits: int = 1) -> str:
    """The parts and the whole in one sentence."""
    rows = _rows(parts, lang, digits)
    return text(lang, "charts.comma").join(f"{row.label} {row.number}" for row in rows.itertuples())


def _rows(parts: pd.DataFrame, lang: str, digits: int) -> pd.DataFrame:
    ends = parts["contribution"].cumsum()
    reached = [0.0, *(round(float(end), digits) for end in ends)]  # rounded so that what is shown adds up
    steps = parts.assign(
        start=ends.shift(fill_value=0.0),
        end=ends,
        kind=["less" if each < 0 else "more" for each in parts["contribution"]],
        number=[f"{round(end - start, digits) + 0.0:+.{digits}f}" for start, end in pairwise(reached)],
    )
    whole = f"{reached[-1] + 0.0:.{digits}f}"
    last = {"label": text(lang, "charts.score"), "start": 0.0, "end": ends.iloc[-1], "kind": "whole", "said": whole}
    rows = pd.concat([steps, pd.DataFrame([last | {"number": whole}])], ignore_index=True)
    return rows.assign(right=rows[["start", "end"]].max(axis=1))
