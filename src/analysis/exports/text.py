"""Small rules about text that every step of reading shares: spaces, comparing, blank."""

import re
import unicodedata

# What is trimmed around a header or a value: every space that systems pad with, and stray marks.
SPACES = " \t\n\r\x0b\x0c\x1a\u00a0\u200b\u202f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))

# Written where a date or a number would stand, and meaning nothing (NFKC, casefold).
MARKS = frozenset(
    ["", "-", "--", "---", "ー", "―", "—", "–", "−", "n/a", "#n/a", "(none)", "(blank)", "(null)", "****"]
)
NOTHING = MARKS | frozenset(
    ["na", "nan", "null", "none", "nil", "never", "never logged in", "なし", "無し", "未定", "(空白)"]
)


def trim(text: str) -> str:
    """Without the spaces around it."""
    return text.strip(SPACES)


def same(text: str) -> str:
    """How headers and words are compared: NFKC, case folded, spaces collapsed."""
    folded = unicodedata.normalize("NFKC", trim(text)).casefold()
    return re.sub(r"\s+", " ", folded).strip()


def plain(text: str) -> str:
    """A value as its meaning is read: trimmed, full-width forms as their plain ones."""
    return unicodedata.normalize("NFKC", trim(text)).strip(SPACES)
