"""What a page asks before it computes: columns, values, dates of what is active."""

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from analysis.errors import ChoiceError, MissingColumnError
from analysis.tables import KINDS, ROSTER_DAY
from analysis.workspace.engine import to_pandas
from analysis.workspace.imports import Import
from analysis.workspace.sql import fold

COUNTED = """
    SELECT "value", count(*) AS "rows" FROM shown GROUP BY "value" ORDER BY "rows" DESC, "value" NULLS LAST
"""
COUNTED_IN_LATEST = """
    SELECT "value", count(*) FILTER ("day" = (SELECT max("day") FROM shown)) AS "rows" FROM shown
    GROUP BY "value" ORDER BY "rows" DESC, "value" NULLS LAST
"""

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace


def dimensions(ws: "Workspace", kind: str) -> list[str]:
    """The headers of the columns that no role takes over, over the active imports of a kind."""
    with ws.read() as reader:
        headers = {fold(header) for each in reader.imports(kind, history=True) for header in each.columns.values()}
        own = {*KINDS[kind].roles} - {name for name in KINDS[kind].beside if fold(name) in headers}
        return [name for name in reader.columns(kind) if name not in own]


def personal(imports: Iterable[Import]) -> set[str]:
    """The headers recognised as personal, kept or not, undone imports included: their refused rows are still shown."""
    return {header for each in imports for header in each.mapping.personal}


def values(ws: "Workspace", kind: str, column: str) -> pd.DataFrame:
    """Every value of a column and its rows, blank as null; of a list, its rows in the latest one.

    Raises: ChoiceError, MissingColumnError.
    """
    if kind not in KINDS:
        raise ChoiceError("kind", kind, list(KINDS))
    with ws.read() as reader:
        names = {fold(name): name for name in reader.columns(kind)}
        if fold(column) not in names:
            raise MissingColumnError(kind, column, list(names.values()))
        value = duckdb.ColumnExpression(names[fold(column)]).alias("value")
        if KINDS[kind].snapshot:
            day = duckdb.ColumnExpression(ROSTER_DAY).alias("day")
            return to_pandas(reader.table(kind, history=True).select(value, day).query("shown", COUNTED_IN_LATEST))
        return to_pandas(reader.table(kind).select(value).query("shown", COUNTED))


def span(imports: Iterable[Import]) -> tuple[date, date] | None:
    """First and last day of what is active; of lists, the days they show."""
    active = [each for each in imports if each.active]
    firsts = [day for each in active if (day := each.first.date() if each.first else each.as_of)]
    lasts = [day for each in active if (day := each.last.date() if each.last else each.as_of)]
    return (min(firsts), max(lasts)) if firsts and lasts else None
