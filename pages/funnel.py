"""Where do they drop off? Steps in order: who reached each, may still come, or ran out of time; and the times."""

from dashboard import funnel, funnel_choices, funnel_parts, funnel_sides
from dashboard.guard import open_page

page = open_page("funnel")
page.title(funnel_choices.meaning(page))
with page.mistakes():
    answers = funnel_choices.choose(page)
    if funnel.headline(page, answers):
        funnel.bars(page, answers)
        funnel.table(page, answers)
        funnel_parts.by_value(page, answers)
        funnel_sides.show(page, answers)
