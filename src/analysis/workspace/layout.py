"""Where everything lies inside a workspace folder (always relative to it, so that the folder can be moved)."""

import re
from dataclasses import dataclass
from pathlib import Path

IMPORT_FILE = re.compile(r"(?P<id>\d{6,})\.parquet")
OVERLAP_FILE = re.compile(r"(?P<stem>(?P<id>\d{6,})-[0-9a-f]{8})\.parquet")
ORIGINAL_FILE = re.compile(r"[0-9a-f]{64}")
PARTS = ("catalog", "tables", "refused", "originals", "derived", "incoming")


@dataclass(frozen=True)
class Layout:
    """Paths below `root`; nothing here touches the disk."""

    root: Path

    @property
    def catalog(self) -> Path:
        return self.root / "catalog.sqlite"

    @property
    def tables(self) -> Path:
        return self.root / "tables"

    @property
    def refused(self) -> Path:
        return self.root / "refused"

    @property
    def originals(self) -> Path:
        return self.root / "originals"

    @property
    def derived(self) -> Path:
        return self.root / "derived"

    @property
    def duplicates(self) -> Path:
        return self.derived / "duplicates"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    def table(self, kind: str, import_id: str) -> Path:
        """The accepted rows of an import."""
        return self.tables / kind / f"{import_id}.parquet"

    def refused_rows(self, import_id: str) -> Path:
        """The refused rows of an import; there only where a row was refused."""
        return self.refused / f"{import_id}.parquet"

    def original(self, sha256: str) -> Path:
        return self.originals / sha256

    def overlap(self, stem: str) -> Path:
        """The `_line`s of an import that an older active import already holds (`Import.overlap` names the file)."""
        return self.duplicates / f"{stem}.parquet"

    def folders(self) -> tuple[Path, ...]:
        return (self.tables, self.refused, self.originals, self.derived, self.duplicates, self.incoming, self.locks)


def disk(layout: Layout) -> dict[str, int]:
    """Bytes by part; the catalogue with its log. What goes away meanwhile counts as nothing."""
    parts = {"catalog": layout.root.glob("catalog.sqlite*")}
    parts |= {part: (layout.root / part).rglob("*") for part in PARTS[1:]}
    return {part: sum(map(_size, paths)) for part, paths in parts.items()}


def _size(path: Path) -> int:
    try:
        return path.stat().st_size if path.is_file() else 0
    except FileNotFoundError:
        return 0
