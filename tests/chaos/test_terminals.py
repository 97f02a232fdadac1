"""SIGKILL of web and cron workers while customers stand at terminals: one payment per intent."""

import random
import threading
import time

import requests

from tests.e2e.support.books import Books
from tests.e2e.support.rpc import OdooError
from tests.e2e.support.terminal import PAYMENTS, Terminals
from tests.e2e.support.waiting import wait_until

from .killer import Killer

WIZARD = "clover.payment.wizard"
TERMINALS = 4
#: Seconds until every open outcome has to be known once everything works again.
CALM = 480
FAULTS = ("timeout_after", "reset_before", "reset_after", "http_500", "truncate")


def test_every_intent_is_paid_once_and_booked_once(site, runs, seed, report):
    dice = random.Random(seed)
    count = max(TERMINALS, runs // 5)
    terminals = Terminals(site)
    rows = terminals.at_least(TERMINALS)
    invoices = [site.invoice(dice.randrange(100, 50_000)) for _ in range(count)]
    for fault in FAULTS:
        site.clover.fault(fault, path=PAYMENTS, probability=0.06, delay_s=3)
    for row in rows:
        terminals.tell(row["serial"], "approve", after_s=dice.uniform(0.5, 4.0))
    clerks = [site.clerk(f"{name} Chaos") for name in ("Kay", "Lou", "Max", "Ned")]
    queue = list(invoices)
    lock = threading.Lock()

    def work(row, user):
        while True:
            with lock:
                if not queue:
                    return
                invoice = queue.pop()
            _collect(user, invoice, row)

    threads = [
        threading.Thread(target=work, args=pair) for pair in zip(rows, clerks, strict=True)
    ]
    killer = Killer(site.server, seed, pauses=(8.0, 20.0))
    with killer:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    site.clover.behave()
    books = Books(site.database, site.clover)
    wait_until(
        lambda: all(books.is_settled(invoice) for invoice in invoices),
        "every outcome is known",
        timeout=CALM,
    )
    effects = site.clover.ledger()
    report(
        runs=count,
        seed=seed,
        kills=killer.kills,
        payments_at_clover=len(effects),
        requests=len(site.clover.journal("POST", PAYMENTS)),
    )
    assert killer.kills
    for invoice in invoices:
        books.assert_collected_once(invoice)
    assert len(effects) == count


def _collect(user, invoice, row):
    """Send it, as often as it takes until Odoo has it, and wait until the invoice is paid."""
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        try:
            move = user.read("account.move", invoice.id, "payment_state")
            if move["payment_state"] in ("paid", "in_payment"):
                return
            action = user.call("account.move", "action_clover_collect_payment", [invoice.id])
            dialog = [action["res_id"]]
            status = user.call(WIZARD, "clover_terminal_status", dialog)
            if status["state"] in ("ready", "declined", "cancelled"):
                values = {"terminal_id": row["id"], "method": "terminal"}
                user.call(WIZARD, "write", dialog, values)
                user.call(WIZARD, "clover_send_to_terminal", dialog)
        except (OdooError, requests.RequestException, ValueError):
            # Killed, in use, or still being checked: a clerk looks again.
            time.sleep(0.5)
        time.sleep(0.5)
    raise AssertionError(f"{invoice.name} was not paid in time")
