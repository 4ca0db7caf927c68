"""Results remembered by workspace version and arguments; keys are text, never a frame."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd
import streamlit as st

from analysis.period import Period

if TYPE_CHECKING:
    from analysis.workspace import Workspace


def run(ws: "Workspace", metric: Callable[..., Any], args: tuple, kwargs: Mapping[str, Any]) -> pd.DataFrame:
    """`ws.run(metric, *args, **kwargs)`, computed once for each state of the workspace."""
    name = f"{metric.__module__}.{metric.__qualname__}"
    key = json.dumps([str(ws.layout.root), ws.version, name, args, dict(kwargs)], default=_plain, sort_keys=True)
    return _run(key, lambda: ws.run(metric, *args, **kwargs))


def keep(ws: "Workspace", name: str, of: Mapping[str, Any], compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """What `compute` makes out of answers of the workspace, made once for each state of it.

    Args:
        name: of what is made, unique.
        of: everything that it depends on besides the workspace.
    """
    key = json.dumps([str(ws.layout.root), ws.version, name, dict(of)], default=_plain, sort_keys=True)
    return _run(key, compute)


@st.cache_data(max_entries=256, max_size="200MB", show_spinner=False)
def _run(key: str, _compute: Callable[[], pd.DataFrame]) -> pd.DataFrame:  # noqa: ARG001 (the key is what it is remembered by)
    return _compute()


def _plain(value: Any) -> Any:
    """An argument as JSON that no other argument shares."""
    if isinstance(value, Period):
        return {"period": str(value)}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if hasattr(value, "to_json"):
        return {type(value).__name__: value.to_json()}
    if is_dataclass(value) and not isinstance(value, type):
        return {type(value).__name__: asdict(value)}
    if isinstance(value, set | frozenset):
        return {"set": sorted(value)}
    raise TypeError(f"cannot key a result by {type(value).__name__}")
