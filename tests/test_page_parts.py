"""The parts of a page that need no browser: periods, order of values, layout of a pivot, cautions, trends."""

from datetime import date
from types import SimpleNamespace

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from analysis.charts.labels import value_name
from analysis.period import Period
from analysis.words import text
from dashboard import cautions, dimensions, periods, pivot, trends
from dashboard.grid import lay_out
from dashboard.headline import needed
from dashboard.ordering import in_order

MARCH_31, JUNE_18 = date(2026, 3, 31), date(2026, 6, 18)


@pytest.mark.parametrize(
    ("code", "period"),
    [
        ("this_quarter", "2026-04..2026-06"),
        ("last_quarter", "2026-01..2026-03"),
        ("this_year", "2026-04..2027-03"),
        ("last_year", "2025-04..2026-03"),
        ("last_30_days", "2026-05-20..2026-06-18"),
        ("this_month", "2026-06"),
        ("last_month", "2026-05"),
    ],
)
def test_presets_are_seen_from_the_last_day_of_the_data(code, period):
    assert periods.of_preset(code, JUNE_18) == Period.parse(period)


def test_a_fiscal_year_of_january_moves_quarters_and_years():
    assert periods.of_preset("this_year", JUNE_18, 1) == Period.parse("2026-01..2026-12")
    assert periods.of_preset("this_quarter", date(2026, 5, 1), 2) == Period.parse("2026-05..2026-07")


def test_the_first_period_is_the_latest_complete_quarter_that_the_data_covers():
    assert periods.default(MARCH_31, date(2024, 4, 1)) == Period.parse("2026-01..2026-03")
    assert periods.default(JUNE_18, date(2024, 4, 1)) == Period.parse("2026-01..2026-03")
    assert periods.default(JUNE_18, date(2026, 5, 1)) == Period.parse("2026-04..2026-06")


@pytest.mark.parametrize(
    ("first", "covers"),
    [(date(2026, 1, 1), True), (date(2026, 1, 8), True), (date(2026, 1, 9), False), (date(2025, 6, 1), True)],
)
def test_data_covers_a_period_whose_start_it_misses_by_a_holiday_week_at_most(first, covers):
    assert periods.covered(Period.parse("2026-01..2026-03"), first) is covers


def test_values_stand_in_the_order_a_reader_expects():
    assert in_order(["九州", None, "関東", "北海道・東北", "中部", "近畿"]) == [
        "北海道・東北",
        "関東",
        "中部",
        "近畿",
        "九州",
        None,
    ]
    assert in_order(["営業第三部", "営業第一部", "営業第二部"]) == ["営業第一部", "営業第二部", "営業第三部"]
    assert in_order(["10 課", "２課", "1 課"]) == ["1 課", "２課", "10 課"]
    assert in_order(["東京都", "青森県", "北海道"]) == ["北海道", "青森県", "東京都"]
    assert in_order([float("nan"), "b", None, "a"]) == ["a", "b", None]


def long_form(*rows):
    """(area, shop, category, row_level, column_level, active, valid)."""
    frame = pd.DataFrame(rows, columns=["area", "shop", "category", "row_level", "column_level", "active", "valid"])
    frame = frame.rename(columns={"active": "active_users", "valid": "valid_users"})
    frame["active_rate"] = frame["active_users"] / frame["valid_users"].where(frame["valid_users"] > 0)
    return frame.assign(rate_low=frame["active_rate"], rate_high=frame["active_rate"], partial=False)


PIVOT = long_form(
    ("east", "b", "x", 0, 0, 10, 40),
    ("east", "a", "x", 0, 0, 30, 40),
    ("east", "a", None, 0, 0, 5, 29),
    (None, "c", "x", 0, 0, 40, 50),
    ("east", "b", None, 0, 1, 10, 40),
    ("east", "a", None, 0, 1, 35, 69),
    (None, "c", None, 0, 1, 40, 50),
    ("east", None, "x", 1, 0, 40, 80),
    ("east", None, None, 1, 0, 5, 29),
    (None, None, "x", 1, 0, 40, 50),
    ("east", None, None, 1, 1, 45, 109),
    (None, None, None, 1, 1, 40, 50),
    (None, None, "x", 2, 0, 80, 130),
    (None, None, None, 2, 0, 5, 29),
    (None, None, None, 2, 1, 85, 159),
)


