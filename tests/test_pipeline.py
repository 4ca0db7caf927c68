"""Pipeline, win rate and aims against plain Python, on pandas and DuckDB."""

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import deals, found, pipeline_table, rows_of
from usage_oracle import ENGINES
from worlds import PHASES as HYPOTHESIS_PHASES

import analysis as an
from analysis.deal_people import IN_PHASE
from analysis.errors import (
    AimError,
    BothOutcomesError,
    ChoiceError,
    DimensionNameError,
    DuplicateKeyError,
    EmptyOrderError,
    MissingColumnError,
    MomentTypeError,
    OrderCycleError,
    PhaseNameError,
)
from analysis.phases import meaning
from analysis.win_rate import prior

engines = pytest.mark.parametrize("engine", ENGINES)
FEBRUARY = date(2026, 2, 1)
ORDER = ["P1", "P2", "P3"]
DAYS = ["2026-01-01", "2026-01-10", "2026-02-01", "2026-02-02", None]
random_deals = st.lists(
    st.fixed_dictionaries(
        {
            "phase": st.sampled_from([*ORDER, "受注", "失注"]),
            "amount": st.sampled_from([None, 0, 100, 250]),
            "owner": st.sampled_from(["east", None]),
            "created_at": st.sampled_from(DAYS),
            "closed_at": st.sampled_from(DAYS),
            "P2": st.sampled_from(DAYS),
        }
    ),
    max_size=12,
).map(lambda rows: [{"deal_id": f"d{i}", **row} for i, row in enumerate(rows)])


def deal(deal_id, phase, **more):
    return {"deal_id": deal_id, "phase": phase, **more}


def closed(owner, won, lost):
    """So many deals of an owner."""
    return [deal(f"{owner}{i}", "受注" if i < won else "失注", owner=owner) for i in range(won + lost)]


# The numbers


@engines
def test_reached_is_a_date_or_standing_at_or_beyond(engine):
    table = deals(
        deal("a", "P1"),
        deal("b", "P1", P2="2026-01-05"),  # went back
        deal("c", "P3"),
        deal("d", "受注"),
        deal("e", "失注", P2="2026-01-05"),
        deal("f", "失注"),  # nobody knows how far
        engine=engine,
    )
    result = found(an.pipeline(table, ORDER), "phase")
    assert {phase: row["reached"] for phase, row in result.items()} == {
        "P1": 5,
        "P2": 4,
        "P3": 2,
        "受注": 1,
        "失注": None,
    }
    assert [result[phase]["step_rate"] for phase in ("P1", "P2", "P3", "受注")] == [None, 4 / 5, 2 / 4, 1 / 2]
    assert {row["unknown_path"] for row in result.values()} == {1}
    assert (result["受注"]["overall_rate"], result["受注"]["outcome"], result["失注"]["position"]) == (
        1 / 5,
        "won",
        None,
    )


@engines
def test_open_deals_have_an_age_and_closed_ones_a_duration(engine):
    table = deals(
        deal("a", "P1", created_at="2026-01-02 15:00", closed_at="2026-12-31"),  # a forecast
        deal("b", "受注", created_at="2026-01-02 15:00", closed_at="2026-01-12"),
        deal("c", "受注", created_at="2026-01-02", closed_at="2026-01-03"),
        deal("d", "受注", created_at="2026-01-02", closed_at="2026-01-01"),
        deal("e", "受注", created_at="2026-01-02"),
        engine=engine,
    )
    result = found(an.pipeline(table, ["P1"], as_of=FEBRUARY), "phase")
    assert result["P1"]["mean_days"] == 30.0
    won = result["受注"]
    assert (won["mean_days"], won["median_days"], won["negative"], won["undated"]) == (5.5, 5.5, 1, 1)


def check_numbers(engine, rows, day):
    result = found(an.pipeline(deals(*rows, engine=engine), ORDER, as_of=day, won=["受注"], lost=["失注"]), "phase")
    parsed = [
        {**row, **{k: row[k] and datetime.fromisoformat(row[k]) for k in ("created_at", "closed_at", "P2")}}
        for row in rows
    ]
    expected = pipeline_table(parsed, ORDER, "受注", "失注", day)
    assert result.keys() == expected.keys()
    for phase, row in expected.items():
        assert {name: result[phase][name] for name in row} == pytest.approx(row), phase


