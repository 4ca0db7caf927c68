"""A mapping to start from: by what the headers are called and by what stands under them."""

from collections.abc import Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import pandas as pd

from analysis.exports import personal, synonyms, values
from analysis.exports.export import Export
from analysis.exports.forms import Refusal
from analysis.exports.mapping import UTC, Mapping, fill, missing
from analysis.exports.text import plain, same, trim
from analysis.tables import DAY, KINDS, MOMENT, NAMES, NUMBER, PERCENTS, TEXT, Kind
from analysis.words import text

ENOUGH = 0.15  # below this score a column is not proposed for a role
STEPS = 3  # so many columns of dates are the steps of a list; fewer are only dates


@dataclass(frozen=True)
class Proposal:
    """A mapping, why it was chosen, and what else the file could be."""

    mapping: Mapping
    reasons: dict[str, str]  # header -> code: by_header, by_values, personal_header, personal_values, remembered
    missing: tuple[str, ...]
    kinds: tuple[tuple[str, float], ...]  # best first

    @property
    def kind(self) -> str:
        """The kind that was asked for or fits best."""
        return self.mapping.kind

    def why(self, column: str, language: str) -> str | None:
        """Why a column was chosen or left out, in words."""
        return text(language, f"exports.why_{self.reasons[column]}") if column in self.reasons else None


@dataclass
class Column:
    """What the first rows of a column tell."""

    name: str
    filled: list[str]
    moments: float = 0.0
    numbers: float = 0.0
    distinct: float = 0.0
    personal: str | None = None
    order: str | None = None  # see `date_order`
    ordered: bool = False


def propose(
    export: Export, kind: str | None = None, remembered: Mapping | None = None, *, with_names: bool = False
) -> Proposal:
    """The mapping to show first.

    Args:
        export: the file.
        kind: what its rows are, where the reader has said so.
        remembered: what was chosen for a file of the same shape; it wins where its columns exist.
        with_names: propose a column of people's names for a role that is made for it; else it is left out.
    """
    columns = look(export)
    ranked = _rank(export, columns)
    chosen = kind or (remembered.kind if remembered else ranked[0][0])
    roles, reasons = _roles(KINDS[chosen], columns)
    steps, dates = _dates(KINDS[chosen], columns, roles)
    constants = _constants(export, chosen, roles)
    private = tuple(column.name for column in columns if column.personal)
    if not with_names:
        roles = {role: name for role, name in roles.items() if role not in NAMES or name not in private}
    left_out = tuple(name for name in private if name not in roles.values())
    reasons |= {c.name: f"personal_{c.personal}" for c in columns if c.personal and c.name in left_out}
    if remembered and remembered.kind == chosen and set(remembered.roles.values()) <= set(export.columns):
        roles, constants = dict(remembered.roles), dict(remembered.constants)
        left_out = tuple(c for c in export.columns if c in remembered.left_out)
        steps, dates = remembered.steps, remembered.dates
        reasons |= dict.fromkeys(roles.values(), "remembered")
    formats = _formats(export, KINDS[chosen], roles, columns, (*steps, *dates))
    if remembered and remembered.kind == chosen:
        formats |= {name: written for name, written in remembered.formats.items() if name in formats or name in roles}
    mapping = fill(export, Mapping(chosen, roles, constants, (), private, left_out, formats, steps, dates))
    return Proposal(mapping, reasons, missing(KINDS[chosen], roles, steps), ranked)


def look(export: Export) -> list[Column]:
    """The columns with what their first values are; looked at once, since a page proposes again and again."""
    if export not in _looked:
        sample = export.sample()
        _looked[export] = [_column(name, sample[name]) for name in export.columns]
    return _looked[export]


_looked: WeakKeyDictionary[Export, list["Column"]] = WeakKeyDictionary()


def _column(name: str, cells: pd.Series) -> Column:
    filled = [text for text in (trim(cell) for cell in cells) if text]
    some = filled[:200]
    column = Column(name, filled)
    if some:
        column.moments = sum(map(values.is_moment, some)) / len(some)
        column.numbers = sum(map(values.is_number, some)) / len(some)
        column.distinct = len(set(filled)) / len(filled)
    if personal.by_header(name):
        column.personal = "header"
    elif personal.by_values(some) and not personal.THINGS.search(same(name)):
        column.personal = "values"
    return column


