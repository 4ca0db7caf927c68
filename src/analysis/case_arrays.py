"""Entries of cases as arrays in order, and what comes of them for every case: made once, asked again and again.

What the portable forms (`process`, `case_totals`, `step_people`) make out of a table each time they are asked. A list
that these arrays do not cover is left to them, and so is saying what is wrong with it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pyarrow as pa

from analysis.business_days import BusinessDays
from analysis.case_forms import ROLES
from analysis.case_stays import Stays
from analysis.cells import NotCoveredError
from analysis.funnel_sorted import coded
from analysis.micros import NAT, day_micros, midnight, span
from analysis.rules import Rule, conjuncts


@dataclass(frozen=True)
class Cases:
    """The entries of a list in order of case and time, as far as they are known.

    Attributes:
        steps: the order.
        table: the list as it came, with a row per entry, or per case.
        ids: the cases; a case is a position in them.
        case, pos, at, inferred: of every entry: its case, step (0: not listed), time (`NAT`: none).
        row: of every entry: its row in the table.
        rest, rest_case: the rows of cases that have no entry yet, and their cases.
        known: the last day that is known; None without any date.
        wide: the table has a date per step.
    """

    steps: tuple[str, ...]
    table: pa.Table
    ids: pa.Array
    case: np.ndarray
    pos: np.ndarray
    at: np.ndarray
    inferred: np.ndarray
    row: np.ndarray
    rest: np.ndarray
    rest_case: np.ndarray
    known: date | None
    wide: bool
    _stays: dict[tuple, Stays] = field(default_factory=dict, repr=False, compare=False)
    _asked: dict[str, tuple[Any, np.ndarray]] = field(default_factory=dict, repr=False, compare=False)
    _coded: dict[str, tuple[np.ndarray, pa.Array]] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def last(self) -> np.ndarray:
        """The latest entry of each case that has one."""
        return np.flatnonzero(_ends(self.case))

    @cached_property
    def first(self) -> np.ndarray:
        """The first entry of each case that has one."""
        return np.concatenate([np.zeros(1, dtype=np.int64), self.last[:-1] + 1]) if len(self.last) else self.last

    @cached_property
    def begun(self) -> np.ndarray:
        """The earliest time of each case that has an entry; `NAT` where none is known."""
        return _least(self.at, self.first)

    @cached_property
    def far(self) -> np.ndarray:
        """The furthest step that each of them has been in; 0: none that is listed."""
        return np.maximum.reduceat(self.pos, self.first) if len(self.first) else self.pos[:0]

    @property
    def columns(self) -> list[str]:
        """What the table says of a case besides its steps."""
        steps = self.steps if self.wide else ()
        return [name for name in self.table.column_names if name not in (*ROLES, *steps)]

    def of_latest(self, name: str, cases: np.ndarray | None = None) -> pa.ChunkedArray:
        """A column as the latest entry of each case has it; of some of `last` only."""
        entries = self.last if cases is None else self.last[cases]
        return self.table[name].take(pa.array(self.row[entries]))

    def coded(self, name: str) -> tuple[np.ndarray, pa.Array]:
        """The same as positions in its distinct values, -1 where it is blank."""
        if name not in self._coded:
            self._coded[name] = coded(self.of_latest(name))
        return self._coded[name]

    def chosen(self, where: Any) -> np.ndarray:
        """Which of the cases that have an entry a rule lets through, by their latest one; the last rule is kept."""
        rule = Rule.of(where)
        key = rule.to_json() if rule else ""
        kept = self._asked.get("chosen")
        if kept is None or kept[0] != key:
            every = np.ones(len(self.last), dtype=bool)
            parts = map(self._chosen, conjuncts(rule.tree) if rule else [])
            kept = self._asked["chosen"] = key, np.logical_and.reduce([every, *parts])
        return kept[1]

    @cached_property
    def stands(self) -> np.ndarray:
        """The step in which each case that has an entry stands; 0: none that is listed."""
        return self.pos[self.last]

    def finished(self, ends: Collection[str] | None) -> np.ndarray:
        """Which of them stand in a step in which a case is finished."""
        finals = self.finals(ends)
        kept = self._asked.get("finished")
        if kept is None or kept[0] != finals:
            kept = self._asked["finished"] = finals, np.isin(self.stands, finals)
        return kept[1]

    def _chosen(self, part: Mapping[str, Any]) -> np.ndarray:
        """A part of a rule; about one column it is asked of each of its values once."""
        rule = Rule(part)
        known = self.known_columns(rule)
        if len(rule.columns) != 1:
            return holds(rule, pa.table({name: self.of_latest(name) for name in known}))
        codes, values = self.coded(known[0])
        blank = pa.array([None], values.type)
        return holds(rule, pa.table({known[0]: pa.concat_arrays([values, blank])}))[codes]

    def unstarted(self, where: Any) -> int:
        """How many cases of the table have no entry yet and are let through by a rule as their rows stand."""
        rule, case = Rule.of(where), self.rest_case
        if rule is not None and len(case):
            case = case[holds(rule, self.table.select(self.known_columns(rule)).take(pa.array(self.rest)))]
        return len(np.unique(case))

    def known_columns(self, rule: Rule) -> list[str]:
        """The columns of a rule, in order; of one without any some column."""
        if not rule.columns <= {*self.columns}:
            raise NotCoveredError
        return sorted(rule.columns) or ["case_id"]

    def finals(self, ends: Collection[str] | None) -> list[int]:
        """The steps in which a case is finished."""
        named = self.steps[-1:] if ends is None else ends
        if not {*named} <= {*self.steps}:
            raise NotCoveredError
        return [i for i, step in enumerate(self.steps, 1) if step in named]

    def stays(self, days: str | BusinessDays, ends: Collection[str] | None) -> Stays:
        """Every case and step, added up over its visits."""
        finals = self.finals(ends)
        key = (days, tuple(finals))
        found = self._stays.get(key)
        if found is None:
            self._stays.clear()  # the old ones make room for the new
            found = self._stays[key] = self._added(*self._visits(days, finals))
        return found

    def _visits(self, days: str | BusinessDays, finals: Sequence[int]) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """The entries of listed steps, and what is said of each; see `process._visits`."""
        entry = np.flatnonzero(self.pos > 0)
        here = _ends(self.case)[entry]
        at, following = self.at[entry], np.append(self.at[1:], NAT)[entry]
        waits = here & ~np.isin(self.pos[entry], finals)
        today = np.full(len(entry), day_micros(self.known)) if self.known else at
        begin = np.where(here, midnight(at), at)
        spent = span(begin, np.where(here, today, following), days)
        measured = ~here | waits
        spent = np.where(measured, spent, np.nan)
        dated = (at != NAT) & (following != NAT)
        before = self._listed_before()[entry]
        return entry, {
            "here": here,
            "waits": waits,
            "unknown": measured & np.isnan(spent),
            "inverted": ~here & dated & (following < at),
            "backward": before > self.pos[entry],
            "same_day": ~here & dated & (midnight(at) == midnight(following)),
            "inferred": self.inferred[entry],
            "age": np.where(waits, spent, np.nan),
            "days": spent,
        }

    def _listed_before(self) -> np.ndarray:
        """The listed step that the case was in before each entry; 0: none."""
        places = np.arange(len(self.pos))
        listed = np.maximum.accumulate(np.where(self.pos > 0, places, -1))
        before = np.concatenate([np.full(1, -1), listed[:-1]]) if len(places) else listed
        start = np.zeros(len(places), dtype=np.int64)
        start[self.first] = self.first
        mine = before >= np.maximum.accumulate(start)
        return np.where(mine, self.pos[before], 0)

    def _added(self, entry: np.ndarray, said: dict[str, np.ndarray]) -> Stays:
        width, cases = len(self.steps), len(self.last)
        place = np.zeros(len(self.ids), dtype=np.int64)
        place[self.case[self.last]] = np.arange(cases)
        key = place[self.case[entry]] * width + self.pos[entry] - 1
        order = np.argsort(key, kind="stable")
        starts = np.flatnonzero(np.append(True, np.diff(key[order]) != 0)) if len(key) else order
        case, step = np.divmod(key[order][starts], width)
        cell = step * cases + case  # steps are asked one by one: each lies in one piece

        def put(values: np.ndarray, empty: Any) -> np.ndarray:
            table = np.full(cases * width, empty, dtype=values.dtype)
            table[cell] = values
            return table.reshape(width, cases).T

        def any_of(name: str) -> np.ndarray:
            return put(np.logical_or.reduceat(said[name][order], starts) if len(starts) else said[name], False)

        spent = said["days"][order]
        known = np.where(np.isnan(spent), 0.0, spent)
        sums, ages = known, known
        timed = np.zeros(0, dtype=np.int64)
        if len(starts):
            sums, ages = np.add.reduceat(known, starts), np.fmax.reduceat(said["age"][order], starts)
            timed = np.add.reduceat(~np.isnan(spent), starts, dtype=np.int64)
        visits = put(np.diff(np.append(starts, len(key))), 0)
        here, waits, unknown = any_of("here"), any_of("waits"), any_of("unknown")
        inverted = any_of("inverted")
        there = visits > 0
        days = put(sums, np.nan)
        sure = there & ~unknown & ~inverted & (here == waits)
        total = put(np.where(timed > 0, sums, np.nan), np.nan)
        flags = {
            "reached": there,
            "waiting_now": waits,
            "done": there & ~waits,
            "repeated": visits > 1,
            "skipped": ~there & (self.far > np.arange(1, width + 1)[:, None]).T,
            "backward": any_of("backward"),
            "same_day": any_of("same_day"),
            "missing": unknown,
            "negative": inverted,
            "inferred": any_of("inferred"),
        }
        return Stays(
            visits=visits,
            entered=put(_least(self.at[entry][order], starts), NAT),
            flags=flags,
            left=there & ~here,
            age=put(ages, np.nan),
            sure=np.where(sure, days, np.nan),
            total=np.where(unknown, np.nan, total),
        )


def _ends(case: np.ndarray) -> np.ndarray:
    """True at the last entry of every case."""
    return np.append(np.diff(case) != 0, True) if len(case) else np.zeros(0, dtype=bool)


def _least(at: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """The earliest time of every stretch; `NAT` where none is known."""
    if not len(starts):
        return at[:0]
    top = np.iinfo(np.int64).max
    found = np.minimum.reduceat(np.where(at == NAT, top, at), starts)
    return np.where(found == top, NAT, found)


def holds(rule: Rule, table: pa.Table) -> np.ndarray:
    """Which rows of a table a rule lets through."""
    frame = nw.from_native(table.to_pandas(), eager_only=True)
    return frame.select(_=rule.expression(frame.schema, "cases"))["_"].to_numpy().astype(bool)


def is_text(kind: Any) -> bool:
    """True for a column of texts."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