def check_list(rows, phase, state):
    options = {"as_of": FEBRUARY, "won": ["受注"]}
    number = found(an.pipeline(deals(*rows), ORDER, **options), "phase")[phase][state]
    assert len(rows_of(an.pipeline_deals(deals(*rows), ORDER, state=state, phase=phase, **options))) == number


numbers_of = given(rows=random_deals, day=st.sampled_from([date(2026, 1, 10), FEBRUARY]))
lists_of = given(rows=random_deals, phase=st.sampled_from([*ORDER, "受注"]), state=st.sampled_from(IN_PHASE))


@engines
@settings(max_examples=5, phases=HYPOTHESIS_PHASES)
@numbers_of
def test_agrees_with_deals_looked_at_one_by_one(engine, rows, day):
    check_numbers(engine, rows, day)


@settings(max_examples=4, phases=HYPOTHESIS_PHASES)
@lists_of
def test_every_list_is_as_long_as_its_number(rows, phase, state):
    check_list(rows, phase, state)


@pytest.mark.long
@engines
@settings(max_examples=24, phases=HYPOTHESIS_PHASES)
@numbers_of
def test_agrees_with_deals_looked_at_one_by_one_at_length(engine, rows, day):
    check_numbers(engine, rows, day)


@pytest.mark.long
@settings(max_examples=24, phases=HYPOTHESIS_PHASES)
@lists_of
def test_every_list_is_as_long_as_its_number_at_length(rows, phase, state):
    check_list(rows, phase, state)


@engines
def test_the_deals_of_an_outcome_are_listed(engine):
    table = deals(
        deal("a", "P1", created_at="2026-01-02"), deal("b", "受注"), deal("c", "失注"), deal("d", None), engine=engine
    )
    listed = {
        state: sorted(row["deal_id"] for row in rows_of(an.pipeline_deals(table, ["P1"], state=state)))
        for state in ("all", "open", "won", "lost", "closed", "unknown_path")
    }
    assert listed == {
        "all": ["a", "b", "c", "d"],
        "open": ["a", "d"],
        "won": ["b"],
        "lost": ["c"],
        "closed": ["b", "c"],
        "unknown_path": ["c", "d"],
    }
    assert [row["deal_id"] for row in rows_of(an.pipeline_deals(table, state="deals", phase=None))] == ["d"]


@engines
def test_open_deals_stand_in_a_band_of_their_age(engine):
    ages = {"a": "2026-02-01", "b": "2026-01-03", "c": "2026-01-02", "d": None}
    table = deals(
        *[deal(name, "P1", created_at=at, amount=100) for name, at in ages.items()], deal("e", "受注"), engine=engine
    )
    result = found(an.open_ages(table, bands=[30], as_of=FEBRUARY), "band")
    bands = {band: (row["from_days"], row["to_days"], row["deals"], row["amount"]) for band, row in result.items()}
    assert bands == {0: (None, None, 1, 100), 1: (0, 30, 2, 200), 2: (30, None, 1, 100)}


# The order, and what won and lost are


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        *[
            (phase, "won")
            for phase in (
                "受注",
                "6 受注",
                "⑥受注",
                "受注(Closed Won)",
                "Closed Won",
                "closedwon",
                "成約",
                "Closed - Won",
            )
        ],
        *[(phase, "lost") for phase in ("失注", "7.失注", "見送り", "Closed Lost", "失注（完了）", "LOST")],
        *[
            (phase, "open")
            for phase in ("受注見込み", "受注確率 90%", "失注防止", "見積", "Wonder", "受注・納品", "99", "")
        ],
    ],
)
def test_words_say_what_a_phase_means(phase, expected):
    assert meaning(phase) == expected


@engines
def test_it_is_told_which_phase_was_taken_for_what(engine):
    table = deals(deal("a", "提案"), deal("b", "6 受注"), deal("c", "見送り"), deal("d", "終了"), engine=engine)
    told = {row["phase"]: row["outcome"] for row in rows_of(an.outcomes(table))}
    assert told == {"提案": "open", "6 受注": "won", "見送り": "lost", "終了": "open"}
    told = {row["phase"]: row["outcome"] for row in rows_of(an.outcomes(table, lost=["終了"]))}
    assert told == {"提案": "open", "6 受注": "won", "見送り": "open", "終了": "lost"}


