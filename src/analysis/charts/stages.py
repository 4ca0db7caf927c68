"""How many people have reached each stage, and where its goal lies: a bar a stage, all on one scale."""

import altair as alt
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.stage_verdicts import number
from analysis.words import text

ROW = 78  # pixels a stage takes, its label above the bar included
THICK = 30


def stage_bars(frame: pd.DataFrame, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """Bars from everybody down to the last stage, the goal as a tick.

    Args:
        frame: a result of `stages` without `by`.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows = _rows(frame, lang)
    y = alt.Y("name:N", sort=list(rows["name"]), title=None, scale=alt.Scale(paddingInner=0.4, paddingOuter=0.3))
    base = alt.Chart(rows).encode(y=y.axis(ticks=False, domain=False, labelFontSize=13, labelLimit=110, grid=False))
    share = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X("rate:Q", scale=share, axis=None)
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" ")]
    track = base.mark_bar(size=THICK, color=palette["stay"], opacity=1).encode(
        x=alt.X("whole:Q", scale=share, axis=None)
    )
    bars = base.mark_bar(size=THICK, opacity=1).encode(
        x=x,
        color=alt.condition(alt.datum.position == 0, alt.value(palette["soft"]), alt.value(palette["main"])),
        tooltip=tips,
    )
    said = base.mark_text(align="left", baseline="bottom", dy=-THICK // 2 - 4, fontWeight="bold", fontSize=13).encode(
        x=alt.value(0), text="said:N", color=alt.value(palette["text"])
    )
    goals = base.transform_filter("isValid(datum.target)")
    ticks = goals.mark_tick(thickness=2.5, size=THICK + 6, color=palette["target"], opacity=1).encode(
        x=alt.X("target:Q", scale=share, axis=None)
    )
    gaps = goals.mark_text(align="right", baseline="bottom", dy=-THICK // 2 - 4, fontSize=12).encode(
        x=alt.X("whole:Q", scale=share, axis=None), text="gap:N", color=alt.value(palette["target"])
    )
    return alt.layer(track, bars, said, ticks, gaps).properties(height=ROW * len(rows))


def stage_finding(frame: pd.DataFrame, *, lang: str) -> str:
    """What the bars show, in one sentence, for a reader who cannot see them."""
    rows = _rows(frame, lang)
    return text(lang, "charts.comma").join(
        f"{row.name_} {row.said}" for row in rows.rename(columns={"name": "name_"}).itertuples()
    )


def _rows(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Plain columns for Vega; the first row is everybody."""
    ordered = frame.sort_values("position")
    valid = int(ordered["valid_users"].iloc[0])
    everybody = {
        "position": 0,
        "name": text(lang, "charts.valid_users"),
        "rate": 1.0,
        "target": None,
        "said": text(lang, "charts.people", n=valid),
        "gap": "",
    }
    rows = [everybody]
    for row in ordered.to_dict("records"):
        goal = None if pd.isna(row["target"]) else float(row["target"])
        rows.append(
            {
                "position": int(row["position"]),
                "name": f"{number(int(row['position']))}{row['stage']}",
                "rate": float(row["rate"]),
                "target": goal,
                "said": f"{text(lang, 'charts.people', n=int(row['users']))}　{percent(row['rate'])}",
                "gap": _gap(goal, row["gap_users"], lang),
            }
        )
    return pd.DataFrame(rows).assign(whole=1.0)


def _gap(goal: float | None, missing: float, lang: str) -> str:
    if goal is None:
        return ""
    if not missing:
        return text(lang, "charts.goal_reached", target=percent(goal, 0))
    return text(lang, "charts.goal_gap", target=percent(goal, 0), n=int(missing))
