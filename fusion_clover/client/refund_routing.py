"""Decide how money can be returned to a card, and why the other ways are closed.

Sources: "Refund payments and void transactions", "Ecommerce API error codes" and the payments
reference, docs.clover.com; what was seen live is in the comments.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo.addons.fusion_payment_common.lib.stored import Stored

from .types import Gateway, MerchantProperties, Payment

DAY_MS = 24 * 3600 * 1000
#: Milliseconds in which a device can void a final payment; after that, Clover refunds it instead
#: ("Void a payment", docs.clover.com).
DEVICE_VOID_MS = 25 * 60 * 1000

#: Card types whose networks require the card to be present for a refund. The words are those of
#: "cardType" in "Get all payments", docs.clover.com; Interac: "Canadian merchants", there.
CARD_PRESENT_ONLY = frozenset({"INTERAC", "EFTPOS", "EBT"})


class Way(StrEnum):
    """How money is returned, in order of preference."""

    VOID = "void"
    REFUND = "refund"
    DEVICE_VOID = "device_void"
    DEVICE_REFUND = "device_refund"
    CREDIT = "credit"


class Reason(StrEnum):
    """Why a way is closed."""

    NOT_PAID = "not_paid"
    STILL_PENDING = "still_pending"
    NOTHING_LEFT = "nothing_left"
    MORE_THAN_LEFT = "more_than_left"
    NO_AMOUNT = "no_amount"
    NOT_WHOLE = "not_whole"
    SETTLED = "settled"
    NOT_CAPTURED = "not_captured"
    NOT_IN_PARTS = "not_in_parts"
    TOO_OLD = "too_old"
    GONE = "gone"
    CARD_MUST_BE_PRESENT = "card_must_be_present"
    NEEDS_TERMINAL = "needs_terminal"
    WINDOW_OVER = "window_over"
    NO_CREDITS = "no_credits"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True)
class PaymentFacts(Stored):
    """The facts that decide. Amounts in minor units, surcharges not counted.

    :param total: amount charged or authorized, tip included.
    :param left: amount that can still be returned, after all refunds made anywhere.
    :param in_parts: whether Clover allows a partial refund (no tip, no tax).
    :param same_batch: whether it is not settled yet; None if not known.
    :param in_device_window: whether a device can still void it.
    :param has_terminal: whether there is a terminal to present the card at.
    :param credits_allowed: whether the merchant's gateway gives credits; True if not known.
    :param gone: Clover does not know the payment any more.
    """

    total: int
    left: int
    age_days: int
    captured: bool = True
    paid: bool = True
    pending: bool = False
    in_parts: bool = True
    card_present_only: bool = False
    same_batch: bool | None = None
    in_device_window: bool = False
    gone: bool = False
    has_terminal: bool = False
    credits_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Routing:
    """``way`` is None when all are closed; ``closed`` gives the reasons, in order of preference."""

    way: Way | None
    closed: dict[Way, Reason]

    @property
    def reason(self) -> Reason | None:
        """Return the most helpful reason why no way is open; None when one is."""
        if self.way is not None:
            return None
        return self.closed[Way.REFUND]


def facts_of(payment: Payment, *, now_ms: int, same_batch: bool | None) -> PaymentFacts:
    """Return the facts about a payment as Clover has it now.

    :param now_ms: unix milliseconds.
    """
    total = payment.amount + payment.tip_amount
    age_ms = max(now_ms - (payment.created_ms or now_ms), 0)
    nothing_left = payment.is_voided or payment.is_failed
    return PaymentFacts(
        total=total,
        left=0 if nothing_left else max(total - payment.returned, 0),
        age_days=age_ms // DAY_MS,
        # "PREAUTH" with the state "PENDING" is an authorization; the flag "captured" is not
        # reliable (payments reference, rules of reading).
        captured=payment.transaction_type != "PREAUTH" and payment.result != "AUTH",
        paid=not payment.is_failed,
        pending=payment.is_pending,
        # Seen live: HTTP 400 processing_error for a part of a charge with tip or tax.
        in_parts=not payment.tip_amount and not payment.tax_amount,
        card_present_only=payment.card_type in CARD_PRESENT_ONLY,
        same_batch=same_batch,
        in_device_window=payment.created_ms is not None and age_ms < DEVICE_VOID_MS,
    )


def decide(facts: PaymentFacts, amount: int, *, age_limit_days: int) -> Routing:
    """Decide which way ``amount`` is returned.

    :param amount: minor units.
    :param age_limit_days: older payments are not refunded; 0 means no limit.
    """
    closed: dict[Way, Reason] = {}
    for way, rule in _RULES:
        reason = rule(facts, amount, age_limit_days)
        if reason is None:
            return Routing(way, closed)
        closed[way] = reason
    return Routing(None, closed)


def in_same_batch(
    payment: Payment, gateway: Gateway, properties: MerchantProperties, *, now_ms: int
) -> bool | None:
    """Return whether the merchant's batch is still open since the payment; None if not known.

    :param now_ms: unix milliseconds.
    """
    if payment.created_ms is None or not gateway.closing_time or not properties.timezone:
        return None
    try:
        closing = time.fromisoformat(gateway.closing_time)
        zone = ZoneInfo(properties.timezone)
    except (ValueError, ZoneInfoNotFoundError):
        return None
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone(zone)
    last = datetime.combine(now.date(), closing, tzinfo=zone)
    if last > now:
        last = datetime.combine(now.date() - timedelta(days=1), closing, tzinfo=zone)
    return payment.created_ms >= int(last.timestamp() * 1000)


def _common(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    """Return the reason that closes both void and refund, if any."""
    checks = (
        (facts.gone, Reason.GONE),
        (not facts.paid, Reason.NOT_PAID),
        (facts.pending, Reason.STILL_PENDING),
        (facts.left <= 0, Reason.NOTHING_LEFT),
        (amount <= 0, Reason.NO_AMOUNT),
        (amount > facts.left, Reason.MORE_THAN_LEFT),
        (facts.card_present_only, Reason.CARD_MUST_BE_PRESENT),
        (0 < age_limit_days < facts.age_days, Reason.TOO_OLD),
    )
    return next((reason for applies, reason in checks if applies), None)


def _void(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    reason = _common(facts, amount, age_limit_days)
    if reason:
        return reason
    if amount != facts.total:
        return Reason.NOT_WHOLE
    if not facts.captured:
        return None
    # If the batch is not known, a payment of the last 24 hours may still be in it.
    unsettled = facts.age_days < 1 if facts.same_batch is None else facts.same_batch
    return None if unsettled else Reason.SETTLED


def _refund(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    reason = _common(facts, amount, age_limit_days)
    if reason:
        return reason
    if not facts.captured:
        return Reason.NOT_CAPTURED
    if amount < facts.total and not facts.in_parts:
        return Reason.NOT_IN_PARTS
    return None


def _device_void(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    blocked = _refund(facts, amount, age_limit_days)
    if blocked is not Reason.CARD_MUST_BE_PRESENT:
        return Reason.NOT_NEEDED
    checks = (
        (amount != facts.total, Reason.NOT_WHOLE),
        (not facts.in_device_window, Reason.WINDOW_OVER),
        (not facts.has_terminal, Reason.NEEDS_TERMINAL),
    )
    return next((reason for applies, reason in checks if applies), None)


def _device_refund(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    blocked = _refund(facts, amount, age_limit_days)
    if blocked is Reason.CARD_MUST_BE_PRESENT:
        if 0 < age_limit_days < facts.age_days:
            return Reason.TOO_OLD
        return None if facts.has_terminal else Reason.NEEDS_TERMINAL
    return Reason.NOT_NEEDED


def _credit(facts: PaymentFacts, amount: int, age_limit_days: int) -> Reason | None:
    blocked = _refund(facts, amount, age_limit_days)
    if blocked not in (Reason.TOO_OLD, Reason.GONE):
        return Reason.NOT_NEEDED
    if not facts.credits_allowed:
        return Reason.NO_CREDITS
    return None if facts.has_terminal else Reason.NEEDS_TERMINAL


_RULES = (
    (Way.VOID, _void),
    (Way.REFUND, _refund),
    (Way.DEVICE_VOID, _device_void),
    (Way.DEVICE_REFUND, _device_refund),
    (Way.CREDIT, _credit),
)