@engines
def test_without_an_order_there_is_no_rate_and_numbers_are_one(engine):
    table = [deal("a", "2 提案"), deal("b", "10 見積"), deal("c", "受注")]
    numbered = found(an.pipeline(deals(*table, engine=engine)), "phase")
    assert {phase: row["position"] for phase, row in numbered.items()} == {"2 提案": 1, "10 見積": 2, "受注": 3}
    plain = found(an.pipeline(deals(*table, deal("d", "訪問"), engine=engine)), "phase")
    assert {(row["position"], row["reached"], row["step_rate"]) for row in plain.values()} == {(None, None, None)}


@engines
def test_a_date_of_another_name_counts_where_it_is_told(engine):
    table = deals(deal("a", "P1", closed_at="2026-01-03"), engine=engine)
    assert found(an.pipeline(table, ["P1", "見積"], dates={"見積": "closed_at"}), "phase")["見積"]["reached"] == 1


# Win rate


@engines
def test_win_rate_is_of_what_is_over(engine):
    table = deals(
        *closed("岡", 3, 0), *closed("佐伯", 18, 22), deal("x", "P1", owner="岡"), deal("y", "P1"), engine=engine
    )
    result = found(an.win_rate(table, by="owner"), "owner")
    counts = {
        owner: (row["won"], row["lost"], row["closed"], row["open"], row["win_rate"]) for owner, row in result.items()
    }
    assert counts == {"岡": (3, 0, 3, 1, 1.0), "佐伯": (18, 22, 40, 0, 18 / 40), None: (0, 0, 0, 1, None)}
    (total,) = rows_of(an.win_rate(table))
    assert (total["win_rate"], total["open"]) == (21 / 43, 2)


@engines
def test_nobody_is_ranked_by_three_deals(engine):
    sizes = {"岡": (3, 0), "佐伯": (30, 10), "田中": (8, 32), "林": (20, 20)}
    table = deals(*[row for owner, (won, lost) in sizes.items() for row in closed(owner, won, lost)], engine=engine)
    result = found(an.win_rate(table, by="owner"), "owner")
    a, b = prior([(won, won + lost) for won, lost in sizes.values()])
    for owner, (won, lost) in sizes.items():
        assert result[owner]["shrunk_rate"] == pytest.approx((won + a) / (won + lost + a + b))
        assert result[owner]["shrunk_low"] < result[owner]["shrunk_rate"] < result[owner]["shrunk_high"]
        assert abs(result[owner]["shrunk_rate"] - 61 / 123) < abs(result[owner]["win_rate"] - 61 / 123)
    assert result["岡"]["win_rate"] > result["佐伯"]["win_rate"]
    assert {owner: row["rank"] for owner, row in result.items()} == {"佐伯": 1, "岡": 2, "林": 3, "田中": 4}


def test_the_prior_is_the_moments_of_kleinman():
    # p = 1/2, N = 30, S = 10 (0.3² + 0.3²) = 1.8; S - pq·2 = 1.3; pq (30 - 10 - 2) = 4.5; γ = 13/45, 1/γ - 1 = 32/13
    assert prior([(8, 10), (2, 10), (5, 10)]) == pytest.approx((16 / 13, 16 / 13))


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ([], None),
        ([(3, 10)], None),
        ([(0, 10), (0, 5)], None),
        ([(10, 10), (5, 5)], None),
        ([(1, 1), (0, 1)], None),
        ([(5, 10), (5, 10)], None),  # less apart than chance
        ([(10, 10), (0, 10)], (0, 0)),  # nothing in common
    ],
)
def test_the_prior_of_nothing_to_tell_apart(groups, expected):
    got = prior(groups)
    assert got == (expected and pytest.approx(expected, abs=1e-9))


@engines
def test_owners_who_differ_by_chance_get_one_rate(engine):
    table = deals(*closed("a", 5, 5), *closed("b", 2, 3), engine=engine)
    result = found(an.win_rate(table, by="owner"), "owner")
    assert {row["shrunk_rate"] for row in result.values()} == {7 / 15}


