"""Two clicks, two tabs, two clerks: one charge, and the other one is told who is charging."""

from playwright.sync_api import expect

from tests.e2e.support.clover import MASTERCARD, VISA
from tests.e2e.support.waiting import wait_until

#: Seconds; the answer is held until the test lets it go.
PATIENT = 30.0


def test_a_double_click_charges_once(site, books, tab):
    invoice = site.invoice(3300)
    calls = len(site.clover.charge_calls())
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    tab.charge_button.dblclick()
    tab.expect_phase("approved")
    books.assert_collected_once(invoice)
    assert len(books.transactions(invoice)) == 1
    assert len(site.clover.charge_calls()) == calls + 1


def _race(site, books, invoice, first, second) -> None:
    """``first`` charges, Clover holds the answer, ``second`` charges; then it lets go."""
    site.answer_within(PATIENT)
    calls = len(site.clover.charge_calls())
    for tab, card in ((first, VISA), (second, MASTERCARD)):
        tab.page.bring_to_front()
        tab.open_invoice(invoice).open_dialog().enter_card(card)
    site.clover.fault("timeout_after", count=1)
    first.charge()
    wait_until(site.clover.held, "Clover holds the answer of the first")
    second.charge()
    expect(second.message).to_contain_text("started by Claire Clerk")
    expect(second.message).to_contain_text("is in progress at Clover")
    second.expect_phase("ready")
    assert len(site.clover.charge_calls()) == calls + 1
    first.expect_phase("working")
    second.picture(f"race-{invoice.cents}-told-who-is-charging")
    assert site.clover.held() == 1
    site.clover.release()
    first.expect_phase("approved")
    transaction = books.assert_collected_once(invoice)
    assert transaction["clover_card_last4"] == VISA[-4:]
    second.charge()
    expect(second.message).to_contain_text("Nothing is due any more")
    assert len(site.clover.charge_calls()) == calls + 1
    books.assert_collected_once(invoice)


def test_two_tabs_of_one_clerk_charge_once(site, books, claire, new_tab):
    _race(site, books, site.invoice(3400), new_tab(claire), new_tab(claire))


def test_two_clerks_at_the_same_moment_charge_once(site, books, claire, omar, new_tab):
    _race(site, books, site.invoice(3500), new_tab(claire), new_tab(omar))
