"""Convert Clover's objects to answers of the ledger: one table per kind of operation."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .charges import MISMATCH, charge_outcome
from .client import CloverClient
from .types import Charge, ChargeRequest, Payment


def charge_answer(charge: Charge, request: ChargeRequest) -> Answer:
    """Return the answer that a charge object gives to its request.

    A charge that differs from the request is neither a success nor a failure: ``review`` says what
    is different.
    """
    outcome = charge_outcome(charge, request)
    review = None
    if outcome == MISMATCH:
        outcome, review = Outcome.UNKNOWN, _mismatch(charge, request)
    elif outcome == Outcome.SUCCEEDED and (charge.refunded or charge.amount_refunded):
        outcome = Outcome.UNKNOWN
        review = f"Clover has given back {charge.amount_refunded} of {charge.amount} minor units"
    elif outcome == Outcome.SUCCEEDED and request.own_surcharge:
        review = _surcharge_problem(charge, request)
        outcome = Outcome.UNKNOWN if review else outcome
    return Answer(
        outcome=outcome,
        provider_reference=charge.id,
        error_code=charge.failure_code,
        review=review,
        data={
            "amount": charge.amount,
            "currency": charge.currency,
            "captured": charge.captured,
            "tip_amount": charge.tip_amount,
            "additional_charges": charge.additional_charges,
            "card_brand": charge.brand,
            "card_last4": charge.last4,
            "card_expiry": _expiry(charge),
            "entry_type": _entry_type(request),
            "auth_code": charge.auth_code,
            "order_reference": charge.order_id,
            "external_reference": charge.external_reference_id or request.external_reference_id,
            "created_ms": charge.created_ms,
        },
    )


def find_charge(client: CloverClient, request: ChargeRequest, since_ms: int) -> Answer | None:
    """Return the outcome of a charge whose answer was lost; None when Clover does not know it.

    The list of charges cannot be searched, but the list of payments can, and both share their ids.
    A declined attempt and its repeat carry the same reference: the one that moved money wins.

    :param since_ms: unix milliseconds; the charge cannot have been made earlier.
    :raises GatewayError: Clover could not be reached.
    """
    payments = client.payments.find_by_external_reference(
        request.external_reference_id or "", since_ms
    )
    if not payments:
        return None
    moved = [payment for payment in payments if not payment.is_failed]
    if not moved:
        return _declined(payments[0])
    answer = charge_answer(client.charges.retrieve(moved[0].id), request)
    if len(moved) > 1:
        ids = ", ".join(payment.id for payment in moved)
        return Answer(
            outcome=Outcome.UNKNOWN,
            provider_reference=answer.provider_reference,
            data=answer.data,
            review=f"Clover has more than one payment under this reference: {ids}",
        )
    return answer


def _declined(payment: Payment) -> Answer:
    return Answer(
        outcome=Outcome.DECLINED, provider_reference=payment.id, error_code="card_declined"
    )


def _entry_type(request: ChargeRequest) -> str:
    """Return how the card was entered, in the platform's word if it has one (``entryType``)."""
    stored = request.stored_credentials
    if stored is not None and stored.sequence == "SUBSEQUENT":
        return "VAULTED"
    return "KEYED" if request.ecomind == "moto" else "ECOM"


def _expiry(charge: Charge) -> str | None:
    """Return ``MM/YYYY``; Clover writes the year with two or four digits."""
    month, year = charge.exp_month or "", charge.exp_year or ""
    if not (month.isdigit() and year.isdigit()):
        return None
    return f"{int(month):02}/{int(year) + 2000 if len(year) == 2 else year}"


def _surcharge_problem(charge: Charge, request: ChargeRequest) -> str | None:
    """Return what is wrong with a charge that includes our own surcharge; None if nothing is."""
    if charge.additional_charges:
        return (
            f"Clover added {charge.additional_charges} (minor units) although our surcharge of "
            f"{request.own_surcharge} is in the amount: one of them has to go back"
        )
    if charge.first6 and charge.first6 != request.quoted_first6:
        return (
            f"Our surcharge of {request.own_surcharge} (minor units) was meant for another card "
            "than the one that was charged, which may be no credit card"
        )
    return None


def _mismatch(charge: Charge, request: ChargeRequest) -> str:
    return (
        f"Asked for {request.amount.minor} {request.amount.currency} (minor units), "
        f"Clover took {charge.total} {charge.currency}"
        + ("" if charge.captured else ", not captured")
    )
