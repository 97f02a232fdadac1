"""The interface of every issuer of virtual cards. Models use only this and :mod:`.types`."""

from __future__ import annotations

from abc import ABC, abstractmethod

from .types import (
    Authorization,
    Capabilities,
    CardRequest,
    CardSecret,
    IssuedCard,
    PostedTransaction,
    VirtualCard,
)


class CardIssuer(ABC):
    """One account at an issuer. Safe to share between threads.

    Every method raises subclasses of ``GatewayError``; see :func:`.errors.remedy_of`. No call
    repeats a request.
    """

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """Return what this account supports."""

    @abstractmethod
    def check(self) -> None:
        """Verify that the account can be used, without creating anything.

        :raises GatewayError: it cannot.
        """

    @abstractmethod
    def create(self, request: CardRequest) -> IssuedCard:
        """Issue a card. **Not idempotent**: a repeated call may make a second card.

        :func:`.resolution.card_outcome` gives the outcome of the returned card.

        :raises AwaitingApprovalError: accepted, no card yet.
        :raises RequestRejectedError: there is no card and there will be none.
        :raises NotSentError: nothing was sent; it may be repeated.
        :raises UnknownOutcomeError: there may be a card: :meth:`find_by_reference` first.
        """

    @abstractmethod
    def retrieve(self, card_id: str) -> VirtualCard:
        """Return the card in its present state.

        :raises NotFoundError: there is none with this id.
        """

    @abstractmethod
    def reveal(self, card_id: str) -> CardSecret:
        """Return number and code of a card, read from the issuer on demand.

        :raises CardDataUnavailableError: the issuer does not show them.
        """

    @abstractmethod
    def find_by_reference(self, reference: str) -> list[VirtualCard]:
        """Return every card that carries exactly our ``reference``, whatever its status and age.

        :raises UnknownOutcomeError: the list was not complete, so absence proves nothing.
        """

    @abstractmethod
    def cancel(self, card_id: str) -> VirtualCard:
        """Close a card and return it as read afterwards; return one closed before unchanged.

        :raises UnknownOutcomeError: the card may still be charged.
        """

    @abstractmethod
    def list_authorizations(self, card_id: str) -> list[Authorization]:
        """Return the attempts to charge the card, in the issuer's order."""

    @abstractmethod
    def list_transactions(self, card_id: str) -> list[PostedTransaction]:
        """Return the postings against the card, in the issuer's order."""

    @abstractmethod
    def resend(self, card_id: str) -> None:
        """Have the issuer send the card to the vendor again.

        :raises ConfigurationError: this account does not support it.
        """
