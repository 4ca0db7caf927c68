"""The active rate over arrays: what the metrics of the same names count, counted from days of use.

A call that the arrays do not cover is answered with None: the portable form takes it, or says what is
wrong with it. A property test holds both forms equal.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import wraps
from itertools import product
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd

from analysis.cells import Cells, NotCoveredError, interval, share_of, tally
from analysis.frames import fold, names
from analysis.period import EVERY, FISCAL_START, Period
from analysis.question import day_of
from analysis.roster import VALID, Slice, in_force, window
from analysis.rules import Rule, conjuncts
from analysis.tables import STATUS_INVALID
from analysis.usage import Coded, Roster, Source

RESERVED = {"valid_users", "active_users", "active_rate", "rate_low", "rate_high", "partial"}
RESERVED |= {"row_level", "column_level", "period_start"}


def covered(form: Callable[..., Any]) -> Callable[..., Any | None]:
    """The form, with None as its answer to a call that it does not cover."""

    @wraps(form)
    def answer(*args: Any, **options: Any) -> Any | None:
        try:
            return form(*args, **options)
        except NotCoveredError:
            return None

    return answer


@dataclass(frozen=True)
class Choices:
    """What the whole family takes, beside the period and the dimensions."""

    valid: str = "end"
    activities: str | Iterable[str | None] | None = None
    where: Rule | Mapping[str, Any] | None = None
    as_of: date | None = None

    def counts_as_use(self) -> list[str | None] | None:
        """The activities that count, blank as None."""
        return None if self.activities is None else [name or None for name in names(self.activities)]  # type: ignore[arg-type]

    def is_partial(self, period: Period, source: Source) -> bool:
        """True where the period reaches past the last day that is known."""
        known = self.known(source)
        return known is None or period.is_partial(known)

    def known(self, source: Source) -> date | None:
        """The last day that is known: as given, or the day of the last event."""
        return day_of(self.as_of) if self.as_of else source.known


@covered
def rate(source: Source, period: Period, *, by: str | Iterable[str] = (), **choices: Any) -> pd.DataFrame:
    """`active_rate.active_rate`."""
    asked, labels = Choices(**choices), Labels(names(by))
    cells = _cells(source, period, labels, asked)
    found = cells if labels.names else cells.folded([])
    return _result(labels, [found], partial=asked.is_partial(period, source))


@covered
def pivot(
    source: Source, period: Period, *, rows: str | Iterable[str], columns: str | Iterable[str] = (), **choices: Any
) -> pd.DataFrame:
    """`active_rate.active_rate_pivot`."""
    asked, down, across = Choices(**choices), names(rows), names(columns)
    labels = Labels((*down, *across))
    cells = _cells(source, period, labels, asked)
    levels = list(product(range(len(down) + 1), range(len(across) + 1)))
    kept = [[*range(len(down) - i), *(len(down) + k for k in range(len(across) - j))] for i, j in levels]
    found = [cells.folded(each) if len(each) < len(labels.names) or not each else cells for each in kept]
    sizes = [len(each.valid) for each in found]
    places = {
        "row_level": np.repeat([i for i, _ in levels], sizes),
        "column_level": np.repeat([j for _, j in levels], sizes),
    }
    return _result(labels, found, partial=asked.is_partial(period, source), tail=places)


@covered
def trend(
    source: Source,
    period: Period,
    *,
    every: str = "month",
    by: str | Iterable[str] = (),
    fiscal_start: int = FISCAL_START,
    **choices: Any,
) -> pd.DataFrame:
    """`trend.active_rate_trend`."""
    if every not in EVERY:
        raise NotCoveredError
    asked, labels = Choices(**choices), Labels(names(by))
    buckets = list(period.split(every, fiscal_start))
    cells = [_cells(source, bucket, labels, asked) for bucket in buckets]
    found = cells if labels.names else [each.folded([]) for each in cells]
    sizes = [len(each.valid) for each in found]
    starts = np.array([bucket.start for bucket in buckets], dtype="datetime64[us]")
    partial = np.repeat([asked.is_partial(bucket, source) for bucket in buckets], sizes)
    return _result(labels, found, partial=partial, lead={"period_start": np.repeat(starts, sizes)})


@covered
def equation(source: Source, period: Period, **choices: Any) -> pd.DataFrame:
    """`people.id_equation`."""
    asked = Choices(**choices)
    roster, days = deciding(source, period, asked)
    in_log = source.usage.active(period.start, period.end, asked.counts_as_use())
    chosen = chosen_by(source, roster, asked.where)
    used = all_of([in_log[roster.keys], *chosen])
    active = int(all_of([used, *valid_on(roster, days)]).sum())
    ids = int(used.sum()) if chosen else int(in_log.sum())  # a stranger has no columns for a rule
    counts = {
        "ids_in_log": ids,
        "active": active,
        "invalid": int(used.sum()) - active,
        "outside": ids - int(used.sum()),
    }
    return pd.DataFrame([counts | {"partial": asked.is_partial(period, source)}])


@covered
def listed(source: Source, period: Period, *, state: str, **choices: Any) -> Any:
    """`people.people`."""
    asked = Choices(**choices)
    roster, days = deciding(source, period, asked)
    every = np.ones(len(roster.keys), dtype=bool)
    chosen, valid = (
        all_of([every, *each]) for each in (chosen_by(source, roster, asked.where), valid_on(roster, days))
    )
    kinds = asked.counts_as_use()

    def used(start: date) -> np.ndarray:
        return source.usage.active(start, period.end, kinds)[roster.keys]

    states: dict[str, Callable[[], np.ndarray]] = {
        "valid": lambda: valid,
        "active": lambda: valid & used(period.start),
        "inactive": lambda: valid & ~used(period.start),
        "never": lambda: valid & ~used(date.min),
        "invalid": lambda: ~valid & used(period.start),
    }
    if state not in states:
        raise NotCoveredError
    return source.listed(roster, chosen & states[state](), (period.start, period.end), kinds)


class Labels:
    """The dimensions and their values: codes of several rosters made one."""

    def __init__(self, dimensions: Sequence[str], reserved: Collection[str] = RESERVED) -> None:
        folded = {fold(name) for name in dimensions}
        if len(folded) < len(dimensions) or not folded.isdisjoint(reserved):
            raise NotCoveredError
        self.names = tuple(dimensions)
        self.values: list[dict[str, int]] = [{} for _ in dimensions]
        self._kept: dict[tuple[str, date], Any] = {}

    def once(self, what: str, roster: Roster, make: Callable[[], Any]) -> Any:
        """What `make` returns for a roster, made for the first bucket that it counts in."""
        found = self._kept.get((what, roster.as_of))
        if found is None:
            found = self._kept[what, roster.as_of] = make()
        return found

    @property
    def sizes(self) -> list[int]:
        """How many codes each dimension has, with the blank one."""
        return [len(values) + 1 for values in self.values]

    def of(self, source: Source, roster: Roster) -> list[np.ndarray]:
        """The codes of every account in each dimension."""
        if not set(self.names) <= set(source.columns):
            raise NotCoveredError
        return self.once("codes", roster, lambda: [self._codes(roster, place) for place in range(len(self.names))])

    def _codes(self, roster: Roster, position: int) -> np.ndarray:
        column = _text(roster, self.names[position])
        known = self.values[position]
        own = [known.setdefault(label, len(known)) for label in column.labels]
        if own == list(range(len(own))):
            return column.codes
        return np.array([*own, -1])[column.codes]

    def column(self, position: int, codes: np.ndarray) -> pd.api.extensions.ExtensionArray:
        """The values behind codes, as text, null where blank."""
        return pd.array([*self.values[position], None], dtype="str").take(codes)


def _cells(source: Source, period: Period, labels: Labels, asked: Choices) -> Cells:
    roster, days = deciding(source, period, asked)
    chosen = labels.once("chosen", roster, lambda: chosen_by(source, roster, asked.where))
    used = source.usage.active(period.start, period.end, asked.counts_as_use())[roster.keys]
    return tally(labels.of(source, roster), labels.sizes, [*valid_on(roster, days), *chosen], used)


def deciding(source: Source, period: Period, asked: Choices) -> tuple[Roster, Slice]:
    """The one roster that decides, and its days."""
    if asked.valid not in VALID:
        raise NotCoveredError
    slices = in_force(source.rosters, window(period, asked.valid))
    if len(slices) > 1 or slices[0].roster is None:
        raise NotCoveredError
    return source.roster(slices[0].roster), slices[0]


def all_of(conditions: Sequence[np.ndarray]) -> np.ndarray:
    """Where all conditions hold; at least one."""
    return np.logical_and.reduce(conditions)


def valid_on(roster: Roster, when: Slice) -> list[np.ndarray]:
    """What an account fulfils that is valid on some day of the slice: see `roster.valid_between`."""
    found: list[np.ndarray] = []
    if (status := roster.column("status")) is not None:
        assert isinstance(status, Coded)
        allowed = np.array([*(fold(label) not in STATUS_INVALID for label in status.labels), True])
        found += [] if allowed.all() else [allowed[status.codes]]
    return [*found, *within_dates(roster, when)]


def within_dates(roster: Roster, when: Slice) -> list[np.ndarray]:
    """The part of `valid_on` that is about the dates of an account."""
    found: list[np.ndarray] = []
    if isinstance(begun := roster.column("valid_from"), np.ndarray):
        found.append(before(begun, when.end, blank=True))
    if isinstance(ended := roster.column("valid_to"), np.ndarray):
        found.append(~before(ended, when.start, blank=False))
    if isinstance(begun, np.ndarray) and isinstance(ended, np.ndarray) and (when.end - when.start).days > 1:
        in_order = begun.astype("datetime64[D]") <= ended.astype("datetime64[D]")
        found.append(in_order | np.isnat(begun) | np.isnat(ended))
    return found


def standing(source: Source, roster: Roster, days: Slice, labels: Labels, asked: Choices) -> np.ndarray:
    """Which accounts the rule lets through and were valid on these days."""
    chosen = labels.once("chosen", roster, lambda: chosen_by(source, roster, asked.where))
    return all_of([np.ones(len(roster.keys), dtype=bool), *valid_on(roster, days), *chosen])


def before(moments: np.ndarray, day: date, *, blank: bool) -> np.ndarray:
    """Which moments lie before `day`; as whole numbers, which compare several times faster (blank is the lowest)."""
    numbers = moments.astype("datetime64[us]", copy=False).view(np.int64)
    found = numbers < np.datetime64(day, "us").view(np.int64)
    return found if blank else found & (numbers != np.iinfo(np.int64).min)


def chosen_by(source: Source, roster: Roster, where: Rule | Mapping[str, Any] | None) -> list[np.ndarray]:
    """The parts of a rule, each about one text column of users, looked up value by value."""
    rule = Rule.of(where)
    mine, others = rule.parts(source.columns) if rule else (None, None)
    if others:
        raise NotCoveredError
    return [_fulfils(roster, Rule(part)) for part in conjuncts(mine.tree)] if mine else []


def _fulfils(roster: Roster, rule: Rule) -> np.ndarray:
    if len(rule.columns) != 1:
        raise NotCoveredError
    (name,) = rule.columns
    column = _text(roster, name)
    values = nw.from_native(pd.DataFrame({name: pd.array([*column.labels, None], dtype="str")}))
    return values.select(_=rule.expression(values.schema, "users"))["_"].to_numpy()[column.codes]


def _text(roster: Roster, name: str) -> Coded:
    column = roster.column(name)
    if column is None:
        return Coded(np.full(len(roster.keys), -1, dtype=np.int8), ())
    if not isinstance(column, Coded):
        raise NotCoveredError
    return column


def _result(
    labels: Labels,
    parts: Sequence[Cells],
    *,
    partial: bool | np.ndarray,
    lead: Mapping[str, np.ndarray] | None = None,
    tail: Mapping[str, np.ndarray] | None = None,
) -> pd.DataFrame:
    codes = np.concatenate([part.codes for part in parts])
    valid = np.concatenate([part.valid for part in parts])
    active = np.concatenate([part.active for part in parts])
    low, high = interval(active, valid)
    columns = {
        **(lead or {}),
        **{name: labels.column(position, codes[:, position]) for position, name in enumerate(labels.names)},
        "valid_users": valid,
        "active_users": active,
        "active_rate": share_of(active, valid),
        "rate_low": low,
        "rate_high": high,
        "partial": np.broadcast_to(partial, len(valid)),
        **(tail or {}),
    }
    return pd.DataFrame(columns)
