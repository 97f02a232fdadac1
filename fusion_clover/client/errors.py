"""Map Clover's error answers to our error classes, by status and code; text is never parsed.

Shapes: "Ecommerce API error codes", docs.clover.com (snake_case), and live answers (camelCase, no
``type``). The inner message comes in the merchant's language and is kept only as detail.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from odoo.addons.fusion_payment_common.lib import errors
from odoo.addons.fusion_payment_common.lib.api_client import (
    CallContext,
    request_id_of,
    retry_after_of,
)
from odoo.addons.fusion_payment_common.lib.transport import Response

from .declines import CARD_CODES

#: One of these headers comes with a 429; "API usage and rate limits", docs.clover.com.
RATE_LIMIT_HEADERS = (
    "X-RateLimit-tokenConcurrentLimit",
    "X-RateLimit-crossTokenConcurrentLimit",
    "X-RateLimit-tokenLimit",
    "X-RateLimit-crossTokenLimit",
)
#: Codes that mean "this key was used with other parameters". docs.clover.com documents the type
#: ``idempotency_error`` but no codes. Any other error of that type with a 409 counts as "still in
#: progress", because that never treats a payment that moved money as failed.
KEY_REUSED_CODES = frozenset(
    {"idempotency_key_reused", "idempotency_key_in_use_with_other_parameters"}
)


def map_error(response: Response, context: CallContext) -> errors.GatewayError | None:
    """Return the error of an answer; None leaves it to the default of its status."""
    body = _ErrorBody(response)
    status = response.status
    if status == 429 or (status < 500 and body.type == "rate_limit_error"):
        return errors.RateLimitedError(
            "Clover asks us to slow down",
            retry_after=retry_after_of(response),
            **{**body.details, "code": _rate_limit_code(response)},
        )
    if status >= 500 or status < 400:
        return _unknown(status, body, response)
    if status == 401:
        return _unauthorized(body, context)
    if status == 402 or body.type == "card_error" or body.code in CARD_CODES:
        return errors.DeclinedError(
            "the card was declined",
            decline_code=body.decline_code or body.code,
            provider_reference=body.charge,
            **body.details,
        )
    if status == 409 or body.type in ("idempotency_error", "RESOURCE_CONFLICT"):
        return _conflict(status, body)
    if body.type in ("api_error", "api_connection_error"):
        # Clover could not finish the request and does not say how far it got.
        return _unknown(status, body, response)
    return _refused(status, body)


def _unauthorized(body: _ErrorBody, context: CallContext) -> errors.GatewayError:
    # "401-unauthorized", docs.clover.com: a missing permission is a 401 too. If a new token was
    # rejected as well, the token is not the cause.
    if context.token_refreshed:
        return errors.PermissionDeniedError(
            "Clover refuses a fresh token: the app lacks a permission", **body.details
        )
    return errors.AuthenticationError("Clover refuses the access token", **body.details)


def _conflict(status: int, body: _ErrorBody) -> errors.GatewayError:
    is_reused = body.code in KEY_REUSED_CODES
    if is_reused or (status != 409 and body.type == "idempotency_error" and not body.in_progress):
        return errors.IdempotencyConflictError(
            "the idempotency key was used with other parameters", **body.details
        )
    return errors.InProgressError("Clover is still working on this request", **body.details)


def _refused(status: int, body: _ErrorBody) -> errors.GatewayError | None:
    if status in (408, 425, 499):
        return None
    error_class = {
        403: errors.PermissionDeniedError,
        404: errors.NotFoundError,
    }.get(status, errors.RequestRejectedError)
    if body.code == "resource_missing":
        error_class = errors.NotFoundError
    return error_class(
        f"Clover refused the request ({body.code or status})",
        provider_reference=body.charge,
        **body.details,
    )


def _unknown(status: int, body: _ErrorBody, response: Response) -> errors.GatewayError:
    return errors.UnknownOutcomeError(
        f"Clover answered HTTP {status}: the request may have been processed",
        provider_reference=body.charge,
        retry_after=retry_after_of(response),
        **body.details,
    )


def _rate_limit_code(response: Response) -> str:
    header = next((name for name in RATE_LIMIT_HEADERS if name in response.headers), None)
    return header.removeprefix("X-RateLimit-") if header else "rate_limit"


class _ErrorBody:
    """An error body in any of its spellings; reading it never raises."""

    def __init__(self, response: Response) -> None:
        try:
            document: Any = response.json()
        except ValueError:
            document = None
        outer = document if isinstance(document, Mapping) else {}
        inner = outer.get("error")
        source = inner if isinstance(inner, Mapping) else outer
        self.code = _text(source, "code")
        self.type = _text(source, "type")
        self.decline_code = _text(source, "declineCode", "decline_code")
        self.charge = _text(source, "charge")
        self.in_progress = self.code in ("request_in_progress", "idempotency_key_in_progress")
        #: Arguments common to every error class.
        self.details: dict[str, Any] = {
            "code": self.code or self.type or f"http_{response.status}",
            "http_status": response.status,
            "request_id": request_id_of(response),
            "detail": _text(source, "message") or _text(outer, "message"),
        }


def _text(source: Mapping[str, Any], *names: str) -> str | None:
    values = (source.get(name) for name in names)
    return next((value for value in values if isinstance(value, str) and value), None)