@engines
def test_the_month_of_closing_is_that_of_closed_deals(engine):
    table = deals(
        deal("a", "受注", created_at="2026-01-05", closed_at="2026-01-31 23:59"),
        deal("b", "失注", created_at="2026-01-05", closed_at="2026-02-01"),
        deal("c", "P1", closed_at="2026-02-01"),
        engine=engine,
    )
    result = found(an.win_rate(table, by="closed_month"), "closed_month")
    assert {month: (row["won"], row["closed"], row["open"]) for month, row in result.items()} == {
        datetime(2026, 1, 1): (1, 1, 0),
        datetime(2026, 2, 1): (0, 1, 0),
        None: (0, 0, 1),
    }
    assert (result[datetime(2026, 1, 1)]["won_mean_days"], result[datetime(2026, 2, 1)]["lost_median_days"]) == (
        26.0,
        27.0,
    )


# Aims


@engines
def test_what_was_aimed_at_beside_what_came(engine):
    table = deals(
        *[deal(f"a{i}", "受注" if i < 2 else "失注", owner="east", amount=10) for i in range(3)],
        deal("b", "P1", owner="east", amount=20),
        *[deal(f"c{i}", "P1") for i in range(6)],
        engine=engine,
    )
    aims = [{"owner": "east", "amount": 10, "share": 0.5}, {"owner": None, "share": 0.25}]
    first, second = rows_of(an.aimed_share(table, aims))
    assert (first["deals"], first["all_deals"], first["share"], first["win_rate"]) == (3, 10, 0.3, 2 / 3)
    assert (first["gap"], first["gap_deals"]) == (pytest.approx(-0.2), pytest.approx(-2))
    assert (second["deals"], second["gap"], second["win_rate"]) == (6, pytest.approx(0.35), None)


# Mistakes


@pytest.mark.parametrize(
    ("kind", "match", "call"),
    [
        (PhaseNameError, r"“P1”.*nearest name: P11", lambda t: an.pipeline(t, ["P11"])),
        (PhaseNameError, "P9", lambda t: an.pipeline(t, ["P1"], dates={"P9": "closed_at"})),
        (PhaseNameError, "P9", lambda t: an.pipeline_deals(t, ["P1"], state="reached", phase="P9")),
        (OrderCycleError, "stands twice", lambda t: an.pipeline(t, ["P1", "P2", "P1"])),
        (EmptyOrderError, "order is empty", lambda t: an.pipeline(t, [])),
        (BothOutcomesError, "P1", lambda t: an.win_rate(t, won=["P1"], lost=["P1"])),
        (MissingColumnError, "kind", lambda t: an.pipeline(t, by="kind")),
        (MissingColumnError, "P9_at", lambda t: an.pipeline(t, ["P1"], dates={"P1": "P9_at"})),
        (MissingColumnError, "closed_at", lambda t: an.win_rate(t.drop(columns="closed_at"), by="closed_month")),
        (MomentTypeError, "owner", lambda t: an.pipeline(t, ["P1"], dates={"P1": "owner"})),
        (MomentTypeError, "created_at", lambda t: an.pipeline(t.astype({"created_at": "str"}))),
        (DimensionNameError, "deals", lambda t: an.pipeline(t.assign(deals="x"), by="deals")),
        (DimensionNameError, "days", lambda t: an.pipeline_deals(t.assign(days=1), state="all")),
        (DuplicateKeyError, "deal_id", lambda t: an.win_rate(t.assign(deal_id="a"))),
        (ChoiceError, "gone", lambda t: an.pipeline_deals(t, state="gone")),
        (ChoiceError, "bands", lambda t: an.open_ages(t, bands=[30, 30])),
        (AimError, "source", lambda t: an.aimed_share(t, [{"owner": "x", "share": 40}])),
        (AimError, "share", lambda t: an.aimed_share(t, [{"share": 0.4}])),
        (AimError, "share", lambda t: an.aimed_share(t, [])),
        (MissingColumnError, "size", lambda t: an.aimed_share(t, [{"size": "L", "share": 0.4}])),
    ],
)
def test_a_mistake_is_said_in_a_sentence(kind, match, call):
    with pytest.raises(kind, match=match) as caught:
        call(deals(deal("a", "P1"), deal("b", "P1")))
    assert caught.value.text("ja")


@engines
def test_no_deal_at_all_gives_rows_of_nothing(engine):
    result = found(an.pipeline(deals(engine=engine), ["P1", "受注"]), "phase")
    assert {phase: (row["deals"], row["reached"], row["step_rate"]) for phase, row in result.items()} == {
        "P1": (0, 0, None),
        "受注": (0, 0, None),
    }
    assert rows_of(an.pipeline(deals(engine=engine))) == []
