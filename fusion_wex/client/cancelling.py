"""Cancel one card for the ledger."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError
from odoo.addons.fusion_payment_common.lib.ledger import Answer
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .interface import CardIssuer
from .types import CardStatus, VirtualCard

_ENDED = (CardStatus.CLOSED, CardStatus.EXPIRED)


def carry_out_cancel(issuer: CardIssuer, card_id: str, reference: str) -> Answer:
    """Close the card, which may be closed already; see :meth:`.CardIssuer.cancel`."""
    return _answer(issuer.cancel(card_id or _id_of(issuer, reference)))


def find_cancel(issuer: CardIssuer, card_id: str, reference: str) -> Answer | None:
    """Return the answer of a closed card; None while it is open and may be cancelled again."""
    card = issuer.retrieve(card_id or _id_of(issuer, reference))
    return _answer(card) if card.status in _ENDED else None


def read_cancel(issuer: CardIssuer, card_id: str) -> Answer:
    """Return the answer of the card that a person names: succeeded if closed, else unknown."""
    card = issuer.retrieve(card_id)
    if card.status in _ENDED:
        return _answer(card)
    return Answer(outcome=Outcome.UNKNOWN, provider_reference=card.id)


def _id_of(issuer: CardIssuer, reference: str) -> str:
    found = issuer.find_by_reference(reference)
    if len(found) != 1:
        raise NotFoundError("WEX does not show this card yet", code="not_found")
    return found[0].id


def _answer(card: VirtualCard) -> Answer:
    return Answer(
        outcome=Outcome.SUCCEEDED, provider_reference=card.id, data={"card": card.to_dict()}
    )
