"""Charts of movement: bands between stages, months of coming and going, how those stayed who began together."""

import itertools

import pandas as pd
import pytest

from analysis.charts import (
    DARK,
    LIGHT,
    PICKED,
    flow,
    flow_cell,
    flow_finding,
    lifecycle_bars,
    lifecycle_finding,
    retention_curve,
    retention_finding,
    styled,
)

NAMES = {0: "①の前", 1: "①認知", 2: "②定着", None: ""}
USERS = {(0, 0): 4, (0, 2): 1, (1, 0): 2, (2, 2): 1, (None, 1): 1, (1, None): 1}


def layers(chart):
    spec = chart.to_dict()
    sets = spec["datasets"]
    return [(each["mark"]["type"], sets[each["data"]["name"]], each["encoding"]) for each in spec["layer"]]


def bands():
    chart = flow(USERS, NAMES, ("前", "今"), gone=("加わった", "外れた"), lang="ja", palette=LIGHT)
    return chart, next(rows for mark, rows, _ in layers(chart) if mark == "area")


def test_a_band_is_as_wide_as_its_people_are_many_from_end_to_end():
    _, points = bands()
    widths = {}
    for point in points:
        widths.setdefault(point["band"], set()).add(round(point["high"] - point["low"], 12))
    assert widths == {
        "[0, 0]": {0.4},
        "[0, 2]": {0.1},
        "[1, 0]": {0.2},
        "[2, 2]": {0.1},
        "[null, 1]": {0.1},
        "[1, null]": {0.1},
    }


def test_bands_leave_and_enter_their_bars_without_overlap():
    chart, points = bands()
    bars = next(rows for mark, rows, _ in layers(chart) if mark == "rect")
    for side, at in ((0, min), (1, max)):
        edge = at(point["x"] for point in points)
        spans = sorted((p["low"], p["high"]) for p in points if p["x"] == edge)
        assert all(high <= low + 1e-12 for (_, high), (low, _) in itertools.pairwise(spans))
        assert sum(high - low for low, high in spans) == pytest.approx(1)
        mine = sorted((bar["low"], bar["high"]) for bar in bars if bar["side"] == side)
        assert sum(high - low for low, high in mine) == pytest.approx(1)
        assert all(any(a - 1e-12 <= low and high <= b + 1e-12 for a, b in mine) for low, high in spans)


def test_the_best_stage_is_on_top_and_who_came_or_left_at_the_bottom():
    chart, _ = bands()
    bars = next(rows for mark, rows, _ in layers(chart) if mark == "rect")
    said = [[bar["said"] for bar in bars if bar["side"] == side] for side in (0, 1)]
    assert said == [
        ["②定着　1", "①認知　3", "①の前　5", "加わった　1"],
        ["②定着　2", "①認知　1", "①の前　6", "外れた　1"],
    ]


def test_blue_rose_orange_fell_and_the_finding_counts_only_who_was_there_twice():
    _, points = bands()
    assert {point["band"]: point["tone"] for point in points} == {
        "[0, 0]": "stayed",
        "[0, 2]": "rose",
        "[1, 0]": "fell",
        "[2, 2]": "stayed",
        "[null, 1]": "stayed",
        "[1, null]": "stayed",
    }
    assert flow_finding(USERS, lang="ja") == "進んだ人 1 人、同じステージの人 5 人、後戻りした人 2 人。"


def test_a_click_on_a_band_picks_the_cell_whose_people_moved_so():
    chart, points = bands()
    (param,) = chart.to_dict()["params"]
    assert (param["name"], param["select"]["fields"]) == (PICKED, ["band"])
    assert {flow_cell(point["band"]): point["n"] for point in points} == USERS


def life(*rows):
    names = ["new", "returning", "resurrected", "dormant", "no_history", "partial"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.assign(period_start=pd.date_range("2026-01-01", periods=len(rows), freq="MS"))


def test_who_used_it_stands_upwards_and_who_stopped_downwards():
    frame = life((5, 0, 0, 0, True, False), (1, 3, 2, 1, False, False), (0, 2, 0, 4, False, True))
    full, pale, *_ = layers(lifecycle_bars(frame, lang="ja", palette=LIGHT))
    spans = [(p["at"], p["state"], p["bottom"], p["top"]) for p in full[1]]
    assert spans == [
        (0, "unknown", 0, 5),
        (1, "returning", 0, 3),
        (1, "resurrected", 3, 5),
        (1, "new", 5, 6),
        (1, "dormant", -1, 0),
    ]
    assert [(p["state"], p["bottom"], p["top"]) for p in pale[1]] == [("returning", 0, 2), ("dormant", -4, 0)]


def test_the_last_bar_names_its_parts_apart_from_one_another():
    frame = life((1, 300, 1, 2, False, False))
    _, names, _ = layers(lifecycle_bars(frame, lang="ja", palette=LIGHT))[-1]
    assert [name["name"] for name in names] == ["続けて使った", "復帰", "新しく使い始めた", "使わなくなった"]
    places = sorted(name["place"] for name in names)
    assert min(b - a for a, b in itertools.pairwise(places)) >= 16 / 245 * 304 - 1e-9


def test_the_finding_is_about_the_last_month_that_is_over():
    frame = life((1, 3, 2, 1, False, False), (0, 2, 0, 4, False, True))
    assert lifecycle_finding(frame, lang="ja") == (
        "2026年1月は、続けて使った 3 人、復帰 2 人、新しく使い始めた 1 人、使わなくなった 1 人。"
    )
    assert lifecycle_finding(frame[frame["partial"]], lang="en") == "No period is complete yet."


def curve(*rows):
    frame = pd.DataFrame(rows, columns=["age", "retained_users", "cohort_users"])
    frame["retention_rate"] = frame["retained_users"] / frame["cohort_users"]
    return frame.assign(rate_low=frame["retention_rate"] - 0.1, rate_high=frame["retention_rate"] + 0.1)


def test_the_curve_starts_at_nought_per_cent_and_says_its_first_and_last_month():
    chart = retention_curve(curve((0, 10, 10), (1, 6, 10), (2, 2, 8)), lang="ja", palette=LIGHT)
    found = layers(chart)
    assert {str(enc["y"]["scale"]) for _, _, enc in found} == {str({"domain": [0, 1], "nice": False})}
    assert [row["shown"] for row in found[-1][1]] == ["60.0%", "25.0%"]


def test_the_finding_of_the_curve():
    frame = curve((0, 10, 10), (1, 6, 10), (2, 2, 8))
    assert retention_finding(frame, lang="ja") == (
        "使い始めた人のうち、1 か月後 60.0%、2 か月後 25.0% が使っていました。"
    )
    assert retention_finding(curve((0, 10, 10), (1, 6, 10)), lang="en").endswith("After 1 months 60.0%.")
    assert retention_finding(curve((0, 10, 10)), lang="en") == "No period is complete yet."


def test_the_styles_follow_the_palette():
    chart = styled(lifecycle_bars(life((1, 1, 1, 1, False, False)), lang="ja", palette=DARK), DARK).to_dict()
    assert DARK["down"] in chart["layer"][0]["encoding"]["color"]["scale"]["range"]
