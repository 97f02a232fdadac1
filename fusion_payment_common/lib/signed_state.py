"""The signed ``state`` of an OAuth round trip.

Format: ``base64url(payload) "." base64url(HMAC-SHA256(secret, payload_b64u))`` without padding,
where the payload is the JSON object ``{redirect_to, nonce, iat, customer}``. The caller must use
the nonce to enforce that a token is used only once.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

#: Seconds that the issuer's clock may be ahead.
CLOCK_SKEW = 60
_MAX_TOKEN_LENGTH = 4096
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NONCE = re.compile(r"[0-9a-f]{32}")
_BASE64URL = re.compile(r"[A-Za-z0-9_\-]+={0,2}")
_FIELDS = {"redirect_to": str, "nonce": str, "iat": int, "customer": str}


class StateError(ValueError):
    """The state cannot be trusted; its content must not be used."""


class StateMalformedError(StateError):
    """It is not a state."""


class StateSignatureError(StateError):
    """It was not signed with this secret, or was changed afterwards."""


class StateExpiredError(StateError):
    """It is too old, or from the future."""


class StateHostError(StateError):
    """It redirects to a host that is not allowed."""


@dataclass(frozen=True, slots=True)
class StatePayload:
    """The content of a valid state. ``iat`` is in unix seconds, ``nonce`` 32 hexadecimal digits."""

    redirect_to: str
    nonce: str
    iat: int
    customer: str


def issue(
    secret: bytes | str,
    *,
    redirect_to: str,
    customer: str = "",
    now: int | float,
    nonce: str | None = None,
) -> str:
    """Return a signed state; ``now`` is in unix seconds, the nonce is random unless given.

    :raises ValueError: the secret is empty, or the nonce has another form.
    """
    key = _key(secret)
    nonce = secrets.token_hex(16) if nonce is None else nonce
    if not _NONCE.fullmatch(nonce):
        raise ValueError("a nonce has 32 lower-case hexadecimal digits")
    payload = {
        "redirect_to": redirect_to,
        "nonce": nonce,
        "iat": int(now),
        "customer": customer,
    }
    encoded = _encode(json.dumps(payload, separators=(",", ":")).encode())
    return f"{encoded}.{_encode(_mac(key, encoded))}"


def verify(
    secret: bytes | str,
    token: str,
    *,
    now: int | float,
    max_age: int = 3600,
    allowed_hosts: Collection[str],
) -> StatePayload:
    """Check ``token`` and return its payload.

    :param now: unix seconds.
    :param max_age: maximum age of a state in seconds.
    :param allowed_hosts: host names, or ``host:port`` to require the port; case is ignored.
    :raises StateError: a subclass that says what is wrong; the signature is checked before the
        payload is parsed.
    :raises ValueError: the secret is empty.
    """
    key = _key(secret)
    if not isinstance(token, str) or len(token) > _MAX_TOKEN_LENGTH:
        raise StateMalformedError("the state is not text of a sensible length")
    encoded, separator, signature = token.partition(".")
    if not separator or not _BASE64URL.fullmatch(encoded) or not _BASE64URL.fullmatch(signature):
        raise StateMalformedError("the state does not consist of two base64url parts")
    if not hmac.compare_digest(_decode(signature), _mac(key, encoded)):
        raise StateSignatureError("the signature of the state does not match")
    payload = _payload(encoded)
    age = now - payload.iat
    if age > max_age or age < -CLOCK_SKEW:
        raise StateExpiredError("the state is not valid any more, or not yet")
    if not _is_allowed(payload.redirect_to, allowed_hosts):
        raise StateHostError("the state leads to a host that is not allowed")
    return payload


def claimed_redirect(token: str) -> str:
    """Return the unverified redirect of a state. Use it only to choose the secret to verify with.

    :raises StateMalformedError: it is not a state.
    """
    if not isinstance(token, str) or len(token) > _MAX_TOKEN_LENGTH:
        raise StateMalformedError("the state is not text of a sensible length")
    encoded = token.partition(".")[0]
    if not _BASE64URL.fullmatch(encoded):
        raise StateMalformedError("the state does not consist of two base64url parts")
    return _payload(encoded).redirect_to


def _payload(encoded: str) -> StatePayload:
    try:
        document = json.loads(_decode(encoded))
    except (ValueError, RecursionError):
        raise StateMalformedError("the payload of the state is not JSON") from None
    if not isinstance(document, dict):
        raise StateMalformedError("the payload of the state is not an object")
    document.setdefault("customer", "")
    for name, kind in _FIELDS.items():
        if type(document.get(name)) is not kind:
            raise StateMalformedError(f"the state lacks a proper {name}")
    if not _NONCE.fullmatch(document["nonce"]):
        raise StateMalformedError("the nonce of the state has another form")
    return StatePayload(**{name: document[name] for name in _FIELDS})


def _is_allowed(url: str, allowed_hosts: Collection[str]) -> bool:
    """Return whether the URL is https (or loopback http) to an allowed host, with no user part."""
    # Browsers read a backslash as a slash and drop control characters; urlsplit does neither.
    if re.search(r"[\\\s\x00-\x20\x7f]", url):
        return False
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return False
    if not host or "@" in parts.netloc:
        return False
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return False
    allowed = {entry.lower() for entry in allowed_hosts}
    return host in allowed or (port is not None and f"{host}:{port}" in allowed)


def _key(secret: bytes | str) -> bytes:
    key = secret.encode() if isinstance(secret, str) else bytes(secret)
    if not key.strip():
        raise ValueError("the secret for signing states is empty")
    return key


def _mac(key: bytes, encoded: str) -> bytes:
    return hmac.new(key, encoded.encode("ascii"), hashlib.sha256).digest()


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _decode(text: str) -> bytes:
    bare = text.rstrip("=")
    try:
        raw = base64.urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        raise StateMalformedError("the state is not base64url") from None
    if _encode(raw) != bare:
        # If the spare bits could be set, one signature would have several spellings.
        raise StateMalformedError("the state is not canonical base64url")
    return raw
