"""Home: a welcome while nothing is there, the state of things afterwards."""

from dashboard import status, welcome
from dashboard.page import Page


def show(page: Page) -> None:
    """Progress of the sample, or the welcome, or the status."""
    if welcome.running(page):
        return
    imports = [each for each in page.ws.imports() if each.active]
    if imports:
        status.show(page, imports)
    else:
        welcome.show(page)
