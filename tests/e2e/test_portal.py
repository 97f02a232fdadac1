"""Customers pay on Odoo's own page: with a new card, a saved one, impatiently; never twice."""

import os
import random
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.e2e.support.clover import DECLINED, MASTERCARD, VISA
from tests.e2e.support.portal_page import PortalPage
from tests.e2e.support.shop import LAPTOP, PHONE, Shop
from tests.e2e.support.site import Invoice
from tests.e2e.support.waiting import wait_until

RUNS = int(os.environ.get("RUNS") or 10)


@pytest.fixture(params=["laptop", "phone"])
def device(request) -> tuple[str, dict]:
    """Both sizes of screen."""
    return request.param, {"laptop": LAPTOP, "phone": PHONE}[request.param]


def test_a_new_card_pays_the_invoice_once(shop, books, device):
    name, kind = device
    invoice = shop.invoice(11300)
    tab = shop.tab(shop.device(kind)).open_form(shop.path(invoice))
    tab.picture(f"{name}-1-form")
    tab.enter_card(VISA)
    tab.picture(f"{name}-2-typed")
    tab.pay()
    tab.expect_landing(shop.path(invoice))
    tab.picture(f"{name}-3-paid")
    transaction = books.assert_collected_once(invoice)
    assert transaction["clover_card_last4"] == "4242"
    (call,) = shop.site.clover.charge_calls(books.operations(invoice)[0]["external_reference"])
    assert call["body"]["ecomind"] == "ecom"


def test_a_mistyped_card_is_marked_beside_its_field(shop, books):
    invoice = shop.invoice(4100)
    tab = shop.tab(shop.device(LAPTOP)).open_form(shop.path(invoice))
    tab.enter_card("4242424242424241")
    tab.pay()
    field_of_number = tab.page.locator(".o_clover_field[data-type=CARD_NUMBER]:visible")
    expect(field_of_number.locator("+ .invalid-feedback")).to_have_text("Card number is invalid.")
    expect(tab.pay_button).to_be_enabled()
    tab.picture("mistyped")
    assert books.transactions(invoice) == []


def test_a_declined_card_is_explained_and_another_one_pays(shop, books):
    invoice = shop.invoice(8800)
    tab = shop.tab(shop.device(LAPTOP)).open_form(shop.path(invoice))
    tab.enter_card(DECLINED)
    tab.pay()
    expect(tab.message).to_contain_text("Your bank declined the card. Nothing was charged.")
    tab.picture("declined")
    books.assert_nothing_collected(invoice)
    tab.enter_card(VISA)
    tab.pay()
    tab.expect_landing(shop.path(invoice))
    books.assert_collected_once(invoice)


def test_a_saved_card_pays_again_and_can_be_deleted(shop, books):
    first, second = (shop.invoice(cents, with_account=True) for cents in (2500, 3700))
    tab = shop.tab(shop.device(LAPTOP, logged_in=True))
    tab.open_form(shop.path(first)).enter_card(VISA).consent()
    tab.picture("saved-1-consent")
    tab.pay()
    tab.expect_landing(shop.path(first))
    books.assert_collected_once(first)
    tab.open(f"{shop.path(second)}&payment=True#portal_pay")
    card = tab.page.get_by_text("•••• 4242 (expires 12/2049)")
    expect(card).to_be_visible()
    expect(tab.pay_button).to_be_enabled()
    tab.picture("saved-2-offered")
    tab.pay()
    tab.expect_landing(shop.path(second))
    books.assert_collected_once(second)
    tab.open("/my/payment_method")
    expect(tab.page.get_by_text("•••• 4242 (expires 12/2049)")).to_be_visible()
    tab.picture("saved-3-my-payment-methods")
    tab.page.locator("[name=o_payment_delete_token]").first.click()
    tab.page.get_by_role("button", name="Confirm Deletion").click()
    expect(tab.page.get_by_text("•••• 4242 (expires 12/2049)")).to_have_count(0)
    query = "SELECT clover_removal FROM payment_token WHERE NOT active ORDER BY id DESC LIMIT 1"
    wait_until(
        lambda: shop.site.database.value(query) == "done", "Clover forgets the card", 90.0
    )


def test_a_card_is_saved_without_paying(shop, books):
    tab = shop.tab(shop.device(LAPTOP, logged_in=True)).open("/my/payment_method")
    tab.expect_fields().enter_card(MASTERCARD)
    before = len(shop.site.clover.charge_calls())
    tab.pay()
    expect(tab.page.get_by_text("•••• 3294 (expires 12/2049)")).to_be_visible(timeout=30_000)
    tab.picture("saved-without-paying", full=True)
    assert len(shop.site.clover.charge_calls()) == before


def test_an_unknown_outcome_is_told_plainly_and_resolves_itself(shop, books, device):
    name, kind = device
    invoice = shop.invoice(6400)
    tab = shop.tab(shop.device(kind)).open_form(shop.path(invoice)).enter_card(VISA)
    shop.site.clover.fault("http_503", method="GET", path="*")
    shop.site.clover.fault("reset_after", count=1)
    tab.pay()
    expect(tab.status).to_contain_text("We are checking your payment", timeout=30_000)
    expect(tab.status).to_contain_text("Please do not pay again")
    tab.picture(f"{name}-unknown")
    shop.site.clover.behave()
    tab.expect_landing(shop.path(invoice))
    books.assert_collected_once(invoice)


