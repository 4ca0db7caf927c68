"""Takes away what a killed process left behind, and nothing else."""

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.workspace import catalog
from analysis.workspace.imports import Import
from analysis.workspace.layout import IMPORT_FILE, ORIGINAL_FILE, OVERLAP_FILE, Layout
from analysis.workspace.locking import unprotected, writer

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace


@contextmanager
def changing(ws: "Workspace") -> Iterator[None]:
    """The writer's lock for one change; where it fails, what it had put into place already goes again."""
    with writer(ws.layout):
        try:
            yield
        except BaseException:
            clear(ws)
            raise


def sweep(ws: "Workspace") -> list[Path]:
    """Removes unfinished imports that no lock protects and files that no row of the catalogue names.

    Call it under the writer's lock: files are renamed into place under it, so what has no row then
    never gets one.
    """
    catalog.decide(ws.engine)
    return clear(ws)


def clear(ws: "Workspace") -> list[Path]:
    """The same where this process has just written or rolled back itself: nothing is left to decide."""
    gone = list(orphans(ws.layout, ws.imports()))
    for path in gone:
        with suppress(PermissionError):  # Windows: somebody still reads it; a later sweep takes it
            path.unlink(missing_ok=True)
    for folder in unprotected(ws.layout):
        shutil.rmtree(folder, ignore_errors=True)
        gone.append(folder)
    return gone


def orphans(layout: Layout, imports: list[Import]) -> Iterator[Path]:
    """Files of our making (judged by their names) that belong to no import of the catalogue."""
    tables = {layout.table(each.kind, each.id) for each in imports}
    refused = {layout.refused_rows(each.id) for each in imports if each.refused}
    originals = {layout.original(each.sha256) for each in imports if each.original}
    overlaps = {layout.overlap(each.overlap) for each in imports if each.overlap}
    ids = {each.id for each in imports}
    for folder, pattern, known in (
        (layout.tables, IMPORT_FILE, tables),
        (layout.refused, IMPORT_FILE, refused),
        (layout.originals, ORIGINAL_FILE, originals),
        (layout.duplicates, OVERLAP_FILE, overlaps),
    ):
        yield from (path for path in _files(folder) if pattern.fullmatch(path.name) and path not in known)
    for path in _files(layout.derived):
        if (found := IMPORT_FILE.fullmatch(path.name)) and found["id"] not in ids:
            yield path


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def scrub(ws: "Workspace") -> None:
    """Deleted rows leave SQLite's file and its log too.

    `secure_delete` overwrites a row with zeros; VACUUM writes the file anew without free pages;
    the log, which holds pages as they were, is cut to nothing.
    """
    with closing(ws.engine.raw_connection()) as connection:
        for statement in ("PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor = connection.cursor()
            cursor.execute(statement)
            cursor.close()
