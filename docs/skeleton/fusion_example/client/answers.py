"""Charges as answers of the ledger."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .client import ExampleClient
from .types import Charge, ChargeRequest

_OUTCOMES = {
    "succeeded": Outcome.SUCCEEDED,
    "pending": Outcome.PENDING,
    "failed": Outcome.DECLINED,
}


def charge_answer(charge: Charge, request: ChargeRequest) -> Answer:
    """What a charge means for the request it answers.

    A word that nobody knows is no success. Money that moved otherwise than asked is neither a
    success nor a failure: ``review`` puts it before a manager.
    """
    outcome = _OUTCOMES.get(charge.status, Outcome.UNKNOWN)
    review = None
    moved = (charge.amount, charge.currency.upper())
    if outcome == Outcome.SUCCEEDED and moved != (request.amount.minor, request.amount.currency):
        outcome, review = Outcome.UNKNOWN, f"{moved} moved, {request.amount.format()} was asked for"
    return Answer(
        outcome=outcome,
        provider_reference=charge.id,
        review=review,
        data={"amount": charge.amount, "currency": charge.currency.upper()},
    )


def find_charge(client: ExampleClient, request: ChargeRequest) -> Answer | None:
    """What became of a charge whose answer was lost; None: the provider does not know it."""
    charge = client.find(request.reference)
    return charge_answer(charge, request) if charge else None
