"""How many of those who began together still came: the curve over the months since."""

import altair as alt
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.words import text

HEIGHT = 260


def retention_curve(frame: pd.DataFrame, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """The rate by age with its interval, from 0 % up.

    Args:
        frame: a result of `retention_curve` without `by`.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows = _rows(frame, lang)
    last = int(rows["age"].max())
    x = alt.X("age:Q", title=text(lang, "charts.ages"), scale=alt.Scale(domain=[-0.3, last + 0.3], nice=False)).axis(
        values=list(range(last + 1)), format="d", labelFlush=False
    )
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(format=".0%", values=[i / 5 for i in range(6)])
    y = alt.Y("rate:Q", title=None, scale=scale, axis=axis)
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" "), alt.Tooltip("range:N", title=" ")]
    base = alt.Chart(rows).encode(x=x)
    ends = rows[rows["age"].isin([1, last])]
    layers = [
        base.mark_area(color=palette["band"], opacity=1).encode(
            y=alt.Y("low:Q", title=None, scale=scale, axis=axis), y2="high:Q"
        ),
        base.mark_line(color=palette["main"]).encode(y=y),
        base.mark_point(color=palette["main"], opacity=1).encode(y=y, tooltip=tips),
        alt.Chart(ends).mark_text(dy=18, fontWeight="bold", color=palette["main"]).encode(x=x, y=y, text="shown:N"),
    ]
    return alt.layer(*(layer for layer in layers if len(layer.data))).properties(height=HEIGHT)


def retention_finding(frame: pd.DataFrame, *, lang: str) -> str:
    """What the curve shows, in one sentence."""
    rows = _rows(frame, lang)
    later = rows[rows["age"] > 0]
    if later.empty:
        return text(lang, "charts.no_finding")
    said = [
        f"{row.name_} {row.shown}"
        for row in later.iloc[[0, -1]].drop_duplicates().rename(columns={"name": "name_"}).itertuples()
    ]
    return text(lang, "charts.retained", said=text(lang, "charts.comma").join(said))


def _rows(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    ordered = frame.sort_values("age").dropna(subset=["retention_rate"])
    return pd.DataFrame(
        {
            "age": ordered["age"].astype(int),
            "rate": ordered["retention_rate"].astype(float),
            "low": ordered["rate_low"].astype(float),
            "high": ordered["rate_high"].astype(float),
            "name": [text(lang, "charts.age", n=int(age)) for age in ordered["age"]],
            "shown": [percent(rate) for rate in ordered["retention_rate"]],
            "said": [f"{r:,} / {c:,}" for r, c in zip(ordered["retained_users"], ordered["cohort_users"], strict=True)],
            "range": [
                f"{percent(a)[:-1]}–{percent(b)}"
                for a, b in zip(ordered["rate_low"], ordered["rate_high"], strict=True)
            ],
        }
    )
