"""The invoice and its Collect Payment dialog, as a clerk sees them."""

from playwright.sync_api import Locator, Page, expect

from . import card_fields
from .settings import SCREENSHOTS
from .site import Invoice


class CollectPage:
    """One tab. Milliseconds here, as in Playwright; what it waits for is always a state."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    # --- the invoice ---

    def open_invoice(self, invoice: Invoice) -> "CollectPage":
        """Load the invoice's form."""
        self.page.goto(f"{self._url}/odoo/account.move/{invoice.id}")
        expect(self.page.locator(".o_form_view .o_form_statusbar")).to_be_visible(timeout=30_000)
        return self

    @property
    def collect_button(self) -> Locator:
        """*Collect Payment* on the invoice."""
        return self.page.locator("button[name=action_clover_collect_payment]")

    @property
    def notice(self) -> Locator:
        """What the invoice says about a payment under way."""
        return self.page.locator(".o_fusion_payment_notice")

    @property
    def ribbon(self) -> Locator:
        """The corner of the invoice that says that it is paid."""
        return self.page.locator(".o_widget_web_ribbon .ribbon span")

    def chatter(self, text: str) -> Locator:
        """The messages below the invoice that contain this text."""
        return self.page.locator(".o-mail-Message", has_text=text)

    # --- the dialog ---

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.locator(".modal:has(.o_clover_collect)")

    @property
    def message(self) -> Locator:
        """The sentence that the dialog shows."""
        return self.page.locator(".o_clover_message")

    @property
    def charge_button(self) -> Locator:
        """*Charge* with the amount."""
        return self.page.locator(".o_clover_charge")

    def open_dialog(self) -> "CollectPage":
        """Press *Collect Payment* and wait for the card fields."""
        self.collect_button.click()
        self.expect_phase("ready")
        return self

    def expect_phase(self, phase: str, *, timeout: float = 30_000) -> None:
        """Wait until the dialog is in this phase."""
        expect(self.page.locator(".o_clover_collect")).to_have_attribute(
            "data-phase", phase, timeout=timeout
        )

    def is_in_phase(self, phase: str) -> bool:
        """Whether the dialog is in this phase right now."""
        return self.page.locator(f".o_clover_collect[data-phase={phase}]").count() > 0

    def enter_card(self, number: str, *, cvv: str = "123") -> "CollectPage":
        """Type a card into Clover's frames."""
        card_fields.enter_card(self.page, number, cvv)
        return self

    def enter_amount(self, amount: str) -> "CollectPage":
        """Change the amount to collect."""
        box = self.dialog.locator("[name=amount] input")
        box.fill(amount)
        box.press("Tab")
        return self

    def charge(self) -> None:
        """Press *Charge*."""
        self.charge_button.click()

    def close_dialog(self) -> None:
        """Press *Close*."""
        self.dialog.get_by_role("button", name="Close").last.click()
        expect(self.page.locator(".modal")).to_have_count(0)

    def picture(self, name: str) -> None:
        """Keep what is on the screen, to be looked at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))
