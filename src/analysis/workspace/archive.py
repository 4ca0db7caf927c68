"""A whole workspace as one ZIP, and back."""

import hashlib
import json
import os
import re
import shutil
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import sqlalchemy as sa

from analysis.errors import DamagedArchiveError, DiskFullError, NotASavedWorkspaceError, NotEmptyError
from analysis.tables import KINDS
from analysis.workspace import catalog, landing
from analysis.workspace.changes import new_stem, part_of, settled
from analysis.workspace.checkpoints import checkpoint
from analysis.workspace.duplicates import resolve
from analysis.workspace.imports import Import, text_id
from analysis.workspace.layout import Layout
from analysis.workspace.locking import room, scratch, writer
from analysis.workspace.sweep import changing, sweep

if TYPE_CHECKING:
    from analysis.workspace.workspace import Workspace

FORMAT = "genzaichi-workspace"
MANIFEST = "manifest.json"
CATALOG = "catalog.sqlite"
STORED = re.compile(rf"{CATALOG}|(?:tables/(?:{'|'.join(KINDS)})|refused)/\d{{6,}}\.parquet|originals/[0-9a-f]{{64}}")
MANIFEST_LIMIT = 64 << 20


def save(ws: "Workspace", path: Path) -> None:
    """Writes `path`: every file with its hash, the catalogue as of one moment; nothing derived, nothing unfinished."""
    part = path.with_name(path.name + ".part")
    try:
        with writer(ws.layout), scratch(ws.layout) as folder, zipfile.ZipFile(part, "w") as archive:
            _copy_catalogue(ws.engine, folder / CATALOG)
            files = {CATALOG: folder / CATALOG} | {_name(ws.layout, each): each for each in _stored(ws)}
            hashes = {name: _put(archive, name, file) for name, file in files.items()}
            manifest = {"format": FORMAT, "version": 1, "files": hashes}
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _copy_catalogue(engine: sa.Engine, target: Path) -> None:
    """SQLite's own copy: whole, whatever else is being written."""
    with closing(sqlite3.connect(target)) as copy, closing(engine.raw_connection()) as source:
        source.driver_connection.backup(copy)  # type: ignore[union-attr]


def _stored(ws: "Workspace") -> Iterator[Path]:
    """Every file that the catalogue names, each once."""
    found = {
        path: None
        for each in ws.imports()
        for path in (
            ws.layout.table(each.kind, each.id),
            *([ws.layout.refused_rows(each.id)] if each.refused else []),
            *([ws.layout.original(each.sha256)] if each.original else []),
        )
    }
    yield from found


def _name(layout: Layout, path: Path) -> str:
    return path.relative_to(layout.root).as_posix()


def _put(archive: zipfile.ZipFile, name: str, path: Path) -> dict[str, Any]:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED if path.suffix == ".parquet" else zipfile.ZIP_DEFLATED
    with path.open("rb") as reader, archive.open(info, "w", force_zip64=True) as target:
        size, sha256 = _pass_on(reader, target)
    return {"size": size, "sha256": sha256}


def _pass_on(reader: IO[bytes], target: IO[bytes], limit: int | None = None) -> tuple[int, str]:
    """Copies piece by piece (up to one piece past `limit`); size and hash of what passed."""
    digest, size = hashlib.sha256(), 0
    while (piece := reader.read(1 << 20)) and (limit is None or size <= limit):
        digest.update(piece)
        target.write(piece)
        size += len(piece)
    return size, digest.hexdigest()


def restore(ws: "Workspace", path: Path) -> None:
    """Brings back what `save` wrote, all of it or nothing; imports keep their order.

    Raises:
        NotEmptyError: the workspace holds imports.
        NotASavedWorkspaceError: the file is none that `save` wrote.
        DamagedArchiveError: a file of it is missing, too many, or not what was saved.
        NewerWorkspaceError: a newer version saved it.
        DiskFullError: it would not fit.
    """
    _refuse_full(ws)
    if not zipfile.is_zipfile(path):
        raise NotASavedWorkspaceError(path.name)
    with room(ws.layout) as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                files = _unpack(archive, _manifest(archive, path.name), path.name, folder)
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise DamagedArchiveError(path.name, "ZIP") from error
        try:
            imports, others = _read_catalogue(files[CATALOG], ws.layout.root)
        except sa.exc.DatabaseError as error:
            raise DamagedArchiveError(path.name, CATALOG) from error
        checkpoint("restore.unpacked")
        with changing(ws):
            _refuse_full(ws)
            sweep(ws)
            try:
                _bring(ws, imports, others, files, folder)
            except (KeyError, TypeError, JSONDecodeError, sa.exc.IntegrityError, pa.ArrowInvalid) as error:
                raise DamagedArchiveError(path.name, CATALOG) from error


