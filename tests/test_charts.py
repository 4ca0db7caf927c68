"""Charts are checked through the specification they compile to: their data, domains and words."""

from datetime import date

import pandas as pd
import pytest
from drawn import layers

from analysis.charts import DARK, LIGHT, shown_parts, styled, trend, trend_finding
from analysis.charts.labels import axis_labels, bucket_name, percent
from analysis.charts.trend import _apart


def months(*rates, partial_last=False, **more):
    starts = pd.date_range("2025-11-01", periods=len(rates), freq="MS")
    frame = pd.DataFrame({"period_start": starts, "valid_users": 200, "active_users": [round(r * 200) for r in rates]})
    frame["active_rate"] = frame["active_users"] / frame["valid_users"]
    frame["rate_low"], frame["rate_high"] = frame["active_rate"] - 0.05, frame["active_rate"] + 0.05
    frame["partial"] = [partial_last and i == len(rates) - 1 for i in range(len(rates))]
    return frame.assign(**more)


def texts(chart):
    return [row[enc["text"]["field"]] for mark, rows, enc in layers(chart) if mark == "text" for row in rows]


def test_every_layer_has_the_same_domain_from_zero_and_is_not_nice():
    chart = trend(months(0.41, 0.5, 0.645), lang="ja", palette=LIGHT, target=0.7)
    scales = [enc["y"]["scale"] for _, _, enc in layers(chart)]
    assert scales == [{"domain": [0, 0.8], "nice": False}] * len(scales)


@pytest.mark.parametrize(
    ("highest", "top"), [(0.02, 0.2), (0.19, 0.4), (0.5, 0.6), (0.645, 0.8), (0.97, 1.0), (1.0, 1.0)]
)
def test_the_axis_ends_at_a_step_of_twenty_points_with_air_above(highest, top):
    chart = trend(months(0.01, highest).assign(rate_high=highest), lang="ja", palette=LIGHT)
    assert layers(chart)[0][2]["y"]["scale"]["domain"] == [0, top]


def test_a_partial_bucket_is_hollow_dashed_without_band_and_says_until_when():
    chart = trend(months(0.4, 0.5, 0.3, partial_last=True), lang="ja", palette=LIGHT, as_of=date(2026, 1, 18))
    marks = layers(chart)
    band, full_line, dashed = (rows for _, rows, _ in marks[:3])
    assert [len(band), len(full_line), len(dashed)] == [2, 2, 2]
    assert [row["rate"] for row in dashed] == [0.5, 0.3]
    assert "30.0% 1/18 まで" in texts(chart)


def test_nothing_is_dashed_where_every_bucket_is_complete():
    marks = [mark for mark, _, _ in layers(trend(months(0.4, 0.5), lang="ja", palette=LIGHT))]
    assert marks == ["area", "line", "point", "text", "text"]


def test_months_carry_the_year_under_the_first_and_under_january():
    starts = [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)]
    assert axis_labels(starts, "month", "ja") == [["11月", "2025年"], ["12月"], ["1月", "2026年"]]
    assert axis_labels(starts, "month", "en") == [["Nov", "2025"], ["Dec"], ["Jan", "2026"]]


def test_buckets_have_names_in_both_languages():
    day = date(2026, 4, 1)
    assert [bucket_name(day, every, "ja") for every in ("month", "quarter", "week", "day")] == [
        "2026年4月",
        "2026年4–6月",
        "2026年4月1日からの 1 週間",
        "2026年4月1日",
    ]
    assert [bucket_name(day, every, "en") for every in ("month", "quarter")] == ["April 2026", "Apr–Jun 2026"]


def test_first_and_last_full_points_carry_their_values():
    assert texts(trend(months(0.41, 0.5, 0.645), lang="ja", palette=LIGHT)) == ["41.0%", "64.5%"]


def test_a_single_bucket_is_labelled_once():
    assert texts(trend(months(0.41), lang="ja", palette=LIGHT)) == ["41.0%"]


def test_the_target_is_named_at_the_left_end_in_the_language_of_the_page():
    assert texts(trend(months(0.4, 0.5), lang="en", palette=DARK, target=0.7))[-1] == "Goal 70%"


