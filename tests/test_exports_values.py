"""Dates and numbers as systems write them; whole columns are read exactly like single values."""

from datetime import datetime, timedelta
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analysis.exports import columnar
from analysis.exports.cleaning import clean
from analysis.exports.forms import Refusal
from analysis.exports.text import trim
from analysis.exports.values import parse_moment, parse_number

APRIL = datetime(2026, 4, 1)
NINE = datetime(2026, 4, 1, 9, 5)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026/4/1", APRIL),
        ("2026-04-01 09:05:00", NINE),
        ("2026年4月1日", APRIL),
        ("2026年4月1日 9時5分", NINE),
        ("2026年04月01日(水) 09:05", NINE),
        ("2026.4.1", APRIL),
        ("20260401", APRIL),
        ("202604010905", NINE),
        ("20260401T090500", NINE),
        ("2026-04-01T00:05:00Z", NINE),
        ("2026-04-01T09:05:00+09:00", NINE),
        ("2026-03-31 19:05:00 -0500", NINE),
        ("2026/04/01 9:05:00 午前 GMT+9", NINE),
        ("令和8年4月1日", APRIL),
        ("R8.4.1 9:05", NINE),
        ("平成31年4月1日", datetime(2019, 4, 1)),
        ("令和元年5月1日", datetime(2019, 5, 1)),
        ("2026/4/1 午後 9:05", NINE + timedelta(hours=12)),
        ("2026/4/1 午前0:05", NINE - timedelta(hours=9)),
        ("2026/4/1 12:05 AM", NINE - timedelta(hours=9)),
        ("2026/4/1 12:05 pm", NINE + timedelta(hours=3)),
        ("２０２６／４／１　９：０５", NINE),
        (" 2026/4/1 ", APRIL),
        ("Apr 01, 2026 09:05 am", NINE),
        ("01/Apr/26 9:05 AM", NINE),
        ("2026-04-01 09:05:00.1234567", NINE + timedelta(microseconds=123456)),
        ("", None),
        ("-", None),
        ("N/A", None),
        ("Never logged in", None),
        ("0000-00-00 00:00:00", None),
        ("0001/01/01 0:00:00", None),
    ],
)
def test_moments(text, moment):
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2026/13/1", "impossible_date"),
        ("2026/2/29", "impossible_date"),
        ("1026/4/1", "impossible_date"),
        ("2026/4/1 24:00", "impossible_time"),
        ("2026/4/1 9:60", "impossible_time"),
        ("2026/4/1 午後 13:00", "impossible_time"),
        ("3/12/2026", "order_unknown"),
        ("46113", "no_date"),
        ("確認中", "no_date"),
        ("2026年4月", "no_date"),
        ("11 May, 09:44", "no_date"),
    ],
)
def test_moments_that_are_refused(text, reason):
    with pytest.raises(Refusal, match=f"^{reason}$"):
        parse_moment(text)


def test_the_order_of_day_and_month_is_told():
    assert parse_moment("3/12/2026", "mdy") == datetime(2026, 3, 12)
    assert parse_moment("3/12/26, 14:41", "dmy") == datetime(2026, 12, 3, 14, 41)
    assert parse_moment("2026/3/12", "dmy") == datetime(2026, 3, 12)


def test_a_time_of_greenwich_moves_and_a_day_does_not():
    assert parse_moment("2026-03-31 20:00", utc=True) == datetime(2026, 4, 1, 5)
    assert parse_moment("2026-03-31", utc=True) == datetime(2026, 3, 31)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234", "1234"),
        ("１２３", "123"),
        ("¥1,234", "1234"),
        ("￥１，２３４", "1234"),
        ("1,234円", "1234"),
        ("(1,234)", "-1234"),
        ("△1,234", "-1234"),
        ("▲¥5", "-5"),
        ("-0", "0"),
        ("$1,000.50", "1000.5"),
        (".5", "0.5"),
        ("0.00005", "0.0001"),
        ("99999999999999.9999", "99999999999999.9999"),
        ("-", None),
        ("", None),
    ],
)
def test_numbers(text, number):
    assert parse_number(text) == (number and Decimal(number))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1,23", "not_a_number"),
        ("1.2E+05", "not_a_number"),
        ("27.8%", "not_a_number"),
        ("要見積", "not_a_number"),
        ("100000000000000", "number_too_large"),
        ("99999999999999.99995", "number_too_large"),
    ],
)
def test_numbers_that_are_refused(text, reason):
    with pytest.raises(Refusal, match=f"^{reason}$"):
        parse_number(text)


DIGIT = st.sampled_from("0123456789０９")
MOMENTS = st.builds(
    "{}{}{}{}{}{}{}".format,
    st.sampled_from(["2026", "0001", "1", "12", "令和8", "R", "９", "9999", "0000", "1899"]),
    st.sampled_from(["/", "-", "年", ".", "", " "]),
    st.integers(0, 14),
    st.sampled_from(["/", "-", "月", ".", "", " "]),
    st.integers(0, 33),
    st.sampled_from(["", "日", " ", "T", "日 午後", " 午前", ", ", "/2026 ", "/26 "]),
    st.sampled_from(
        ["", "9:05", "24:00", "23:59:60", "9時", "12:30 PM", "00:00:00Z", "23:00-14:59", "09:05:00.123456789", "0905"]
    ),
)
NUMBERS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "-", "△", "(", "¥", "-¥", "+", "￥", " "]),
    st.text(st.sampled_from("0123456789,９"), max_size=18),
    st.sampled_from(["", ".", ".5", ".00005", ".99995", ".123456789"]),
    st.sampled_from(["", "円", ")", "個", "%", " "]),
)
NOISE = st.text(st.sampled_from("0129/-: 年月日午後TZ.,¥()　aé\u00b2①"), max_size=12)


def outcome(parse, text):
    if text is None:
        return None
    try:
        return parse(text)
    except Refusal as refusal:
        return refusal.code


def column(read, array):
    return [
        value if code == columnar.OK else None if code == columnar.NOTHING else columnar.CODES[code]
        for value, code in zip(array.to_pylist(), read.codes.tolist(), strict=True)
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.none(), MOMENTS, NOISE), max_size=30),
    st.sampled_from(["ymd", "dmy", "mdy"]),
    st.booleans(),
)
@example(["9999-12-31 23:59 -1400", "9999-12-31 23:59", "1/2/2026", "元/1/1"], "dmy", True)
def test_a_column_of_moments_reads_like_its_values(texts, order, utc):
    read = columnar.moments(pa.array(texts, pa.string()), order, utc)
    assert column(read, columnar.as_moments(read)) == [
        outcome(lambda text: parse_moment(text, order, utc), text) for text in texts
    ]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.one_of(st.none(), NUMBERS, NOISE), max_size=30))
def test_a_column_of_numbers_reads_like_its_values(texts):
    read = columnar.numbers(pa.array(texts, pa.string()))
    assert column(read, columnar.as_numbers(read)) == [outcome(parse_number, text) for text in texts]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab \t　\u200b\xa0\x1aあ\n"), max_size=5), max_size=40), st.integers(0, 5))
def test_a_column_is_trimmed_like_its_values(texts, start):
    array = pa.array(texts, pa.string())[start:]
    assert clean(array).to_pylist() == [trim(text) or None for text in texts[start:]]


def test_a_slice_of_a_column_is_read_where_it_starts():
    texts = pa.array(["x", "2026/4/1", None, "2026/4/2"])[1:]
    assert columnar.as_moments(columnar.moments(texts)).to_pylist() == [APRIL, None, datetime(2026, 4, 2)]
