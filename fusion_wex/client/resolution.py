"""Decide the outcome of a request from its card, or from the search for one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .types import CardRequest, CardStatus, VirtualCard

#: The card differs from the request: a person has to review it.
MISMATCH: Literal["mismatch"] = "mismatch"


def card_outcome(card: VirtualCard, request: CardRequest) -> Outcome | Literal["mismatch"]:
    """Return the outcome of ``card``: succeeded, pending, declined, unknown or ``MISMATCH``.

    A closed payment that never had a card was rejected by the issuer's approver.
    """
    if not _is_as_asked(card, request):
        return MISMATCH
    if card.status is CardStatus.AWAITING_APPROVAL:
        return Outcome.PENDING
    if card.status is CardStatus.CLOSED and card.last4 is None:
        return Outcome.DECLINED
    if card.status in (CardStatus.ERROR, CardStatus.UNKNOWN):
        return Outcome.UNKNOWN
    return Outcome.SUCCEEDED


def _is_as_asked(card: VirtualCard, request: CardRequest) -> bool:
    amounts = {amount for amount in (card.amount, card.credit_limit) if amount is not None}
    return (
        (not amounts or amounts == {request.amount})
        and card.currency in (None, request.currency)
        and card.reference in (None, request.reference)
    )


class Verdict(StrEnum):
    """The result of a search by reference after an unknown create."""

    FOUND = "found"
    ABSENT = "absent"
    TOO_EARLY = "too_early"
    SEVERAL = "several"
    MISMATCH = "mismatch"


@dataclass(frozen=True, slots=True)
class Resolution:
    """``card`` is set only with ``found`` and ``mismatch``; ``outcome`` is its outcome."""

    verdict: Verdict
    card: VirtualCard | None = None
    outcome: Outcome = Outcome.UNKNOWN


def resolve(
    request: CardRequest,
    found: Sequence[VirtualCard],
    *,
    sent_at: datetime,
    now: datetime,
    absence_after_s: int,
) -> Resolution:
    """Decide an unknown create by the cards found under its reference.

    ``ABSENT`` (the create may be sent again) requires that ``absence_after_s`` seconds have passed
    since ``sent_at``, because issuers show new cards late; before that it is ``TOO_EARLY``.
    Several cards, or one that differs from the request, need a person.

    :param sent_at: when the last create was sent; both times are aware.
    """
    if len(found) > 1:
        return Resolution(Verdict.SEVERAL)
    if not found:
        if now - sent_at < timedelta(seconds=absence_after_s):
            return Resolution(Verdict.TOO_EARLY)
        return Resolution(Verdict.ABSENT, outcome=Outcome.NOT_SENT)
    outcome = card_outcome(found[0], request)
    if outcome == MISMATCH:
        return Resolution(Verdict.MISMATCH, found[0])
    return Resolution(Verdict.FOUND, found[0], outcome)
