"""Are deals moving? What is open, how far deals come, which stall, how often they are won, and why they are lost."""

from dashboard import pipeline, pipeline_aims, pipeline_wins
from dashboard.guard import open_page

page = open_page("pipeline")
page.title("pipeline")
with page.mistakes():
    answers = pipeline.choose(page)
    pipeline.headline(page, answers)
    pipeline.phases(page, answers)
    pipeline.stalled(page, answers)
    pipeline.ages(page, answers)
    pipeline_wins.rates(page, answers)
    pipeline_wins.reasons(page, answers)
    pipeline_aims.show(page, answers)
