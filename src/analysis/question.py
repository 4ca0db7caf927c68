"""A question of the active-rate family, opened: names resolved, tables checked, what counts picked out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema
from narwhals.stable.v2.typing import IntoFrame

from analysis.errors import DimensionNameError, KeyTypeError, MissingColumnError
from analysis.frames import (
    Frame,
    facts,
    fold,
    is_stored_as_code,
    is_text,
    moment,
    names,
    open_frames,
    plain,
    require,
    require_key,
)
from analysis.period import Period
from analysis.roster import ROLES, accounts, disabled, roster_day, rosters_of, valid_accounts, window
from analysis.rules import Rule, among
from analysis.takes import Needs

USE_ROLES = ("user_id", "occurred_at", "activity")
COUNTS = ("valid_users", "active_users", "active_rate", "rate_low", "rate_high", "partial")


@dataclass(frozen=True)
class Question:
    """Users and what they did, ready to be counted.

    Attributes:
        roster: rows of rosters: `user_id`, dates, `_disabled`, the
            dimensions of users as `_u0`, …; `_chosen` where a rule is about users.
        uses: what counts as use: `user_id`, `occurred_at`, the dimensions of the activity as `_a0`, …
        rosters: when each roster was taken; empty where there is one.
        labels: dimension as it was asked for -> its helper name, in order.
        known: the last day that is known, as given or the day of the last event; None without any.
        strangers: False where the rule is about users' columns, which an id outside the roster lacks.
    """

    users: Frame
    roster: Frame
    uses: Frame
    rosters: tuple[datetime, ...]
    labels: Mapping[str, str]
    period: Period
    valid: str
    known: date | None
    strangers: bool

    @property
    def user_dimensions(self) -> tuple[str, ...]:
        """Helper names of the dimensions that belong to users."""
        return tuple(name for name in self.labels.values() if name.startswith("_u"))

    @property
    def use_dimensions(self) -> tuple[str, ...]:
        """Helper names of the dimensions that belong to the activity."""
        return tuple(name for name in self.labels.values() if name.startswith("_a"))

    def accounts(self, period: Period | None = None) -> Frame:
        """One row per account of the rosters in force, with `_valid` (1 or 0)."""
        return self.chosen(accounts(self.roster, self.rosters, period or self.period, self.valid))

    def valid_accounts(self, period: Period | None = None) -> Frame:
        """One row per valid user, with the dimensions."""
        return self.chosen(valid_accounts(self.roster, self.rosters, period or self.period, self.valid))

    def chosen(self, accounts: Frame) -> Frame:
        """The accounts that the rule lets through, by the attributes of the row that counts."""
        return accounts if self.strangers else accounts.filter(nw.col("_chosen"))

    def used(self, *dimensions: str, period: Period | None = None) -> Frame:
        """Who used the system in the period: one row per `user_id` (and value of `dimensions`), `_used` times."""
        rows = self.uses.filter(*within(period or self.period))
        return rows.group_by("user_id", *dimensions).agg(_used=nw.len())

    def is_partial(self, period: Period) -> bool:
        """True where the period reaches past what is known; without any event nothing is."""
        return self.known is None or period.is_partial(self.known)


def within(period: Period) -> list[nw.Expr]:
    """Both edges of the half-open period."""
    return [nw.col("occurred_at") >= moment(period.start), nw.col("occurred_at") < moment(period.end)]


def ask(
    users: IntoFrame,
    activity: IntoFrame,
    period: Period,
    *,
    by: str | Iterable[str] = (),
    valid: str = "end",
    activities: str | Iterable[str | None] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
    as_of: date | None = None,
    reserved: Collection[str] = COUNTS,
) -> Question:
    """Opens a question; see `active_rate` for the arguments and errors.

    Args:
        reserved: columns of the result, which no dimension may be named like.
    """
    window(period, valid)
    people, uses = open_frames(users=users, activity=activity)
    user_schema = require(people, "users", "user_id", roles=ROLES, moments=("valid_from", "valid_to", "roster_as_of"))
    use_schema = require(uses, "activity", "user_id", "occurred_at", roles=USE_ROLES, moments=("occurred_at",))
    _same_keys(user_schema["user_id"], use_schema["user_id"])
    dimensions = names(by)
    taken = {*map(fold, reserved)}
    for name in dimensions:  # folded: DuckDB would give the values of one for both
        if fold(name) in taken:
            raise DimensionNameError(name)
        taken.add(fold(name))
    sources = {name: source(name, user_schema, use_schema) for name in dimensions}
    about_users, about_uses = split_rule(where, user_schema)
    history = ("roster_as_of",) if "roster_as_of" in user_schema else ()
    require_key(people, "users", "user_id", *history)
    known = day_of(as_of) if as_of else last_day(uses)
    labels = {name: f"_{table[0]}{i}" for i, (name, (table, _)) in enumerate(sources.items())}
    return Question(
        users=people,
        roster=_roster_rows(people, user_schema, sources, labels, about_users),
        uses=_counted_uses(uses, use_schema, sources, labels, about_uses, activities),
        rosters=tuple(rosters_of(people, user_schema.names())),
        labels=labels,
        period=period,
        valid=valid,
        known=known,
        strangers=about_users is None,
    )


def source(name: str, user_columns: Collection[str], use_columns: Collection[str]) -> tuple[str, str]:
    """Which table a dimension comes from, and its column there.

    A column of users, else of the activity; `activity.<name>` is always the activity's.

    Raises:
        MissingColumnError: neither table has it.
    """
    if name in user_columns:
        return "users", name
    bare = name.removeprefix("activity.")
    if bare in use_columns:
        return "activity", bare
    raise MissingColumnError("users", name, [*user_columns, *(f"activity.{each}" for each in use_columns)])


def split_rule(
    where: Rule | Mapping[str, Any] | None, user_columns: Collection[str]
) -> tuple[Rule | None, Rule | None]:
    """What a rule says about users, and what about their activity."""
    rule = Rule.of(where)
    return rule.parts(user_columns) if rule else (None, None)


def last_day(uses: Frame) -> date | None:
    """The day of the last event; None where there is none."""
    last = facts(uses.select(last=nw.col("occurred_at").max()))["last"]
    return last.date() if isinstance(last, datetime) and last == last else None


def needs_of(user_columns: Collection[str], call: Mapping[str, Any], *, labels: Iterable[str] | None = None) -> Needs:
    """The needs of a metric that looks at one period; others start from it."""
    period, valid = call["period"], call["valid"]
    window(period, valid)  # refuses what it does not know
    asked = [*(labels if labels is not None else names(call.get("by", ())))]
    rule = Rule.of(call["where"])
    asked += sorted(rule.columns) if rule else []
    columns = {name.removeprefix("activity.") for name in asked if name not in user_columns}
    columns |= {"activity"} if call["activities"] is not None else set()
    return Needs(
        roster=roster_day(period, valid),
        edges=(period.start, period.end),
        days=None,
        since=period.start,
        until=period.end,
        columns=frozenset(columns - {"user_id"}),
    )


def day_of(at: date) -> date:
    """The day of a day or a moment."""
    return at.date() if isinstance(at, datetime) else at


def _same_keys(users: Any, uses: Any) -> None:
    if is_text(users) != is_text(uses):
        raise KeyTypeError("activity", "user_id", str(uses), str(users))


def _key(dtype: Any) -> nw.Expr:
    """The id; a category as its text, because two tables never share one."""
    return nw.col("user_id").cast(nw.String) if is_stored_as_code(dtype) else nw.col("user_id")


def _roster_rows(
    users: Frame,
    schema: Schema,
    sources: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
    rule: Rule | None,
) -> Frame:
    columns = {labels[n]: plain(c, schema[c]) for n, (table, c) in sources.items() if table == "users"}
    if "status" in schema:
        columns["_disabled"] = among("status", schema["status"], disabled(users))
    if rule:
        columns["_chosen"] = rule.expression(schema, "users")
    kept = [name for name in ("valid_from", "valid_to", "roster_as_of") if name in schema]
    return users.select(_key(schema["user_id"]), *kept, **columns)


def _counted_uses(
    uses: Frame,
    schema: Schema,
    sources: Mapping[str, tuple[str, str]],
    labels: Mapping[str, str],
    rule: Rule | None,
    activities: str | Iterable[str | None] | None,
) -> Frame:
    columns = {labels[n]: plain(c, schema[c]) for n, (table, c) in sources.items() if table == "activity"}
    if activities is not None:
        if "activity" not in schema:
            raise MissingColumnError("activity", "activity", schema.names())
        chosen: Sequence[Any] = names(activities)  # type: ignore[arg-type]
        uses = uses.filter(among("activity", schema["activity"], chosen))
    if rule:
        bare = {name: name.removeprefix("activity.") for name in rule.columns if name not in schema}
        uses = uses.filter(rule.expression(schema, "activity", bare))
    return uses.select(_key(schema["user_id"]), "occurred_at", **columns)
