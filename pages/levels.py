"""Are they getting value? Levels made of states: how many stand where, who lacks what, and what goes with renewal."""

from dashboard import level_check, level_grid, level_outcome, levels
from dashboard.guard import open_page

page = open_page("levels")
page.title("level")
with page.mistakes():
    answers = levels.choose(page)
    levels.headline(page, answers)
    levels.distribution(page, answers)
    levels.movement(page, answers)
    level_grid.states(page, answers)
    level_grid.grid(page, answers)
    level_outcome.show(page, answers)
    level_check.show(page, answers)