def test_a_pivot_lists_every_group_before_its_parts_blank_last_and_the_total_at_the_end():
    grid = lay_out(PIVOT, ["area", "shop"], "category")
    assert grid.lines == (("east",), ("east", "a"), ("east", "b"), (None,), (None, "c"), ())
    assert grid.columns == (("x",), (None,), ())


def test_a_download_stands_in_the_order_of_the_page():
    grid = lay_out(PIVOT, ["area", "shop"], "category")
    page = SimpleNamespace(t=lambda key, **fields: text("ja", key, **fields))
    listed = pivot.table(page, PIVOT.sample(frac=1, random_state=1), grid, hide_below=0)
    wholes = listed[listed["d2"] == "合計"]
    lines = [pivot.line_label(page, grid, line).strip("\u3000").removesuffix("\u3000小計") for line in grid.lines]
    assert [d0 if d1 == "合計" else d1 for d0, d1 in zip(wholes["d0"], wholes["d1"], strict=True)] == lines


def test_a_blank_value_is_told_apart_from_a_folded_one():
    grid = lay_out(PIVOT, ["area", "shop"], "category")
    assert (grid.cell((), ()).active, grid.cell((None,), ()).active, grid.cell(("east",), (None,)).active) == (
        85,
        40,
        5,
    )


def test_totals_are_those_that_were_counted_and_a_missing_cell_has_nobody():
    grid = lay_out(PIVOT, ["area", "shop"], "category")
    assert (grid.total.active, grid.total.valid) == (85, 159)
    assert grid.cell(("east", "b"), (None,)) is None


def test_heat_is_for_innermost_cells_of_thirty_people_and_more():
    grid = lay_out(PIVOT, ["area", "shop"], "category")
    assert grid.steps() == {(("east", "b"), ("x",)): 1, (("east", "a"), ("x",)): 6, ((None, "c"), ("x",)): 6}
    assert grid.cell(("east", "a"), (None,)).is_small


def test_alike_rates_get_no_contrast():
    frame = long_form(
        ("a", None, None, 0, 0, 50, 100), ("b", None, None, 0, 0, 51, 100), (None, None, None, 1, 0, 101, 200)
    )
    assert set(lay_out(frame, ["area"]).steps().values()) == {1, 2}


def test_a_pivot_without_dimensions_is_one_line():
    grid = lay_out(long_form((None, None, None, 0, 0, 3, 4)), [])
    assert (grid.lines, grid.columns, grid.total.rate) == (((),), ((),), 0.75)


def test_beyond_the_limit_the_smallest_parts_are_left_out_and_counted():
    rows = [(f"a{i}", None, None, 0, 0, 1, i + 1) for i in range(10)]
    grid = lay_out(long_form(*rows, (None, None, None, 1, 0, 10, 55)), ["area"], most_lines=3)
    assert grid.lines == (("a7",), ("a8",), ("a9",), ())
    assert grid.left_out == 7
    assert grid.total.valid == 55


@pytest.mark.parametrize(
    ("goal", "valid", "people"), [(0.7, 1200, 840), (0.7, 1201, 841), (0.7, 10, 7), (1.0, 3, 3), (0.7, 0, 0)]
)
def test_a_goal_is_reached_by_whole_people(goal, valid, people):
    assert needed(goal, valid) == people


@pytest.mark.parametrize(
    ("effect", "shown"),
    [
        ({"change": 0.022, "rate_effect": -0.015, "mix_effect": 0.037, "reversed": True}, True),
        ({"change": 0.02, "rate_effect": -0.01, "mix_effect": 0.03, "reversed": False}, True),
        ({"change": 0.02, "rate_effect": 0.01, "mix_effect": 0.01, "reversed": False}, False),
        ({"change": 0.001, "rate_effect": -0.001, "mix_effect": 0.002, "reversed": False}, False),
        ({"change": float("nan"), "rate_effect": 0.1, "mix_effect": 0.1, "reversed": False}, False),
        (None, False),
    ],
)
def test_the_mix_is_spoken_of_where_total_and_parts_disagree(effect, shown):
    assert bool(cautions.mix(effect)) is shown


def test_working_days_are_spoken_of_where_such_a_month_stands_in_the_trend():
    assert cautions.working_days([date(2026, 2, 1)], "month")
    assert not cautions.working_days([date(2026, 3, 1), date(2026, 4, 1)], "month")
    assert not cautions.working_days([date(2026, 1, 1)], "quarter")


