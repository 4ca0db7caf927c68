"""Events per customer as of a day: how many rows, or different values, fulfil each condition of the states."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals import Schema

from analysis.errors import KeyTypeError, MissingColumnError, MomentTypeError
from analysis.frames import Frame, as_text, is_moment, is_text, keep, moment, plain, require, require_key
from analysis.roster import ROLES, disabled, flag, rosters_of, valid_between
from analysis.rules import Rule, among, everywhere

CUSTOMER = "customer_id"
# the moment of a row, by its table
TIMES = {
    "activity": "occurred_at",
    "orders": "ordered_at",
    "inquiries": "occurred_at",
    "cases": "entered_at",
    "deliveries": "sent_at",
    "deals": "created_at",
    "contracts": "term_start",
}


@dataclass(frozen=True)
class Pass:
    """What one pass over a table can count.

    Attributes:
        table: its name.
        distinct: the column whose different values count; None: rows do.
        at: the column of the moment.
        asked: what is counted (`key_of`) -> the condition.
    """

    table: str
    distinct: str | None
    at: str
    asked: Mapping[str, Mapping[str, Any]]

    @property
    def windows(self) -> list[int]:
        """The lengths of the windows in days."""
        return sorted({leaf["days"] for leaf in self.asked.values() if "days" in leaf})


def passes(conditions: Sequence[Mapping[str, Any]]) -> list[Pass]:
    """Conditions on events, those together that one pass can count."""
    found: dict[tuple, dict[str, Mapping[str, Any]]] = {}
    for leaf in conditions:
        at = leaf.get("at") or TIMES.get(leaf["events"], "occurred_at")
        found.setdefault((leaf["events"], leaf.get("distinct"), at), {})[key_of(leaf)] = leaf
    return [Pass(table, distinct, at, asked) for (table, distinct, at), asked in found.items()]


def key_of(leaf: Mapping[str, Any]) -> str:
    """What is counted, whatever number of it is enough."""
    counted = {name: value for name, value in leaf.items() if name != "at_least"}
    return json.dumps(counted, sort_keys=True, ensure_ascii=False, default=str)


def event_counts(placed: Frame, tables: Mapping[str, Frame], done: Pass, day: date | None = None) -> Frame:
    """Counts per customer who has any such event: `customer_id` and `_n0`, … in the order of `done.asked`.

    Args:
        placed: one row per customer: `customer_id`, `_as_of`, `_end` (events before it count).
        tables: table -> its frame.
        done: what to count.
        day: the `_as_of` of all customers, where it is the same; an engine then reads no more than the windows.
    """
    table = tables[done.table]
    schema = require(table, done.table, done.at, *([done.distinct] if done.distinct else []))
    if not is_moment(schema[done.at]):
        raise MomentTypeError(done.table, done.at, str(schema[done.at]))
    linked = _linked(placed, tables, done, schema)
    key, source = ("_user", "user_id") if "_user" in linked.collect_schema() else (CUSTOMER, CUSTOMER)
    columns = {f"_h{i}": _holds(leaf, schema, done) for i, leaf in enumerate(done.asked.values())}
    columns["_d"] = plain(done.distinct, schema[done.distinct]) if done.distinct else nw.lit(1)
    if day is not None:
        table = keep(table, _in_reach(done, day))
    events = table.select(as_text(source, schema).alias(key), nw.col(done.at).alias("_at"), **columns)
    known = events.join(linked, on=key, how="inner").filter(nw.col("_at") < nw.col("_end"))
    marked = known.with_columns(**{f"_n{i}": _inside(i, leaf) for i, leaf in enumerate(done.asked.values())})
    counts = [f"_n{i}" for i in range(len(done.asked))]
    if done.distinct:
        once = {name: nw.col(name).max() for name in counts}
        marked = marked.filter(~nw.col("_d").is_null()).group_by(CUSTOMER, "_d").agg(**once)
    sums = {name: nw.col(name).sum() for name in counts}
    return marked.group_by(CUSTOMER).agg(**sums)


def lists_of(frame: Frame) -> tuple[datetime, ...]:
    """When the lists of a history were taken, in order; of two lists of one day the later one counts."""
    found = sorted(rosters_of(frame, frame.collect_schema().names()))
    return tuple(sorted({each.date(): each for each in found}.values()))


def in_force(lists: Sequence[datetime]) -> list[nw.Expr]:
    """The rows of the list in force on `_as_of`: the latest up to that day; before the first list, the first."""
    if not lists:
        return []
    chosen = nw.lit(0)
    for i, each in enumerate(lists[1:], 1):
        chosen = nw.when(nw.col("_as_of") >= moment(each.date())).then(nw.lit(i)).otherwise(chosen)
    mine = [(nw.col("roster_as_of") == moment(each)) & (chosen == i) for i, each in enumerate(lists)]
    return [nw.any_horizontal(*mine, ignore_nulls=False)]


def same_keys(table: str, found: Any, needed: Any, column: str = CUSTOMER) -> None:
    """Refuses ids of two types, of which nothing would match.

    Raises:
        KeyTypeError: one is a text, the other none.
    """
    if is_text(found) != is_text(needed):
        raise KeyTypeError(table, column, str(found), str(needed))


def _linked(placed: Frame, tables: Mapping[str, Frame], done: Pass, schema: Schema) -> Frame:
    """What the events are joined to: customers, or their users as `_user`, with `_end` and the windows' starts."""
    starts = {f"_s{days}": nw.col("_end").dt.offset_by(f"-{days}d").cast(nw.Datetime("us")) for days in done.windows}
    base = placed.select(CUSTOMER, "_as_of", "_end")
    base = base.with_columns(**starts) if starts else base
    if CUSTOMER in schema:
        same_keys(done.table, schema[CUSTOMER], placed.collect_schema()[CUSTOMER])
        return base.drop("_as_of")
    if "user_id" not in schema:
        raise MissingColumnError(done.table, CUSTOMER, schema.names())
    users = tables["users"]
    columns = require(users, "users", "user_id", CUSTOMER, roles=ROLES, moments=("valid_from", "valid_to"))
    same_keys(done.table, schema["user_id"], columns["user_id"], "user_id")
    same_keys("users", columns[CUSTOMER], placed.collect_schema()[CUSTOMER])
    return _valid_users(base, users, columns).select("_user", CUSTOMER, "_end", *starts)


