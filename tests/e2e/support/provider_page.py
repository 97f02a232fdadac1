"""The Clover provider's form, as an administrator sees it."""

from playwright.sync_api import Locator, Page, expect

from .settings import SCREENSHOTS
from .site import Site


class ProviderPage:
    """One tab; what it waits for is always a state."""

    def __init__(self, page: Page, site: Site) -> None:
        self.page = page
        self.site = site

    def open(self) -> "ProviderPage":
        """Load the form."""
        self.page.goto(f"{self.site.url}/odoo/payment.provider/{self.site.provider_id}")
        expect(self.status("connection")).to_be_visible(timeout=30_000)
        return self

    def status(self, block: str) -> Locator:
        """What a block says about itself."""
        return self.page.locator(f".o_field_widget[name=clover_status_{block}]")

    def alert(self, text: str) -> Locator:
        """A banner on top of the form that contains this text."""
        return self.page.locator(".alert:visible", has_text=text)

    def button(self, label: str) -> Locator:
        """A visible button by its exact label; there may be one in a banner and one in a block."""
        return self.page.locator(".o_form_view").get_by_role("button", name=label, exact=True)

    def enter(self, name: str, value: str) -> None:
        """Type into a field."""
        self.page.locator(f".o_field_widget[name={name}] input").fill(value)

    def save(self) -> None:
        """Save the form."""
        self.page.locator(".o_form_button_save").click()

    def picture(self, name: str) -> None:
        """Keep what can be seen, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"), full_page=True)
