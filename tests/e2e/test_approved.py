"""A card is charged, and everything that follows from it is in the books."""

from playwright.sync_api import expect

from tests.e2e.support.clover import MASTERCARD, VISA


def test_a_charged_card_pays_the_invoice_and_is_booked_once(site, books, tab):
    invoice = site.invoice(11300)
    tab.open_invoice(invoice).open_dialog()
    tab.picture("approved-1-dialog")
    tab.enter_card(VISA)
    tab.charge()
    tab.expect_phase("approved")
    transaction = books.assert_collected_once(invoice)
    expect(tab.message).to_contain_text("Approved: ")
    expect(tab.message).to_contain_text("113.00")
    expect(tab.message).to_contain_text(
        f"VISA •••• 4242, authorization {transaction['clover_auth_code']}"
    )
    tab.picture("approved-2-dialog")
    assert transaction["clover_card_brand"] == "VISA"
    assert transaction["clover_card_last4"] == "4242"
    assert transaction["clover_auth_code"].startswith("OK")
    tab.close_dialog()
    expect(tab.ribbon).to_contain_text("Paid")
    expect(tab.collect_button).to_be_hidden()
    expect(tab.chatter(f"{transaction['reference']} of ")).to_have_count(2)  # initiated, confirmed
    tab.picture("approved-3-invoice")


def test_a_partial_amount_leaves_the_rest_to_be_collected(site, books, tab):
    invoice = site.invoice(20000)
    tab.open_invoice(invoice).open_dialog()
    tab.enter_amount("75.50").enter_card(MASTERCARD)
    expect(tab.charge_button).to_contain_text("75.50")
    tab.charge()
    tab.expect_phase("approved")
    transaction = books.assert_collected_once(invoice, 7550, left=12450)
    assert transaction["clover_card_brand"] == "MC"
    tab.close_dialog()
    expect(tab.ribbon).to_contain_text("Partial")
    tab.open_dialog()
    expect(tab.charge_button).to_contain_text("124.50")
    tab.picture("partial-rest")


def test_more_than_is_due_is_refused_in_words_and_nothing_is_sent(site, books, tab):
    invoice = site.invoice(5000)
    calls = len(site.clover.charge_calls())
    tab.open_invoice(invoice).open_dialog()
    tab.enter_amount("50.01").enter_card(VISA)
    tab.charge()
    expect(tab.message).to_contain_text("is still due")
    expect(tab.message).to_contain_text("50.00")
    tab.expect_phase("ready")
    tab.picture("too-much")
    assert len(site.clover.charge_calls()) == calls
    assert books.operations(invoice) == []
    books.assert_nothing_collected(invoice)
