"""A metric's result as a chart: pure functions from a frame, a language and a palette to Altair."""

from analysis.charts.flow import flow, flow_cell, flow_finding
from analysis.charts.funnel import PICKED, funnel_bars, funnel_finding, steepest
from analysis.charts.labels import bucket_name
from analysis.charts.levels import level_bars, level_finding, outcome_dots, outcome_finding
from analysis.charts.lifecycle import lifecycle_bars, lifecycle_finding
from analysis.charts.pareto import pareto, pareto_finding
from analysis.charts.pipeline import phase_bars, phase_finding, rate_finding, rate_rows
from analysis.charts.process import days_finding, typical_days, waiting_bars, waiting_finding
from analysis.charts.products import MOST as MOST_PRODUCTS
from analysis.charts.products import PICKED as PICKED_PRODUCT
from analysis.charts.products import product_bars, product_finding
from analysis.charts.retention import retention_curve, retention_finding
from analysis.charts.slopes import slopes, slopes_finding
from analysis.charts.stages import stage_bars, stage_finding
from analysis.charts.theme import DARK, LIGHT, styled
from analysis.charts.trend import MOST_LINES, shown_parts, trend, trend_finding
from analysis.charts.waterfall import waterfall, waterfall_finding

__all__ = [
    "DARK",
    "LIGHT",
    "MOST_LINES",
    "MOST_PRODUCTS",
    "PICKED",
    "PICKED_PRODUCT",
    "bucket_name",
    "days_finding",
    "flow",
    "flow_cell",
    "flow_finding",
    "funnel_bars",
    "funnel_finding",
    "level_bars",
    "level_finding",
    "lifecycle_bars",
    "lifecycle_finding",
    "outcome_dots",
    "outcome_finding",
    "pareto",
    "pareto_finding",
    "phase_bars",
    "phase_finding",
    "product_bars",
    "product_finding",
    "rate_finding",
    "rate_rows",
    "retention_curve",
    "retention_finding",
    "shown_parts",
    "slopes",
    "slopes_finding",
    "stage_bars",
    "stage_finding",
    "steepest",
    "styled",
    "trend",
    "trend_finding",
    "typical_days",
    "waiting_bars",
    "waiting_finding",
    "waterfall",
    "waterfall_finding",
]
