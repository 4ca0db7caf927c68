"""What gets chosen? Products by code or group: amounts, what customers begin with, what is next, what together."""

from dashboard import product_links, products
from dashboard.guard import open_page

page = open_page("products")
page.title("product_groups")
with page.mistakes():
    answers = products.choose(page)
    products.headline(page, answers)
    products.bought(page, answers)
    products.first(page, answers)
    product_links.following(page, answers)
    product_links.together(page, answers)
