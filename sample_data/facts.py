"""The planted figures in words, from the plan; the tests count the same figures from the files."""

from . import plan
from .company import ALIKE, AREAS, KINKI, KYUSHU, TRAINED

Count = tuple[int, int]  # active, valid


def total(roster: str, *, begins: str = "", ends: str = "", area: str | None = None) -> Count:
    """The groups with such a name or area, added up, on the roster `september` or `march`."""
    pairs = [
        getattr(group, roster)
        for name, group in plan.GROUPS.items()
        if name.startswith(begins) and name.endswith(ends) and area in (None, group.area)
    ]
    return sum(active for active, _ in pairs), sum(valid for _, valid in pairs)


def say(count: Count) -> str:
    """`744 / 1,200 = 62.0%`, halves rounded up as people do."""
    part, whole = count
    return f"{part:,} / {whole:,} = {percent(part, whole)}"


def percent(part: int, whole: int) -> str:
    tenths = (part * 2000 + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def figures() -> dict[str, object]:
    """What the card's template names."""
    return _rates() | _comparisons() | _roster() | _requests() | _stages()


def _rates() -> dict[str, object]:
    rows = [
        f"| {name or '（空白）'} | {say(total('september', area=name))} | {say(total('march', area=name))} |"
        for name in AREAS
    ]
    return {"areas": "\n".join(rows), "september": say(total("september")), "march": say(total("march"))}


def _comparisons() -> dict[str, object]:
    parts = {
        "kyushu": {"area": KYUSHU},
        "kinki": {"area": KINKI},
        "sales": {"begins": "kinki sales"},
        "shops": {"begins": "kinki shops"},
        "trained": {"ends": "trained"},
        "alike": {"ends": "alike"},
    }
    found: dict[str, object] = {f"{key}_before": say(total("september", **part)) for key, part in parts.items()}
    found |= {f"{key}_after": say(total("march", **part)) for key, part in parts.items()}
    chubu = total("march", begins="chubu sales")
    never = sum(group.never for group in plan.GROUPS.values())
    found |= {"chubu": say(chubu), "idle": chubu[1] - chubu[0], "never": never}
    return found | {"trained": _names(TRAINED), "alike": _names(ALIKE)}


def _names(branches) -> str:
    return "・".join(branch for names in branches.values() for branch in names)


def _roster() -> dict[str, object]:
    """Who is on the roster of March, and whose ids are in the log."""
    active, valid = total("march")
    listed = sum(group.left[1] for group in plan.GROUPS.values()) - plan.LEAVERS_PURGED
    invalid = listed + plan.TEST_ACCOUNTS + plan.OLD_LEAVERS_KEPT + plan.SHORT_TERM + plan.FUTURE
    away = plan.LATE_LEAVERS_ACTIVE + plan.SHORT_TERM_ACTIVE + plan.TEST_ACTIVE
    strangers = plan.PURGED_ACTIVE + len(plan.STRANGERS)
    ids = active + away + strangers
    stale = total("september")[0] - sum(group.left[0] for group in plan.GROUPS.values())
    return {
        "rows": valid + invalid,
        "active": active,
        "valid": valid,
        "invalid": invalid,
        "listed": listed,
        "gone": plan.OLD_LEAVERS_KEPT,
        "tests": plan.TEST_ACCOUNTS,
        "short": plan.SHORT_TERM,
        "future": plan.FUTURE,
        "away": away,
        "strangers": strangers,
        "ids": ids,
        "all_rows": say((ids, valid + invalid)),
        "all_ids": say((ids, valid)),
        "stale": say((stale, valid)),
    }


def _requests() -> dict[str, object]:
    orders, three, buyers = plan.ORDERS[-1], plan.ORDERED_BY_THREE[-1], plan.ORDER_PEOPLE[-1]
    return {
        "orders": orders,
        "three": three,
        "three_share": percent(three, orders),
        "buyers": buyers,
        "buyers_share": percent(buyers, total("march")[1]),
        "branches": plan.THREE_BRANCHES,
        "asked": plan.INQUIRIES[-1],
        "takahashi": plan.INQUIRIES_OF_TAKAHASHI[-1],
        "takahashi_days": plan.DAYS_OF_TAKAHASHI,
        "noguchi_days": plan.DAYS_OF_NOGUCHI,
    }


def _stages() -> dict[str, object]:
    using = plan.MAKING_USE + plan.SKIPPING
    return {"settled": plan.SETTLED, "using": plan.MAKING_USE, "skipping": plan.SKIPPING, "using_all": using}
