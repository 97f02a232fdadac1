"""Convert Clover's refunds and voids to answers of the ledger, and look up lost ones."""

from __future__ import annotations

from collections.abc import Collection

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .charges import MISMATCH
from .client import CloverClient
from .followups import RefundRequest
from .refunds import refund_outcome
from .types import Refund


def carry_out_refund(client: CloverClient, request: RefundRequest, key: str) -> Answer:
    """Refund under ``key`` and return the outcome.

    Once Clover has forgotten a key, it rejects the repeat of a successful refund like one that is
    too large. Before accepting a rejection, look up the refund by our reference.

    :raises GatewayError: see :class:`ApiClient`; ``outcome`` gives the outcome.
    """
    try:
        refund = client.refunds.create(
            request.charge_id, request.amount, request.reason, request.external_reference_id, key
        )
    except errors.RequestRejectedError as error:
        if type(error) is not errors.RequestRejectedError:
            raise
        own = _own_refunds(_refunds_of(client, request), request)
        if not own:
            raise
        refund = own[0]
    return refund_answer(refund, request, voided=_was_voided(client, request))


def find_refund(
    client: CloverClient, request: RefundRequest, other_ids: Collection[str], since_ms: int
) -> Answer | None:
    """Return the outcome of a refund whose answer was lost; None when Clover does not know it.

    Look up the refund by our reference. If Clover shows no reference, take a refund of the same
    amount that was made since then and belongs to no other operation; if there are several, a
    person decides. Clover may show a refunded whole charge as voided, without any refund.

    :param other_ids: refunds that belong to other operations.
    :param since_ms: unix milliseconds; the refund cannot have been made earlier.
    :raises GatewayError: Clover could not be reached.
    """
    refunds = client.refunds.list_for_charge(request.charge_id)
    others = {*other_ids, *request.known_refund_ids}
    found = _own_refunds(refunds, request) or [
        refund
        for refund in refunds
        if not refund.external_reference_id
        and refund.id not in others
        and refund.amount == request.amount.minor
        and (refund.created_ms is None or refund.created_ms >= since_ms)
    ]
    if not found:
        return _voided_answer(client, request)
    answer = refund_answer(found[0], request, voided=_was_voided(client, request))
    if len(found) == 1:
        return answer
    ids = ", ".join(refund.id for refund in found)
    return Answer(
        outcome=Outcome.UNKNOWN,
        provider_reference=answer.provider_reference,
        data=answer.data,
        review=f"Clover has more than one refund that may be this one: {ids}",
    )


def refund_answer(
    refund: Refund, request: RefundRequest, *, voided: bool | None = None
) -> Answer:
    """Return the answer that a refund object gives to its request.

    :param voided: whether Clover shows the payment as voided; None if that is not known.
    """
    outcome = refund_outcome(refund, request.charge_id, request.amount)
    review = None
    if outcome == MISMATCH:
        outcome = Outcome.UNKNOWN
        review = (
            f"Asked to give back {request.amount.minor} {request.amount.currency} (minor units) "
            f"of {request.charge_id}, Clover gave back {refund.amount} "
            f"{refund.currency or ''} of {refund.charge_id}"
        )
    return Answer(
        outcome=outcome,
        provider_reference=refund.id,
        review=review,
        data={
            "amount": refund.amount,
            "currency": refund.currency or request.amount.currency,
            "additional_charges": refund.additional_charges,
            "external_reference": request.external_reference_id,
            "created_ms": refund.created_ms,
            "voided": voided,
        },
    )


def _own_refunds(refunds: list[Refund], request: RefundRequest) -> list[Refund]:
    """Return the refunds with our reference; a failed attempt does not hide its repeat."""
    own = [
        refund
        for refund in refunds
        if refund.external_reference_id
        and refund.external_reference_id == request.external_reference_id
    ]
    return [refund for refund in own if refund.status != "failed"] or own[:1]


def _refunds_of(client: CloverClient, request: RefundRequest) -> list[Refund]:
    try:
        return client.refunds.list_for_charge(request.charge_id)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "Clover refused a refund, and whether it had made it before cannot be read",
            code=error.code,
        ) from error


def _was_voided(client: CloverClient, request: RefundRequest) -> bool | None:
    """Return whether the payment is void now. Only informs the clerk, so errors are ignored."""
    if not request.whole:
        return False
    try:
        return client.payments.retrieve(request.charge_id).is_voided
    except errors.GatewayError:
        return None


def _voided_answer(client: CloverClient, request: RefundRequest) -> Answer | None:
    """Return the answer for a void, which has no refund object; None if there is no void.

    The payment was not void when this request started, so a void belongs to this request.
    """
    if not request.whole:
        return None
    payment = client.payments.retrieve(request.charge_id)
    if not payment.is_voided:
        return None
    return Answer(
        outcome=Outcome.SUCCEEDED,
        provider_reference=payment.void_payment_id,
        data={
            "amount": request.amount.minor,
            "currency": request.amount.currency,
            "additional_charges": payment.additional_charges,
            "external_reference": request.external_reference_id,
            "created_ms": payment.modified_ms,
            "voided": True,
        },
    )
