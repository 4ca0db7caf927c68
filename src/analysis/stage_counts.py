"""Who fulfils which stage: measures of every person out of the log, and the flags of the rules over them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from analysis.active_rate import spread
from analysis.errors import MissingColumnError
from analysis.frames import Frame, count_by, keep, moment, names, start_of, union, whole
from analysis.period import FISCAL_START, Period
from analysis.question import Question, ask, needs_of, within
from analysis.roster import flag, valid_between
from analysis.rules import Rule, among
from analysis.stage_definitions import UNITS, Definitions, Stages, leaves
from analysis.takes import Needs
from analysis.trend import bucket_of, monday

KIND = "activity.activity"
DATES = ("valid_from", "valid_to")


@dataclass(frozen=True)
class Ladder:
    """Stages of one period, and the columns in which their counts stand.

    Attributes:
        stages: in their order.
        period: in which the rules look.
        partial: True where it reaches past what is known.
    """

    stages: Stages
    period: Period
    partial: bool

    @property
    def reached(self) -> list[str]:
        """Columns with 1 for who fulfils a stage and every one before it."""
        return [f"_r{i}" for i in range(len(self.stages))]

    @property
    def skipped(self) -> list[str]:
        """Columns with 1 for who fulfils a stage, but not every one before it."""
        return [f"_s{i}" for i in range(len(self.stages))]

    @property
    def flags(self) -> list[str]:
        """All of these columns."""
        return [*self.reached, *self.skipped]


@dataclass(frozen=True)
class Climb:
    """A question about stages, opened.

    Attributes:
        question: as `ask` opened it.
        stages: in their order.
        kind: the helper column that holds the kind of activity; None where no rule looks at it.
    """

    question: Question
    stages: Stages
    kind: str | None

    @property
    def ladder(self) -> Ladder:
        """The stages in the question's period."""
        return Ladder(self.stages, self.question.period, self.question.is_partial(self.question.period))

    @property
    def reached(self) -> list[str]:
        """See `Ladder`."""
        return self.ladder.reached

    @property
    def skipped(self) -> list[str]:
        """See `Ladder`."""
        return self.ladder.skipped

    @property
    def flags(self) -> list[str]:
        """See `Ladder`."""
        return self.ladder.flags

    def climbed(self, period: Period, *use_dimensions: str) -> Frame:
        """Valid users with any use, per value of these dimensions of the activity: the flags."""
        units = [unit for unit in UNITS if any(leaf["measure"] == unit for leaf in self._leaves())]
        accounts = _with_valid_units(self.question.valid_accounts(period), period, units)
        dates = [name for name in DATES if name in accounts.collect_schema()]
        kept = ["user_id", *self.question.user_dimensions, *units]
        used = self._days_of_use(period, use_dimensions).join(accounts.select(*kept, *dates), on="user_id", how="inner")
        return self._flagged(self._measured(used, period, [*kept, *use_dimensions]))

    def stood(self, period: Period) -> Frame:
        """Every valid user once: the dimensions of users, the flags, `_position` (0: before the first stage)."""
        history = ["roster_as_of"] if self.question.rosters else []
        accounts = self.question.valid_accounts(period).select("user_id", *history, *self.question.user_dimensions)
        found = self.climbed(period).select("user_id", *self.flags)
        people = accounts.join(found, on="user_id", how="left").with_columns(whole(*self.flags))
        return people.with_columns(_position=nw.sum_horizontal(*self.reached).cast(nw.Int64))

    def counts(self, period: Period, user_dimensions: Sequence[str], use_dimensions: Sequence[str]) -> Frame:
        """One row per group: `valid_users`, and the flags added up."""
        by, none = [*user_dimensions, *use_dimensions], nw.lit(0, dtype=nw.Int64)
        groups = count_by(self.question.valid_accounts(period), user_dimensions, valid_users=nw.len())
        if by:
            groups = groups.filter(nw.col("valid_users") > 0)
        groups = spread(groups, self.question.used(*use_dimensions, period=period), use_dimensions)
        sums = {name: nw.col(name).sum() for name in self.flags}
        active = count_by(self.climbed(period, *use_dimensions), by, **sums)
        empty = dict.fromkeys(self.flags, none)
        both = [
            groups.select(*by, whole("valid_users"), **empty),
            active.with_columns(valid_users=none).select(*by, "valid_users", whole(*self.flags)),
        ]
        together = {name: nw.col(name).sum() for name in ("valid_users", *self.flags)}
        return count_by(union(both), by, **together).with_columns(whole(*together))

    def _leaves(self) -> list[Mapping[str, Any]]:
        return [leaf for stage in self.stages for leaf in leaves(stage.rule)]

    def _days_of_use(self, period: Period, use_dimensions: Sequence[str]) -> Frame:
        """`_uses` per person, day (as `occurred_at`), kind and value of the dimensions."""
        inside = self.question.uses.filter(*within(period))
        days = inside.with_columns(occurred_at=start_of(nw.col("occurred_at"), "1d"))
        kind = [self.kind] if self.kind and self.kind not in use_dimensions else []
        return days.group_by("user_id", "occurred_at", *kind, *use_dimensions).agg(_uses=nw.len())

    def _measured(self, used: Frame, period: Period, keys: Sequence[str]) -> Frame:
        """One row per key with every measure of the rules, as `_v0`, …; as sums, because a join loses blanks."""
        asked = self._asked()
        parts = []
        for key, column in asked.items():
            found = self._counted(used, period, keys, *key)
            others = {name: nw.lit(0, dtype=nw.Int64) for name in asked.values() if name != column}
            filled = found.with_columns(nw.col("_value").cast(nw.Int64).alias(column), **others)
            parts.append(filled.select(*keys, *asked.values()))
        sums = {name: nw.col(name).sum() for name in asked.values()}
        return count_by(union(parts), keys, **sums).with_columns(whole(*sums))

    def _asked(self) -> dict[tuple, str]:
        """(measure, kinds) -> its column."""
        wanted = dict.fromkeys(_key(leaf) for leaf in self._leaves())
        return {key: f"_v{i}" for i, key in enumerate(wanted)}

    def _counted(self, used: Frame, period: Period, keys: Sequence[str], measure: str, kinds: tuple | None) -> Frame:
        """One row per key with `_value`."""
        if kinds is not None and self.kind:
            used = used.filter(among(self.kind, used.collect_schema()[self.kind], kinds))
        if measure == "uses":
            return count_by(used, keys, _value=nw.col("_uses").sum())
        if measure == "kinds":
            units = used.filter(~nw.col(self.kind or KIND).is_null()).with_columns(_unit=nw.col(self.kind or KIND))
        elif measure == "days":
            units = used.with_columns(_unit=nw.col("occurred_at"))
        else:
            units = _in_valid_units(used, period, UNITS[measure])
        once = units.group_by(*keys, "_unit").agg(_rows=nw.len())
        return count_by(once, keys, _value=nw.len())

    def _flagged(self, measured: Frame) -> Frame:
        """The flags of every stage beside the measures."""
        asked = self._asked()
        missed = {
            f"_missed{column}": nw.col(key[0]) - nw.col(column) for key, column in asked.items() if key[0] in UNITS
        }
        ready = measured.with_columns(**missed) if missed else measured
        schema = ready.collect_schema()
        own = {
            f"_f{i}": flag([Rule(_tree(stage.rule, asked)).expression(schema, "activity")])
            for i, stage in enumerate(self.stages)
        }
        ready = ready.with_columns(**own)
        for i, name in enumerate(self.reached):
            before = nw.col(self.reached[i - 1]) if i else nw.lit(1, dtype=nw.Int64)
            ready = ready.with_columns((before * nw.col(f"_f{i}")).cast(nw.Int64).alias(name))
            ready = ready.with_columns((nw.col(f"_f{i}") - nw.col(name)).cast(nw.Int64).alias(self.skipped[i]))
        return ready


