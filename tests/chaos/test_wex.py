"""Virtual cards under SIGKILL and lost answers: exactly one for each payment, each delivered.

``RUNS`` payments (60); ``SEED`` seeds every die.
"""

import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.e2e.support.settings import Settings
from tests.e2e.support.waiting import wait_until
from tests.outbox.processes import receiving

from .killer import Killer
from .wex_site import TOKEN, WexSite

CALLERS = 8
#: Share of creates whose answer is lost although the card was made.
LOST = 0.3
#: Seconds that WEX takes for each call, so that kills hit calls that are under way.
LATENCY = 1.5
#: Share of the cards during whose issuing the server is killed.
KILLED_UNTIL = 0.9
#: Seconds until everything is known and delivered once everything works again.
CALM = 240
#: Issues cards for bills as the list action of a clerk does.
_PAY_BILLS = """
vendor = env["res.partner"].create({"name": "Acme Hauling", "email": "ap@acme.example"})
account = env["wex.account"].browse(account_id)
issued = env["account.account"].create({"code": "215901", "name": "Virtual cards issued",
    "account_type": "liability_current", "reconcile": True})
journal = env["account.journal"].create({"name": "WEX", "code": "WEXCH", "type": "bank"})
account.write({"approval_limit": 1_000_000, "journal_id": journal.id,
               "outstanding_account_id": issued.id})
bills = env["account.move"].create([
    {"move_type": "in_invoice", "partner_id": vendor.id, "invoice_date": "2026-01-31",
     "ref": f"BILL-{number}", "invoice_line_ids": [(0, 0, {
        "name": "Hauling", "quantity": 1, "price_unit": cents / 100, "tax_ids": [(5,)]})]}
    for number, cents in enumerate(amounts)])
bills.action_post()
requests = env["wex.card.request"].create([
    {"account_id": account.id, "partner_id": vendor.id, "move_ids": [(6, 0, bill.ids)]}
    for bill in bills])
requests.action_submit()
result = requests.ids
"""


@pytest.fixture
def receiver():
    # It acknowledges nothing by itself: the tests do, where they want to.
    with receiving() as started:
        yield started


@pytest.fixture
def wex_site(receiver):
    settings = Settings.from_environment()
    with WexSite(settings, "fusion_chaos_wex", receiver.origin + "/in", ack_policy="status") as one:
        yield one


def amounts_of(runs, seed):
    dice = random.Random(seed)
    return [dice.randrange(100, 100_000) for _number in range(runs)]


def until_settled(site, cards=0):
    """Wait until every operation is booked and every delivery has arrived; longer for many."""
    open_rows = """
        SELECT (SELECT count(*) FROM fusion_operation WHERE applied_at IS NULL)
             + (SELECT count(*) FROM fusion_delivery WHERE next_attempt_at IS NOT NULL)
    """
    wait_until(
        lambda: not site.database.value(open_rows), "everything is known", timeout=CALM + cards
    )


def assert_one_card_each(site, amounts):
    """WEX has made exactly one card for each payment, over its amount, and Odoo knows each."""
    issued = site.wex.issued()
    assert sorted(effect["amount"] for effect in issued) == sorted(amounts)
    known = site.database.rows(
        "SELECT reference, round(amount * 100)::int AS cents FROM wex_virtual_card"
    )
    assert {row["reference"]: row["cents"] for row in known} == {
        effect["reference"]: effect["amount"] for effect in issued
    }
    assert sum(effect["amount"] for effect in issued) == sum(amounts)


def assert_each_bill_is_paid_by_its_card(site, amounts):
    """Card by card: over its own bill's amount, and booked as the payment of that bill alone."""
    cards = site.database.rows(
        """
        SELECT c.reference, m.ref AS bill, m.payment_state,
               round(m.amount_total * 100)::int AS billed,
               round(m.amount_residual * 100)::int AS open, round(p.amount * 100)::int AS paid
          FROM wex_virtual_card c
          JOIN wex_card_request_line l ON l.request_id = c.request_id
          JOIN account_move m ON m.id = l.move_id
     LEFT JOIN account_payment p ON p.id = c.payment_id
        """
    )
    limits = {effect["reference"]: effect["amount"] for effect in site.wex.issued()}
    assert sorted(card["bill"] for card in cards) == sorted(
        f"BILL-{number}" for number in range(len(amounts))
    )
    for card in cards:
        cents = amounts[int(card["bill"].removeprefix("BILL-"))]
        assert (card["billed"], card["paid"], card["open"]) == (cents, cents, 0), card
        assert limits[card["reference"]] == cents, card
        assert card["payment_state"] in ("paid", "in_payment"), card
    assert site.database.value("SELECT round(sum(amount) * 100)::int FROM account_payment p "
                               "WHERE p.id IN (SELECT payment_id FROM wex_virtual_card)") == sum(
        amounts
    )  # fmt: skip


