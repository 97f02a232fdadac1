"""A company with two locations: a Clover merchant for each, and the terminals of both."""

from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.e2e.conftest import open_site
from tests.e2e.support.books import Books
from tests.e2e.support.collect_page import CollectPage
from tests.e2e.support.origins import clover_app
from tests.e2e.support.provider_page import ProviderPage
from tests.e2e.support.terminal import PAYMENTS, Terminals
from tests.e2e.support.terminal_page import TerminalPage
from tests.e2e.support.waiting import wait_until

pytestmark = pytest.mark.own_site

AIRPORT = "SIMAIRPORT001"


@pytest.fixture
def company(settings):
    with open_site(settings, "locations") as opened:
        opened.warm_up()
        yield opened


def _add_location(company, form: ProviderPage) -> int:
    """Duplicate the provider and connect the copy to the second merchant, as an admin does."""
    page = form.page
    form.open()
    page.locator(".o_cp_action_menus button").first.click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(page.locator(".o_field_widget[name=clover_app_id] input")).to_have_value("")
    form.enter("name", "Clover Airport")
    page.locator(".o_field_widget[name=state] input[data-value=test]").check()
    for name, value in clover_app().items():
        form.enter(name, value)
    form.save()
    # Whom the person at Clover's login chooses.
    downtown = company.merchant.id
    company.clover.switch(merchant_id=AIRPORT)
    form.button("Connect").first.click()
    expect(form.button("Disconnect")).to_be_visible(timeout=30_000)
    company.clover.switch(merchant_id=downtown)
    expect(page.locator(".o_form_view")).to_contain_text(AIRPORT)
    return int(urlsplit(page.url).path.rsplit("/", 1)[1])


def test_each_location_takes_the_payments_of_its_own_terminals(company, page_of):
    books, terminals = Books(company.database, company.clover), Terminals(company)
    terminals.sync()
    flex = terminals.add_for(AIRPORT)
    earlier = len(company.clover.journal("POST", PAYMENTS))
    form = ProviderPage(page_of(company), company)
    airport = _add_location(company, form)
    form.button("Sync Terminals").click()
    expect(form.status("terminals")).to_contain_text(f"Terminals: Flex 4 {flex[-4:]}.")
    form.picture("location-1-connected")
    (terminal,) = company.admin.call("clover.terminal", "search", [["serial", "=", flex]])
    company.admin.call("clover.terminal", "write", [terminal], {"name": "Gate 12"})

    clerk = company.clerk("Gate Clerk")
    page = page_of(company, clerk)
    desk = TerminalPage(CollectPage(page, company.url))
    invoice = company.invoice(6400)
    desk.open(invoice)
    page.locator(".o_field_widget[name=terminal_id] input").click()
    page.get_by_role("option", name="Gate 12").click()
    expect(desk.contact).to_contain_text("Gate 12")
    terminals.tell(flex, "silent")
    desk.send()
    wait_until(lambda: terminals.shows(flex), "the payment is on the terminal of the airport")
    desk.tab.picture("location-2-waiting")
    terminals.tell(flex, "approve")
    desk.expect_phase("approved")
    books.assert_collected_once(invoice)
    (paid,) = books.transactions(invoice)
    transaction = company.admin.read("payment.transaction", paid["id"], "provider_id")
    assert transaction["provider_id"][0] == airport
    (effect,) = books.effects(invoice)
    assert effect["source_id"] == flex
    assert len(company.clover.journal("POST", PAYMENTS)) == earlier + 1
