"""Text from a file is text: nothing in it may be read as Markdown or HTML."""

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BLANKS = re.compile(r"\s+")
# Streamlit turns arrows and its own logo's name into pictures even where they are escaped;
# a word joiner in between breaks both without being seen.
_JOINER = "\u2060"
_DRAWN = ("\\-\\>", "\\<\\-", "\\-\\-", "\\=\\>", "\\:streamlit\\:")


def md(text: object) -> str:
    """`text` as Markdown that shows it literally, on one line."""
    line = _PUNCTUATION.sub(r"\\\1", _BLANKS.sub(" ", str(text)).strip())
    for drawn in _DRAWN:
        line = line.replace(drawn, drawn[:2] + _JOINER + drawn[2:])
    return line
