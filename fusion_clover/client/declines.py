"""Clover's decline and card codes as stable reasons; the sentences for people live in Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from odoo.addons.fusion_payment_common.lib.errors import DeclinedError


class DeclineReason(StrEnum):
    """What a clerk has to know to tell the customer the right thing."""

    ISSUER_DECLINED = "issuer_declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    INCORRECT_CVC = "incorrect_cvc"
    INCORRECT_NUMBER = "incorrect_number"
    INVALID_EXPIRY = "invalid_expiry"
    CARD_NOT_SUPPORTED = "card_not_supported"
    LIMIT_EXCEEDED = "limit_exceeded"
    CONTACT_ISSUER = "contact_issuer"
    SUSPECTED_FRAUD = "suspected_fraud"
    CARD_TOKEN_USED = "card_token_used"
    CARD_ON_FILE_MISSING = "card_on_file_missing"
    TRY_AGAIN = "try_again"
    UNKNOWN = "unknown"


#: "Ecommerce API error codes", docs.clover.com: those about the card itself.
_DOCUMENTED = {
    "card_declined": DeclineReason.ISSUER_DECLINED,
    "expired_card": DeclineReason.EXPIRED_CARD,
    "incorrect_cvc": DeclineReason.INCORRECT_CVC,
    "invalid_cvc": DeclineReason.INCORRECT_CVC,
    "incorrect_number": DeclineReason.INCORRECT_NUMBER,
    "invalid_number": DeclineReason.INCORRECT_NUMBER,
    "invalid_card_type": DeclineReason.CARD_NOT_SUPPORTED,
    "invalid_expiry_month": DeclineReason.INVALID_EXPIRY,
    "invalid_expiry_year": DeclineReason.INVALID_EXPIRY,
    "card_on_file_missing": DeclineReason.CARD_ON_FILE_MISSING,
    "token_already_used": DeclineReason.CARD_TOKEN_USED,
}
#: Sub-codes of a decline. Only ``issuer_declined`` was seen live; Clover publishes no list. The
#: others are the usual words of card networks, harmless if they never come.
_CUSTOMARY = {
    "issuer_declined": DeclineReason.ISSUER_DECLINED,
    "generic_decline": DeclineReason.ISSUER_DECLINED,
    "do_not_honor": DeclineReason.CONTACT_ISSUER,
    "call_issuer": DeclineReason.CONTACT_ISSUER,
    "insufficient_funds": DeclineReason.INSUFFICIENT_FUNDS,
    "card_velocity_exceeded": DeclineReason.LIMIT_EXCEEDED,
    "velocity_exceeded": DeclineReason.LIMIT_EXCEEDED,
    "withdrawal_count_limit_exceeded": DeclineReason.LIMIT_EXCEEDED,
    "not_entitled": DeclineReason.CARD_NOT_SUPPORTED,
    "card_not_supported": DeclineReason.CARD_NOT_SUPPORTED,
    "transaction_not_allowed": DeclineReason.CARD_NOT_SUPPORTED,
    "lost_card": DeclineReason.CONTACT_ISSUER,
    "stolen_card": DeclineReason.CONTACT_ISSUER,
    "pickup_card": DeclineReason.CONTACT_ISSUER,
    "fraudulent": DeclineReason.SUSPECTED_FRAUD,
    "suspected_fraud": DeclineReason.SUSPECTED_FRAUD,
    "try_again_later": DeclineReason.TRY_AGAIN,
    "issuer_not_available": DeclineReason.TRY_AGAIN,
    "processing_error": DeclineReason.TRY_AGAIN,
}

REASONS: Mapping[str, DeclineReason] = MappingProxyType({**_DOCUMENTED, **_CUSTOMARY})

#: Codes about the card, whatever the HTTP status. A used token is not one of them: on a repeated
#: call it says nothing about the card and may mean that the first call succeeded.
CARD_CODES = frozenset(_DOCUMENTED) - {"token_already_used"}


def reason_for(error: DeclinedError) -> DeclineReason:
    """Return the reason for a decline: from its sub-code first, then from its code."""
    for code in (error.decline_code, error.code):
        if code is not None and code in REASONS:
            return REASONS[code]
    return DeclineReason.UNKNOWN
