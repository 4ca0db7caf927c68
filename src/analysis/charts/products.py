"""What is bought: a bar a product, all on one scale."""

import altair as alt
import pandas as pd

from analysis.charts.theme import Palette
from analysis.words import text

MOST = 12
ROW = 34  # pixels a product takes
NAMES = "max(170, containerSize()[0] * 0.27)"  # pixels of a name: a phone has no room for more than its beginning
BESIDE = 76
PICKED = "product"  # the parameter that holds the bar a reader has clicked: `key`


def product_bars(rows: pd.DataFrame, *, palette: Palette, beside: int = BESIDE) -> alt.LayerChart | alt.FacetChart:
    """Bars of the products that lead, or of whatever else is counted; a click picks `key` where there is one.

    Args:
        rows: `name` (unique), `value`, `said` (the value as a reader writes it), `part` ("group", "code" or "other"),
            in the order in which they are drawn, at most `MOST`; optionally `key` (text, unique).
        palette: `theme.LIGHT` or `theme.DARK`.
        beside: pixels of the value beside the longest bar.
    """
    y = alt.Y("name:N", sort=list(rows["name"]), title=None, scale=alt.Scale(paddingInner=0.35, paddingOuter=0.2))
    base = alt.Chart(rows).encode(
        y=y.axis(
            ticks=False, domain=False, grid=False, labelFontSize=13, labelLimit=alt.expr(NAMES), labelOverlap=False
        )
    )
    low, high = min(0, float(rows["value"].min())), max(0, float(rows["value"].max()))
    scale = alt.Scale(domain=[low, high if high > low else 1], range=[0, alt.expr(f"width - {beside:d}")], nice=False)
    x = alt.X("value:Q", axis=None, scale=scale)
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" ")]
    colour = alt.condition(alt.datum.part == "other", alt.value(palette["soft"]), alt.value(palette["main"]))
    picked = alt.selection_point(name=PICKED, fields=["key"], on="click", clear="dblclick")
    bars = base.mark_bar(opacity=1).encode(x=x, color=colour, tooltip=tips)
    if "key" in rows:
        bars = base.mark_bar(opacity=1, cursor="pointer").encode(x=x, color=colour, tooltip=tips).add_params(picked)
    said = base.mark_text(align="left", dx=6, fontSize=12).encode(
        x=x, text="said:N", color=alt.value(palette["text"]), tooltip=tips
    )
    return alt.layer(bars, said).properties(height=ROW * len(rows) + 10)


def product_finding(rows: pd.DataFrame, *, lang: str) -> str:
    """What the bars show, in one sentence, for a reader who cannot see them."""
    return text(lang, "charts.comma").join(
        f"{name} {said}" for name, said in zip(rows["name"], rows["said"], strict=True)
    )
