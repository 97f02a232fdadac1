"""A surcharge is seen before the card is charged, by clerks and by customers, and booked apart."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.support.clover import MASTERCARD, VISA
from tests.e2e.support.portal_page import PortalPage
from tests.e2e.support.surcharging import surcharging


@pytest.fixture(scope="module", autouse=True)
def _surcharging(site) -> Iterator[None]:
    provider = {"is_published": True}
    site.admin.call("payment.provider", "write", [site.provider_id], provider)
    with surcharging(site):
        yield


@pytest.fixture
def customer(browser, site) -> Iterator[PortalPage]:
    """Somebody with a link to an invoice."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page: Page = context.new_page()
    page.set_default_timeout(30_000)
    yield PortalPage(page, site.url)
    context.close()


def _assert_charged(books, invoice, cents: int, surcharge: int) -> None:
    """One charge of the amount and the surcharge; the invoice is paid by its own total."""
    (effect,) = books.effects(invoice)
    assert (effect["kind"], effect["amount"]) == ("charge", cents + surcharge)
    (transaction,) = [row for row in books.transactions(invoice) if row["state"] == "done"]
    assert transaction["cents"] == cents
    assert transaction["payment_cents"] == cents + surcharge
    assert transaction["is_reconciled"]
    assert books.move(invoice) == {"payment_state": "paid", "due": 0}


def test_a_clerk_sees_the_surcharge_and_can_still_take_another_card(site, books, tab):
    invoice = site.invoice(10000)
    tab.open_invoice(invoice).open_dialog()
    expect(tab.dialog.locator("[name=surcharge_notice]").first).to_contain_text("up to 2.4 %")
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("confirming")
    expect(tab.message).to_contain_text("102.40")
    assert books.effects(invoice) == []
    tab.picture("surcharge-1-dialog")
    tab.dialog.locator(".o_clover_back").click()
    tab.expect_phase("ready")
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("confirming")
    # Twice, as impatient people do.
    tab.dialog.locator(".o_clover_confirm_charge").dblclick()
    tab.expect_phase("approved")
    expect(tab.message).to_contain_text("102.40")
    tab.picture("surcharge-2-dialog")
    _assert_charged(books, invoice, 10000, 240)


def test_a_debit_card_is_charged_at_once_and_bears_none(site, books, tab):
    invoice = site.invoice(5000)
    tab.open_invoice(invoice).open_dialog()
    tab.enter_card(MASTERCARD)
    tab.charge()
    tab.expect_phase("approved")
    _assert_charged(books, invoice, 5000, 0)


def test_a_customer_agrees_before_the_card_is_charged(site, books, customer):
    invoice = site.invoice(20000)
    path = site.admin.call("account.move", "get_portal_url", [invoice.id])
    customer.open_form(path)
    notice = customer.page.locator("[name=o_clover_surcharge_notice]:visible")
    expect(notice).to_contain_text("up to 2.4 %")
    customer.picture("surcharge-1-form")
    customer.enter_card(VISA)
    customer.pay()
    # The payment form is in a dialog itself.
    dialog = customer.page.locator(".o_technical_modal:visible")
    expect(dialog).to_contain_text("204.80")
    customer.picture("surcharge-2-asked")
    assert books.effects(invoice) == []
    dialog.get_by_role("button", name="Use Another Card").click()
    expect(customer.message).to_contain_text("Nothing was charged")
    expect(customer.pay_button).to_be_enabled()
    assert books.effects(invoice) == []
    customer.enter_card(VISA)
    customer.pay()
    dialog.get_by_role("button", name="Pay 204.80").click()
    customer.expect_to_leave()
    customer.expect_landing(path)
    customer.picture("surcharge-3-paid", full=True)
    _assert_charged(books, invoice, 20000, 480)
