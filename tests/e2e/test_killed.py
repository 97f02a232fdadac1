"""SIGKILL of the whole server during a charge.

It happens before all other tests, on a site of its own that nobody uses; what became of it is
looked at after them, when the scheduler has had the time.
"""

from datetime import UTC

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.crash import RECOVERED_WITHIN
from tests.e2e.support.waiting import wait_until


@pytest.mark.own_site
@pytest.mark.parametrize(("fault", "taken"), [("timeout_after", 1), ("timeout_before", 0)])
def test_a_killed_server_leaves_what_it_was_about_to_do_in_the_ledger(crash, fault, taken):
    assert crash.effects[fault] == taken
    assert crash.states[fault] == ["in_flight"]
    assert crash.attempts[fault] == ["call"]


@pytest.mark.own_site
@pytest.mark.after_everything
@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_after_the_restart_there_is_one_charge_and_a_paid_invoice_without_a_human(
    crash, fault, record_property
):
    wait_until(crash.is_over, "the killed server's charges are in the books", RECOVERED_WITHIN)
    transaction = crash.books.assert_collected_once(crash.invoices[fault])
    assert len(crash.books.transactions(crash.invoices[fault])) == 1
    (operation,) = crash.books.operations(crash.invoices[fault])
    assert operation["reference"] == transaction["reference"]
    booked_at = operation["applied_at"].replace(tzinfo=UTC)
    seconds = (booked_at - crash.restarted_at).total_seconds()
    record_property("seconds_to_approved", round(seconds, 1))
    calls = crash.site.clover.charge_calls(operation["external_reference"])
    assert len(calls) == (1 if fault == "timeout_after" else 2)
    keys = {
        call["headers"].get("idempotency-key") for call in calls
    }
    assert keys == {operation["idempotency_key"]}


def test_a_dialog_that_is_open_when_the_server_dies_shows_the_result_when_it_is_back(
    site, books, tab
):
    invoice = site.invoice(7100)
    site.answer_within(1.0)
    site.clover.fault("timeout_after", count=1)
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    tab.charge()
    wait_until(site.clover.held, "Clover holds the answer")
    site.server.kill()
    tab.expect_phase("checking")
    expect(tab.message).to_contain_text("Do not charge again")
    tab.picture("killed-1-waiting")
    site.server.start()
    expect(tab.message).to_contain_text("INV/", timeout=20_000)
    tab.picture("killed-2-checking")
    tab.expect_phase("approved", timeout=60_000)
    tab.picture("killed-3-approved")
    books.assert_collected_once(invoice)
    assert len(books.transactions(invoice)) == 1
