"""The one place where a name from a file becomes an identifier of SQL."""

import unicodedata


def quote(name: str) -> str:
    """`name` as a quoted identifier, whatever it holds."""
    return '"' + name.replace('"', '""') + '"'


def fold(name: str) -> str:
    """What two headers must share to be one column: width and case do not tell them apart."""
    return unicodedata.normalize("NFKC", name).casefold()
