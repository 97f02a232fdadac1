"""Everything that moved money at a merchant in a period, for the comparison with the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .answers_payment import is_captured
from .client import CloverClient
from .types import Payment, PlatformRefund

#: Filters on time reach back 90 days at Clover ("Get payments", docs.clover.com reference).
REACH_MS = 90 * 24 * 3600 * 1000
#: Tender that never reaches a bank by way of Clover.
CASH = "com.clover.tender.cash"


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment or refund as the comparison needs it; amounts in minor units.

    :param kind: ``payment`` or ``refund``.
    :param payment_ref: of a refund, the payment it belongs to; of a payment, itself.
    :param state: ``taken``, ``held``, ``voided``, ``released`` (held, then let go), ``open`` or
        ``failed``; of a refund, ``returned`` or ``failed``.
    :param net: what moved to the merchant; negative for a refund, 0 for what was voided.
    :param is_earlier: made before the period, only changed in it.
    """

    kind: str
    ref: str
    payment_ref: str
    state: str
    total: int
    net: int
    created_ms: int
    tip: int = 0
    surcharge: int = 0
    currency: str | None = None
    external_reference: str | None = None
    order_ref: str | None = None
    tender: str | None = None
    is_cash: bool = False
    card_brand: str | None = None
    card_last4: str | None = None
    device_ref: str | None = None
    employee_ref: str | None = None
    is_earlier: bool = False


def entries_of(client: CloverClient, since_ms: int, until_ms: int) -> Iterator[Entry]:
    """Read what was made or changed from ``since_ms`` to before ``until_ms`` (unix ms).

    A row may come twice when something is made while the list is read: whoever keeps them keeps
    the first one of each ``ref``.

    :raises GatewayError: Clover cannot be asked.
    """
    for payment in client.payments.list_created(since_ms, until_ms):
        yield payment_entry(payment)
    for payment in client.payments.list_changed(since_ms, until_ms, since_ms - REACH_MS):
        yield payment_entry(payment, is_earlier=True)
    for refund in client.payments.list_refunds(since_ms, until_ms):
        yield refund_entry(refund)


def payment_entry(payment: Payment, *, is_earlier: bool = False) -> Entry:
    """A payment as an entry."""
    state = payment_state(payment)
    return Entry(
        kind="payment",
        ref=payment.id,
        payment_ref=payment.id,
        state=state,
        total=payment.total,
        net=payment.total if state == "taken" else 0,
        created_ms=payment.created_ms or 0,
        tip=payment.tip_amount,
        surcharge=payment.additional_charges,
        currency=payment.currency,
        external_reference=payment.external_reference_id or payment.external_payment_id,
        order_ref=payment.order_id,
        tender=payment.tender_label or payment.tender_key,
        is_cash=payment.tender_key == CASH,
        card_brand=payment.card_type,
        card_last4=payment.last4,
        device_ref=payment.device_id,
        employee_ref=payment.employee_id,
        is_earlier=is_earlier,
    )


def payment_state(payment: Payment) -> str:
    """What a payment is to the books; a result that is not known to us is open."""
    if payment.is_failed:
        return "failed"
    if payment.is_voided:
        return "released" if payment.transaction_type == "PREAUTH" else "voided"
    if not payment.is_approved:
        return "open"
    return "taken" if is_captured(payment) else "held"


def refund_entry(refund: PlatformRefund) -> Entry:
    """A refund as an entry."""
    total = refund.amount + refund.additional_charges
    return Entry(
        kind="refund",
        ref=refund.id,
        payment_ref=refund.payment_id,
        state="returned" if refund.is_done else "failed",
        total=total,
        net=-total if refund.is_done else 0,
        created_ms=refund.created_ms,
        surcharge=refund.additional_charges,
        device_ref=refund.device_id,
        employee_ref=refund.employee_id,
    )
