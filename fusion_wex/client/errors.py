"""What can go wrong with an issuer, by remedy; the classes beside those of the common library.

No issuer here is trusted to know a repeated request again. So "temporarily unavailable" is an
unknown outcome unless not one byte was sent: the issuer is asked before anything is sent again.
"""

from __future__ import annotations

from enum import StrEnum

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.outcome import Outcome


class Remedy(StrEnum):
    """What helps. ``error.outcome`` says beside it whether a card may exist."""

    REFUSED = "refused"
    CONFIGURATION = "configuration"
    FUNDING = "funding"
    AWAITING_APPROVAL = "awaiting_approval"
    UNAVAILABLE = "unavailable"
    UNKNOWN = "unknown"


class CardRefusedError(errors.RequestRejectedError):
    """The data were refused. Remedy: correct the bill or the vendor, then ask anew."""


class AccountSettingsError(errors.RequestRejectedError):
    """The account is set up wrongly, here or there. Remedy: an administrator; stop the queue."""


class FundingError(errors.RequestRejectedError):
    """The credit line or the stock of cards is used up. Remedy: treasury, then ask anew."""


class AwaitingApprovalError(errors.GatewayError):
    """Accepted, but there is no card before somebody approves it at the issuer. Remedy: poll.

    ``provider_reference`` is the issuer's id where it was told, else look by our reference.
    """

    outcome = Outcome.PENDING


class TemporarilyUnavailableError(errors.UnknownOutcomeError):
    """The issuer says "not now". Remedy: after ``retry_after``, look for the reference, then
    repeat; that nothing happened is likely but not proven."""


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
    """What helps against ``error``; whatever is not known to help otherwise is ``unknown``."""
    for error_class, remedy in _REMEDIES:
        if isinstance(error, error_class):
            return remedy
    return Remedy.UNKNOWN
