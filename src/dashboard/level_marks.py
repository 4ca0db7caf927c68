"""What those who know the customers say of them: marks with author and time, kept in the workspace."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dashboard import guard

if TYPE_CHECKING:
    from analysis.workspace import Workspace

SETTING = "level_marks"  # who the customers are -> what is marked -> customer -> mark, who, at


def kept(ws: "Workspace", kind: str, state: str | None) -> dict[str, dict[str, Any]]:
    """Customer -> `mark`, `who`, `at`, in the order in which they were marked.

    Args:
        ws: the workspace.
        kind: the table that says who the customers are.
        state: by its name, marked by 1 or 0; None: the level, marked by its name, 0 below the first.
    """
    return dict(dict(dict(ws.setting(SETTING, {}) or {}).get(kind, {})).get(_key(state), {}))


def keep(ws: "Workspace", kind: str, state: str | None, marks: Mapping[str, Any]) -> None:
    """Keeps these marks in place of those before; who marked a customer alike before stays its author."""
    before = kept(ws, kind, state)
    signed = {"who": guard.who(), "at": f"{datetime.now():%Y-%m-%d %H:%M}"}
    new = {
        customer: before[customer] if before.get(customer, {}).get("mark") == mark else {"mark": mark, **signed}
        for customer, mark in marks.items()
        if mark is not None
    }
    every = dict(ws.setting(SETTING, {}) or {})
    ws.set_setting(SETTING, every | {kind: {**every.get(kind, {}), _key(state): new}})


def _key(state: str | None) -> str:
    return "level" if state is None else f"state {state}"
