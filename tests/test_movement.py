"""The change of a rate, split into mix and rates, on numbers that a reader can add up."""

from datetime import date

import pytest
from usage_oracle import APRIL, ENGINES, World, account, records, use

import analysis as an

engines = pytest.mark.parametrize("engine", ENGINES)
MARCH_31, APRIL_1 = date(2026, 3, 31), date(2026, 4, 1)


def world(**parts):
    """Accounts that end with March and others that begin with April; part=(valid, active, valid now, active now)."""
    accounts, uses = [], []
    for area, (valid_before, active_before, valid_now, active_now) in parts.items():
        before, now = ([f"{area}{when}{i}" for i in range(n)] for when, n in (("b", valid_before), ("n", valid_now)))
        accounts += [account(name, area, valid_to=MARCH_31) for name in before]
        accounts += [account(name, area, valid_from=APRIL_1) for name in now]
        uses += [use(name, "2026-03-10") for name in before[:active_before]]
        uses += [use(name, "2026-04-10") for name in now[:active_now]]
    return World({None: accounts}, uses)


def mix(engine, **parts):
    (row,) = records(an.mix_effect(*world(**parts).frames(engine), APRIL, by="area", as_of=date(2026, 4, 30)))
    return row


@engines
@pytest.mark.parametrize(
    ("parts", "is_reversed"),
    [
        ({"east": (2, 2, 8, 7), "west": (8, 2, 2, 0)}, True),  # 100 -> 88 %, 25 -> 0 %; in all 40 -> 70 %
        ({"east": (8, 7, 2, 2), "west": (2, 0, 8, 2)}, True),  # both rise, in all 70 -> 40 %
        ({"east": (4, 2, 8, 4), "west": (8, 2, 5, 1)}, True),  # 50 -> 50 %, 25 -> 20 %; in all 33 -> 38 %
        ({"east": (8, 4, 4, 2), "west": (5, 1, 8, 2)}, True),  # 50 -> 50 %, 20 -> 25 %; in all 38 -> 33 %
        ({"east": (4, 2, 4, 3), "west": (4, 2, 4, 2)}, False),  # one rises, none falls, the total rises
        ({"east": (4, 3, 4, 2), "west": (4, 2, 4, 2)}, False),  # one falls, none rises, the total falls
        ({"east": (4, 1, 8, 4), "west": (8, 4, 4, 1)}, False),  # one rises, one falls, the total stays
        ({"east": (4, 1, 4, 3), "west": (4, 2, 4, 1)}, False),  # one rises, one falls, the total rises
        ({"east": (4, 3, 4, 1), "west": (4, 1, 4, 2)}, False),  # one rises, one falls, the total falls
        ({"east": (4, 2, 20, 8), "west": (4, 1, 4, 1)}, False),  # one falls, none rises, the total stays
        ({"east": (20, 8, 4, 2), "west": (4, 1, 4, 1)}, False),  # one rises, none falls, the total stays
        ({"east": (4, 2, 8, 4), "west": (4, 2, 2, 1)}, False),  # nothing changes but the size
        ({"east": (2, 1, 2, 1), "west": (8, 2, 2, 0), "south": (10, 5, 16, 8)}, True),
        ({"east": (4, 2, 2, 1), "west": (8, 2, 8, 2)}, False),  # no rate changes, the total falls by the mix
        ({"east": (2, 1, 4, 2), "west": (8, 2, 8, 2)}, False),  # no rate changes, the total rises by the mix
    ],
)
def test_a_total_is_reversed_where_every_part_that_moves_goes_the_other_way(engine, parts, is_reversed):
    assert bool(mix(engine, **parts)["reversed"]) is is_reversed


@engines
@pytest.mark.parametrize(
    ("parts", "effects"),
    [
        # a new part: 4 of 8 -> 4 of 8 and 8 of 8: 50 -> 75 %, all of it mix
        ({"east": (8, 4, 8, 4), "new": (0, 0, 8, 8)}, (0.25, 0.25, 0.0)),
        ({"east": (8, 4, 8, 4), "gone": (8, 8, 0, 0)}, (-0.25, -0.25, 0.0)),
        # the same sizes: all of it rates
        ({"east": (4, 1, 4, 2), "west": (4, 1, 4, 3)}, (0.375, 0.0, 0.375)),
    ],
)
def test_a_part_of_one_period_only_changes_the_mix_at_its_own_rate(engine, parts, effects):
    row = mix(engine, **parts)
    assert (row["change"], row["mix_effect"], row["rate_effect"]) == pytest.approx(effects)
    assert not row["reversed"]
