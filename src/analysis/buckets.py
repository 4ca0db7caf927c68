"""Buckets of a period, numbered: in which of them a person used the system, and in which they were valid."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import narwhals.stable.v2 as nw

from analysis.errors import MissingColumnError
from analysis.frames import Frame, keep, literal_rows, moment, names
from analysis.period import Period, floor, step
from analysis.question import Question
from analysis.roster import flag, in_force, latest_row, valid_between, window
from analysis.trend import bucket_of

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Buckets:
    """The parts of a question's period by calendar unit.

    Index 0 is the first of them; -1 as much time before it, -2 everything before that.
    """

    question: Question
    every: str
    fiscal_start: int

    @cached_property
    def parts(self) -> list[Period]:
        """The buckets in order; the first and the last may be cut by the edges of the period."""
        return list(self.question.period.split(self.every, self.fiscal_start))

    @cached_property
    def starts(self) -> list[date]:
        """What stands for each bucket, from index -2 on: its first day."""
        before = self.parts[0].previous()
        return [before.start - DAY, before.start, *(part.start for part in self.parts)]

    @property
    def last_seen(self) -> int:
        """The index of the last bucket that has begun by the last known day; -1: none."""
        known = self.question.known
        return max((i for i, part in enumerate(self.parts) if known and part.start <= known), default=-1)

    @property
    def first_partial(self) -> int:
        """The index of the first bucket that is not known to its end, or that the period cuts short."""
        return next((i for i, part in enumerate(self.parts) if self._is_partial(part)), len(self.parts))

    def _is_partial(self, part: Period) -> bool:
        whole = step(floor(part.start, self.every, self.fiscal_start), self.every)
        return self.question.is_partial(part) or part.end < whole

    def calendar(self) -> Frame:
        """`_bucket` (a bucket's first day) and `_index`, one row each from index -2 on."""
        rows = literal_rows(self.question.roster, [(start,) for start in self.starts], ["_bucket"])
        cases = [
            nw.when(nw.col("_bucket") == moment(start)).then(nw.lit(i, dtype=nw.Int64))
            for i, start in enumerate(self.starts, -2)
        ]
        return rows.with_columns(_index=nw.coalesce(*cases))

    def used(self) -> Frame:
        """Every person and bucket with use, all history before the end of the period: `user_id`, `_index`."""
        before = self.question.uses.filter(nw.col("occurred_at") < moment(self.question.period.end))
        marked = before.with_columns(_bucket=self._label())
        once = marked.group_by("user_id", "_bucket").agg(_rows=nw.len())
        return once.join(self.calendar(), on="_bucket", how="inner").select("user_id", "_index")

    def valid(self) -> Frame:
        """Every bucket of the period and person valid in it, by the roster in force then: `_index` and dimensions."""
        question, history = self.question, bool(self.question.rosters)
        met = question.roster.join(self._days(), on="roster_as_of", how="inner") if history else None
        met = question.roster.join(self._days(), how="cross") if met is None else met
        tests = valid_between(nw.col("_first"), nw.col("_end"), question.roster.collect_schema().names())
        if history and question.valid == "any":
            standing = latest_row(met.with_columns(_valid=flag(tests)), "user_id", "_bucket")
            met, tests = standing, [nw.col("_valid") == 1]
        kept = question.chosen(keep(met, tests)).join(self.calendar(), on="_bucket", how="inner")
        return kept.select("user_id", "_index", *question.user_dimensions)

    def numbered(self) -> Frame:
        """The buckets of the period: `_bucket`, `_index`."""
        return self.calendar().filter(nw.col("_index") >= 0)

    def _label(self) -> nw.Expr:
        at = nw.col("occurred_at")
        earlier = nw.when(at >= moment(self.starts[1])).then(moment(self.starts[1])).otherwise(moment(self.starts[0]))
        inside = bucket_of(self.parts, self.every, self.fiscal_start)
        return nw.when(at >= moment(self.parts[0].start)).then(inside).otherwise(earlier)

    def _days(self) -> Frame:
        """One row per bucket and roster in force in it: `_bucket`, the days that decide validity, `roster_as_of`."""
        rosters, valid = self.question.rosters, self.question.valid
        lines: list[tuple[date, ...]] = [
            (part.start, each.start, each.end, *([each.roster] if each.roster else []))
            for part in self.parts
            for each in in_force(rosters, window(part, valid))
        ]
        return literal_rows(
            self.question.roster, lines, ["_bucket", "_first", "_end", *(["roster_as_of"] if rosters else [])]
        )


def of_users_only(question: Question, by: str | Iterable[str]) -> Question:
    """The question, once every dimension is one of users.

    Raises:
        MissingColumnError: one is a column of the activity.
    """
    for name in names(by):
        if question.labels[name] in question.use_dimensions:
            raise MissingColumnError("users", name, question.users.collect_schema().names())
    return replace(question)


def index_of(starts: Sequence[date], day: date) -> int | None:
    """The place of a day among the first days; None where it is none."""
    return starts.index(day) if day in starts else None
