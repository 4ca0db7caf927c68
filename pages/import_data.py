"""Import: a file, what was found in it, which column is what, what was refused, and the history."""

from dashboard import bringing, history, keeping, rosters
from dashboard.guard import open_page

page = open_page("import_data")
page.heading(page.t("data.title"), page.t("data.sentence"))
bringing.show(page)
history.show(page)
rosters.show(page)
keeping.show(page)
