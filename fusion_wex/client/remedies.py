"""Find the remedy from the error code and outcome that the ledger stores."""

from __future__ import annotations

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.outcome import Outcome

from .encompass_errors import error_of_code
from .errors import Remedy, remedy_of

#: Codes of our own settings, and of an account that WEX rejects.
_CONFIGURATION = frozenset(
    {
        "control_not_available",
        "insecure_url",
        "invalid_credentials",
        "invalid_url",
        "no_credentials",
        "no_merchant_code",
        "profile",
        "unknown_issuer",
        "http_405",
    }
)


def remedy_of_code(code: str | None, outcome: str) -> Remedy:
    """Return the remedy of a stored error, of which only code and outcome are known.

    :param code: the response code, our own, or the name of the error's class if it had none.
    :param outcome: an ``Outcome``; decides if the code is not known.
    """
    if outcome == Outcome.NOT_SENT:
        return Remedy.UNAVAILABLE
    if outcome == Outcome.PENDING:
        return Remedy.AWAITING_APPROVAL
    if outcome not in (Outcome.REJECTED, Outcome.DECLINED):
        return Remedy.UNKNOWN
    if code in _CONFIGURATION:
        return Remedy.CONFIGURATION
    named = getattr(errors, code or "", None)
    if isinstance(named, type) and issubclass(named, errors.GatewayError):
        return remedy_of(named(""))
    remedy = remedy_of(error_of_code(code))
    return Remedy.REFUSED if remedy is Remedy.UNKNOWN else remedy
