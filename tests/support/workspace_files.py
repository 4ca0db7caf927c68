"""Small exports on the disk, and what a workspace must look like whatever happened to it."""

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

import analysis as an
from analysis.workspace import Workspace
from analysis.workspace.sweep import orphans


def write_csv(path: Path, header: Sequence[str], rows: Sequence[Sequence[str | None]]) -> Path:
    """A comma-separated file in UTF-8; None is a blank cell."""
    lines = [header, *([cell or "" for cell in row] for row in rows)]
    path.write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")
    return path


def log(folder: Path, name: str, *rows: Sequence[str | None], device: str = "端末") -> "an.Export":
    """A log of 日時, ユーザーID, a device."""
    return an.read_export(write_csv(folder / name, ["日時", "ユーザーID", device], rows))


def roster(folder: Path, name: str, *rows: Sequence[str | None], header: str = "エリア") -> "an.Export":
    """A list of users with an area."""
    return an.read_export(write_csv(folder / name, ["ユーザーID", header], rows))


def assert_whole(ws: Workspace) -> None:
    """Every row of the catalogue has its files, every file its row, and every count adds up."""
    imports = ws.imports()
    assert list(orphans(ws.layout, imports)) == []
    assert [path.name for path in ws.layout.incoming.iterdir()] == []
    for each in imports:
        assert each.accepted + each.duplicates + each.refused == each.read
        assert pq.read_metadata(ws.layout.table(each.kind, each.id)).num_rows == each.read - each.refused
        assert len(ws.refused(each.id)) == each.refused
        assert ws.layout.original(each.sha256).exists() == any(o.original and o.sha256 == each.sha256 for o in imports)
        held = pq.read_metadata(ws.layout.overlap(each.overlap)).num_rows if each.overlap else 0
        assert each.repeated + held == each.duplicates
    for kind in {each.kind for each in imports} - {"users", "customers"}:
        assert len(ws.table(kind)) == sum(each.accepted for each in imports if each.kind == kind and each.active)
    assert not list(ws.folder.rglob("*.tmp"))


def leaks(folder: Path, marker: str) -> list[str]:
    """The files below `folder` with `marker` in their name, their bytes (UTF-8, UTF-16, CP932) or their values."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            rows = duckdb.sql("SELECT * FROM read_parquet($path)", params={"path": str(path)}).fetchall()
            content += repr(rows).encode()
        spellings = [marker.encode(encoding, "ignore") for encoding in ("utf-8", "utf-16-le", "cp932")]
        if marker in str(path) or any(each and each in content for each in spellings):
            found.append(str(path.relative_to(folder)))
    return found
