"""Open deals against what is usual, held to plain Python on pandas and DuckDB."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import deals, found, frame, moment, rows_of, stalled_table
from usage_oracle import ENGINES
from worlds import PHASES as HYPOTHESIS_PHASES

import analysis as an
from analysis.errors import DimensionNameError, DuplicateKeyError, PhaseNameError

engines = pytest.mark.parametrize("engine", ENGINES)
FEBRUARY = date(2026, 2, 1)
ORDER = ["P1", "P2", "P3"]
COLUMNS = ("deal_id", "phase", "created_at", "closed_at", "P2", "P3")
SAID = ("days_here", "usual_days", "usual_deals", "usual_from")
DAYS = ["2026-01-01", "2026-01-10 18:00", "2026-02-01 23:59", "2026-02-02", None]
random_deals = st.lists(
    st.fixed_dictionaries(
        {"phase": st.sampled_from([*ORDER, "受注", "失注"])}
        | {name: st.sampled_from(DAYS) for name in ("created_at", "closed_at", "P2", "P3")}
    ),
    max_size=12,
).map(lambda rows: [{"deal_id": f"d{i}", **row} for i, row in enumerate(rows)])


def table(*rows, engine="pandas"):
    """Literal deals with dates of the second and the third phase."""
    return frame([[moment(row.get(name)) for name in COLUMNS] for row in rows], COLUMNS, COLUMNS[2:], engine)


def deal(deal_id, phase, created=None, p2=None, p3=None, closed=None):
    return {"deal_id": deal_id, "phase": phase, "created_at": created, "P2": p2, "P3": p3, "closed_at": closed}


def stalled(rows, engine="pandas", **options):
    options = {"as_of": FEBRUARY} | options
    return found(an.stalled_deals(table(*rows, engine=engine), ORDER, **options), "deal_id")


def pick(row, *names):
    return tuple(row[name] for name in names)


# Ten deals stayed 10 days in P1, the median of 4, 10 and 20 in P2, and 5 in P3.
HISTORY = [
    deal("a", "受注", "2026-01-01", "2026-01-11", "2026-01-15", "2026-01-20"),
    deal("b", "失注", "2026-01-01", "2026-01-11", closed="2026-01-21"),
    deal("c", "P3", "2026-01-02", "2026-01-12", "2026-02-01"),
]


@engines
def test_an_open_deal_stands_beside_the_days_that_others_stayed(engine):
    rows = [*HISTORY, deal("d", "P1", "2026-01-02"), deal("e", "P2", "2026-01-01", "2026-01-28 23:00")]
    result = stalled(rows, engine)
    assert {name: pick(row, *SAID, "days_over") for name, row in result.items()} == {
        "c": (0, 5, 1, "moved", -5),
        "d": (30, 10, 4, "moved", 20),
        "e": (4, 10, 3, "moved", -6),
    }
    assert pick(result["e"], "phase", "P2") == ("P2", datetime(2026, 1, 28, 23))


@engines
def test_where_nobody_has_left_those_who_stand_there_are_what_is_usual(engine):
    rows = [deal("a", "P1", "2026-01-02"), deal("b", "P1", "2026-01-22"), deal("c", "P1"), deal("d", "P2")]
    result = stalled(rows, engine)
    assert {name: pick(row, *SAID, "days_over") for name, row in result.items()} == {
        "a": (30, 20, 2, "open", 10),
        "b": (10, 20, 2, "open", -10),
        "c": (None, 20, 2, "open", None),
        "d": (None, None, 0, "open", None),
    }


@engines
def test_without_an_order_a_phase_is_compared_with_itself(engine):
    rows = [deal("a", "訪問", "2026-01-02"), deal("b", "訪問", "2026-01-30"), deal("c", None, "2026-01-30")]
    result = found(an.stalled_deals(table(*rows, engine=engine), as_of=FEBRUARY), "deal_id")
    assert {name: pick(row, *SAID) for name, row in result.items()} == {
        "a": (30, 16, 2, "open"),
        "b": (2, 16, 2, "open"),
        "c": (2, 2, 1, "open"),
    }


@engines
def test_days_may_be_those_of_the_office(engine):
    """From Thursday the 8th to Tuesday the 13th of January there are two: Monday was a holiday."""
    rows = [deal("a", "P2", "2026-01-08", "2026-01-13"), deal("b", "P1", "2026-01-30")]
    result = stalled(rows, engine, days=an.BusinessDays())
    assert pick(result["b"], *SAID) == (1, 2, 1, "moved")


@engines
def test_a_date_of_another_name_is_told(engine):
    rows = [deal("a", "P3", "2026-01-01", "2026-01-05"), deal("b", "P2", "2026-01-01", "2026-01-05")]
    result = stalled(rows, engine, dates={"P1": "created_at", "P2": "P2", "P3": "P3"})
    assert pick(result["b"], *SAID) == (27, 27, 1, "open")
    named = found(an.stalled_deals(table(*rows, engine=engine), ["P1", "P3", "P2"], dates={"P3": "P2"}), "deal_id")
    assert pick(named["b"], "days_here", "usual_from") == (0, "open")


# Ways to be silently wrong


@engines
def test_a_deal_that_skipped_the_date_of_the_next_phase_says_nothing(engine):
    """From P1 to P3 are not the days of P1: nobody knows when it left."""
    rows = [deal("a", "P3", "2026-01-01", p3="2026-01-29"), deal("b", "P1", "2026-01-31")]
    rows.append(deal("c", "受注", "2026-01-01", "2026-01-03", closed="2026-01-31"))
    assert pick(stalled(rows, engine)["b"], *SAID) == (1, 2, 1, "moved")


@engines
def test_a_lost_deal_of_which_nobody_knows_how_far_it_came_is_in_no_phase(engine):
    rows = [deal("a", "失注", "2025-01-01", closed="2026-01-31"), deal("b", "P1", "2026-01-31")]
    assert pick(stalled(rows, engine)["b"], *SAID) == (1, 1, 1, "open")


@engines
def test_the_closing_date_of_an_open_deal_ends_no_stay(engine):
    rows = [deal("a", "P3", "2026-01-01", "2026-01-01", "2026-01-02", "2026-01-03"), deal("b", "P3", p3="2026-01-22")]
    assert pick(stalled(rows, engine)["b"], *SAID) == (10, 20, 2, "open")


@engines
def test_what_is_planned_has_not_happened(engine):
    rows = [
        deal("a", "P1", "2026-01-02", "2026-02-02"),
        deal("b", "受注", p3="2026-01-22", closed="2026-02-02"),
        deal("c", "P3", p3="2026-01-22"),
        deal("d", "P1", "2026-02-02"),
    ]
    result = stalled(rows, engine)
    assert {name: pick(row, *SAID) for name, row in result.items()} == {
        "a": (30, 30, 1, "open"),
        "c": (10, 10, 1, "open"),
        "d": (None, 30, 1, "open"),
    }


@engines
def test_a_stay_that_ends_before_it_begins_is_no_stay(engine):
    """-6 and 6 would be no days at all."""
    rows = [deal("a", "P2", "2026-01-10", "2026-01-04"), deal("b", "P2", "2026-01-04", "2026-01-10")]
    rows.append(deal("c", "P1", "2026-01-31"))
    assert pick(stalled(rows, engine)["c"], *SAID) == (1, 6, 1, "moved")


@engines
def test_a_rule_says_whose_usual_it_is(engine):
    rows = [*HISTORY, deal("d", "P1", "2026-01-02")]
    result = stalled(rows, engine, where={"column": "deal_id", "in": ["a", "d"]})
    assert {name: pick(row, *SAID) for name, row in result.items()} == {"d": (30, 10, 1, "moved")}


@engines
def test_columns_called_like_helpers_come_back_as_they_were(engine):
    helpers = ["_row", "_here", "_stay", "_t0", "_begin"]
    rows = table(*HISTORY).assign(**dict.fromkeys(helpers, "x")).astype(dict.fromkeys(helpers, "str"))
    (row,) = rows_of(an.stalled_deals(ENGINES[engine](rows), ORDER, as_of=FEBRUARY))
    assert pick(row, *SAID, *helpers) == (0, 5, 1, "moved", *("x" * len(helpers)))


@engines
def test_a_date_may_stand_in_a_column_called_like_a_helper(engine):
    rows = [deal("a", "P2", "2026-01-01", "2026-01-05"), deal("b", "P1", "2026-01-31")]
    renamed = ENGINES[engine](table(*rows).rename(columns={"P2": "_moved", "P3": "_row"}))
    dates = {"P2": "_moved", "P3": "_row"}
    result = found(an.stalled_deals(renamed, ORDER, as_of=FEBRUARY, dates=dates), "deal_id")
    assert pick(result["b"], *SAID) == (1, 4, 1, "moved")


# Mistakes


@pytest.mark.parametrize(
    ("kind", "match", "call"),
    [
        (DimensionNameError, "usual_days", lambda t: an.stalled_deals(t.assign(usual_days=1))),
        (DimensionNameError, "Days_Over", lambda t: an.stalled_deals(t.assign(Days_Over=1))),
        (PhaseNameError, "P1", lambda t: an.stalled_deals(t, ["P2"])),
        (DuplicateKeyError, "deal_id", lambda t: an.stalled_deals(t.assign(deal_id="a"))),
    ],
)
def test_a_mistake_is_said_in_a_sentence(kind, match, call):
    with pytest.raises(kind, match=match) as caught:
        call(deals({"deal_id": "a", "phase": "P1"}, {"deal_id": "b", "phase": "P1"}))
    assert caught.value.text("ja")


@engines
def test_no_deal_at_all_is_no_row(engine):
    assert stalled([], engine) == {}
    assert stalled([deal("a", "受注")], engine) == {}


# Against plain Python


def check_numbers(engine, rows, day):
    parsed = [{name: moment(value) for name, value in row.items()} for row in rows]
    result = stalled(rows, engine, as_of=day, won=["受注"], lost=["失注"])
    assert {name: pick(row, *SAID) for name, row in result.items()} == stalled_table(parsed, ORDER, "受注", "失注", day)
    for row in result.values():
        known = row["days_here"] is not None and row["usual_days"] is not None
        assert row["days_over"] == (row["days_here"] - row["usual_days"] if known else None)


numbers_of = given(rows=random_deals, day=st.sampled_from([date(2026, 1, 10), FEBRUARY]))


@engines
@settings(max_examples=6, phases=HYPOTHESIS_PHASES)
@numbers_of
def test_agrees_with_deals_looked_at_one_by_one(engine, rows, day):
    check_numbers(engine, rows, day)


@pytest.mark.long
@engines
@settings(max_examples=32, phases=HYPOTHESIS_PHASES)
@numbers_of
def test_agrees_with_deals_looked_at_one_by_one_at_length(engine, rows, day):
    check_numbers(engine, rows, day)
