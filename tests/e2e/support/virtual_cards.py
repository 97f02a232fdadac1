"""A company that pays its vendors with virtual cards: account, books, people, bills."""

from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page, expect

from .origins import wex_login
from .rpc import OdooUser
from .settings import SCREENSHOTS
from .site import Site
from .wex import Wex

APPROVAL_LIMIT = 500.0
CLERK = "fusion_wex.group_wex_user"
APPROVER = "fusion_wex.group_wex_approver"
VIEWER = "fusion_payment_common.group_fusion_card_viewer"


@dataclass(frozen=True)
class Bill:
    """A posted vendor bill."""

    id: int
    name: str


class CardCompany:
    """The site's company with an account in test state that talks to ``origin``."""

    def __init__(self, site: Site, origin: str) -> None:
        self.site = site
        self.wex = Wex(origin)
        self._admin = site.admin
        site.set_parameter("fusion_wex.sandbox_origin", origin)
        self.vendor_id = self._create(
            "res.partner", name="Hauling & Sons", email="ap@hauling.example"
        )
        issued = self._create(
            "account.account",
            code="215901",
            name="Virtual cards issued",
            account_type="liability_current",
            reconcile=True,
        )
        journal = self._create("account.journal", name="WEX", code="WEXC", type="bank")
        self.account_id = self._create(
            "wex.account",
            name="WEX of the tests",
            sequence=1,  # before the one of the demo data: it is the one that is proposed
            state="test",
            **wex_login(),
            journal_id=journal,
            outstanding_account_id=issued,
            approval_limit=APPROVAL_LIMIT,
            max_uses=0,
        )

    def person(self, name: str, *groups: str) -> OdooUser:
        """Somebody with exactly these groups, logged in."""
        wanted = [self._admin.ref(group) for group in groups]
        return self.site.clerk(name, group_ids=[[6, 0, wanted]])

    def bill(self, amount: float) -> Bill:
        """A new posted bill of the vendor."""
        line = {"name": "Haulage", "quantity": 1, "price_unit": amount, "tax_ids": [[5]]}
        bill_id = self._create(
            "account.move",
            move_type="in_invoice",
            partner_id=self.vendor_id,
            invoice_date="2026-01-15",
            invoice_line_ids=[[0, 0, line]],
        )
        self._admin.call("account.move", "write", [bill_id], {"ref": f"INV-{bill_id}"})
        self._admin.call("account.move", "action_post", [bill_id])
        return Bill(bill_id, self._admin.read("account.move", bill_id, "name")["name"])

    def request_of(self, bill: Bill) -> dict[str, Any]:
        """The newest card request of a bill."""
        names = ["name", "state", "reference", "card_id", "message"]
        found = self._admin.call(
            "wex.card.request",
            "search_read",
            [["move_ids", "in", [bill.id]]],
            names,
            order="id desc",
            limit=1,
        )
        return found[0] if found else {"state": None}

    def card_of(self, bill: Bill) -> dict[str, Any]:
        """The card of the newest request of a bill."""
        card_id = self.request_of(bill)["card_id"][0]
        names = ("state", "wex_id", "last4", "amount")
        names += ("amount_posted", "amount_released", "amount_open")
        return {"id": card_id, **self._admin.read("wex.virtual.card", card_id, *names)}

    def issues(self, bill: Bill) -> list[int]:
        """Amounts of the cards that the simulator made for a bill's requests, in cents."""
        references = self._admin.call(
            "wex.card.request", "search_read", [["move_ids", "in", [bill.id]]], ["reference"]
        )
        ours = {row["reference"] for row in references}
        return [
            effect["amount"]
            for effect in self.wex.issued()
            if effect["reference"] in ours
        ]

    def _create(self, model: str, **values: Any) -> int:
        return self._admin.call(model, "create", values)


class CardPage:
    """One tab of somebody who works with bills and cards."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self._url = url

    def open(self, model: str, record_id: int) -> "CardPage":
        """Load the form of a record."""
        self.page.goto(f"{self._url}/odoo/{model}/{record_id}")
        expect(self.page.locator(".o_form_view .o_form_sheet").first).to_be_visible(timeout=30_000)
        return self

    @property
    def state(self) -> Locator:
        """The present state in the bar of states."""
        return self.page.locator(".o_statusbar_status .o_arrow_button_current:visible").first

    def open_action(self, xml_id: str, view: str = "") -> "CardPage":
        """Load the page of an action, in one of its views."""
        suffix = f"?view_type={view}" if view else ""
        self.page.goto(f"{self._url}/odoo/action-{xml_id}{suffix}")
        expect(self.page.locator(".o_action_manager .o_content")).to_be_visible(timeout=30_000)
        return self

    def press(self, name: str) -> "CardPage":
        """Press the button of a method."""
        self.page.locator(f"button[name={name}]:visible").first.click()
        return self

    def confirm(self) -> None:
        """Answer Odoo's question with its first button."""
        self.page.locator(".modal-footer .btn-primary:visible").first.click()

    def field(self, name: str) -> Locator:
        """A field of the form."""
        return self.page.locator(f".o_field_widget[name={name}]:visible").first

    @property
    def dialog(self) -> Locator:
        """The open dialog."""
        return self.page.locator(".modal:visible").last

    def picture(self, name: str) -> None:
        """Keep what is on the screen, to be looked at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=str(SCREENSHOTS / f"{name}.png"))
