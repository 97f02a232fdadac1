"""Customers pay orders, follow payment links, use a slow network and the keyboard."""

import os

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import VISA
from tests.e2e.support.shop import LAPTOP, PHONE
from tests.e2e.support.waiting import wait_until

#: Seconds that every answer takes on the slow network; CI takes the shorter of the two promised.
SLOW_NETWORK = float(os.environ.get("SLOW_NETWORK") or 3)

_PAID = """
    SELECT tx.state, round(tx.amount * 100)::int AS cents, sale.state AS order_state,
           operation.external_reference
      FROM payment_transaction tx
      JOIN sale_order_transaction_rel link ON link.transaction_id = tx.id
      JOIN sale_order sale ON sale.id = link.sale_order_id
 LEFT JOIN fusion_operation operation ON operation.reference = tx.reference
     WHERE link.sale_order_id = %s
"""


def _order(shop, cents):
    """A sent quotation that asks for payment."""
    admin = shop.site.admin
    product = admin.call("product.product", "create", {"name": "Desk", "list_price": cents / 100})
    line = {"product_id": product, "price_unit": cents / 100, "tax_ids": [[5]]}
    values = {
        "partner_id": shop.guest_id,
        "require_payment": True,
        "require_signature": False,
        "prepayment_percent": 1.0,
        "order_line": [[0, 0, line]],
    }
    order = admin.call("sale.order", "create", values)
    admin.call("sale.order", "action_quotation_sent", [order])
    return order


def _link(shop, model, record_id, amount=None):
    """A payment link as a clerk makes it, without the host."""
    context = {"active_model": model, "active_id": record_id}
    values = {} if amount is None else {"amount": amount}
    admin = shop.site.admin
    wizard = admin.call("payment.link.wizard", "create", values, context=context)
    link = admin.read("payment.link.wizard", wizard, "link")["link"]
    return link[link.index("/", len("https://")):]


@pytest.mark.parametrize("kind", [LAPTOP, PHONE], ids=["laptop", "phone"])
def test_an_order_is_paid_and_confirmed_by_its_payment_link(shop, kind):
    order = _order(shop, 15000)
    tab = shop.tab(shop.device(kind)).open(_link(shop, "sale.order", order))
    expect(tab.form).to_be_visible(timeout=15_000)
    tab.expect_fields().enter_card(VISA)
    tab.picture(f"order-{'phone' if kind is PHONE else 'laptop'}")
    tab.pay()
    # The page with the form is the order's own: what tells them apart is the link's amount.
    tab.page.wait_for_url(lambda url: "payment_amount" not in url, timeout=30_000)
    tab.expect_landing(f"/my/orders/{order}")
    (paid,) = shop.site.database.rows(_PAID, order)
    assert (paid["state"], paid["cents"], paid["order_state"]) == ("done", 15000, "sale")
    effects = shop.site.clover.effects(paid["external_reference"])
    assert [(one["kind"], one["amount"]) for one in effects] == [("charge", 15000)]


def test_a_payment_link_collects_a_part_of_an_invoice(shop, books):
    invoice = shop.invoice(9000)
    tab = shop.tab(shop.device(LAPTOP)).open(_link(shop, "account.move", invoice.id, 40.0))
    # The link opens the form by itself.
    tab.expect_fields().enter_card(VISA)
    tab.pay()
    tab.expect_landing(f"/my/invoices/{invoice.id}")
    books.assert_collected_once(invoice, 4000, left=5000)


def test_a_slow_network_charges_once_and_the_button_waits(shop, books):
    invoice = shop.invoice(7700)
    tab = shop.tab(shop.device(PHONE)).open_form(shop.path(invoice)).enter_card(VISA)
    network = tab.page.context.new_cdp_session(tab.page)
    network.send("Network.enable")
    slow = {"offline": False, "latency": SLOW_NETWORK * 1000}
    unlimited = {"downloadThroughput": -1, "uploadThroughput": -1}
    network.send("Network.emulateNetworkConditions", slow | unlimited)
    tab.pay()
    expect(tab.pay_button).to_be_disabled()
    tab.picture("slow-working")
    for _ in range(3):
        # An impatient finger.
        tab.pay_button.click(force=True, no_wait_after=True)
    wait_until(lambda: books.is_settled(invoice), "it is charged", 30 + 4 * SLOW_NETWORK)
    books.assert_collected_once(invoice)
    network.send("Network.emulateNetworkConditions", slow | unlimited | {"latency": 0})
    tab.page.wait_for_url(lambda url: "payment=True" not in url, timeout=30_000 * SLOW_NETWORK)
    assert len(books.effects(invoice)) == 1


def test_the_keyboard_is_enough_and_leads_to_the_field_that_is_wrong(shop, books):
    invoice = shop.invoice(5200)
    tab = shop.tab(shop.device(LAPTOP)).open_form(shop.path(invoice))
    keyboard = tab.page.keyboard
    tab.page.locator(".o_clover_field[data-type=CARD_NUMBER]:visible iframe").focus()
    keyboard.press("Tab")
    for text in ("4242424242424241", "1249", "123", "M5V 1A1"):
        keyboard.type(text)
        keyboard.press("Tab")
    tab.pay_button.focus()
    keyboard.press("Enter")
    number = tab.page.locator(".o_clover_field[data-type=CARD_NUMBER]:visible")
    expect(number.locator("+ .invalid-feedback")).to_have_text("Card number is invalid.")
    expect(number.locator("iframe")).to_be_focused()
    tab.picture("keyboard")
    assert books.transactions(invoice) == []
