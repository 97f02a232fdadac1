"""An invoice's page as the customer sees it, and Odoo's payment form with Clover's fields in it."""

import re
from collections.abc import Callable

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect

from . import card_fields
from .settings import SCREENSHOTS

_LEAVES = re.compile(r"/payment/status|/my/invoices/|/my/payment_method|/payment/confirmation")
_BEATEN = re.compile(r"interrupted by another navigation|ERR_ABORTED")

#: How often somebody goes where the page does not let them go.
_INSISTENCE = 3


class PortalPage:
    """One tab of a customer. Milliseconds, as in Playwright."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    # --- where one is ---

    def open(self, path: str) -> "PortalPage":
        """Load a page of the portal."""
        self.page.goto(self._url + path)
        return self

    def open_form(self, path: str) -> "PortalPage":
        """Load an invoice's page with its payment form open, card fields and all."""
        self.open(f"{path}&payment=True#portal_pay")
        expect(self.form).to_be_visible(timeout=8_000)
        return self.expect_fields()

    def insist(self, navigate: Callable[[], object]) -> "PortalPage":
        """Go somewhere although the page may be on its way elsewhere by itself at this moment.

        :param navigate: how; done again while the page is faster.
        """
        for _again in range(_INSISTENCE):
            if self._has_gone(navigate):
                break
        return self

    def go_back(self) -> "PortalPage":
        """Press the browser's *Back*; a page that comes back may load itself anew."""
        self._has_gone(self.page.go_back)
        return self

    def _has_gone(self, navigate: Callable[[], object]) -> bool:
        """Whether that worked: the page has not gone elsewhere by itself meanwhile."""
        try:
            navigate()
        except PlaywrightError as error:
            if not _BEATEN.search(str(error)):
                raise
            self.page.wait_for_load_state()
            return False
        return True

    def expect_fields(self) -> "PortalPage":
        """Wait until a card can be typed."""
        expect(self.form).to_have_attribute("data-clover-ready", "1", timeout=30_000)
        expect(self.pay_button).to_be_enabled()
        return self

    @property
    def form(self) -> Locator:
        """Clover's part of the payment form."""
        return self.page.locator("[name=o_clover_form]:visible")

    @property
    def pay_button(self) -> Locator:
        """*Pay*, or *Save* where there is nothing to pay."""
        return self.page.locator("button[name=o_payment_submit_button]:visible")

    @property
    def message(self) -> Locator:
        """What the form says above the fields."""
        return self.page.locator("[name=o_clover_message]:visible")

    @property
    def status(self) -> Locator:
        """What the status or landing page says about the payment."""
        return self.page.locator("[name=o_payment_status_alert]")

    # --- doing ---

    def enter_card(self, number: str, *, cvv: str = "123") -> "PortalPage":
        """Type a card into Clover's frames."""
        card_fields.enter_card(self.page, number, cvv)
        return self

    def consent(self) -> "PortalPage":
        """Ask for the card to be saved."""
        self.page.locator("[name=o_payment_tokenize_checkbox]:visible").check()
        return self

    def pay(self) -> None:
        """Press *Pay*."""
        self.pay_button.click()

    def pay_if_possible(self) -> bool:
        """Press *Pay* if that can be done right now; what is under way may prevent it."""
        try:
            self.pay_button.click(timeout=1_000)
        except PlaywrightError:
            return False
        return True

    def expect_to_leave(self) -> None:
        """Wait until the form has led somewhere else."""
        self.page.wait_for_url(lambda url: "payment=True" not in url, timeout=30_000)
        assert _LEAVES.search(self.page.url), self.page.url

    def expect_landing(self, path: str) -> None:
        """Wait until the status page has led back to the document."""
        start = path.partition("?")[0]
        self.page.wait_for_url(
            lambda url: start in url and "payment=True" not in url, timeout=30_000
        )

    def is_at_rest(self) -> bool:
        """Whether the page waits for nothing: it is the document's, or it says something."""
        try:
            # Asked of the page itself: Playwright knows no more than at the last question.
            url = self.page.evaluate("() => window.location.href")
            idle = self.page.locator("button[name=o_payment_submit_button]:enabled").count()
            says = self.message.count()
        except PlaywrightError:
            return False  # on its way at this very moment
        return "/payment/status" not in url and bool("payment=True" not in url or idle or says)

    def picture(self, name: str, *, full: bool = False) -> None:
        """Keep what is on the screen, to be looked at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"portal-{name}.png"), full_page=full)
