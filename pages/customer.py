"""Who is this customer? What they buy, ask and have, where they stand, what happened, and what was noted."""

from dashboard import customer, customer_level, customer_memos, customer_merges
from dashboard.guard import open_page

page = open_page("customer")
page.title("customer_record")
with page.mistakes():
    answers, chosen = customer.choose(page)
    customer.who(page, answers, chosen)
    customer.numbers(page, answers, chosen)
    customer_level.show(page, answers, chosen)
    customer.timeline(page, answers, chosen)
    customer_memos.show(page, chosen, answers.merges)
    customer_merges.show(page)
