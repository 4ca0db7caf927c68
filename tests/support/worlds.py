"""Random worlds for property tests: small, and full of edges, blanks, strangers and changing rosters."""

import os
from datetime import date, datetime, timedelta

from hypothesis import Phase
from hypothesis import strategies as st
from usage_oracle import APRIL, QUARTER, World, account, use

from analysis.period import Period

# explaining a failure takes minutes; who only asks whether there is one does not shrink it either
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
FLIPPED = os.environ.get("GENZAICHI_SHRINK") == "no"  # a metric was changed on purpose: a test only has to notice
PHASES += [] if FLIPPED else [Phase.shrink]
DAYS = [date(2026, 3, 31), date(2026, 4, 1), date(2026, 4, 15), date(2026, 4, 30), date(2026, 5, 1), date(2026, 6, 30)]
PERIODS = [APRIL, QUARTER, Period(date(2026, 4, 10), date(2026, 5, 20)), Period(date(2026, 4, 30), date(2026, 5, 1))]
MOMENTS = [
    datetime(day.year, day.month, day.day) + shift
    for day in [*DAYS, date(2026, 4, 10), date(2026, 5, 20), date(2026, 7, 1)]
    for shift in (timedelta(seconds=-1), timedelta(0), timedelta(hours=12))
]
IDS = "abcde"
STATUS = [None, "", "有効", "無効", "ＤＩＳＡＢＬＥＤ", "Inactive"]

maybe_day = st.one_of(st.none(), st.sampled_from(DAYS))
accounts = st.builds(
    account,
    user_id=st.sampled_from(IDS),
    area=st.sampled_from(["East", "West", None, ""]),
    category=st.sampled_from(["x", "y", None]),
    valid_from=maybe_day,
    valid_to=maybe_day,
    status=st.sampled_from(STATUS),
)
rosters = st.lists(accounts, max_size=5, unique_by=lambda row: row["user_id"])
uses = st.lists(
    st.builds(
        use,
        user_id=st.sampled_from([*IDS, "z", "Z"]),
        at=st.sampled_from(MOMENTS),
        activity=st.sampled_from(["login", "order", None]),
        device=st.sampled_from(["pc", "phone", None, ""]),
    ),
    max_size=14,
)
single = st.builds(lambda rows, done: World({None: rows}, done), rosters, uses)
histories = st.builds(World, st.dictionaries(st.sampled_from(DAYS), rosters.filter(bool), min_size=1, max_size=3), uses)
worlds = st.one_of(single, histories)
periods = st.sampled_from(PERIODS)
valids = st.sampled_from(["end", "start", "any"])
choices = st.sampled_from([None, ["login"], ["login", None], []])