@pytest.mark.parametrize(
    ("every", "days", "shown"), [("month", 90, True), ("month", 31, False), ("quarter", 90, False), ("week", 14, True)]
)
def test_periods_of_another_length_are_not_comparable(every, days, shown):
    assert bool(cautions.period_length(every, days)) is shown


def test_a_few_ids_with_much_of_the_use_are_spoken_of():
    assert cautions.shared_ids({"ids": 96, "actions": 1180, "top_actions": 649})
    assert not cautions.shared_ids({"ids": 771, "actions": 20000, "top_actions": 649})
    assert not cautions.shared_ids({"ids": 5, "actions": 10, "top_actions": 9})


def test_many_cells_are_spoken_of_from_twenty_on():
    rows = [(f"a{i:02}", None, None, 0, 0, 1, 40) for i in range(20)]
    total = (None, None, None, 1, 0, 20, 800)
    assert cautions.many_cells(lay_out(long_form(*rows, total), ["area"]))
    assert not cautions.many_cells(lay_out(long_form(*rows[1:], total), ["area"]))


def test_a_goal_that_signing_in_alone_would_reach_is_spoken_of():
    assert cautions.goal(0.7, None, ["ログイン", "注文"])
    assert cautions.goal(0.7, None, [])
    assert not cautions.goal(0.7, ["注文"], ["ログイン", "注文"])
    assert not cautions.goal(None, None, ["ログイン"])


@pytest.mark.parametrize(
    ("period", "every", "span"),
    [
        ("2026-01..2026-03", "month", "2025-04..2026-03"),
        ("2026-04-01..2026-04-15", "week", "2026-01-19..2026-04-19"),
        ("2024-04..2026-09", "quarter", "2023-10..2026-09"),
        ("2026-04-01..2026-05-10", "month", "2025-06..2026-05"),
    ],
)
def test_a_trend_shows_whole_buckets_around_the_period(period, every, span):
    asked = Period.parse(period)
    assert trends.bucket(asked) == every
    assert trends.around(asked, every, date(2020, 1, 1), asked.last_day) == Period.parse(span)


def test_a_trend_begins_with_the_first_bucket_that_the_data_covers():
    quarter = Period.parse("2026-01..2026-03")
    assert trends.around(quarter, "month", date(2025, 10, 2), MARCH_31).start == date(2025, 10, 1)
    assert trends.around(quarter, "month", date(2025, 10, 20), MARCH_31).start == date(2025, 11, 1)
    assert trends.around(quarter, "month", date(2026, 4, 2), MARCH_31) is None


def test_a_trend_ends_with_the_bucket_that_holds_the_last_day_known():
    asked = Period.parse("2026-01..2026-12")
    assert trends.around(asked, "month", date(2020, 1, 1), JUNE_18) == Period.parse("2025-07..2026-06")


def test_the_roster_that_counts_is_the_latest_on_or_before_the_deciding_day():
    rosters = [date(2025, 9, 30), date(2026, 3, 31)]
    quarter = Period.parse("2026-01..2026-03")
    assert trends.roster_of(quarter, "end", rosters) == date(2026, 3, 31)
    assert trends.roster_of(quarter, "start", rosters) == date(2025, 9, 30)
    assert trends.roster_of(Period.parse("2025-04"), "end", rosters) == date(2025, 9, 30)
    assert trends.before_first(Period.parse("2025-04"), rosters)
    assert not trends.before_first(quarter, rosters)


def test_a_value_that_reads_like_our_words_is_told_apart_from_them():
    class Page:
        lang = "ja"

        def t(self, key):
            return text(self.lang, key)

    page = Page()
    labels = [dimensions.value_label(page, value) for value in (None, "", "（空白）", "合計", "関東")]
    assert labels == ["（空白）", "（空白）", "“（空白）”", "“合計”", "関東"]
    assert [value_name(value, "ja") for value in (None, "（空白）", "関東")] == ["（空白）", "“（空白）”", "関東"]


def test_an_empty_choice_stays_empty_where_a_kind_of_activity_is_called_dash():
    def script():
        from dashboard import url

        url.url_list("kinds", ["login", "-"], str, "activities")

    app = AppTest.from_function(script).run().run()
    assert (app.multiselect[0].value, app.query_params["activities"]) == ([], "--")
    app.multiselect[0].select("-").run().run()
    assert (app.multiselect[0].value, app.query_params["activities"]) == (["-"], "-")
