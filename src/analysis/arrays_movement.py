"""Movement over arrays: who began and who stopped, and what changed the rate; see `arrays`."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.arrays import Choices, Labels, all_of, covered, deciding, standing
from analysis.cells import share_of, tabulate
from analysis.frames import names
from analysis.moves import BEFORE, EFFECTS, MOVES, NOW
from analysis.period import Period
from analysis.roster import Slice
from analysis.usage import Roster, Source

FLAGS = np.arange(16)[:, None] >> np.array([3, 2, 1, 0]) & 1  # of each sort of person: see `MOVES`
SIDES = {
    "valid_before": (1, None, None, None),
    "active_before": (1, None, 1, None),
    "valid_users": (None, 1, None, None),
    "active_users": (None, 1, None, 1),
}


@dataclass(frozen=True)
class People:
    """Everybody who was valid in either period, once for each part they were in."""

    codes: Sequence[np.ndarray]
    keys: np.ndarray
    before: np.ndarray
    now: np.ndarray


Stand = Callable[[Roster, Slice, Period], np.ndarray]  # of every account what it was then; 0 or False: not valid


@covered
def movement(
    source: Source, period: Period, *, previous: Period | None = None, by: str | Iterable[str] = (), **choices: Any
) -> pd.DataFrame:
    """`movement.movement`."""
    asked, before = Choices(**choices), previous or period.previous()
    labels = Labels(names(by), {*BEFORE, *NOW, *MOVES, "partial"})
    codes, counts = _counts(source, period, before, labels, asked)
    rates = {
        "rate_before": share_of(counts["active_before"], counts["valid_before"]),
        "active_rate": share_of(counts["active_users"], counts["valid_users"]),
        "partial": np.full(len(codes), asked.is_partial(period, source) or asked.is_partial(before, source)),
    }
    dimensions = {name: labels.column(position, codes[:, position]) for position, name in enumerate(labels.names)}
    numbers = counts | rates
    return pd.DataFrame(dimensions | {name: numbers[name] for name in (*BEFORE, *NOW, *MOVES, "partial")})


@covered
def mix_effect(
    source: Source, period: Period, *, previous: Period | None = None, by: str | Iterable[str], **choices: Any
) -> pd.DataFrame:
    """`movement.mix_effect`."""
    asked, before = Choices(**choices), previous or period.previous()
    _, counts = _counts(source, period, before, Labels(names(by), EFFECTS), asked)
    partial = asked.is_partial(period, source) or asked.is_partial(before, source)
    return pd.DataFrame([_kitagawa(counts) | {"partial": partial}])[[*EFFECTS]]


def _counts(
    source: Source, period: Period, before: Period, labels: Labels, asked: Choices
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The codes of every part, and its counts; without dimensions one part even of nobody."""

    def valid(roster: Roster, days: Slice, _when: Period) -> np.ndarray:
        return standing(source, roster, days, labels, asked)

    people = people_of_both(source, period, before, labels, asked, valid)
    flags = [people.before, people.now, *(_used(source, each, asked)[people.keys] for each in (before, period))]
    sort = np.zeros(len(people.keys), dtype=np.int8)
    for flag in flags:
        sort *= 2
        sort += flag
    codes, counts = tabulate(people.codes, labels.sizes, [people.before | people.now], sort, len(FLAGS))
    if not labels.names and not len(counts):
        codes, counts = np.zeros((1, 0), dtype=np.int64), np.zeros((1, len(FLAGS)), dtype=np.int64)
    return codes, {name: counts[:, _is(pattern)].sum(axis=1) for name, pattern in (SIDES | MOVES).items()}


def _used(source: Source, period: Period, asked: Choices) -> np.ndarray:
    return source.usage.active(period.start, period.end, asked.counts_as_use())


def _is(pattern: Sequence[int | None]) -> np.ndarray:
    """Which sorts of person have the flags of the pattern; None: whichever."""
    return all_of([FLAGS[:, i] == flag for i, flag in enumerate(pattern) if flag is not None])


def people_of_both(
    source: Source, period: Period, before: Period, labels: Labels, asked: Choices, stand: Stand
) -> People:
    """Everybody who stood somewhere in either period; who changed parts between two rosters is two."""
    (old, old_days), (new, new_days) = (deciding(source, each, asked) for each in (before, period))
    held, now = stand(old, old_days, before), stand(new, new_days, period)
    old_codes, new_codes = labels.of(source, old), labels.of(source, new)
    if old.as_of == new.as_of:
        return People(new_codes, new.keys, held, now)
    place = source.place(old, new)
    stays = all_of([place >= 0, *(mine == theirs[place] for mine, theirs in zip(old_codes, new_codes, strict=True))])
    before_here = np.zeros(len(now), dtype=held.dtype)
    before_here[place[stays]] = held[stays]
    gone = (held > 0) & ~stays  # left, or was in another part
    both = zip(new_codes, old_codes, strict=True)
    return People(
        [np.concatenate([theirs, mine[gone]]) for theirs, mine in both],
        np.concatenate([new.keys, old.keys[gone]]),
        np.concatenate([before_here, held[gone]]),
        np.concatenate([now, np.zeros(gone.sum(), dtype=now.dtype)]),
    )


def _kitagawa(counts: dict[str, np.ndarray]) -> dict[str, Any]:
    """The terms of `movement.mix_effect` over the parts."""
    valid0, active0, valid1, active1 = (counts[name] for name in (*BEFORE[:2], *NOW[:2]))
    total0, total1 = (share_of(active.sum(), valid.sum()) for active, valid in ((active0, valid0), (active1, valid1)))
    share0, share1 = share_of(valid0, valid0.sum()), share_of(valid1, valid1.sum())
    rate0, rate1 = share_of(active0, valid0), share_of(active1, valid1)
    # a part without users on one side has no rate there: its own of the other side stands in
    rate0, rate1 = np.where(valid0 > 0, rate0, rate1), np.where(valid1 > 0, rate1, rate0)
    change, rises, falls = total1 - total0, (rate1 > rate0).any(), (rate1 < rate0).any()
    known = not np.isnan(change)
    return {
        "rate_before": total0,
        "active_rate": total1,
        "change": change,
        "mix_effect": ((share1 - share0) * (rate0 + rate1) / 2).sum() if known else np.nan,
        "rate_effect": ((rate1 - rate0) * (share0 + share1) / 2).sum() if known else np.nan,
        "reversed": bool((change > 0 and falls and not rises) or (change < 0 and rises and not falls)),
    }
