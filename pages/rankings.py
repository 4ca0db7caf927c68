"""Who carries our sales? Several rankings of the same customers, what the first of them hold, and the surprises."""

from dashboard import ranking_rfm, ranking_score, rankings, single_contacts
from dashboard.guard import open_page

page = open_page("rankings")
page.title("customer_rank")
with page.mistakes():
    answers = rankings.choose(page)
    rankings.compared(page, answers)
    edges = rankings.bands(page, answers)
    rankings.table(page, answers, edges)
    ranking_rfm.show(page, answers)
    ranking_score.show(page, answers)
    single_contacts.show(page, answers)
