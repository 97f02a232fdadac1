"""Refunds and credits on terminals as answers of the ledger, and how a lost one is found again."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .answers_terminal import Search, device_status, ruled
from .client import CloverClient
from .terminal_outcomes import Situation
from .terminal_types import TerminalRefund, TerminalRefundRequest
from .terminals import IDLE


def carry_out_terminal_refund(
    client: CloverClient, request: TerminalRefundRequest, key: str, *, is_repeated: bool
) -> Answer:
    """Give money to the card that the customer presents, under ``key``.

    Before the refusal of a repetition is believed, the refund is looked for.

    :raises GatewayError: see :class:`ApiClient`; ``outcome`` says what became of it.
    """
    give = client.terminals.refund if request.payment_id else client.terminals.credit
    try:
        refund = give(request, key)
    except errors.RequestRejectedError:
        found = _made(client, request) if is_repeated else None
        if found is None:
            raise
        return found
    return terminal_refund_answer(refund, request)


def find_terminal_refund(
    client: CloverClient, request: TerminalRefundRequest, search: Search
) -> Answer | None:
    """What became of a refund whose answer got lost; None when it may be sent once more.

    Clover has no list of credits: one whose answer got lost is sent again under its key, which
    gives no money twice, and after that a person has to look.

    :raises GatewayError: Clover could not be asked.
    """
    found = _found(client, request)
    if found is not None:
        return found
    status = device_status(client, request.serial)
    if status is not None and status != IDLE:
        return ruled(Situation.ON_SCREEN)
    if status is None and not search.never_shown:
        return ruled(Situation.UNREACHABLE)
    if request.payment_id is None and not search.never_shown:
        return None if search.is_wanted else ruled(Situation.UNREACHABLE)
    if search.is_cancelled:
        return ruled(Situation.CANCELLED)
    return None if search.is_wanted else ruled(Situation.NEVER_ARRIVED)


def terminal_refund_answer(refund: TerminalRefund, request: TerminalRefundRequest) -> Answer:
    """What a refund or credit means for the request it answers."""
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


def _found(client: CloverClient, request: TerminalRefundRequest) -> Answer | None:
    """The refund of this amount that was not there before; a void has no refund of its own."""
    if request.payment_id is None:
        return None
    payment = client.payments.retrieve(request.payment_id)
    new = [
        refund
        for refund in payment.refunds
        if refund.id not in request.known_refund_ids and refund.amount == request.amount.minor
    ]
    if len(new) > 1:
        ids = ", ".join(refund.id for refund in new)
        return Answer(
            outcome=Outcome.UNKNOWN,
            review=f"Clover has more than one refund that may be this one: {ids}",
        )
    if new:
        found = TerminalRefund(new[0].id, new[0].amount, new[0].created_ms, request.payment_id)
        return terminal_refund_answer(found, request)
    if request.whole and payment.is_voided and payment.void_payment_id:
        voided = TerminalRefund(
            payment.void_payment_id, request.amount.minor, payment.modified_ms, voided=True
        )
        return terminal_refund_answer(voided, request)
    return None


def _made(client: CloverClient, request: TerminalRefundRequest) -> Answer | None:
    try:
        return _found(client, request)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "a repeated refund was refused, and whether the first was made cannot be read",
            code=error.code,
        ) from error
