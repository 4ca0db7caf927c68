"""The planted figures of the parts in words, from their plans; the tests count the files."""

from itertools import accumulate

from . import contracts, customer_facts, deals, production
from .facts import percent, say


def _deals() -> dict[str, object]:
    won, lost, still_open = (sum(counts[place] for counts in deals.OWNERS.values()) for place in range(3))
    reached = [*_reached(won), won]
    rates = [say((now, before)) for now, before in zip(reached[1:], reached, strict=False)]
    return {
        "deals": won + lost + still_open,
        "closed": won + lost,
        "won": won,
        "lost": lost,
        "open": still_open,
        "rate": percent(won, won + lost),
        "wrong_rate": percent(won, won + lost + still_open),
        "phases": "\n".join(
            f"| {deals.PHASES[name]} | {count} | {rate} |"
            for name, count, rate in zip((*deals.STEPS, deals.WON), reached, ("", *rates), strict=True)
        ),
        "owners": "\n".join(f"| {name} | {say((w, w + n))} | {o} |" for name, (w, n, o) in deals.OWNERS.items()),
        "reasons": "・".join(f"{reason or '（空欄）'} {count}" for reason, count in deals.REASONS.items()),
        "segments": "\n".join(_segments()),
        "still": deals.STILL,
        "overdue": deals.OVERDUE,
        "between": deals.NO_DATE_BETWEEN,
        "no_amount": deals.NO_AMOUNT,
    }


def _reached(won: int) -> list[int]:
    """Deals that came as far as each phase or further, lost ones included."""
    at = [still + lost for still, lost in zip(deals.OPEN_AT, deals.LOST_AT, strict=True)]
    return [won + beyond for beyond in reversed([*accumulate(reversed(at))])]


def _segments() -> list[str]:
    rows = []
    for source, sizes in deals.SOURCES.items():
        for size, counts in zip(deals.SIZES, sizes, strict=True):
            aimed = deals.AIMED.get((source, size), "")
            rows.append(f"| {source} | {size} | {aimed} | {sum(counts)} | {say((counts[0], counts[0] + counts[1]))} |")
    return rows


def _contracts() -> dict[str, object]:
    first, later = sum(contracts.FIRST_DUE), sum(contracts.LATER_DUE)
    first_ended, later_ended = sum(contracts.FIRST_ENDED), sum(contracts.LATER_ENDED)
    in_march = contracts.FIRST_ENDED[-1] + contracts.LATER_ENDED[-1]
    on_march = first + later - first_ended - later_ended + in_march + sum(contracts.NEW)
    return {
        "march": say((on_march - in_march, on_march)),
        "year": say((first + later - first_ended - later_ended, first + later)),
        "first": say((first - first_ended, first)),
        "later": say((later - later_ended, later)),
        "ended": first_ended + later_ended,
        "in_march": in_march,
        "new": sum(contracts.NEW),
        "reasons": "・".join(f"{reason or '（未記入）'} {count}" for reason, count in contracts.REASONS.items()),
        "silent": contracts.SILENT,
        "of_reason": contracts.REASONS[contracts.SILENT_REASON],
        "days": contracts.SILENT_DAYS,
    }


def _production() -> dict[str, object]:
    waiting = {step: count for step, count in production.WAITING.items() if step != production.STEPS[-1]}
    past, ahead = sum(production.PAST.values()), sum(production.AHEAD.values())
    return {
        "shops": production.SHOPS,
        "published": production.WAITING[production.STEPS[-1]],
        "open": sum(waiting.values()),
        "customer": sum(n for step, n in waiting.items() if production.SIDES[step] == production.CUSTOMER),
        "us": sum(n for step, n in waiting.items() if production.SIDES[step] == production.US),
        "steps": "\n".join(
            f"| {step} | {production.SIDES.get(step, '')} | {waiting.get(step, '')} |" for step in production.STEPS
        ),
        "planned": past + ahead,
        "past": past,
        "ahead": ahead,
        "skipped": production.SKIPPED,
        "backwards": production.BACKWARDS,
        "same_day": production.SAME_DAY,
        "texts": production.WRITTEN_OUT,
    }


FIGURES = {
    "deals": _deals,
    "contracts": _contracts,
    "production": _production,
    "sales": customer_facts.sales,
    "ec": customer_facts.site,
}
