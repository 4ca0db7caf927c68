"""Customers that are written in two ways: proposals with their reason. Nothing is merged or rewritten here."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from narwhals.stable.v2.typing import IntoFrame

from analysis.frames import open_frames, rows

# Legal forms.
FORMS = re.compile(
    r"株式会社|有限会社|合同会社|合資会社|合名会社|相互会社|(?:一般|公益)?(?:社団|財団)法人|医療法人(?:社団|財団)?|学校法人|社会福祉法人|宗教法人"
    r"|特定非営利活動法人|npo法人|独立行政法人|協同組合"
    r"|[㈱㈲㈴㈵㈶㈾㈿]|[(\[【〔（](?:株|有|同|資|名|合|相|一社|一財|公社|公財|社|財|医|学|福|宗|特非|独)[)\]】〕）]"
    r"|\b(?:incorporated|corporation|company|limited|inc|corp|co|ltd|llc|llp|plc|gmbh|k\.k)\b\.?,?",
    re.IGNORECASE,
)
SMALL = str.maketrans(
    "ぁぃぅぇぉっゃゅょゎゕゖァィゥェォッャュョヮヵヶ", "あいうえおつやゆよわかけアイウエオツヤユヨワカケ"
)
LONG = re.compile(r"(?<=[ぁ-んァ-ヴ])[ー―‐‑–—−-]+")
SPACES = re.compile(r"[\s・･、。]+|(?<!\d)[.,]|[.,](?!\d)")


def _width(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _kana(text: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in text)


# how a name is made alike, in this order; the name of a step is the reason where it alone makes two alike
STEPS: Mapping[str, Callable[[str], str]] = {
    "width": _width,
    "case": str.casefold,
    "form": lambda text: " ".join(FORMS.sub(" ", text).split()),
    "kana": _kana,
    "small_kana": lambda text: text.translate(SMALL),
    "spaces": lambda text: SPACES.sub("", text),
    "long_vowel": lambda text: LONG.sub("", text),
}
REASONS = (*STEPS, "same_name")


@dataclass(frozen=True)
class Candidate:
    """Two ways of writing that may be one customer.

    Attributes:
        written: the id that would be counted as the other.
        kept: the id that stays: one in the list of customers, else one with a name, of several that with most rows.
        name, kept_name: the names beside them; the id itself where there is none.
        reasons: why, of `REASONS`: in what the names differ, or that they are the same under two ids.
        rows, kept_rows: how many rows of all tables each has.
    """

    written: str
    kept: str
    name: str
    kept_name: str
    reasons: tuple[str, ...]
    rows: int = 0
    kept_rows: int = 0


@dataclass
class _Customer:
    """One id with its names."""

    id: str
    names: set[str] = field(default_factory=set)
    rows: int = 0
    listed: bool = False

    @property
    def texts(self) -> list[str]:
        """What it may be known by: its names; the id alone where there is none."""
        return sorted(self.names) or [self.id]


def merge_candidates(named: IntoFrame, *, decided: Collection[tuple[str, str]] = ()) -> list[Candidate]:
    """Ids whose names are the same but for how they are written, for somebody to decide.

    Args:
        named: `customer_id`, `customer_name`, `rows`, `listed`, as `customer_names.customer_names` gives.
        decided: pairs of ids about which somebody has decided, in any order; they are not proposed again.

    Returns:
        Proposals, those with more rows first; of three ways of writing two proposals, both to the one that is kept.
    """
    (frame,) = open_frames(named=named)
    settled = {frozenset(pair) for pair in decided}
    groups = _alike(_customers(rows(frame.select("customer_id", "customer_name", "rows", "listed"))))
    found = [each for group in groups for each in _proposals(group) if {each.written, each.kept} not in settled]
    return sorted(found, key=lambda each: (-each.rows - each.kept_rows, each.kept, each.written))


def canonical(name: str, leave_out: str = "") -> str:
    """A name as it is told apart from others; `leave_out`: without this step of `STEPS`."""
    for step, change in STEPS.items():
        if step != leave_out:
            name = change(name)
    return name


def reasons(one: str, other: str) -> tuple[str, ...]:
    """In what two names of one canonical form differ; `same_name` where they do not."""
    if one == other:
        return ("same_name",)
    needed = tuple(step for step in STEPS if canonical(one, step) != canonical(other, step))
    return needed or ("form",)


def _customers(found: Iterable[Mapping[str, Any]]) -> list[_Customer]:
    by_id: dict[str, _Customer] = {}
    for row in found:
        each = by_id.setdefault(row["customer_id"], _Customer(row["customer_id"]))
        if isinstance(row["customer_name"], str):
            each.names.add(row["customer_name"])
        each.rows += int(row["rows"])
        each.listed |= bool(row["listed"])
    return list(by_id.values())


def _alike(customers: Iterable[_Customer]) -> list[list[_Customer]]:
    """Groups of two or more that share a canonical name; a customer of two names joins the groups of both."""
    shared: dict[str, list[_Customer]] = defaultdict(list)
    for each in customers:
        for key in {canonical(text) for text in each.texts} - {""}:
            shared[key].append(each)
    parent: dict[str, str] = {}

    def root(name: str) -> str:
        while parent.setdefault(name, name) != name:
            name = parent[name]
        return name

    for group in shared.values():
        for each in group[1:]:
            parent[root(each.id)] = root(group[0].id)
    joined: dict[str, dict[str, _Customer]] = defaultdict(dict)
    for group in shared.values():
        for each in group:
            joined[root(each.id)][each.id] = each
    return [list(group.values()) for group in joined.values() if len(group) > 1]


def _proposals(group: list[_Customer]) -> list[Candidate]:
    kept, *others = sorted(group, key=lambda each: (not each.listed, not each.names, -each.rows, each.id))
    return [_proposal(each, kept) for each in others]


def _proposal(written: _Customer, kept: _Customer) -> Candidate:
    """The two names that are nearest to each other say why."""
    pairs = [(a, b) for a in written.texts for b in kept.texts]
    alike = [pair for pair in pairs if canonical(pair[0]) == canonical(pair[1])] or pairs[:1]
    why, name, kept_name = min(((reasons(a, b), a, b) for a, b in alike), key=lambda each: (len(each[0]), each))
    return Candidate(written.id, kept.id, name, kept_name, why, written.rows, kept.rows)
