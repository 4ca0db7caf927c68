"""Is it used? The active rate: number, change, trend, pivot, and the people behind each of them."""

import streamlit as st

from dashboard import active
from dashboard.guard import open_page

page = open_page("active_rate")
page.title("active_rate")
with page.mistakes():
    answers = active.choose(page)
    numbers, change, trend, table = (st.container() for _ in range(4))
    with numbers:
        active.headline(page, answers)
    with trend:
        active.trend(page, answers)
    with table:
        active.pivot(page, answers)
    with change:  # the dearest question comes last, so that nothing waits for it
        active.movement(page, answers)
