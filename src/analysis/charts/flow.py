"""From where to where people moved between two periods: two columns of states, and bands as wide as their people."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd

from analysis.charts.funnel import PICKED
from analysis.charts.theme import Palette
from analysis.charts.trend import _pixels
from analysis.words import text

HEIGHT = 320
POINTS = 24  # along a band
GAP = 0.045  # between two states, of the height
EDGE = 0.02  # half the width of a state's bar
BESIDE: tuple[dict[str, Any], ...] = ({"align": "right", "dx": -8}, {"align": "left", "dx": 8})
TONES = ("rose", "stayed", "fell")
Cell = tuple[int | None, int | None]


def flow(
    users: Mapping[Cell, int],
    names: Mapping[int | None, str],
    ends: tuple[str, str],
    *,
    gone: tuple[str, str],
    lang: str,
    palette: Palette,
) -> alt.LayerChart | alt.FacetChart:
    """Bands from the states before (left) to the states now (right), the best on top; a click picks `band`.

    Args:
        users: (position before, position now) -> people; None: was not there then.
        names: position -> what the state is called.
        ends: what the two periods are called.
        gone: what None is called: at the left who joined, at the right who left.
        lang: "ja" or "en".
        palette: `theme.LIGHT` or `theme.DARK`.
    """
    order = [*sorted((place for place in names if place is not None), reverse=True), None]
    total = max(sum(users.values()), 1)
    left, right = _stacks(users, order, total, 0), _stacks(users, order, total, 1)
    height = max(max((top for _, top in side.values()), default=1.0) for side in (left, right))
    bands = _bands(users, order, left, right, total)
    bars = _bars(users, order, names, gone, (left, right), lang)
    room = f"min({14 + 0.92 * max(map(_pixels, bars['said'])):.0f}, width * 0.4)"
    across = alt.Scale(domain=[-EDGE, 1 + EDGE], range=[alt.ExprRef(room), alt.ExprRef(f"width - {room}")], nice=False)
    x = alt.X("x:Q", axis=None, scale=across)
    y = alt.Scale(domain=[height, -0.1], nice=False)
    tones = alt.Scale(domain=list(TONES), range=[palette["seq"][3], palette["stay"], palette["down"]])
    tips = [text(lang, f"charts.flow_{tone}", n=n) for tone, n in zip(bands["tone"], bands["n"], strict=True)]
    bands = bands.assign(tip=tips)
    picked = alt.selection_point(name=PICKED, fields=["band"], on="click", clear="dblclick")
    stream = (
        alt.Chart(bands)
        .mark_area(opacity=0.85, cursor="pointer")
        .encode(
            x=x,
            y=alt.Y("low:Q", axis=None, scale=y),
            y2="high:Q",
            detail="band:N",
            color=alt.Color("tone:N", scale=tones, legend=None),
            tooltip=[alt.Tooltip("tip:N", title=" ")],
        )
        .add_params(picked)
    )
    states = (
        alt.Chart(bars)
        .mark_rect(opacity=1)
        .encode(
            x=alt.X("start:Q", axis=None, scale=across),
            x2="end:Q",
            y=alt.Y("low:Q", axis=None, scale=y),
            y2="high:Q",
            color=alt.condition(alt.datum.away, alt.value(palette["soft"]), alt.value(palette["main"])),
        )
    )
    layers = [stream, states]
    for side, beside in enumerate(BESIDE):
        head = pd.DataFrame({"x": [side + (EDGE if side else -EDGE)], "y": [-0.03], "name": [ends[side]]})
        layers += [
            alt.Chart(bars[bars["side"] == side])
            .mark_text(fontSize=12, color=palette["text"], limit=alt.ExprRef(f"{room} - 8"), **beside)
            .encode(x=alt.X("at:Q", scale=across), y=alt.Y("middle:Q", scale=y), text="said:N"),
            alt.Chart(head)
            .mark_text(baseline="bottom", fontWeight="bold", fontSize=13, color=palette["text"], **beside)
            .encode(x=alt.X("x:Q", scale=across), y=alt.Y("y:Q", scale=y), text="name:N"),
        ]
    return alt.layer(*(layer for layer in layers if len(layer.data))).properties(height=HEIGHT)


def flow_finding(users: Mapping[Cell, int], *, lang: str) -> str:
    """How many rose, stayed and fell, in one sentence."""
    fields = {tone: sum(n for cell, n in users.items() if None not in cell and _tone(cell) == tone) for tone in TONES}
    return text(lang, "charts.flow", **fields)


def flow_cell(band: str) -> Cell:
    """(position before, position now) of a band that was picked."""
    start, end = json.loads(band)
    return start, end


def _tone(cell: Cell) -> str:
    start, end = cell
    if start is None or end is None or start == end:
        return "stayed"
    return "rose" if end > start else "fell"


def _stacks(
    users: Mapping[Cell, int], order: Sequence[int | None], total: int, side: int
) -> dict[int | None, tuple[float, float]]:
    """State -> where its bar begins and ends, from the top down; of nobody there is none."""
    found, at = {}, 0.0
    for state in order:
        size = sum(n for cell, n in users.items() if cell[side] == state) / total
        if size:
            found[state] = (at, at + size)
            at += size + GAP
    return found


def _bands(
    users: Mapping[Cell, int],
    order: Sequence[int | None],
    left: Mapping[int | None, tuple[float, float]],
    right: Mapping[int | None, tuple[float, float]],
    total: int,
) -> pd.DataFrame:
    """Points along every band: it leaves one bar and enters the other as wide as its people are many."""
    begun = {state: low for state, (low, _) in left.items()}
    ended = {state: low for state, (low, _) in right.items()}
    rows = []
    for start in order:
        for end in order:
            n = users.get((start, end), 0)
            if not n:
                continue
            one, two, size = begun[start], ended[end], n / total
            begun[start], ended[end] = one + size, two + size
            band = {"band": json.dumps([start, end]), "tone": _tone((start, end)), "n": n}
            for i in range(POINTS + 1):
                part = i / POINTS
                low = one + (two - one) * part * part * (3 - 2 * part)
                point = {"x": EDGE + (1 - 2 * EDGE) * part, "low": low, "high": low + size}
                rows.append({**band, **point})
    return pd.DataFrame(rows, columns=["band", "tone", "n", "x", "low", "high"])


def _bars(
    users: Mapping[Cell, int],
    order: Sequence[int | None],
    names: Mapping[int | None, str],
    gone: tuple[str, str],
    stacks: tuple[Mapping[int | None, tuple[float, float]], ...],
    lang: str,
) -> pd.DataFrame:
    rows = []
    for side, stack in enumerate(stacks):
        for state in order:
            if state not in stack:
                continue
            low, high = stack[state]
            n = sum(count for cell, count in users.items() if cell[side] == state)
            name = gone[side] if state is None else names[state]
            said = text(lang, "charts.flow_state", name=name, n=n)
            span = {"low": low, "high": high, "middle": (low + high) / 2}
            place = {"start": side - EDGE, "end": side + EDGE, "at": side + (EDGE if side else -EDGE)}
            rows.append({"side": side, "away": state is None, "said": said, **span, **place})
    return pd.DataFrame(rows)
