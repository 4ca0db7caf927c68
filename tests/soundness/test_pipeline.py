"""One test for each way in which a number of deals could be wrong without anyone noticing."""

from datetime import date, datetime

import pandas as pd
import pytest
from process_oracle import deals, found, rows_of
from usage_oracle import ENGINES

import analysis as an
from analysis.errors import BlankKeyError, DimensionNameError, DuplicateKeyError, PhaseNameError

engines = pytest.mark.parametrize("engine", ENGINES)
FEBRUARY = date(2026, 2, 1)
ORDER = ["P1", "P2"]


def deal(deal_id, phase, **more):
    return {"deal_id": deal_id, "phase": phase, **more}


def pick(row, *names):
    return tuple(row[name] for name in names)


def phases(table, **options):
    return found(an.pipeline(table, ORDER, **({"as_of": FEBRUARY} | options)), "phase")


# Rows that fall out of sight


@engines
def test_a_blank_owner_is_one_row_however_it_is_written(engine):
    owners = {"a": "east", "b": None, "c": "", "d": None}
    rows = [deal(name, "受注" if name == "b" else "失注", owner=owner) for name, owner in owners.items()]
    table = deals(*rows, deal("e", "P1", owner="", created_at="2026-01-02"), engine=engine)
    rates = found(an.win_rate(table, by="owner"), "owner")
    assert {owner: pick(row, "won", "closed", "open") for owner, row in rates.items()} == {
        "east": (0, 1, 0),
        None: (1, 3, 1),
    }
    here = found(an.pipeline(table, ORDER[:1], by="owner"), "owner", "phase")
    assert {owner: here[owner, "失注"]["deals"] for owner in ("east", None)} == {"east": 1, None: 2}
    ages = found(an.open_ages(table, by="owner", bands=[60], as_of=FEBRUARY), "owner", "band")
    assert ages[None, 1]["deals"] == 1


@engines
def test_a_deal_without_a_phase_is_a_row_and_open(engine):
    table = deals(deal("a", "P1"), deal("b", None), deal("c", ""), deal("d", "受注"), engine=engine)
    rows = phases(table)
    assert pick(rows[None], "deals", "outcome", "position", "reached") == (2, "open", None, None)
    assert sum(row["deals"] for row in rows.values()) == 4
    assert {row["unknown_path"] for row in rows.values()} == {2}
    (total,) = rows_of(an.win_rate(table))
    assert pick(total, "open", "closed") == (3, 1)


@engines
def test_lost_deals_without_a_reason_stay_in_the_denominator(engine):
    reasons = ["価格", None, "", " ", "不明", "Ｎ／Ａ"]
    table = deals(*[deal(f"d{i}", "失注", lost_reason=r) for i, r in enumerate(reasons)], engine=engine)
    rows = found(an.loss_reasons(table), "reason")
    assert {reason: pick(row, "deals", "lost_deals", "share") for reason, row in rows.items()} == {
        "価格": (1, 6, 1 / 6),
        None: (5, 6, 5 / 6),
    }
    listed = rows_of(an.pipeline_deals(table, state="reason", reason=None))
    assert sorted(row["deal_id"] for row in listed) == ["d1", "d2", "d3", "d4", "d5"]


@engines
def test_open_deals_of_unknown_age_stand_in_a_band_of_their_own(engine):
    created = {"a": "2026-01-31", "b": None, "c": "2026-02-02"}  # c begins after the last known day
    table = deals(*[deal(name, "P1", created_at=at, amount=10) for name, at in created.items()], engine=engine)
    bands = found(an.open_ages(table, bands=[30], as_of=FEBRUARY), "band")
    assert {band: pick(row, "deals", "amount") for band, row in bands.items()} == {0: (2, 20), 1: (1, 10), 2: (0, 0)}


@engines
def test_a_phase_where_no_deal_stands_is_a_row_of_nothing(engine):
    row = phases(deals(deal("a", "P1"), engine=engine))["P2"]
    assert pick(row, "deals", "reached", "step_rate", "median_days") == (0, 0, 0.0, None)


# Rates out of the wrong deals


@engines
def test_lost_deals_without_dates_are_in_no_rate(engine):
    """To count them into the first phase would make it leak; nobody knows how far they came."""
    known = [deal("a", "P1"), deal("b", "P2"), deal("c", "失注", P2="2026-01-05")]
    without = phases(deals(*known, engine=engine))
    table = deals(*known, *[deal(f"x{i}", "失注") for i in range(9)], engine=engine)
    rows = phases(table)
    rates = ("reached", "step_rate", "overall_rate", "rate_low", "rate_high")
    assert [pick(rows[phase], *rates) for phase in ORDER] == [pick(without[phase], *rates) for phase in ORDER]
    assert pick(rows["P2"], "reached", "step_rate", "unknown_path") == (2, 2 / 3, 9)
    assert pick(rows["失注"], "deals", "reached", "step_rate") == (10, None, None)


