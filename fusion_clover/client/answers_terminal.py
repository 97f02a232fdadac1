"""Requests to terminals as answers of the ledger, and how a lost one is found again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .client import CloverClient
from .terminal_outcomes import TRUTH, Situation, situation_of_payment
from .terminal_types import Issues, TerminalPaymentRequest
from .terminals import IDLE
from .types import Payment


@dataclass(frozen=True, slots=True)
class Search(Stored):
    """What is known when a payment is looked for.

    :param since_ms: unix milliseconds before which it cannot have been made.
    :param is_wanted: the customer may still be there, so that it may be sent once more.
    :param is_cancelled: the clerk does not want it any more.
    :param never_shown: every attempt was refused before it could show on the screen.
    """

    since_ms: int
    is_wanted: bool = True
    is_cancelled: bool = False
    never_shown: bool = False


def carry_out_payment(
    client: CloverClient, request: TerminalPaymentRequest, key: str, *, is_repeated: bool
) -> Answer:
    """Show the payment under ``key``, wait, and say what became of it.

    Before the refusal of a repetition is believed, the payment is looked for: the first attempt may
    have gone through.

    :raises GatewayError: see :class:`ApiClient`; ``outcome`` says what became of it.
    """
    try:
        answer = client.terminals.pay(request, key)
    except errors.RequestRejectedError:
        payment = _made(client, request) if is_repeated else None
        if payment is None:
            raise
        return payment_answer(payment, request)
    payment = answer.payment
    if not payment.is_failed and payment.currency is None:
        payment = _read_currency(client, payment)
    return payment_answer(payment, request, answer.issues)


def find_payment(
    client: CloverClient, request: TerminalPaymentRequest, search: Search
) -> Answer | None:
    """What became of a payment whose answer got lost; None when it may be sent once more.

    That nothing is found right after a connection broke proves nothing: as long as something is on
    the screen, or the device cannot be asked, the payment may still be made.

    :raises GatewayError: Clover could not be asked.
    """
    payment = _found(client, request, search.since_ms)
    if payment is not None:
        return payment_answer(payment, request)
    status = device_status(client, request.serial)
    if status is not None and status != IDLE:
        return ruled(Situation.ON_SCREEN)
    if status is None and not search.never_shown:
        # Whether it is on a screen that nobody can see from here, or was never there.
        return ruled(Situation.UNREACHABLE)
    if search.is_cancelled:
        return ruled(Situation.CANCELLED)
    return None if search.is_wanted else ruled(Situation.NEVER_ARRIVED)


def payment_answer(
    payment: Payment, request: TerminalPaymentRequest, issues: Issues | None = None
) -> Answer:
    """What a payment object means for the request it answers."""
    situation = situation_of_payment(payment, request.amount.minor)
    if situation == Situation.APPROVED and payment.currency != request.amount.currency:
        situation = Situation.AMOUNT_DIFFERS
    issues = issues or Issues(
        offline=payment.offline,
        partial_of=request.amount.minor if situation == Situation.PARTIAL else None,
    )
    asks = situation in (Situation.PARTIAL, Situation.AMOUNT_DIFFERS, Situation.GIVEN_BACK)
    return Answer(
        outcome=TRUTH[situation].outcome,
        provider_reference=payment.id,
        error_code=None if situation == Situation.APPROVED else str(situation),
        review=_review(payment, request) if asks else None,
        data=_facts(payment, request, issues),
    )


def _facts(
    payment: Payment, request: TerminalPaymentRequest, issues: Issues
) -> dict[str, Any]:
    return {
        "amount": payment.amount,
        "currency": payment.currency,
        "captured": True,
        "tip_amount": payment.tip_amount,
        "additional_charges": payment.additional_charges,
        "card_brand": payment.card_type,
        "card_last4": payment.last4,
        "entry_type": payment.entry_type,
        "auth_code": payment.auth_code,
        "chip": {
            "application_id": payment.application_id,
            "application_label": payment.application_label,
            "cvm_result": payment.cvm_result,
        },
        "order_reference": payment.order_id,
        "external_reference": request.external_reference_id,
        "created_ms": payment.created_ms,
        "serial": request.serial,
        "issues": list(issues.names),
    }


def _review(payment: Payment, request: TerminalPaymentRequest) -> str:
    return (
        f"Asked for {request.amount.minor} {request.amount.currency} (minor units), Clover has "
        f"{payment.amount} {payment.currency or '?'} ({payment.result}), given back "
        f"{payment.returned}"
    )


def ruled(situation: Situation) -> Answer:
    """The answer that a situation without an object stands for."""
    return Answer(outcome=TRUTH[situation].outcome, error_code=str(situation))


def _found(client: CloverClient, request: TerminalPaymentRequest, since_ms: int) -> Payment | None:
    """The payment as the platform has it, which names its currency."""
    payments = client.payments.find_by_external_payment_id(request.external_payment_id, since_ms)
    moved = [payment for payment in payments if not payment.is_failed]
    if moved or payments:
        return (moved or payments)[0]
    try:
        payment = client.terminals.find(request.external_payment_id, request.serial)
    except errors.NotFoundError:
        return None
    except errors.UnknownOutcomeError:
        # The device is not reachable; what the platform knows is all that can be known.
        return None
    return payment if payment.is_failed else _read_currency(client, payment)


def _made(client: CloverClient, request: TerminalPaymentRequest) -> Payment | None:
    try:
        return _found(client, request, 0)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "a repeated payment was refused, and whether the first was made cannot be read",
            code=error.code,
        ) from error


def _read_currency(client: CloverClient, payment: Payment) -> Payment:
    """The same payment from the platform: terminals do not say in which currency they take it."""
    try:
        return client.payments.retrieve(payment.id)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "the payment was made, but its currency cannot be read yet",
            code=error.code,
            provider_reference=payment.id,
        ) from error


def device_status(client: CloverClient, serial: str) -> str | None:
    """What the device does; None when it cannot be asked."""
    try:
        return client.terminals.status(serial)
    except errors.UnknownOutcomeError:
        return None
