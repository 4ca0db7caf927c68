"""Where does work wait? Cases in each step, whose turn it is, how long a step takes, and what is in no average."""

from dashboard import process, process_parts
from dashboard.guard import open_page

page = open_page("process")
page.title("process")
with page.mistakes():
    answers = process.choose(page)
    process.headline(page, answers)
    process.steps(page, answers)
    process.waiting(page, answers)
    process_parts.show(page, answers)
    process.notes(page, answers)