def climb(
    users: IntoFrame,
    activity: IntoFrame,
    period: Period,
    definitions: Definitions,
    *,
    by: str | Iterable[str],
    reserved: Collection[str],
    **options: Any,
) -> Climb:
    """Opens a question about stages; see `stages` for the arguments and errors."""
    stages, asked = Stages.of(definitions), names(by)
    kind = [KIND] if looks_at_kinds(stages) else []
    columns = nw.from_native(activity).collect_schema().names()
    if kind and "activity" not in columns:
        raise MissingColumnError("activity", "activity", columns)
    extra = [name for name in kind if name not in asked]
    question = ask(users, activity, period, by=[*asked, *extra], reserved=reserved, **options)
    labels = {name: question.labels[name] for name in asked}
    return Climb(replace(question, labels=labels), stages, question.labels[KIND] if kind else None)


def needs_of_stages(user_columns: Collection[str], call: Mapping[str, Any]) -> Needs:
    """The needs of a metric about stages in one period: its days of use, and each use where they are counted."""
    stages = Stages.of(call["definitions"])
    found = needs_of(user_columns, call)
    every = [leaf for stage in stages for leaf in leaves(stage.rule)]
    more = {"activity"} if looks_at_kinds(stages) else set()
    # days of use do not know how often: asking for the moment itself makes the workspace hand over events
    more |= {"occurred_at"} if any(leaf["measure"] == "uses" and leaf["at_least"] > 1 for leaf in every) else set()
    return replace(found, days=call["period"], columns=found.columns | more)


