"""Convert requests to terminals to answers of the ledger, and look up lost ones."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.stored import Stored

from .client import CloverClient
from .terminal_outcomes import ASKING, TRUTH, Situation, situation_of_payment
from .terminal_types import Issues, TerminalPaymentRequest
from .terminals import IDLE
from .types import Payment


@dataclass(frozen=True, slots=True)
class Search(Stored):
    """What is known when a payment is looked up.

    :param since_ms: unix milliseconds; the payment cannot have been made earlier.
    :param is_wanted: the customer may still be there, so it may be sent again.
    :param is_cancelled: the clerk has cancelled it.
    :param never_shown: every attempt was rejected before it could show on the screen.
    :param waited_out: an attempt was on the screen for the full wait for the customer.
    :param looked_before: an earlier look-up found neither a payment nor anything on the screen.
    """

    since_ms: int
    is_wanted: bool = True
    is_cancelled: bool = False
    never_shown: bool = False
    waited_out: bool = False
    looked_before: bool = False


def carry_out_payment(
    client: CloverClient, request: TerminalPaymentRequest, key: str, *, is_repeated: bool
) -> Answer:
    """Show the payment under ``key``, wait, and return the outcome.

    Before accepting the rejection of a repeat, look up the payment: the first attempt may have
    succeeded.

    :raises GatewayError: see :class:`ApiClient`; ``outcome`` gives the outcome.
    """
    try:
        answer = client.terminals.pay(request, key)
    except errors.RequestRejectedError:
        payment = _made(client, request) if is_repeated else None
        if payment is None or payment.is_failed:
            raise
        return payment_answer(payment, request)
    payment = answer.payment
    if not payment.is_failed and payment.currency is None:
        payment = _read_currency(client, payment)
    return payment_answer(payment, request, answer.issues)


def find_payment(
    client: CloverClient, request: TerminalPaymentRequest, search: Search
) -> Answer | None:
    """Return the outcome of a payment whose answer was lost; None when it may be sent again.

    Finding nothing right after a connection broke proves nothing: while something is on the
    screen, or the device cannot be reached, the payment may still be made. A declined card is not
    final either: the device offers another try.

    :raises GatewayError: Clover could not be reached.
    """
    payment = _found(client, request, search.since_ms)
    if payment is not None and not payment.is_failed:
        return payment_answer(payment, request)
    never_shown = search.never_shown and payment is None
    status = device_status(client, request.serial)
    if status is None and not never_shown:
        # It may be on a screen that cannot be read from here, or may never have been shown.
        return ruled(Situation.UNREACHABLE)
    if status not in (None, IDLE) and not never_shown:
        return ruled(Situation.ON_SCREEN)
    if payment is not None:
        return payment_answer(payment, request)
    if not (search.looked_before or never_shown):
        # It may have been approved between the two calls: the next look-up shows it.
        return None
    if search.is_cancelled:
        return ruled(Situation.CANCELLED)
    if search.waited_out:
        return ruled(Situation.NOBODY_PAID)
    if not search.is_wanted:
        return ruled(Situation.NEVER_ARRIVED)
    # Another request is on the screen.
    return None if status in (None, IDLE) else ruled(Situation.CONFLICT)


def payment_answer(
    payment: Payment, request: TerminalPaymentRequest, issues: Issues | None = None
) -> Answer:
    """Return the answer that a payment object gives to its request."""
    situation = situation_of_payment(payment, request.amount.minor)
    if situation == Situation.APPROVED and payment.currency != request.amount.currency:
        situation = Situation.AMOUNT_DIFFERS
    return Answer(
        outcome=TRUTH[situation].outcome,
        provider_reference=payment.id,
        error_code=None if situation == Situation.APPROVED else str(situation),
        review=_review(payment, request) if situation in ASKING else None,
        data=_facts(payment, request, _all_issues(payment, request, situation, issues or Issues())),
    )


def _all_issues(
    payment: Payment, request: TerminalPaymentRequest, situation: Situation, told: Issues
) -> Issues:
    """Return Clover's warnings and those that the payment itself shows."""
    is_part = situation == Situation.PARTIAL and told.partial_of is None
    return replace(
        told,
        offline=told.offline or payment.offline,
        partial_of=request.amount.minor if is_part else told.partial_of,
    )


def _facts(payment: Payment, request: TerminalPaymentRequest, issues: Issues) -> dict[str, Any]:
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
        "issue_texts": list(issues.texts),
        "signature_svg": issues.signature_svg,
    }


def _review(payment: Payment, request: TerminalPaymentRequest) -> str:
    return (
        f"Asked for {request.amount.minor} {request.amount.currency} (minor units), Clover has "
        f"{payment.amount} {payment.currency or '?'} ({payment.result}), given back "
        f"{payment.returned}"
    )


def ruled(situation: Situation) -> Answer:
    """Return the answer for a situation without an object."""
    return Answer(
        outcome=TRUTH[situation].outcome,
        error_code=str(situation),
        under_way=situation == Situation.ON_SCREEN,
    )


def _found(client: CloverClient, request: TerminalPaymentRequest, since_ms: int) -> Payment | None:
    """Return the payment from the platform, which names its currency."""
    payments = client.payments.find_by_external_payment_id(request.external_payment_id, since_ms)
    moved = [payment for payment in payments if not payment.is_failed]
    if moved or payments:
        return (moved or payments)[0]
    try:
        payment = client.terminals.find(request.external_payment_id, request.serial)
    except errors.NotFoundError:
        return None
    except errors.UnknownOutcomeError:
        # The device cannot be reached; only the platform's data is available.
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
    """Return the same payment from the platform, because terminals do not name the currency."""
    try:
        return client.payments.retrieve(payment.id)
    except errors.GatewayError as error:
        raise errors.UnknownOutcomeError(
            "the payment was made, but its currency cannot be read yet",
            code=error.code,
            provider_reference=payment.id,
        ) from error


def device_status(client: CloverClient, serial: str) -> str | None:
    """Return the device's status; None when it cannot be reached."""
    try:
        return client.terminals.status(serial)
    except errors.UnknownOutcomeError:
        return None
