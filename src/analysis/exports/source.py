"""The bytes of an export: size, SHA-256, what kind of file they are, and whether they are UTF-8."""

import codecs
import hashlib
import shutil
import tempfile
import weakref
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from analysis.errors import NoFileError

PIECE = 1 << 20

# First bytes -> what the file is; only files that people rename to .csv by mistake.
SIGNATURES = {
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"%PDF": "PDF",
    b"\x1f\x8b": "GZIP",
    b"Rar!": "RAR",
    b"7z\xbc\xaf": "7z",
    b"PAR1": "Parquet",
    b"SQLite format 3": "SQLite",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"\x7fELF": "ELF",
    b"MZ": "EXE",
}
BOMS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Source:
    """A file on disk and what one pass over its bytes tells."""

    path: Path
    name: str
    size: int
    sha256: str
    head: bytes  # the first 64 KiB
    not_utf8: int | None  # offset of the first byte that is not UTF-8; None where all of it is


def open_source(file: str | Path | BinaryIO, name: str | None = None) -> tuple[Source, object]:
    """The source, and what must stay alive as long as it is used (a copy of a file that has no path)."""
    keep = None
    if isinstance(file, str | Path):
        path = Path(file)
        if not path.is_file():
            raise NoFileError(str(path))
    else:
        name = name or Path(str(getattr(file, "name", "") or "export.csv")).name
        path, keep = _copy(file)
    return examine(path, name or path.name), keep


def _copy(file: BinaryIO) -> tuple[Path, object]:
    with tempfile.NamedTemporaryFile(prefix="genzaichi-", delete=False) as copy:
        shutil.copyfileobj(file, copy, PIECE)
    path = Path(copy.name)

    class Copy:
        """Alive as long as the copy is needed; the file goes with it."""

    keep = Copy()
    weakref.finalize(keep, path.unlink, missing_ok=True)
    return path, keep


def examine(path: Path, name: str) -> Source:
    """One pass: hash all bytes, check UTF-8 until it breaks."""
    digest, size, head, bad = hashlib.sha256(), 0, b"", None
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            digest.update(piece)
            if bad is None:
                bad = _first_bad(decoder, piece, size)
            head = head or piece[:65536]
            size += len(piece)
    if bad is None and decoder.getstate()[0]:
        bad = size - len(decoder.getstate()[0])
    return Source(path, name, size, digest.hexdigest(), head, bad)


def _first_bad(decoder: codecs.IncrementalDecoder, piece: bytes, offset: int) -> int | None:
    pending = len(decoder.getstate()[0])
    try:
        decoder.decode(piece)
    except UnicodeDecodeError as error:
        return offset - pending + error.start
    return None


def is_workbook(source: Source) -> bool:
    """A ZIP (XLSX, ODS) or an OLE container (XLS, or an encrypted XLSX)."""
    return source.head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0"))


def what_else(source: Source) -> str | None:
    """The name of the format where the bytes are certainly no table of text."""
    for start, kind in SIGNATURES.items():
        if source.head.startswith(start):
            return kind
    if source.head[:4] == b"RIFF" and source.head[8:12] == b"WEBP":
        return "WebP"
    return None


def bom(source: Source) -> str | None:
    """The encoding that a byte order mark states."""
    return next((name for mark, name in BOMS.items() if source.head.startswith(mark)), None)
