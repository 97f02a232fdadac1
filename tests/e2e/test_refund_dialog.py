"""Money goes back from the credit note and from the payment: what will happen is shown before."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.collect_page import CollectPage
from tests.e2e.support.rpc import OdooUser
from tests.e2e.support.waiting import wait_until

REFUNDER = "fusion_payment_common.group_fusion_refunder"
BILLING = "account.group_account_invoice"


@pytest.fixture(scope="module")
def rosa(site) -> OdooUser:
    """A Refunder who may write credit notes."""
    groups = [site.admin.ref(REFUNDER), site.admin.ref(BILLING)]
    return site.clerk("Rosa Refunder", group_ids=[[6, 0, groups]])


@pytest.fixture
def desk(new_tab, rosa) -> Iterator[CollectPage]:
    """A tab of hers."""
    return new_tab(rosa)


def _paid_invoice(site, clerk: OdooUser, cents: int):
    invoice = site.invoice(cents)
    action = clerk.call("account.move", "action_clover_collect_payment", [invoice.id])
    model, dialog = action["res_model"], [action["res_id"]]
    key = clerk.call(model, "clover_form_config", dialog)["api_access_key"]
    clerk.call(model, "clover_prepare", dialog)
    assert (
        clerk.call(model, "clover_charge", dialog, site.clover.tokenize(key, VISA))["state"]
        == "approved"
    )
    return invoice


def _given_back(site, charge: dict) -> list[tuple[str, int]]:
    """What moved at Clover because of this charge."""
    charge_id = charge["provider_reference"]
    return [
        (row["kind"], row["amount"])
        for row in site.clover.ledger()
        if row["source_id"] == charge_id
    ]


def _booked_refund(site, charge: dict) -> dict:
    domain = [["source_transaction_id", "=", charge["id"]], ["payment_id", "!=", False]]
    names = ["state", "amount", "clover_returned_as"]

    def booked() -> list[dict]:
        return site.admin.call("payment.transaction", "search_read", domain, names)

    wait_until(booked, "the refund is booked")
    (refund,) = booked()
    return refund


def test_a_credit_note_gives_part_of_the_money_back_once(site, books, claire, rosa, desk):
    invoice = _paid_invoice(site, claire, 10000)
    charge = books.assert_collected_once(invoice)
    page = desk.open_invoice(invoice).page
    page.locator("button[name=action_clover_refund]").click()
    expect(page.locator(".o_breadcrumb, .o_form_view")).not_to_have_count(0)
    page.locator("button[name=action_post]:visible").first.click()
    expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_contain_text("Posted")
    page.locator("button[name=action_clover_refund]:visible").click()
    dialog = page.locator(".modal:has([name=what_happens])")
    expect(dialog.locator("[name=what_happens]:visible")).to_contain_text("100.00")
    desk.picture("refund-1-dialog-whole")
    amount = dialog.locator("[name=amount] input")
    amount.fill("40.00")
    amount.press("Tab")
    expect(dialog.locator("[name=what_happens]:visible")).to_contain_text("goes back to VISA")
    expect(dialog.locator("[name=closed_ways]")).to_contain_text("Void: ")
    desk.picture("refund-2-dialog-part")
    # Twice, as impatient people do.
    dialog.locator("button[name=action_refund]").dblclick()
    expect(page.locator(".o_notification")).to_contain_text("40.00")
    desk.picture("refund-3-sent")
    refund = _booked_refund(site, charge)
    assert (refund["state"], refund["amount"]) == ("done", -40.0)
    assert refund["clover_returned_as"] == "refund"
    assert _given_back(site, charge) == [("refund", 4000)]
    (note,) = site.admin.call(
        "account.move", "search_read",
        [["reversed_entry_id", "=", invoice.id]], ["amount_residual", "payment_state"],
    )  # fmt: skip
    assert (note["amount_residual"], note["payment_state"]) == (60.0, "partial")


def test_a_payment_of_today_is_voided_and_the_clerk_is_told(site, books, claire, desk):
    invoice = _paid_invoice(site, claire, 7700)
    charge = books.assert_collected_once(invoice)
    page = desk.page
    page.goto(f"{site.url}/odoo/payment.transaction/{charge['id']}")
    page.locator("button[name=action_clover_void]").click()
    page.locator(".modal:visible").get_by_role("button", name="OK").click()
    expect(page.locator(".o_notification")).to_contain_text("will not show on the card's statement")
    desk.picture("refund-4-voided")
    assert _booked_refund(site, charge)["clover_returned_as"] == "void"
    assert _given_back(site, charge) == [("refund", 7700)]


def test_what_was_given_back_in_clovers_dashboard_closes_the_way(site, books, claire, desk):
    invoice = _paid_invoice(site, claire, 3300)
    charge = books.assert_collected_once(invoice)
    site.clover.call("POST", "dashboard/refund", {"payment": charge["provider_reference"]})
    page = desk.page
    page.goto(f"{site.url}/odoo/payment.transaction/{charge['id']}")
    page.locator("button[name=action_clover_refund]").click()
    dialog = page.locator(".modal:has([name=what_happens])")
    expect(dialog.locator("[name=what_happens]:visible")).to_contain_text("nothing left")
    expect(dialog.locator("[name=closed_ways]")).to_contain_text("Credit to any card: ")
    expect(dialog.locator("button[name=action_refund]")).to_have_count(0)
    desk.picture("refund-5-closed")
    assert _given_back(site, charge) == [("refund", 3300)]
