"""Map EnCompass's answers to our error classes, by status and response code.

Codes: ``ResponseCode`` of CreateMerchantLog, services.encompass-suite.com/services/APService.asmx,
and of its sibling PurchaseLogService.asmx. The REST interface has no public documentation: it puts
``<code>: <text>`` into ``detailed_response_message``; only the code before the colon is used.
Other error bodies (``{"Message": ...}``, ``{"errors": [{"message": ...}]}``) contain only text,
kept as detail.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import (
    CallContext,
    ErrorMapper,
    request_id_of,
    retry_after_of,
)
from odoo.addons.fusion_payment_common.lib.transport import Response

from .errors import (
    AccountSettingsError,
    AwaitingApprovalError,
    CardRefusedError,
    FundingError,
    TemporarilyUnavailableError,
)
from .profile import EncompassProfile

SUCCESS = "Success"
AWAITING = "AwaitingApproval"

_REFUSED = "WEX refused the data of the payment"
_SETTINGS = "WEX refused how the account is set up"
_CODES: dict[str, tuple[type[errors.GatewayError], str]] = {
    "InvalidUserCredentials": (errors.AuthenticationError, "WEX refused the credentials"),
    # Not in the documented list; reported by a customer of WEX.
    "AuthFailure": (errors.AuthenticationError, "WEX refused the credentials"),
    "NoPrivilege": (errors.PermissionDeniedError, "the WEX user may not do this"),
    "NoSubmissionPrivilege": (errors.PermissionDeniedError, "the WEX user may not do this"),
    "InvalidOrganization": (AccountSettingsError, _SETTINGS),
    "InvalidUserDefinedFieldname": (AccountSettingsError, _SETTINGS),
    "NoUDFsDefined": (AccountSettingsError, _SETTINGS),
    "StandardFieldValidationFailed": (CardRefusedError, _REFUSED),
    "UserDefinedFieldValidationFailed": (CardRefusedError, _REFUSED),
    "InvalidProductCode": (CardRefusedError, _REFUSED),
    "InsufficientCreditLimit": (FundingError, "the WEX credit line does not cover the payment"),
    "NoAvailableCards": (FundingError, "WEX has no card left in the pool"),
    "MerchantLogNotFound": (errors.NotFoundError, "WEX does not know this card"),
    "NotFound": (errors.NotFoundError, "WEX does not know this card"),
    "UnavailableAtThisTime": (TemporarilyUnavailableError, "WEX is not available at this time"),
    AWAITING: (AwaitingApprovalError, "the payment awaits approval at WEX"),
}
#: Letters only: the code is stored unmasked, so it must never contain digits of a card.
_PREFIX = re.compile(r"\s*([A-Za-z]{1,60})\s*(?::|$)")


def response_code(message: str | None) -> str | None:
    """Return the code before the colon, None without one."""
    match = _PREFIX.match(message or "")
    return match[1] if match else None


def error_of_code(code: str | None, **details: Any) -> errors.GatewayError:
    """Return the error of a response code other than success; ``Failed`` and unknown codes leave
    the outcome unknown."""
    error_class, text = _CODES.get(
        code or "", (errors.UnknownOutcomeError, "WEX did not say whether it was done")
    )
    return error_class(text, code=code or "no_response_code", **details)


def error_mapper(profile: EncompassProfile, endpoint: str) -> ErrorMapper:
    """Return the mapper of answers that are not 2xx.

    :param endpoint: address of the collection; if it is not found, the URL is wrong.
    """
    collection = (endpoint, f"{endpoint}{profile.find.path}")

    def map_error(response: Response, context: CallContext) -> errors.GatewayError | None:
        body = _body(response)
        message = _text(body, *profile.answer["message"])
        details: dict[str, Any] = {
            "http_status": response.status,
            "request_id": request_id_of(response),
            "retry_after": retry_after_of(response),
            "detail": message or _text(body, "Message", "message") or _first_error(body),
            "provider_reference": _text(body, *profile.answer["id"]),
        }
        if response.status in (429, 503):
            return TemporarilyUnavailableError(
                "WEX asks to come back later", code=f"http_{response.status}", **details
            )
        if not 400 <= response.status < 500:
            return errors.UnknownOutcomeError(
                f"WEX answered HTTP {response.status}: it may have been done",
                code=f"http_{response.status}",
                **details,
            )
        code = response_code(message)
        if code in _CODES or code == "Failed":
            return error_of_code(code, **details)
        is_routed = not context.mutating and context.url.partition("?")[0] not in collection
        return _by_status(response.status, is_routed, details)

    return map_error


def _by_status(
    status: int, is_routed: bool, details: dict[str, Any]
) -> errors.GatewayError | None:
    """Return the error of a rejection without a known code; None leaves 408, 409 and similar
    statuses to the default.

    :param is_routed: whether a 404 can only mean the card, not the address.
    """
    if status in (401, 403, 408, 409, 425, 499):
        return None
    if status == 405 or (status == 404 and not is_routed):
        return AccountSettingsError(
            "there is no such call at the WEX URL", code=f"http_{status}", **details
        )
    error_class = errors.NotFoundError if status == 404 else CardRefusedError
    return error_class(f"WEX refused the request (HTTP {status})", code=f"http_{status}", **details)


def _body(response: Response) -> Mapping[str, Any]:
    try:
        document = response.json()
    except ValueError:
        return {}
    return document if isinstance(document, Mapping) else {}


def _first_error(body: Mapping[str, Any]) -> str | None:
    rows = body.get("errors")
    first = rows[0] if isinstance(rows, list) and rows else None
    return _text(first, "message", "Message") if isinstance(first, Mapping) else None


def _text(source: Mapping[str, Any], *names: str) -> str | None:
    values = (source.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)
