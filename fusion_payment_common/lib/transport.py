"""Send requests over HTTP (uses requests). Independent of payments.

When no answer can be read, the error tells whether a byte of the request may have left
(:class:`UnknownOutcomeError`) or certainly none did (:class:`NotSentError`).
"""

from __future__ import annotations

import http.client
import json
import os
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.errors import MissingHeaderBodySeparatorDefect
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Protocol

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .errors import ConfigurationError, NotSentError, UnknownOutcomeError

MAX_RESPONSE_BYTES = 4 * 1024 * 1024
_CHUNK = 16 * 1024
_WIRE_FAILURES = (
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    http.client.HTTPException,
    OSError,
)
_UNUSABLE_REQUEST = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidHeader,
    UnicodeError,
)


@dataclass(frozen=True, slots=True)
class Timeout:
    """Timeouts in seconds: ``connect`` for reaching the host, ``read`` for the wait for the answer
    and for its body.

    :raises ValueError: one of them is not positive; there is no unlimited wait.
    """

    connect: float = 5.0
    read: float = 30.0

    def __post_init__(self) -> None:
        if not (self.connect > 0 and self.read > 0):
            raise ValueError("timeouts must be positive")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; ``body`` is sent unchanged."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes | None = field(default=None, repr=False)
    timeout: Timeout = field(default_factory=Timeout)


@dataclass(frozen=True, slots=True)
class Response:
    """One complete HTTP answer. The names of ``headers`` are case-insensitive."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    elapsed_ms: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "headers", CaseInsensitiveDict(self.headers))

    def json(self) -> Any:
        """Return the body parsed as JSON.

        :raises ValueError: it is not valid JSON, or contains NaN or Infinity.
        """
        try:
            return json.loads(self.body, parse_constant=_refuse_constant)
        except RecursionError:
            raise ValueError("JSON is nested too deeply") from None


#: Connections kept open per host: all long calls and queue threads of a process talk to one
#: provider, and each closed connection costs the next call a handshake.
POOL_SIZE = 96


class Transport(Protocol):
    """The interface that sends a request; tests and offline modes implement their own."""

    def send(self, request: Request) -> Response:
        """Send the request and return the complete answer, whatever its status.

        :raises NotSentError: no byte of the request left.
        :raises UnknownOutcomeError: the request may have been processed.
        """


class RequestsTransport:
    """Pooled HTTP with verified TLS, no redirects, no retries, and a maximum size of answers.

    Safe to share between threads, not between processes (see :func:`shared_transport`).

    :param pool_size: connections kept open per host.
    """

    def __init__(self, pool_size: int = POOL_SIZE) -> None:
        self._session = requests.Session()
        # One session serves many accounts, which must not share cookies, so refuse all cookies.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = _WatchedAdapter(pool_connections=pool_size, pool_maxsize=pool_size)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: Request) -> Response:
        """Send the request; see :class:`Transport`.

        :raises ConfigurationError: the URL or a header cannot be sent.
        """
        started = time.monotonic()
        _wire.written = False
        try:
            prepared = self._prepare(request)
            settings = self._session.merge_environment_settings(
                prepared.url, {}, True, None, None
            )
            answer = self._session.send(prepared, allow_redirects=False, **settings)
            with answer:
                body = _read_body(answer, started + request.timeout.connect + request.timeout.read)
        except (*_UNUSABLE_REQUEST, *_WIRE_FAILURES) as error:
            if isinstance(error, _UNUSABLE_REQUEST) and not _wire.written:
                raise ConfigurationError(
                    f"the request to {_host(request.url)} cannot be sent", code="invalid_request"
                ) from error
            raise _translated(error, request.url, written=_wire.written) from error
        elapsed_ms = int((time.monotonic() - started) * 1000)
        return Response(answer.status_code, dict(answer.headers), body, elapsed_ms)

    def close(self) -> None:
        """Close the idle connections."""
        self._session.close()

    def _prepare(self, request: Request) -> requests.PreparedRequest:
        prepared = _TimedRequest(request.timeout)
        prepared.prepare(
            method=request.method,
            url=request.url,
            headers=dict(request.headers),
            data=request.body,
        )
        return prepared


class _TimedRequest(requests.PreparedRequest):
    """A request that passes its own timeouts to the adapter.

    In test runs, ``Session.send`` is wrapped by code that compares its ``timeout`` argument with a
    number, which fails for a pair of timeouts.
    """

    def __init__(self, timeout: Timeout) -> None:
        super().__init__()
        self.timeout = timeout


# --- one pool per process ---------------------------------------------------------------------

_shared_lock = threading.Lock()
_shared: RequestsTransport | None = None


def shared_transport() -> RequestsTransport:
    """Return this process's pooled transport, created on first use; a fork does not inherit it."""
    global _shared
    with _shared_lock:
        if _shared is None:
            _shared = RequestsTransport()
        return _shared