def test_french_customers_read_french(shop, books):
    admin = shop.site.admin
    wizard = admin.call("base.language.install", "create", {
        "lang_ids": [[6, 0, admin.call("res.lang", "search", [["code", "=", "fr_CA"]],
                                       context={"active_test": False})]],
    })  # fmt: skip
    admin.call("base.language.install", "lang_install", [wizard])
    invoice = shop.invoice(1200)
    context = shop.device(LAPTOP | {"locale": "fr-CA"})
    context.add_cookies([{"name": "frontend_lang", "value": "fr_CA", "url": shop.site.url}])
    tab = shop.tab(context).open_form(shop.path(invoice)).enter_card("4242424242424241")
    tab.pay()
    number = tab.page.locator(".o_clover_field[data-type=CARD_NUMBER]:visible + .invalid-feedback")
    expect(number).not_to_be_empty()
    expect(number).not_to_have_text("Card number is invalid.")
    tab.picture("french")


# --- impatience ---


def _double_click(shop: Shop, path: str) -> list[PortalPage]:
    tab = shop.tab(shop.device(LAPTOP)).open_form(path).enter_card(VISA)
    tab.pay_button.dblclick()
    return [tab]


def _two_tabs(shop: Shop, path: str) -> list[PortalPage]:
    context = shop.device(LAPTOP)
    tabs = [shop.tab(context).open_form(path).enter_card(card) for card in (VISA, MASTERCARD)]
    for tab in tabs:
        tab.pay()
    return tabs


def _phone_and_laptop(shop: Shop, path: str) -> list[PortalPage]:
    tabs = [shop.tab(shop.device(kind)).open_form(path).enter_card(VISA)
            for kind in (PHONE, LAPTOP)]  # fmt: skip
    for tab in tabs:
        tab.pay()
    return tabs


def _back_and_again(shop: Shop, path: str) -> list[PortalPage]:
    tab = shop.tab(shop.device(LAPTOP)).open(path).open_form(path).enter_card(VISA)
    tab.pay()
    tab.expect_to_leave()
    tab.go_back()
    tab.pay_if_possible()
    return [tab]


def _reload_and_again(shop: Shop, path: str) -> list[PortalPage]:
    tab = shop.tab(shop.device(PHONE)).open_form(path).enter_card(VISA)
    tab.pay()
    tab.insist(lambda: tab.open(f"{path}&payment=True#portal_pay"))
    tab.page.reload()
    # With the card form in it, or with the word that there is nothing to pay.
    expect(tab.page.locator("#pay_with")).to_be_visible()
    if tab.form.count():
        tab.expect_fields().enter_card(MASTERCARD).pay_if_possible()
    return [tab]


def _reload_while_typing(shop: Shop, path: str) -> list[PortalPage]:
    tab = shop.tab(shop.device(LAPTOP)).open_form(path).enter_card(MASTERCARD)
    tab.page.reload()
    tab.expect_fields().enter_card(VISA).pay()
    tab.pay_if_possible()
    return [tab]


def _reload_the_status(shop: Shop, path: str) -> list[PortalPage]:
    tab = shop.tab(shop.device(PHONE)).open_form(path).enter_card(VISA)
    tab.pay()
    tab.expect_to_leave()
    for _again in range(2):
        tab.insist(lambda: tab.open("/payment/status"))
        tab.insist(tab.page.reload)
    return [tab]


HABITS: list[Callable[[Shop, str], list[PortalPage]]] = [
    _double_click, _two_tabs, _phone_and_laptop, _back_and_again, _reload_and_again,
    _reload_while_typing, _reload_the_status,
]  # fmt: skip


def _settle(shop: Shop, books, invoice: Invoice, tabs: list[PortalPage]) -> None:
    """Everybody ends on a page that says what is so; whoever has not paid does so now."""
    try:
        wait_until(lambda: books.is_settled(invoice), "the payment is settled", 15.0)
    except AssertionError:
        # Whoever left before the server heard of it has paid nothing.
        wait_until(lambda: books.is_settled(invoice) or not books.operations(invoice),
                   "the payment is settled", 60.0)  # fmt: skip
    if books.move(invoice)["due"]:
        tab = shop.tab(tabs[0].page.context).open_form(shop.path(invoice)).enter_card(VISA)
        tab.pay()
        wait_until(lambda: not books.move(invoice)["due"], "the invoice is paid", 60.0)
        wait_until(lambda: books.is_settled(invoice), "the payment is settled", 60.0)
    for tab in tabs:
        wait_until(tab.is_at_rest, "the page has led somewhere or says why not", 30.0)
        # Another look: the page itself may be on its way somewhere at this very moment.
        again = shop.tab(tab.page.context).open(shop.path(invoice))
        expect(again.page.locator("#portal_pay [name=o_clover_form]")).to_have_count(0)


def test_impatient_customers_are_never_charged_twice(shop, books, record_property):
    dice = random.Random(20260)
    charged = 0
    for number in range(RUNS):
        habit = HABITS[number % len(HABITS)]
        invoice = shop.invoice(1000 + number)
        if number % 8 == 7:
            shop.site.clover.fault(dice.choice(["reset_after", "http_500"]), count=1)
        tabs = habit(shop, shop.path(invoice))
        _settle(shop, books, invoice, tabs)
        books.assert_collected_once(invoice)
        charged += len(books.effects(invoice))
        shop.site.clover.behave()
        while shop.contexts:
            shop.contexts.pop().close()
    record_property("customers", RUNS)
    record_property("charges", charged)
    assert charged == RUNS
