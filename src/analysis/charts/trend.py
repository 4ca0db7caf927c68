"""The active rate from bucket to bucket: in total with its interval, or one line for each part."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.labels import axis_labels, bucket_name, percent, value_name
from analysis.charts.theme import Palette, readable
from analysis.words import text

MOST_LINES = 6
HEIGHT = 300
NAME_GAP = 16  # pixels between two names beside the last points
PLOT = 245  # pixels of `HEIGHT` that are left above the axis labels


def trend(
    frame: pd.DataFrame,
    *,
    lang: str,
    palette: Palette,
    every: str = "month",
    by: str | None = None,
    target: float | None = None,
    as_of: date | None = None,
) -> alt.LayerChart | alt.FacetChart:
    """Rates over time from 0 % up, on one domain for every layer.

    Args:
        frame: a result of `active_rate_trend`: `period_start`, `by` if given, the counts, the rate,
            `rate_low`, `rate_high`, `partial`.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
        every: the bucket that the frame was made with.
        by: the dimension that makes the lines; at most `MOST_LINES` are drawn, see `shown_parts`.
        target: goal, 0-1.
        as_of: last day known, for the label of a partial bucket.
    """
    rows, starts = _prepared(frame, every, by, lang)
    scales = _Scales(rows, starts, every, lang, named=by is not None, target=target)
    layers = _lines(rows, scales, palette, lang) if by else _total(rows, scales, palette)
    layers += _labels(rows, scales, palette, lang, as_of) if by is None else []
    layers += _target(target, scales, palette, lang) if target else []
    # Vega warns about the extent of a layer without rows.
    return alt.layer(*(layer for layer in layers if len(layer.data))).properties(height=HEIGHT)


def shown_parts(frame: pd.DataFrame, by: str) -> list[Any]:
    """The values of `by` that get a line: the largest by valid users in the last bucket, in their order."""
    last = frame[frame["period_start"] == frame["period_start"].max()]
    sizes = last.sort_values("valid_users", ascending=False, kind="stable")
    return [None if pd.isna(value) else value for value in sizes[by].head(MOST_LINES)]


def trend_finding(
    frame: pd.DataFrame, *, lang: str, every: str = "month", by: str | None = None, target: float | None = None
) -> str:
    """What the chart shows, in one sentence, for a reader who cannot see it."""
    whole = frame[~frame["partial"].astype(bool)].dropna(subset=["active_rate"]).sort_values("period_start")
    if whole.empty:
        return text(lang, "charts.no_finding")
    last = whole[whole["period_start"] == whole["period_start"].max()]
    name = bucket_name(_day(last["period_start"].iloc[0]), every, lang)
    if by:
        return _finding_of_parts(last.sort_values("active_rate"), by, name, lang)
    first = whole.iloc[0]
    goal = text(lang, "charts.finding_goal", target=percent(target, 0)) if target else ""
    return text(
        lang,
        "charts.finding_total",
        first=bucket_name(_day(first["period_start"]), every, lang),
        first_rate=percent(first["active_rate"]),
        last=name,
        last_rate=percent(last["active_rate"].iloc[0]),
        goal=goal,
    )


def _finding_of_parts(last: pd.DataFrame, by: str, name: str, lang: str) -> str:
    low, high = last.iloc[0], last.iloc[-1]
    return text(
        lang,
        "charts.finding_parts",
        bucket=name,
        high=value_name(high[by], lang),
        high_rate=percent(high["active_rate"]),
        low=value_name(low[by], lang),
        low_rate=percent(low["active_rate"]),
    )


def _day(value: Any) -> date:
    return pd.Timestamp(value).date()


def _prepared(frame: pd.DataFrame, every: str, by: str | None, lang: str) -> tuple[pd.DataFrame, list[date]]:
    """Plain columns for Vega: position, name of the line, counts, rate, and what a tooltip says."""
    starts = sorted({_day(value) for value in frame["period_start"]})
    position = {day: i for i, day in enumerate(starts)}
    days = [_day(value) for value in frame["period_start"]]
    rows = pd.DataFrame(
        {
            "at": [position[day] for day in days],
            "part": [value_name(v, lang) for v in frame[by]] if by else "",
            "blank": [pd.isna(v) for v in frame[by]] if by else False,
            "bucket": [bucket_name(day, every, lang) for day in days],
            "rate": frame["active_rate"].astype("float64").to_numpy(),
            "low": frame["rate_low"].astype("float64").to_numpy(),
            "high": frame["rate_high"].astype("float64").to_numpy(),
            "partial": frame["partial"].astype(bool).to_numpy(),
            "active": frame["active_users"].to_numpy(),
            "valid": frame["valid_users"].to_numpy(),
        }
    )
    if by:
        rows = rows[rows["part"].isin([value_name(v, lang) for v in shown_parts(frame, by)])]
    rows["shown"] = [percent(r) if r == r else "–" for r in rows["rate"]]
    rows["people"] = [f"{a:,} / {v:,}" for a, v in zip(rows["active"], rows["valid"], strict=True)]
    rows["range"] = [
        f"{percent(a)[:-1]}–{percent(b)}" if a == a else "–" for a, b in zip(rows["low"], rows["high"], strict=True)
    ]
    last = rows.dropna(subset=["rate"]).groupby("part")["shown"].last() if by else {}
    rows["label"] = [f"{_cut(part)} {last[part]}" if part in last else "" for part in rows["part"]]
    return rows.sort_values(["part", "at"], ignore_index=True), starts


class _Scales:
    """One x and one y for every layer: independent domains would put a target line at another height."""

    def __init__(
        self, rows: pd.DataFrame, starts: Sequence[date], every: str, lang: str, *, named: bool, target: float | None
    ) -> None:
        count = len(starts)
        highest = max(
            pd.concat([rows["rate"], rows["high"]]).max() if not named else rows["rate"].max(), target or 0, 0
        )
        # Steps of 20 %, with a little air above the highest line for the labels.
        self.top = min(1.0, max(0.2, (int(highest * 100 + 3) // 20 + 1) * 20 / 100))
        expression = f"{json.dumps(axis_labels(starts, every, lang), ensure_ascii=False)}[datum.value]"
        self.last = count - 1
        self.first = -0.35
        self.x = alt.X(
            "at:Q",
            title=None,
            scale=alt.Scale(domainMin=self.first, domainMax=_end(rows, count, named), nice=False, zero=False),
            axis=alt.Axis(
                values=list(range(count)), labelExpr=expression, labelAngle=0, labelFlush=False, labelOverlap="parity"
            ),
        )
        self.y_scale = alt.Scale(domain=[0, self.top], nice=False)
        self.y_axis = alt.Axis(format=".0%", values=[i / 10 for i in range(0, int(self.top * 10) + 1, 2)])

    def y(self, field: str) -> alt.Y:
        return alt.Y(field, title=None, scale=self.y_scale, axis=self.y_axis)


def _end(rows: pd.DataFrame, count: int, named: bool) -> float | alt.ExprRef:
    """Where the x axis ends: behind the last point, and beyond the names that stand beside it.

    Names take so many pixels on a phone as on a wide screen, so Vega works it out from its width.
    """
    if not named:
        return count - 1 + 0.35
    room = 22 + max(map(_pixels, rows["label"]))
    return alt.ExprRef(f"{count - 1} + {count - 1 + 0.35} * {room} / max(width - {room}, 60)")


def _pixels(text: str) -> float:
    """About how wide a text is at 12 px bold: full-width characters are square."""
    return sum(12.5 if ord(character) > 0x2E80 else 7.5 for character in text)


def _tooltip(lang: str, named: bool) -> list[alt.Tooltip]:
    fields = [("bucket", "charts.tip_bucket"), ("shown", "charts.tip_rate"), ("people", "charts.tip_people")]
    fields = [*fields, ("range", "charts.tip_range")]
    part = [alt.Tooltip("part:N", title=text(lang, "charts.tip_part"))] if named else []
    return [*part, *(alt.Tooltip(f"{field}:N", title=text(lang, key)) for field, key in fields)]


def _total(rows: pd.DataFrame, scales: _Scales, palette: Palette) -> list[alt.Chart]:
    whole = rows[~rows["partial"]]
    band = (
        alt.Chart(whole)
        .mark_area(color=palette["band"], opacity=1)
        .encode(scales.x, scales.y("low:Q"), alt.Y2("high:Q"))
    )
    line = alt.Chart(whole).mark_line(color=palette["main"]).encode(scales.x, scales.y("rate:Q"))
    dashed = (
        alt.Chart(_last_leg(rows))
        .mark_line(color=palette["main"], strokeDash=[3, 5])
        .encode(scales.x, scales.y("rate:Q"))
    )
    return [band, line, dashed]


def _last_leg(rows: pd.DataFrame) -> pd.DataFrame:
    """From the last full bucket of every line to its partial ones."""
    ends = [
        part[part["at"] >= part.loc[~part["partial"], "at"].max()]
        for _, part in rows.groupby("part", sort=False)
        if part["partial"].any() and not part["partial"].all()
    ]
    return pd.concat(ends) if ends else rows.iloc[:0]


def _points(rows: pd.DataFrame, scales: _Scales, palette: Palette, lang: str, colour: Any) -> list[alt.Chart]:
    named = rows["part"].ne("").any()
    tooltip = _tooltip(lang, bool(named))
    full = alt.Chart(rows[~rows["partial"]]).mark_point(opacity=1, size=34)
    hollow = alt.Chart(rows[rows["partial"]]).mark_point(opacity=1, size=46, fill=palette["bg"], strokeWidth=2)
    return [
        full.encode(scales.x, scales.y("rate:Q"), color=colour, tooltip=tooltip),
        hollow.encode(scales.x, scales.y("rate:Q"), stroke=colour, tooltip=tooltip),
    ]


def _labels(rows: pd.DataFrame, scales: _Scales, palette: Palette, lang: str, as_of: date | None) -> list[alt.Chart]:
    """Points with the value at the first and the last full one, and what a partial one reaches."""
    points = _points(rows, scales, palette, lang, alt.value(palette["main"]))
    whole = rows[~rows["partial"]].dropna(subset=["rate"])
    first, last, partial = whole.head(1), whole.iloc[1:].tail(1), rows[rows["partial"]].tail(1)
    partial = partial.assign(
        shown=[text(lang, "charts.until", rate=r, day=_until(as_of, lang)) if as_of else r for r in partial["shown"]]
    )
    return [
        *points,
        _text(first, scales, palette["muted"], align="left", dx=-4),
        _text(last, scales, palette["main"], align="center", fontWeight="bold"),
        _text(partial, scales, palette["muted"], align="right", dx=10),
    ]


def _until(day: date, lang: str) -> str:
    return f"{day.month}/{day.day}" if lang == "ja" else f"{day.day} {day:%b}"


def _text(rows: pd.DataFrame, scales: _Scales, colour: str, **options: Any) -> alt.Chart:
    return (
        alt.Chart(rows).mark_text(color=colour, dy=18, **options).encode(scales.x, scales.y("rate:Q"), text="shown:N")
    )


def _lines(rows: pd.DataFrame, scales: _Scales, palette: Palette, lang: str) -> list[alt.Chart]:
    """One line a part, its name in its colour beside the last point; the blank part is muted."""
    rows = _coloured(rows, palette)
    colour = alt.Color("colour:N", scale=None, legend=None)
    across = alt.Detail("part:N")
    line = alt.Chart(rows[~rows["partial"]]).mark_line(strokeWidth=2)
    dashed = alt.Chart(_last_leg(rows)).mark_line(strokeDash=[3, 5])
    full, hollow = _points(rows, scales, palette, lang, colour)
    return [
        line.encode(scales.x, scales.y("rate:Q"), across, color=colour),
        dashed.encode(scales.x, scales.y("rate:Q"), across, color=colour),
        full,
        hollow.encode(stroke=alt.Stroke("colour:N", scale=None, legend=None)),
        _names(rows, scales),
    ]


def _coloured(rows: pd.DataFrame, palette: Palette) -> pd.DataFrame:
    """Each part's colour, the largest first, and the shade of it in which its name can be read."""
    names = rows.sort_values(["at", "valid"], ascending=[False, False], kind="stable")["part"].drop_duplicates()
    blanks = set(rows.loc[rows["blank"], "part"])
    colours = iter(palette["cat"])
    chosen = {name: palette["muted"] if name in blanks else next(colours) for name in names}
    colour = rows["part"].map(chosen)
    return rows.assign(colour=colour, ink=colour.map(readable))


