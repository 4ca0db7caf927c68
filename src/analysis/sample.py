"""The sample company: its files, and all of them imported into a workspace."""

import json
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path
from typing import Any

from analysis.errors import AlreadyImportedError, UndoneImportError
from analysis.exports import read_export
from analysis.exports.mapping import Mapping
from analysis.workspace import Workspace

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
Progress = Callable[[int, float], None]


def files() -> list[dict[str, Any]]:
    """What is imported together: name, kind, mapping and rows of each file; nothing where the sample is not installed.

    What the manifest lists as apart is not among them: its customers are others.
    """
    listed = _manifest()
    return [*listed["files"], *(entry for part in listed["parts"].values() for entry in part)]


def _manifest() -> dict[str, Any]:
    manifest = FOLDER / "manifest.json"
    if not manifest.is_file():
        return {"files": [], "parts": {}, "settings": {}}
    found: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return found


def bring(
    ws: Workspace, *, kinds: Collection[str] = (), who: str | None = None, progress: Progress | None = None
) -> int:
    """Imports every file of the sample that is not there yet; the number of files imported.

    What else the pages need to know of it (whose turn each step is) is kept where the workspace knows nothing yet.

    Args:
        kinds: only files of these kinds of table; none: of all.
        who: who is said to have imported them.
        progress: called with rows done and the part (0-1) of all rows.
    """
    listed = [entry for entry in files() if not kinds or entry["kind"] in kinds]
    before, imported = 0, 0
    total = sum(entry["rows"]["read"] for entry in listed)
    for entry in listed:
        imported += _import(ws, entry, who, _after(progress, before, total) if progress else None)
        before += entry["rows"]["read"]
    for key, value in _manifest()["settings"].items():
        if ws.setting(key) is None:
            ws.set_setting(key, json.dumps(value, ensure_ascii=False))  # as text, like the pages keep it
    ws.prepare()
    return imported


def _after(progress: Progress, before: int, total: int) -> Progress:
    """The progress of all files, told by one of them."""
    return lambda rows, _part: progress(before + rows, (before + rows) / max(total, 1))


def _import(ws: Workspace, entry: dict[str, Any], who: str | None, progress: Progress | None) -> bool:
    export = read_export(FOLDER / entry["file"])
    as_of = date.fromisoformat(entry["as_of"]) if entry.get("as_of") else None
    mapping = Mapping.from_json(json.dumps(entry["mapping"]))
    try:
        ws.add(export, mapping=mapping, as_of=as_of, who=who, progress=progress)
    except UndoneImportError as undone:
        ws.redo(str(undone.fields["id"]))
    except AlreadyImportedError:
        return False
    return True
