"""Charts of levels, through the specification they compile to: their data, domains and words."""

import pandas as pd
import pytest

from analysis.charts import DARK, LIGHT, level_bars, level_finding, outcome_dots, outcome_finding, styled


def layers(chart):
    """(mark, rows, encoding) of every layer; all are drawn from the same rows."""
    spec = chart.to_dict()
    (rows,) = spec["datasets"].values()
    return [(layer["mark"]["type"], rows, layer["encoding"]) for layer in spec["layer"]]


def levels(below, some, most, rate=True):
    counts = [below, some, most]
    frame = pd.DataFrame({"level": [None, "some", "most"], "level_position": [0, 1, 2], "customers": counts})
    return frame.assign(of_customers=sum(counts), rate=frame["customers"] / sum(counts) if rate else None)


def sides(**more):
    row = {"state": "ordered", "both": 44, "with_state": 50, "outcome_only": 71, "without_state": 100}
    row |= {"ppv": 0.88, "ppv_low": 0.76, "ppv_high": 0.94, "without_rate": 0.71}
    return pd.DataFrame([row | {"without_rate_low": 0.61, "without_rate_high": 0.79} | more])


def test_levels_stand_from_the_highest_down_each_with_its_customers():
    _, _, (_, rows, encoding) = layers(level_bars(levels(10, 30, 60), lang="ja", palette=LIGHT))
    assert [(row["name"], row["said"], row["rate"]) for row in rows] == [
        ("most", "60 社　60.0%", 0.6),
        ("some", "30 社　30.0%", 0.3),
        ("「some」に届かない", "10 社　10.0%", 0.1),
    ]
    assert encoding["y"]["sort"] == ["most", "some", "「some」に届かない"]


def test_every_layer_of_levels_has_the_same_domain_from_0_to_1():
    chart = layers(level_bars(levels(1, 1, 1), levels(2, 1, 0), lang="en", palette=DARK))
    scales = [encoding["x"]["scale"] for _, _, encoding in chart if "scale" in encoding["x"]]
    assert scales == [{"domain": [0, 1], "nice": False}] * 4


def test_an_earlier_day_is_a_tick_with_its_rate():
    _, _, _, (mark, rows, _), (_, _, words) = layers(
        level_bars(levels(10, 30, 60), levels(50, 30, 20), lang="en", palette=LIGHT)
    )
    assert (mark, [row["earlier"] for row in rows]) == ("tick", [0.2, 0.3, 0.5])
    assert [row[words["text"]["field"]] for row in rows] == ["was 20.0%", "was 30.0%", "was 50.0%"]


def test_the_finding_of_levels_says_every_bar():
    assert level_finding(levels(1, 2, 3), lang="en") == (
        'most 3 customers\u300050.0%, some 2 customers\u300033.3%, Below "some" 1 customer\u300016.7%'
    )


def test_both_sides_of_a_state_say_rate_and_counts_with_their_intervals():
    (_, rows, _), *_ = layers(outcome_dots(sides(), lang="ja", palette=LIGHT))
    assert [(row["side"], row["said"], row["low"], row["high"]) for row in rows] == [
        ("with", "ある 88.0%（44/50）", 0.76, 0.94),
        ("without", "ない 71.0%（71/100）", 0.61, 0.79),
    ]
    assert outcome_finding(sides(), lang="en") == "ordered with 88.0% (44/50), ordered without 71.0% (71/100)"


def test_a_side_without_anybody_has_no_dot():
    frame = sides(without_rate=None, without_state=0)
    (_, rows, _), *_ = layers(outcome_dots(frame, lang="ja", palette=LIGHT))
    assert [row["side"] for row in rows] == ["with"]


@pytest.mark.parametrize("palette", [LIGHT, DARK])
def test_charts_compile_to_what_vega_lite_accepts(palette):
    for chart in (
        level_bars(levels(1, 2, 3), lang="ja", palette=palette),
        level_bars(levels(1, 2, 3), levels(3, 2, 1), lang="ja", palette=palette),
        outcome_dots(sides(), lang="en", palette=palette),
    ):
        assert styled(chart, palette).to_dict()
