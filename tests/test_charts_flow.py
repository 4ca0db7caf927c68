"""Charts of the process and of the pipeline: what is drawn, and the sentence that says it."""

import pandas as pd
import pytest
from drawn import layers

from analysis import charts
from analysis.charts import LIGHT

TIMES = pd.DataFrame(
    {
        "step": ["申込", "制作", "公開"],
        "position": [1, 2, 3],
        "waiting_now": [4, 2, 0],
        "waiting_max_days": [30.0, 74.0, None],
        "median_days": [23.5, 8.0, None],
        "km_median_days": [28.0, None, None],
    }
)
PARTS = pd.DataFrame(
    {"step": ["申込", "申込", "制作"], "side": ["当社", "お客さま", "お客さま"], "waiting_now": [1, 3, 2]}
)
PHASES = pd.DataFrame(
    {
        "phase": ["1 接触", "2 提案", "受注"],
        "position": [1, 2, 3],
        "reached": [8, 4, 2],
        "step_rate": [None, 0.5, 0.5],
        "standing": ["いま 4 件", "いま 2 件", "受注 2 件"],
    }
)
RATES = pd.DataFrame(
    {
        "name": ["佐伯", "岡"],
        "won": [18, 3],
        "closed": [40, 3],
        "win_rate": [0.45, 1.0],
        "shrunk_rate": [0.394, 0.388],
        "shrunk_low": [0.306, 0.281],
        "shrunk_high": [0.49, 0.507],
    }
)


def drawn(chart, mark, at=0):
    return [rows for kind, rows, _ in layers(chart) if kind == mark][at]


def waiting(times=TIMES, parts=PARTS, lang="ja"):
    return charts.waiting_bars(times, parts, ["お客さま", "当社"], lang=lang, palette=LIGHT)


def days(times=TIMES):
    return charts.typical_days(times, lang="ja", palette=LIGHT)


def test_bars_of_waiting_cases_are_laid_end_to_end_in_the_order_of_the_sides():
    bars = drawn(waiting(), "bar")
    assert [(bar["step"], bar["start"], bar["end"], bar["colour"]) for bar in bars] == [
        ("制作", 0, 2, "first"),
        ("申込", 0, 3, "first"),
        ("申込", 3, 4, "second"),
    ]


def test_a_step_in_which_nobody_waits_has_its_row_and_no_words():
    said = {row["step"]: (row["said"], row["aged"]) for row in drawn(waiting(), "text")}
    assert said == {"申込": ("4 件", "最長 30 日"), "制作": ("2 件", "最長 74 日"), "公開": ("", "")}
    orders = {tuple(enc["y"]["scale"]["domain"]) for _, _, enc in [*layers(waiting()), *layers(days())]}
    assert orders == {("申込", "制作", "公開")}


def test_a_side_that_has_no_colour_of_its_own_is_grey():
    parts = pd.DataFrame({"step": ["申込"], "side": ["（決まっていない）"], "waiting_now": [4]})
    assert [bar["colour"] for bar in drawn(waiting(parts=parts), "bar")] == ["other"]


def test_both_medians_are_said_and_what_is_not_known_is():
    said = {row["step"]: row["said"] for row in drawn(days(), "text")}
    assert said == {"申込": "23.5 → 28 日", "制作": "8 → 半分以上がまだ途中", "公開": ""}
    same = TIMES.assign(km_median_days=[23.5, 8.0, None], median_days=[23.5, 8.0, None])
    assert [row["said"] for row in drawn(days(same), "text")] == ["23.5 日", "8 日", ""]


def test_a_step_that_nobody_has_left_says_so():
    none = TIMES.assign(median_days=None, km_median_days=None)
    assert [row["said"] for row in drawn(days(none), "text")] == [
        "まだ出た件がありません",
        "まだ出た件がありません",
        "",
    ]


@pytest.mark.parametrize(
    ("lang", "sentence"),
    [
        ("ja", "待っている 6 件のうち、申込に 4 件が集まっています。いちばん長く待っているのは制作の 74 日です。"),
        ("en", "Of the 6 cases that wait, 4 wait at 申込. The oldest has waited 74 days, at 制作."),
    ],
)
def test_the_finding_names_where_most_wait_and_where_the_oldest_does(lang, sentence):
    assert charts.waiting_finding(TIMES, lang=lang) == sentence


def test_the_findings_of_nothing_say_so():
    nothing = TIMES.assign(waiting_now=0, median_days=None)
    assert charts.waiting_finding(nothing, lang="ja") == "待っている案件はありません。"
    assert charts.days_finding(nothing, lang="ja") == "日数の分かる案件がまだありません。"
    assert charts.rate_finding(RATES.head(0), 0.0, lang="ja") == "終わった商談がまだありません。"


def test_the_finding_of_days_gives_both_medians():
    found = "ふだんいちばん日数がかかるのは申込で、中央値は 23.5 日です（途中の件も数えると 28 日）。"
    assert charts.days_finding(TIMES, lang="ja") == found


def test_phases_are_parts_of_the_first_with_the_rate_from_the_one_before():
    chart = charts.phase_bars(PHASES, lang="ja", palette=LIGHT)
    rows = drawn(chart, "text")
    assert [(row["part"], row["name"], row["standing"]) for row in rows] == [
        (1.0, "1 接触　8 件", "いま 4 件"),
        (0.5, "2 提案　4 件（前から 50.0%）", "いま 2 件"),
        (0.25, "受注　2 件（前から 50.0%）", "受注 2 件"),
    ]
    assert charts.phase_finding(PHASES, lang="en") == ("1 接触: 8, 2 提案: 4 (50.0%), 受注: 2 (50.0%)")


def test_phases_that_nobody_has_reached_are_no_division_by_nothing():
    chart = charts.phase_bars(PHASES.assign(reached=0, step_rate=None), lang="ja", palette=LIGHT)
    assert [row["part"] for row in drawn(chart, "text")] == [0, 0, 0]


def test_rates_are_drawn_with_their_counts_and_that_of_all_as_a_line():
    chart = charts.rate_rows(RATES, 0.36, lang="ja", palette=LIGHT)
    assert [row["said"] for row in drawn(chart, "text")] == ["45.0%（18 / 40）", "100.0%（3 / 3）"]
    assert drawn(chart, "rule") == [{"whole": 0.36}]
    assert "佐伯の 39.4% から岡の 38.8%" in charts.rate_finding(RATES, 0.36, lang="ja")


@pytest.mark.parametrize("lang", ["ja", "en"])
def test_every_chart_is_vega_lite(lang):
    made = [
        waiting(lang=lang),
        charts.typical_days(TIMES, lang=lang, palette=LIGHT),
        charts.phase_bars(PHASES, lang=lang, palette=LIGHT),
        charts.rate_rows(RATES, 0.36, lang=lang, palette=LIGHT),
    ]
    assert all(chart.to_dict(validate=True)["layer"] for chart in made)
