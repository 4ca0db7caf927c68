"""The chart of the funnel, through the specification it compiles to: pieces that add up, words, and what is clicked."""

import pandas as pd
import pytest

from analysis.charts import DARK, LIGHT, PICKED, funnel_bars, funnel_finding, steepest, styled

NAMES = ["①見る", "②かご", "③買う"]


def counted(*rows):
    """Reached, waiting and lost of each step, as a result of `funnel`."""
    frame = pd.DataFrame(rows, columns=["reached", "waiting", "lost"])
    frame.insert(0, "position", range(1, len(rows) + 1))
    frame["entered"] = frame[["reached", "waiting", "lost"]].sum(axis=1)
    before = frame["reached"].shift().astype("Float64")
    frame["step_rate"] = (frame["reached"] / before).where(before > 0)
    frame["overall_rate"] = (frame["reached"] / frame["entered"].where(frame["entered"] > 0)).astype("Float64")
    return frame


def layers(chart):
    spec = chart.to_dict()
    return [(each["mark"]["type"], spec["datasets"][each["data"]["name"]], each["encoding"]) for each in spec["layer"]]


def test_the_pieces_of_a_bar_follow_one_another_and_make_up_all_who_entered():
    ((mark, pieces, encoding), *_) = layers(
        funnel_bars(counted((8, 0, 0), (6, 1, 1), (2, 2, 4)), NAMES, lang="ja", palette=LIGHT)
    )
    assert mark == "bar"
    spans = [(each["position"], each["state"], each["start"], each["end"]) for each in pieces]
    assert spans == [
        (1, "reached", 0, 1),
        (2, "reached", 0, 0.75),
        (2, "waiting", 0.75, 0.875),
        (2, "lost", 0.875, 1),
        (3, "reached", 0, 0.25),
        (3, "waiting", 0.25, 0.5),
        (3, "lost", 0.5, 1),
    ]
    assert encoding["x"]["scale"] == {"domain": [0, 1], "nice": False}
    assert encoding["color"]["scale"]["domain"] == ["reached", "waiting", "lost"]


def test_every_bar_says_people_rates_and_what_is_left():
    chart = funnel_bars(counted((8, 0, 0), (6, 1, 1)), NAMES[:2], lang="ja", palette=LIGHT)
    texts = [[row[enc["text"]["field"]] for row in rows] for mark, rows, enc in layers(chart) if mark == "text"]
    assert texts == [
        ["①見る", "②かご"],
        ["8 人　100.0%", "6 人　75.0%　前から 75.0%"],
        ["", "期限内（これから） 1 人"],
        ["", "期限切れ 1 人"],
    ]


def test_a_click_picks_the_step_and_the_state():
    spec = funnel_bars(counted((1, 0, 0)), NAMES[:1], lang="ja", palette=LIGHT).to_dict()
    (param,) = spec["params"]
    assert (param["name"], param["select"]["fields"]) == (PICKED, ["position", "state"])


@pytest.mark.parametrize(("steps", "height"), [(1, 88), (3, 264), (4, 320), (12, 912)])
def test_a_funnel_of_four_steps_is_320_high_and_longer_ones_grow(steps, height):
    names = [f"s{i}" for i in range(steps)]
    chart = funnel_bars(counted(*([(1, 0, 0)] * steps)), names, lang="en", palette=DARK)
    assert chart.to_dict()["height"] == height


def test_the_finding_names_the_step_that_fewest_go_on_to():
    frame = counted((8, 0, 0), (6, 1, 1), (2, 2, 4))
    assert funnel_finding(frame, NAMES, lang="ja") == (
        "①見る 8 人　100.0%、②かご 6 人　75.0%　前から 75.0%、③買う 2 人　25.0%　前から 33.3%"
        "。いちばん減るのは③買うで、前のステップから進んだのは 33.3% です。"
    )
    assert steepest(frame) == 3


def test_where_everybody_goes_on_no_step_is_the_worst():
    frame = counted((2, 0, 0), (2, 0, 0))
    assert steepest(frame) is None
    assert funnel_finding(frame, NAMES[:2], lang="en").endswith("step 100.0%")


def test_a_step_behind_one_that_nobody_reached_has_no_rate():
    frame = counted((2, 0, 0), (0, 0, 2), (0, 0, 2))
    assert steepest(frame) == 2
    assert "前から –" not in funnel_finding(frame, NAMES, lang="ja")


def test_the_style_follows_the_palette():
    chart = styled(funnel_bars(counted((1, 0, 1)), NAMES[:1], lang="ja", palette=DARK), DARK).to_dict()
    assert DARK["down"] in chart["layer"][0]["encoding"]["color"]["scale"]["range"]
