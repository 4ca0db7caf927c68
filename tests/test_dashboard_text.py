"""Text and numbers as the pages write them."""

from datetime import date, datetime

import pandas as pd
import pytest

from analysis.period import Period
from dashboard import figures
from dashboard.escape import md


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("札幌 A*B*C社", r"札幌 A\*B\*C社"),
        ("![x](https://evil.example/p.png)", r"\!\[x\]\(https\:\/\/evil\.example\/p\.png\)"),
        ("<b>a</b>", r"\<b\>a\<\/b\>"),
        ("1. 株式会社", r"1\. 株式会社"),
        ("# 見出し\n\n- 一覧", r"\# 見出し \- 一覧"),
        ("$x$ :red[a] `b`", r"\$x\$ \:red\[a\] \`b\`"),
        (404, "404"),
    ],
)
def test_escaped_text_holds_no_markdown(text, escaped):
    assert md(text) == escaped


def test_arrows_and_the_logo_of_streamlit_are_broken_up_unseen():
    assert [md(text).replace("\u2060", "") for text in ("a -> b", ":streamlit:")] == [r"a \-\> b", r"\:streamlit\:"]
    assert "\u2060" in md("->")
    assert "\u2060" in md(":streamlit:")


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0.653, "65.3%"), (0.6425, "64.3%"), (0, "0.0%"), (1, "100.0%"), (None, "–"), (float("nan"), "–"), (pd.NA, "–")],
)
def test_a_rate_has_one_decimal_and_no_rate_is_a_dash(rate, shown):
    assert figures.percent(rate) == shown


def test_a_difference_of_rates_is_in_points():
    assert [figures.points(x) for x in (0.021, -0.021, 0.0, -0.0001, None)] == [
        "+2.1 pt",
        "-2.1 pt",
        "±0.0 pt",
        "±0.0 pt",
        "–",
    ]


def test_an_interval_does_not_break_at_its_dash():
    assert figures.interval(0.632, 0.673) == "63.2\u2060–\u206067.3%"
    assert figures.interval(None, None) == "–"


@pytest.mark.parametrize(
    ("n", "ja", "en"), [(1361, "1,361 人", "1,361 people"), (1, "1 人", "1 person"), (None, "–", "–")]
)
def test_people_are_counted_in_the_language_of_the_page(n, ja, en):
    assert (figures.people(n, "ja"), figures.people(n, "en")) == (ja, en)


@pytest.mark.parametrize(
    ("period", "ja", "en"),
    [
        ("2026-04..2026-06", "2026年4月1日 – 6月30日", "1 April – 30 June 2026"),
        ("2025-04..2026-03", "2025年4月1日 – 2026年3月31日", "1 April 2025 – 31 March 2026"),
        ("2026-04-01", "2026年4月1日", "1 April 2026"),
    ],
)
def test_a_period_shows_its_first_and_last_day(period, ja, en):
    assert (figures.span(Period.parse(period), "ja"), figures.span(Period.parse(period), "en")) == (ja, en)


def test_days_and_moments_in_tables_sort_as_text():
    assert figures.day_short(date(2026, 4, 1)) == "2026/04/01"
    assert figures.moment(datetime(2026, 4, 1, 9, 5)) == "2026/04/01 09:05"
    assert figures.day_short(pd.NaT) == "–"


@pytest.mark.parametrize(
    ("size", "shown"), [(0, "0 B"), (312_345, "312 KB"), (3_120_000, "3.1 MB"), (1_500_000_000, "1.5 GB")]
)
def test_sizes(size, shown):
    assert figures.size(size) == shown
