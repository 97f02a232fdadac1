"""The client for every provider call: authorize, send, map the status, parse.

It makes the only retry inside a call in the suite: once after a 401, with a refreshed token.
"""

from __future__ import annotations

import json as jsonlib
import logging
import math
import re
import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from . import errors
from .outcome import Outcome
from .redaction import redact, redact_text
from .transport import Request, Response, Timeout, Transport

_logger = logging.getLogger(__name__)

_READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_KEPT_BODY_CHARACTERS = 20_000
_KEPT_RESPONSE_HEADERS = ("content-type", "retry-after", "x-request-id", "request-id", "date")
_UNSAFE_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class Authorizer(Protocol):
    """A source of access tokens."""

    def token(self) -> str:
        """Return a token that should be valid; may refresh an expired one."""

    def refresh(self, rejected: str) -> str | None:
        """Return another token than ``rejected``, which the provider refused, or None."""


class StaticToken:
    """An :class:`Authorizer` for keys that are never renewed."""

    def __init__(self, token: str) -> None:
        self._token = token

    def token(self) -> str:
        """Return the key."""
        return self._token

    def refresh(self, rejected: str) -> str | None:
        """Return None, as there is no other key."""
        return None


class NoToken:
    """An :class:`Authorizer` without a token: each call fails before it is sent.

    :param code: code of the error, which says what is missing.
    """

    def __init__(self, code: str = "no_access_token") -> None:
        self._code = code

    def token(self) -> str:
        """Raise an error instead of returning a token.

        :raises ConfigurationError: always.
        """
        raise errors.ConfigurationError("there is no access token", code=self._code)

    def refresh(self, rejected: str) -> str | None:
        """Return None, as there is no token."""
        return None


