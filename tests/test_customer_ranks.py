"""Where one customer stands: the same places as those of everybody's ranking."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import analysis as an
from dashboard.customer_ranks import ranks_of

VALUES = st.one_of(st.none(), st.integers(-3, 5), st.sampled_from([0.1, 0.2, 0.1 + 0.2, 0.3, 1 / 3, 2.5]))
FIELDS = st.dictionaries(st.sampled_from("abcdef"), VALUES, min_size=1)


def field(found, measure):
    return pd.DataFrame({"customer_id": list(found), measure: pd.Series(list(found.values()), dtype="float64")})


@pytest.mark.parametrize("measure", ["amount", "recency_days"])
@given(now=FIELDS, before=FIELDS)
def test_everybody_stands_where_the_ranking_of_all_has_them(measure, now, before):
    first, then = field(now, measure), field(before, measure)
    changes = an.rank_changes(first, then, measure).set_index("customer_id")
    for customer in now:
        mine = ranks_of(customer, first, then, [measure])
        if now[customer] is None:
            assert mine == {}
            continue
        expected = changes.loc[customer]
        assert (mine[measure]["rank"], mine[measure]["of"]) == (expected["rank"], expected["of"])
        assert mine[measure]["change"] == expected["change"]
        for name in ("rank_before", "of_before", "rank_change"):
            assert mine[measure][name] == expected[name] or (pd.isna(mine[measure][name]) and pd.isna(expected[name]))


def test_without_a_period_before_there_is_a_rank_and_no_move():
    assert ranks_of("a", field({"a": 1, "b": 2}, "amount"), None, ["amount"]) == {"amount": {"rank": 2, "of": 2}}
    assert ranks_of("c", field({"a": 1, "b": 2}, "amount"), None, ["amount"]) == {}
