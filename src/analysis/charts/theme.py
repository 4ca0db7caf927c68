"""Colours of both themes and the looks of every chart, in a browser and in a notebook alike."""

from typing import Any

import altair as alt

FONT = (
    "'Hiragino Sans','Hiragino Kaku Gothic ProN','Noto Sans JP','BIZ UDPGothic','Meiryo',"
    "'Noto Sans CJK JP','IPAexGothic',sans-serif"
)
Palette = dict[str, Any]
LIGHT: Palette = {
    "bg": "#FFFFFF",
    "surface": "#F4F6F8",
    "text": "#121C22",
    "muted": "#55646E",
    "border": "#D8DEE3",
    "rule": "#E6EAED",
    "axis": "#8A979E",
    "main": "#1B5E86",
    "band": "#DCE8F0",
    "soft": "#B6C0C4",
    "target": "#B4500F",
    "good": "#1F7A6D",
    "cat": ["#1B5E86", "#CB8127", "#3E937D", "#A986BC", "#3C3F42", "#836D2C"],
    "seq": ["#F1F6FA", "#E1ECF3", "#CEE0EB", "#B6D0E1", "#98BCD4", "#76A5C4"],
    "up": "#CEE0EB",
    "stay": "#EDF0F2",
    "down": "#F5E1CC",
}
DARK: Palette = {
    "bg": "#13191E",
    "surface": "#1B2329",
    "text": "#E4EAED",
    "muted": "#9FB0BA",
    "border": "#33404A",
    "rule": "#2A353D",
    "axis": "#6E7E89",
    "main": "#6FB4E0",
    "band": "#1F3443",
    "soft": "#5A6871",
    "target": "#F0A36B",
    "good": "#7CCBBE",
    "cat": ["#6FB4E0", "#E49E6D", "#497A75", "#8963C5", "#D2E1EE", "#F2D657"],
    "seq": ["#172029", "#1B2C39", "#203A4C", "#26495F", "#2D5A75", "#366D8E"],
    "up": "#26495F",
    "stay": "#252E35",
    "down": "#5A3D29",
}
# Text in a line's colour needs 4.5:1; the lines themselves need only 3:1.
_READABLE = {
    "#CB8127": "#B4500F",
    "#3E937D": "#1F7A6D",
    "#A986BC": "#7B5A90",
    "#497A75": "#7CCBBE",
    "#8963C5": "#BBA6E0",
}


def readable(colour: str) -> str:
    """The shade of a categorical colour in which text can be read."""
    return _READABLE.get(colour, colour)


def styled(chart: Any, palette: Palette) -> Any:
    """`chart` with fonts, gridlines and colours of the theme."""
    axis = alt.AxisConfig(
        labelFontSize=12,
        labelColor=palette["muted"],
        titleFontSize=12,
        titleFontWeight="normal",
        titleColor=palette["muted"],
        domain=False,
        ticks=False,
        labelPadding=8,
        gridColor=palette["rule"],
        gridWidth=1,
        labelFont=FONT,
        titleFont=FONT,
        labelLimit=180,
    )
    return chart.configure(
        background="transparent",
        font=FONT,
        padding={"left": 2, "right": 8, "top": 8, "bottom": 4},
        view=alt.ViewConfig(stroke=None),
        axis=axis,
        axisX=alt.AxisConfig(grid=False, domain=True, domainColor=palette["axis"]),
        axisY=alt.AxisConfig(grid=True),
        text=alt.MarkConfig(font=FONT, fontSize=12, color=palette["text"]),
        line=alt.MarkConfig(strokeWidth=2.25, strokeCap="round", strokeJoin="round"),
        point=alt.MarkConfig(size=34, filled=True),
        rule=alt.MarkConfig(color=palette["axis"]),
        header=alt.HeaderConfig(labelFont=FONT, labelFontSize=12, labelColor=palette["text"], titleFont=FONT),
        range=alt.RangeConfig(category=palette["cat"], heatmap=palette["seq"], ramp=palette["seq"]),
    )
