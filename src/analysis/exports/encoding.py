"""Which encoding the bytes are in, and the same text as UTF-8 with one kind of line end."""

import codecs
import io
import re
from collections.abc import Iterator

from analysis.errors import ChoiceError, NotATableError, UndecodableError
from analysis.exports.source import PIECE, Source, bom

ENCODINGS = ("utf-8", "cp932", "utf-16")
# Windows wrote ① ㈱ 髙 into what it calls Shift_JIS; only cp932 reads them.
SUPERSETS = {"shift_jis": "cp932", "cp932": "cp932", "ms932": "cp932"}
# What Python makes of the bytes 80, A0, FD, FE and FF, which CP932 does not use.
_NO_CP932 = re.compile("[\x80\xa0\uf8f0-\uf8f3]")
END = "\x00"  # the mark after the last row; no text holds it, see `Utf8Lines`


def choose(source: Source, wanted: str | None = None) -> str:
    """The encoding: a byte order mark, else UTF-8 where every byte fits, else CP932.

    Never CP932 first: it accepts short UTF-8 words such as 有効.

    Raises:
        ChoiceError: `wanted` is no text encoding.
        UndecodableError: the start of the file is neither.
    """
    if wanted:
        return _known(wanted, source)
    if marked := bom(source):
        return marked
    if guess := _utf16_without_mark(source.head):
        return guess
    if source.not_utf8 is None:
        return "utf-8"
    _check_cp932(source)
    return "cp932"


def _known(wanted: str, source: Source) -> str:
    try:
        codec = codecs.lookup(wanted)
        "".encode(wanted)
    except (LookupError, UnicodeError):
        raise ChoiceError("encoding", wanted, ENCODINGS) from None
    name = SUPERSETS.get(codec.name, codec.name)
    return bom(source) or name if name in ("utf-8", "utf-16") else name


def _utf16_without_mark(head: bytes) -> str | None:
    """Half of the bytes of Latin text in UTF-16 are zero, all on the same side."""
    sample = head[:4096]
    if sample.count(0) < 4:
        return None
    left, right = sample[::2].count(0), sample[1::2].count(0)
    if right > len(sample) / 10 and left == 0:
        return "utf-16-le"
    return "utf-16-be" if left > len(sample) / 10 and right == 0 else None


def _check_cp932(source: Source) -> None:
    """Fails early, with the line, where the neighbourhood of the first non-UTF-8 byte is not CP932 either."""
    assert source.not_utf8 is not None
    with source.path.open("rb") as file:
        begin = max(0, source.not_utf8 - PIECE)
        file.seek(begin)
        around = file.read(2 * PIECE)
    if begin:
        around = around[around.find(b"\n") + 1 :]
    if begin + len(around) < source.size:
        around = around[: around.rfind(b"\n") + 1]
    if not _is_cp932(around):
        raise UndecodableError(source.name, line_at(source, source.not_utf8), "UTF-8", "CP932")


def _is_cp932(data: bytes) -> bool:
    try:
        return not _NO_CP932.search(data.decode("cp932"))
    except UnicodeDecodeError:
        return False


def line_at(source: Source, offset: int) -> int:
    """The physical line, from 1, that holds the byte at `offset`."""
    with source.path.open("rb") as file:
        before = file.read(offset)
    return 1 + before.replace(b"\r\n", b"\n").replace(b"\r", b"\n").count(b"\n")


class Utf8Lines(io.RawIOBase):
    """A text file of any encoding, read as UTF-8 bytes whose lines all end in `\\n`.

    `skip` lines are left out at the start. After the last line comes one more line of `END`
    alone: a reader that does not meet it as a row of its own stands inside an open quote.
    """

    def __init__(self, source: Source, encoding: str, skip: int = 0, end: bool = False) -> None:
        self._source, self._encoding, self._skip = source, encoding, skip
        self._pieces = self._text(end)
        self._rest = b""
        self.bytes_read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer only at the end; holds little more than it hands out."""
        parts, missing = [], size
        while self._rest or self._fill():
            part = self._rest if size < 0 else self._rest[:missing]
            self._rest = self._rest[len(part) :]
            parts.append(part)
            missing -= len(part)
            if size >= 0 and not missing:
                break
        return b"".join(parts)

    def _fill(self) -> bool:
        self._rest = next(self._pieces, b"")
        return bool(self._rest)

    def _text(self, end: bool) -> Iterator[bytes]:
        last = ""
        for text in decoded(self._source, self._encoding, self):
            text = self._drop(text)
            if text:
                last = text[-1]
                yield text.encode("utf-8")
        if end:
            yield (("\n" if last not in ("", "\n") else "") + END + "\n").encode()

    def _drop(self, text: str) -> str:
        while self._skip and text:
            _, newline, text = text.partition("\n")
            self._skip -= bool(newline)
        return text


def decoded(source: Source, encoding: str, counter: Utf8Lines | None = None) -> Iterator[str]:
    """The text in pieces, every line end as `\\n`.

    Raises:
        UndecodableError: bytes that do not fit the encoding, with their line.
        NotATableError: a NUL, which no text holds.
    """
    decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder(encoding)(), translate=True)
    lines = 0
    with source.path.open("rb") as file:
        while True:
            piece = file.read(PIECE)
            if counter is not None:
                counter.bytes_read += len(piece)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                lines += _line_ends(error.object[: error.start], encoding)
                raise UndecodableError(source.name, lines + 1, encoding.upper()) from None
            except UnicodeError:
                raise UndecodableError(source.name, lines + 1, encoding.upper()) from None
            if END in text:
                raise NotATableError(source.name, "binary")
            yield text
            if not piece:
                return
            lines += text.count("\n")


def _line_ends(before: bytes, encoding: str) -> int:
    text = before.decode(encoding, errors="ignore")
    return text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
