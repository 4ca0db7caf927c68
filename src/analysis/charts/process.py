"""Where cases wait now, and how long each step usually takes: a row a step, the same rows in both charts."""

from collections.abc import Sequence

import altair as alt
import pandas as pd

from analysis.charts.theme import Palette
from analysis.words import text

ROW = 38  # pixels a step takes
NAMES = 130  # of a step's name
BAR = 20


def waiting_bars(
    times: pd.DataFrame, parts: pd.DataFrame, sides: Sequence[str], *, lang: str, palette: Palette
) -> alt.LayerChart | alt.FacetChart:
    """Cases that wait in each step, by whose turn it is.

    Args:
        times: a result of `step_times` without `by`.
        parts: `step`, `side` (in words; blank: not said), `waiting_now`: what the bars are made of.
        sides: the words in the order of their colours: the first is blue, the second orange, others grey.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows, pieces = _waiting(times, lang), _pieces(times, parts, sides)
    most = max(int(rows["waiting_now"].max()), 1)
    x = alt.Scale(domain=[0, most * 1.8], nice=False)
    colours = [palette["main"], palette["target"], palette["soft"]]
    shown = alt.Color("colour:N", scale=alt.Scale(domain=["first", "second", "other"], range=colours), legend=None)
    tips = [alt.Tooltip("step:N", title=" "), alt.Tooltip("tip:N", title=" ")]
    bars = (
        alt.Chart(pieces)
        .mark_bar(size=BAR, opacity=1)
        .encode(
            x=alt.X("start:Q", scale=x, axis=None),
            x2="end:Q",
            y=_rows(times),
            color=shown,
            tooltip=tips,
        )
    )
    base = alt.Chart(rows).encode(x=alt.X("waiting_now:Q", scale=x, axis=None), y=_rows(times))
    said = base.mark_text(align="left", dx=6, fontWeight="bold").encode(text="said:N", color=alt.value(palette["text"]))
    aged = base.mark_text(align="left", dx=52, fontSize=12).encode(text="aged:N", color=alt.value(palette["muted"]))
    return alt.layer(*(layer for layer in (bars, said, aged) if len(layer.data))).properties(height=_height(times))


def typical_days(times: pd.DataFrame, *, lang: str, palette: Palette) -> alt.LayerChart | alt.FacetChart:
    """The median days of the cases that have left each step, and the median that counts open cases.

    Args:
        times: a result of `step_times` without `by`.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    rows = _days(times, lang)
    most = max(float(rows["far"].max()), 1.0)
    x = alt.Scale(domain=[0, most * 1.8], nice=False)
    base = alt.Chart(rows).encode(y=_rows(times))
    known = rows.dropna(subset=["left"])
    both = known.dropna(subset=["counted"])
    tips = [alt.Tooltip("step:N", title=" "), alt.Tooltip("tip:N", title=" ")]
    line = (
        alt.Chart(both)
        .mark_rule(strokeWidth=3, color=palette["band"], opacity=1)
        .encode(y=_rows(times), x=alt.X("left:Q", scale=x, axis=None), x2="counted:Q")
    )
    ring = (
        alt.Chart(rows.dropna(subset=["counted"]))
        .mark_point(size=110, filled=False, strokeWidth=2.5, color=palette["target"], opacity=1)
        .encode(y=_rows(times), x=alt.X("counted:Q", scale=x, axis=None), tooltip=tips)
    )
    dot = (
        alt.Chart(known)
        .mark_point(size=70, color=palette["main"], opacity=1)
        .encode(y=_rows(times), x=alt.X("left:Q", scale=x, axis=None), tooltip=tips)
    )
    said = base.mark_text(align="left", dx=12).encode(
        x=alt.X("far:Q", scale=x, axis=None), text="said:N", color=alt.value(palette["text"])
    )
    return alt.layer(*(layer for layer in (line, ring, dot, said) if len(layer.data))).properties(height=_height(times))


def waiting_finding(times: pd.DataFrame, *, lang: str) -> str:
    """Where most cases wait and where the oldest one does, in one sentence."""
    waits = times[times["waiting_now"] > 0]
    if not len(waits):
        return text(lang, "charts.nothing_waits")
    most = waits.sort_values(["waiting_now", "position"], ascending=[False, True]).iloc[0]
    found = text(lang, "charts.most_wait", step=most["step"], n=int(most["waiting_now"]), of=_total(times))
    aged = waits.dropna(subset=["waiting_max_days"]).sort_values("waiting_max_days", ascending=False)
    if not len(aged):
        return found
    oldest = aged.iloc[0]
    return found + text(lang, "charts.oldest_waits", step=oldest["step"], days=int(oldest["waiting_max_days"]))


