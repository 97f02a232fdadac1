"""No serious issue of accessibility in what people pay and collect with, as axe-core sees it."""

import pytest
from playwright.sync_api import expect

from tests.e2e.support.axe import grave_issues
from tests.e2e.support.clover import DECLINED, VISA
from tests.e2e.support.shop import LAPTOP, PHONE

FORM = "#o_payment_form"
DIALOG = ".modal-content"


@pytest.mark.parametrize("kind", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_the_payment_form(shop, kind):
    invoice = shop.invoice(2100)
    tab = shop.tab(shop.device(kind)).open_form(shop.path(invoice))
    assert grave_issues(tab.page, FORM) == []


def test_the_payment_form_with_an_error_beside_a_field_and_one_above(shop):
    invoice = shop.invoice(2200)
    tab = shop.tab(shop.device(LAPTOP)).open_form(shop.path(invoice))
    tab.enter_card("4242424242424241")
    tab.pay()
    number = tab.page.locator(".o_clover_field[data-type=CARD_NUMBER]:visible")
    expect(number.locator("+ .invalid-feedback")).to_have_text("Card number is invalid.")
    assert grave_issues(tab.page, FORM) == []
    tab.enter_card(DECLINED)
    tab.pay()
    expect(tab.message).to_contain_text("declined")
    assert grave_issues(tab.page, FORM) == []


def test_the_payment_form_of_an_owner_of_a_saved_card(shop):
    invoice = shop.invoice(2300, with_account=True)
    tab = shop.tab(shop.device(LAPTOP, logged_in=True)).open_form(shop.path(invoice))
    tab.enter_card(VISA).consent()
    assert grave_issues(tab.page, FORM) == []


def test_the_collect_payment_dialog(site, tab):
    tab.open_invoice(site.invoice(2400)).open_dialog()
    assert grave_issues(tab.page, DIALOG) == []
    tab.enter_card(DECLINED)
    tab.charge()
    expect(tab.message).to_contain_text("declined", timeout=30_000)
    assert grave_issues(tab.page, DIALOG) == []
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("approved")
    assert grave_issues(tab.page, DIALOG) == []


def test_the_refund_dialog(site, new_tab):
    tab = new_tab(site.admin)
    invoice = site.invoice(2500)
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    tab.charge()
    tab.expect_phase("approved")
    note = site.admin.call("account.move", "action_clover_refund", [invoice.id])["res_id"]
    site.admin.call("account.move", "action_post", [note])
    tab.page.goto(f"{site.url}/odoo/account.move/{note}")
    tab.page.locator("button[name=action_clover_refund]").click()
    expect(tab.page.locator(".modal button[name=action_refund]")).to_be_visible(timeout=30_000)
    tab.picture("refund-dialog")
    assert grave_issues(tab.page, DIALOG) == []
