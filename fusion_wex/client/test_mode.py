"""Built-in simulated answers: no network, no account, no real cards.

The same reference always gives the same card, so a repeated create makes no second one and
processes need no shared memory. Everything is marked: the id begins with ``TEST``,
``is_simulated`` is true, the number is in a test range and the code is 000.
A card stays open for ever: cancelling one answers "closed", which is not remembered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json

from odoo.addons.fusion_payment_common.lib.cards import luhn_valid
from odoo.addons.fusion_payment_common.lib.errors import NotFoundError

from .amounts import read_amount
from .interface import CardIssuer
from .types import (
    Authorization,
    Capabilities,
    CardRequest,
    CardSecret,
    CardStatus,
    IssuedCard,
    PostedTransaction,
    VirtualCard,
)

WATERMARK = "TEST"
_PREFIX = f"{WATERMARK}-"
#: Visa's range for test numbers.
_BIN = "411111"
_EXPIRY = (12, 2039)
_ALL_CONTROLS = frozenset(
    {"valid_from", "valid_until", "max_uses", "exact_amount", "delivery_email"}
)


class SimulatedIssuer(CardIssuer):
    """See :class:`CardIssuer` and the module. Fails only for ids it did not give out."""

    @property
    def capabilities(self) -> Capabilities:
        """Return all capabilities; absence is proven at once, because nothing can be lost."""
        return Capabilities(
            controls=_ALL_CONTROLS, reveals_later=True, resends=True, absence_after_s=0
        )

    def check(self) -> None:
        """Do nothing: there is no account to check."""

    def create(self, request: CardRequest) -> IssuedCard:
        """Return a simulated card; the same one for the same reference."""
        facts = [request.reference, str(request.amount), request.currency]
        text = json.dumps(facts, separators=(",", ":")).encode()
        card_id = _PREFIX + base64.urlsafe_b64encode(text).decode().rstrip("=")
        return IssuedCard(self.retrieve(card_id), self.reveal(card_id))

    def retrieve(self, card_id: str) -> VirtualCard:
        """Return the card that ``card_id`` names; see :meth:`CardIssuer.retrieve`."""
        reference, amount, currency = _facts(card_id)
        month, year = _EXPIRY
        return VirtualCard(
            id=card_id,
            status=CardStatus.OPEN,
            raw_status=f"{WATERMARK} open",
            reference=reference,
            amount=read_amount(amount),
            credit_limit=read_amount(amount),
            currency=currency,
            last4=_number(reference)[-4:],
            expiry_month=month,
            expiry_year=year,
            is_simulated=True,
        )

    def reveal(self, card_id: str) -> CardSecret:
        """Return a number of a test range with a valid check digit; the code is always 000."""
        reference, *_ = _facts(card_id)
        return CardSecret(_number(reference), "000", *_EXPIRY)

    def find_by_reference(self, reference: str) -> list[VirtualCard]:
        """Return no cards: nothing is stored, and a repeated create gives the same card."""
        return []

    def cancel(self, card_id: str) -> VirtualCard:
        """Return the card, closed in this answer only."""
        facts = self.retrieve(card_id).to_dict()
        closed = {"status": CardStatus.CLOSED, "raw_status": f"{WATERMARK} closed"}
        return VirtualCard.from_dict({**facts, **closed})

    def list_authorizations(self, card_id: str) -> list[Authorization]:
        """Return no authorizations."""
        _facts(card_id)
        return []

    def list_transactions(self, card_id: str) -> list[PostedTransaction]:
        """Return no transactions."""
        _facts(card_id)
        return []

    def resend(self, card_id: str) -> None:
        """Send nothing."""
        _facts(card_id)


def _facts(card_id: str) -> tuple[str, str, str]:
    """Return ``(reference, amount, currency)`` from an id.

    :raises NotFoundError: the id was not created by this issuer.
    """
    text = card_id.removeprefix(_PREFIX)
    try:
        if text == card_id:
            raise ValueError("no watermark")
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        reference, amount, currency = json.loads(raw)
        read_amount(amount)
    except (ValueError, TypeError, binascii.Error) as error:
        raise NotFoundError("there is no simulated card of this id", code="not_found") from error
    return reference, amount, currency


def _number(reference: str) -> str:
    digest = int.from_bytes(hashlib.sha256(reference.encode()).digest(), "big")
    body = f"{_BIN}{digest % 10**9:09d}"
    return next(body + digit for digit in "0123456789" if luhn_valid(body + digit))
