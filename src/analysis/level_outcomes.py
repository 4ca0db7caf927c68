"""Outcomes that states are held against: one row per customer, 1 where it came about, 0 where not, null where open."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.errors import MissingColumnError, MomentTypeError, OpenOutcomeError, OutcomeValueError
from analysis.frames import (
    Frame,
    as_text,
    count_by,
    facts,
    fold,
    is_blank,
    is_moment,
    moment,
    open_frames,
    plain,
    require,
    require_key,
    rows,
    whole,
)
from analysis.level_definitions import State, leaves
from analysis.level_events import CUSTOMER, same_keys
from analysis.level_states import open_levels
from analysis.period import Period
from analysis.question import day_of
from analysis.rules import among

OUTCOME = (CUSTOMER, "outcome", "outcome_at")
YES = frozenset({"1", "1.0", "true", "yes", "はい", "有", "あり"})
NO = frozenset({"0", "0.0", "false", "no", "いいえ", "無", "なし"})
RENEWED = YES | {
    *("継続", "更新", "更新済", "更新済み", "契約更新", "契約継続", "自動更新", "延長"),
    *("renewed", "renewal", "continued", "extended", "auto-renewed", "retained"),
}
ENDED = NO | {
    *("解約", "解約済", "解約済み", "終了", "契約終了", "満了", "退会", "非更新", "不更新", "未更新", "更新なし"),
    *("churned", "churn", "cancelled", "canceled", "ended", "not renewed", "non-renewed", "terminated", "lost"),
}


def renewal_outcome(
    contracts: IntoFrameT,
    period: Period,
    *,
    renewed: Collection[str] = RENEWED,
    ended: Collection[str] = ENDED,
) -> IntoFrameT:
    """Renewal: what became of the contract terms that end in `period`.

    Args:
        contracts: one row per term; `customer_id`, `term_end` (timestamp, the last day), `outcome`.
        period: half-open `[start, end)`; a customer with two terms that end in it is refused: choose a shorter one.
        renewed: words of `outcome` that mean renewed, in any letter case and width.
        ended: words that mean it ended. Blank: not known yet.

    Returns:
        One row per customer, unsorted: `customer_id`, `outcome` (1 renewed, 0 ended, null not known yet),
        `outcome_at` (`term_end`).

    Raises:
        OutcomeValueError: a word that is in neither list.
        DuplicateKeyError: two terms of one customer end in the period.
    """
    (frame,) = open_frames(contracts=contracts)
    schema = require(frame, "contracts", CUSTOMER, "term_end", "outcome", moments=("term_end",))
    end = nw.col("term_end")
    due = frame.filter(end >= moment(period.start), end < moment(period.end))
    require_key(due, "contracts", CUSTOMER)
    return _named(due, schema, "contracts", "outcome", end, (renewed, ended))


def column_outcome(
    customers: IntoFrameT,
    column: str,
    *,
    at: str | date,
    yes: Collection[str] = YES,
    no: Collection[str] = NO,
) -> IntoFrameT:
    """An outcome that stands in a column of a list, as 1 and 0.

    Args:
        customers: one row per customer; `customer_id`, `column`.
        column: 1 or 0 (numbers, truth values or words); blank: not known yet.
        at: when it came about: a day for all, or the column that says when (the lead is counted from it).
        yes, no: words that mean 1 and 0, in any letter case and width.

    Returns:
        See `renewal_outcome`.

    Raises:
        OutcomeValueError: a value that is neither.
    """
    (frame,) = open_frames(customers=customers)
    named = (at,) if isinstance(at, str) else ()
    schema = require(frame, "customers", CUSTOMER, column, *named)
    if isinstance(at, str) and not is_moment(schema[at]):
        raise MomentTypeError("customers", at, str(schema[at]))
    require_key(frame, "customers", CUSTOMER)
    when = nw.col(at) if isinstance(at, str) else moment(day_of(at))
    return _named(frame, schema, "customers", column, when, (yes, no))


def amount_outcome(
    customers: IntoFrameT, orders: IntoFrameT, period: Period, *, at_least: float, as_of: date | None = None
) -> IntoFrameT:
    """An amount: whether a customer's orders of `period` add up to `at_least` or more; without orders they do not.

    Args:
        customers: one row per customer; `customer_id`.
        orders: one row per order line; `customer_id`, `ordered_at`, `amount` (returns below 0).
        period: half-open `[start, end)`.
        at_least: the threshold, in the unit of `amount`.
        as_of: the last day that is known; None: the day of the last order.

    Returns:
        One row per customer of the list, unsorted: `customer_id`, `outcome` (1 or 0), `outcome_at` (the start of the
        period, because states within it would already hold some of these orders).

    Raises:
        OpenOutcomeError: the period is not over.
    """
    people, lines = open_frames(customers=customers, orders=orders)
    schema = require(people, "customers", CUSTOMER)
    columns = require(lines, "orders", CUSTOMER, "ordered_at", "amount", moments=("ordered_at",))
    same_keys("orders", columns[CUSTOMER], schema[CUSTOMER])
    require_key(people, "customers", CUSTOMER)
    last = day_of(as_of) if as_of else _last_day(lines)
    if last is None or period.is_partial(last):
        raise OpenOutcomeError(str(period), last or period.start)
    at = nw.col("ordered_at")
    inside = lines.filter(at >= moment(period.start), at < moment(period.end))
    values = inside.select(as_text(CUSTOMER, columns), _amount=plain("amount", columns["amount"]))
    sums = count_by(values, [CUSTOMER], _amount=nw.col("_amount").sum())
    known = people.select(as_text(CUSTOMER, schema)).join(sums, on=CUSTOMER, how="left")
    total = nw.col("_amount").fill_null(0)
    reached = nw.when(total >= nw.lit(at_least)).then(1).otherwise(0)
    return nw.maybe_reset_index(
        known.select(CUSTOMER, outcome=reached.cast(nw.Int64), outcome_at=moment(period.start))
    ).to_native()


def state_as_outcome(
    customers: IntoFrameT,
    state: State | Mapping[str, Any],
    *,
    as_of: date,
    tables: Mapping[str, IntoFrame] | None = None,
) -> IntoFrameT:
    """Another state as the outcome: who is in it on a later day.

    Args:
        customers, tables: see `level_matrix`.
        state: a `State` or its dict.
        as_of: the day on which it counts.

    Returns:
        One row per customer of the list in force, unsorted: `customer_id`, `outcome` (1 or 0), `outcome_at`
        (the first day that the state looks back to: the start of its longest window, else `as_of`).
    """
    opened = open_levels(customers, [state], tables=tables)
    windows = [leaf["days"] for leaf in leaves(opened.levels.states[0].rule) if "days" in leaf]
    start = day_of(as_of) - timedelta(days=max(windows, default=1) - 1)
    found = opened.stood(as_of).select(CUSTOMER, outcome=nw.col("_f0"), outcome_at=moment(start))
    return nw.maybe_reset_index(found).to_native()


def _named(
    frame: Frame, schema: Any, table: str, column: str, at: nw.Expr, words: tuple[Collection[str], Collection[str]]
) -> Any:
    """The three columns of an outcome, its values read as 1, 0 or null."""
    if column not in schema:
        raise MissingColumnError(table, column, schema.names())
    yes, no = _spellings(frame, column, words)
    ended = nw.when(among(column, schema[column], no)).then(0)  # else null: no cast, which pandas refuses for it
    read = nw.when(among(column, schema[column], yes)).then(1).otherwise(ended)
    columns = {"outcome": read, "outcome_at": at.cast(nw.Datetime("us"))}
    return nw.maybe_reset_index(frame.select(as_text(CUSTOMER, schema), **columns)).to_native()


def _spellings(frame: Frame, column: str, words: Iterable[Collection[str]]) -> tuple[list[Any], list[Any]]:
    """The values of a column, as they are written, that mean 1 and 0.

    Raises:
        OutcomeValueError: there are others.
    """
    here = rows(frame.filter(~is_blank(frame, column)).group_by(column).agg(_rows=nw.len()))
    written = [row[column] for row in here]
    yes, no = ({fold(str(word)) for word in each} for each in words)
    read = {value: fold(str(value)) for value in written}
    if strange := sorted(str(value) for value, word in read.items() if word not in yes | no):
        raise OutcomeValueError(column, strange[:5])
    return [value for value in written if read[value] in yes], [value for value in written if read[value] in no]


def _last_day(orders: Frame) -> date | None:
    found = facts(orders.select(_last=nw.col("ordered_at").max(), _rows=nw.len()).with_columns(whole("_rows")))
    return day_of(found["_last"]) if found["_rows"] else None
