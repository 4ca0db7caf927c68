"""A workspace: a folder that holds what was imported, and answers from it."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import pandas as pd
import sqlalchemy as sa

from analysis.errors import (
    AlreadyImportedError,
    NotAWorkspaceError,
    NotWritableError,
    UndoneImportError,
    UnknownImportError,
)
from analysis.exports.mapping import Mapping
from analysis.workspace import catalog, changes, facts
from analysis.workspace.adding import add
from analysis.workspace.archive import restore, save
from analysis.workspace.compare import compare_rosters
from analysis.workspace.engine import Engine
from analysis.workspace.erasing import Erased, erase, erase_all
from analysis.workspace.failures import in_words
from analysis.workspace.imports import Import
from analysis.workspace.layout import Layout, disk
from analysis.workspace.locking import try_writer, writer
from analysis.workspace.reader import Reader
from analysis.workspace.sweep import scrub, sweep

if TYPE_CHECKING:
    from analysis.exports import Export

_open: dict[Path, "Workspace"] = {}
_opening = Lock()


class Workspace:
    """One folder. Open it with `Workspace.open`; one object a folder and process serves every thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.engine = catalog.connect(layout.catalog)
        self.answers = Engine(layout, self.engine)

    @classmethod
    def open(cls, folder: str | Path) -> "Workspace":
        """The workspace in `folder`, which is made where it does not exist yet.

        Raises:
            NotAWorkspaceError: the folder holds something else.
            NotWritableError: nothing can be written there.
            NewerWorkspaceError: a newer version wrote it.
        """
        root = Path(folder).expanduser().resolve()
        with _opening:
            known = _open.get(root)
            if known and known.layout.catalog.exists():
                return known
            if known:
                known.close()
            _open[root] = cls._prepared(Layout(root))
            return _open[root]

    @classmethod
    def _prepared(cls, layout: Layout) -> "Workspace":
        with in_words(layout.root):
            _make_folders(layout)
            ws = cls(layout)
            if catalog.schema_version(ws.engine) != catalog.SCHEMA_VERSION:
                with writer(layout):
                    catalog.prepare(ws.engine, layout.root)
        with try_writer(layout) as alone:  # whoever works here right now sweeps when it lands
            if alone and sweep(ws):
                scrub(ws)
        return ws

    @property
    def folder(self) -> Path:
        """Where everything lies."""
        return self.layout.root

    def close(self) -> None:
        """Lets go of every file; the next `open` begins anew."""
        self.answers.close()
        self.engine.dispose()
        _open.pop(self.layout.root, None)

    # What is there

    def imports(self, kind: str | None = None) -> list[Import]:
        """Every import, oldest first, undone ones included."""
        query = sa.select(catalog.imports).order_by(catalog.imports.c.id)
        if kind is not None:
            query = query.where(catalog.imports.c.kind == kind)
        with self.engine.begin() as connection:
            return [Import.of(row) for row in connection.execute(query)]

    def import_(self, import_id: str) -> Import:
        """One import. Raises: UnknownImportError."""
        for each in self.imports():
            if each.id == import_id:
                return each
        raise UnknownImportError(import_id)

    @property
    def version(self) -> str:
        """Another text after every change of what is imported."""
        with self.engine.begin() as connection:
            return connection.execute(sa.select(catalog.version.c.value)).scalar_one()

    # Answers

    def read(self) -> AbstractContextManager[Reader]:
        """`with ws.read() as r: r.table("users", as_of=day)` gives DuckDB relations that end with the block."""
        return self.answers.read()

    def table(self, kind: str, *, as_of: date | None = None, history: bool = False) -> pd.DataFrame:
        """The rows of a kind as pandas; see `Reader.table`."""
        return self.answers.table(kind, as_of=as_of, history=history)

    def run(self, metric: Callable[..., Any], *args: Any, **options: Any) -> pd.DataFrame:
        """`metric(<its tables>, *args, **options)` as pandas: `ws.run(an.active_rate, period, by=["area"])`."""
        return self.answers.run(metric, *args, **options)

    def prepare(self) -> float:
        """Builds now what `run` would build when first asked after an import; seconds it took."""
        return self.answers.prepare()

    # Looked up

    def rosters(self) -> list[Import]:
        """The lists of users that count, by the day they show."""
        return sorted((each for each in self.imports("users") if each.active), key=lambda each: (each.as_of, each.id))

    def compare_rosters(self, old_id: str, new_id: str) -> pd.DataFrame:
        """Who came, left, changed: user_id, change, column, before, after; see `compare.compare_rosters`."""
        return compare_rosters(self, old_id, new_id)

    def dimensions(self, kind: str) -> list[str]:
        """The headers of the columns beside the roles."""
        return facts.dimensions(self, kind)

    def personal(self, kind: str) -> set[str]:
        """The headers recognised as a person's data, kept or not."""
        return facts.personal(self.imports(kind))

    def values(self, kind: str, column: str) -> pd.DataFrame:
        """`value`, `rows`: every value of a column, blank as null, the most frequent first."""
        return facts.values(self, kind, column)

    def span(self, kind: str) -> tuple[date, date] | None:
        """The first and the last day of a kind."""
        return facts.span(self.imports(kind))

    @property
    def as_of(self) -> date | None:
        """The day of the last activity: what is known reaches until then."""
        known = self.span("activity")
        return known[1] if known else None

    def disk(self) -> dict[str, int]:
        """Bytes by part of the folder."""
        return disk(self.layout)

    # Changes

    def add(
        self,
        export: "Export",
        *,
        kind: str | None = None,
        mapping: Mapping | None = None,
        as_of: date | None = None,
        who: str | None = None,
        keep_original: bool | None = None,
        progress: Callable[[int, float], None] | None = None,
    ) -> Import:
        """Imports an export, all of it or nothing; see `adding.add`."""
        with in_words(self.folder):
            return add(
                self,
                export,
                kind=kind,
                mapping=mapping,
                as_of=as_of,
                who=who,
                keep_original=keep_original,
                progress=progress,
            )

    def undo(self, import_id: str) -> Import:
        """The import counts no more; nothing is deleted."""
        with in_words(self.folder):
            return changes.undo(self, import_id)

    def redo(self, import_id: str) -> Import:
        """An undone import counts again."""
        with in_words(self.folder):
            return changes.redo(self, import_id)

    def erase(self, import_id: str) -> Erased:
        """Removes an import for good, and says what was removed."""
        self.answers.close()  # Windows deletes no file that is open
        with in_words(self.folder):
            return erase(self, import_id)

    def erase_all(self) -> Erased:
        """Removes everything for good."""
        self.answers.close()
        with in_words(self.folder):
            return erase_all(self)

    def save(self, zip_path: str | Path) -> None:
        """The whole workspace as one ZIP."""
        with in_words(Path(zip_path).parent):
            save(self, Path(zip_path))

    @classmethod
    def restore(cls, zip_path: str | Path, folder: str | Path) -> "Workspace":
        """What `save` wrote, into a folder without imports. See `archive.restore` for what it refuses."""
        ws = cls.open(folder)
        with in_words(ws.folder):
            restore(ws, Path(zip_path))
        return ws

    def refuse_known(self, sha256: str, kind: str, sheet: str | None, *, but: str | None = None) -> None:
        """Raises where the same file (and sheet) already stands in the catalogue as this kind."""
        same = [each for each in self.imports(kind) if (each.sha256, each.sheet) == (sha256, sheet) and each.id != but]
        for each in sorted(same, key=lambda each: not each.active):
            raise (AlreadyImportedError if each.active else UndoneImportError)(each.name, each.id, each.imported_at)

    # Refused rows

    def refused(self, import_id: str) -> pd.DataFrame:
        """The refused rows of an import: line, column, value, reason (code), fields, row."""
        path = self.layout.refused_rows(self.import_(import_id).id)
        if not path.exists():
            return pd.DataFrame(columns=["line", "column", "value", "reason", "fields", "row"])
        return pd.read_parquet(path)

    # Remembered

    def remember(self, mapping: Mapping, shape: str) -> None:
        """Keeps a mapping for the next file of the same shape."""
        with catalog.writing(self.engine).begin() as connection:
            catalog.remember(connection, mapping.kind, shape, mapping.to_json())

    def remembered(self, kind: str, shape: str) -> Mapping | None:
        """The mapping last used for this kind and shape."""
        columns = catalog.mappings.c
        query = sa.select(columns.mapping).where((columns.kind == kind) & (columns.shape == shape))
        with self.engine.begin() as connection:
            found = connection.execute(query).scalar()
        return Mapping.from_json(found) if found else None

    def setting(self, key: str, default: Any = None) -> Any:
        """A setting of this workspace (anything that JSON can hold)."""
        query = sa.select(catalog.settings.c.value).where(catalog.settings.c.key == key)
        with self.engine.begin() as connection:
            found = connection.execute(query).scalar()
        return default if found is None else json.loads(found)

    def set_setting(self, key: str, value: Any) -> None:
        with catalog.writing(self.engine).begin() as connection:
            connection.execute(catalog.settings.delete().where(catalog.settings.c.key == key))
            connection.execute(catalog.settings.insert().values(key=key, value=json.dumps(value, ensure_ascii=False)))


def _make_folders(layout: Layout) -> None:
    """The folders of a workspace, unless something else lives there: its files must not be taken for ours."""
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
    except OSError as error:  # also where a file lies in the way
        raise NotWritableError(str(layout.root), error.strerror or str(error)) from error
    strangers = [each.name for each in layout.root.iterdir() if not _is_ours(layout, each)]
    if strangers and not layout.catalog.exists():
        raise NotAWorkspaceError(str(layout.root), strangers[:3])
    for folder in layout.folders():
        folder.mkdir(parents=True, exist_ok=True)


def _is_ours(layout: Layout, path: Path) -> bool:
    """A folder of ours that is still empty, a catalogue being made, or what a file manager left."""
    if path.name.startswith((".", "catalog.sqlite")) or path.name.lower() in ("desktop.ini", "thumbs.db"):
        return True
    return path in layout.folders() and not any(each.is_file() and each.suffix != ".lock" for each in path.rglob("*"))
