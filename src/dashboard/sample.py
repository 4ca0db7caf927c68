"""The sample data, imported with one click: the exports of a company that does not exist."""

import json
from datetime import date
from typing import TYPE_CHECKING, Any

from analysis.errors import AlreadyImportedError, UndoneImportError
from dashboard import guard
from dashboard.navigation import ROOT
from dashboard.work import Progress

if TYPE_CHECKING:
    from analysis.workspace import Workspace

FOLDER = ROOT / "sample_data"
MANIFEST = FOLDER / "manifest.json"


def files() -> list[dict[str, Any]]:
    """What the manifest lists; nothing where the sample is not installed."""
    return json.loads(MANIFEST.read_text(encoding="utf-8"))["files"] if MANIFEST.is_file() else []


def bring(progress: Progress) -> int:
    """Imports every file of the sample that is not there yet; the number of files imported."""
    return bring_into(guard.workspace(), progress)


def bring_into(ws: "Workspace", progress: Progress) -> int:
    """The same, into any workspace."""
    listed, before, imported = files(), 0, 0
    total = sum(entry["rows"]["read"] for entry in listed)
    for entry in listed:
        imported += _import(ws, entry, _after(progress, before, total))
        before += entry["rows"]["read"]
    ws.prepare()
    return imported


def _after(progress: Progress, before: int, total: int) -> Progress:
    """The progress of all files, told by one of them."""
    return lambda rows, _part: progress(before + rows, (before + rows) / max(total, 1))


def _import(ws: "Workspace", entry: dict[str, Any], progress: Progress) -> bool:
    from analysis.exports import read_export
    from analysis.exports.mapping import Mapping

    export = read_export(FOLDER / entry["file"])
    as_of = date.fromisoformat(entry["as_of"]) if entry.get("as_of") else None
    mapping = Mapping.from_json(json.dumps(entry["mapping"]))
    try:
        ws.add(export, mapping=mapping, as_of=as_of, who=guard.who(), progress=progress)
    except UndoneImportError as undone:
        ws.redo(str(undone.fields["id"]))
    except AlreadyImportedError:
        return False
    return True
