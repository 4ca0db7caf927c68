"""Tables without names: personal columns go, ids that are mail addresses become short stable codes."""

import re
import secrets
from collections.abc import Iterable
from hashlib import blake2s
from typing import TYPE_CHECKING

import pandas as pd

from analysis.tables import KINDS, NAMES

if TYPE_CHECKING:
    from analysis.workspace import Workspace

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_SALT = "mask_salt"
_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I and O, which readers mistake


def personal(ws: "Workspace", kinds: Iterable[str]) -> set[str]:
    """Columns of `kinds` that hold names, mail addresses or phone numbers."""
    return {column for kind in kinds for column in ws.personal(kind)}


def mask(frame: pd.DataFrame, ws: "Workspace", kinds: Iterable[str]) -> pd.DataFrame:
    """`frame` without personal columns; whatever looks like a mail address becomes a code."""
    roles = {role for kind in KINDS.values() for role in kind.roles}
    hidden = (personal(ws, kinds) - roles) | NAMES
    kept = frame.drop(columns=[c for c in frame.columns if c in hidden])
    salt = _salt(ws)
    return kept.assign(**{c: _coded(kept[c], salt) for c in kept.columns if _is_text(kept[c])})


def _is_text(column: pd.Series) -> bool:
    return pd.api.types.is_string_dtype(column) or column.dtype == object


def _coded(column: pd.Series, salt: bytes) -> pd.Series:
    codes = {v: code(v, salt) for v in column.dropna().unique() if isinstance(v, str) and "@" in v}
    return column.replace(codes) if codes else column


def code(value: str, salt: bytes) -> str:
    """`value` with each mail address in it replaced by the code that always stands for it."""
    return _MAIL.sub(lambda found: _short(found[0], salt), value)


def _short(mail: str, salt: bytes) -> str:
    number = int.from_bytes(blake2s(mail.casefold().encode(), key=salt, digest_size=5).digest(), "big")
    return "ID-" + "".join(_ALPHABET[(number >> 5 * i) % 32] for i in range(8))


def _salt(ws: "Workspace") -> bytes:
    """A secret of this workspace: without it a code could be found by trying addresses."""
    salt = ws.setting(_SALT)
    if not salt:
        salt = secrets.token_hex(16)
        ws.set_setting(_SALT, salt)
    return bytes.fromhex(str(salt))