def days_finding(times: pd.DataFrame, *, lang: str) -> str:
    """Which step usually takes longest, in one sentence."""
    known = times.dropna(subset=["median_days"]).sort_values(["median_days", "position"], ascending=[False, True])
    if not len(known):
        return text(lang, "charts.no_days")
    longest = known.iloc[0]
    return text(
        lang,
        "charts.longest_step",
        step=longest["step"],
        days=_plain(longest["median_days"]),
        counted=_counted(longest["km_median_days"], lang),
    )


def _total(times: pd.DataFrame) -> int:
    return int(times["waiting_now"].sum())


def _rows(times: pd.DataFrame) -> alt.Y:
    order = list(times.sort_values("position")["step"])
    scale = alt.Scale(domain=order, paddingInner=0.35, paddingOuter=0.2)
    axis = alt.Axis(ticks=False, domain=False, grid=False, labelFontSize=13, labelLimit=NAMES, labelOverlap=False)
    return alt.Y("step:N", sort=None, title=None, scale=scale, axis=axis)


def _height(times: pd.DataFrame) -> int:
    return ROW * len(times) + 10


def _waiting(times: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A row a step: how many wait, and since when the oldest."""
    ordered = times.sort_values("position")
    counts = [text(lang, "charts.cases", n=int(n)) if n else "" for n in ordered["waiting_now"]]
    aged = [
        text(lang, "charts.oldest", days=int(days)) if n and not pd.isna(days) else ""
        for n, days in zip(ordered["waiting_now"], ordered["waiting_max_days"], strict=True)
    ]
    return pd.DataFrame(
        {"step": list(ordered["step"]), "waiting_now": ordered["waiting_now"].astype(int), "said": counts, "aged": aged}
    )


def _pieces(times: pd.DataFrame, parts: pd.DataFrame, sides: Sequence[str]) -> pd.DataFrame:
    """The bars, cut by side and laid end to end."""
    place = {side: i for i, side in enumerate(sides)}
    mine = parts[(parts["waiting_now"] > 0) & parts["step"].isin(times["step"])]
    ordered = mine.assign(_at=[place.get(side, len(place)) for side in mine["side"]]).sort_values(["step", "_at"])
    ends = ordered.groupby("step")["waiting_now"].cumsum()
    names = ["first", "second"]
    return pd.DataFrame(
        {
            "step": ordered["step"],
            "start": (ends - ordered["waiting_now"]).astype(float),
            "end": ends.astype(float),
            "colour": [names[at] if at < len(names) else "other" for at in ordered["_at"]],
            "tip": [f"{side} {n}" for side, n in zip(ordered["side"], ordered["waiting_now"], strict=True)],
        }
    )


def _days(times: pd.DataFrame, lang: str) -> pd.DataFrame:
    """A row a step: both medians and how they are written."""
    ordered = times.sort_values("position")
    left = ordered["median_days"].astype(float).reset_index(drop=True)
    counted = ordered["km_median_days"].astype(float).reset_index(drop=True)
    rows = pd.DataFrame({"step": list(ordered["step"]), "left": left, "counted": counted})
    rows["far"] = rows[["left", "counted"]].max(axis=1).fillna(0.0)
    rows["said"] = [
        _said(one, other, int(waits), lang)
        for one, other, waits in zip(left, counted, ordered["waiting_now"], strict=True)
    ]
    rows["tip"] = [
        "" if pd.isna(one) else text(lang, "charts.both_medians", left=_plain(one), counted=_counted(other, lang))
        for one, other in zip(left, counted, strict=True)
    ]
    return rows


def _said(left: float, counted: float, waits: int, lang: str) -> str:
    """`23.5 → 28 日`; one number where both are the same."""
    if pd.isna(left):
        return text(lang, "charts.nobody_left") if waits else ""
    if left == counted:
        return text(lang, "charts.days", days=_plain(left))
    if pd.isna(counted):
        return text(lang, "charts.days_unknown", days=_plain(left))
    return text(lang, "charts.days_both", left=_plain(left), counted=_plain(counted))


def _counted(days: float, lang: str) -> str:
    return text(lang, "charts.half_still_there") if pd.isna(days) else text(lang, "charts.days", days=_plain(days))


def _plain(days: float) -> str:
    return f"{round(float(days), 1):g}"
