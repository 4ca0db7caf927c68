"""How many customers stand on each level, and how states and an outcome go together."""

import altair as alt
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.words import text

ROW, THICK = 62, 22  # pixels a level takes, its label above the bar included
STATE = 58  # pixels a state takes
NAMES = 150


def level_bars(
    frame: pd.DataFrame, before: pd.DataFrame | None = None, *, lang: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    """Bars from the highest level down to those below the first, on one scale.

    Args:
        frame: a result of `level_distribution` without `by`, of one customer or more.
        before: the same of an earlier day: a tick on each bar; None: no ticks.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows = _rows(frame, before, lang)
    y = alt.Y("name:N", sort=list(rows["name"]), title=None, scale=alt.Scale(paddingInner=0.45, paddingOuter=0.35))
    base = alt.Chart(rows).encode(y=y.axis(ticks=False, domain=False, labelFontSize=13, labelLimit=NAMES, grid=False))
    share = alt.Scale(domain=[0, 1], nice=False)
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("said:N", title=" ")]
    whole = alt.X("whole:Q", scale=share, axis=None)
    track = base.mark_bar(size=THICK, color=palette["stay"], opacity=1).encode(x=whole)
    bars = base.mark_bar(size=THICK, opacity=1).encode(
        x=alt.X("rate:Q", scale=share, axis=None),
        color=alt.condition(alt.datum.position == 0, alt.value(palette["soft"]), alt.value(palette["main"])),
        tooltip=tips,
    )
    said = base.mark_text(align="left", baseline="bottom", dy=-THICK // 2 - 3, fontWeight="bold", fontSize=13).encode(
        x=alt.value(0), text="said:N", color=alt.value(palette["text"])
    )
    layers = [track, bars, said]
    if before is not None:
        earlier = alt.X("earlier:Q", scale=share, axis=None)
        ticks = base.mark_tick(thickness=2, size=THICK + 8, yOffset=4, color=palette["text"], opacity=1).encode(
            x=earlier
        )
        labels = base.mark_text(align="right", baseline="bottom", dy=-THICK // 2 - 3, fontSize=12).encode(
            x=whole, text="was:N", color=alt.value(palette["muted"])
        )
        layers += [ticks, labels]
    return alt.layer(*layers).properties(height=ROW * len(rows))


def level_finding(frame: pd.DataFrame, *, lang: str) -> str:
    """What the bars show, in one sentence, for a reader who cannot see them."""
    rows = _rows(frame, None, lang)
    return text(lang, "charts.comma").join(
        f"{name} {said}" for name, said in zip(rows["name"], rows["said"], strict=True)
    )


def outcome_dots(frame: pd.DataFrame, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """For each state the rate of the outcome with it and without it, with the interval of each.

    Args:
        frame: a result of `state_outcome`, in the order in which it is drawn; a rate of nobody is left out.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows = _sides(frame, lang)
    names = list(dict.fromkeys(frame["state"]))
    y = alt.Y("state:N", sort=names, title=None, scale=alt.Scale(paddingInner=0.3, paddingOuter=0.2))
    base = alt.Chart(rows).encode(
        y=y.axis(ticks=False, domain=False, labelFontSize=13, labelLimit=NAMES, grid=False, labelOverlap=False),
        yOffset=alt.YOffset("side:N", sort=["with", "without"]),
    )
    share = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X("rate:Q", scale=share, title=None).axis(format=".0%", values=[0, 0.2, 0.4, 0.6, 0.8, 1], grid=True)
    tips = [alt.Tooltip("state:N", title=" "), alt.Tooltip("told:N", title=" ")]
    band = base.mark_bar(size=10, color=palette["band"], opacity=1).encode(x=alt.X("low:Q", scale=share), x2="high:Q")
    with_it = (
        base.transform_filter("datum.side == 'with'")
        .mark_point(size=90, filled=True, color=palette["main"], opacity=1)
        .encode(x=x, tooltip=tips)
    )
    without = (
        base.transform_filter("datum.side == 'without'")
        .mark_point(size=80, filled=True, color=palette["bg"], stroke=palette["muted"], strokeWidth=2, opacity=1)
        .encode(x=x, tooltip=tips)
    )
    said = alt.value(palette["text"])  # the label stands where there is room
    right = base.transform_filter("datum.rate <= 0.55").mark_text(align="left", dx=8, fontSize=12)
    left = base.transform_filter("datum.rate > 0.55").mark_text(align="right", dx=-8, fontSize=12)
    labels = [
        label.encode(x=alt.X(f"{end}:Q", scale=share), text="said:N", color=said)
        for label, end in ((right, "high"), (left, "low"))
    ]
    return alt.layer(band, with_it, without, *labels).properties(height=STATE * len(names) + 30)


def outcome_finding(frame: pd.DataFrame, *, lang: str) -> str:
    """What the dots show, in one sentence."""
    rows = _sides(frame, lang)
    return text(lang, "charts.comma").join(
        f"{state} {told}" for state, told in zip(rows["state"], rows["told"], strict=True)
    )


def _rows(frame: pd.DataFrame, before: pd.DataFrame | None, lang: str) -> pd.DataFrame:
    """Plain columns for Vega, the highest level first."""
    earlier = {} if before is None else before.set_index("level_position")["rate"].to_dict()
    first = frame.loc[frame["level_position"] == 1, "level"]
    below = text(lang, "charts.below_levels", level=first.iloc[0]) if len(first) else text(lang, "charts.no_levels")
    rows = []
    for row in frame.sort_values("level_position", ascending=False).to_dict("records"):
        position = int(row["level_position"])
        was = earlier.get(position)
        share = 0.0 if pd.isna(row["rate"]) else float(row["rate"])
        rows.append(
            {
                "position": position,
                "name": row["level"] if position else below,
                "rate": share,
                "said": f"{text(lang, 'charts.customers', n=int(row['customers']))}　{percent(share)}",
                "earlier": None if was is None or pd.isna(was) else float(was),
                "was": "" if was is None or pd.isna(was) else text(lang, "charts.was", rate=percent(float(was))),
            }
        )
    return pd.DataFrame(rows).assign(whole=1.0)


def _sides(frame: pd.DataFrame, lang: str) -> pd.DataFrame:
    """Two rows a state: with it, and without it."""
    sides = {"with": ("ppv", "both", "with_state"), "without": ("without_rate", "outcome_only", "without_state")}
    rows = []
    for row in frame.to_dict("records"):
        for side, (rate, hits, trials) in sides.items():
            if pd.isna(row[rate]):
                continue
            share = text(
                lang, f"charts.side_{side}", rate=percent(row[rate]), n=f"{row[hits]:,.0f}", of=f"{row[trials]:,.0f}"
            )
            ends = {"rate": float(row[rate]), "low": float(row[f"{rate}_low"]), "high": float(row[f"{rate}_high"])}
            rows.append({"state": row["state"], "side": side, "said": share, "told": share, **ends})
    return pd.DataFrame(rows, columns=["state", "side", "said", "told", "rate", "low", "high"])
