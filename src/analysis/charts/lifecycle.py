"""Who comes and goes from month to month: those who used it upwards, those who stopped downwards."""

import json
from datetime import date

import altair as alt
import pandas as pd

from analysis.charts.labels import axis_labels, bucket_name
from analysis.charts.theme import Palette, readable
from analysis.charts.trend import _apart, _pixels
from analysis.words import text

HEIGHT = 300
PLOT = 245  # pixels of `HEIGHT` that are left above the axis labels
NAME_GAP = 16
WIDE = 0.36  # half of a bar, in months
UP = ("returning", "resurrected", "new")  # from the axis upwards
STATES = (*UP, "unknown", "dormant")


def lifecycle_bars(
    frame: pd.DataFrame, *, lang: str, palette: Palette, every: str = "month"
) -> alt.LayerChart | alt.FacetChart:
    """A bar a bucket, its parts named beside the last one.

    Args:
        frame: a result of `lifecycle` without `by`. Where nothing is known from before a bucket, its new ones are
            drawn as unknown; a partial bucket is pale.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
        every: the bucket that the frame was made with.
    """
    pieces, starts = _pieces(frame, lang, every)
    colours = dict(
        zip(
            STATES,
            (palette["main"], palette["seq"][5], palette["seq"][3], palette["soft"], palette["down"]),
            strict=True,
        )
    )
    high, low = pieces["top"].max(), pieces["bottom"].min()
    domain = [float(low) * 1.05, float(high) * 1.05 or 1.0]
    scale = alt.Scale(domain=domain, nice=False)
    count = len(starts)
    labels = json.dumps(axis_labels(starts, every, lang), ensure_ascii=False)
    names = _names(pieces[pieces["at"] == count - 1], domain, lang)
    room = 18 + max((_pixels(name) for name in names["name"]), default=0)
    ends = alt.Scale(
        domainMin=-0.6,
        domainMax=alt.ExprRef(f"{count - 0.4} + {count + 0.2} * {room} / max(width - {room}, 60)"),
        nice=False,
        zero=False,
    )
    axis = alt.Axis(
        values=list(range(count)),
        labelExpr=f"{labels}[datum.value]",
        labelAngle=0,
        labelFlush=False,
        labelOverlap="parity",
    )
    y = alt.Y("bottom:Q", title=None, scale=scale).axis(
        tickCount=5, format=",d", labelExpr="format(abs(datum.value), ',d')"
    )
    colour = alt.Color("state:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None)
    tips = [alt.Tooltip("bucket:N", title=" "), alt.Tooltip("tip:N", title=" ")]
    bars = [
        alt.Chart(part)
        .mark_rect(opacity=shade)
        .encode(
            x=alt.X("start:Q", title=None, scale=ends, axis=axis),
            x2="end:Q",
            y=y,
            y2="top:Q",
            color=colour,
            tooltip=tips,
        )
        for part, shade in ((pieces[~pieces["partial"]], 1), (pieces[pieces["partial"]], 0.4))
    ]
    ink = {state: readable(palette["muted"] if state == "unknown" else colours[state]) for state in STATES}
    ink |= {
        "new": palette["muted"],
        "resurrected": palette["muted"],
        "dormant": palette["target"],
    }  # pale blues are no ink
    said = (
        alt.Chart(names.assign(ink=names["state"].map(ink)))
        .mark_text(align="left", dx=8, fontWeight="bold")
        .encode(
            x=alt.X("end:Q", scale=ends),
            y=alt.Y("place:Q", scale=scale),
            text="name:N",
            color=alt.Color("ink:N", scale=None, legend=None),
        )
    )
    zero = (
        alt.Chart(pd.DataFrame({"y": [0]}))
        .mark_rule(color=palette["axis"], opacity=1)
        .encode(y=alt.Y("y:Q", scale=scale))
    )
    return alt.layer(*(layer for layer in [*bars, zero, said] if len(layer.data))).properties(height=HEIGHT)


def lifecycle_finding(frame: pd.DataFrame, *, lang: str, every: str = "month") -> str:
    """What the last complete bucket shows, in one sentence."""
    whole = frame[~frame["partial"].astype(bool)].sort_values("period_start")
    if whole.empty:
        return text(lang, "charts.no_finding")
    row = whole.iloc[-1]
    fields = {state: int(row[state]) for state in (*UP, "dormant")}
    return text(lang, "charts.life", bucket=bucket_name(_day(row["period_start"]), every, lang), **fields)


def _pieces(frame: pd.DataFrame, lang: str, every: str) -> tuple[pd.DataFrame, list[date]]:
    """A row a bucket and state that anybody is in: its place, from where to where, and its words."""
    ordered = frame.sort_values("period_start").to_dict("records")
    starts = [_day(row["period_start"]) for row in ordered]
    rows = []
    for at, row in enumerate(ordered):
        top = 0
        for state in (*UP, "dormant"):
            n, down = int(row[state]), state == "dormant"
            shown = "unknown" if state == "new" and row["no_history"] else state
            if n:
                tip = text(lang, "charts.life_tip", state=text(lang, f"charts.life_{shown}"), n=n)
                span = {"bottom": -n if down else top, "top": 0 if down else top + n}
                rows.append({"at": at, "state": shown, "tip": tip, "n": n, "partial": bool(row["partial"]), **span})
            top += 0 if down else n
    columns = ["at", "state", "tip", "n", "partial", "bottom", "top"]
    pieces = pd.DataFrame(rows, columns=columns)
    bucket = [bucket_name(day, every, lang) for day in starts]
    placed = pieces.assign(start=pieces["at"] - WIDE, end=pieces["at"] + WIDE, bucket=[bucket[i] for i in pieces["at"]])
    return placed.astype({"partial": bool}), starts


def _names(last: pd.DataFrame, domain: list[float], lang: str) -> pd.DataFrame:
    """The names of the parts of the last bar, far enough from one another."""
    low, high = domain
    middle = (last["bottom"] + last["top"]) / 2 - low
    apart = _apart(middle, NAME_GAP / PLOT * (high - low), high - low)
    return last.assign(
        place=[each + low for each in apart], name=[text(lang, f"charts.life_{state}") for state in last["state"]]
    )


def _day(value: object) -> date:
    return pd.Timestamp(value).date()