@engines
def test_open_deals_are_no_losses(engine):
    table = deals(
        deal("a", "受注", owner="east"), deal("b", "P1", owner="east"), deal("c", "P2", owner="west"), engine=engine
    )
    rates = found(an.win_rate(table, by="owner"), "owner")
    assert {owner: pick(row, "win_rate", "closed", "rank") for owner, row in rates.items()} == {
        "east": (1.0, 1, 1),
        "west": (None, 0, None),
    }
    assert pick(rates["west"], "shrunk_rate", "rate_low", "rate_high") == (None, None, None)


@engines
def test_a_phase_that_sounds_like_the_end_is_told_as_open(engine):
    table = deals(deal("a", "受注見込み"), deal("b", "保留"), deal("c", "受注"), engine=engine)
    told = found(an.outcomes(table), "phase")
    assert {phase: row["outcome"] for phase, row in told.items()} == {
        "受注見込み": "open",
        "保留": "open",
        "受注": "won",
    }
    (total,) = rows_of(an.win_rate(table))
    assert pick(total, "won", "closed", "open") == (1, 1, 2)


@engines
def test_a_planned_date_of_a_phase_has_not_been_reached(engine):
    table = deals(deal("a", "P1", P2="2026-02-02"), deal("b", "P1", P2="2026-02-01 23:59:59"), engine=engine)
    assert phases(table)["P2"]["reached"] == 1


@engines
def test_three_wins_of_three_do_not_lead(engine):
    wins = {"few": (3, 0), "many": (30, 10), "weak": (5, 35)}
    rows = [
        deal(f"{owner}{i}", "受注" if i < won else "失注", owner=owner)
        for owner, (won, lost) in wins.items()
        for i in range(won + lost)
    ]
    rates = found(an.win_rate(deals(*rows, engine=engine), by="owner"), "owner")
    assert {owner: row["rank"] for owner, row in rates.items()} == {"many": 1, "few": 2, "weak": 3}


@engines
def test_a_deal_with_two_reasons_is_one_lost_deal(engine):
    table = deals(deal("a", "失注", lost_reason="価格;時期"), deal("b", "失注", lost_reason="価格"), engine=engine)
    rows = found(an.loss_reasons(table), "reason")
    assert pick(rows["価格"], "deals", "lost_deals", "cumulative_share") == (2, 2, 1.0)
    assert pick(rows["時期"], "deals", "lost_deals", "cumulative_share") == (1, 2, 1.0)


@engines
def test_a_reason_of_a_deal_that_was_not_lost_is_no_reason(engine):
    rows = [deal("a", "失注", lost_reason="価格"), deal("b", "P1", lost_reason="時期")]
    rows.append(deal("c", "受注", lost_reason="競合"))
    assert set(found(an.loss_reasons(deals(*rows, engine=engine)), "reason")) == {"価格", None}


# Days and amounts that are not what they seem


@engines
def test_the_closing_date_of_an_open_deal_is_a_forecast(engine):
    """It neither ends the deal nor says how far time has come."""
    table = deals(
        deal("a", "P1", created_at="2026-01-01", closed_at="2026-12-31"),
        deal("b", "受注", created_at="2026-01-01", closed_at="2026-01-11"),
        engine=engine,
    )
    assert phases(table, as_of=None)["P1"]["median_days"] == 10.0
    months = found(an.win_rate(table, by="closed_month"), "closed_month")
    assert {month: row["open"] for month, row in months.items()} == {datetime(2026, 1, 1): 0, None: 1}
    assert found(an.open_ages(table, bands=[30]), "band")[1]["deals"] == 1


@engines
def test_negative_days_are_counted_and_never_averaged(engine):
    """-4 and 4 would be no days at all."""
    table = deals(
        deal("a", "受注", created_at="2026-01-05", closed_at="2026-01-01"),
        deal("b", "受注", created_at="2026-01-01", closed_at="2026-01-05"),
        engine=engine,
    )
    assert pick(phases(table)["受注"], "negative", "mean_days", "median_days") == (1, 4.0, 4.0)
    (total,) = rows_of(an.win_rate(table))
    assert pick(total, "won", "won_mean_days", "won_median_days") == (2, 4.0, 4.0)


@engines
def test_a_deal_without_dates_took_unknown_days_not_none(engine):
    table = deals(
        deal("a", "受注", created_at="2026-01-05"),
        deal("b", "受注", closed_at="2026-01-05"),
        deal("c", "受注", created_at="2026-01-01", closed_at="2026-01-07"),
        deal("d", "失注"),
        engine=engine,
    )
    rows = phases(table)
    assert pick(rows["受注"], "undated", "mean_days") == (2, 6.0)
    assert pick(rows["失注"], "undated", "mean_days") == (1, None)


