"""Two lists side by side: who came, who left, whose entry is another one now."""

from typing import TYPE_CHECKING

import duckdb
import pandas as pd

from analysis.errors import ListsError
from analysis.workspace.imports import Import
from analysis.workspace.reader import stored
from analysis.workspace.sql import fold, quote

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace


def compare_rosters(ws: "Workspace", old_id: str, new_id: str) -> pd.DataFrame:
    """What changed from one list to another.

    Returns:
        One row per account that came or left, and one per account and column that changed: the
        key (`user_id`), `change` (came, left, changed), `column`, `before`, `after` (as text, blank
        as null). A column that only one of the lists has is not compared.

    Raises: UnknownImportError; ListsError: the two are not lists of one kind.
    """
    old, new = ws.import_(old_id), ws.import_(new_id)
    key = new.mapping.key
    if key is None or old.kind != new.kind or old.mapping.key != key:
        raise ListsError(old.name, new.name)
    before, after = _columns(ws, old), _columns(ws, new)
    shared = [name for name in after if name in before and name != key]
    with duckdb.connect() as connection:
        for name, each, columns in (("old", old, before), ("new", new, after)):
            _view(connection, name, ws.layout.table(each.kind, each.id).as_posix(), columns, [key, *shared])
        headers = {fold(header): header for header in new.columns.values()}
        titles = [headers.get(name, name) for name in shared]
        changes = connection.sql(_query(len(shared)), params=titles).to_df()
    return changes.set_axis([key, "change", "column", "before", "after"], axis="columns")


def _columns(ws: "Workspace", each: Import) -> dict[str, str]:
    """Folded header or role -> stored column."""
    columns = stored(ws.layout.table(each.kind, each.id))
    return {fold(each.columns[column]) if column in each.columns else column: column for column in columns}


def _view(
    connection: duckdb.DuckDBPyConnection, name: str, path: str, columns: dict[str, str], wanted: list[str]
) -> None:
    shown = ", ".join(f"{quote(columns[each])}::VARCHAR AS v{number}" for number, each in enumerate(wanted))
    query = f"SELECT {shown} FROM read_parquet(?) WHERE NOT _repeat"
    connection.sql(query, params=[path]).create_view(name)


def _query(shared: int) -> str:
    changed = "".join(
        f"""
        UNION ALL SELECT new.v0, 'changed', ?, old.v{number}, new.v{number}, 2, {number}
        FROM old JOIN new ON old.v0 = new.v0 WHERE old.v{number} IS DISTINCT FROM new.v{number}
        """
        for number in range(1, shared + 1)
    )
    return f"""
        SELECT id, change, "column", "before", "after" FROM (
            SELECT v0 AS id, 'came' AS change, NULL::VARCHAR AS "column",
                   NULL::VARCHAR AS "before", NULL::VARCHAR AS "after", 0 AS place, 0 AS position
            FROM new ANTI JOIN old USING (v0)
            UNION ALL SELECT v0, 'left', NULL, NULL, NULL, 1, 0 FROM old ANTI JOIN new USING (v0)
            {changed}
        ) ORDER BY place, id, position
    """