@dataclass(frozen=True, slots=True)
class CallContext:
    """Data about a call for an error mapper, besides the answer."""

    method: str
    url: str
    mutating: bool
    token_refreshed: bool = False


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP exchange, safe to keep: redacted, and without the query of its URL.

    ``status`` and ``response`` are None when no answer was read. ``error`` is the resulting error,
    None when the exchange succeeded.
    """

    method: str
    url: str
    status: int | None
    duration_ms: int
    request: dict[str, Any]
    response: dict[str, Any] | None
    error: errors.GatewayError | None
    idempotency_key: str | None = None


#: Maps an answer that is not 2xx (and not the retried 401) to an error; None = the default error.
ErrorMapper = Callable[[Response, CallContext], errors.GatewayError | None]
Observer = Callable[[Exchange], None]


class ApiClient:
    """Calls to one provider on behalf of one account.

    :param transport: sends the requests.
    :param authorizer: source of bearer tokens; None for calls without one.
    :param user_agent: ``<app>/<version>``.
    :param default_timeout: for calls without a timeout.
    :param error_mapper: maps the provider's error answers.
    :param observer: called with every exchange, including failed ones; it cannot break the call.
    :param accepted: statuses that mean success; leave out a 2xx that means something else, so that
        the error mapper handles it.
    """

    def __init__(
        self,
        transport: Transport,
        authorizer: Authorizer | None = None,
        *,
        user_agent: str,
        default_timeout: Timeout,
        error_mapper: ErrorMapper | None = None,
        observer: Observer | None = None,
        accepted: Container[int] = range(200, 300),
    ) -> None:
        self._transport = transport
        self._authorizer = authorizer
        self._user_agent = user_agent
        self._default_timeout = default_timeout
        self._error_mapper = error_mapper
        self._observer = observer
        self._accepted = accepted

    def call(
        self,
        method: str,
        url: str,
        *,
        json: Any = None,
        params: Mapping[str, Any] | Sequence[tuple[str, Any]] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        timeout: Timeout | None = None,
        mutating: bool | None = None,
    ) -> Any:
        """Send one request and return the parsed JSON of a 2xx answer (None for an empty one).

        :param params: query; a list as a value repeats the name.
        :param mutating: whether the call changes something at the provider; by default true for
            every method but GET, HEAD and OPTIONS.
        :raises GatewayError: a subclass whose ``outcome`` is that of the request. Reads raise the
            same classes, although they cannot move money.
        """
        method = method.upper()
        if mutating is None:
            mutating = method not in _READ_METHODS
        url = f"{url}?{urlencode(params, doseq=True)}" if params else url
        context = CallContext(method, url, mutating)
        body = _encoded(json)
        plain_headers = self._headers(headers, idempotency_key, has_body=body is not None)
        timeout = timeout or self._default_timeout
        token = self._token()
        try:
            request = _request(context, plain_headers, token, body, timeout)
            return self._exchange(request, context, idempotency_key)
        except errors.GatewayError as refusal:
            if refusal.http_status != 401:
                raise
            # A request refused with 401 was not processed, so even a mutating call may be repeated.
            fresh = self._refreshed(token)
            if not fresh or fresh == token:
                raise
        context = replace(context, token_refreshed=True)
        request = _request(context, plain_headers, fresh, body, timeout)
        return self._exchange(request, context, idempotency_key)

    def _exchange(self, request: Request, context: CallContext, key: str | None) -> Any:
        """Send, interpret and observe once, without a retry."""
        started = time.monotonic()
        response: Response | None = None
        try:
            response = self._transport.send(request)
            result = self._interpret(response, context)
        except errors.GatewayError as error:
            self._observe(request, response, error, started, key)
            raise
        self._observe(request, response, None, started, key)
        return result

    def _interpret(self, response: Response, context: CallContext) -> Any:
        if response.status not in self._accepted:
            raise self._error_from(response, context)
        if not response.body.strip():
            return None
        try:
            return response.json()
        except ValueError as error:
            raise errors.MalformedResponseError(
                "the answer is not valid JSON",
                code="invalid_json",
                http_status=response.status,
                request_id=request_id_of(response),
            ) from error

    def _error_from(self, response: Response, context: CallContext) -> errors.GatewayError:
        error = self._error_mapper(response, context) if self._error_mapper else None
        error = error or default_error(response, context)
        error.http_status = response.status
        return error

    # --- authorisation ------------------------------------------------------------------------

    def _token(self) -> str | None:
        if self._authorizer is None:
            return None
        token = _authorising(self._authorizer.token)
        if not token:
            raise errors.ConfigurationError("there is no access token", code="no_access_token")
        return token

    def _refreshed(self, rejected: str | None) -> str | None:
        authorizer = self._authorizer
        if authorizer is None or rejected is None:
            return None
        return _authorising(lambda: authorizer.refresh(rejected))

    # --- building and observing ---------------------------------------------------------------

    def _headers(
        self, extra: Mapping[str, str] | None, key: str | None, *, has_body: bool
    ) -> dict[str, str]:
        headers = {"Accept": "application/json", "User-Agent": self._user_agent}
        if has_body:
            headers["Content-Type"] = "application/json"
        if key is not None:
            if not key:
                raise errors.ConfigurationError("the idempotency key is empty", code="empty_key")
            headers["Idempotency-Key"] = key
        headers.update({name: value for name, value in (extra or {}).items() if value})
        for name, value in headers.items():
            if _UNSAFE_HEADER.search(value) or not value.isascii():
                raise errors.ConfigurationError(
                    f"the header {name} contains characters that cannot be sent",
                    code="invalid_header",
                )
        return headers

    def _observe(
        self,
        request: Request,
        response: Response | None,
        error: errors.GatewayError | None,
        started: float,
        key: str | None,
    ) -> None:
        if self._observer is None:
            return
        exchange = Exchange(
            method=request.method,
            url=redact_text(request.url.split("?", 1)[0]),
            status=response.status if response else None,
            duration_ms=int((time.monotonic() - started) * 1000),
            request={"headers": redact(dict(request.headers)), "body": _kept(request.body)},
            response=_kept_response(response) if response else None,
            error=error,
            idempotency_key=key,
        )
        try:
            self._observer(exchange)
        except Exception:
            # A provider's answer must not be lost because the observer failed.
            _logger.exception("the observer of %s %s failed", exchange.method, exchange.url)


# --- defaults and helpers for error mappers -------------------------------------------------------


def default_error(response: Response, context: CallContext) -> errors.GatewayError:
    """Return the error for a status that the provider's own mapper does not handle.

    Statuses that do not prove that nothing happened are unknown outcomes: 5xx, redirects, 408, and
    409, which may mean "still in progress".
    """
    status = response.status
    details: dict[str, Any] = {
        "code": f"http_{status}",
        "http_status": status,
        "request_id": request_id_of(response),
    }
    if status == 429:
        return errors.RateLimitedError(
            "too many requests", retry_after=retry_after_of(response), **details
        )
    if status in _REFUSALS:
        error_class, message = _REFUSALS[status]
        return error_class(message, **details)
    if 400 <= status < 500 and status not in (408, 409, 425, 499):
        return errors.RequestRejectedError("the request was refused", **details)
    error_class = errors.InProgressError if status == 409 else errors.UnknownOutcomeError
    return error_class(
        f"HTTP {status} does not say whether the request was processed",
        retry_after=retry_after_of(response),
        **details,
    )


_REFUSALS: dict[int, tuple[type[errors.GatewayError], str]] = {
    401: (errors.AuthenticationError, "the credentials were refused"),
    403: (errors.PermissionDeniedError, "the account may not do this"),
    404: (errors.NotFoundError, "the object does not exist"),
}


def retry_after_of(response: Response, now: datetime | None = None) -> float | None:
    """Return the seconds of a ``Retry-After`` header (delta or HTTP date, at least 0), or None."""
    value = (response.headers.get("Retry-After") or "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        seconds = (moment - (now or datetime.now(UTC))).total_seconds()
    return max(0.0, seconds) if math.isfinite(seconds) else None


def request_id_of(response: Response) -> str | None:
    """Return the provider's id of the request from a common header, or None."""
    return response.headers.get("X-Request-Id") or response.headers.get("Request-Id")