@engines
def test_an_amount_that_is_missing_is_told_beside_the_sum(engine):
    table = deals(
        deal("a", "P1", amount=100), deal("b", "P1"), deal("c", "P2"), deal("d", "受注", amount=0), engine=engine
    )
    assert {phase: pick(row, "amount", "no_amount") for phase, row in phases(table).items()} == {
        "P1": (100, 1),
        "P2": (0, 1),
        "受注": (0, 0),
    }


# Deals that count twice, and names


METRICS = {
    "pipeline": an.pipeline,
    "win_rate": an.win_rate,
    "loss_reasons": an.loss_reasons,
    "open_ages": an.open_ages,
    "outcomes": an.outcomes,
    "aimed_share": lambda t: an.aimed_share(t, [{"owner": "east", "share": 0.5}]),
    "pipeline_deals": lambda t: an.pipeline_deals(t, state="all"),
    "stalled_deals": an.stalled_deals,
}


@engines
@pytest.mark.parametrize("name", METRICS)
def test_a_deal_twice_or_without_a_number_is_refused(engine, name):
    with pytest.raises(DuplicateKeyError, match="one row for each deal_id"):
        METRICS[name](deals(deal("a", "P1"), deal("a", "失注"), engine=engine))
    with pytest.raises(BlankKeyError, match="deal_id"):
        METRICS[name](deals(deal("", "P1"), deal("b", "失注"), engine=engine))


@engines
@pytest.mark.parametrize("phase", ["P3", "P1 ", "Ｐ１", "p1"])
def test_a_deal_whose_phase_is_not_in_the_list_is_named_and_not_dropped(engine, phase):
    table = deals(deal("a", "P1"), deal("b", phase), engine=engine)
    with pytest.raises(PhaseNameError, match=f"“{phase}”"):
        phases(table)
    with pytest.raises(PhaseNameError, match=f"“{phase}”"):  # not even where the rule leaves it out
        phases(table, where={"column": "phase", "in": ["P1"]})


@engines
def test_an_outcome_needs_no_place_in_the_list(engine):
    rows = phases(deals(deal("a", "受注"), deal("b", "失注"), deal("c", "P2"), engine=engine))
    assert {phase: row["deals"] for phase, row in rows.items()} == {"P1": 0, "P2": 1, "受注": 1, "失注": 1}


@engines
def test_a_segment_may_be_called_like_a_helper(engine):
    """A deal that is lost is not in the segment whose column says 1."""
    table = deals(deal("a", "受注", amount=0), deal("b", "失注", amount=1), engine="pandas")
    table = table.rename(columns={"amount": "_won"}).assign(_row=["x", "y"], _PHASE=[1, 0]).astype({"_row": "str"})
    opened = ENGINES[engine](table)
    for aim in ({"_won": 1}, {"_row": "y"}, {"_PHASE": 0}):
        (row,) = rows_of(an.aimed_share(opened, [aim | {"share": 0.5}]))
        assert pick(row, "deals", "won", "closed") == (1, 0, 1)


HELPERS = ["_d0", "_row", "_far", "_won", "_open", "_days", "_here", "_phase", "_one", "_at", "_prev", "_all", "_cell"]


@engines
def test_dimensions_may_be_called_like_helpers(engine):
    table = pd.DataFrame([deal("a", "受注", lost_reason=None), deal("b", "失注", lost_reason="価格")])
    for name in HELPERS:
        table[name] = ["x", "y"]
    opened = ENGINES[engine](table.astype("str"))
    x, y = (tuple(value * len(HELPERS)) for value in "xy")
    rates = {pick(row, *HELPERS): row["won"] for row in rows_of(an.win_rate(opened, by=HELPERS))}
    assert rates == {x: 1, y: 0}
    here = [row for row in rows_of(an.pipeline(opened, ["P1"], by=HELPERS)) if row["phase"] == "失注"]
    assert {pick(row, *HELPERS): row["deals"] for row in here} == {x: 0, y: 1}
    reasons = rows_of(an.loss_reasons(opened, by=HELPERS))
    assert {(pick(row, *HELPERS), row["reason"], row["deals"]) for row in reasons} == {(y, "価格", 1), (y, None, 0)}
    (listed,) = rows_of(an.pipeline_deals(opened, state="lost"))
    assert pick(listed, "deal_id", *HELPERS) == ("b", *y)


@engines
@pytest.mark.parametrize("name", ["Reached", "ｗｏｎ", "phase", "share"])
def test_a_dimension_called_like_a_result_is_refused(engine, name):
    table = deals(deal("a", "失注"))
    if name != "phase":
        table = table.assign(**{name: pd.Series(["x"], dtype="str")})
    metric = {"ｗｏｎ": an.win_rate, "share": an.loss_reasons}.get(name, an.pipeline)
    with pytest.raises(DimensionNameError):
        metric(ENGINES[engine](table), by=name)
