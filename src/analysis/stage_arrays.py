"""Stages over arrays: what `stages` and its family count, counted from days of use; see `arrays`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from analysis.arrays import Choices, Labels, before, covered, deciding, standing, within_dates
from analysis.arrays_movement import People, people_of_both
from analysis.cells import NotCoveredError, tabulate
from analysis.frames import names, union
from analysis.period import Period, floor
from analysis.roster import Slice
from analysis.stage_counts import Ladder
from analysis.stage_definitions import UNITS, Definitions, Stages
from analysis.stage_forms import BESIDE, OF_STAGE, STAGE, STANDS, judged, long_form, wide_form
from analysis.stage_targets import Targets
from analysis.usage import Roster, Source

MOST_STAGES = 12  # every pattern of fulfilled stages is counted: more of them than 2^12 is a table too wide
MOVES = ("rose", "fell", "stayed", "joined", "left")
MATRIX = ("from_stage", "from_position", "to_stage", "to_position", "move", "users", "partial")


@dataclass(frozen=True)
class Rungs:
    """Who of a roster fulfils which stage in a period.

    Attributes:
        use: the log in days of use.
        roster, days: the accounts, and the days on which they must be valid.
        period: in which the rules look.
        kinds: the activities that count; None: all.
    """

    source: Source
    roster: Roster
    days: Slice
    period: Period
    kinds: Sequence[str | None] | None

    def fulfilled(self, stages: Stages) -> list[np.ndarray]:
        """Stage by stage: does the account fulfil its own rule?"""
        return [self._holds(stage.rule) for stage in stages]

    def _holds(self, rule: Mapping[str, Any]) -> np.ndarray:
        for group, both in (("all", np.logical_and), ("any", np.logical_or)):
            if group in rule:
                return both.reduce([self._holds(part) for part in rule[group]])
        measure, least = rule["measure"], rule["at_least"]
        kinds = self._kinds(rule.get("activities"))
        if measure in UNITS:
            met, of = self._units(UNITS[measure], kinds)
            return (met >= least) | ((met >= 1) & (met >= of))
        start, end, usage = self.period.start, self.period.end, self.source.usage
        if measure == "uses":
            if least > 1:
                raise NotCoveredError
            return usage.active(start, end, kinds)[self.roster.keys]
        counted = usage.days if measure == "days" else usage.kinds_used
        return counted(start, end, kinds)[self.roster.keys] >= least

    def _kinds(self, own: Sequence[str | None] | None) -> Sequence[str | None] | None:
        """The activities that count for a condition."""
        if own is None:
            return self.kinds
        mine = [kind or None for kind in own]
        return mine if self.kinds is None else [kind for kind in mine if kind in self.kinds]

    def _units(self, every: str, kinds: Sequence[str | None] | None) -> tuple[np.ndarray, np.ndarray]:
        """For every account: in how many weeks or months in which it is valid it was used, and how many these are."""
        accounts = len(self.roster.keys)
        met, of = np.zeros(accounts, dtype=np.int64), np.zeros(accounts, dtype=np.int64)
        for part in self.period.split(every):
            used = self.source.usage.active(part.start, part.end, kinds)[self.roster.keys]
            met += np.logical_and.reduce([used, *self._begun_by(part, every)])
            of += np.logical_and.reduce(
                [np.ones(accounts, dtype=bool), *within_dates(self.roster, Slice(None, part.start, part.end))]
            )
        return met, of

    def _begun_by(self, part: Period, every: str) -> list[np.ndarray]:
        """The week or month in which an account begins counts for it, and none after its last day."""
        found = []
        whole = floor(part.start, every)
        following = Period.unit(whole, every).end if whole == part.start else part.start
        begun, ended = self.roster.column("valid_from"), self.roster.column("valid_to")
        if isinstance(begun, np.ndarray):
            found.append(before(begun, following, blank=True))
        if isinstance(ended, np.ndarray):
            found.append(~before(ended, part.start, blank=False))
        return found


@covered
def counted(
    source: Source,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str] = (),
    targets: Targets = None,
    **choices: Any,
) -> pd.DataFrame:
    """`stages.stages`."""
    asked, labels = Choices(**choices), Labels(names(by), {*STAGE, *BESIDE})
    ladder = _ladder(source, period, definitions, asked)
    return long_form(ladder, _wide(source, ladder, labels, asked), targets, _helpers(labels)).to_native()


@covered
def counted_with_total(
    source: Source,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str],
    targets: Targets = None,
    **choices: Any,
) -> pd.DataFrame:
    """`stages.stages_with_total`."""
    asked, labels = Choices(**choices), Labels(names(by), {*STAGE, *BESIDE, "level"})
    ladder = _ladder(source, period, definitions, asked)
    parts = long_form(ladder, _wide(source, ladder, labels, asked), targets, _helpers(labels))
    total = long_form(ladder, _wide(source, ladder, Labels(()), asked), targets, {})
    folded = [nw.lit(None, dtype=nw.String).alias(name) for name in labels.names]
    total = (total.with_columns(*folded) if folded else total).select(*labels.names, *STAGE, *BESIDE)
    levels = [each.with_columns(level=nw.lit(i, dtype=nw.Int64)) for i, each in enumerate((parts, total))]
    return nw.maybe_reset_index(union(levels)).to_native()


@covered
def verdicts(
    source: Source,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str] = (),
    targets: Targets = None,
    **choices: Any,
) -> pd.DataFrame:
    """`stage_verdicts.stage_verdicts`."""
    asked, labels = Choices(**choices), Labels(names(by), {*STANDS, *OF_STAGE})
    ladder = _ladder(source, period, definitions, asked)
    helpers = _helpers(labels)
    found = judged(ladder, wide_form(ladder, _wide(source, ladder, labels, asked), targets, helpers))
    dimensions = [nw.col(helper).alias(label) for label, helper in helpers.items()]
    return nw.maybe_reset_index(found.select(*dimensions, *STANDS, *OF_STAGE)).to_native()


@covered
def moved(
    source: Source,
    period: Period,
    definitions: Definitions,
    *,
    previous: Period | None = None,
    by: str | Iterable[str] = (),
    **choices: Any,
) -> pd.DataFrame:
    """`stage_movement.stage_movement`."""
    asked, earlier = Choices(**choices), previous or period.previous()
    labels, stages = Labels(names(by), {*MATRIX}), _few(definitions)
    people = _people(source, period, earlier, labels, asked, stages)
    width = len(stages) + 2
    there = (people.before > 0) | (people.now > 0)
    codes, counts = tabulate(people.codes, labels.sizes, [there], people.before * width + people.now, width * width)
    cell, at = np.nonzero(counts)
    start, end = at // width, at % width
    named = np.array([None, None, *stages.names], dtype=object)
    partial = asked.is_partial(period, source) or asked.is_partial(earlier, source)
    result = {
        **{name: labels.column(place, codes[cell, place]) for place, name in enumerate(labels.names)},
        "from_stage": pd.array(named[start], dtype="str"),
        "from_position": np.where(start > 0, start - 1.0, np.nan),
        "to_stage": pd.array(named[end], dtype="str"),
        "to_position": np.where(end > 0, end - 1.0, np.nan),
        "move": pd.array(_moves(start, end), dtype="str"),
        "users": counts[cell, at],
        "partial": np.full(len(cell), partial),
    }
    return pd.DataFrame(result)


@covered
def listed(
    source: Source, period: Period, definitions: Definitions, *, stage: str, state: str = "reached", **choices: Any
) -> Any:
    """`stage_people.stage_people`."""
    asked, stages = Choices(**choices), _few(definitions)
    if stage not in stages.names:
        raise NotCoveredError
    place, kinds = stages.names.index(stage), asked.counts_as_use()
    roster, days = deciding(source, period, asked)
    own = Rungs(source, roster, days, period, kinds).fulfilled(stages)
    at = np.sum(_reached(own), axis=0)
    states = {
        "reached": at > place,
        "not_reached": at <= place,
        "standing": at == place + 1,
        "next": at == place,
        "skipped": own[place] & (at <= place),
    }
    if state not in states:
        raise NotCoveredError
    chosen = standing(source, roster, days, Labels(()), asked) & states[state]
    return source.listed(roster, chosen, (period.start, period.end), kinds)


@covered
def movers(
    source: Source,
    period: Period,
    definitions: Definitions,
    *,
    move: str | None = None,
    cell: tuple[int | None, int | None] | None = None,
    previous: Period | None = None,
    **choices: Any,
) -> Any:
    """`stage_movement.stage_movers`, where one roster decides in both periods."""
    asked, earlier, stages = Choices(**choices), previous or period.previous(), _few(definitions)
    (old, _), (roster, _) = (deciding(source, each, asked) for each in (earlier, period))
    if old.as_of != roster.as_of or (move is not None and move not in MOVES):
        raise NotCoveredError
    people = _people(source, period, earlier, Labels(()), asked, stages)
    chosen = (people.before > 0) | (people.now > 0)
    if move is not None:
        chosen &= _moves(people.before, people.now) == move
    if cell is not None:
        start, end = (0 if at is None else at + 1 for at in cell)
        chosen &= (people.before == start) & (people.now == end)
    return source.listed(roster, chosen, (period.start, period.end), asked.counts_as_use())


def _people(source: Source, period: Period, earlier: Period, labels: Labels, asked: Choices, stages: Stages) -> People:
    """Everybody with where they stood: 0 not valid, else the position + 1."""

    def stand(roster: Roster, days: Slice, when: Period) -> np.ndarray:
        valid = standing(source, roster, days, labels, asked)
        reached = _reached(Rungs(source, roster, days, when, asked.counts_as_use()).fulfilled(stages))
        return np.where(valid, 1 + np.sum(reached, axis=0), 0).astype(np.int64)

    return people_of_both(source, period, earlier, labels, asked, stand)


def _moves(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    conditions = [end == 0, start == 0, end > start, end < start]
    return np.select(conditions, ["left", "joined", "rose", "fell"], "stayed").astype(object)


def _ladder(source: Source, period: Period, definitions: Definitions, asked: Choices) -> Ladder:
    return Ladder(_few(definitions), period, asked.is_partial(period, source))


def _few(definitions: Definitions) -> Stages:
    stages = Stages.of(definitions)
    if len(stages) > MOST_STAGES:
        raise NotCoveredError
    return stages


def _helpers(labels: Labels) -> dict[str, str]:
    return {name: f"_u{i}" for i, name in enumerate(labels.names)}


def _wide(source: Source, ladder: Ladder, labels: Labels, asked: Choices) -> Any:
    """One row per group with `valid_users` and the flags added up; without dimensions one even of nobody."""
    roster, days = deciding(source, ladder.period, asked)
    rungs = Rungs(source, roster, days, ladder.period, asked.counts_as_use())
    pattern = np.zeros(len(roster.keys), dtype=np.int64)
    for i, own in enumerate(rungs.fulfilled(ladder.stages)):
        pattern += own.astype(np.int64) << i
    sorts = 1 << len(ladder.stages)
    valid = [standing(source, roster, days, labels, asked)]
    codes, counts = tabulate(labels.of(source, roster), labels.sizes, valid, pattern, sorts)
    if not labels.names and not len(counts):
        codes, counts = np.zeros((1, 0), dtype=np.int64), np.zeros((1, sorts), dtype=np.int64)
    wide: dict[str, Any] = {f"_u{i}": labels.column(i, codes[:, i]) for i in range(len(labels.names))}
    wide["valid_users"] = counts.sum(axis=1)
    each = np.arange(sorts)
    fulfilled = [each >> i & 1 == 1 for i in range(len(ladder.stages))]
    for i, here in enumerate(_reached(fulfilled)):
        wide[ladder.reached[i]] = counts[:, here].sum(axis=1)
        wide[ladder.skipped[i]] = counts[:, fulfilled[i] & ~here].sum(axis=1)
    return nw.from_native(pd.DataFrame(wide))


def _reached(own: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Stage by stage: its rule and that of every one before it."""
    return [*np.logical_and.accumulate(np.stack(own))]
