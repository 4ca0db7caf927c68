"""Which ways of writing a customer somebody has called one: kept with who and when, never rewritten, reversible."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Any

from analysis.customer_ids import resolved
from analysis.errors import MergesTextError

SETTING = "customer_merges"  # under which a workspace keeps the decisions, as `Decisions.to_json` writes them
VERSION = 1
SAME, DIFFERENT, OPEN = "same", "different", "open"
CHOICES = (SAME, DIFFERENT, OPEN)  # one customer; two customers; not decided any more


@dataclass(frozen=True)
class Decision:
    """What somebody decided about two ways of writing.

    Attributes:
        written, kept: ids; where they are the same, `written` counts as `kept`.
        choice: `same`, `different`, or `open`: an earlier decision was taken back.
        who: the account that decided; None: not known.
        at: when, `2026-04-01 10:00`.
        reasons: why it was proposed (`customer_merge.REASONS`).
    """

    written: str
    kept: str
    choice: str
    who: str | None
    at: str
    reasons: tuple[str, ...] = ()

    @property
    def pair(self) -> frozenset[str]:
        """Both ids, whichever is kept."""
        return frozenset((self.written, self.kept))


@dataclass(frozen=True)
class Decisions:
    """Decisions in the order in which they were made; the last about a pair counts, the others stay to be read.

    Raises:
        MergesTextError: a decision that cannot be read.
        MergeError: merges that lead back to themselves.
    """

    history: tuple[Decision, ...] = ()

    def __post_init__(self) -> None:
        for each in self.history:
            texts = (each.written, each.kept, each.at)
            if each.choice not in CHOICES or not all(isinstance(text, str) and text for text in texts):
                raise MergesTextError(each)
        resolved(self.merges)

    @property
    def standing(self) -> tuple[Decision, ...]:
        """The last decision about each pair, unless it was taken back."""
        last = {each.pair: each for each in self.history}
        return tuple(each for each in last.values() if each.choice != OPEN)

    @property
    def merges(self) -> dict[str, str]:
        """Way of writing -> the one that is kept: what `measure_customers` takes."""
        return {each.written: each.kept for each in self.standing if each.choice == SAME}

    @property
    def decided(self) -> list[tuple[str, str]]:
        """The pairs that nobody need be asked about."""
        return [(each.written, each.kept) for each in self.standing]

    def add(self, decision: Decision) -> "Decisions":
        """With one more. What counted as another customer before counts as the new one now."""
        taken_back: Iterable[Decision] = ()
        if decision.choice == SAME:
            taken_back = [
                replace(each, choice=OPEN, who=decision.who, at=decision.at)
                for each in self.standing
                if each.choice == SAME and each.written == decision.written and each.pair != decision.pair
            ]
        return Decisions((*self.history, *taken_back, decision))

    def reverse(self, written: str, kept: str, *, who: str | None, at: str) -> "Decisions":
        """Without the decision about a pair: the two stand apart again, and may be proposed again."""
        return self.add(Decision(written, kept, OPEN, who, at))

    def to_json(self) -> str:
        """What `from_json` reads back."""
        return json.dumps(
            {"version": VERSION, "decisions": [asdict(each) for each in self.history]}, ensure_ascii=False
        )

    @classmethod
    def from_json(cls, text: str) -> "Decisions":
        """The decisions that `to_json` wrote.

        Raises:
            MergesTextError: something else, or of a later version.
        """
        try:
            given = json.loads(text)
            version, listed = given["version"], given["decisions"]
            history = tuple(Decision(**_plain(each)) for each in listed)
        except (ValueError, TypeError, KeyError) as error:
            raise MergesTextError(str(text)[:60]) from error
        if version != VERSION:
            raise MergesTextError(version)
        return cls(history)


def _plain(given: dict[str, Any]) -> dict[str, Any]:
    return given | {"reasons": tuple(given.get("reasons", ()))}
