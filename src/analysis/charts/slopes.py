"""Rankings side by side: a column each, a line for each customer, the places that are looked at."""

from collections.abc import Sequence
from typing import Literal

import altair as alt
import pandas as pd

from analysis.charts.theme import Palette, readable
from analysis.charts.trend import _pixels
from analysis.words import text

ROW = 28  # pixels a place takes
EDGE = 1.1  # how far outside a place lies that is not in sight
STEP = 1.2  # and how far apart those lie there that are picked out
MARKED = 3
NAME, PART = 170, 0.29  # pixels for the names at both ends at most, and of the width


def slopes(
    rows: pd.DataFrame, names: Sequence[str], places: tuple[int, int], *, lang: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    """Lines from ranking to ranking; a place out of sight lies at the upper or lower edge.

    Args:
        rows: one row per customer and ranking: `customer` (a key), `label`, `column` (from 0), `rank` (null: none),
            `at` (the place at which it is drawn: of a tie in the first ranking each customer has one), `said` (the rank
            with its field and the value), `marked` (0, or 1 to `MARKED`: picked out).
        names: of the rankings, from the left.
        places: the first and the last that are in sight.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    first, last = places
    drawn = rows.dropna(subset=["rank"]).assign(
        seen=lambda each: each["at"].between(first, last),
        at=lambda each: _height(each, first, last),
        place=lambda each: each["rank"].astype(int).astype(str),
    )
    top, bottom = min(first - 1.0, drawn["at"].min() - 0.6), max(last + 1.0, drawn["at"].max() + 0.8)
    end = len(names) - 1
    named = pd.concat([_named(drawn, column) for column in sorted({0, end})], ignore_index=True)
    widest = max(map(_pixels, named["name"]), default=0.0)
    room = f"min({min(widest + 18, NAME):.0f}, width * {PART})"
    across = [alt.ExprRef(room), alt.ExprRef(f"width - {room}")]
    x = alt.X("column:Q", axis=None, scale=alt.Scale(domain=[0, max(end, 1)], range=across, nice=False, zero=False))
    y = alt.Y("at:Q", axis=None, scale=alt.Scale(domain=[bottom, top - 1.0], nice=False, zero=False))
    colours = [palette["main"], palette["target"], palette["good"]]
    tips = [alt.Tooltip("label:N", title=" "), alt.Tooltip("said:N", title=" ")]
    dot = 400 if drawn["rank"].max() < 1000 else 640  # a rank of four figures needs room
    soft, marked = drawn[drawn["marked"] == 0], drawn[drawn["marked"] > 0]
    colour = alt.Color("marked:O", scale=alt.Scale(domain=[1, 2, 3], range=colours), legend=None)
    ink = alt.Color("marked:O", scale=alt.Scale(domain=[1, 2, 3], range=[readable(c) for c in colours]), legend=None)
    base, front = alt.Chart(soft).encode(x=x, y=y, detail="customer:N"), alt.Chart(marked).encode(x=x, y=y)
    layers: list[alt.Chart] = [
        base.mark_line(strokeWidth=1.25, color=palette["soft"], opacity=1),
        base.mark_point(size=22, color=palette["soft"], opacity=1).encode(tooltip=tips),
        front.mark_line(strokeWidth=3, opacity=1).encode(detail="customer:N", color=colour),
        front.mark_point(size=dot, opacity=1).encode(color=colour, tooltip=tips),
        front.mark_text(fontSize=9, fontWeight="bold", color=palette["bg"]).encode(text="place:N"),
    ]
    for column in sorted({0, end}):
        mine = named[named["column"] == column]
        layers += [
            _names(mine[mine["marked"] == 0], column, room, palette).encode(x=x, y=y),
            _names(mine[mine["marked"] > 0], column, room, palette, "bold").encode(x=x, y=y, color=ink),
        ]
    heads = pd.DataFrame({"column": range(len(names)), "name": list(names), "at": [top] * len(names)})
    layers.append(
        alt.Chart(heads).mark_text(fontWeight="bold", fontSize=13, baseline="bottom").encode(x=x, y=y, text="name:N")
    )
    if (drawn["at"] > last).any():
        below = pd.DataFrame({"at": [last + 0.65]})
        layers.append(alt.Chart(below).mark_rule(strokeDash=[3, 5], color=palette["axis"], opacity=1).encode(y=y))
        note = below.assign(name=text(lang, "charts.below_place", place=last + 1))
        layers.append(
            alt.Chart(note)
            .mark_text(align="left", baseline="top", dy=6, fontSize=11, color=palette["muted"])
            .encode(x=alt.value(0), y=y, text="name:N")
        )
    present = [layer for layer in layers if len(layer.data)]  # Vega warns about the extent of a layer without rows
    return alt.layer(*present).properties(height=round(ROW * (bottom - top + 1)))


def _height(drawn: pd.DataFrame, first: int, last: int) -> pd.Series:
    """Where each place lies: those out of sight at the edge, the picked out there in the order of their ranks."""
    lanes = pd.Series(0, index=drawn.index)
    for out, nearest in ((drawn["at"] > last, True), (drawn["at"] < first, False)):
        mine = drawn[out & (drawn["marked"] > 0)].sort_values(["at", "marked"], ascending=[nearest, True])
        lanes.update(mine.groupby("column").cumcount() + 1)
    outside = EDGE + lanes * STEP
    below = drawn["at"].where(drawn["at"] <= last, last + outside)
    return below.where(drawn["at"] >= first, first - outside).astype(float)


def _named(drawn: pd.DataFrame, column: int) -> pd.DataFrame:
    """Who is named at one end: of a tie one, the picked out first.

    Where no dot says it, the rank stands in front, and behind how many more there are.
    """
    mine = drawn[(drawn["column"] == column) & (drawn["seen"] | (drawn["marked"] > 0))]
    mine = mine.sort_values("marked", key=lambda marked: marked.where(marked > 0, MARKED + 1), kind="stable")
    more = mine.groupby("at")["label"].transform("size") - 1
    said = [
        str(label) if marked else f"{place} {label}" + (f" +{n}" if n else "")
        for marked, place, label, n in zip(mine["marked"], mine["place"], mine["label"], more, strict=True)
    ]
    return mine.assign(name=pd.Series(said, index=mine.index, dtype="str")).drop_duplicates("at")


def _names(
    named: pd.DataFrame, column: int, room: str, palette: Palette, weight: Literal["normal", "bold"] = "normal"
) -> alt.Chart:
    """Names at one end."""
    left = column == 0
    mark = alt.Chart(named).mark_text(
        align="right" if left else "left",
        dx=-14 if left else 14,
        fontSize=12,
        limit=alt.ExprRef(f"{room} - 16"),
        fontWeight=weight,
        color=palette["muted"],
    )
    return mark.encode(text="name:N", tooltip=[alt.Tooltip("label:N", title=" ")])


def slopes_finding(rows: pd.DataFrame, names: Sequence[str], *, lang: str) -> str:
    """Where those who are picked out stand, in one sentence, for a reader who cannot see it."""
    comma = text(lang, "charts.comma")
    found = []
    for _, each in rows[rows["marked"] > 0].groupby("marked", sort=True):
        stands = [f"{names[int(row.column)]} {row.said}" for row in each.itertuples() if row.rank == row.rank]
        found.append(
            f"{each['label'].iloc[0]}：{comma.join(stands)}"
            if lang == "ja"
            else f"{each['label'].iloc[0]}: {comma.join(stands)}"
        )
    return text(lang, "charts.slopes", names=comma.join(names)) + (" " if lang == "en" else "") + "　".join(found)
