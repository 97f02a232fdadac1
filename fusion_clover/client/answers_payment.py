"""Convert Clover's payments, whoever made them, to answers of the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .types import Payment


@dataclass(frozen=True, slots=True)
class Return:
    """A refund or void.

    :param id: of the refund, or of the void.
    :param amount: minor units; None for a void, which returns all that was left.
    :param additional_charges: the part of Clover's additions that was returned with it.
    """

    id: str
    amount: int | None
    created_ms: int | None
    is_void: bool = False
    additional_charges: int = 0


def is_captured(payment: Payment) -> bool:
    """Return whether the money was captured, not only authorized.

    "Rules of reading" of the payments reference, docs.clover.com: ``PREAUTH`` is an authorization;
    the flag "captured" is not reliable.
    """
    return payment.transaction_type != "PREAUTH" and payment.result != "AUTH"


def payment_answer(payment: Payment, *, default_currency: str) -> Answer:
    """Return the answer that a payment object gives to the request for that payment.

    The amount includes the tip. Clover's additions come on top of it, as for a charge.

    :param default_currency: for tenders other than cards, for which Clover names none.
    """
    if payment.is_approved:
        outcome = Outcome.SUCCEEDED
    else:
        outcome = Outcome.DECLINED if payment.is_failed else Outcome.UNKNOWN
    return Answer(
        outcome=outcome,
        provider_reference=payment.id,
        data={
            "amount": payment.charged,
            "currency": payment.currency or default_currency,
            "captured": is_captured(payment),
            "tip_amount": payment.tip_amount,
            "additional_charges": payment.additional_charges,
            "card_brand": payment.card_type,
            "card_last4": payment.last4,
            "auth_code": payment.auth_code,
            "order_reference": payment.order_id,
            "external_reference": payment.external_reference_id or payment.external_payment_id,
            "created_ms": payment.created_ms,
        },
    )


def returns_of(payment: Payment) -> tuple[Return, ...]:
    """Return the refunds of a payment, oldest first, without those that failed or are not done yet.

    A void has no refund object; its own id is used if Clover reports it.
    """
    if payment.is_voided:
        identifier = payment.void_payment_id or f"{payment.id}-void"
        return (Return(identifier, None, payment.modified_ms, is_void=True),)
    done = (refund for refund in payment.refunds if refund.is_done)
    return tuple(
        Return(
            refund.id,
            refund.amount,
            refund.created_ms,
            additional_charges=refund.additional_charges,
        )
        for refund in sorted(done, key=lambda refund: (refund.created_ms or 0, refund.id))
    )


def return_answer(
    one: Return, *, amount: int, currency: str, additional_charges: int = 0
) -> Answer:
    """Return the answer that a refund or void gives to its refund request.

    :param amount: minor units that are returned.
    :param additional_charges: minor units of Clover's additions that are returned with it.
    """
    return Answer(
        outcome=Outcome.SUCCEEDED,
        provider_reference=one.id,
        data={
            "amount": amount,
            "currency": currency,
            "created_ms": one.created_ms,
            "voided": one.is_void,
            "additional_charges": additional_charges,
        },
    )
