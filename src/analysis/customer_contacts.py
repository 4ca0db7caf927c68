"""What else is known of a customer: inquiries and complaints, visits, accounts in use, contracts, open deals."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame

from analysis.active_rate import active_rate
from analysis.business_days import day_number
from analysis.customer_base import on_list
from analysis.customer_ids import CUSTOMER, keyed, one_type, with_customer
from analysis.deals import open_deals
from analysis.frames import (
    Frame,
    as_text,
    fold,
    moment,
    open_frames,
    plain,
    require,
    require_key,
    rows,
    whole,
)
from analysis.period import Period
from analysis.tables import COMPLAINTS, KINDS

USER = "user_id"
LONG_AGO = date(1900, 1, 1)


@dataclass(frozen=True)
class Asked:
    """What every table is asked alike.

    Attributes:
        known: the last day that is known; None: everything is.
        period: what is counted lies in it; None: everything up to `known`.
        merges: way of writing -> the one that is kept.
        users: accounts with their customer, whose rows are that customer's where they name none; None: unknown.
    """

    known: date | None
    period: Period | None
    merges: Mapping[str, str] | None
    users: IntoFrame | None = None

    def up_to(self, frame: Frame, column: str) -> Frame:
        """The rows up to the last day that is known."""
        return frame if self.known is None else frame.filter(nw.col(column) < moment(self.known + timedelta(days=1)))

    def inside(self, column: str) -> nw.Expr:
        """1 for a row inside the period."""
        if self.period is None:
            return nw.when(~nw.col(column).is_null()).then(1).otherwise(0)
        at = nw.col(column)
        return nw.when((at >= moment(self.period.start)) & (at < moment(self.period.end))).then(1).otherwise(0)

    def since(self, column: str) -> nw.Expr:
        """Days from a moment to the last day that is known."""
        if self.known is None:
            return nw.lit(None, dtype=nw.Float64)
        return nw.lit(float(self.known.toordinal() - date(1970, 1, 1).toordinal())) - day_number(nw.col(column))

    def rows_of(self, table: str, native: IntoFrame, *columns: str) -> Frame | None:
        """The table with its customers as they count; None where it says of no customer."""
        (frame,) = open_frames(**{table: native})
        goes_by_account = table != "users" and USER in KINDS[table].roles and USER in frame.collect_schema()
        if self.users is not None and goes_by_account:
            frame = _through_users(frame, table, on_list(self.users, "users", self.known))
        if CUSTOMER not in frame.collect_schema():
            return None
        moments = [column for column in columns if KINDS[table].roles.get(column) in ("moment", "day")]
        schema = require(frame, table, CUSTOMER, *columns, roles=tuple(KINDS[table].roles), moments=moments)
        return with_customer(frame, schema, self.merges, table)


def _through_users(frame: Frame, table: str, listed: IntoFrame) -> Frame:
    """The rows with the customer of their account where they name none.

    Raises:
        DuplicateKeyError, BlankKeyError: an account stands in the list twice, or has no id.
        KeyTypeError: ids are texts in one table only.
    """
    (users,) = open_frames(users=listed)
    known, schema = users.collect_schema(), frame.collect_schema()
    if CUSTOMER not in known or USER not in known:
        return frame
    require_key(users, "users", USER)
    one_type([(table, schema[USER]), ("users", known[USER])], USER)
    pairs = users.select(_user=as_text(USER, known), _whose=plain(CUSTOMER, known[CUSTOMER]))
    joined = frame.with_columns(_user=as_text(USER, schema)).join(pairs, on="_user", how="left")
    if CUSTOMER in schema:
        one_type([(table, schema[CUSTOMER]), ("users", known[CUSTOMER])])
        joined = joined.with_columns(_whose=nw.coalesce(plain(CUSTOMER, schema[CUSTOMER]), nw.col("_whose")))
    return joined.with_columns(nw.col("_whose").alias(CUSTOMER)).drop("_user", "_whose")


def inquiry_measures(inquiries: IntoFrame, asked: Asked, complaints: Collection[str] | None) -> Frame | None:
    """`inquiries`, and `complaints` where the table has a category."""
    frame = asked.rows_of("inquiries", inquiries, "occurred_at")
    if frame is None:
        return None
    schema = frame.collect_schema()
    known = asked.up_to(frame, "occurred_at").with_columns(inquiries=asked.inside("occurred_at"))
    counts = ["inquiries"]
    if "category" in schema:
        category = plain("category", schema["category"])
        said = [row["_c"] for row in rows(known.select(_c=category).group_by("_c").agg(_rows=nw.len()))]
        words = [word for word in said if isinstance(word, str) and is_complaint(word, complaints)]
        found = category.is_in(words) if words else nw.col("inquiries") < 0
        known = known.with_columns(complaints=nw.when(found).then(nw.col("inquiries")).otherwise(0))
        counts.append("complaints")
    counted = known.group_by(CUSTOMER).agg(**{name: nw.col(name).sum() for name in counts})
    return keyed(counted.with_columns(whole(*counts)), schema[CUSTOMER])


def is_complaint(category: str, complaints: Collection[str] | None = None) -> bool:
    """Whether a category of inquiries is one of complaints: one of those given, else by its words."""
    word = fold(category)
    if complaints is not None:
        return word in {fold(each) for each in complaints}
    return any(part in word for part in COMPLAINTS)


def visit_measures(visits: IntoFrame, asked: Asked) -> Frame | None:
    """`visits` inside the period, and `days_since_visit` since the last one of all."""
    frame = asked.rows_of("visits", visits, "occurred_at")
    if frame is None:
        return None
    known = asked.up_to(frame, "occurred_at").with_columns(visits=asked.inside("occurred_at"))
    counted = known.group_by(CUSTOMER).agg(visits=nw.col("visits").sum(), _last=nw.col("occurred_at").max())
    since = nw.when(~nw.col(CUSTOMER).is_null()).then(asked.since("_last"))
    result = counted.with_columns(whole("visits"), days_since_visit=since).drop("_last")
    return keyed(result, frame.collect_schema()[CUSTOMER])


def account_measures(users: IntoFrame, activity: IntoFrame, asked: Asked) -> Frame | None:
    """`valid_users`, `active_users`, `active_rate` by customer; None where accounts tell no customer."""
    frame = asked.rows_of("users", users, "user_id")
    if frame is None:
        return None
    last = asked.known or date(9998, 12, 31)
    period = asked.period or Period(LONG_AGO, last + timedelta(days=1))
    counted = active_rate(frame.to_native(), activity, period, by=(CUSTOMER,), as_of=asked.known)
    (found,) = open_frames(counted=counted)
    kept = found.select(CUSTOMER, "valid_users", "active_users", "active_rate")
    return keyed(kept, kept.collect_schema()[CUSTOMER])


def contract_measures(contracts: IntoFrame, asked: Asked) -> Frame | None:
    """`contracts` in force, and of the one that began last (of several the last to end) `plan`, `contract_end`."""
    frame = asked.rows_of("contracts", contracts, "term_start", "term_end")
    if frame is None:
        return None
    schema = frame.collect_schema()
    running = frame.filter(~nw.col("term_start").is_null())
    if asked.known is not None:
        today = moment(asked.known)
        ended = nw.col("term_end")
        running = asked.up_to(running, "term_start").filter(ended.is_null() | (ended >= today))
    named = running.with_columns(_plan=plain("plan", schema["plan"])) if "plan" in schema else running
    kept = ["_plan"] if "plan" in schema else []
    pairs = keyed(named.select(CUSTOMER, "term_start", "term_end", *kept), schema[CUSTOMER])
    began = pairs.group_by("_key", "_none").agg(contracts=nw.len(), _began=nw.col("term_start").max())
    newest = pairs.join(began, on=["_key", "_none"], how="left").filter(nw.col("term_start") == nw.col("_began"))
    last = newest.group_by("_key", "_none").agg(
        contracts=nw.col("contracts").max(), contract_end=nw.col("term_end").max()
    )
    if kept:
        ends = newest.join(last.select("_key", "_none", "contract_end"), on=["_key", "_none"], how="left")
        latest = ends.filter((nw.col("term_end") == nw.col("contract_end")) | nw.col("contract_end").is_null())
        plans = latest.group_by("_key", "_none").agg(plan=nw.col("_plan").min())
        last = last.join(plans, on=["_key", "_none"], how="left")
    return last.with_columns(whole("contracts"))


def deal_measures(deals: IntoFrame, asked: Asked) -> Frame | None:
    """`open_deals`, and `open_amount` where the deals have amounts."""
    frame = asked.rows_of("deals", deals, "deal_id", "phase")
    if frame is None:
        return None
    opened = open_deals(frame.to_native(), as_of=asked.known)
    still = opened.frame.filter(nw.col("_open") == 1)
    counted = still.group_by(CUSTOMER).agg(open_deals=nw.len(), open_amount=nw.col("_amount").sum())
    if "amount" not in opened.columns:
        counted = counted.drop("open_amount")
    return keyed(counted.with_columns(whole("open_deals")), frame.collect_schema()[CUSTOMER])


def attributes(
    customers: IntoFrame, asked: Asked, wanted: Collection[str] | None, taken: Collection[str]
) -> Frame | None:
    """The columns of the list: of customers that were merged those of the one that is kept, else of the first.

    Args:
        wanted: which columns; None: all.
        taken: names of measures: a column of such a name is called `customers_<name>`.

    Raises:
        DuplicateKeyError: a customer stands in the list twice.
        BlankKeyError: a row of the list has no customer.
    """
    (frame,) = open_frames(customers=customers)
    schema = require(frame, "customers", CUSTOMER, *(wanted or ()), roles=tuple(KINDS["customers"].roles))
    require_key(frame, "customers", CUSTOMER)
    names = [name for name in schema.names() if name != CUSTOMER and (wanted is None or name in wanted)]
    folded = {fold(name) for name in taken}
    renamed = {(f"customers_{name}" if fold(name) in folded else name): plain(name, schema[name]) for name in names}
    own = frame.with_columns(_own=nw.col(CUSTOMER))
    kept = with_customer(own, schema, asked.merges, "customers")
    if asked.merges:
        first = nw.when(nw.col("_own") == nw.col(CUSTOMER)).then(nw.lit("0")).otherwise(nw.lit("1"))
        ordered = kept.with_columns(_order=nw.concat_str(first, "_own"))
        best = ordered.group_by(CUSTOMER).agg(_best=nw.col("_order").min())
        kept = ordered.join(best, on=CUSTOMER, how="left").filter(nw.col("_order") == nw.col("_best"))
    return keyed(kept.select(nw.col(CUSTOMER), **renamed), schema[CUSTOMER])
