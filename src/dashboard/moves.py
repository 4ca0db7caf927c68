"""Who began and who stopped since the period before: counts of the same people, each with its list."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import figures

if TYPE_CHECKING:
    from dashboard.page import Page

SHOWN = ("began", "stopped", "joined", "left")
_OF_THEM = {"joined": "joined_active", "left": "left_active"}


def show(page: "Page", found: Mapping[str, Any], opens: Callable[[str], None]) -> None:
    """Four counts, and the sum that leads from the active users before to those now."""
    with st.grid(4, min_column_width=150, key="movement"):
        for move in SHOWN:
            with st.container(gap=None):
                st.metric(page.t(f"people.{move}"), figures.counted(found[move], page.lang))
                active = _OF_THEM.get(move)
                st.caption(page.t(f"active_rate.move_{move}", n=int(found[active]) if active else 0))
                if found[move] and st.button(
                    page.t("active_rate.open"), key=f"open_{move}", type="tertiary", icon=":material/list:"
                ):
                    opens(move)
    fields = {
        name: int(found[name]) for name in ("active_before", "active_users", "began", "stopped", *_OF_THEM.values())
    }
    st.caption(page.t("active_rate.move_equation", **fields))
