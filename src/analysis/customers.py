"""One customer, one row: what they buy, how often they ask, whether they use what they have, what is open with them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis import customer_contacts as contacts
from analysis import customer_orders
from analysis.customer_ids import CUSTOMER, KEYS, one_type, unkeyed
from analysis.errors import ChoiceError
from analysis.frames import Frame, names, open_frames, union, whole
from analysis.order_arrays import COVERED, Make, Orders, covers
from analysis.order_lines import CANCELLATIONS, NET, Lines, open_lines
from analysis.period import Period
from analysis.rules import Rule
from analysis.takes import over_orders

# table -> the measures that it gives
MEASURES = {
    "orders": customer_orders.MEASURES,
    "inquiries": ("inquiries", "complaints"),
    "visits": ("visits", "days_since_visit"),
    "users": ("valid_users", "active_users", "active_rate"),
    "contracts": ("contracts", "plan", "contract_end"),
    "deals": ("open_deals", "open_amount"),
}
ALL = tuple(name for each in MEASURES.values() for name in each)
# what is 0 where a table that is there says nothing of a customer
ZERO = frozenset({"amount", "orders", "products", "inquiries", "complaints", "visits", "contracts", "open_deals"})
ZERO |= {"open_amount", "valid_users", "active_users"}


def _over_sorted(sorted_orders: Orders, make: Make, **call: Any) -> Any | None:
    """`measure_customers` over sorted lines; None where they do not know enough."""
    wanted = _wanted(call.get("measures"))
    others = [name for name in MEASURES if name != "orders" and call.get(name) is not None]
    beside = [name for name in others if {*MEASURES[name]} & {*wanted}]
    listed = call.get("customers") is not None  # whose attributes, and customers without an order, stand in the result
    rule = call.get("cancellations", NET)
    if listed or not {*wanted} <= COVERED or rule not in CANCELLATIONS or not covers(call, beside):
        return None
    found = sorted_orders.measures(as_of=call.get("as_of"), period=call.get("period"), cancellations=rule)
    if found is None:
        return None
    shown = [name for name in ALL if name in wanted]
    return make(found[0].select([CUSTOMER, *shown]))


@over_orders(_over_sorted)
def measure_customers(
    orders: IntoFrameT,
    *,
    as_of: date | None = None,
    customers: IntoFrame | None = None,
    inquiries: IntoFrame | None = None,
    visits: IntoFrame | None = None,
    users: IntoFrame | None = None,
    activity: IntoFrame | None = None,
    contracts: IntoFrame | None = None,
    deals: IntoFrame | None = None,
    period: Period | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
    measures: str | Iterable[str] | None = None,
    attributes: str | Iterable[str] | None = None,
    complaints: Collection[str] | None = None,
    where: Rule | Mapping[str, Any] | None = None,
) -> IntoFrameT:
    """Everything about each customer, as far as the tables tell it. A table that is missing means missing columns.

    Args:
        orders: one row per order line; `customer_id` (blank: nobody's), `ordered_at`, `amount`, and as far as there
            are: `order_id`, `product_code`, `quantity`, `status`, `currency`.
        as_of: the last day that is known, included; None: the day of the last order.
        customers: the list; `customer_id` once. Its other columns stand in the result, too.
        inquiries: `customer_id`, `occurred_at`, `category`. A row without a customer but with a `user_id` is the
            customer's whose account that is in `users` (of a history of lists the latest up to `as_of`).
        visits: `customer_id`, `occurred_at`.
        users, activity: accounts with their `customer_id`, and their use; see `active_rate.active_rate`.
        contracts: `customer_id`, `term_start`, `term_end` (last day), `plan`.
        deals: `deal_id`, `phase`, `customer_id`, `amount`; see `pipeline.pipeline`.
        period: half-open; counts (amount, orders, products, inquiries, complaints, visits, active users) are of it.
            First and last days, and what is measured in days, look at everything up to `as_of`. None: counts do, too.
        cancellations: how a cancellation or return counts: a line with a negative amount or quantity, with an order
            number of C and a figure (unless all begin so), or whose status says so (`tables.STATUS_CANCELLED`).
            `net`: as it is written, which lowers the amount; written without a minus it is taken off, but where only
            the status says it, the order does not stand and counts 0. `without`: left out. `subtract`: always taken
            off. `as_written`: every line like any other. But for `as_written` such a line is never an
            order, a product bought, or a first or last day.
        merges: way of writing a customer -> the one that is kept, in all tables; chains are followed.
        currency: of the lines that count, where there are several.
        measures: which ones of `MEASURES`; None: all. Fewer take less time.
        attributes: which columns of `customers`; None: all. One called like a measure becomes `customers_<name>`.
        complaints: categories of complaints; None: by their words (`tables.COMPLAINTS`).
        where: condition on columns of `orders` (`analysis.rules`).

    Returns:
        One row per customer of any table, unsorted, and one with `customer_id` null for the rows of nobody, if there
        are any: the attributes, `amount` (in the unit of the file; 0 without orders), `orders` (different order
        numbers, and each line without one; without such a column all lines), `average_order` (null without orders),
        `products` (different codes), `first_order`, `last_order`, `recency_days`, `tenure_days` (calendar days up to
        `as_of`), `interval_days` (median between days with an order, null below two such days),
        `interval_change_days` (median of the later half of these less that of the earlier; one in the middle is in
        neither), `inquiries`, `complaints`, `visits`, `days_since_visit`, `valid_users`, `active_users`,
        `active_rate`, `contracts` (in force), `plan` and `contract_end` (of the one that began last), `open_deals`,
        `open_amount`. A column that the tables do not give is absent: see `missing_measures`.

    Raises:
        MissingColumnError: a column named above is absent.
        CurrenciesError: several currencies, and none chosen.
        BeforeFirstOrderError: `as_of` is before the first order.
        ChoiceError: no such rule for cancellations, measure or currency.
        MergeError: ways of writing that lead back to each other.
        DuplicateKeyError: a customer stands in the list twice.

    Note:
        Source: `definitions.DEFINITIONS["customer_amount"]` and those after it.
    """
    wanted = _wanted(measures)
    lines = open_lines(
        orders,
        as_of=as_of,
        period=period,
        cancellations=cancellations,
        merges=merges,
        currency=currency,
        where=where,
    )
    asked = contacts.Asked(lines.known, period, merges, users)
    given = {"users": users, "activity": activity} if users is not None and activity is not None else {}
    others = {"customers": customers, "inquiries": inquiries, "visits": visits, "contracts": contracts, "deals": deals}
    tables = {name: table for name, table in (others | given).items() if table is not None}
    open_frames(orders=orders, **tables)  # of one engine
    parts = _parts(lines, tables, asked, wanted, (None if attributes is None else names(attributes), complaints))
    return nw.maybe_reset_index(_joined(parts, wanted)).to_native()


def missing_measures(columns: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Of a result with these columns: table -> the measures that are absent because it, or a column of it, is."""
    there = {*columns}
    absent = {table: tuple(name for name in each if name not in there) for table, each in MEASURES.items()}
    return {table: lacking for table, lacking in absent.items() if lacking}


def orders_are_numbers(orders: IntoFrame) -> bool:
    """Whether `orders` of `measure_customers` are different order numbers; else they are lines, and a page says so."""
    (frame,) = open_frames(orders=orders)
    return "order_id" in frame.collect_schema()


def _wanted(measures: str | Iterable[str] | None) -> tuple[str, ...]:
    chosen = ALL if measures is None else names(measures)
    for name in chosen:
        if name not in ALL:
            raise ChoiceError("measures", name, ALL)
    return chosen


def _parts(
    lines: Lines,
    tables: Mapping[str, IntoFrame],
    asked: contacts.Asked,
    wanted: Sequence[str],
    words: tuple[Sequence[str] | None, Collection[str] | None],
) -> list[Frame]:
    """What each table says, one row per customer and `_key`, `_none`; only tables of which something is wanted."""
    needed = {table for table, each in MEASURES.items() if {*each} & {*wanted}} | {"customers"}
    attributes, complaints = words
    makers = {
        "customers": lambda: contacts.attributes(tables["customers"], asked, attributes, ALL),
        "inquiries": lambda: contacts.inquiry_measures(tables["inquiries"], asked, complaints),
        "visits": lambda: contacts.visit_measures(tables["visits"], asked),
        "users": lambda: contacts.account_measures(tables["users"], tables["activity"], asked),
        "contracts": lambda: contacts.contract_measures(tables["contracts"], asked),
        "deals": lambda: contacts.deal_measures(tables["deals"], asked),
    }
    made = {name: make() for name, make in makers.items() if name in tables and name in needed}
    found = {"orders": customer_orders.order_measures(lines, wanted)} | {
        name: part for name, part in made.items() if part is not None
    }
    one_type([(name, part.collect_schema()["_key"]) for name, part in found.items()])
    return list(found.values())


def _joined(parts: Sequence[Frame], wanted: Sequence[str]) -> Frame:
    """The parts beside each other, for every customer of any of them."""
    result = parts[0]
    if len(parts) > 1:
        everybody = union([part.select(*KEYS) for part in parts])
        result = everybody.group_by(*KEYS).agg(_rows=nw.len()).drop("_rows")
        for part in parts:
            result = result.join(part, on=[*KEYS], how="left")
    there = result.collect_schema().names()
    counts = [name for name in there if name in ZERO and name not in ("amount", "open_amount")]
    sums = [name for name in ("amount", "open_amount") if name in there]
    filled = result.with_columns(*([whole(*counts)] if counts else []), *(nw.col(name).fill_null(0) for name in sums))
    own = [name for name in there if name not in (*KEYS, *ALL)]
    shown = [name for name in ALL if name in there and name in wanted]
    return unkeyed(filled).select(CUSTOMER, *own, *shown)
