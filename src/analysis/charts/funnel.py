"""How far people come: a bar a step as wide as all who entered, with those on the way and those lost beside them."""

from collections.abc import Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.labels import percent
from analysis.charts.theme import Palette
from analysis.words import text

HEIGHT = 320
LEAST, MOST = 76, 88  # pixels a step takes, its words above and below the bar included
THICK = 26
STATES = ("reached", "waiting", "lost")
PICKED = "bar"  # the parameter that holds the bar a reader has clicked: `position` and `state`


def funnel_bars(
    frame: pd.DataFrame, labels: Sequence[str], *, lang: str, palette: Palette, of: str = "people"
) -> alt.LayerChart | alt.FacetChart:
    """Bars from the first step down; a click picks `position` and `state`.

    Args:
        frame: a result of `funnel` without `by`.
        labels: what each step is called, in order.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
        of: who is counted, `people` or `customers`.
    """
    rows = _rows(frame, labels, lang, of)
    share = alt.Scale(domain=[0, 1], nice=False)
    y = alt.Y("position:O", axis=None, scale=alt.Scale(padding=0))
    x, end = alt.X("start:Q", scale=share, axis=None), alt.X2("end:Q")
    colours = [palette["main"], palette["seq"][3], palette["down"]]
    picked = alt.selection_point(name=PICKED, fields=["position", "state"], on="click", clear="dblclick")
    tips = [alt.Tooltip("name:N", title=" "), alt.Tooltip("tip:N", title=" ")]
    bars = (
        alt.Chart(_pieces(rows, lang, of))
        .mark_bar(size=THICK, opacity=1, cursor="pointer")
        .encode(
            x=x,
            x2=end,
            y=y,
            color=alt.Color("state:N", scale=alt.Scale(domain=list(STATES), range=colours), legend=None),
            tooltip=tips,
        )
        .add_params(picked)
    )
    base = alt.Chart(rows).encode(y=y)
    above: dict[str, Any] = {"baseline": "bottom", "dy": -THICK // 2 - 5, "fontSize": 13}
    below: dict[str, Any] = {"baseline": "top", "dy": THICK // 2 + 5, "fontSize": 12}
    layers = [
        bars,
        base.mark_text(align="left", fontWeight="bold", limit=alt.expr("width * 0.45"), **above).encode(
            x=alt.value(0), text="name:N", color=alt.value(palette["text"])
        ),
        base.mark_text(align="right", **above).encode(
            x=alt.value("width"), text="said:N", color=alt.value(palette["text"])
        ),
        base.mark_text(align="left", **below).encode(
            x=alt.value(0), text="waiting_said:N", color=alt.value(palette["muted"])
        ),
        base.mark_text(align="right", **below).encode(
            x=alt.value("width"), text="lost_said:N", color=alt.value(palette["target"])
        ),
    ]
    return alt.layer(*layers).properties(height=min(MOST, max(LEAST, HEIGHT // len(rows))) * len(rows))


def funnel_finding(frame: pd.DataFrame, labels: Sequence[str], *, lang: str, of: str = "people") -> str:
    """What the bars show, in one sentence, for a reader who cannot see them."""
    rows = _rows(frame, labels, lang, of)
    comma = text(lang, "charts.comma")
    steps = comma.join(f"{name} {said}" for name, said in zip(rows["name"], rows["said"], strict=True))
    worst = steepest(frame)
    if worst is None:
        return steps
    rate = frame.set_index("position")["step_rate"][worst]
    return f"{steps}{text(lang, 'charts.funnel_worst', step=labels[worst - 1], rate=percent(rate))}"


def steepest(frame: pd.DataFrame) -> int | None:
    """The position of the step that the smallest part of those before it reaches; None where nobody is lost."""
    rates = frame.set_index("position")["step_rate"].astype("Float64").dropna()
    return int(rates.idxmin()) if len(rates) and rates.min() < 1 else None


def _rows(frame: pd.DataFrame, labels: Sequence[str], lang: str, of: str) -> pd.DataFrame:
    """A row a step: its place, its name and its words."""
    rows = []
    for row, name in zip(frame.sort_values("position").to_dict("records"), labels, strict=True):
        reached, waiting, lost = (int(row[state]) for state in STATES)
        said = text(lang, "charts.people" if of == "people" else f"charts.funnel_{of}", n=reached)
        said += f"　{percent(row['overall_rate'])}" if row["entered"] else ""
        known = not pd.isna(row["step_rate"])
        said += f"　{text(lang, 'charts.funnel_step', rate=percent(row['step_rate']))}" if known else ""
        rows.append(
            {
                "position": int(row["position"]),
                "name": name,
                "said": said,
                "waiting_said": _said("waiting", waiting, lang, of) if waiting else "",
                "lost_said": _said("lost", lost, lang, of) if lost else "",
                "reached": reached,
                "waiting": waiting,
                "lost": lost,
                "entered": int(row["entered"]),
            }
        )
    return pd.DataFrame(rows)


def _said(state: str, n: int, lang: str, of: str) -> str:
    """「期限切れ 12 人」."""
    return text(lang, f"charts.funnel_{state}" if of == "people" else f"charts.funnel_{state}_{of}", n=n)


def _pieces(rows: pd.DataFrame, lang: str, of: str) -> pd.DataFrame:
    """A row a step and state that anybody is in, as shares of those who entered, one after the other."""
    pieces = []
    for row in rows.to_dict("records"):
        at = 0
        for state in STATES:
            if row[state]:
                span = {"start": at / row["entered"], "end": (at + row[state]) / row["entered"]}
                tip = _said(state, row[state], lang, of)
                pieces.append({"position": row["position"], "name": row["name"], "state": state, "tip": tip, **span})
            at += row[state]
    return pd.DataFrame(pieces, columns=["position", "name", "state", "tip", "start", "end"])
