"""Quebec and its neighbours: clerks and customers read Canadian French all the way."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.languages import install
from tests.e2e.support.portal_page import PortalPage
from tests.e2e.support.surcharging import surcharging

REFUNDER = "fusion_payment_common.group_fusion_refunder"
BILLING = "account.group_account_invoice"


@pytest.fixture(scope="module", autouse=True)
def _quebec(site) -> Iterator[None]:
    install(site.admin, "fr_CA")
    site.admin.call("payment.provider", "write", [site.provider_id], {"is_published": True})
    with surcharging(site):
        yield


def test_a_clerk_collects_and_gives_back_in_french(site, books, new_tab):
    groups = [site.admin.ref(REFUNDER), site.admin.ref(BILLING)]
    odile = site.clerk("Odile Ouellet", lang="fr_CA", group_ids=[[6, 0, groups]])
    invoice = site.invoice(10000)
    tab = new_tab(odile)
    tab.open_invoice(invoice).open_dialog()
    expect(tab.dialog).to_contain_text("BAC À SABLE")
    expect(tab.dialog).to_contain_text("des frais supplémentaires allant jusqu'à 2.4 %")
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("confirming")
    expect(tab.message).to_contain_text("Des frais supplémentaires de")
    tab.picture("fr-collect-1-surcharge")
    tab.dialog.locator(".o_clover_confirm_charge").click()
    tab.expect_phase("approved")
    expect(tab.message).to_contain_text("Approuvé")
    tab.picture("fr-collect-2-approved")
    tab.close_dialog()

    (transaction,) = books.transactions(invoice)
    tab.page.goto(f"{site.url}/odoo/payment.transaction/{transaction['id']}")
    tab.page.locator("button[name=action_clover_refund]").click()
    dialog = tab.page.locator(".modal:has([name=what_happens])")
    expect(dialog.locator("[name=what_happens]:visible")).to_contain_text("frais supplémentaires")
    expect(dialog).to_contain_text("Reste chez Clover")
    tab.picture("fr-refund-dialog")


def test_a_customer_reads_french_before_paying(site, browser):
    invoice = site.invoice(20000)
    path = site.admin.call("account.move", "get_portal_url", [invoice.id])
    context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="fr-CA")
    page = context.new_page()
    page.set_default_timeout(30_000)
    customer = PortalPage(page, site.url)
    customer.open_form(path)
    notice = page.locator("[name=o_clover_surcharge_notice]:visible")
    expect(notice).to_contain_text("des frais supplémentaires")
    customer.enter_card(VISA)
    customer.picture("fr-1-form")
    customer.pay()
    dialog = page.locator(".o_technical_modal:visible")
    expect(dialog).to_contain_text("Des frais supplémentaires de")
    expect(dialog.get_by_role("button", name="Payer")).to_be_visible()
    customer.picture("fr-2-surcharge")
    context.close()
