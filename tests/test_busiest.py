"""Few ids with much of the use: counted over actions, not over days."""

import duckdb
import pandas as pd
import pytest

from analysis.busiest import busiest
from analysis.period import Period

JANUARY = Period.parse("2026-01")
USERS = pd.DataFrame({"user_id": ["a", "b", "c", "d"], "area": ["east", "east", "west", "west"]})


def log(*rows):
    frame = pd.DataFrame(rows, columns=["user_id", "occurred_at"])
    return frame.assign(occurred_at=pd.to_datetime(frame["occurred_at"], format="ISO8601").astype("datetime64[us]"))


LOG = log(
    *[("a", "2026-01-05 09:00")] * 5,
    *[("b", "2026-01-31 23:59")] * 3,
    ("c", "2026-01-01"),
    ("z", "2026-01-02"),
    ("d", "2026-02-01"),
    (None, "2026-01-03"),
)


def test_the_busiest_ids_of_the_period_strangers_among_them_blank_ones_not():
    assert busiest(USERS, LOG, JANUARY, top=2).to_dict("records") == [{"ids": 4, "actions": 10, "top_actions": 8}]


@pytest.mark.parametrize("top", [4, 9])
def test_all_ids_hold_all_actions(top):
    assert busiest(USERS, LOG, JANUARY, top=top)["top_actions"].item() == 10


def test_nothing_happened_is_zero_of_zero():
    found = busiest(USERS, LOG, Period.parse("2025-01")).to_dict("records")
    assert found == [{"ids": 0, "actions": 0, "top_actions": 0}]


def test_duckdb_says_the_same():
    with duckdb.connect() as con:
        found = busiest(con.from_df(USERS), con.from_df(LOG), JANUARY, top=2).fetchall()
    assert found == [(4, 10, 8)]
