"""What can go wrong between us and a provider, split by remedy.

Each class knows the :class:`Outcome` it stands for; messages are never parsed.
"""

from __future__ import annotations

from typing import Any, ClassVar

from .outcome import Outcome
from .redaction import redact_text


class GatewayError(Exception):
    """Base of everything a provider call may raise.

    :param message: our own sentence; redacted before it is kept.
    :param code: stable machine-readable reason (the provider's code where it gave one).
    :param http_status: status of the answer, None when there was none.
    :param provider_reference: the provider's id of the object concerned, e.g. a failed attempt.
    :param request_id: the provider's id of this request, for its support desk.
    :param retry_after: seconds the provider asked us to wait.
    :param detail: the provider's own text, redacted; may be in any language, never to be parsed.
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
    """The issuer said no. Remedy: another card or another attempt, which is a new intent.

    :param decline_code: the issuer's reason as the provider spells it.
    """

    outcome = Outcome.DECLINED

    def __init__(self, message: str, *, decline_code: str | None = None, **details: Any) -> None:
        super().__init__(message, **details)
        self.decline_code = decline_code


class RequestRejectedError(GatewayError):
    """The gateway refused what we asked. Remedy: change the request; repeating is pointless."""

    outcome = Outcome.REJECTED


class AuthenticationError(RequestRejectedError):
    """The gateway does not accept our credentials. Remedy: connect again."""


class PermissionDeniedError(RequestRejectedError):
    """We are known but not allowed to do this. Remedy: grant the permission at the provider."""


class ConfigurationError(RequestRejectedError):
    """Our own settings make the call impossible. Raised before anything is sent."""


class NotFoundError(RequestRejectedError):
    """The object does not exist at the provider."""


class IdempotencyConflictError(RequestRejectedError):
    """The key was used before with other parameters. Remedy: none; it is a bug."""


class NotSentError(GatewayError):
    """The request never reached the gateway. Remedy: repeat with the same key."""

    outcome = Outcome.NOT_SENT


class RateLimitedError(NotSentError):
    """The gateway refused for now, unprocessed. Remedy: same key after ``retry_after``."""


class UnknownOutcomeError(GatewayError):
    """The request may have been processed. Remedy: ask the provider, then the same key."""

    outcome = Outcome.UNKNOWN


class MalformedResponseError(UnknownOutcomeError):
    """The gateway answered, but not in a way we can rely on. Remedy: ask the provider."""


class InProgressError(UnknownOutcomeError):
    """The same key, or the same resource, is being worked on. Remedy: wait, then ask."""