def _fit(kind: Kind, role: str, column: Column) -> float:
    """How well a column fits a role: its name counts most, its values may forbid it."""
    exact = same(column.name) in (role, role.replace("_", " "))
    score = 1.2 if exact else synonyms.score(role, column.name, kind.name)
    if kind.product and role == kind.product[0] and synonyms.score(kind.product[1], column.name):
        return 0.0  # the price of one; without a column of quantities it is the amount
    if role == "customer_id" and column.personal == "header":
        score *= 0.4  # a mail address tells customers apart where nothing else does
    if kind.name in ("users", "activity"):
        if role == "user_id":  # customers may be whose use is asked about
            score = max(score, 0.4 * synonyms.score("customer_id", column.name))
        if role == "customer_id" and not exact:
            score = 0.3 * bool(synonyms.CUSTOMER_CODE.search(same(column.name)))
    wanted = kind.roles[role]
    if not column.filled:
        return score * 0.5
    if wanted in (MOMENT, DAY):
        return score * column.moments if score else 0.1 * column.moments * (role == kind.time)
    if wanted == NUMBER and role not in PERCENTS:
        return score * column.numbers
    if wanted == TEXT and score and column.moments > 0.9 and role.endswith("_id") and column.numbers < 0.5:
        return 0.0
    return score


def _roles(kind: Kind, columns: Sequence[Column]) -> tuple[dict[str, str], dict[str, str]]:
    """The best pairs first; every role and every column once."""
    wanted = [role for role in kind.roles if not (_is_wide(kind, columns) and role in (kind.wide, kind.time))]
    pairs = [
        (_fit(kind, role, column), -place, role, column) for place, column in enumerate(columns) for role in wanted
    ]
    roles: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for score, _, role, column in sorted(pairs, key=lambda pair: pair[:2], reverse=True):
        by_values = score < ENOUGH
        if role in roles or column.name in reasons or score < (0.09 if by_values and role == kind.time else ENOUGH):
            continue
        roles[role] = column.name
        reasons[column.name] = "by_values" if by_values else "by_header"
    _settle(kind, roles, reasons)
    return {role: roles[role] for role in kind.roles if role in roles}, reasons


def _settle(kind: Kind, roles: dict[str, str], reasons: dict[str, str]) -> None:
    """What two roles that could share a column make of it."""
    if "customer_id" in missing(kind, roles) and "customer_name" in roles:
        roles["customer_id"] = roles.pop("customer_name")  # a file that only has names
    if kind.product and {*kind.product} <= {*roles} and synonyms.OF_ORDER.search(same(roles[kind.product[0]])):
        del reasons[roles.pop(kind.product[0])]  # the sum of an order on each of its lines


def _is_wide(kind: Kind, columns: Sequence[Column]) -> bool:
    """Whether a list holds a date per step, so that no column says the step."""
    return kind.wide is not None and len([column for column in columns if _tells_step(column)]) >= STEPS


def _tells_step(column: Column) -> bool:
    return column.moments >= 0.5 and not synonyms.NO_STEP.search(same(column.name))


