"""Japanese business days: the holidays of the law, counted one by one."""

from datetime import date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from narwhals.stable.v2 import from_native
from process_oracle import day, rows_of
from usage_oracle import ENGINES
from worlds import PHASES

from analysis.business_days import BusinessDays, days_in, listed_days, national_holidays, with_days
from analysis.errors import ChoiceError

engines = pytest.mark.parametrize("engine", ENGINES)
# The Cabinet Office's list for 2019 (a new emperor) and 2021 (the games moved three of them).
YEAR_2019 = """01-01 01-14 02-11 03-21 04-29 04-30 05-01 05-02 05-03 05-04 05-05 05-06 07-15 08-11 08-12 09-16 09-23
10-14 10-22 11-03 11-04 11-23"""
YEAR_2021 = "01-01 01-11 02-11 02-23 03-20 04-29 05-03 05-04 05-05 07-22 07-23 08-08 08-09 09-20 09-23 11-03 11-23"
YEAR_2026 = (
    """01-01 01-12 02-11 02-23 03-20 04-29 05-03 05-04 05-05 05-06 07-20 08-11 09-21 09-22 09-23 10-12 11-03 11-23"""
)
OWN = BusinessDays.closed_on([day("2026-01-02"), day("2026-08-13"), day("2026-08-15")])
days = st.dates(date(2025, 12, 20), date(2027, 1, 20))


def spans(pairs, calendar, engine="pandas"):
    moments = {"start": [a for a, _ in pairs], "end": [b for _, b in pairs]}
    table = pd.DataFrame(moments).astype("datetime64[us]")
    result = with_days(from_native(ENGINES[engine](table)), calendar, start="start", end="end", name="days")
    return {(row["start"], row["end"]): row["days"] for row in rows_of(result.to_native())}


@pytest.mark.parametrize(("year", "listed"), [(2019, YEAR_2019), (2021, YEAR_2021), (2026, YEAR_2026)])
def test_national_holidays_are_those_of_the_official_list(year, listed):
    assert sorted(national_holidays(year, year)) == [day(f"{year}-{each}") for each in listed.split()]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-01-09", "2026-01-09", 0),  # the same day
        ("2026-01-08", "2026-01-09", 1),  # Thursday to Friday
        ("2026-01-09", "2026-01-12", 1),  # Friday to Monday, a holiday
        ("2026-01-10", "2026-01-13", 0),  # Saturday to Tuesday: Monday is a holiday
        ("2026-05-01", "2026-05-07", 1),  # the golden week, with its substitute on the 6th
        ("2026-01-13", "2026-01-08", -2),
    ],
)
def test_a_span_counts_the_day_it_starts_and_not_the_day_it_ends(start, end, expected):
    pair = (datetime.fromisoformat(start), datetime.fromisoformat(end))
    for engine in ENGINES:
        assert spans([pair], BusinessDays(), engine) == {pair: expected}
    assert BusinessDays().between(day(start), day(end)) == expected


def check_days(engine, pairs, calendar):
    noon = timedelta(hours=12)
    moments = [(datetime(a.year, a.month, a.day) + noon, datetime(b.year, b.month, b.day)) for a, b in pairs]
    expected = {(a, b): calendar.between(a.date(), b.date()) for a, b in moments}
    assert spans(moments, calendar, engine) == expected


days_of = given(
    pairs=st.lists(st.tuples(days, days), min_size=1, max_size=8),
    calendar=st.sampled_from([OWN, BusinessDays(weekend=frozenset({2}))]),
)


@engines
@settings(max_examples=5, phases=PHASES)
@days_of
def test_agrees_with_days_counted_one_by_one(engine, pairs, calendar):
    check_days(engine, pairs, calendar)


@pytest.mark.long
@engines
@settings(max_examples=24, phases=PHASES)
@days_of
def test_agrees_with_days_counted_one_by_one_at_length(engine, pairs, calendar):
    check_days(engine, pairs, calendar)


@engines
def test_calendar_days_are_exact_and_missing_stays_missing(engine):
    start, end = datetime(2024, 2, 28, 6), datetime(2024, 3, 1, 18, 0, 0, 1)
    got = spans([(start, end), (start, None), (end, start)], "calendar", engine)
    assert got == {
        (start, end): pytest.approx(2.5 + 1e-6 / 86400, abs=1e-12),
        (start, None): None,
        (end, start): pytest.approx(-2.5 - 1e-6 / 86400, abs=1e-12),
    }
    assert spans([(start, None)], OWN, engine) == {(start, None): None}


def test_a_file_lists_days_off_in_either_encoding(tmp_path):
    text = "国民の祝日・休日月日,国民の祝日・休日名称\n2026/1/1,元日\n2026-12-29,年末\n,\n"
    for encoding in ("cp932", "utf-8-sig"):
        (tmp_path / "off.csv").write_text(text, encoding=encoding)
        read = BusinessDays.from_file(tmp_path / "off.csv", national=False)
        assert read.closed == {day("2026-01-01"), day("2026-12-29")}
    assert read.between(day("2025-12-31"), day("2026-01-06")) == 3
    assert listed_days(b"") == []


def test_an_unknown_calendar_is_refused():
    with pytest.raises(ChoiceError, match="weekdays"):
        spans([], "weekdays")


def test_lines_that_hold_no_day_are_told_from_days():
    days, rest = days_in("日付,名前\n2026/8/13,夏休み\n\n2026-02-30\n2026年8月14日\n8/15")
    assert (days, rest) == ([date(2026, 8, 13), date(2026, 8, 14)], ["日付,名前", "2026-02-30", "8/15"])
    assert listed_days(b"2026/13/1\n2026/1/13") == [date(2026, 1, 13)]
