"""What a workspace holds at one moment, as DuckDB relations of one cursor."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from analysis.errors import ChoiceError
from analysis.frames import Keys, know_keys
from analysis.tables import KINDS, MOMENT, ROSTER_DAY, TEXT
from analysis.workspace.duplicates import SQL_TYPES
from analysis.workspace.imports import Import
from analysis.workspace.layout import Layout
from analysis.workspace.sql import fold, quote


class Reader:
    """One cursor over the imports that were active when the block began; every table of the block comes from it."""

    def __init__(
        self,
        cursor: duckdb.DuckDBPyConnection,
        layout: Layout,
        imports: Sequence[Import],
        sound: dict[tuple[object, ...], Keys],
    ) -> None:
        """`sound` belongs to these imports: which tables of them have which keys, as far as somebody has looked."""
        self.cursor = cursor
        self._sound = sound
        self._layout = layout
        self._imports = [each for each in imports if each.active]

    def table(self, kind: str, *, as_of: date | None = None, history: bool = False) -> duckdb.DuckDBPyRelation:
        """The rows of a kind over its active imports: roles by their names, dimensions by their headers.

        Args:
            kind: one of `analysis.tables.KINDS`.
            as_of: of snapshots (a roster) the latest on or before this day, before the first the
                first; None: the latest. Of events those up to this day, included.
            history: every snapshot, with its day in `roster_as_of`; the key is then both.

        Raises:
            ChoiceError: no such kind.
        """
        imports = self.imports(kind, as_of=as_of, history=history)
        columns = self.columns(kind)
        dated = {fold(header) for each in self._of(kind) for header in each.mapping.moments}
        queries, values = [], []
        for each in imports:
            query, bound = self._rows(each, columns, dated, history)
            queries.append(query)
            values += bound
        if not queries:
            return self.cursor.sql(_nothing(kind, history))
        whole = " UNION ALL ".join(queries)
        relation = self.cursor.sql(whole, params=values)
        know_keys(relation, self._sound.setdefault((whole, *values), set()))
        time = KINDS[kind].time
        return relation if as_of is None or KINDS[kind].snapshot or not time else _until(relation, time, as_of)

    def imports(self, kind: str, *, as_of: date | None = None, history: bool = False) -> list[Import]:
        """The imports whose rows `table` shows."""
        mine = self._of(kind)
        if not KINDS[kind].snapshot:
            return mine
        rosters = snapshots(mine)
        return rosters if history or not rosters else [in_force(rosters, as_of)]

    def columns(self, kind: str) -> dict[str, str]:
        """Name -> folded name of every column over the active imports: roles in their order, then dimensions."""
        imports = self._of(kind)
        present = {role for each in imports for role in (*self._stored(each), *_beside(each))}
        roles = {role: role for role in KINDS[kind].roles if role in present}
        headers: dict[str, str] = {}
        for each in imports:
            for header in each.columns.values():
                headers.setdefault(fold(header), header)
        return roles | {header: folded for folded, header in headers.items() if folded not in roles}

    def _of(self, kind: str) -> list[Import]:
        if kind not in KINDS:
            raise ChoiceError("kind", kind, list(KINDS))
        return [each for each in self._imports if each.kind == kind]

    def _stored(self, each: Import) -> tuple[str, ...]:
        return stored(self._layout.table(each.kind, each.id))

    def _rows(
        self, each: Import, columns: dict[str, str], dated: Collection[str], history: bool
    ) -> tuple[str, list[object]]:
        """One SELECT over the effective rows of an import, columns it lacks as null; `dated` dimensions hold dates."""
        mine = {fold(header): column for column, header in each.columns.items()}
        mine |= {role: mine[fold(header)] for role, header in _beside(each).items()}
        mine |= {role: role for role in self._stored(each) if role in KINDS[each.kind].roles}
        absent = {name: f"NULL::{sql_type(each.kind, name, key in dated)}" for name, key in columns.items()}
        shown = [
            f"{quote(mine[key]) if key in mine else absent[name]} AS {quote(name)}" for name, key in columns.items()
        ]
        values: list[object] = []
        if history:
            shown.append(f"?::TIMESTAMP AS {ROSTER_DAY}")
            values.append(day_of(each))
        query = f"SELECT {', '.join(shown)} FROM read_parquet(?)"
        values.append(self._layout.table(each.kind, each.id).as_posix())
        if each.overlap:
            query += " ANTI JOIN (SELECT _line FROM read_parquet(?)) AS held USING (_line)"
            values.append(self._layout.overlap(each.overlap).as_posix())
        return query + (" WHERE NOT _repeat" if each.repeated else ""), values


def snapshots(imports: Iterable[Import]) -> list[Import]:
    """One import a day, oldest day first: of two for one day the younger replaces the older."""
    latest = {day_of(each): each for each in sorted(imports, key=lambda each: each.id)}
    return [latest[day] for day in sorted(latest)]


def in_force(rosters: Sequence[Import], day: date | None) -> Import:
    """The last of `rosters` on or before `day`; before the first the first; the last for None."""
    known = [each for each in rosters if day is None or day_of(each).date() <= day]
    return known[-1] if known else rosters[0]


def day_of(each: Import) -> datetime:
    """The day of a snapshot, at midnight."""
    day = each.as_of or date.min
    return datetime(day.year, day.month, day.day)


def sql_type(kind: str, name: str, dated: bool = False) -> str:
    """How DuckDB calls the type of a column: dimensions are text, or `dated`."""
    return SQL_TYPES[KINDS[kind].roles.get(name, MOMENT if dated else TEXT)]


def stored(path: Path) -> tuple[str, ...]:
    """The columns in an import's file, read once: it never changes, unless the whole folder is made anew."""
    return _stored(path, path.stat().st_mtime_ns)


@cache
def _stored(path: Path, _made: int) -> tuple[str, ...]:
    return tuple(name for name in pq.read_schema(path).names if not name.startswith("_"))


def _beside(each: Import) -> dict[str, str]:
    """Roles of an import that point at a dimension -> its header."""
    pointing, there = KINDS[each.kind].beside, set(each.columns.values())
    return {role: header for role, header in each.mapping.roles.items() if role in pointing and header in there}


def _until(relation: duckdb.DuckDBPyRelation, time: str, day: date) -> duckdb.DuckDBPyRelation:
    return relation.filter(duckdb.ColumnExpression(time).cast("DATE") <= duckdb.ConstantExpression(day))


def _nothing(kind: str, history: bool) -> str:
    """No rows, with the roles that the kind must have, and its time."""
    needed = [role for group in KINDS[kind].required for role in group]
    roles = dict.fromkeys([*needed, *filter(None, [KINDS[kind].time])])
    shown = [f"NULL::{sql_type(kind, role)} AS {quote(role)}" for role in roles]
    shown += [f"NULL::TIMESTAMP AS {ROSTER_DAY}"] if history else []
    return f"SELECT {', '.join(shown)} WHERE false"