def _dates(kind: Kind, columns: Sequence[Column], roles: dict[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns of dates beside the roles, in the order of the file: those of steps or phases, and others."""
    if not kind.dated:
        return (), ()
    free = [c for c in columns if c.name not in roles.values() and not c.personal and c.moments >= 0.5]
    steps = tuple(c.name for c in free if _tells_step(c))
    if len(steps) < STEPS:
        steps = ()
    return steps, tuple(c.name for c in free if c.name not in steps and c.moments == 1)


def _rank(export: Export, columns: Sequence[Column]) -> tuple[tuple[str, float], ...]:
    """Every kind with a score: how much of what it must have is there, its own words, its file's name."""
    named = synonyms.file_kind(export.name) | synonyms.file_kind(export.sheet or "")
    scores = {kind.name: _kind_score(kind, columns) + 0.3 * (kind.name in named) for kind in KINDS.values()}
    words = [same(word) for word in (export.name, export.sheet or "", *export.columns)]
    for kind, told in (("inquiries", synonyms.ASKED), ("visits", synonyms.MET)):
        if not any(map(told.search, words)):
            scores[kind] -= 0.5  # a date and an id are in every log
    scores["customers"] += 0.4 * any(map(synonyms.OWNED.search, words))
    return tuple(sorted(scores.items(), key=lambda pair: -pair[1]))


def _kind_score(kind: Kind, columns: Sequence[Column]) -> float:
    roles, _ = _roles(kind, columns)
    by_name = {column.name: column for column in columns}
    fits = {role: _fit(kind, role, by_name[name]) for role, name in roles.items()}
    steps, _ = _dates(kind, columns, roles)
    if kind.wide and steps:
        fits[kind.wide] = 1.0
    needed = sum(max((fits.get(role, 0.0) for role in group), default=0.0) for group in kind.required)
    score = needed / len(kind.required) + 0.1 * sum(fits.values()) + 0.4 * fits.get(kind.time or "", 0.0)
    if kind.key and kind.key in roles and kind.time not in roles:
        score += _once(by_name[roles[kind.key]])
        score -= 0.6 * any(column.name not in roles.values() and _says_when(column) for column in columns)
    return score - bool(missing(kind, roles, steps))


def _once(column: Column) -> float:
    """What it says for a list that its key stands once; a few rows more are mistakes of the file."""
    again = len(column.filled) * (1 - column.distinct)
    if column.distinct == 1:
        return 0.4
    return 0.0 if column.distinct > 0.98 or (column.distinct > 0.9 and again < 4) else -0.6


def _says_when(column: Column) -> bool:
    """Whether the header is a log's: each row happened then. A list may say when each was last seen."""
    name = same(column.name)
    return synonyms.score("occurred_at", column.name) > 0.91 and not synonyms.LAST.search(name)


def _constants(export: Export, kind: str, roles: dict[str, str]) -> dict[str, str]:
    """A log without a column for the activity: what was done is what the file says it is about."""
    if kind != "activity" or "activity" in roles:
        return {}
    if synonyms.LAST.search(same(roles.get("occurred_at", ""))):
        return {"activity": "last_seen"}
    for words in ([export.name, export.sheet or ""], export.columns):
        for activity, pattern in synonyms.ACTIVITIES.items():
            if any(pattern.search(same(word)) for word in words):
                return {"activity": activity}
    return {"activity": "use"}


def _formats(
    export: Export, kind: Kind, roles: dict[str, str], columns: Sequence[Column], dates: Sequence[str]
) -> dict[str, str]:
    """How dates are written where their values leave it open; of columns without a role by their header."""
    by_name = {column.name: column for column in columns}
    formats = {}
    for role, name in [*roles.items(), *((name, name) for name in dates)]:
        if role in dates or kind.roles[role] in (MOMENT, DAY):
            order = _order(export, by_name[name])
            utc = UTC if "utc" in same(name) else ""
            if written := " ".join(word for word in (order, utc) if word):
                formats[role] = written
    return formats


def _order(export: Export, column: Column) -> str | None:
    if not column.ordered:
        column.order, column.ordered = date_order(export, column.name, column.filled), True
    return column.order


def date_order(export: Export, column: str, filled: Sequence[str]) -> str | None:
    """`dmy` or `mdy` for a column of dates like 3/12/2025, None for any other.

    Decided once for the whole file: where the first rows fit both, every row is looked at; where
    all fit both, the month comes first, as the systems that write so (Microsoft, Slack) do.
    """
    if not any(map(_is_open, filled)):
        return None
    decided = _decide(filled)
    if decided:
        return decided
    for batch in export.batches():
        if decided := _decide(batch.column(column).unique().to_pylist()):
            return decided
    return "mdy"


def _is_open(text: str) -> bool:
    try:
        values.parse_moment(text)
    except Refusal as refusal:
        return refusal.code == "order_unknown"
    return False


def _decide(texts: Sequence[str]) -> str | None:
    """The order that reads more of the texts; None where both read the same."""
    counts = {order: sum(1 for text in texts if _reads(text, order)) for order in ("dmy", "mdy")}
    return None if counts["dmy"] == counts["mdy"] else max(counts, key=counts.__getitem__)


def _reads(text: str, order: str) -> bool:
    try:
        return values.parse_moment(plain(text), order) is not None
    except Refusal:
        return False
