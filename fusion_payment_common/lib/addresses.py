"""Which hosts a message may be sent to: internal machines cannot be reached through Odoo."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from .errors import ConfigurationError

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOOPBACK_NAMES = ("localhost",)


@dataclass(frozen=True)
class AddressPolicy:
    """The addresses that may be connected to.

    Public addresses are always allowed, loopback and other networks only if configured.
    """

    allow_loopback: bool = False
    allowed_networks: tuple[Network, ...] = ()

    def permits(self, address: str) -> bool:
        """Return whether a connection to ``address`` (as text, never a name) is allowed.

        An address that contains another one (IPv4-mapped, 6to4, Teredo, NAT64) is treated as that
        one.
        """
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return all(self._permits_plain(each) for each in _unwrapped(parsed))

    def _permits_plain(self, address: Address) -> bool:
        if any(address in network for network in self.allowed_networks):
            return True
        if address.is_loopback:
            return self.allow_loopback
        return address.is_global and not address.is_multicast and not address.is_reserved


def parse_networks(text: str) -> tuple[Network, ...]:
    """Return the networks in ``text``, separated by commas or white space.

    :raises ValueError: one of them is neither an address nor a network such as ``10.1.0.0/16``.
    """
    return tuple(ipaddress.ip_network(part) for part in text.replace(",", " ").split())


def check_url(url: str, *, allow_loopback: bool) -> None:
    """Check that a URL may be sent to, as far as possible without resolving its name.

    :param allow_loopback: accept plain ``http`` to this machine.
    :raises ConfigurationError: the URL is refused; ``code`` gives the reason.
    """
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError:
        raise ConfigurationError("this is not a URL", code="invalid_url") from None
    if not host or any(character.isspace() for character in url):
        raise ConfigurationError("this is not a URL", code="invalid_url")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ConfigurationError(
            "no user name, password or fragment belongs into this URL", code="invalid_url"
        )
    if parts.scheme == "https" or (parts.scheme == "http" and allow_loopback and _is_local(host)):
        return
    raise ConfigurationError("the URL must begin with https://", code="https_required")


def _is_local(host: str) -> bool:
    if host in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _unwrapped(address: Address) -> Iterable[Address]:
    """Return the address itself, or the ones that it contains (Teredo contains two)."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address.ipv4_mapped is not None:
        return (address.ipv4_mapped,)
    if address.sixtofour is not None:
        return (address.sixtofour,)
    if address.teredo is not None:
        return address.teredo
    if address in _NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFFFFFF),)
    return (address,)
