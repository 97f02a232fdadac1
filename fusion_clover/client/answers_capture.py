"""Captures of Clover as answers of the ledger: "Capture a charge", docs.clover.com."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .client import CloverClient
from .followups import CaptureRequest
from .types import Charge

#: "Ecommerce API error codes", docs.clover.com.
ALREADY_CAPTURED = "charge_already_captured"


def carry_out_capture(client: CloverClient, request: CaptureRequest, key: str) -> Answer:
    """Capture the authorized amount under ``key`` and return the outcome.

    A charge can be captured only once. If it is already captured, by a call whose answer was lost
    or in Clover's dashboard, that counts as this capture.

    :raises GatewayError: see :class:`ApiClient`; ``outcome`` gives the outcome.
    """
    try:
        charge = client.charges.capture(
            request.charge_id, request.amount, key, client_ip=request.client_ip
        )
    except errors.RequestRejectedError as error:
        if error.code != ALREADY_CAPTURED:
            raise
        charge = client.charges.retrieve(request.charge_id)
    return capture_answer(charge, request)


def find_capture(client: CloverClient, request: CaptureRequest) -> Answer | None:
    """Return the outcome of a capture whose answer was lost; None while nothing is captured.

    :raises GatewayError: Clover could not be reached.
    """
    charge = client.charges.retrieve(request.charge_id)
    return capture_answer(charge, request) if charge.captured else None


def capture_answer(charge: Charge, request: CaptureRequest) -> Answer:
    """Return the answer that a charge object gives to the capture request."""
    review = None
    if charge.status == "failed":
        outcome = Outcome.DECLINED
    elif charge.status != "succeeded" or not charge.paid or not charge.captured:
        outcome = Outcome.UNKNOWN
    elif (charge.amount, charge.currency) != (request.amount.minor, request.amount.currency):
        outcome = Outcome.UNKNOWN
        review = (
            f"Asked to capture {request.amount.minor} {request.amount.currency} (minor units), "
            f"Clover captured {charge.amount} {charge.currency}"
        )
    else:
        outcome = Outcome.SUCCEEDED
    return Answer(
        outcome=outcome,
        provider_reference=charge.id,
        error_code=charge.failure_code,
        review=review,
        data={
            "amount": charge.amount,
            "currency": charge.currency,
            "captured": charge.captured,
            "additional_charges": charge.additional_charges,
            "card_brand": charge.brand,
            "card_last4": charge.last4,
            "auth_code": charge.auth_code,
            "order_reference": charge.order_id,
            "external_reference": charge.external_reference_id,
        },
    )
