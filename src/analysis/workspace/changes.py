"""Landing, undoing and redoing an import: each is one transaction of the catalogue."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import sqlalchemy as sa

from analysis.errors import NothingToImportError
from analysis.workspace import catalog, landing
from analysis.workspace.checkpoints import checkpoint
from analysis.workspace.duplicates import Part, resolve
from analysis.workspace.imports import ACTIVE, UNDONE, Import, text_id
from analysis.workspace.layout import Layout
from analysis.workspace.locking import room, scratch
from analysis.workspace.sweep import changing, clear, scrub, sweep

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace


def land(ws: "Workspace", source: landing.Source) -> Import:
    """Imports `source`: everything of it, or nothing.

    Raises:
        AlreadyImportedError: the same file is there.
        UndoneImportError: it was there and has been undone; redo brings it back.
        NothingToImportError: no row was accepted.
    """
    with room(ws.layout) as folder:
        written = landing.write_aside(source, folder)
        if written.stored == 0:
            raise NothingToImportError(source.name, written.read, written.reasons)
        with changing(ws):
            ws.refuse_known(source.sha256, source.kind, source.sheet)
            if sweep(ws):
                scrub(ws)
            import_id = _land(ws, source, written, folder)
    return ws.import_(import_id)


def _land(ws: "Workspace", source: landing.Source, written: landing.Written, folder: Path) -> str:
    """Duplicates first, then files and row: the row counts only once its transaction commits."""
    row = landing.row_of(source, written)
    part = Part(
        folder / "table.parquet",
        source.kind,
        json.loads(row["columns"]),
        tuple(source.mapping.personal),
        written.first,
        written.last,
    )
    older = [part_of(ws.layout, each) for each in ws.imports(source.kind) if each.active]
    held = resolve(part, older, folder / "overlap.parquet", folder)
    checkpoint("add.overlap")
    with catalog.writing(ws.engine).begin() as connection:
        result = connection.execute(catalog.imports.insert().values(**row, **settled(row, held)))
        import_id = text_id(result.inserted_primary_key[0])  # type: ignore[index]
        checkpoint("add.row")
        for file, target in _targets(ws.layout, source, import_id).items():
            if (folder / file).exists():
                landing.place(folder / file, target)
            checkpoint(f"add.placed.{Path(file).stem}")
        if held:
            stem = new_stem(import_id)
            landing.place(folder / "overlap.parquet", ws.layout.overlap(stem))
            connection.execute(_row(import_id).values(overlap=stem))
        if source.shape:
            catalog.remember(connection, source.kind, source.shape, source.mapping.to_json())
        catalog.touch(connection)
        checkpoint("add.before_commit")
    checkpoint("add.committed")
    return import_id


def _targets(layout: Layout, source: landing.Source, import_id: str) -> dict[str, Path]:
    return {
        "table.parquet": layout.table(source.kind, import_id),
        "refused.parquet": layout.refused_rows(import_id),
        "original": layout.original(source.sha256),
    }


def undo(ws: "Workspace", import_id: str) -> Import:
    """The import counts no more; its rows stay stored, and what only repeated it counts now."""
    return _change_state(ws, import_id, UNDONE)


def redo(ws: "Workspace", import_id: str) -> Import:
    """The import counts again, at its old age."""
    return _change_state(ws, import_id, ACTIVE)


def _change_state(ws: "Workspace", import_id: str, state: str) -> Import:
    verb = "undo" if state == UNDONE else "redo"
    with changing(ws):
        target = ws.import_(import_id)
        if target.state == state:
            return target
        if state == ACTIVE:
            ws.refuse_known(target.sha256, target.kind, target.sheet, but=target.id)
        after = {each.id: each for each in ws.imports(target.kind) if each.active and each.id != target.id}
        if state == ACTIVE:
            after[target.id] = target
        settle = resolve_again(ws, target, after.values())
        checkpoint(f"{verb}.resolved")
        with catalog.writing(ws.engine).begin() as connection:
            connection.execute(_row(target.id).values(state=state))
            if state == UNDONE:
                connection.execute(_row(target.id).values(**settled(vars(target), 0), overlap=None))
            write_settled(connection, settle)
            catalog.touch(connection)
            checkpoint(f"{verb}.before_commit")
        checkpoint(f"{verb}.committed")
        clear(ws)
        checkpoint(f"{verb}.swept")
    return ws.import_(import_id)


def resolve_again(ws: "Workspace", changed: Import, active: Iterable[Import]) -> dict[str, dict[str, Any]]:
    """New duplicates of every import that `changed` can matter to: itself and the younger ones it touches.

    Args:
        changed: the import whose state is about to change.
        active: the imports of its kind that are going to be active.

    Returns:
        import id -> the columns of its catalogue row to set; the files they name are written.
    """
    active = sorted(active, key=lambda each: each.id)
    mine = part_of(ws.layout, changed)
    settle: dict[str, dict[str, Any]] = {}
    for each in active:
        part = part_of(ws.layout, each)
        if each.id < changed.id or not part.touches(mine):
            continue
        older = [part_of(ws.layout, other) for other in active if other.id < each.id]
        settle[each.id] = resolve_one(ws, each, part, older)
        checkpoint("state.overlap")
    return settle


def resolve_one(ws: "Workspace", target: Import, part: Part, older: list[Part]) -> dict[str, Any]:
    """The duplicates of one import, written under a new name; the catalogue is told by the caller."""
    stem = new_stem(target.id)
    with scratch(ws.layout) as folder:
        held = resolve(part, older, folder / "overlap.parquet", folder)
        if held:
            landing.place(folder / "overlap.parquet", ws.layout.overlap(stem))
    return settled(vars(target), held) | {"overlap": stem if held else None}


def write_settled(connection: sa.Connection, settle: dict[str, dict[str, Any]]) -> None:
    for import_id, values in settle.items():
        connection.execute(_row(import_id).values(**values))


def settled(row: dict[str, Any], held: int) -> dict[str, int]:
    """Counts that add up: `held` rows of the import stand in an older active one."""
    duplicates = row["repeated"] + held
    return {"duplicates": duplicates, "accepted": row["read"] - row["refused"] - duplicates}


def part_of(layout: Layout, each: Import) -> Part:
    """What the duplicates of an import depend on."""
    return Part(
        layout.table(each.kind, each.id), each.kind, each.columns, tuple(each.mapping.personal), each.first, each.last
    )


def new_stem(import_id: str) -> str:
    """A name that no earlier state of the catalogue uses: readers of that state keep their file."""
    return f"{import_id}-{uuid4().hex[:8]}"


def _row(import_id: str) -> sa.Update:
    return catalog.imports.update().where(catalog.imports.c.id == int(import_id))
