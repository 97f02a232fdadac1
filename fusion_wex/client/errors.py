"""Errors of an issuer, by remedy, in addition to the classes of the common library.

No issuer is trusted to recognize a repeated request. So "temporarily unavailable" is an unknown
outcome unless nothing was sent: look up the card at the issuer before sending again.
"""

from __future__ import annotations

from enum import StrEnum

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.outcome import Outcome


class Remedy(StrEnum):
    """What resolves an error. ``error.outcome`` says whether a card may exist."""

    REFUSED = "refused"
    CONFIGURATION = "configuration"
    FUNDING = "funding"
    AWAITING_APPROVAL = "awaiting_approval"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class CardRefusedError(errors.RequestRejectedError):
    """The data were rejected. Remedy: correct the bill or the vendor, then send again."""


class AccountSettingsError(errors.RequestRejectedError):
    """The account is set up wrongly, here or there. Remedy: an administrator; stop the queue."""


class FundingError(errors.RequestRejectedError):
    """The credit line or the stock of cards is used up. Remedy: treasury, then send again."""


class AwaitingApprovalError(errors.GatewayError):
    """Accepted, but the card is issued only after an approval at the issuer. Remedy: poll.

    ``provider_reference`` is the issuer's id if it was reported; else look up our reference.
    """

    outcome = Outcome.PENDING


class TemporarilyUnavailableError(errors.UnknownOutcomeError):
    """The issuer is temporarily unavailable. Remedy: after ``retry_after``, look up the reference,
    then repeat; it is likely but not proven that nothing happened."""


class CardDataUnavailableError(errors.RequestRejectedError):
    """The issuer does not show the number (again). Remedy: let it resend, or cancel and reissue."""


_REMEDIES: tuple[tuple[type[errors.GatewayError], Remedy], ...] = (
    (FundingError, Remedy.FUNDING),
    (AwaitingApprovalError, Remedy.AWAITING_APPROVAL),
    (TemporarilyUnavailableError, Remedy.UNAVAILABLE),
    (errors.NotSentError, Remedy.UNAVAILABLE),
    (AccountSettingsError, Remedy.CONFIGURATION),
    (errors.AuthenticationError, Remedy.CONFIGURATION),
    (errors.PermissionDeniedError, Remedy.CONFIGURATION),
    (errors.ConfigurationError, Remedy.CONFIGURATION),
    (errors.RequestRejectedError, Remedy.REFUSED),
    (errors.DeclinedError, Remedy.REFUSED),
)


def remedy_of(error: errors.GatewayError) -> Remedy:
    """Return what resolves ``error``; ``unknown`` if no other remedy is known."""
    for error_class, remedy in _REMEDIES:
        if isinstance(error, error_class):
            return remedy
    return Remedy.UNKNOWN
