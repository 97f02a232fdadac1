"""The Collect Payment dialog while a terminal is at work, as a clerk sees it."""

from playwright.sync_api import Locator, expect

from .collect_page import CollectPage
from .site import Invoice


class TerminalPage:
    """The terminal's part of one tab."""

    def __init__(self, tab: CollectPage) -> None:
        self.tab = tab
        self.page = tab.page

    @property
    def widget(self) -> Locator:
        """The part of the dialog that shows the terminal."""
        return self.page.locator(".o_clover_terminal")

    @property
    def message(self) -> Locator:
        """The sentence about the payment."""
        return self.page.locator(".o_clover_terminal_message")

    @property
    def error(self) -> Locator:
        """Why nothing was sent."""
        return self.page.locator(".o_clover_terminal_error")

    @property
    def contact(self) -> Locator:
        """How the terminal is."""
        return self.page.locator(".o_clover_terminal_contact")

    @property
    def issues(self) -> Locator:
        """What the clerk has to look at."""
        return self.page.locator(".o_clover_terminal_issue")

    def open(self, invoice: Invoice) -> "TerminalPage":
        """Load the invoice and press *Collect Payment*."""
        self.tab.open_invoice(invoice)
        self.page.get_by_role("button", name="Collect Payment").click()
        self.expect_phase("ready")
        return self

    def resume(self, invoice: Invoice, phase: str = "waiting") -> "TerminalPage":
        """Load the invoice and press *Show Terminal Payment*; it is in this phase."""
        self.tab.open_invoice(invoice)
        self.page.get_by_role("button", name="Show Terminal Payment").click()
        self.expect_phase(phase)
        return self

    def send(self) -> None:
        """Press *Send to the terminal*."""
        self.page.locator(".o_clover_terminal_send").click()

    def cancel(self) -> None:
        """Press *Cancel Payment*."""
        self.page.locator(".o_clover_terminal_cancel").click()

    def expect_phase(self, phase: str, *, timeout: float = 30_000) -> None:
        """Wait until the payment is in this phase."""
        expect(self.widget).to_have_attribute("data-phase", phase, timeout=timeout)
