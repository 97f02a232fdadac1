"""Money goes back at a terminal: with the card that paid, or with a Manager's word to another."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.support.languages import install
from tests.e2e.support.refund_page import RefundPage
from tests.e2e.support.rpc import OdooUser
from tests.e2e.support.terminal import Terminals
from tests.e2e.support.waiting import wait_until

BILLING = "account.group_account_invoice"
INTERAC = "INTERAC"


@pytest.fixture(scope="module")
def terminals(site) -> Iterator[Terminals]:
    found = Terminals(site)
    found.sync()
    yield found
    ids = site.admin.call("clover.terminal", "search", [])
    site.admin.call("clover.terminal", "write", ids, {"active": False})


@pytest.fixture
def flex(terminals) -> Iterator[str]:
    serial = terminals.default
    terminals.tell(serial, "approve")
    yield serial
    terminals.tell(serial, "cancel")
    wait_until(lambda: terminals.shows(serial) is None, "nothing is left on the screen")


@pytest.fixture(scope="module")
def ruth(site) -> OdooUser:
    """A Refunder who may write credit notes."""
    return _somebody(site, "Ruth Refunder", "group_fusion_refunder")


@pytest.fixture(scope="module")
def maria(site) -> OdooUser:
    """A Manager who may write credit notes."""
    return _somebody(site, "Maria Manager", "group_fusion_manager")


@pytest.fixture
def desk(new_tab, ruth) -> RefundPage:
    """A tab of the Refunder's."""
    return RefundPage(new_tab(ruth))


def _somebody(site, name: str, group: str, **values) -> OdooUser:
    groups = [site.admin.ref(f"fusion_payment_common.{group}"), site.admin.ref(BILLING)]
    return site.clerk(name, group_ids=[[6, 0, groups]], **values)


def _paid(site, books, terminals, serial: str, clerk: OdooUser, cents: int, card: str):
    """An invoice that was paid at the terminal, and its transaction."""
    terminals.tell(serial, "approve", card=card)
    invoice = site.invoice(cents)
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice.id])
    clerk.call(action["res_model"], "clover_send_to_terminal", [action["res_id"]])
    wait_until(lambda: books.is_settled(invoice), "the payment is booked", 60)
    charge = books.assert_collected_once(invoice)
    if card == INTERAC and charge["clover_card_brand"] != INTERAC:
        terminals.clover.cannot("its terminals are not told which card is presented")
    return invoice, charge


def _make_old(terminals, charge: dict, days: int) -> None:
    asked = {"payment": charge["provider_reference"], "days": days}
    terminals.clover.private("POST", "dashboard/date", asked)


def _given_back(site, since: int) -> list[tuple[str, int]]:
    """What moved at Clover after so many effects."""
    return [(row["kind"], row["amount"]) for row in site.clover.ledger()[since:]]


def test_an_interac_card_is_presented_and_gets_its_money(
    site, books, terminals, flex, claire, desk
):
    invoice, _charge = _paid(site, books, terminals, flex, claire, 10000, INTERAC)
    before = len(site.clover.ledger())
    desk.credit(invoice)
    desk.open()
    expect(desk.what_happens).to_contain_text("taken back at the terminal")
    desk.tab.picture("refund-terminal-1-void")
    desk.enter_amount("40.00")
    expect(desk.what_happens).to_contain_text("presents it at the terminal")
    expect(desk.closed_ways).to_contain_text("Void on a terminal: Only a whole payment")
    expect(desk.closed_ways).to_contain_text("Refund: The network of this card")
    desk.tab.picture("refund-terminal-2-part")
    terminals.tell(flex, "silent")
    desk.send_button.dblclick()
    wait_until(lambda: terminals.shows(flex), "the refund is on the terminal")
    desk.expect_phase("waiting")
    expect(desk.message).to_contain_text("present the card")
    expect(desk.send_button).to_have_count(0)
    desk.tab.picture("refund-terminal-3-waiting")
    # Closed and opened again, the same refund is shown.
    desk.page.reload()
    desk.open().expect_phase("waiting")
    assert _given_back(site, before) == []
    terminals.tell(flex, "approve", card=INTERAC)
    desk.expect_phase("approved")
    expect(desk.message).to_contain_text("40.00")
    desk.tab.picture("refund-terminal-4-given-back")
    assert _given_back(site, before) == [("refund", 4000)]
    (note,) = site.admin.call(
        "account.move", "search_read",
        [["reversed_entry_id", "=", invoice.id]], ["amount_residual"],
    )  # fmt: skip
    assert note["amount_residual"] == 60.0


