"""Refunds of credit notes under SIGKILL and lost answers: each given back once, and booked."""

import random
import time

import requests

from tests.e2e.support.clover import VISA
from tests.e2e.support.rpc import OdooError
from tests.e2e.support.waiting import wait_until

from .faults import misbehave
from .impatient_clerk import PAUSE, ImpatientClerk
from .killer import Killer

MOVE = "account.move"
WIZARD = "clover.refund.wizard"
REFUNDS = "/v1/refunds"
#: Seconds until every open outcome has to be known once everything works again.
CALM = 480


def credit_note(admin, invoice, cents):
    """A posted credit note over a part of a paid invoice."""
    note = admin.call(MOVE, "action_clover_refund", [invoice.id])["res_id"]
    (line,) = admin.read(MOVE, note, "invoice_line_ids")["invoice_line_ids"]
    values = {"quantity": 1.0, "price_unit": cents / 100, "tax_ids": [[5]]}
    admin.call(MOVE, "write", [note], {"invoice_line_ids": [[1, line, values]]})
    admin.call(MOVE, "action_post", [note])
    return note


def give_back(admin, note, *, give_up_after):
    """Click Refund again and again until the credit note is settled; return how many tries."""
    deadline, tries = time.monotonic() + give_up_after, 0
    while time.monotonic() < deadline:
        try:
            if not admin.read(MOVE, note, "amount_residual")["amount_residual"]:
                break
            dialog = admin.call(MOVE, "action_clover_refund", [note])["res_id"]
            tries += 1
            admin.call(WIZARD, "action_refund", [dialog])
        except (OdooError, requests.RequestException, ValueError):
            # Refused, or the server is down: an impatient person tries again.
            pass
        time.sleep(PAUSE)
    return tries


def test_every_refund_is_made_once_and_booked_once(site, runs, seed, report):
    count = max(3, runs // 4)
    dice = random.Random(seed)
    clerk = ImpatientClerk(site.clerk("Rosa Refunds"), site.clover)
    notes = {}
    for _number in range(count):
        invoice = site.invoice(dice.randrange(2_000, 20_000))
        assert clerk.collect(invoice, VISA, give_up_after=60) == "paid"
        cents = dice.randrange(100, invoice.cents)
        notes[credit_note(site.admin, invoice, cents)] = cents
    site.answer_within(3)
    misbehave(site.clover, REFUNDS)

    killer = Killer(site.server, seed, pauses=(4.0, 12.0))
    with killer:
        tries = sum(give_back(site.admin, note, give_up_after=90) for note in notes)
    site.clover.behave()

    wait_until(
        lambda: not site.database.value(
            "SELECT count(*) FROM fusion_operation WHERE applied_at IS NULL"
        ),
        "every outcome is known",
        timeout=CALM,
    )
    refunds = [effect for effect in site.clover.ledger() if effect["kind"] == "refund"]
    report(
        credit_notes=count,
        seed=seed,
        kills=killer.kills,
        refunds_tried=tries,
        refunds_at_clover=len(refunds),
    )
    booked = site.database.rows(
        """SELECT tx.provider_reference AS id, round(-tx.amount * 100)::int AS cents,
                  link.invoice_id AS note
             FROM payment_transaction tx
             JOIN account_invoice_transaction_rel link ON link.transaction_id = tx.id
            WHERE tx.operation = 'refund' AND tx.state = 'done' AND tx.payment_id IS NOT NULL"""
    )
    assert {row["note"]: row["cents"] for row in booked} == notes
    assert sorted((row["id"], row["cents"]) for row in booked) == sorted(
        (effect["id"], abs(effect["amount"])) for effect in refunds
    )
    for note in notes:
        assert site.admin.read(MOVE, note, "amount_residual")["amount_residual"] == 0
