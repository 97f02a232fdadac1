"""What every issuer of virtual cards can do. Models know this and :mod:`.types`, nothing more."""

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

    Every method raises subclasses of ``GatewayError``; see :func:`.errors.remedy_of`. Nothing is
    ever repeated inside a call.
    """

    @property
    @abstractmethod
    def capabilities(self) -> Capabilities:
        """What can be asked of this account."""

    @abstractmethod
    def check(self) -> None:
        """Prove that the account can be used, without creating anything.

        :raises GatewayError: it cannot.
        """

    @abstractmethod
    def create(self, request: CardRequest) -> IssuedCard:
        """Issue a card. **Not idempotent**: a repeated call may make a second card.

        What the returned card means for the request is said by :func:`.resolution.card_outcome`.

        :raises AwaitingApprovalError: accepted, no card yet.
        :raises RequestRejectedError: there is no card and there will be none.
        :raises NotSentError: nothing was sent; it may be repeated.
        :raises UnknownOutcomeError: there may be a card: :meth:`find_by_reference` first.
        """

    @abstractmethod
    def retrieve(self, card_id: str) -> VirtualCard:
        """The card as it stands now.

        :raises NotFoundError: there is none of this id.
        """

    @abstractmethod
    def reveal(self, card_id: str) -> CardSecret:
        """Number and code of a card, read from the issuer on demand.

        :raises CardDataUnavailableError: the issuer does not show them.
        """

    @abstractmethod
    def find_by_reference(self, reference: str) -> list[VirtualCard]:
        """Every card that carries exactly our ``reference``, whatever its status and age.

        :raises UnknownOutcomeError: the list was not complete, so that absence proves nothing.
        """

    @abstractmethod
    def cancel(self, card_id: str) -> VirtualCard:
        """Close a card and return it as read afterwards; one closed before is returned as it is.

        :raises UnknownOutcomeError: it is not certain that it can no longer be charged.
        """

    @abstractmethod
    def list_authorizations(self, card_id: str) -> list[Authorization]:
        """Attempts to charge the card, in the issuer's order."""

    @abstractmethod
    def list_transactions(self, card_id: str) -> list[PostedTransaction]:
        """What was posted against the card, in the issuer's order."""

    @abstractmethod
    def resend(self, card_id: str) -> None:
        """Let the issuer send the card to the vendor once more.

        :raises ConfigurationError: this account cannot.
        """
