"""Phases of deals: which mean won and lost, and in which order the others come."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from analysis.case_forms import in_order
from analysis.errors import BothOutcomesError, PhaseNameError

OPEN, WON, LOST = "open", "won", "lost"
# What a phase is called, without number, brackets and width, when its deals are over.
WON_WORDS = frozenset(
    {"受注", "受注済", "受注済み", "受注完了", "成約", "成約済", "成約済み", "won", "closed won", "closedwon"}
)
LOST_WORDS = frozenset({"失注", "失注済", "失注済み", "見送り", "消滅", "不成立", "lost", "closed lost", "closedlost"})
BESIDE = frozenset({"closed", "クローズ", "完了"})
BETWEEN = re.compile(r"[()\[\]【】「」/:_|.,、・–—-]+")


@dataclass(frozen=True)
class Phase:
    """A row of a pipeline: its name (None: blank), outcome, place (None: without one) and the place before."""

    name: str | None
    outcome: str
    place: int | None
    before: int | None


def meaning(phase: str) -> str:
    """Whether a phase of this name means won, lost or, by no such word, open."""
    plainly = unicodedata.normalize("NFKC", phase).casefold()
    words = BETWEEN.split(re.sub(r"^[\W\d]+", "", plainly))
    parts = {word.strip() for word in words} - {""}
    if parts and parts <= WON_WORDS | BESIDE and parts & WON_WORDS:
        return WON
    return LOST if parts and parts <= LOST_WORDS | BESIDE and parts & LOST_WORDS else OPEN


def outcomes_of(
    values: Sequence[str], won: Collection[str] | None, lost: Collection[str] | None
) -> dict[str, tuple[str, ...]]:
    """The phases that mean won and lost: as given, else by their words."""
    both = {
        WON: tuple(dict.fromkeys(won if won is not None else (v for v in values if meaning(v) == WON))),
        LOST: tuple(dict.fromkeys(lost if lost is not None else (v for v in values if meaning(v) == LOST))),
    }
    if lost is None:
        both[LOST] = tuple(name for name in both[LOST] if name not in both[WON])
    if won is None:
        both[WON] = tuple(name for name in both[WON] if name not in both[LOST])
    twice = sorted(set(both[WON]) & set(both[LOST]))
    if twice:
        raise BothOutcomesError(twice)
    return both


def phases_of(
    values: Sequence[str], blank: bool, phases: Iterable[str] | None, outcomes: Mapping[str, Sequence[str]]
) -> tuple[Phase, ...]:
    """Every row of the pipeline, with its place where there is an order."""
    closed = {*outcomes[WON], *outcomes[LOST]}
    still_open = [value for value in values if value not in closed]
    order = _numbered(still_open) if phases is None else in_order(phases)
    if phases is not None:
        unknown = [value for value in still_open if value not in order]
        if unknown:
            raise PhaseNameError(unknown, order)
    path = [name for name in order if name not in outcomes[LOST]]
    places = {name: i for i, name in enumerate(path, 1)}
    goal = max((places[name] for name in outcomes[WON] if name in places), default=len(path) + 1)
    if path:
        places |= {name: goal for name in outcomes[WON] if name not in places}
    before = {place: max((p for p in places.values() if p < place), default=None) for place in places.values()}

    def row(name: str | None, outcome: str) -> Phase:
        place = places.get(name) if name else None
        return Phase(name, outcome, place, before[place] if place else None)

    listed = [row(name, WON if name in outcomes[WON] else OPEN) for name in path or still_open]
    listed += [row(name, WON) for name in outcomes[WON] if name not in path]
    listed += [row(name, LOST) for name in outcomes[LOST]]
    return (*listed, *([row(None, OPEN)] if blank else []))


def _numbered(values: Sequence[str]) -> tuple[str, ...]:
    """The phases by the number that each begins with; none where they do not all have one of their own."""
    numbers = [re.match(r"\d+", unicodedata.normalize("NFKC", value)) for value in values]
    found = {int(number[0]): value for number, value in zip(numbers, values, strict=True) if number}
    return tuple(found[number] for number in sorted(found)) if len(found) == len(values) else ()
