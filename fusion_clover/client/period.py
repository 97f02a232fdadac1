"""Everything that moved money at a merchant in a period, for the comparison with the books."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .answers_payment import is_captured
from .client import CloverClient
from .types import Payment, PlatformRefund

#: Filters on time reach back 90 days: "Get all orders", docs.clover.com; for payments this is not
#: documented, and the same is assumed.
REACH_MS = 90 * 24 * 3600 * 1000
#: Type of an authorization that was captured: "cardTransaction.type" of "Get all payments",
#: docs.clover.com.
CAPTURED_LATER = "PREAUTHCAPTURE"
#: Tender that never reaches a bank through Clover; "Create a charge", docs.clover.com.
CASH = "com.clover.tender.cash"


@dataclass(frozen=True, slots=True)
class Entry:
    """A payment or refund as the comparison needs it; amounts in minor units.

    :param kind: ``payment`` or ``refund``.
    :param payment_ref: of a refund, the payment it belongs to; of a payment, its own id.
    :param state: ``taken``, ``held``, ``voided``, ``released`` (held, then released), ``open`` or
        ``failed``; of a refund, ``returned`` or ``failed``.
    :param net: the merchant's share of it by now; negative for a refund, 0 for a void.
    :param moved: amount that moved in this period: nothing for an earlier payment that only got a
        refund, which is a separate entry; everything for an earlier authorization captured in it.
    :param moved_ms: when that was.
    :param is_capture: an authorization that was captured later.
    :param is_earlier: made before the period, only changed in it.
    """

    kind: str
    ref: str
    payment_ref: str
    state: str
    total: int
    net: int
    created_ms: int
    moved: int = 0
    moved_ms: int = 0
    is_capture: bool = False
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


@dataclass(frozen=True, slots=True)
class Period:
    """The time from ``since_ms`` to before ``until_ms`` (unix ms).

    :param settled_ms: changes from this time on are ignored, because they are still under way.
    """

    since_ms: int
    until_ms: int
    settled_ms: int

    def __contains__(self, moment_ms: int) -> bool:
        return self.since_ms <= moment_ms < self.until_ms


def entries_of(client: CloverClient, period: Period) -> Iterator[Entry]:
    """Yield what was made in the period, and what was made earlier and changed since it began.

    A row may come twice when something is made while the list is read; the caller keeps the first
    one of each ``ref``.

    :raises GatewayError: Clover cannot be reached.
    """
    for payment in client.payments.list_created(period.since_ms, period.until_ms):
        yield payment_entry(payment, period)
    # Clover's reach counts from today: anything made before that cannot be requested.
    reach = max(period.since_ms, period.settled_ms) - REACH_MS
    for payment in client.payments.list_changed(period.since_ms, reach):
        if (payment.modified_ms or 0) < max(period.until_ms, period.settled_ms):
            yield payment_entry(payment, period)
    for refund in client.payments.list_refunds(period.since_ms, period.until_ms):
        yield refund_entry(refund)


def payment_entry(payment: Payment, period: Period) -> Entry:
    """Return a payment as an entry."""
    state = payment_state(payment)
    moved, moved_ms = _movement(payment, state, period)
    return Entry(
        kind="payment",
        ref=payment.id,
        payment_ref=payment.id,
        state=state,
        total=payment.total,
        net=payment.total if state == "taken" else 0,
        created_ms=payment.created_ms or 0,
        moved=moved,
        moved_ms=moved_ms,
        is_capture=payment.transaction_type == CAPTURED_LATER,
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
        is_earlier=(payment.created_ms or 0) < period.since_ms,
    )


def _movement(payment: Payment, state: str, period: Period) -> tuple[int, int]:
    """Return what a payment moved in the period (minor units), and when (unix ms).

    Clover reports only the last change. A captured payment is assumed to have been captured then,
    unless a refund explains the change.
    """
    created = payment.created_ms or 0
    changed = payment.modified_ms or created
    if payment.transaction_type == CAPTURED_LATER and state == "taken":
        refunded = [refund.created_ms or 0 for refund in payment.refunds if refund.is_done]
        captured = created if any(moment in period for moment in refunded) else changed
        return (payment.total, captured) if captured in period else (0, captured)
    if state == "taken":
        return (payment.total, created) if created in period else (0, created)
    if state != "voided":
        return 0, created
    if created in period:
        # Voided after the period: within it, the money had moved.
        return (0, changed) if changed in period else (payment.total, created)
    return (-payment.total, changed) if changed in period else (0, changed)


def payment_state(payment: Payment) -> str:
    """Return the payment's state in the books; an unknown result counts as open."""
    if payment.is_failed:
        return "failed"
    if payment.is_voided:
        return "released" if payment.transaction_type == "PREAUTH" else "voided"
    if not payment.is_approved:
        return "open"
    return "taken" if is_captured(payment) else "held"


def refund_entry(refund: PlatformRefund) -> Entry:
    """Return a refund as an entry."""
    total = refund.amount + refund.additional_charges
    return Entry(
        kind="refund",
        ref=refund.id,
        payment_ref=refund.payment_id,
        state="returned" if refund.is_done else "failed",
        total=total,
        net=-total if refund.is_done else 0,
        created_ms=refund.created_ms,
        moved=-total if refund.is_done else 0,
        moved_ms=refund.created_ms,
        surcharge=refund.additional_charges,
        device_ref=refund.device_id,
        employee_ref=refund.employee_id,
    )