def assert_no_number_in_clear(site, numbers):
    """No card's number is in the database or in the log, however it got there."""
    dump, log = site.database.dump(), site.server.log()
    assert numbers
    assert [number for number in numbers if number in dump or number in log] == []


def numbers_of(site):
    """The numbers, from the vault."""
    return site.run(
        """
result = [card._wex_secret().reveal_number() for card in env["wex.virtual.card"].search([])]
"""
    )


def test_every_bill_has_one_card(wex_site, receiver, runs, seed, report):
    amounts = amounts_of(runs, seed)
    wex_site.wex.fault("reset_after", probability=LOST)
    wex_site.wex.fault("slow", delay_s=LATENCY)
    wex_site.run(_PAY_BILLS, account_id=wex_site.account_id, amounts=amounts)
    wex_site.server.start()
    # Long enough for the scheduler to start again and issue some cards before the next kill.
    killer = Killer(wex_site.server, seed, pauses=(8.0, 24.0))
    with killer:
        wait_until(lambda: killer.kills, "one kill", timeout=CALM)
        wait_until(
            lambda: len(wex_site.wex.issued()) > KILLED_UNTIL * runs,
            "most cards are issued",
            timeout=CALM + runs,
        )
    wex_site.wex.behave()
    until_settled(wex_site, runs)
    report(runs=runs, seed=seed, kills=killer.kills, cards=len(wex_site.wex.issued()))
    assert_one_card_each(wex_site, amounts)
    assert_each_bill_is_paid_by_its_card(wex_site, amounts)
    assert_no_number_in_clear(wex_site, numbers_of(wex_site))
    assert receiver.stats()["effects"] == runs


def test_a_caller_that_repeats_gets_one_card_for_each_payment(wex_site, receiver, seed, report):
    """The old proxy issued 77 cards for 60 payments here."""
    amounts = amounts_of(60, seed)
    wex_site.wex.fault("reset_after", probability=LOST)
    wex_site.server.start()
    answers = Counter()

    def collect(number):
        deadline = time.monotonic() + CALM
        while time.monotonic() < deadline:
            try:
                answer = wex_site.ask(number, amounts[number])
            except requests.RequestException:
                answers["broken"] += 1
            else:
                answers[answer.status_code] += 1
                if answer.ok:
                    return answer.json()["card_number"]
            time.sleep(0.5)  # a caller's pause between two tries
        return None

    with ThreadPoolExecutor(CALLERS) as pool:
        numbers = list(pool.map(collect, range(60)))
    until_settled(wex_site)
    report(payments=60, seed=seed, cards=len(wex_site.wex.issued()), answers=dict(answers))
    assert all(numbers)
    assert len(set(numbers)) == 60
    assert_one_card_each(wex_site, amounts)
    assert_no_number_in_clear(wex_site, numbers)
    assert answers[502], "no answer was lost: nothing was proven"


def test_killed_while_its_receiver_is_down_it_delivers_all_after_a_restart(seed, report):
    """The old proxy had issued 100 cards here and delivered none of them."""
    amounts = amounts_of(100, seed)
    settings = Settings.from_environment()
    with receiving() as gone:
        address = gone.origin
    port = address.rpartition(":")[2]
    options = {"ack_policy": "explicit", "retry_delays": "2, 2, 4, 8", "retry_horizon_hours": 1}
    with WexSite(settings, "fusion_chaos_wex_down", address + "/ack", **options) as site:
        site.server.start()
        with ThreadPoolExecutor(CALLERS) as pool:
            statuses = Counter(
                answer.status_code for answer in pool.map(site.ask, range(100), amounts)
            )
        site.server.kill()
        before = site.database.value(
            "SELECT count(*) FROM fusion_delivery WHERE state != 'pending'"
        )
        again = ("--port", port, "--acknowledge", site.origin, "--token", TOKEN)
        with receiving(*again) as receiver:
            site.server.start()
            wait_until(
                lambda: receiver.stats()["acknowledged"] == 100, "all are delivered", timeout=CALM
            )
            stats = receiver.stats()
        until_settled(site)
        report(answers=dict(statuses), delivered_before_the_kill=before, **stats)
        assert statuses == {200: 100}
        assert before == 0
        assert_one_card_each(site, amounts)
        states = site.database.rows("SELECT DISTINCT state FROM fusion_delivery")
        assert [row["state"] for row in states] == ["acknowledged"]
