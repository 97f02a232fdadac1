"""The clerk goes away while the outcome is unknown: the scheduler finds out without anybody."""

from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.waiting import wait_until

#: Seconds until the scheduler has to have found out.
RESOLVED_WITHIN = 30.0
_LOOKERS = """
    SELECT DISTINCT attempt.user_id FROM fusion_operation_attempt attempt
      JOIN fusion_operation op ON op.id = attempt.operation_id
     WHERE op.id = %s AND attempt.action != 'call'
"""


def assert_found_by_the_scheduler(site, books, invoice) -> None:
    """Collected once, and whoever asked Clover was the scheduler's user."""
    wait_until(lambda: books.is_settled(invoice), "the scheduler finds out", RESOLVED_WITHIN)
    books.assert_collected_once(invoice)
    (operation,) = books.operations(invoice)
    lookers = site.database.rows(_LOOKERS, operation["id"])
    assert [row["user_id"] for row in lookers] == [site.admin.ref("base.user_root")]


def test_a_closed_dialog_leaves_a_notice_that_turns_into_the_result(site, books, tab):
    invoice = site.invoice(12300)
    site.clover.fault("reset_after", count=1)
    site.clover.cannot_be_asked()
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    tab.charge()
    tab.expect_phase("checking")
    tab.close_dialog()
    expect(tab.notice).to_contain_text("We are checking with Clover")
    expect(tab.notice).to_contain_text("Do not charge again")
    expect(tab.collect_button).to_be_hidden()
    tab.picture("closed-1-notice")
    site.clover.behave()
    assert_found_by_the_scheduler(site, books, invoice)
    expect(tab.ribbon).to_contain_text("Paid", timeout=15_000)
    expect(tab.notice).to_be_hidden()
    tab.picture("closed-2-paid")


def test_a_page_reloaded_during_the_charge_changes_nothing(site, books, tab):
    invoice = site.invoice(12400)
    site.clover.fault("timeout_after", count=1)
    site.clover.cannot_be_asked(count=1)
    tab.open_invoice(invoice).open_dialog().enter_card(VISA)
    tab.charge()
    wait_until(site.clover.held, "Clover holds the answer")
    tab.page.reload()
    expect(tab.notice).to_contain_text("started by Claire Clerk")
    expect(tab.notice).to_contain_text("is in progress at Clover")
    expect(tab.collect_button).to_be_hidden()
    tab.picture("reloaded-1-in-progress")
    assert_found_by_the_scheduler(site, books, invoice)
    expect(tab.ribbon).to_contain_text("Paid", timeout=15_000)
