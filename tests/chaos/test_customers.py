"""Impatient customers, many at once, while the gateway's answers get lost: each pays once."""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.e2e.support.books import Books
from tests.e2e.support.clover import CHARGES, MASTERCARD, VISA
from tests.e2e.support.http_customer import HttpCustomer
from tests.e2e.support.waiting import wait_until

from .faults import misbehave

#: Customers at once.
CROWD = 5
#: Seconds until every open outcome has to be known once everything works again.
CALM = 480


class Impatient:
    """Somebody who does everything twice; ``said`` is what the pages answered."""

    def __init__(self, devices, sources):
        self.laptop, self.phone = devices
        self._sources = sources
        self.said = Counter()

    def press_and_send(self, device):
        """Press *Pay* and have a card charged; whatever goes wrong, it is only said."""
        try:
            values = device.press_pay()
            self._send(device, values, self._sources.pop())
        except (ValueError, requests.RequestException) as error:
            self.said[type(error).__name__] += 1

    def _send(self, device, values, source):
        try:
            self.said[device.send_card(values, source)["state"]] += 1
        except (ValueError, requests.RequestException) as error:
            self.said[type(error).__name__] += 1

    def double_click(self, pool):
        """The same payment is sent twice at the same moment."""
        values, source = self.laptop.press_pay(), self._sources.pop()
        list(pool.map(lambda _click: self._send(self.laptop, values, source), range(2)))

    def two_tabs(self, pool):
        """Two payments, two cards, one browser."""
        list(pool.map(self.press_and_send, [self.laptop, self.laptop]))

    def phone_and_laptop(self, pool):
        """Two payments, two cards, two devices."""
        list(pool.map(self.press_and_send, [self.laptop, self.phone]))

    def back_and_again(self, pool):
        """Back on the page, the form may still be there."""
        self.press_and_send(self.laptop)
        self.laptop.look()
        self.press_and_send(self.laptop)

    def reload_meanwhile(self, pool):
        """The page is loaded anew while the card is being charged, and paid on."""
        charging = pool.submit(self.press_and_send, self.laptop)
        self.laptop.look()
        self.press_and_send(self.laptop)
        charging.result()


HABITS = ("double_click", "two_tabs", "phone_and_laptop", "back_and_again", "reload_meanwhile")


def _crowd(site, invoices, dice):
    """A customer for each invoice, with cards enough to try again."""
    admin = site.admin
    admin.call("payment.provider", "write", [site.provider_id], {"is_published": True})
    for name in ("customer", "address"):
        site.set_parameter(f"fusion_clover.declines_per_{name}", 0)
    (method,) = admin.call("payment.method", "search", [["code", "=", "card"]])
    dialog = admin.call("account.move", "action_clover_collect_payment", [invoices[0].id])
    config = admin.call("clover.payment.wizard", "clover_form_config", [dialog["res_id"]])
    key = config["api_access_key"]
    return [
        Impatient(
            [HttpCustomer(site, invoice, site.provider_id, method) for _ in range(2)],
            [site.clover.tokenize(key, dice.choice([VISA, MASTERCARD])) for _ in range(6)],
        )
        for invoice in invoices
    ]


def _pay_calmly(customer, invoice, books):
    """Whoever has not paid yet does so now, when nothing goes wrong any more."""
    while books.move(invoice)["due"]:
        customer.press_and_send(customer.laptop)
        wait_until(lambda: books.is_settled(invoice), "the payment is settled", CALM)
        time.sleep(0.1)


def test_impatient_customers_are_never_charged_twice(site, runs, seed, report):
    dice = random.Random(seed)
    invoices = [site.invoice(dice.randrange(100, 50_000)) for _ in range(runs)]
    crowd = _crowd(site, invoices, dice)
    site.answer_within(3)
    misbehave(site.clover, CHARGES)

    def visit(number):
        with ThreadPoolExecutor(2) as pool:
            getattr(crowd[number], HABITS[number % len(HABITS)])(pool)

    with ThreadPoolExecutor(CROWD) as visits:
        list(visits.map(visit, range(runs)))
    site.clover.behave()
    books = Books(site.database, site.clover)
    wait_until(
        lambda: all(books.is_settled(one) or not books.operations(one) for one in invoices),
        "every outcome is known",
        CALM,
    )
    late = sum(bool(books.move(invoice)["due"]) for invoice in invoices)
    for customer, invoice in zip(crowd, invoices, strict=True):
        _pay_calmly(customer, invoice, books)
    effects = site.clover.ledger()
    right_page = 0
    for customer, invoice in zip(crowd, invoices, strict=True):
        books.assert_collected_once(invoice)
        # The invoice's page offers no payment any more, on whatever device.
        right_page += all(
            "o_clover_form" not in device.look() for device in (customer.laptop, customer.phone)
        )
        customer.laptop.close()
        customer.phone.close()
    report(
        customers=runs,
        seed=seed,
        said=sum((customer.said for customer in crowd), Counter()),
        paid_only_when_calm=late,
        charge_calls=len(site.clover.charge_calls()),
        charges_at_clover=len(effects),
        double_charges=len(effects) - runs,
        on_the_right_page=right_page,
    )
    assert len(effects) == runs
    assert right_page == runs