def looks_at_kinds(stages: Stages) -> bool:
    every = [leaf for stage in stages for leaf in leaves(stage.rule)]
    return any(leaf["measure"] == "kinds" or "activities" in leaf for leaf in every)


def _key(leaf: Mapping[str, Any]) -> tuple[str, tuple | None]:
    return leaf["measure"], tuple(leaf["activities"]) if "activities" in leaf else None


def _tree(rule: Mapping[str, Any], asked: Mapping[tuple, str]) -> Mapping[str, Any]:
    """The rule over measures as a `Rule` over their columns."""
    for group in ("all", "any"):
        if group in rule:
            return {group: [_tree(part, asked) for part in rule[group]]}
    column = asked[_key(rule)]
    enough = {"column": column, "at_least": rule["at_least"]}
    if rule["measure"] not in UNITS:
        return enough
    in_each = [{"column": column, "at_least": 1}, {"column": f"_missed{column}", "below": 1}]
    return {"any": [enough, {"all": in_each}]}


def _with_valid_units(accounts: Frame, period: Period, units: Sequence[str]) -> Frame:
    """In how many weeks or months of the period each account is valid, by the dates on the row that counts."""
    columns = [name for name in DATES if name in accounts.collect_schema()]
    found = {}
    for unit in units:
        parts = list(period.split(UNITS[unit]))
        flags = [flag(valid_between(moment(part.start), moment(part.end), columns)) for part in parts]
        found[unit] = nw.sum_horizontal(*flags) if columns else nw.lit(len(parts))
    return accounts.with_columns(**{unit: value.cast(nw.Int64) for unit, value in found.items()}) if found else accounts


def _in_valid_units(used: Frame, period: Period, every: str) -> Frame:
    """The days of use in weeks or months in which the person was valid, with the first day of it as `_unit`."""
    columns = used.collect_schema()
    marked = used.with_columns(_unit=bucket_of(list(period.split(every)), every, FISCAL_START))
    conditions = []
    if "valid_from" in columns:
        begun = monday(nw.col("valid_from")) if every == "week" else start_of(nw.col("valid_from"), "1mo")
        conditions.append(nw.col("valid_from").is_null() | (begun <= nw.col("_unit")))
    if "valid_to" in columns:
        conditions.append(nw.col("valid_to").is_null() | (nw.col("valid_to") >= nw.col("_unit")))
    return keep(marked, conditions)