def _valid_users(base: Frame, users: Frame, schema: Schema) -> Frame:
    """The users of each customer who are valid on its day, by the list of users in force then."""
    history = ("roster_as_of",) if "roster_as_of" in schema else ()
    require_key(users, "users", "user_id", *history)
    helpers = {"_user": as_text("user_id", schema), CUSTOMER: as_text(CUSTOMER, schema)}
    if "status" in schema:
        helpers["_disabled"] = among("status", schema["status"], disabled(users))
    kept = [each for each in ("valid_from", "valid_to", *history) if each in schema]
    found = users.select(*(nw.col(each) for each in kept), **helpers).join(base, on=CUSTOMER, how="inner")
    columns: Collection[str] = {*kept, *helpers}
    return keep(found, [*in_force(lists_of(users)), *valid_between(nw.col("_as_of"), nw.col("_end"), columns)])


def _in_reach(done: Pass, day: date) -> list[nw.Expr]:
    """Which events any condition can count as of a day."""
    end = day + timedelta(days=1)
    open_ended = any("days" not in leaf for leaf in done.asked.values())
    since = [] if open_ended else [nw.col(done.at) >= moment(end - timedelta(days=done.windows[-1]))]
    return [nw.col(done.at) < moment(end), *since]


def _holds(leaf: Mapping[str, Any], schema: Schema, done: Pass) -> nw.Expr:
    """1 where an event is of the kind that counts."""
    rule = Rule.of(leaf.get("where"))
    return flag([rule.expression(schema, done.table) if rule else everywhere(True, done.at)])


def _inside(number: int, leaf: Mapping[str, Any]) -> nw.Expr:
    """1 for an event that counts and lies in the window."""
    conditions = [nw.col(f"_h{number}") == 1]
    if "days" in leaf:
        conditions.append(nw.col("_at") >= nw.col(f"_s{leaf['days']}"))
    return flag(conditions)
