"""A metric's result as a chart: pure functions from a frame, a language and a palette to Altair."""

from analysis.charts.stages import stage_bars, stage_finding
from analysis.charts.theme import DARK, LIGHT, styled
from analysis.charts.trend import MOST_LINES, shown_parts, trend, trend_finding

__all__ = [
    "DARK",
    "LIGHT",
    "MOST_LINES",
    "shown_parts",
    "stage_bars",
    "stage_finding",
    "styled",
    "trend",
    "trend_finding",
]
