"""Clover's hosts: docs.clover.com "use-oauth" and "ecommerce-accepting-payments"."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class Environment:
    """The hosts of one environment, as origins without a trailing slash.

    :param ui: where a browser is sent to authorise.
    :param api: platform (``/v3``) and OAuth token calls.
    :param ecommerce: charges, refunds, customers and the public key for card fields.
    :param token: turns card data into source tokens; only browsers call it.
    :param sdk_url: the script that renders hosted card fields.
    """

    name: str
    ui: str
    api: str
    ecommerce: str
    token: str
    sdk_url: str

    def order_url(self, merchant_id: str, order_id: str) -> str:
        """Return the address of an order in the dashboard (Clover's SDK, ``order.testMode``)."""
        return f"{self.ui}/orders/m/{merchant_id}/orders/{order_id}"

    @property
    def authorize_url(self) -> str:
        """Return the authorize page, without its query."""
        return f"{self.ui}/oauth/v2/authorize"

    @classmethod
    def single_origin(cls, origin: str, name: str = "custom") -> Environment:
        """Return an environment whose hosts are all ``origin``.

        :raises ValueError: unless it is a bare origin, https or http on a loopback address.
        """
        base = _checked_origin(origin)
        return cls(name, base, base, base, base, f"{base}/sdk.js")


def _checked_origin(origin: str) -> str:
    parts = urlsplit(origin.strip().rstrip("/"))
    host = parts.hostname or ""
    # Reading the port validates it.
    port = parts.port
    if parts.scheme not in ("https", "http") or not host:
        raise ValueError("an origin looks like https://host or https://host:port")
    if parts.path or parts.query or parts.fragment or "@" in parts.netloc:
        raise ValueError("an origin has no user, path or query")
    if parts.scheme == "http" and not _is_loopback(host):
        raise ValueError("plain http is allowed on this machine only")
    shown_host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown_host}" + (f":{port}" if port else "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


SANDBOX = Environment(
    name="sandbox",
    ui="https://sandbox.dev.clover.com",
    api="https://apisandbox.dev.clover.com",
    ecommerce="https://scl-sandbox.dev.clover.com",
    token="https://token-sandbox.dev.clover.com",
    sdk_url="https://checkout.sandbox.dev.clover.com/sdk.js",
)

PRODUCTION = Environment(
    name="production",
    ui="https://www.clover.com",
    api="https://api.clover.com",
    ecommerce="https://scl.clover.com",
    token="https://token.clover.com",
    sdk_url="https://checkout.clover.com/sdk.js",
)