def _refuse_full(ws: "Workspace") -> None:
    if ws.imports():
        raise NotEmptyError(str(ws.layout.root))


def _manifest(archive: zipfile.ZipFile, name: str) -> dict[str, dict[str, Any]]:
    """File -> its size and hash; only files that a workspace has, and exactly those of the ZIP."""
    try:
        if archive.getinfo(MANIFEST).file_size > MANIFEST_LIMIT:
            raise NotASavedWorkspaceError(name)
        manifest = json.loads(archive.read(MANIFEST))
        files = dict(manifest["files"]) if manifest["format"] == FORMAT else {}
    except (KeyError, TypeError, ValueError):
        raise NotASavedWorkspaceError(name) from None
    if CATALOG not in files:
        raise NotASavedWorkspaceError(name)
    listed = sorted(each for each in archive.namelist() if each != MANIFEST)
    for each in {*listed, *files}:
        if not STORED.fullmatch(each) or listed.count(each) != 1 or each not in files:
            raise DamagedArchiveError(name, each)
    return files


def _unpack(archive: zipfile.ZipFile, files: dict[str, Any], name: str, folder: Path) -> dict[str, Path]:
    """Every file under a number of ours: no name of the ZIP becomes a path."""
    if sum(int(each["size"]) for each in files.values()) > shutil.disk_usage(folder).free:
        raise DiskFullError(str(folder.parent.parent))
    unpacked = {}
    for number, (each, stated) in enumerate(files.items()):
        unpacked[each] = folder / str(number)
        with archive.open(each) as reader, unpacked[each].open("wb") as target:
            found = _pass_on(reader, target, limit=stated["size"])
            target.flush()
            os.fsync(target.fileno())
        if found != (stated["size"], stated["sha256"]):
            raise DamagedArchiveError(name, each)
    return unpacked


def _read_catalogue(path: Path, root: Path) -> tuple[list[Any], dict[sa.Table, list[dict[str, Any]]]]:
    """Rows of the saved catalogue, brought to today's schema in the copy."""
    engine = catalog.connect(path)
    try:
        catalog.prepare(engine, root)
        with engine.begin() as connection:
            imports = list(connection.execute(sa.select(catalog.imports).order_by(catalog.imports.c.id)))
            others = {
                table: [dict(row._mapping) for row in connection.execute(sa.select(table))]
                for table in (catalog.mappings, catalog.settings)
            }
    finally:
        engine.dispose()
    return imports, others


def _bring(
    ws: "Workspace",
    imports: list[Any],
    others: dict[sa.Table, list[dict[str, Any]]],
    files: dict[str, Path],
    folder: Path,
) -> None:
    """Files into place and all rows in one transaction.

    Ids go on from the last one that this workspace ever gave: what a process remembers about an
    erased import is never taken for another one's.
    """
    held = _resolved([Import.of(row) for row in imports], files, folder)
    with catalog.writing(ws.engine).begin() as connection:
        last = connection.exec_driver_sql("SELECT max(seq) FROM sqlite_sequence WHERE name = 'imports'").scalar() or 0
        for row in imports:
            values = dict(row._mapping) | {"id": row.id + last, "overlap": None}
            if count := held.get(text_id(row.id)):
                values["overlap"] = new_stem(text_id(values["id"]))
                landing.place(folder / f"overlap-{text_id(row.id)}", ws.layout.overlap(values["overlap"]))
                values |= settled(values, count)
            connection.execute(catalog.imports.insert().values(**values))
            _place(ws.layout, row, text_id(values["id"]), files)
            checkpoint("restore.placed")
        for table, rows in others.items():
            connection.execute(table.delete())
            if rows:
                connection.execute(table.insert(), rows)
        catalog.touch(connection)
        checkpoint("restore.before_commit")
    checkpoint("restore.committed")


def _resolved(imports: list[Import], files: dict[str, Path], folder: Path) -> dict[str, int]:
    """Duplicates of the saved imports, computed anew; their lines lie in `folder`."""
    active = [each for each in imports if each.active]
    parts = {
        each.id: replace(part_of(Layout(folder), each), path=files[f"tables/{each.kind}/{each.id}.parquet"])
        for each in active
    }
    return {
        each.id: resolve(
            parts[each.id],
            [parts[other.id] for other in active if other.kind == each.kind and other.id < each.id],
            folder / f"overlap-{each.id}",
            folder,
        )
        for each in active
    }


def _place(layout: Layout, row: Any, import_id: str, files: dict[str, Path]) -> None:
    old = text_id(row.id)
    landing.place(files[f"tables/{row.kind}/{old}.parquet"], layout.table(row.kind, import_id))
    if row.refused:
        landing.place(files[f"refused/{old}.parquet"], layout.refused_rows(import_id))
    if row.original and not layout.original(row.sha256).exists():
        landing.place(files[f"originals/{row.sha256}"], layout.original(row.sha256))
