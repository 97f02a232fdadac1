"""What the browser shows when a test fails: what an assertion says of one element is rarely all."""

import re

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from .settings import SCREENSHOTS

#: Milliseconds to ask a page that may hang.
_PATIENCE = 5_000
#: Characters of a page that are told.
_ENOUGH = 3_000


def _describe(page: Page, picture: str) -> str:
    try:
        seen = page.locator("body").aria_snapshot(timeout=_PATIENCE)
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(SCREENSHOTS / picture), timeout=_PATIENCE)
    except PlaywrightError as error:
        return f"{page.url}\n(cannot be read: {error.message.splitlines()[0]})"
    # What is open above the page comes last in it, and matters most.
    return f"{page.url} ({picture})\n{seen[-_ENOUGH:]}"


def describe_screens(browser: Browser, test: str) -> list[str]:
    """Say what every open page shows, and keep a picture of it.

    :param test: the name of the test that failed
    :return: one text a page, with its address
    """
    name = re.sub(r"\W+", "-", test).strip("-")
    pages = [page for context in browser.contexts for page in context.pages]
    return [_describe(page, f"failed-{name}-{n}.png") for n, page in enumerate(pages, 1)]
