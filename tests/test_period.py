"""Periods: half-open, both ends of the text included, units by the calendar."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import ChoiceError, PeriodError
from analysis.period import EVERY, Period, add_months, floor


@pytest.mark.parametrize(
    ("text", "start", "last_day"),
    [
        ("2026-04..2026-06", date(2026, 4, 1), date(2026, 6, 30)),
        ("2026-04-01..2026-04-15", date(2026, 4, 1), date(2026, 4, 15)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("FY2025", date(2025, 4, 1), date(2026, 3, 31)),
        ("2026-Q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-03-31", date(2026, 3, 31), date(2026, 3, 31)),
        (" 2025-12 .. 2026-01 ", date(2025, 12, 1), date(2026, 1, 31)),
    ],
)
def test_text_names_its_first_and_last_day(text, start, last_day):
    period = Period.parse(text)
    assert (period.start, period.last_day) == (start, last_day)


@pytest.mark.parametrize("text", ["", "..", "2026-13", "2026-02-30", "yesterday", "2026-06..2026-04", "2026-04.."])
def test_what_is_no_period_is_refused(text):
    with pytest.raises(PeriodError, match="not a period"):
        Period.parse(text)


@pytest.mark.parametrize(
    ("text", "before"),
    [
        ("2026-06", "2026-05-01..2026-05-31"),
        ("2026-04..2026-06", "2026-01-01..2026-03-31"),
        ("FY2026", "2025-04-01..2026-03-31"),
        ("2026-03-01..2026-03-30", "2026-01-30..2026-02-28"),
        ("2026-02-01..2026-02-28", "2026-01-01..2026-01-31"),
        ("2026-01-05..2026-01-11", "2025-12-29..2026-01-04"),
    ],
)
def test_the_period_before_has_as_many_months_or_else_as_many_days(text, before):
    assert str(Period.parse(text).previous()) == before


def test_a_split_by_week_starts_on_mondays_and_is_cut_by_the_edges():
    parts = [str(p) for p in Period.parse("2026-01-01..2026-01-13").split("week")]
    assert parts == ["2026-01-01..2026-01-04", "2026-01-05..2026-01-11", "2026-01-12..2026-01-13"]


def test_fiscal_units_begin_in_april_unless_told_otherwise():
    assert floor(date(2026, 3, 31), "year") == date(2025, 4, 1)
    assert floor(date(2026, 3, 31), "year", fiscal_start=1) == date(2026, 1, 1)
    assert floor(date(2026, 3, 31), "half") == date(2025, 10, 1)
    assert floor(date(2026, 2, 1), "quarter", fiscal_start=2) == date(2026, 2, 1)


def test_a_month_later_than_the_31st_is_the_last_day_of_the_month():
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)


def test_a_period_is_partial_where_it_reaches_past_the_last_known_day():
    june = Period.parse("2026-06")
    assert june.is_partial(date(2026, 6, 29))
    assert not june.is_partial(date(2026, 6, 30))


def test_an_unknown_unit_is_refused():
    with pytest.raises(ChoiceError, match="fortnight"):
        list(Period.parse("2026").split("fortnight"))


def test_a_period_cannot_be_empty():
    with pytest.raises(PeriodError, match="not a period"):
        Period(date(2026, 4, 1), date(2026, 4, 1))


periods = st.tuples(st.dates(date(1990, 1, 1), date(2060, 1, 1)), st.integers(1, 900)).map(
    lambda pair: Period(pair[0], date.fromordinal(pair[0].toordinal() + pair[1]))
)


@given(periods, st.sampled_from(EVERY))
def test_the_parts_of_a_split_join_up_to_the_whole(period, every):
    parts = list(period.split(every))
    assert (parts[0].start, parts[-1].end) == (period.start, period.end)
    assert all(a.end == b.start for a, b in pairwise(parts))
    assert sum(part.days for part in parts) == period.days


@given(periods)
def test_the_text_of_a_period_reads_back(period):
    assert Period.parse(str(period)) == period


def test_a_period_holds_its_first_and_its_last_day_and_no_other():
    april = Period(date(2026, 4, 1), date(2026, 5, 1))
    days = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 30), date(2026, 5, 1)]
    assert [day in april for day in days] == [False, True, True, False]


def test_the_last_days_end_with_the_day_that_is_known():
    assert Period.last_days(30, date(2026, 6, 30)) == Period(date(2026, 6, 1), date(2026, 7, 1))
    assert Period.last_days(1, date(2026, 6, 30)) == Period(date(2026, 6, 30), date(2026, 7, 1))


def test_a_period_written_backwards_is_named_as_it_was_written():
    with pytest.raises(PeriodError, match=r'"2026-05\.\.2026-04" is not a period'):
        Period.parse("2026-05..2026-04")
