"""Verify signatures of webhooks: of Hosted Checkout, and of the earlier addon's relay.

"Hosted Checkout webhooks", docs.clover.com: ``Clover-Signature: t=<unix seconds>,v1=<hex>``, where
``v1`` is the HMAC-SHA256 of ``<t>.<body>`` under the merchant's own secret. The documentation
names no tolerance for ``t``. App webhooks are not signed; see :mod:`.webhooks`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re

from odoo.addons.fusion_payment_common.lib.signing import constant_time_equal

#: Most seconds between the time stamp and now, in the past or the future.
TOLERANCE = 300
_STAMP = re.compile(r"[0-9]{1,12}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def is_signed(secret: str, header: str, body: bytes, *, now: float) -> bool:
    """Return whether the body was signed with the secret within the tolerance.

    :param header: value of ``Clover-Signature``.
    :param body: the raw bytes as received.
    :param now: unix seconds.
    """
    if not secret or not header:
        return False
    parts = [part.strip().partition("=") for part in header.split(",")]
    stamps = [value for name, _sign, value in parts if name == "t" and _STAMP.fullmatch(value)]
    offered = [value.lower() for name, _sign, value in parts if name == "v1"]
    if len(stamps) != 1 or abs(now - int(stamps[0])) > TOLERANCE:
        return False
    signed = f"{stamps[0]}.".encode() + body
    expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    # Compare all of them, so that the time taken does not reveal which one matched.
    matches = [
        constant_time_equal(one, expected) for one in offered[:4] if _DIGEST.fullmatch(one)
    ]
    return any(matches)


def is_signed_by_old_relay(secret: str, header: str, body: bytes) -> bool:
    """Return whether a relay of the earlier addon signed the body: its HMAC-SHA256, hex or base64.

    There is no time stamp, so an old message can be replayed: it is only a hint, and is processed
    once. Accept it only while such a relay is still in use.

    :param secret: the app's secret, which signed it.
    :param header: value of ``X-Clover-Auth-Code``.
    """
    if not secret or not header:
        return False
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    given = header.strip()
    try:
        decoded = bytes.fromhex(given) if _DIGEST.fullmatch(given.lower()) else b""
        decoded = decoded or base64.b64decode(given, validate=True)
    except (ValueError, binascii.Error):
        return False
    return constant_time_equal(decoded, digest)
