"""Reasons for which deals were lost, against plain Python, on pandas and DuckDB."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from process_oracle import deals, found, loss_table, rows_of
from usage_oracle import ENGINES
from worlds import PHASES

import analysis as an
from analysis.errors import ChoiceError, MissingColumnError

engines = pytest.mark.parametrize("engine", ENGINES)
CELLS = {
    None: [],
    "": [],
    "不明": [],
    "価格": ["価格"],
    " 価格 ": ["価格"],
    "価格;時期": ["価格", "時期"],
    "時期、価格、時期": ["時期", "価格"],
}
CELLS |= {"競合\n未記入": ["競合"], "ＡＢ": ["AB"], "価格/条件": ["価格/条件"], "N/A": [], "；": []}


def lost(*cells, engine="pandas"):
    rows = [{"deal_id": f"d{i}", "phase": "失注", "lost_reason": cell} for i, cell in enumerate(cells)]
    return deals(*rows, {"deal_id": "open", "phase": "提案", "lost_reason": "価格"}, engine=engine)


def pareto(result):
    return {row["reason"]: (row["deals"], row["share"], row["cumulative_share"]) for row in rows_of(result)}


@engines
def test_the_unknown_stay_in_the_denominator_and_in_sight(engine):
    table = lost(*["価格"] * 38, *["時期"] * 26, *["競合"] * 14, *["途絶"] * 10, *[None] * 40, engine=engine)
    result = found(an.loss_reasons(table), "reason")
    assert {reason: row["deals"] for reason, row in result.items()} == {
        "価格": 38,
        "時期": 26,
        "競合": 14,
        "途絶": 10,
        None: 40,
    }
    assert result["価格"]["share"] == 38 / 128
    assert [result[r]["cumulative_share"] for r in ("価格", "時期", "競合", "途絶", None)] == [
        38 / 128,
        64 / 128,
        78 / 128,
        88 / 128,
        1.0,
    ]
    assert {(row["unknown_share"], row["lost_deals"]) for row in result.values()} == {(40 / 128, 128)}


@engines
def test_the_row_without_a_reason_is_there_at_zero(engine):
    assert pareto(an.loss_reasons(lost("価格", engine=engine))) == {"価格": (1, 1.0, 1.0), None: (0, 0.0, 1.0)}


@engines
def test_a_deal_with_several_reasons_counts_once_under_each(engine):
    table = lost("価格;時期", "価格", "時期;時期;価格", None, engine=engine)
    assert pareto(an.loss_reasons(table)) == {
        "価格": (3, 3 / 4, 3 / 4),
        "時期": (2, 2 / 4, 3 / 4),
        None: (1, 1 / 4, 1.0),
    }
    first = pareto(an.loss_reasons(table, several="first"))
    assert first == {"価格": (2, 2 / 4, 2 / 4), "時期": (1, 1 / 4, 3 / 4), None: (1, 1 / 4, 1.0)}
    assert len(pareto(an.loss_reasons(table, separators=""))) == 4


@engines
def test_equal_reasons_have_equal_shares(engine):
    got = pareto(an.loss_reasons(lost("a", "b", "c", "c", engine=engine)))
    assert got == {"c": (2, 0.5, 0.5), "a": (1, 0.25, 1.0), "b": (1, 0.25, 1.0), None: (0, 0.0, 1.0)}


def check_reasons(engine, cells):
    expected = loss_table([set(CELLS[cell]) for cell in cells])
    got = pareto(an.loss_reasons(lost(*cells, engine=engine)))
    assert got.keys() == expected.keys()
    for reason, row in expected.items():
        assert got[reason] == pytest.approx(row), reason


cells_of = given(cells=st.lists(st.sampled_from([*CELLS]), min_size=1, max_size=14))


@engines
@settings(max_examples=5, phases=PHASES)
@cells_of
def test_agrees_with_sets_of_reasons(engine, cells):
    check_reasons(engine, cells)


@pytest.mark.long
@engines
@settings(max_examples=24, phases=PHASES)
@cells_of
def test_agrees_with_sets_of_reasons_at_length(engine, cells):
    check_reasons(engine, cells)


@engines
def test_every_list_is_as_long_as_its_number(engine):
    table = lost(*CELLS, engine=engine)
    numbers = found(an.loss_reasons(table), "reason")
    for reason in ("価格", "競合", None):
        listed = rows_of(an.pipeline_deals(table, state="reason", reason=reason))
        assert len(listed) == numbers[reason]["deals"] > 0, reason


@engines
def test_a_blank_owner_has_a_pareto_of_its_own(engine):
    rows = [
        {"deal_id": "a", "phase": "失注", "owner": "east", "lost_reason": "価格"},
        {"deal_id": "b", "phase": "失注", "owner": None, "lost_reason": "価格"},
        {"deal_id": "c", "phase": "失注", "owner": "", "lost_reason": None},
    ]
    result = found(an.loss_reasons(deals(*rows, engine=engine), by="owner"), "owner", "reason")
    assert {
        key: (row["deals"], row["share"], row["cumulative_share"], row["unknown_share"]) for key, row in result.items()
    } == {
        ("east", "価格"): (1, 1.0, 1.0, 0.0),
        ("east", None): (0, 0.0, 1.0, 0.0),
        (None, "価格"): (1, 0.5, 0.5, 0.5),
        (None, None): (1, 0.5, 1.0, 0.5),
    }


@engines
def test_nothing_lost_is_no_row(engine):
    assert rows_of(an.loss_reasons(lost(engine=engine))) == []


def test_mistakes_are_said_in_a_sentence():
    with pytest.raises(ChoiceError, match="both"):
        an.loss_reasons(lost("価格"), several="both")
    with pytest.raises(ChoiceError, match="both"):
        an.pipeline_deals(lost("価格"), state="reason", several="both")
    with pytest.raises(MissingColumnError, match="lost_reason"):
        an.loss_reasons(lost("価格").drop(columns="lost_reason"))
