"""The settings of an account that a client needs."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from odoo.addons.fusion_payment_common.lib.errors import ConfigurationError
from odoo.addons.fusion_payment_common.lib.transport import Timeout

#: WEX answers a create only when the card exists: short connect timeout, long read timeout.
DEFAULT_TIMEOUT = Timeout(connect=5.0, read=30.0)


@dataclass(frozen=True, slots=True)
class AccountSettings:
    """Address and credentials of an account.

    :param url: a bare origin, or the whole address of the collection. https, or http on this
        machine.
    :param username: with an ``organisation`` (OrgGroupLoginId in APService.asmx),
        ``<organisation>/<username>`` is sent; without one the name is sent unchanged (the old
        proxy's setting holds both parts in one).
    :param merchant_code: for vendors without their own.
    :param profile: overrides of :class:`.profile.EncompassProfile`, as JSON.
    """

    url: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    organisation: str = ""
    merchant_code: str = "*"
    bank_number: str = ""
    company_number: str = ""
    profile: Mapping[str, Any] = field(default_factory=dict, repr=False)
    timeout: Timeout = DEFAULT_TIMEOUT

    def endpoint(self, default_path: str) -> str:
        """Return the address of the collection, without a trailing slash.

        :raises ConfigurationError: the URL is invalid, or would send credentials in clear.
        """
        try:
            parts = urlsplit(self.url.strip())
            has_port = parts.port is not None  # reading it validates it
        except ValueError:
            raise ConfigurationError("the WEX URL is malformed", code="invalid_url") from None
        host = parts.hostname or ""
        if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
            raise ConfigurationError("the WEX URL is malformed", code="invalid_url")
        if "@" in parts.netloc:
            raise ConfigurationError("the WEX URL contains a user", code="invalid_url")
        if parts.scheme == "http" and not _is_loopback(host):
            raise ConfigurationError(
                "WEX is reached by https, except on this machine", code="insecure_url"
            )
        shown = f"[{host}]" if ":" in host else host
        origin = f"{parts.scheme}://{shown}" + (f":{parts.port}" if has_port else "")
        path = parts.path.rstrip("/")
        return origin + (path or default_path)

    def authorization(self) -> str:
        """Return the value of the ``Authorization`` header (HTTP Basic).

        :raises ConfigurationError: user or password is missing or cannot be sent.
        """
        user = f"{self.organisation}/{self.username}" if self.organisation else self.username
        if not self.username or not self.password:
            raise ConfigurationError("the WEX credentials are missing", code="no_credentials")
        if ":" in user:
            raise ConfigurationError("a WEX user name has no colon", code="invalid_credentials")
        return "Basic " + base64.b64encode(f"{user}:{self.password}".encode()).decode()


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