def _forget_shared_transport() -> None:
    """Drop the transport: two processes on one socket would read each other's answers."""
    global _shared, _shared_lock
    _shared_lock = threading.Lock()
    _shared = None


os.register_at_fork(after_in_child=_forget_shared_transport)


# --- did a byte leave? ------------------------------------------------------------------------


class _Wire(threading.local):
    """Whether this thread has begun to write its request."""

    written = False


_wire = _Wire()


class _WatchedConnection(HTTPConnection):
    """Set a flag right before the first byte of a request is written.

    Exceptions do not tell this: a TLS failure, for example, has the same class in the handshake and
    while reading the answer. What is sent to a proxy to open a tunnel is not part of the request.
    """

    _connecting = False

    def connect(self) -> None:
        self._connecting = True
        try:
            super().connect()
        finally:
            self._connecting = False

    def send(self, data: Any) -> None:
        if self.sock is None and self.auto_open:
            self.connect()
        if not self._connecting:
            _wire.written = True
        super().send(data)


class _WatchedHTTPSConnection(_WatchedConnection, HTTPSConnection):
    pass


class _WatchedHTTPPool(HTTPConnectionPool):
    ConnectionCls = _WatchedConnection


class _WatchedHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _WatchedHTTPSConnection


class _WatchedAdapter(HTTPAdapter):
    """The adapter of requests on watched connections, without retries of the library."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _watch(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> urllib3.PoolManager:
        return _watch(super().proxy_manager_for(proxy, **kwargs))

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: bool | str = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        if isinstance(request, _TimedRequest):
            timeout = (request.timeout.connect, request.timeout.read)
        return super().send(request, stream, timeout, verify, cert, proxies)


def _watch(manager: urllib3.PoolManager) -> urllib3.PoolManager:
    manager.pool_classes_by_scheme = {"http": _WatchedHTTPPool, "https": _WatchedHTTPSPool}
    return manager


# --- reading and translating ------------------------------------------------------------------


class _BrokenAnswer(OSError):
    """An answer that ended early, took too long or was too large."""


def _read_body(answer: requests.Response, deadline: float) -> bytes:
    """Return the whole body or raise :class:`_BrokenAnswer`; ``deadline`` is monotonic seconds."""
    if _has_torn_headers(answer):
        raise _BrokenAnswer("truncated")
    chunks = []
    size = 0
    for chunk in answer.iter_content(_CHUNK):
        size += len(chunk)
        if size > MAX_RESPONSE_BYTES:
            raise _BrokenAnswer("response_too_large")
        if time.monotonic() > deadline:
            raise _BrokenAnswer("read_timeout")
        chunks.append(chunk)
    announced = answer.headers.get("Content-Length", "")
    is_bodiless = answer.request.method == "HEAD" or answer.status_code in (204, 304)
    if announced.isdigit() and not is_bodiless and answer.raw.tell() != int(announced):
        raise _BrokenAnswer("truncated")
    return b"".join(chunks)


def _has_torn_headers(answer: requests.Response) -> bool:
    """Return whether the connection ended inside the headers, which http.client ignores."""
    original = getattr(answer.raw, "_original_response", None)
    defects = getattr(getattr(original, "msg", None), "defects", ())
    return any(isinstance(defect, MissingHeaderBodySeparatorDefect) for defect in defects)


def _translated(error: Exception, url: str, *, written: bool) -> NotSentError | UnknownOutcomeError:
    host = _host(url)
    if written:
        code = _code_after_sending(error)
        return UnknownOutcomeError(
            f"no complete answer from {host} ({code}): the request may have been processed",
            code=code,
        )
    code = _code_before_sending(error)
    return NotSentError(f"{host} could not be reached ({code}): nothing was sent", code=code)


def _code_after_sending(error: Exception) -> str:
    if isinstance(error, _BrokenAnswer):
        return str(error)
    if isinstance(error, requests.Timeout) or _has_cause(error, urllib3.exceptions.TimeoutError):
        return "read_timeout"
    if _has_cause(error, http.client.IncompleteRead, urllib3.exceptions.IncompleteRead):
        return "truncated"
    return "connection_lost"


def _code_before_sending(error: Exception) -> str:
    if isinstance(error, requests.ConnectTimeout):
        return "connect_timeout"
    if isinstance(error, requests.exceptions.SSLError):
        return "tls_error"
    if isinstance(error, requests.exceptions.ProxyError):
        return "proxy_error"
    return "connection_failed"


def _has_cause(error: BaseException, *classes: type[BaseException]) -> bool:
    """Return whether one of ``classes`` is in the chain of errors wrapped in ``error``."""
    seen: set[int] = set()
    todo: list[BaseException] = [error]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        if isinstance(current, classes):
            return True
        linked = [*current.args, getattr(current, "reason", None), current.__cause__]
        todo += [item for item in linked if isinstance(item, BaseException)]
    return False


def _host(url: str) -> str:
    """Host and port for messages; the rest of a URL may contain secrets."""
    return url.split("://", 1)[-1].split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1]


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
