"""The bank says no: the clerk can say why, nothing is booked, another card works."""

from playwright.sync_api import expect

from tests.e2e.support.clover import DECLINED, VISA


def test_a_declined_card_is_explained_and_another_one_pays_once(site, books, tab):
    invoice = site.invoice(8800)
    tab.open_invoice(invoice).open_dialog().enter_card(DECLINED)
    tab.charge()
    expect(tab.message).to_have_text(
        "The customer's bank declined the card. Try another card, or ask the customer to call the "
        "bank. Nothing was charged."
    )
    tab.expect_phase("ready")
    tab.picture("declined-1")
    books.assert_nothing_collected(invoice)
    (declined,) = books.operations(invoice)
    assert (declined["state"], declined["holds"]) == ("declined", 0)
    assert declined["applied_at"]
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("approved")
    tab.picture("declined-2-then-approved")
    books.assert_collected_once(invoice)
    states = [row["state"] for row in books.transactions(invoice)]
    assert states == ["error", "done"]
    tab.close_dialog()
    expect(tab.ribbon).to_contain_text("Paid")


def test_a_mistyped_card_is_marked_and_nothing_is_sent(site, books, tab):
    invoice = site.invoice(4100)
    calls = len(site.clover.charge_calls())
    tab.open_invoice(invoice).open_dialog().enter_card("4242424242424241")
    tab.charge()
    expect(tab.dialog.locator(".invalid-feedback")).to_have_text("Card number is invalid.")
    tab.expect_phase("ready")
    tab.picture("mistyped")
    assert len(site.clover.charge_calls()) == calls
    assert books.transactions(invoice) == []
    books.assert_nothing_collected(invoice)
