"""States and levels to begin with, out of the tables that are there."""

from collections.abc import Collection, Sequence
from typing import Any

from analysis.frames import fold
from analysis.level_definitions import Level, Levels, State
from analysis.words import text

MOST = 8
PLANNED = 2
STEPS = 5  # of the steps of a case, the last ones
# words in the header of a date that lies ahead
PLANS = ("予定", "期限", "期日", "納期", "plan", "due", "expect", "schedul", "deadline")
NAMES = ("begun", "used", "mastered")
# table -> word of the state and its rule
EVENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "orders": ("ordered", {"days": 60}),
    "activity": ("users", {"days": 60, "distinct": "user_id", "at_least": 2}),
    "visits": ("visited", {"days": 90}),
    "inquiries": ("asked", {"days": 180}),
}


def propose_levels(
    tables: Collection[str], *, lang: str, planned: Sequence[str] = (), reached: Sequence[str] = ()
) -> Levels | None:
    """A first set of states, one point each, and up to three levels; at most `MOST` states.

    Where steps are reached, a planned day is shown without being counted: who has reached the last one plans no more.

    Args:
        tables: kinds whose events lead to customers.
        lang: "ja" or "en", for the names.
        planned: columns of dates that lie ahead, such as a planned day: a state each, true for a day still to come.
        reached: columns of dates that say that something was done, in the order in which it is done.

    Returns:
        None where nothing tells of a state.
    """
    counted = 0 if reached else 1
    states = [_state("planned", {"filled": name, "when": "future"}, lang, name, counted) for name in planned[:PLANNED]]
    states += [_state("reached", {"filled": name, "when": "past"}, lang, name) for name in reached[-STEPS:]]
    states += [_state(word, {"events": kind, **rule}, lang) for kind, (word, rule) in EVENTS.items() if kind in tables]
    chosen = tuple(states[:MOST])
    return Levels(chosen, usual_levels(sum(state.weight == 1 for state in chosen), lang)) if chosen else None


def is_plan(header: str) -> bool:
    """True where the header of a date says that it is planned."""
    return any(word in fold(header) for word in PLANS)


def usual_levels(states: int, lang: str) -> tuple[Level, ...]:
    """Levels for so many states of one point each: from the first, from half of them, with all.

    Args:
        states: how many, 1 or more.
        lang: "ja" or "en".
    """
    scores = sorted({1, (states + 1) // 2, states})
    named = zip(NAMES[-len(scores) :], scores, strict=True)
    return tuple(Level(text(lang, f"levels.{name}"), score) for name, score in named)


def _state(word: str, rule: dict[str, Any], lang: str, column: str = "", weight: int = 1) -> State:
    return State(text(lang, f"levels.state_{word}", column=column), rule, weight)