def _authorising(obtain: Callable[[], str | None]) -> str | None:
    """Return the result of ``obtain``; raise its failures as those of a request never sent."""
    try:
        return obtain()
    except errors.GatewayError as error:
        if error.outcome is Outcome.REJECTED:
            raise
        raise errors.NotSentError(
            "no access token could be obtained; the request was not sent",
            code=error.code,
            http_status=error.http_status,
            retry_after=error.retry_after,
            detail=error.message,
        ) from error


def _request(
    context: CallContext,
    headers: Mapping[str, str],
    token: str | None,
    body: bytes | None,
    timeout: Timeout,
) -> Request:
    headers = {**headers, "Authorization": f"Bearer {token}"} if token else dict(headers)
    return Request(context.method, context.url, headers, body, timeout)


def _encoded(document: Any) -> bytes | None:
    if document is None:
        return None
    text = jsonlib.dumps(document, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _kept_response(response: Response) -> dict[str, Any]:
    headers = {
        name: redact_text(response.headers[name])
        for name in _KEPT_RESPONSE_HEADERS
        if name in response.headers
    }
    return {"headers": headers, "body": _kept(response.body)}


def _kept(body: bytes | None) -> Any:
    """Return a redacted body: parsed if it is JSON, else the beginning of its text."""
    if not body:
        return None
    try:
        document = jsonlib.loads(body)
    except (ValueError, RecursionError):
        return redact_text(body[:_KEPT_BODY_CHARACTERS].decode("utf-8", "replace"))
    if len(body) > _KEPT_BODY_CHARACTERS:
        return {"omitted": f"JSON of {len(body)} bytes"}
    return redact(document)
