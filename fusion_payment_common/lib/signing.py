"""Signatures of messages between servers, after Standard Webhooks 1.0.0 (symmetric, ``v1``).

Signed is ``<id>.<timestamp>.<raw body>`` with HMAC-SHA256; the header is a space-separated list of
``v1,<base64>`` so that two secrets can be in force while one replaces the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import secrets as random_source
from collections.abc import Mapping, Sequence

SECRET_PREFIX = "whsec_"
#: Seconds a timestamp may be away from now, in the past and in the future.
TOLERANCE = 300
_VERSION = "v1"
_SECRET_BYTES = 32
_MIN_SECRET_BYTES = 16


class SignatureError(ValueError):
    """The message cannot be trusted."""


class EmptySecretError(SignatureError):
    """There is no secret, or it is too short to be one. Nothing is signed or accepted."""


class MissingHeaderError(SignatureError):
    """One of the three headers is not there."""


class TimestampError(SignatureError):
    """The timestamp is not a number, too old, or from the future."""


class NoMatchError(SignatureError):
    """No listed signature was made with any of the secrets."""


def constant_time_equal(given: str | bytes, expected: str | bytes) -> bool:
    """True when both are the same and not empty; takes as long whether they are or not.

    Two empty values are not equal: an unset secret must never match a missing header.
    """
    left = given.encode() if isinstance(given, str) else given
    right = expected.encode() if isinstance(expected, str) else expected
    return hmac.compare_digest(left, right) and bool(right)


def generate_secret() -> str:
    """A new random secret in the customary spelling, ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(random_source.token_bytes(_SECRET_BYTES)).decode()


def sign(secrets: str | Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The signature header for one attempt; one entry per secret.

    :param message_id: the same for every attempt of a message; no full stop in it.
    :param timestamp: unix seconds of this attempt.
    :param body: exactly the bytes that are sent.
    :raises EmptySecretError: when no secret, or an empty one, is given.
    :raises ValueError: when the id would make the signed text ambiguous.
    """
    if not message_id or "." in message_id:
        raise ValueError("a message id is not empty and has no full stop")
    keys = _keys(secrets)
    return " ".join(f"{_VERSION},{_mac(key, message_id, int(timestamp), body)}" for key in keys)


def headers_for(
    secrets: str | Sequence[str], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """The three Standard Webhooks headers of one attempt; see :func:`sign`."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(timestamp)),
        "webhook-signature": sign(secrets, message_id, timestamp, body),
    }


def verify(
    secrets: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: int | float,
    tolerance: int = TOLERANCE,
) -> str:
    """The id of a genuine message; the receiver's key for dropping duplicates.

    :param headers: looked up without regard to case.
    :param body: the raw bytes as received.
    :param now: unix seconds.
    :raises SignatureError: a subclass that says what is wrong.
    """
    keys = _keys(secrets)
    given = {name.lower(): value for name, value in headers.items()}
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, stamp, signatures = (given.get(name) or "" for name in names)
    if not (message_id and stamp and signatures):
        raise MissingHeaderError("a signature header is missing")
    if not re.fullmatch(r"[0-9]{1,12}", stamp):
        raise TimestampError("the timestamp is not a number of seconds")
    if abs(now - int(stamp)) > tolerance:
        raise TimestampError("the timestamp is too far from now")
    offered = [
        entry.partition(",")[2]
        for entry in signatures.split()
        if entry.partition(",")[0] == _VERSION
    ]
    expected = [_mac(key, message_id, int(stamp), body) for key in keys]
    # Every pair is compared, so that time does not tell which secret matched.
    matches = [constant_time_equal(one, other) for one in offered for other in expected]
    if not any(matches):
        raise NoMatchError("no signature matches")
    return message_id


def _keys(secrets: str | Sequence[str]) -> list[bytes]:
    listed = [secrets] if isinstance(secrets, str) else list(secrets)
    keys = [_key(secret) for secret in listed]
    if not keys:
        raise EmptySecretError("there is no secret")
    return keys


def _key(secret: str) -> bytes:
    text = (secret or "").removeprefix(SECRET_PREFIX)
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise EmptySecretError("the secret is not base64") from None
    if len(key) < _MIN_SECRET_BYTES:
        raise EmptySecretError("the secret is empty or too short")
    return key


def _mac(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
