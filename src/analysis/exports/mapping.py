"""Which column is what: chosen by a reader, kept with the import, written on the command line."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from analysis.errors import (
    ChoiceError,
    ColumnTwiceError,
    ConstantError,
    MapTextError,
    MissingColumnError,
    MissingRolesError,
    RoleNameError,
    TwoFormsError,
)
from analysis.exports import values
from analysis.exports.export import Export
from analysis.exports.forms import ORDERS, Refusal
from analysis.exports.text import same
from analysis.tables import KINDS, NUMBER, ROSTER_DAY, TEXT, Kind

UTC = "utc"  # in `formats`: the values name no zone and are Greenwich's time


@dataclass(frozen=True)
class Mapping:
    """What the columns of one export are.

    Attributes:
        kind: one of `tables.KINDS`.
        roles: role -> header.
        constants: role -> its value for the whole file, such as {"activity": "login"}.
        dimensions: headers kept beside the roles.
        personal: headers recognised as a person's data, whether they are kept or not.
        left_out: headers that are not imported at all.
        formats: role -> how its values are written where they do not say so themselves: `dmy`
            or `mdy`, `utc`, or both parted by a space. A column of dates that has no role stands
            by its header.
        steps: those of the dimensions that hold a date per step or phase, in the order of the steps. They are kept
            as timestamps under their headers, one row a case or deal: so a file's row stays one row, and a
            later upload of the list replaces it as a whole.
        dates: other dimensions that hold dates and are kept as timestamps, such as a day that is planned.
    """

    kind: str
    roles: dict[str, str]
    constants: dict[str, str] = field(default_factory=dict)
    dimensions: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    formats: dict[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    dates: tuple[str, ...] = ()

    @property
    def own(self) -> dict[str, str]:
        """The roles that take their column over: role -> header; of the others it stays a dimension."""
        return {role: header for role, header in self.roles.items() if role not in KINDS[self.kind].beside}

    @property
    def moments(self) -> tuple[str, ...]:
        """The dimensions that are kept as timestamps."""
        return (*self.steps, *self.dates)

    @property
    def key(self) -> str | None:
        """The role that stands once in the table; None for a log."""
        kind = KINDS[self.kind]
        return None if kind.time in self.roles else kind.key

    @property
    def computed(self) -> str | None:
        """The role that no column holds, but those of `factors` make up: an amount of price and quantity."""
        product = KINDS[self.kind].product
        if product is None or product[0] in {*self.roles, *self.constants} or product[1] not in self.roles:
            return None
        return product[0]

    @property
    def factors(self) -> tuple[str, ...]:
        """Of the price and the quantity those that a column holds; none where the amount has a column itself."""
        product = KINDS[self.kind].product
        return tuple(role for role in product[1:] if role in self.roles) if product and self.computed else ()

    def to_json(self) -> str:
        """What `from_json` reads back."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> "Mapping":
        """The mapping that `to_json` wrote."""
        given = json.loads(text)
        lists = ("dimensions", "personal", "left_out", "steps", "dates")
        return cls(**(given | {name: tuple(given.get(name, ())) for name in lists}))

    def order(self, role: str) -> str:
        """`ymd`, or which of day and month comes first; of a role, or of a header without one."""
        return next((word for word in self.formats.get(role, "").split() if word in ORDERS), "ymd")

    def is_utc(self, role: str) -> bool:
        """Whether values without a zone are Greenwich's time."""
        return UTC in self.formats.get(role, "").split()


def parse(text: str) -> dict[str, str]:
    """`user_id=ユーザーID,occurred_at=日時` -> role -> header. A header with a comma stands in quotes.

    Raises:
        MapTextError: a part without `=`.
    """
    parts = next(csv.reader([text], skipinitialspace=True), [])
    result = {}
    for part in parts:
        role, equals, column = part.partition("=")
        if not equals or not role.strip() or not column.strip():
            raise MapTextError(part)
        result[role.strip()] = column.strip().strip('"')
    return result


