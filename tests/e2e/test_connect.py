"""The administrator connects Clover in the browser, tests the connection and disconnects."""

from playwright.sync_api import expect

from tests.e2e.support.clover import VISA


def test_connecting_by_oauth_in_the_browser(site, books, claire, new_tab):
    admin = new_tab(site.admin)
    page = admin.page
    page.goto(f"{site.url}/odoo/payment.provider/{site.provider_id}")
    page.locator("button[name=action_clover_disconnect]").click()
    page.locator(".modal-footer .btn-primary").click()
    connect = page.locator("button[name=action_clover_oauth_connect]:visible").first
    expect(connect).to_be_visible()
    admin.picture("connect-1-disconnected")
    connect.click()
    expect(page.locator("button[name=action_clover_disconnect]")).to_be_visible(timeout=30_000)
    expect(page.locator(".o_form_view")).to_contain_text("Connected")
    page.locator("button[name=action_clover_test_connection]").click()
    expect(page.locator(".o_notification")).to_contain_text(f"Merchant {site.merchant.name}")
    admin.picture("connect-2-connected")
    invoice = site.invoice(2200)
    clerk = new_tab(claire)
    clerk.open_invoice(invoice).open_dialog().enter_card(VISA)
    clerk.charge()
    clerk.expect_phase("approved")
    books.assert_collected_once(invoice)
