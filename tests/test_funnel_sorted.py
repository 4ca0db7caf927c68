"""Long columns and keys, which two threads share, come out as one thread would have them."""

import numpy as np
import pyarrow as pa
import pytest

from analysis import funnel_sorted

MANY = funnel_sorted.LONG + 7
CHANCE = np.random.default_rng(1)


@pytest.mark.parametrize(
    "key", [CHANCE.integers(0, 2**60, MANY), np.full(MANY, 7), np.arange(MANY)], ids=["mixed", "all equal", "in order"]
)
def test_many_keys_are_sorted(key):
    assert (funnel_sorted._sorted(key) == np.sort(key)).all()


def test_a_long_column_is_its_codes_and_values():
    numbers = CHANCE.integers(0, 300, MANY).tolist()
    texts = [None if number == 3 else "" if number == 4 else f"u{number}" for number in numbers]
    codes, values = funnel_sorted.coded(pa.chunked_array([texts[:400_000], texts[400_000:]]))
    assert values.take(pa.array(codes, mask=codes < 0)).to_pylist() == [text or None for text in texts]


@pytest.mark.parametrize(
    ("since", "unit"),
    [
        ([0, 0], 1),
        ([0, 2_000_000, 3_000_000], 1_000_000),
        ([0, 1_500, 3_000], 1_500),
        ([0, 1], 1),
        ([*range(0, 4_000_000, 1_000), 1], 1),
    ],
)
def test_the_unit_is_the_largest_step_of_all_times(since, unit):
    assert funnel_sorted._unit(np.array(since)) == unit
