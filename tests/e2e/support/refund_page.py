"""The Refund dialog, as somebody who may give money back sees it."""

from playwright.sync_api import Locator, expect

from .collect_page import CollectPage
from .site import Invoice


class RefundPage:
    """The refund's part of one tab."""

    def __init__(self, tab: CollectPage) -> None:
        self.tab = tab
        self.page = tab.page

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.locator(".modal:has([name=transaction_id])")

    @property
    def what_happens(self) -> Locator:
        """The sentence about what will happen to the money."""
        return self.dialog.locator("[name=what_happens]:visible")

    @property
    def closed_ways(self) -> Locator:
        """Why the other ways are closed."""
        return self.dialog.locator("[name=closed_ways]")

    @property
    def message(self) -> Locator:
        """The sentence about a refund at the terminal."""
        return self.dialog.locator(".o_clover_terminal_message")

    @property
    def send_button(self) -> Locator:
        """*Refund* of the dialog."""
        return self.dialog.locator("button[name=action_refund]")

    def credit(self, invoice: Invoice) -> None:
        """Make and post the credit note of an invoice, as its *Refund* button leads to it."""
        page = self.tab.open_invoice(invoice).page
        page.locator("button[name=action_clover_refund]").click()
        page.locator("button[name=action_post]:visible").first.click()
        expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_contain_text(
            "Posted"
        )

    def open(self) -> "RefundPage":
        """Press *Refund* on the document that is shown."""
        self.page.locator("button[name=action_clover_refund]:visible").click()
        expect(self.dialog).to_be_visible()
        return self

    def enter_amount(self, amount: str) -> None:
        """Change the amount to refund."""
        self._enter("amount", amount)

    def enter_reason(self, reason: str) -> None:
        """Say why money goes to another card."""
        self._enter("approval_note", reason)

    def expect_phase(self, phase: str, *, timeout: float = 30_000) -> None:
        """Wait until the refund at the terminal is in this phase."""
        expect(self.dialog.locator(".o_clover_terminal")).to_have_attribute(
            "data-phase", phase, timeout=timeout
        )

    def _enter(self, name: str, text: str) -> None:
        box = self.dialog.locator(f"[name={name}] input")
        box.fill(text)
        box.press("Tab")
