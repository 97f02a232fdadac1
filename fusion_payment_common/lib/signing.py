"""Signatures of messages between servers, as in Standard Webhooks 1.0.0 (symmetric, ``v1``).

The signature is an HMAC-SHA256 of ``<id>.<timestamp>.<raw body>``. The header is a space-separated
list of ``v1,<base64>``, so that two secrets can be valid while one replaces the other.
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
#: Maximum seconds between a timestamp and now, in the past and in the future.
TOLERANCE = 300
_VERSION = "v1"
_SECRET_BYTES = 32
_MIN_SECRET_BYTES = 16


class SignatureError(ValueError):
    """The message cannot be trusted."""


class EmptySecretError(SignatureError):
    """There is no secret, or it is too short. Nothing is signed or accepted."""


class MissingHeaderError(SignatureError):
    """One of the three headers is missing."""


class TimestampError(SignatureError):
    """The timestamp is not a number, too old, or from the future."""


class NoMatchError(SignatureError):
    """No signature in the header matches any of the secrets."""


def constant_time_equal(given: str | bytes, expected: str | bytes) -> bool:
    """Return whether both are equal and not empty, in constant time.

    Two empty values are not equal, because an unset secret must not match a missing header.
    """
    left = given.encode() if isinstance(given, str) else given
    right = expected.encode() if isinstance(expected, str) else expected
    return hmac.compare_digest(left, right) and bool(right)


def generate_secret() -> str:
    """Return a new random secret in the usual form, ``whsec_`` and base64."""
    return SECRET_PREFIX + base64.b64encode(random_source.token_bytes(_SECRET_BYTES)).decode()


def sign(secrets: str | Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """Return the signature header for one attempt, with one entry per secret.

    :param message_id: the same for every attempt of a message; contains no full stop.
    :param timestamp: unix seconds of this attempt.
    :param body: exactly the bytes that are sent.
    :raises EmptySecretError: no secret is given, or an empty one.
    :raises ValueError: the id would make the signed text ambiguous.
    """
    if not message_id or "." in message_id:
        raise ValueError("a message id is not empty and has no full stop")
    keys = _keys(secrets)
    return " ".join(f"{_VERSION},{_mac(key, message_id, int(timestamp), body)}" for key in keys)


def headers_for(
    secrets: str | Sequence[str], message_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the three Standard Webhooks headers of one attempt; see :func:`sign`."""
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
    """Verify a message and return its id, by which the receiver drops duplicates.

    :param headers: case is ignored.
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
    # Compare every pair, so that the time does not reveal which secret matched.
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