def parts(**rates):
    frames = [months(*values).assign(area=name if name != "none" else None) for name, values in rates.items()]
    return pd.concat(frames, ignore_index=True)


def test_lines_are_named_at_their_end_and_the_blank_one_is_muted():
    frame = parts(east=[0.4, 0.5], west=[0.3, 0.2], none=[0.1, 0.1])
    chart = trend(frame, lang="ja", palette=LIGHT, by="area")
    assert sorted(texts(chart)) == ["east 50.0%", "west 20.0%", "（空白） 10.0%"]
    colours = {row["part"]: row["colour"] for row in layers(chart)[0][1]}
    assert colours["（空白）"] == LIGHT["muted"]
    assert colours["east"] == LIGHT["cat"][0]


def test_names_are_written_in_a_shade_that_can_be_read():
    chart = trend(parts(a=[0.1, 0.1], b=[0.2, 0.2]), lang="ja", palette=LIGHT, by="area")
    names = next(rows for mark, rows, _ in layers(chart) if mark == "text")
    assert {row["colour"]: row["ink"] for row in names} == {"#1B5E86": "#1B5E86", "#CB8127": "#B4500F"}


def test_room_for_names_is_worked_out_from_the_width_and_is_the_same_in_every_layer():
    chart = trend(parts(east=[0.4, 0.5], west=[0.3, 0.2]), lang="ja", palette=LIGHT, by="area", target=0.7)
    ends = {str(enc["x"]["scale"]["domainMax"]) for _, _, enc in layers(chart) if "x" in enc}
    assert len(ends) == 1
    assert "width" in ends.pop()


def test_more_than_six_parts_show_the_six_largest():
    frame = parts(**{f"p{i}": [0.1, 0.1] for i in range(9)})
    frame["valid_users"] = frame["area"].str[1:].astype(int) * 10 + 5
    assert shown_parts(frame, "area") == ["p8", "p7", "p6", "p5", "p4", "p3"]
    assert {row["part"] for row in layers(trend(frame, lang="ja", palette=LIGHT, by="area"))[0][1]} == {
        f"p{i}" for i in range(3, 9)
    }


def test_names_keep_apart_and_inside_the_chart():
    placed = _apart(pd.Series([0.5, 0.51, 0.5, 0.99]), 0.05, 1.0)
    assert min(b - a for a, b in zip(sorted(placed), sorted(placed)[1:], strict=False)) >= 0.05 - 1e-9
    assert max(placed) <= 1.0


def test_a_bucket_without_valid_users_breaks_the_line_and_is_not_zero():
    frame = months(0.4, 0.5, 0.6)
    frame.loc[1, ["active_rate", "rate_low", "rate_high"]] = None
    line = layers(trend(frame, lang="ja", palette=LIGHT))[1][1]
    assert [row["rate"] for row in line] == [0.4, None, 0.6]


def test_the_finding_names_first_last_and_goal():
    frame = months(0.41, 0.5, 0.645, 0.1, partial_last=True)
    assert trend_finding(frame, lang="ja", target=0.7) == (
        "アクティブ率は 2025年11月の 41.0% から 2026年1月の 64.5% になりました。目標は 70% です。"
    )


def test_the_finding_of_parts_names_the_highest_and_the_lowest():
    found = trend_finding(parts(east=[0.4, 0.5], west=[0.3, 0.2]), lang="en", by="area")
    assert found == "In December 2025 the active rate was highest in east (50.0%) and lowest in west (20.0%)."


def test_the_finding_says_when_nothing_is_complete():
    assert trend_finding(months(0.4, partial_last=True), lang="en") == "No period is complete yet."


@pytest.mark.parametrize(("rate", "shown"), [(0.6205, "62.1%"), (0.0, "0.0%"), (1.0, "100.0%"), (0.615, "61.5%")])
def test_halves_are_rounded_up(rate, shown):
    assert percent(rate) == shown


def test_the_style_follows_the_palette():
    config = styled(trend(months(0.4, 0.5), lang="ja", palette=DARK), DARK).to_dict()["config"]
    assert config["axis"]["labelColor"] == DARK["muted"]
    assert config["background"] == "transparent"
