"""Erase: one import or everything, and what went."""

from dashboard import erasing
from dashboard.guard import open_page

page = open_page("erase_data")
page.heading(page.t("data.erase_title"), page.t("data.erase_sentence"))
erasing.show(page)
