"""A transport for URLs that users choose: it checks the resolved address before connecting.

It connects to the very address that it checked, so a name that resolves differently a moment later
(DNS rebinding) has no effect. TLS still verifies the name.
"""

from __future__ import annotations

import os
import socket
import threading
from typing import Any

from .addresses import AddressPolicy
from .errors import ConfigurationError, NotSentError
from .transport import (
    _WIRE_FAILURES,
    Request,
    RequestsTransport,
    Response,
    _has_cause,
    _WatchedAdapter,
    _WatchedConnection,
    _WatchedHTTPPool,
    _WatchedHTTPSConnection,
    _WatchedHTTPSPool,
)

_POOL_SIZE = 32
#: Policies change rarely; when there are more, old transports can be dropped.
_MAX_TRANSPORTS = 8


class ForbiddenAddressError(OSError):
    """The name resolves to an address that the policy does not permit."""


class GuardedTransport(RequestsTransport):
    """Like its parent, but connect only to addresses that ``policy`` permits.

    Proxies from the environment are ignored: a proxy would resolve the name again, unchecked.
    """

    def __init__(self, policy: AddressPolicy, pool_size: int = _POOL_SIZE) -> None:
        super().__init__(pool_size)
        self._session.trust_env = False
        self._session.verify = (
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
        )
        adapter = _GuardedAdapter(policy, pool_connections=pool_size, pool_maxsize=pool_size)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def send(self, request: Request) -> Response:
        """Send the request; see :class:`Transport`.

        :raises ConfigurationError: with ``code`` ``forbidden_address`` when the name resolves to
            an address that is not permitted; nothing was sent.
        """
        try:
            return super().send(request)
        except NotSentError as error:
            if error.__cause__ is not None and _has_cause(error.__cause__, ForbiddenAddressError):
                raise ConfigurationError(
                    "the host's address is internal: nothing was sent", code="forbidden_address"
                ) from error
            raise


class _GuardedAdapter(_WatchedAdapter):
    def __init__(self, policy: AddressPolicy, **kwargs: Any) -> None:
        self._policy = policy
        super().__init__(**kwargs)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _guarded_pools(self._policy)


class _Guarded(_WatchedConnection):
    """Resolve the name here and connect to the first permitted address that answers."""

    policy: AddressPolicy
    _dns_host: str

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        found = socket.getaddrinfo(name.strip("[]"), self.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        permitted = [address for address in addresses if self.policy.permits(address)]
        if not permitted:
            raise ForbiddenAddressError(f"{name} leads to an address that is not permitted")
        try:
            return self._connect_to(permitted)
        finally:
            # TLS and the Host header need the name.
            self._dns_host = name

    def _connect_to(self, addresses: list[str]) -> socket.socket:
        for address in addresses[:-1]:
            try:
                self._dns_host = address
                return super()._new_conn()
            except _WIRE_FAILURES:
                continue
        self._dns_host = addresses[-1]
        return super()._new_conn()


def _guarded_pools(policy: AddressPolicy) -> dict[str, type]:
    """Return connection pools whose connections apply ``policy``."""

    class GuardedHTTPConnection(_Guarded):
        pass

    class GuardedHTTPSConnection(_Guarded, _WatchedHTTPSConnection):
        pass

    class GuardedHTTPPool(_WatchedHTTPPool):
        ConnectionCls = GuardedHTTPConnection

    class GuardedHTTPSPool(_WatchedHTTPSPool):
        ConnectionCls = GuardedHTTPSConnection

    GuardedHTTPConnection.policy = GuardedHTTPSConnection.policy = policy
    return {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}


# --- one transport per process and policy -----------------------------------------------------

_lock = threading.Lock()
_transports: dict[AddressPolicy, GuardedTransport] = {}


def guarded_transport(policy: AddressPolicy) -> GuardedTransport:
    """Return this process's pooled transport for ``policy``; a fork does not inherit it."""
    with _lock:
        transport = _transports.get(policy)
        if transport is None:
            if len(_transports) >= _MAX_TRANSPORTS:
                _transports.clear()
            transport = _transports[policy] = GuardedTransport(policy)
        return transport


def _forget_transports() -> None:
    global _lock
    _lock = threading.Lock()
    _transports.clear()


os.register_at_fork(after_in_child=_forget_transports)
