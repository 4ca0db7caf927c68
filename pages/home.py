"""Home: try the sample or bring your own data; later, what is loaded and where to go."""

from dashboard import home
from dashboard.guard import open_page

page = open_page("home")
home.show(page)
