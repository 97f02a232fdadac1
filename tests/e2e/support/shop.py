"""The portal as its customers find it: invoices to pay, browsers to pay them with."""

from dataclasses import dataclass, field

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage

from .portal_page import PortalPage
from .rpc import OdooUser
from .site import Invoice, Site

LAPTOP = {"viewport": {"width": 1280, "height": 860}}
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}


@dataclass
class Shop:
    """The site with its portal open for business, and browsers to visit it with."""

    site: Site
    browser: Browser
    customer: OdooUser
    partner_id: int
    guest_id: int
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def invoice(self, cents: int, *, with_account: bool = False) -> Invoice:
        """A posted invoice of the customer's, or of somebody who has no account."""
        admin = self.site.admin
        line = {"name": "Task chair", "quantity": 1, "price_unit": cents / 100, "tax_ids": [[5]]}
        values = {
            "move_type": "out_invoice",
            "partner_id": self.partner_id if with_account else self.guest_id,
            "invoice_line_ids": [[0, 0, line]],
        }
        move_id = admin.call("account.move", "create", values)
        admin.call("account.move", "action_post", [move_id])
        return Invoice(move_id, str(move_id), cents)

    def path(self, invoice: Invoice) -> str:
        """The invoice's page, as a link that needs no login."""
        return self.site.admin.call("account.move", "get_portal_url", [invoice.id])

    def device(self, kind: dict, *, logged_in: bool = False) -> BrowserContext:
        """A browser of its own."""
        context = self.browser.new_context(**kind)
        if logged_in:
            cookie = self.customer.session_cookie
            context.add_cookies(
                [{"name": "session_id", "value": cookie, "url": self.site.url}]
            )
        self.contexts.append(context)
        return context

    def _hear(self, line: ConsoleMessage) -> None:
        if line.type == "error" and "status of" not in line.text:
            self.complaints.append(line.text)

    def tab(self, context: BrowserContext) -> PortalPage:
        """A tab in that browser."""
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._hear)
        return PortalPage(page, self.site.url)
