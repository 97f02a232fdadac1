"""Read everything that happened to a card since its creation, and add it up."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from odoo.addons.fusion_payment_common.lib.errors import NotFoundError

from .interface import CardIssuer
from .types import Authorization, CardStatus, PostedTransaction, VirtualCard

APPROVED = "approved"
REVERSED = "reversed"
_ENDED = (CardStatus.CLOSED, CardStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Activity:
    """The present state of a card, with all its authorisations and transactions."""

    card: VirtualCard
    authorizations: tuple[Authorization, ...]
    transactions: tuple[PostedTransaction, ...]

    @property
    def posted(self) -> Decimal:
        """Return what the vendor received, minus what it returned."""
        return sum((one.amount for one in self.transactions), Decimal(0))

    @property
    def authorized(self) -> Decimal:
        """Return what was approved, minus what was reversed."""
        signs = {APPROVED: 1, REVERSED: -1}
        amounts = (signs.get(one.result, 0) * one.amount for one in self.authorizations)
        return sum(amounts, Decimal(0))

    @property
    def held(self) -> Decimal:
        """Return what was approved and may still be posted."""
        return max(Decimal(0), self.authorized - self.posted)

    @property
    def is_used(self) -> bool:
        """Return True once the vendor was allowed to charge the card."""
        return bool(self.transactions) or any(
            one.result == APPROVED for one in self.authorizations
        )

    @property
    def has_ended(self) -> bool:
        """Return True when the card is closed or expired; a settled one may still be charged."""
        return self.card.status in _ENDED


def read_activity(issuer: CardIssuer, card_id: str, reference: str) -> Activity:
    """Read a card with its authorisations and transactions, in three read-only calls.

    :param card_id: empty if the issuer has not reported it yet; ``reference`` finds the card then.
    :raises NotFoundError: it cannot be found.
    """
    if not card_id:
        found = issuer.find_by_reference(reference)
        if len(found) != 1:
            raise NotFoundError("WEX does not show this card yet", code="not_found")
        card_id = found[0].id
    return Activity(
        card=issuer.retrieve(card_id),
        authorizations=tuple(issuer.list_authorizations(card_id)),
        transactions=tuple(issuer.list_transactions(card_id)),
    )