def shape(export: Export) -> str:
    """A key of the set of headers, the same in any order and width of characters."""
    words = sorted(same(column) for column in export.columns)
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def fill(export: Export, mapping: Mapping) -> Mapping:
    """The mapping with every header in its place: what no role takes over and is not left out is a dimension."""
    used = {*mapping.own.values(), *mapping.left_out}
    kept = tuple(column for column in export.columns if column not in used)
    dated = {name: tuple(c for c in getattr(mapping, name) if c not in used) for name in ("steps", "dates")}
    return Mapping(**(asdict(mapping) | dated | {"dimensions": kept}))


def check(export: Export, mapping: Mapping) -> None:
    """Whether the export can be imported so.

    Raises:
        ChoiceError: no such kind or role.
        MissingColumnError: a header that the file does not have.
        MissingRolesError: no column for what the kind must have.
        ColumnTwiceError: one header for two roles.
        RoleNameError: a dimension that is called like a role.
        ConstantError: a value for the whole file that is no date or number where one is needed.
        TwoFormsError: a date per step, and a column that says the step.
    """
    if mapping.kind not in KINDS:
        raise ChoiceError("kind", mapping.kind, list(KINDS))
    kind = KINDS[mapping.kind]
    _check_roles(export, mapping, kind)
    for column in (*mapping.roles.values(), *mapping.dimensions):
        if column not in export.columns:
            raise MissingColumnError(export.name, column, export.columns)
    _check_dates(export, mapping, kind)
    roles = {same(role): role for role in (*kind.roles, *((ROSTER_DAY,) if kind.snapshot else ()))}
    for column in mapping.dimensions:
        if same(column) in roles and roles[same(column)] not in kind.beside:
            raise RoleNameError(export.name, column, roles[same(column)])


def _check_roles(export: Export, mapping: Mapping, kind: Kind) -> None:
    for role in (*mapping.roles, *mapping.constants):
        if role not in kind.roles:
            raise ChoiceError("role", role, list(kind.roles))
    if gaps := missing(kind, mapping.roles, mapping.steps):
        raise MissingRolesError(export.name, kind.name, gaps, export.columns)
    for column in set(mapping.roles.values()):
        roles = [role for role, header in mapping.roles.items() if header == column]
        if len(roles) > 1 or (column in mapping.dimensions and column in mapping.own.values()):
            raise ColumnTwiceError(export.name, column, roles)
    for role, value in mapping.constants.items():
        if role in mapping.roles:
            raise ColumnTwiceError(export.name, mapping.roles[role], [role])
        constant(kind, role, value)


def _check_dates(export: Export, mapping: Mapping, kind: Kind) -> None:
    if mapping.moments and not kind.dated:
        raise ChoiceError("kind", kind.name, [name for name, each in KINDS.items() if each.dated])
    for column in mapping.moments:
        if column not in mapping.dimensions or mapping.moments.count(column) > 1:
            raise MissingColumnError(export.name, column, mapping.dimensions)
    said = [header for role, header in mapping.roles.items() if role in (kind.wide, kind.time)]
    if kind.wide and mapping.steps and said:
        raise TwoFormsError(export.name, mapping.steps, said)


def missing(kind: Kind, roles: dict[str, str] | Sequence[str], steps: Sequence[str] = ()) -> tuple[str, ...]:
    """The roles, one or all of each group, that the kind needs and nobody chose; `steps`: columns of a date each."""
    given = {*roles, kind.wide} if steps else {*roles}
    return tuple(role for group in kind.required if not set(group) & given for role in group)


def constant(kind: Kind, role: str, value: str) -> object:
    """A value for the whole file as its role holds it.

    Raises:
        ConstantError: it is no date, or no number.
    """
    if kind.roles[role] == TEXT:
        return value
    try:
        return values.parse_number(value) if kind.roles[role] == NUMBER else values.parse_moment(value)
    except Refusal:
        raise ConstantError(role, value) from None
