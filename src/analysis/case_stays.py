"""What is said of every case and step, and the kinds of cases that are alike in a step."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Kinds:
    """What is said of cases in one step, each thing once: cases of one kind count alike.

    Attributes:
        days, ages: the different days that count in an average, and ages of present visits, in order.
        pattern: of each kind the flags of `Stays` as bits in their order.
        left: whether it has left.
        day, age: its places in `days` and `ages`; the one behind: it has none.
        of: the kind of every case.
    """

    days: np.ndarray
    ages: np.ndarray
    pattern: np.ndarray
    left: np.ndarray
    day: np.ndarray
    age: np.ndarray
    of: np.ndarray

    def __len__(self) -> int:
        return len(self.pattern)


@dataclass(frozen=True)
class Stays:
    """A number for every case (down) and step (across): what `process.grid` says of them.

    Attributes:
        visits: how many; 0: never there.
        entered: the first entry, microseconds since 1970; `NAT`: no date.
        flags: name of a count or note -> true or false.
        left: true where the case is not there any more.
        age: days of the present visit; NaN: it does not wait there, or no date.
        sure: days in the step that count in an average, NaN: none.
        total: days in the step, NaN where not known.
        tallies: kept by `case_cells`.
    """

    visits: np.ndarray
    entered: np.ndarray
    flags: dict[str, np.ndarray]
    left: np.ndarray
    age: np.ndarray
    sure: np.ndarray
    total: np.ndarray
    tallies: dict[tuple[str, ...], Any] = field(default_factory=dict, repr=False, compare=False)
    _kinds: dict[int, Kinds] = field(default_factory=dict, repr=False, compare=False)

    def kinds(self, step: int) -> Kinds:
        """The different things that are said of cases in a step; found when first asked for."""
        if step not in self._kinds:
            pattern = np.zeros(len(self.visits), dtype=np.int64)
            for bit, table in enumerate(self.flags.values()):
                pattern |= table[:, step].astype(np.int64) << bit
            days, day = _numbered(self.sure[:, step])
            ages, age = _numbered(self.age[:, step])
            mixed = ((pattern * 2 + self.left[:, step]) * (len(days) + 1) + day) * (len(ages) + 1) + age
            of, each = pd.factorize(mixed)
            rest, age = np.divmod(each, len(ages) + 1)
            rest, day = np.divmod(rest, len(days) + 1)
            self._kinds[step] = Kinds(days, ages, rest >> 1, (rest & 1).astype(bool), day, age, of.astype(np.int32))
        return self._kinds[step]


def _numbered(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The different numbers in order, and the place of each in them; of NaN the one behind."""
    codes, known = pd.factorize(values)
    order = np.argsort(known)
    place = np.empty(len(known) + 1, dtype=np.int64)
    place[order] = np.arange(len(known))
    place[-1] = len(known)
    return known[order], place[codes]