def _names(rows: pd.DataFrame, scales: _Scales) -> alt.Chart:
    ends = rows.dropna(subset=["rate"]).sort_values("at").groupby("part", sort=False).tail(1)
    gap = NAME_GAP / PLOT * scales.top
    ends = ends.assign(at=scales.last, place=_apart(ends["rate"], gap, scales.top))
    marks = alt.Chart(ends).mark_text(align="left", dx=10, fontWeight="bold")
    ink = alt.Color("ink:N", scale=None, legend=None)
    return marks.encode(scales.x, scales.y("place:Q"), text="label:N", color=ink)


def _cut(name: str, most: int = 8) -> str:
    return name if len(name) <= most + 1 else f"{name[:most]}…"


def _apart(values: pd.Series, gap: float, top: float) -> list[float]:
    """Heights for labels: as near to their values as at least `gap` between any two allows."""
    order = values.sort_values(kind="stable").index
    placed: dict[Any, float] = {}
    below = -gap
    for index in order:
        below = placed[index] = max(values[index], below + gap)
    above = top + gap
    for index in reversed(order):
        above = placed[index] = min(placed[index], above - gap)
    return [placed[index] for index in values.index]


def _target(target: float, scales: _Scales, palette: Palette, lang: str) -> list[alt.Chart]:
    rows = pd.DataFrame(
        {"at": [scales.first], "rate": [target], "shown": [text(lang, "charts.target", target=percent(target, 0))]}
    )
    rule = alt.Chart(rows).mark_rule(color=palette["target"], strokeDash=[6, 4], strokeWidth=1.5, opacity=1)
    words = alt.Chart(rows).mark_text(color=palette["target"], fontWeight="bold", align="left", dx=4, dy=-9)
    return [rule.encode(scales.y("rate:Q")), words.encode(scales.x, scales.y("rate:Q"), text="shown:N")]
