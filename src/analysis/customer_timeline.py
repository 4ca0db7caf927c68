"""Everything that happened with one customer, one line each: orders, returns, inquiries, visits, contracts, deals."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import narwhals.stable.v2 as nw
from narwhals.stable.v2.typing import IntoFrame, IntoFrameT

from analysis.customer_contacts import Asked
from analysis.customer_ids import CUSTOMER
from analysis.frames import Frame, is_moment, open_frames, plain, rows, union, whole
from analysis.order_lines import NET, open_lines
from analysis.phases import LOST, WON, outcomes_of
from analysis.rules import among

EVENTS = (
    *("order", "cancellation", "inquiry", "visit", "contract_start", "contract_end"),
    *("deal_created", "deal_won", "deal_lost", "deal"),
)
TEXTS = ("reference", "detail", "owner", "text")
COLUMNS = ("at", "event", *TEXTS, "amount", "lines")


def customer_timeline(
    orders: IntoFrameT,
    of: str | int | None,
    *,
    as_of: date | None = None,
    inquiries: IntoFrame | None = None,
    visits: IntoFrame | None = None,
    contracts: IntoFrame | None = None,
    deals: IntoFrame | None = None,
    users: IntoFrame | None = None,
    cancellations: str = NET,
    merges: Mapping[str, str] | None = None,
    currency: str | None = None,
) -> IntoFrameT:
    """What is known of one customer, in time.

    Args:
        of: the customer; None: the rows of nobody.
        orders, inquiries, visits, contracts, deals, users: see `customers.measure_customers`.
        as_of: the last day that is known, included; of contracts that had begun by then the end is told, too, wherever
            it lies. A deal that is neither won nor lost has no end.
        cancellations, merges, currency: see `customers.measure_customers`.

    Returns:
        One row per event, unsorted: `at` (null: a deal without a date), `event` (one of `EVENTS`), `reference` (the
        number of the order or deal), `detail` (category of an inquiry or visit, plan, phase), `owner`, `text` (of an
        inquiry), `amount` (as it counts; of an order all lines of one number and moment), `lines` (of an order).

    Raises:
        As `customers.measure_customers`.
    """
    lines = open_lines(orders, as_of=as_of, cancellations=cancellations, merges=merges, currency=currency)
    asked = Asked(lines.known, None, merges, users)
    makers = {"inquiries": _inquiries, "visits": _visits, "contracts": _contracts, "deals": _deals}
    given = {"inquiries": inquiries, "visits": visits, "contracts": contracts, "deals": deals}
    tables = {name: table for name, table in given.items() if table is not None}
    open_frames(orders=orders, **tables)  # of one engine
    parts = [_orders(_mine(lines.frame, of), lines.by_order)]
    for name, table in tables.items():
        frame = asked.rows_of(name, table)
        if frame is not None:
            parts += makers[name](_mine(frame, of), asked)
    return nw.maybe_reset_index(union(parts)).to_native()


def _mine(frame: Frame, of: str | int | None) -> Frame:
    return frame.filter(among(CUSTOMER, frame.collect_schema()[CUSTOMER], [of]))


def _event(frame: Frame, event: str | nw.Expr, at: nw.Expr, **more: nw.Expr) -> Frame:
    """The frame in the columns of a timeline; what it does not tell is null."""
    told = {name: more[name].cast(nw.String) if name in more else nw.lit(None, dtype=nw.String) for name in TEXTS}
    amount = more["amount"].cast(nw.Float64) if "amount" in more else nw.lit(None, dtype=nw.Float64)
    count = more["lines"].cast(nw.Int64) if "lines" in more else nw.lit(0, dtype=nw.Int64)
    named = nw.lit(event) if isinstance(event, str) else event
    made = frame.with_columns(
        _at=at.cast(nw.Datetime("us")), _event=named, **{f"_t_{name}": value for name, value in told.items()}
    ).with_columns(_t_amount=amount, _t_lines=count)
    return made.select(
        at=nw.col("_at"),
        event=nw.col("_event"),
        **{name: nw.col(f"_t_{name}") for name in (*TEXTS, "amount", "lines")},
    )


def _column(frame: Frame, **roles: str) -> dict[str, Any]:
    """Column of the timeline -> its value, for those of `roles` that the table has."""
    schema = frame.collect_schema()
    return {name: plain(role, schema[role]) for name, role in roles.items() if role in schema}


def _orders(mine: Frame, by_order: bool) -> Frame:
    number = nw.col("_order").cast(nw.String) if by_order else nw.lit(None, dtype=nw.String)
    schema = mine.collect_schema()
    owner = plain("owner", schema["owner"]).cast(nw.String) if "owner" in schema else nw.lit(None, dtype=nw.String)
    placed = mine.with_columns(_number=number, _who=owner)
    each = placed.group_by("_number", "_sale", "ordered_at").agg(
        _sum=nw.col("_amount").sum(), _count=nw.len(), _who=nw.col("_who").min()
    )
    event = nw.when(nw.col("_sale") == 1).then(nw.lit("order")).otherwise(nw.lit("cancellation"))
    return _event(
        each.with_columns(whole("_count")),
        event,
        nw.col("ordered_at"),
        reference=nw.col("_number"),
        owner=nw.col("_who"),
        amount=nw.col("_sum").fill_null(0),
        lines=nw.col("_count"),
    )


def _inquiries(mine: Frame, asked: Asked) -> list[Frame]:
    told = _column(mine, detail="category", text="text")
    return [_event(asked.up_to(mine, "occurred_at"), "inquiry", nw.col("occurred_at"), **told)]


def _visits(mine: Frame, asked: Asked) -> list[Frame]:
    told = _column(mine, detail="category", owner="owner")
    return [_event(asked.up_to(mine, "occurred_at"), "visit", nw.col("occurred_at"), **told)]


def _contracts(mine: Frame, asked: Asked) -> list[Frame]:
    begun, told = asked.up_to(mine, "term_start"), _column(mine, detail="plan", amount="amount")
    ended = begun.filter(~nw.col("term_end").is_null())
    return [
        _event(begun, "contract_start", nw.col("term_start"), **told),
        _event(ended, "contract_end", nw.col("term_end"), **told),
    ]


def _deals(mine: Frame, asked: Asked) -> list[Frame]:
    schema = mine.collect_schema()
    told = _column(mine, reference="deal_id", detail="phase", owner="owner", amount="amount")
    found = [row["phase"] for row in rows(mine.group_by("phase").agg(_rows=nw.len()))]
    outcomes = outcomes_of(sorted(phase for phase in found if isinstance(phase, str) and phase), None, None)
    parts, dated = [], [name for name in ("created_at", "closed_at") if is_moment(schema.get(name))]
    if "created_at" in dated:
        parts.append(_event(asked.up_to(mine, "created_at"), "deal_created", nw.col("created_at"), **told))
    if "closed_at" in dated:
        for event, phases in (("deal_won", outcomes[WON]), ("deal_lost", outcomes[LOST])):
            over = mine.filter(among("phase", schema["phase"], phases))
            parts.append(_event(asked.up_to(over, "closed_at"), event, nw.col("closed_at"), **told))
    undated = mine.filter(*(nw.col(name).is_null() for name in dated)) if dated else mine
    return [*parts, _event(undated, "deal", nw.lit(None, dtype=nw.Datetime("us")), **told)]