def test_a_refund_on_the_terminal_is_cancelled_by_the_clerk(
    site, books, terminals, flex, claire, desk
):
    invoice, _charge = _paid(site, books, terminals, flex, claire, 5000, INTERAC)
    before = len(site.clover.ledger())
    desk.credit(invoice)
    desk.open().enter_amount("20.00")
    expect(desk.what_happens).to_contain_text("presents it at the terminal")
    terminals.tell(flex, "silent")
    desk.send_button.click()
    wait_until(lambda: terminals.shows(flex), "the refund is on the terminal")
    desk.expect_phase("waiting")
    desk.dialog.locator(".o_clover_terminal_cancel").click()
    desk.expect_phase("cancelled")
    expect(desk.message).to_contain_text("Nothing was given back")
    desk.tab.picture("refund-terminal-5-cancelled")
    assert _given_back(site, before) == []


def test_a_credit_is_approved_by_a_manager_with_a_reason(
    site, books, terminals, flex, claire, desk, new_tab, maria
):
    invoice, charge = _paid(site, books, terminals, flex, claire, 7700, "4242424242424242")
    _make_old(terminals, charge, 200)
    before = len(site.clover.ledger())
    desk.credit(invoice)
    url = desk.page.url
    desk.open()
    expect(desk.what_happens).to_contain_text("a Manager has to approve it")
    expect(desk.closed_ways).to_contain_text("Refund: The payment is 200 days old")
    desk.enter_reason("Card was replaced")
    desk.tab.picture("credit-1-refunder")
    desk.send_button.click()
    expect(desk.page.locator(".o_error_dialog, .o_notification, .modal").last).to_contain_text(
        "Only a Manager"
    )
    desk.tab.picture("credit-2-refused")
    assert _given_back(site, before) == []

    office = RefundPage(new_tab(maria))
    office.page.goto(url)
    office.open()
    office.enter_reason("Card was replaced")
    office.tab.picture("credit-3-manager")
    terminals.tell(flex, "silent")
    office.send_button.click()
    wait_until(lambda: terminals.shows(flex), "the credit is on the terminal")
    office.expect_phase("waiting")
    office.tab.picture("credit-4-waiting")
    terminals.tell(flex, "approve")
    office.expect_phase("approved")
    office.tab.picture("credit-5-given")
    assert _given_back(site, before) == [("credit", 7700)]
    office.page.goto(url)
    expect(office.tab.chatter("Card was replaced")).to_have_count(1)
    expect(office.page.locator("button[name=action_clover_refund]:visible")).to_have_count(0)


def test_a_credit_is_explained_in_french(site, books, terminals, flex, claire, new_tab):
    install(site.admin, "fr_CA")
    mireille = _somebody(site, "Mireille Morin", "group_fusion_manager", lang="fr_CA")
    _invoice, charge = _paid(site, books, terminals, flex, claire, 6600, "4242424242424242")
    _make_old(terminals, charge, 200)
    office = RefundPage(new_tab(mireille))
    office.page.goto(f"{site.url}/odoo/payment.transaction/{charge['id']}")
    office.open()
    expect(office.closed_ways).to_contain_text("200 jours")
    office.tab.picture("fr-credit-dialog")
