"""Convert refunds and credits on terminals to answers of the ledger, and look up lost ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .answers_terminal import Search, device_status, ruled
from .client import CloverClient
from .credits import Credit
from .terminal_outcomes import Situation
from .terminal_types import TerminalRefund, TerminalRefundRequest
from .terminals import IDLE
from .types import Payment


def carry_out_terminal_refund(
    client: CloverClient,
    request: TerminalRefundRequest,
    key: str,
    *,
    is_repeated: bool,
    since_ms: int = 0,
    other_ids: Collection[str] = (),
) -> Answer:
    """Refund or credit the card that the customer presents, under ``key``.

    Before accepting the rejection of a repeat, look up the refund.

    :param since_ms: unix milliseconds; the refund cannot have been made earlier.
    :param other_ids: credits that belong to other operations.
    :raises GatewayError: see :class:`ApiClient`; ``outcome`` gives the outcome.
    """
    try:
        refund = _give(client, request, key)
    except errors.RequestRejectedError:
        found = _made(client, request, since_ms, other_ids) if is_repeated else None
        if found is None:
            raise
        return found
    return terminal_refund_answer(refund, request)


def _give(client: CloverClient, request: TerminalRefundRequest, key: str) -> TerminalRefund:
    if request.payment_id is None:
        return client.terminals.credit(request, key)
    if request.void:
        return client.terminals.void(request, key)
    return client.terminals.refund(request, key)


def find_terminal_refund(
    client: CloverClient,
    request: TerminalRefundRequest,
    search: Search,
    other_ids: Collection[str] = (),
) -> Answer | None:
    """Return the outcome of a refund whose answer was lost; None when it may be sent again.

    A credit does not carry our reference: take one of the same amount on the same device that
    belongs to no other operation. An empty list proves less than for a refund: the credit is sent
    again under its key, which cannot pay twice; after that a person has to check.

    :param other_ids: credits that belong to other operations.
    :raises GatewayError: Clover could not be reached.
    """
    found = _found_if_listed(client, request, search.since_ms, other_ids)
    if found is not None:
        return found
    status = device_status(client, request.serial)
    if status is None and not search.never_shown:
        return ruled(Situation.UNREACHABLE)
    if status not in (None, IDLE) and not search.never_shown:
        return ruled(Situation.ON_SCREEN)
    if not (search.looked_before or search.never_shown):
        # It may have been made between the two calls: the next look-up shows it.
        return None
    nobody_waits = search.is_cancelled or search.waited_out or not search.is_wanted
    if request.payment_id is None and not search.never_shown:
        return ruled(Situation.UNREACHABLE) if nobody_waits else None
    if search.is_cancelled:
        return ruled(Situation.CANCELLED)
    if search.waited_out:
        return ruled(Situation.NOBODY_PAID)
    if not search.is_wanted:
        return ruled(Situation.NEVER_ARRIVED)
    # Another request is on the screen.
    return None if status in (None, IDLE) else ruled(Situation.CONFLICT)


def terminal_refund_answer(refund: TerminalRefund, request: TerminalRefundRequest) -> Answer:
    """Return the answer that a refund or credit gives to its request."""
    review = None
    if refund.amount != request.amount.minor:
        review = (
            f"Asked to give back {request.amount.minor} {request.amount.currency} (minor units), "
            f"the terminal gave back {refund.amount}"
        )
    return Answer(
        outcome=Outcome.UNKNOWN if review else Outcome.SUCCEEDED,
        provider_reference=refund.id,
        review=review,
        data={
            "amount": refund.amount,
            "currency": request.amount.currency,
            "created_ms": refund.created_ms,
            "voided": refund.voided,
        },
    )


def read_terminal_refund(
    client: CloverClient, request: TerminalRefundRequest, identifier: str
) -> Answer:
    """Return the answer that the refund, void or credit named by a person gives to this request.

    If Clover shows no credits, accept the person's word: the customer has signed the slip.

    :raises GatewayError: Clover could not be reached, or does not know it.
    """
    if request.payment_id is None:
        return terminal_refund_answer(_named_credit(client, request, identifier), request)
    payment = client.payments.retrieve(request.payment_id)
    if payment.is_voided and payment.void_payment_id == identifier:
        return _voided(payment, request)
    refund = client.payments.retrieve_refund(identifier)
    if refund.payment_id != request.payment_id:
        raise errors.NotFoundError("it is a refund of another payment", code="other_payment")
    found = TerminalRefund(refund.id, refund.amount, refund.created_ms, refund.payment_id)
    return terminal_refund_answer(found, request)


def _found(
    client: CloverClient,
    request: TerminalRefundRequest,
    since_ms: int,
    other_ids: Collection[str],
) -> Answer | None:
    if request.payment_id is None:
        return _found_credit(client, request, since_ms, other_ids)
    return _found_refund(client, request, request.payment_id)


def _found_credit(
    client: CloverClient,
    request: TerminalRefundRequest,
    since_ms: int,
    other_ids: Collection[str],
) -> Answer | None:
    """Return the credit of this amount that the device has given since then.

    :raises NotFoundError: Clover shows no credits.
    """
    own = [
        credit
        for credit in client.credits.list_made(request.amount.minor, since_ms)
        if credit.id not in other_ids
        and not credit.voided
        and credit.device_ref in (None, request.device_ref or credit.device_ref)
    ]
    if len(own) > 1:
        return _several(credit.id for credit in own)
    return terminal_refund_answer(_of_credit(own[0]), request) if own else None


def _found_if_listed(
    client: CloverClient,
    request: TerminalRefundRequest,
    since_ms: int,
    other_ids: Collection[str],
) -> Answer | None:
    try:
        return _found(client, request, since_ms, other_ids)
    except errors.NotFoundError:
        if request.payment_id is not None:
            raise
        return None


def _named_credit(
    client: CloverClient, request: TerminalRefundRequest, identifier: str
) -> TerminalRefund:
    try:
        return _of_credit(client.credits.retrieve(identifier))
    except errors.NotFoundError:
        if client.credits.are_shown():
            raise
        return TerminalRefund(identifier, request.amount.minor)


def _of_credit(credit: Credit) -> TerminalRefund:
    return TerminalRefund(credit.id, credit.amount, credit.created_ms)


def _several(identifiers: Iterable[str]) -> Answer:
    return Answer(
        outcome=Outcome.UNKNOWN,
        review=f"Clover has more than one refund that may be this one: {', '.join(identifiers)}",
    )


def _voided(payment: Payment, request: TerminalRefundRequest) -> Answer:
    """Return the answer for a void, which has no refund object."""
    refund = TerminalRefund(
        payment.void_payment_id or f"{payment.id}-void",
        request.amount.minor,
        payment.modified_ms,
        payment.id,
        voided=True,
    )
    return terminal_refund_answer(refund, request)


def _found_refund(
    client: CloverClient, request: TerminalRefundRequest, payment_id: str
) -> Answer | None:
    """Return the refund of this amount that was not there before."""
    payment = client.payments.retrieve(payment_id)
    new = [
        refund
        for refund in payment.refunds
        if refund.id not in request.known_refund_ids
        and refund.amount == request.amount.minor
        and not refund.is_failed
    ]
    if len(new) > 1:
        return _several(refund.id for refund in new)
    if new and not new[0].is_done:
        return Answer(outcome=Outcome.PENDING, provider_reference=new[0].id)
    if new:
        found = TerminalRefund(new[0].id, new[0].amount, new[0].created_ms, payment_id)
        return terminal_refund_answer(found, request)
    if request.whole and payment.is_voided and payment.void_payment_id:
        return _voided(payment, request)
    return None


def _made(
    client: CloverClient,
    request: TerminalRefundRequest,
    since_ms: int,
    other_ids: Collection[str],
) -> Answer | None:
    try:
        return _found(client, request, since_ms, other_ids)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "a repeated refund was refused, and whether the first was made cannot be read",
            code=error.code,
        ) from error
