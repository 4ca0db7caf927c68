"""Chance that falls the same everywhere: only `Random.random()`, whose sequence Python promises to keep."""

import math
import random
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


class Dice:
    """One stream of chance per key, so that a change in one part of the data leaves the others as they are."""

    def __init__(self, *key: object) -> None:
        self.real = random.Random("/".join(map(str, key))).random

    def chance(self, probability: float) -> bool:
        return self.real() < probability

    def whole(self, low: int, high: int) -> int:
        """A whole number, both ends included."""
        return low + int(self.real() * (high - low + 1))

    def pick(self, items: Sequence[T], weights: Sequence[float] | None = None) -> T:
        return self.sample(items, 1, weights)[0] if weights else items[self.whole(0, len(items) - 1)]

    def sample(self, items: Sequence[T], count: int, weights: Sequence[float] | None = None) -> list[T]:
        """`count` different items, in random order; twice the weight, twice as likely to come early."""
        if count > len(items):
            raise ValueError(f"cannot take {count} of {len(items)}")
        keys = [-math.log(1 - self.real()) / (weights[i] if weights else 1) for i in range(len(items))]
        order = sorted(range(len(items)), key=keys.__getitem__)
        return [items[i] for i in order[:count]]

    def split(self, total: int, parts: int, spread: float = 1.0) -> list[int]:
        """`total` as `parts` whole numbers of at least 1; a larger `spread` makes them less equal."""
        shares = [math.exp(spread * (self.real() + self.real() - 1)) for _ in range(parts)]
        scale = (total - parts) / sum(shares)
        counts = [1 + int(share * scale) for share in shares]
        for i in range(total - sum(counts)):
            counts[i % parts] += 1
        return counts
