"""Convert EnCompass's objects to ours.

Meaning of the fields: RetrieveMerchantLog, GetRecentAccountActivity and GetTransactions of
services.encompass-suite.com/services/APService.asmx; their names in JSON: see :mod:`.profile`.
"""

from __future__ import annotations

import re
from typing import Any

from odoo.addons.fusion_payment_common.lib.errors import MalformedResponseError

from .profile import EncompassProfile
from .reading import Reader
from .types import Authorization, CardSecret, CardStatus, PostedTransaction, VirtualCard

_DIGITS = re.compile(r"[0-9]{12,19}")
_MASKED = re.compile(r"[^0-9]*(?:[0-9]{4,6}[^0-9]+)?([0-9]{4})")
_MASKED_CODE = re.compile(r"[^0-9]+")
#: Results of authorizations: reported words, without public documentation.
_RESULTS = {
    "approval": "approved",
    "approved": "approved",
    "decline": "declined",
    "declined": "declined",
    "reversal": "reversed",
    "reversed": "reversed",
}


def reader_of(document: Any, profile: EncompassProfile, what: str) -> Reader:
    """Return a reader that knows the profile's names.

    :raises MalformedResponseError: ``document`` is not a JSON object.
    """
    return Reader(document, profile.answer, profile.zone, what)


def read_card(reader: Reader, profile: EncompassProfile) -> VirtualCard:
    """Return the card without secrets; only the last four digits of its number are read.

    :raises MalformedResponseError: a part has a type it cannot have.
    """
    virtual = reader.child("card")
    month, year = (virtual and virtual.month("card_expiry")) or (None, None)
    word = reader.text("status")
    return VirtualCard(
        id=reader.text("id") or "",
        status=profile.status(word) if word else _status_without_word(virtual),
        raw_status=word or "",
        reference=_reference(reader, profile),
        amount=reader.amount("amount"),
        credit_limit=reader.amount("credit_limit"),
        currency=(reader.text("currency") or "").upper() or None,
        merchant_code=reader.text("merchant_code"),
        last4=_last4(virtual) if virtual else None,
        expiry_month=month,
        expiry_year=year,
        valid_from=reader.day("valid_from"),
        valid_until=reader.day("valid_until"),
        created_at=reader.moment("created_at"),
    )


def read_secret(reader: Reader) -> CardSecret | None:
    """Return number and code, None if they are absent or masked.

    :raises MalformedResponseError: the number is invalid, or has no expiry.
    """
    virtual = reader.child("card")
    number = virtual.text("card_number") if virtual else None
    if virtual is None or number is None or _MASKED.fullmatch(number):
        return None
    expiry = virtual.month("card_expiry")
    code = virtual.text("card_code")
    if code is not None and _MASKED_CODE.fullmatch(code):
        code = None
    if expiry is None:
        raise virtual.complaint("has no expiry")
    try:
        return CardSecret(number, code, *expiry)
    except ValueError as error:
        # "from None": the stack frames of the cause hold the number.
        raise MalformedResponseError(str(error), code="unexpected_shape") from None


def read_authorization(row: Reader, card_id: str) -> Authorization:
    """Return one attempt to charge the card ``card_id``.

    :raises MalformedResponseError: it has no id or no amount.
    """
    amount = row.amount("row_amount")
    if amount is None:
        raise row.complaint("has no amount")
    word = row.text("response") or ""
    return Authorization(
        id=_required_id(row),
        card_id=card_id,
        amount=abs(amount),
        result=_RESULTS.get(word.lower(), "unknown"),
        response=word,
        authorized_at=row.moment("authorized_at"),
        currency=(row.text("row_currency") or "").upper() or None,
        approval_code=row.text("approval_code"),
        decline_code=row.text("decline_code"),
        decline_reason=row.text("decline_reason"),
        merchant_name=row.text("merchant_name"),
        merchant_category=row.text("merchant_category"),
    )


def read_transaction(row: Reader, card_id: str) -> PostedTransaction:
    """Return one posting against the card ``card_id``; credits become negative.

    :raises MalformedResponseError: it has no id or no amount.
    """
    amount = row.amount("row_amount")
    if amount is None:
        raise row.complaint("has no amount")
    return PostedTransaction(
        id=_required_id(row),
        card_id=card_id,
        amount=-abs(amount) if row.flag("is_credit") else amount,
        transaction_date=row.day("transaction_date"),
        posting_date=row.day("posting_date"),
        currency=(row.text("row_currency") or "").upper() or None,
        kind=row.text("transaction_type"),
        merchant_name=row.text("merchant_name"),
    )


def _required_id(row: Reader) -> str:
    identifier = row.text("row_id")
    if identifier is None:
        raise row.complaint("has no id")
    return identifier


def _status_without_word(virtual: Reader | None) -> CardStatus:
    """Return the status of a card without a status word: active on creation (reported)."""
    has_number = virtual is not None and virtual.value("card_number") is not None
    return CardStatus.OPEN if has_number else CardStatus.UNKNOWN


def _reference(reader: Reader, profile: EncompassProfile) -> str | None:
    slots = reader.value("udf")
    if slots is None:
        return None
    if not isinstance(slots, list) or not all(isinstance(slot, str) for slot in slots):
        raise reader.complaint("has no list of texts as udf")
    return slots[profile.reference_slot] if len(slots) > profile.reference_slot else None


def _last4(virtual: Reader) -> str | None:
    number = virtual.text("card_number")
    if number is None:
        return None
    if _DIGITS.fullmatch(number):
        return number[-4:]
    masked = _MASKED.fullmatch(number)
    return masked[1] if masked else None
