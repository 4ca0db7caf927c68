"""Erasing for good: files, rows of the catalogue, and what SQLite would keep of them."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from analysis.workspace import catalog, derived
from analysis.workspace.changes import resolve_again, write_settled
from analysis.workspace.checkpoints import checkpoint
from analysis.workspace.imports import Import
from analysis.workspace.layout import Layout
from analysis.workspace.sweep import changing, clear, scrub

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace


PATIENCE_SECONDS = 10


@dataclass(frozen=True)
class Erased:
    """What was removed: the imports (by their files' names), their rows, and the files on the disk."""

    names: tuple[str, ...]
    rows: int
    files: int
    bytes: int
    parts: dict[str, int]  # part of the workspace -> bytes


def erase(ws: "Workspace", import_id: str) -> Erased:
    """Removes an import from the disk and the catalogue; what only repeated it counts from now on."""
    with changing(ws):
        target = ws.import_(import_id)
        others = [each for each in ws.imports() if each.id != target.id]
        active = [each for each in others if each.active and each.kind == target.kind]
        settle = resolve_again(ws, target, active) if target.active else {}
        checkpoint("erase.resolved")
        files = files_of(ws.layout, target, others)
        erased = _erased(ws.layout, [target], files)
        with catalog.writing(ws.engine).begin() as connection:
            connection.execute(catalog.imports.delete().where(catalog.imports.c.id == int(target.id)))
            if target.shape not in {each.shape for each in others}:
                connection.execute(catalog.mappings.delete().where(catalog.mappings.c.shape == target.shape))
            write_settled(connection, settle)
            catalog.touch(connection)
            checkpoint("erase.before_commit")
        checkpoint("erase.committed")
        _remove(ws, files)
    return erased


def erase_all(ws: "Workspace") -> Erased:
    """Removes everything: imports, remembered mappings, settings, and every file that belongs to them."""
    with changing(ws):
        imports = ws.imports()
        files = [path for each in imports for path in files_of(ws.layout, each, [])]
        erased = _erased(ws.layout, imports, files)
        with catalog.writing(ws.engine).begin() as connection:
            for table in (catalog.imports, catalog.mappings, catalog.settings):
                connection.execute(sa.delete(table))
            catalog.touch(connection)
            checkpoint("erase.all_before_commit")
        checkpoint("erase.all_committed")
        _remove(ws, files)
    return erased


def files_of(layout: Layout, target: Import, others: Iterable[Import]) -> list[Path]:
    """Everything on the disk that is there because of `target`; an original that others share stays."""
    shared = any(each.original and each.sha256 == target.sha256 for each in others)
    files = [
        layout.table(target.kind, target.id),
        layout.refused_rows(target.id),
        *([layout.original(target.sha256)] if target.original and not shared else []),
        *([layout.overlap(target.overlap)] if target.overlap else []),
        *(derived.path(layout, part, target.id) for part in derived.PARTS),
    ]
    return [path for path in files if path.exists()]


def _erased(layout: Layout, imports: list[Import], files: list[Path]) -> Erased:
    parts: dict[str, int] = {}
    for path in set(files):
        part = path.relative_to(layout.root).parts[0]
        parts[part] = parts.get(part, 0) + path.stat().st_size
    names = tuple(each.name for each in imports)
    return Erased(names, sum(each.read for each in imports), len(set(files)), sum(parts.values()), parts)


def _unlink(path: Path) -> None:
    """Windows deletes no file that somebody reads: a question takes moments, so wait for it."""
    for _ in range(PATIENCE_SECONDS * 10):
        try:
            return path.unlink(missing_ok=True)
        except PermissionError:
            time.sleep(0.1)
    return path.unlink(missing_ok=True)


def _remove(ws: "Workspace", files: list[Path]) -> None:
    """The files go first, then what a sweep would find, then SQLite's own copies."""
    for path in files:
        _unlink(path)
    checkpoint("erase.files")
    clear(ws)
    scrub(ws)
    checkpoint("erase.scrubbed")
