"""How far along? Stages with goals, where each area stands, who rose and fell, and whom to turn to next."""

from dashboard import lifecycles, stage_flow, stages
from dashboard.guard import open_page

page = open_page("stages")
page.title("stage_rate")
with page.mistakes():
    answers = stages.choose(page)
    stages.bars(page, answers)
    stages.verdicts(page, answers)
    stage_flow.movement(page, answers)
    stages.to_do(page, answers)
    lifecycles.show(page, answers)
