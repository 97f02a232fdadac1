"""Errors of provider calls, divided by remedy.

Each class knows the :class:`Outcome` it stands for; messages are never parsed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .outcome import Outcome
from .redaction import redact_text


class GatewayError(Exception):
    """Base of all errors that a provider call raises.

    :param message: the suite's own sentence; redacted before it is kept.
    :param code: stable machine-readable reason (the provider's code where it gave one).
    :param http_status: status of the answer, None when there was none.
    :param provider_reference: the provider's id of the object concerned, e.g. a failed attempt.
    :param request_id: the provider's id of this request, for its support desk.
    :param retry_after: seconds that the provider asked to wait.
    :param detail: the provider's own text, redacted, in any language; must not be parsed.
    """

    outcome: ClassVar[Outcome] = Outcome.UNKNOWN

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        http_status: int | None = None,
        provider_reference: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        detail: str | None = None,
    ) -> None:
        self.message = redact_text(message)
        super().__init__(self.message)
        self.code = code
        self.http_status = http_status
        self.provider_reference = provider_reference
        self.request_id = request_id
        self.retry_after = retry_after
        self.detail = redact_text(detail) if detail is not None else None

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self.message!r}, code={self.code!r}, "
            f"http_status={self.http_status!r})"
        )


class DeclinedError(GatewayError):
    """The issuer declined. Remedy: another card or another attempt, which is a new intent.

    :param decline_code: the issuer's reason as the provider spells it.
    """

    outcome = Outcome.DECLINED

    def __init__(self, message: str, *, decline_code: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.decline_code = decline_code


class RequestRejectedError(GatewayError):
    """The gateway refused the request. Remedy: change the request; repeating is pointless."""

    outcome = Outcome.REJECTED


class AuthenticationError(RequestRejectedError):
    """The gateway does not accept the credentials. Remedy: connect again."""


class PermissionDeniedError(RequestRejectedError):
    """The account lacks a permission. Remedy: grant the permission at the provider."""


class ConfigurationError(RequestRejectedError):
    """The settings in Odoo make the call impossible. Raised before anything is sent."""


class NotFoundError(RequestRejectedError):
    """The object does not exist at the provider."""


class IdempotencyConflictError(RequestRejectedError):
    """The key was used before with other parameters. Remedy: none; it is a bug."""


class NotSentError(GatewayError):
    """The request never reached the gateway. Remedy: repeat with the same key."""

    outcome = Outcome.NOT_SENT


class RateLimitedError(NotSentError):
    """The gateway refused for now without processing. Remedy: same key after ``retry_after``."""


class UnknownOutcomeError(GatewayError):
    """The request may have been processed. Remedy: look it up, then repeat with the same key."""

    outcome = Outcome.UNKNOWN


class MalformedResponseError(UnknownOutcomeError):
    """The gateway's answer is not reliable. Remedy: look it up at the provider."""


class InProgressError(UnknownOutcomeError):
    """The same key or resource is being processed. Remedy: wait, then look it up."""
