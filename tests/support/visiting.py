"""What a visitor does on the import page, for tests that drive a browser."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import settled


def choose(page: Page, label: str, option: re.Pattern[str]) -> None:
    """Sets a select box of the open file, if it is not set so already."""
    field = page.locator(".st-key-open_file").get_by_role("combobox", name=label, exact=True)
    expect(field).to_be_visible()
    settled(page)  # a run that is still going on would close the list
    if option.match(field.input_value()):
        return
    field.click()
    if field.get_attribute("aria-expanded") != "true":  # the first click only closed another list
        field.click()
    page.get_by_role("option", name=option).click()
    expect(field).to_have_value(option)
    settled(page)
